/* sql_bag: bags (see sql_functions.h and json.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query/sql_json.h"

static void open_bag(struct db_answer *ret)
{
	buf_putc(&ret->scratch, '{');
}

static void close_bag(struct db_answer *ret)
{
	buf_putc(&ret->scratch, '}');
	db_answer_scratch(ret);
}

static void put_text_key(struct buf *out, const char *key, size_t len)
{
	if (out->len > 1)
		buf_putc(out, ',');
	buf_json_string(out, key, len);
	buf_putc(out, ':');
}

static void put_pair(struct buf *out, struct json key, struct json value)
{
	if (out->len > 1)
		buf_putc(out, ',');
	buf_add(out, key.at, key.len);
	buf_putc(out, ':');
	buf_add(out, value.at, value.len);
}

/* A later value of a key that was given already is left out. */
static bool key_is_repeated(const struct db_cell *a, size_t i)
{
	for (size_t k = 0; k < i; k += 2)
		if (a[k].s.len == a[i].s.len && memcmp(a[k].s.at, a[i].s.at, a[i].s.len) == 0)
			return true;
	return false;
}

static void bag_of(const struct db_cell *a, size_t n, struct db_answer *ret, bool filled)
{
	open_bag(ret);
	for (size_t i = 0; i + 1 < n; i += 2) {
		struct json value = cell_json(&a[i + 1]);
		bool nothing = json_is_nothing(value) || json_string_equals(value, "", 0);
		if ((filled && nothing) || a[i].null || key_is_repeated(a, i))
			continue;
		put_text_key(&ret->scratch, a[i].s.at, a[i].s.len);
		put_value(&ret->scratch, &a[i + 1]);
	}
	close_bag(ret);
}

SQL(bag)
{
	bag_of(a, n, ret, false);
}

SQL(bag_filled)
{
	bag_of(a, n, ret, true);
}

SQL(bag_keys)
{
	struct json inside = json_inside(cell_json(a)), key, value;
	if (any_null(a, n) || json_kind(cell_json(a)) != JSON_BAG)
		return;
	buf_putc(&ret->scratch, '[');
	while (json_next_pair(&inside, &key, &value)) {
		if (ret->scratch.len > 1)
			buf_putc(&ret->scratch, ',');
		buf_add(&ret->scratch, key.at, key.len);
	}
	buf_putc(&ret->scratch, ']');
	db_answer_scratch(ret);
}

SQL(bag_has_key)
{
	struct json value;
	if (!any_null(a, n))
		db_answer_bool(ret, json_member(cell_json(a), a[1].s.at, a[1].s.len, &value));
}

/* A key's text, for looking it up in other bags. */
static bool bag_holds(struct json bag, struct json key)
{
	struct buf name = { 0 };
	struct json value;
	json_string_text(key, &name);
	bool holds = json_member(bag, buf_text(&name), name.len, &value);
	buf_done(&name);
	return holds;
}

/* merge([bag, bag, …]): the first value of a key counts */
SQL(bag_merge)
{
	struct json bags = json_inside(cell_json(a)), bag;
	struct buf whole = { 0 };
	if (any_null(a, n))
		return;
	open_bag(ret);
	while (json_next(&bags, &bag)) {
		struct json inside = json_inside(bag), key, value;
		if (json_kind(bag) != JSON_BAG)
			continue;
		buf_clear(&whole);
		buf_add(&whole, buf_text(&ret->scratch), ret->scratch.len);
		buf_putc(&whole, '}');
		struct json known = { buf_text(&whole), whole.len };
		while (json_next_pair(&inside, &key, &value))
			if (!bag_holds(known, key))
				put_pair(&ret->scratch, key, value);
	}
	buf_done(&whole);
	close_bag(ret);
}

SQL(bag_remove)
{
	struct json inside = json_inside(cell_json(a)), key, value, name;
	if (any_null(a, n) || json_kind(cell_json(a)) != JSON_BAG)
		return;
	open_bag(ret);
	while (json_next_pair(&inside, &key, &value)) {
		struct json names = json_inside(cell_json(&a[1]));
		bool removed = false;
		while (json_next(&names, &name))
			removed |= json_same(name, key);
		if (!removed)
			put_pair(&ret->scratch, key, value);
	}
	close_bag(ret);
}

SQL(bag_set)
{
	struct json inside = json_inside(cell_json(a)), key, value;
	if (a[1].null || (!a[0].null && json_kind(cell_json(a)) != JSON_BAG))
		return;
	(void)n;
	open_bag(ret);
	while (json_next_pair(&inside, &key, &value))
		if (!json_string_equals(key, a[1].s.at, a[1].s.len))
			put_pair(&ret->scratch, key, value);
	put_text_key(&ret->scratch, a[1].s.at, a[1].s.len);
	put_value(&ret->scratch, &a[2]);
	close_bag(ret);
}

SQL(bag_zip)
{
	struct json keys = json_inside(cell_json(a)), values = json_inside(cell_json(&a[1]));
	struct json key, value;
	if (any_null(a, n) || json_kind(cell_json(a)) != JSON_ARRAY)
		return;
	open_bag(ret);
	while (json_next(&keys, &key)) {
		if (!json_next(&values, &value))
			value = (struct json){ "null", 4 };
		if (json_kind(key) == JSON_STRING)
			put_pair(&ret->scratch, key, value);
	}
	close_bag(ret);
}

static const char *type_word(struct json value)
{
	int64_t whole;
	switch (json_kind(value)) {
	case JSON_BOOL: return "bool";
	case JSON_NUMBER: return json_whole(value, &whole) ? "long" : "real";
	case JSON_STRING: return "string";
	case JSON_ARRAY:
	case JSON_BAG: return "dynamic";
	default: return "";
	}
}

/* [[1,2],3] to [1,2,3] */
SQL(flatten)
{
	struct json items = json_inside(cell_json(a)), item, inner;
	const char *comma = "";
	if (any_null(a, n))
		return;
	buf_putc(&ret->scratch, '[');
	while (json_next(&items, &item)) {
		struct json inside = json_inside(item);
		bool array = json_kind(item) == JSON_ARRAY;
		while (array ? json_next(&inside, &inner) : item.len > 0) {
			if (!array)
				inner = item;
			buf_puts(&ret->scratch, comma);
			buf_add(&ret->scratch, inner.at, inner.len);
			comma = ",";
			if (!array)
				break;
		}
	}
	buf_putc(&ret->scratch, ']');
	db_answer_scratch(ret);
}

/* {"a":5,"b":"x"} to {"a":"long","b":"string"}; nulls tell nothing */
SQL(bag_types)
{
	struct json inside = json_inside(cell_json(a)), key, value;
	if (any_null(a, n) || json_kind(cell_json(a)) != JSON_BAG)
		return;
	open_bag(ret);
	while (json_next_pair(&inside, &key, &value)) {
		char word[16];
		int len = snprintf(word, sizeof word, "\"%s\"", type_word(value));
		put_pair(&ret->scratch, key, (struct json){ word, (size_t)len });
	}
	close_bag(ret);
}

struct typed_key {
	struct json key, type;
};

static int by_key(const void *x, const void *y)
{
	return json_compare(((const struct typed_key *)x)->key, ((const struct typed_key *)y)->key);
}

/* Two types as one: numbers widen, anything else is dynamic. */
static struct json type_merge(struct json a, struct json b)
{
	bool number = (json_string_equals(a, "long", 4) || json_string_equals(a, "real", 4)) &&
	              (json_string_equals(b, "long", 4) || json_string_equals(b, "real", 4));
	if (json_same(a, b) || json_string_equals(b, "", 0))
		return a;
	if (json_string_equals(a, "", 0))
		return b;
	return number ? (struct json){ "\"real\"", 6 } : (struct json){ "\"dynamic\"", 9 };
}

enum { SCHEMA_KEYS_MAX = 4096 };

static bool keys_grow(struct typed_key **keys, size_t *room)
{
	size_t more = *room ? *room * 2 : 16;
	struct typed_key *grown =
	    more > SCHEMA_KEYS_MAX ? NULL : realloc(*keys, more * sizeof *grown);
	if (!grown)
		return false;
	*keys = grown;
	*room = more;
	return true;
}

/* [types, types, …] to one bag, its keys in order */
SQL(bag_schema)
{
	struct json bags = json_inside(cell_json(a)), bag, key, type;
	struct typed_key *keys = NULL;
	size_t count = 0, room = 0;
	while (!any_null(a, n) && json_next(&bags, &bag)) {
		struct json inside = json_inside(bag);
		while (json_next_pair(&inside, &key, &type)) {
			size_t i = 0;
			while (i < count && !json_same(keys[i].key, key))
				i++;
			if (i < count) {
				keys[i].type = type_merge(keys[i].type, type);
				continue;
			}
			if (count == room && !keys_grow(&keys, &room))
				break;
			keys[count++] = (struct typed_key){ key, type };
		}
	}
	if (count)
		qsort(keys, count, sizeof *keys, by_key);
	open_bag(ret);
	for (size_t i = 0; i < count; i++)
		put_pair(&ret->scratch, keys[i].key, keys[i].type);
	close_bag(ret);
	free(keys);
}

/* The elements of an array, the pairs of a bag as bags of one, a scalar itself, null as one null:
 * what mv-expand makes rows of. */
SQL(expand)
{
	struct json whole = cell_json(a), inside = json_inside(whole), key, value;
	(void)n;
	db_answer_list(ret);
	switch (json_kind(whole)) {
	case JSON_ARRAY:
		while (json_next(&inside, &value))
			db_answer_list_add(ret, json_is_nothing(value) ? NULL : value.at,
			                   value.len);
		break;
	case JSON_BAG:
		while (json_next_pair(&inside, &key, &value)) {
			buf_clear(&ret->scratch);
			open_bag(ret);
			put_pair(&ret->scratch, key, value);
			buf_putc(&ret->scratch, '}');
			db_answer_list_add(ret, buf_text(&ret->scratch), ret->scratch.len);
		}
		break;
	default: db_answer_list_add(ret, json_is_nothing(whole) ? NULL : whole.at, whole.len);
	}
}

/* As expand, but a pair is an array of key and value. */
SQL(expand_pairs)
{
	struct json inside = json_inside(cell_json(a)), key, value;
	if (json_kind(cell_json(a)) != JSON_BAG) {
		expand(a, n, ret);
		return;
	}
	db_answer_list(ret);
	while (json_next_pair(&inside, &key, &value)) {
		buf_clear(&ret->scratch);
		buf_putc(&ret->scratch, '[');
		buf_add(&ret->scratch, key.at, key.len);
		buf_putc(&ret->scratch, ',');
		buf_add(&ret->scratch, value.at, value.len);
		buf_putc(&ret->scratch, ']');
		db_answer_list_add(ret, buf_text(&ret->scratch), ret->scratch.len);
	}
}

/* clang-format off */
const struct db_function sql_bag[] = {
	{ "k_bag",          "s*",  's', false, bag },
	{ "k_bag_filled",   "s*",  's', false, bag_filled },
	{ "k_bag_keys",     "s",   's', false, bag_keys },
	{ "k_bag_has_key",  "ss",  'b', false, bag_has_key },
	{ "k_bag_merge",    "s",   's', false, bag_merge },
	{ "k_bag_remove",   "ss",  's', false, bag_remove },
	{ "k_bag_set",      "sss", 's', false, bag_set },
	{ "k_bag_zip",      "ss",  's', false, bag_zip },
	{ "k_bag_types",    "s",   's', false, bag_types },
	{ "k_bag_schema",   "s",   's', false, bag_schema },
	{ "k_flatten",      "s",   's', false, flatten },
	{ "k_expand",       "s",   'L', false, expand },
	{ "k_expand_pairs", "s",   'L', false, expand_pairs },
};
/* clang-format on */
const size_t sql_bag_count = ARRAY_LEN(sql_bag);
