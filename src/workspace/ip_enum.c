#include "workspace/ip_enum.h"

#include <stdlib.h>
#include <string.h>

bool ip_enum_make(const struct ip_dictionary *d, ip_enum_format *format, duckdb_logical_type *ret,
                  struct err *e)
{
	char(*texts)[IP_TEXT_MAX] = malloc(d->count * sizeof *texts);
	const char **names = malloc(d->count * sizeof *names);
	bool ok = texts && names;
	for (size_t i = 0; ok && i < d->count; i++) {
		texts[i][0] = '\0';
		if (i)
			format(&d->items[i], texts[i]);
		names[i] = texts[i];
	}
	if (ok)
		*ret = duckdb_create_enum_type(names, d->count);
	free(names);
	free(texts);
	return ok || err_set(e, ERR_NOMEM, "no memory for %u addresses", d->count);
}

void ip_enum_fill(duckdb_logical_type type, const uint16_t *numbers, size_t count, void *cells)
{
	if (duckdb_enum_internal_type(type) == DUCKDB_TYPE_USMALLINT)
		memcpy(cells, numbers, count * sizeof *numbers);
	else
		for (size_t i = 0; i < count; i++)
			((uint8_t *)cells)[i] = (uint8_t)numbers[i];
}
