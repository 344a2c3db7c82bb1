#include "weir/config_fill.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weir/choice.h"
#include "weir/config_schema.h"

/* One pass over the tree. */
struct filler {
	struct config *config;
	struct problems *problems;
	struct buf *summary;
};

/* A mapping that is being read. */
struct scope {
	const char *parent; /* "", "flows" or "exporters[]" */
	const char *shown;  /* the same for people: "exporters[2]" */
	char *base;         /* where its members' offsets count from */
};

static void fill_map(struct filler *f, const struct node *map, const struct scope *scope);

/* ---- values ---- */

static void store_number(const struct config_key *k, char *base, uint64_t value)
{
	uint32_t narrow = (uint32_t)value;
	assert(k->size == sizeof value || k->size == sizeof narrow);
	if (k->size == sizeof narrow)
		memcpy(base + k->offset, &narrow, sizeof narrow);
	else
		memcpy(base + k->offset, &value, sizeof value);
}

static bool parse_number(const char *text, uint64_t *ret)
{
	uint64_t value = 0;
	for (const char *at = text; *at; at++) {
		if (*at < '0' || *at > '9' || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
			return false;
	}
	*ret = value;
	return *text;
}

static bool take_number(struct filler *f, const struct config_key *k, const struct node *node,
                        const char *shown, char *base)
{
	uint64_t value;
	if (!node->plain || !parse_number(node->text, &value)) {
		problem_add(f->problems, node->position, shown,
		            "\"%s\" is not a whole number; write %ju to %ju", node->text,
		            (uintmax_t)k->least, (uintmax_t)k->most);
		return false;
	}
	if (value < k->least || value > k->most) {
		problem_add(f->problems, node->position, shown,
		            "%ju is out of range: %ju to %ju %s", (uintmax_t)value,
		            (uintmax_t)k->least, (uintmax_t)k->most, k->unit);
		return false;
	}
	store_number(k, base, value);
	return true;
}

static bool store_text(struct filler *f, const struct config_key *k, char *base, const char *text)
{
	const char *copy = arena_strdup(&f->config->memory, text);
	memcpy(base + k->offset, &copy, sizeof copy);
	return copy;
}

static bool take_text(struct filler *f, const struct config_key *k, const struct node *node,
                      const char *shown, char *base)
{
	if (node->len < k->least) {
		problem_add(f->problems, node->position, shown, "must not be empty");
		return false;
	}
	if (node->len > k->most) {
		problem_add(f->problems, node->position, shown, "is %zu bytes long; at most %ju",
		            node->len, (uintmax_t)k->most);
		return false;
	}
	if (k->unit && !choice_has(k->unit, node->text)) {
		problem_add(f->problems, node->position, shown, "\"%s\" is none of %s", node->text,
		            k->unit);
		return false;
	}
	return store_text(f, k, base, node->text);
}

static bool take_prefix(struct filler *f, const struct config_key *k, const struct node *node,
                        const char *shown, char *base)
{
	struct ip_prefix prefix;
	if (!ip_prefix_parse(node->text, &prefix)) {
		problem_add(f->problems, node->position, shown,
		            "\"%s\" is not a prefix; write 192.0.2.0/24 or 2001:db8::/32",
		            node->text);
		return false;
	}
	memcpy(base + k->offset, &prefix, sizeof prefix);
	return true;
}

/* "10G" */
static bool parse_bandwidth(const char *text, uint64_t *ret)
{
	static const struct {
		char letter;
		uint64_t bits;
	} units[] = { { 'k', 1000 }, { 'M', 1000000 }, { 'G', 1000000000 } };
	char digits[32];
	size_t len = strlen(text);
	if (!len || len >= sizeof digits)
		return false;
	memcpy(digits, text, len + 1);
	uint64_t value, unit = 1;
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (text[len - 1] == units[i].letter) {
			digits[len - 1] = '\0';
			unit = units[i].bits;
		}
	return parse_number(digits, &value) && !__builtin_mul_overflow(value, unit, ret);
}

static bool take_bandwidth(struct filler *f, const struct config_key *k, const struct node *node,
                           const char *shown, char *base)
{
	uint64_t value;
	if (!node->plain || !parse_bandwidth(node->text, &value) || value < k->least ||
	    value > k->most) {
		problem_add(f->problems, node->position, shown,
		            "\"%s\" is not a bandwidth; write bits per second: 500M, 10G",
		            node->text);
		return false;
	}
	store_number(k, base, value);
	return true;
}

static bool (*const takers[CONFIG_TYPE_COUNT])(struct filler *f, const struct config_key *k,
                                               const struct node *node, const char *shown,
                                               char *base) = {
	[CONFIG_TEXT] = take_text,
	[CONFIG_NUMBER] = take_number,
	[CONFIG_PREFIX] = take_prefix,
	[CONFIG_BANDWIDTH] = take_bandwidth,
};

static bool is_empty(const struct node *node)
{
	return node->kind == NODE_TEXT && node->plain &&
	       (node->len == 0 || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0);
}

static bool has_control_characters(const struct node *node)
{
	for (size_t i = 0; i < node->len; i++)
		if ((unsigned char)node->text[i] < 0x20 || node->text[i] == 0x7f)
			return true;
	return false;
}

static void fill_value(struct filler *f, const struct config_key *k, const struct node *node,
                       const char *shown, const struct scope *scope)
{
	if (node->kind != NODE_TEXT) {
		problem_add(f->problems, node->position, shown, "is a %s where one value is wanted",
		            node->kind == NODE_MAP ? "mapping" : "list");
	} else if (is_empty(node)) {
		problem_add(f->problems, node->position, shown,
		            "has no value; leave the key out to have its default");
	} else if (has_control_characters(node)) {
		problem_add(f->problems, node->position, shown, "holds a control character");
	} else if (takers[k->type](f, k, node, shown, scope->base) &&
	           scope->base == (char *)f->config) {
		buf_printf(f->summary, "%s%s %s", f->summary->len ? ", " : "", shown,
		           node->len ? node->text : "\"\"");
	}
}

/* ---- defaults ---- */

/* Every list of struct config is a pointer and a count (enum config_type). */
static void store_list(const struct config_key *k, char *base, const void *items, size_t count)
{
	memcpy(base + k->offset, &items, sizeof items);
	memcpy(base + k->offset + sizeof items, &count, sizeof count);
}

/* "65515, 12076" */
static bool set_default_list(struct filler *f, const struct config_key *k, char *base)
{
	size_t room = strlen(k->fallback), count = 0;
	uint32_t *items = arena_alloc_array(&f->config->memory, room, sizeof *items);
	assert(k->size == sizeof *items);
	char *end = NULL;
	for (const char *at = k->fallback; items && *at; at = end + strspn(end, ", "))
		items[count++] = (uint32_t)strtoul(at, &end, 10);
	store_list(k, base, items, count);
	return items;
}

static bool set_defaults(struct filler *f, const char *parent, char *base)
{
	bool good = true;
	for (const struct config_key *k = config_keys; k->path; k++) {
		if (!config_key_within(k, parent))
			continue;
		uint64_t number;
		if (k->type == CONFIG_SECTION)
			good = set_defaults(f, k->path, base) && good;
		else if (k->fallback && k->type == CONFIG_LIST)
			good = set_default_list(f, k, base) && good;
		else if (k->fallback && k->type == CONFIG_TEXT)
			good = store_text(f, k, base, k->fallback) && good;
		else if (k->fallback && parse_number(k->fallback, &number))
			store_number(k, base, number);
	}
	return good;
}

/* ---- mappings and lists ---- */

/* Empty lists and sections may be left behind where every line of them is commented out. */
static bool is_kind(struct filler *f, const struct node *node, enum node_kind kind,
                    const char *shown)
{
	if (node->kind == kind)
		return true;
	if (!is_empty(node))
		problem_add(f->problems, node->position, shown, "must be a %s",
		            kind == NODE_MAP ? "mapping (key: value)" : "list (- …)");
	return false;
}

static void fill_item(struct filler *f, const struct node *item, const struct scope *scope)
{
	const struct config_key *value = config_key_find(scope->parent, strlen(scope->parent));
	if (value)
		fill_value(f, value, item, scope->shown, scope);
	else if (item->kind != NODE_MAP)
		problem_add(f->problems, item->position, scope->shown, "must be a mapping");
	else if (set_defaults(f, scope->parent, scope->base))
		fill_map(f, item, scope);
}

static void fill_items(struct filler *f, const struct config_key *k, const struct node *list,
                       char *items)
{
	char parent[128], shown[128];
	snprintf(parent, sizeof parent, "%s[]", k->path);
	size_t before = f->problems->count, n = 0;
	for (const struct node *item = list->first; item; item = item->next, n++) {
		snprintf(shown, sizeof shown, "%s[%zu]", k->path, n + 1);
		struct scope scope = { parent, shown, items + n * k->size };
		fill_item(f, item, &scope);
	}
	if (f->problems->count == before && !f->problems->more && k->finish)
		k->finish(list, items, f->problems);
}

static void fill_list(struct filler *f, const struct config_key *k, const struct node *list,
                      const char *shown, char *base)
{
	if (!is_kind(f, list, NODE_LIST, shown))
		return;
	if (list->count > k->most) {
		problem_add(f->problems, list->position, shown, "has %zu items; at most %ju",
		            list->count, (uintmax_t)k->most);
		return;
	}
	char *items = arena_alloc_array(&f->config->memory, list->count + 1, k->size);
	if (!items)
		return;
	fill_items(f, k, list, items);
	store_list(k, base, items, list->count);
	buf_printf(f->summary, "%s%s (%zu)", f->summary->len ? ", " : "", shown, list->count);
}

static void fill_key(struct filler *f, const struct config_key *k, const struct node *node,
                     const struct scope *scope)
{
	char shown[128];
	snprintf(shown, sizeof shown, "%s%s%s", scope->shown, *scope->shown ? "." : "",
	         config_key_within(k, scope->parent));
	struct scope inside = { k->path, shown, scope->base };
	if (k->type == CONFIG_LIST)
		fill_list(f, k, node, shown, scope->base);
	else if (k->type != CONFIG_SECTION)
		fill_value(f, k, node, shown, scope);
	else if (is_kind(f, node, NODE_MAP, shown))
		fill_map(f, node, &inside);
}

static const struct config_key *key_of(struct filler *f, const struct node *node,
                                       const struct scope *scope)
{
	char path[128];
	const char *dot = *scope->parent ? "." : "";
	int len = snprintf(path, sizeof path, "%s%s%s", scope->parent, dot, node->key->text);
	const struct config_key *k = config_key_find(path, (size_t)len);
	if (k && strlen(node->key->text) == node->key->len && (size_t)len < sizeof path &&
	    config_key_within(k, scope->parent))
		return k;
	const char *nearest = config_key_nearest(scope->parent, node->key->text);
	snprintf(path, sizeof path, "%s%s%s", scope->shown, *scope->shown ? "." : "",
	         node->key->text);
	problem_add(f->problems, node->key->position, path, "there is no such key%s%s%s",
	            nearest ? "; did you mean \"" : "", nearest ? nearest : "",
	            nearest ? "\"?" : " (see weir help config)");
	return NULL;
}

static void find_missing(struct filler *f, const struct node *map, const struct scope *scope,
                         const unsigned *lines)
{
	for (const struct config_key *k = config_keys; k->path; k++)
		if (k->flags & CONFIG_REQUIRED && !lines[k - config_keys] &&
		    config_key_within(k, scope->parent))
			problem_add(f->problems, map->position, scope->shown,
			            "lacks the key \"%s\"", config_key_within(k, scope->parent));
}

static void fill_map(struct filler *f, const struct node *map, const struct scope *scope)
{
	unsigned lines[CONFIG_KEYS_MAX] = { 0 }; /* where a row's key was given; 0: not yet */
	for (const struct node *node = map->first; node; node = node->next) {
		const struct config_key *k = key_of(f, node, scope);
		if (!k)
			continue;
		unsigned *line = &lines[k - config_keys];
		if (*line)
			problem_add(f->problems, node->key->position, k->path,
			            "is given twice; first on line %u", *line);
		else
			fill_key(f, k, node, scope);
		*line = node->key->position.line;
	}
	find_missing(f, map, scope, lines);
}

bool config_fill_defaults(struct config *config)
{
	struct filler f = { .config = config };
	return set_defaults(&f, "", (char *)config);
}

void config_fill(struct config *config, const struct node *root, struct buf *summary,
                 struct problems *problems)
{
	struct filler f = { config, problems, summary };
	struct scope top = { "", "", (char *)config };
	if (is_kind(&f, root, NODE_MAP, ""))
		fill_map(&f, root, &top);
}
