#include "query/function.h"

#include <stdlib.h>
#include <string.h>

#include "query/function_rows.h"

enum { FUNCTIONS_MAX = 512 };

static struct function all[FUNCTIONS_MAX];
static size_t all_count;

static void put(const struct function *rows, size_t count)
{
	for (size_t i = 0; i < count && all_count < FUNCTIONS_MAX; i++)
		all[all_count++] = rows[i];
}

/* Before main: afterwards the table is constant and any thread may read it. */
__attribute__((constructor)) static void gather(void)
{
	put(scalar_functions, scalar_function_count);
	put(series_functions, series_function_count);
	put(aggregate_functions, aggregate_function_count);
}

size_t functions(const struct function **ret)
{
	*ret = all;
	return all_count;
}

const struct function *function_find(const char *name)
{
	for (size_t i = 0; i < all_count; i++)
		if (strcmp(all[i].name, name) == 0)
			return &all[i];
	return NULL;
}
