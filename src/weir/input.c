#include "weir/input.h"

#include <errno.h>
#include <string.h>

bool read_whole(FILE *in, size_t limit, struct buf *ret, struct err *e)
{
	char chunk[1 << 16];
	size_t n, total = 0;
	while ((n = fread(chunk, 1, sizeof chunk, in)) > 0) {
		total += n;
		if (total > limit)
			return err_set(e, ERR_DATA, "larger than %zu bytes", limit);
		buf_add(ret, chunk, n);
	}
	if (ferror(in))
		return err_set(e, ERR_IO, "%s", strerror(errno));
	if (ret->failed)
		return err_set(e, ERR_NOMEM, "there is not enough memory");
	return true;
}
