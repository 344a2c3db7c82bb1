#include <string.h>

#include "weir/config.h"
#include "weir/config_schema.h"

static bool same_text(const char *a, const char *b)
{
	const char *left, *right;
	memcpy(&left, a, sizeof left);
	memcpy(&right, b, sizeof right);
	return strcmp(left, right) == 0;
}

/* Lists that are fixed are lists of texts. */
static bool same_list(const char *a, const char *b)
{
	struct text_list left, right;
	memcpy(&left, a, sizeof left);
	memcpy(&right, b, sizeof right);
	bool same = left.count == right.count;
	for (size_t i = 0; same && i < left.count; i++)
		same = strcmp(left.items[i], right.items[i]) == 0;
	return same;
}

static bool same_value(const struct config_key *k, const struct config *a, const struct config *b)
{
	const char *left = (const char *)a + k->offset, *right = (const char *)b + k->offset;
	switch (k->type) {
	case CONFIG_TEXT: return same_text(left, right);
	case CONFIG_LIST: return same_list(left, right);
	default: return memcmp(left, right, k->size) == 0;
	}
}

void config_fixed_changes(const struct config *a, const struct config *b, struct buf *ret)
{
	for (const struct config_key *k = config_keys; k->path; k++)
		if (k->flags & CONFIG_FIXED && !same_value(k, a, b))
			buf_printf(ret, "%s%s", ret->len ? ", " : "", k->path);
}
