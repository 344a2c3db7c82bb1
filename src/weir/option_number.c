#include "weir/option_number.h"

#include <errno.h>
#include <stdlib.h>

bool option_number(const struct invocation *inv, const char *option, struct number_range range,
                   uint64_t otherwise, uint64_t *ret, struct err *e)
{
	const char *text = invocation_value(inv, option);
	*ret = otherwise;
	if (!text)
		return true;
	char *end;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	if (!errno && !*end && *text >= '0' && *text <= '9' && *ret >= range.least &&
	    *ret <= range.most)
		return true;
	return err_set(e, ERR_USAGE, "--%s takes a number from %ju to %ju, not \"%s\"", option,
	               (uintmax_t)range.least, (uintmax_t)range.most, text);
}
