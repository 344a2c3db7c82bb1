/* op_parse_kv: parse-kv: columns from keys and values in a text. */
#include <string.h>

#include "core/base/buf.h"
#include "query/bind_internal.h"

enum { KEYS_MAX = 200 };

/* The texts of all parameters of that name, one behind the other; each of one of those lengths. */
static bool texts_read(struct binder *b, const struct node *node, const char *name, size_t least,
                       size_t most, struct buf *out)
{
	EACH_CHILD(param, node)
	{
		struct value value;
		if (param->kind != NODE_PARAM || !node_is(param, name))
			continue;
		if (!bind_constant(b, param->first, &value))
			return false;
		if (value.type != KQL_STRING || value.s.len < least || value.s.len > most)
			return semantic(b, "SEM0053", param, "'%s' takes a text of %zu%s", name,
			                least,
			                least == most ? " character"
			                : most == 2   ? " or 2 characters"
			                              : " or more characters");
		buf_add(out, value.s.at, value.s.len);
		/* One character opens and closes. */
		if (most == 2 && value.s.len == 1)
			buf_add(out, value.s.at, 1);
	}
	return true;
}

static struct expr *text_param(struct binder *b, const struct node *node, const char *name,
                               size_t least, size_t most)
{
	struct buf text = { 0 };
	bool ok = texts_read(b, node, name, least, most, &text);
	const char *copy = ok ? arena_strndup(b->arena, buf_text(&text), text.len) : NULL;
	struct value value = { .type = KQL_STRING, .s = { copy, text.len } };
	buf_done(&text);
	if (!copy)
		return ok ? bind_no_memory(b) : NULL;
	return expr_value(b, value);
}

/* ["key", …] */
static struct expr *keys_read(struct binder *b, const struct node *list)
{
	struct buf text = { 0 };
	if (list->count > KEYS_MAX)
		return semantic(b, "SEM0072", list, "parse-kv takes at most %d keys", KEYS_MAX);
	EACH_CHILD(key, list)
	{
		EACH_CHILD(other, list)
		{
			if (other == key)
				break;
			if (node_is(other, key->text)) {
				buf_done(&text);
				return semantic(b, "SEM0041", key,
				                "A column with the name '%s' is already declared",
				                key->text);
			}
		}
		buf_puts(&text, text.len ? "," : "[");
		buf_json_string(&text, key->text, key->text_len);
	}
	buf_puts(&text, "]");
	const char *copy = arena_strndup(b->arena, buf_text(&text), text.len);
	struct value value = { .type = KQL_STRING, .s = { copy, text.len } };
	buf_done(&text);
	return copy ? expr_value(b, value) : bind_no_memory(b);
}

static struct expr *by_regex(struct binder *b, const struct node *node, struct expr *text,
                             struct expr *keys)
{
	const struct node *at = node_param(node, "regex")->first;
	struct expr *pattern = bind_typed(b, at, KQL_STRING, "The expression");
	struct expr *parts[3] = { NULL, NULL, keys };
	for (int i = 0; pattern && i < 2; i++)
		parts[i] = regex_call(b, at, KQL_DYNAMIC,
		                      i ? "CAST(to_json(regexp_extract_all($0, $1, 2)) AS VARCHAR)"
		                        : "CAST(to_json(regexp_extract_all($0, $1, 1)) AS VARCHAR)",
		                      text, pattern);
	return parts[0] && parts[1] ? expr_call(b, KQL_DYNAMIC, "k_kv_pairs($*)", parts, 3) : NULL;
}

static struct expr *by_delimiters(struct binder *b, const struct node *node, struct expr *text,
                                  struct expr *keys)
{
	const struct node *greedy = node_param(node, "greedy");
	bool pair = node_param(node, "pair_delimiter"), kv = node_param(node, "kv_delimiter");
	if (pair != kv)
		return semantic(b, "SEM0072", node,
		                "parse-kv takes both pair_delimiter and kv_delimiter, or neither");
	struct value wants = { .type = KQL_BOOL, .b = greedy && node_is(greedy->first, "true") };
	if (greedy && !wants.b && !node_is(greedy->first, "false"))
		return semantic(b, "SEM0053", greedy, "'greedy' is true or false");
	struct expr *parts[] = { text,
		                 keys,
		                 text_param(b, node, "pair_delimiter", 1, 100),
		                 text_param(b, node, "kv_delimiter", 1, 100),
		                 text_param(b, node, "quote", 1, 2),
		                 text_param(b, node, "escape", 1, 1),
		                 expr_value(b, wants) };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (!parts[i])
			return NULL;
	return expr_call(b, KQL_DYNAMIC, "k_parse_kv($*)", parts, ARRAY_LEN(parts));
}

/* One column for each key; null, or "", where the text does not have it. */
static bool keys_add(struct binder *b, struct rowset *rows, const struct node *list,
                     struct expr *bag)
{
	EACH_CHILD(key, list)
	{
		struct value name = { .type = KQL_STRING, .s = { key->text, key->text_len } };
		struct expr *text = as_text(
		    b, expr_call2(b, KQL_DYNAMIC, "k_member($0, $1)", bag, expr_value(b, name)));
		struct expr *value = text ? convert(b, text, key->type) : NULL;
		unsigned id = rowset_compute(b, rows, value);
		struct column_ref *old = rowset_find(rows, key->text);
		if (!id)
			return false;
		if (old)
			*old = (struct column_ref){ key->text, key->type, id };
		else if (!rowset_add(b, rows, key->text, key->type, id))
			return false;
	}
	return true;
}

struct rowset *op_parse_kv(struct binder *b, const struct node *node, struct rowset *input)
{
	const struct node *list = node_group(node, "as");
	struct rowset *rows = rowset_copy(b, input);
	struct expr *text = rows ? bind_expr(b, node_group(node, "")->first) : NULL;
	text = text ? as_text(b, text) : NULL;
	struct expr *keys = text ? keys_read(b, list) : NULL;
	if (!keys)
		return NULL;
	struct expr *bag = node_param(node, "regex") ? by_regex(b, node, text, keys)
	                                             : by_delimiters(b, node, text, keys);
	unsigned id = bag ? rowset_compute(b, rows, bag) : 0;
	return id && keys_add(b, rows, list, expr_column(b, id, KQL_DYNAMIC)) ? rows : NULL;
}
