/* sql_array: arrays and bags (see sql_functions.h and json.h). */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/ticks.h"
#include "query/sql_json.h"

enum { ARRAY_MAX = 1048576 };

/* The elements of an array as a list; of anything else none.  free(items) afterwards. */
struct elements {
	struct json *items;
	size_t count;
};

static bool elements_of(struct json array, struct elements *ret)
{
	size_t room = 0;
	struct json inside = json_inside(array), item;
	*ret = (struct elements){ 0 };
	if (json_kind(array) != JSON_ARRAY)
		return false;
	while (json_next(&inside, &item)) {
		if (ret->count == room) {
			room = room ? room * 2 : 16;
			struct json *items = realloc(ret->items, room * sizeof *items);
			if (!items) {
				free(ret->items);
				return false;
			}
			ret->items = items;
		}
		ret->items[ret->count++] = item;
	}
	return true;
}

static void put_item(struct buf *out, struct json item)
{
	if (out->len > 1)
		buf_putc(out, ',');
	if (json_is_nothing(item))
		buf_puts(out, "null");
	else
		buf_add(out, item.at, item.len);
}

static void open_array(struct db_answer *ret)
{
	buf_clear(&ret->scratch);
	buf_putc(&ret->scratch, '[');
}

static void close_array(struct db_answer *ret)
{
	buf_putc(&ret->scratch, ']');
	db_answer_scratch(ret);
}

static bool is_array(const struct db_cell *cell)
{
	return json_kind(cell_json(cell)) == JSON_ARRAY;
}

SQL(array)
{
	open_array(ret);
	for (size_t i = 0; i < n; i++)
		put_item(&ret->scratch, cell_json(&a[i]));
	close_array(ret);
}

SQL(array_length)
{
	(void)n;
	struct json inside = json_inside(cell_json(a)), item;
	int64_t count = 0;
	if (!is_array(a))
		return;
	while (json_next(&inside, &item))
		count++;
	db_answer_i64(ret, count);
}

SQL(array_text)
{
	struct json inside = json_inside(cell_json(a)), item;
	if (any_null(a, n) || !is_array(a)) {
		answer_empty(ret);
		return;
	}
	for (bool some = false; json_next(&inside, &item); some = true) {
		if (some)
			buf_add(&ret->scratch, a[1].s.at, a[1].s.len);
		if (json_kind(item) == JSON_STRING)
			json_string_text(item, &ret->scratch);
		else if (!json_is_nothing(item))
			buf_add(&ret->scratch, item.at, item.len);
	}
	db_answer_scratch(ret);
}

/* take(array, count): the first ones */
SQL(array_take)
{
	struct json inside = json_inside(cell_json(a)), item, start = inside;
	if (any_null(a, n))
		return;
	int64_t left = a[1].i;
	while (left > 0 && json_next(&inside, &item))
		left--;
	if (left > 0 || !inside.len) {
		answer_json(ret, cell_json(a));
		return;
	}
	size_t len = (size_t)(inside.at - start.at);
	open_array(ret);
	buf_add(&ret->scratch, start.at, len ? len - 1 : 0);
	close_array(ret);
}

SQL(array_concat)
{
	open_array(ret);
	for (size_t i = 0; i < n; i++) {
		struct json inside = json_inside(cell_json(&a[i])), item;
		if (!a[i].null && !is_array(&a[i]))
			return;
		while (json_next(&inside, &item))
			put_item(&ret->scratch, item);
	}
	close_array(ret);
}

/* slice(array, start, end): both included, negatives from the end */
SQL(array_slice)
{
	struct elements list;
	if (any_null(a, n) || !elements_of(cell_json(a), &list))
		return;
	int64_t count = (int64_t)list.count;
	int64_t start = a[1].i < 0 ? a[1].i + count : a[1].i;
	int64_t end = a[2].i < 0 ? a[2].i + count : a[2].i;
	open_array(ret);
	for (int64_t i = start < 0 ? 0 : start; i <= end && i < count; i++)
		put_item(&ret->scratch, list.items[i]);
	close_array(ret);
	free(list.items);
}

SQL(array_reverse)
{
	struct elements list;
	if (any_null(a, n) || !elements_of(cell_json(a), &list))
		return;
	open_array(ret);
	for (size_t i = list.count; i-- > 0;)
		put_item(&ret->scratch, list.items[i]);
	close_array(ret);
	free(list.items);
}

/* To the left by so many, around. */
SQL(array_rotate)
{
	struct elements list;
	if (any_null(a, n) || !elements_of(cell_json(a), &list))
		return;
	int64_t count = (int64_t)list.count, by = count ? (a[1].i % count + count) % count : 0;
	open_array(ret);
	for (int64_t i = 0; i < count; i++)
		put_item(&ret->scratch, list.items[(i + by) % count]);
	close_array(ret);
	free(list.items);
}

SQL(array_shift)
{
	struct elements list;
	if (a[0].null || a[1].null || !elements_of(cell_json(a), &list))
		return;
	int64_t count = (int64_t)list.count, by = a[1].i;
	open_array(ret);
	for (int64_t i = 0; i < count; i++) {
		bool inside = by < count && by > -count && i + by >= 0 && i + by < count;
		put_item(&ret->scratch, inside  ? list.items[i + by]
		                        : n > 2 ? cell_json(&a[2])
		                                : (struct json){ "", 0 });
	}
	close_array(ret);
	free(list.items);
}

/* index_of(array, value, start, length, occurrence) */
SQL(array_index_of)
{
	struct json inside = json_inside(cell_json(a)), item;
	int64_t start = n > 2 ? a[2].i : 0, length = n > 3 ? a[3].i : -1;
	int64_t left = n > 4 ? a[4].i : 1, count = 0;
	if (any_null(a, n) || !is_array(a))
		return;
	for (struct json all = inside; start < 0 && json_next(&all, &item);)
		count++;
	start += start < 0 ? count : 0;
	for (int64_t i = 0; json_next(&inside, &item); i++) {
		if (i < start || (length >= 0 && i - start >= length) ||
		    !json_same(item, cell_json(&a[1])))
			continue;
		if (--left <= 0) {
			db_answer_i64(ret, i);
			return;
		}
	}
	db_answer_i64(ret, -1);
}

SQL(array_sum)
{
	struct json inside = json_inside(cell_json(a)), item;
	double sum = 0;
	if (any_null(a, n) || !is_array(a))
		return;
	while (json_next(&inside, &item)) {
		if (json_kind(item) == JSON_NUMBER)
			sum += json_number(item);
		else if (!json_is_nothing(item))
			return;
	}
	db_answer_f64(ret, sum);
}

/* ---- sorting ---- */

static int by_value(const void *x, const void *y)
{
	struct json a = *(const struct json *)x, b = *(const struct json *)y;
	int order = json_compare(a, b);
	return order != INT_MIN ? order : (int)json_kind(a) - (int)json_kind(b);
}

/* sort(array, descending, nulls last) */
SQL(array_sort)
{
	struct elements list;
	size_t nulls = 0, count = 0;
	if (any_null(a, n) || !elements_of(cell_json(a), &list))
		return;
	for (size_t i = 0; i < list.count; i++) {
		if (json_is_nothing(list.items[i]))
			nulls++;
		else
			list.items[count++] = list.items[i];
	}
	if (count)
		qsort(list.items, count, sizeof *list.items, by_value);
	open_array(ret);
	for (size_t i = 0; i < nulls && !a[2].b; i++)
		put_item(&ret->scratch, (struct json){ "", 0 });
	for (size_t i = 0; i < count; i++)
		put_item(&ret->scratch, list.items[a[1].b ? count - 1 - i : i]);
	for (size_t i = 0; i < nulls && a[2].b; i++)
		put_item(&ret->scratch, (struct json){ "", 0 });
	close_array(ret);
	free(list.items);
}

/* ---- element by element ---- */

static struct json element_or_all(const struct db_cell *cell, int64_t i)
{
	struct json value = cell_json(cell), item = { "", 0 };
	if (json_kind(value) != JSON_ARRAY)
		return value;
	return json_element(value, i, &item) ? item : (struct json){ "", 0 };
}

SQL(array_iff)
{
	struct json inside = json_inside(cell_json(a)), item;
	if (a[0].null || !is_array(a))
		return;
	(void)n;
	open_array(ret);
	for (int64_t i = 0; json_next(&inside, &item); i++) {
		bool known = json_kind(item) == JSON_BOOL || json_kind(item) == JSON_NUMBER;
		bool holds = json_kind(item) == JSON_BOOL ? json_is_true(item)
		                                          : known && json_number(item) != 0;
		put_item(&ret->scratch,
		         !known ? (struct json){ "", 0 } : element_or_all(&a[holds ? 1 : 2], i));
	}
	close_array(ret);
}

SQL(array_repeat)
{
	if (a[1].null || a[1].i < 0)
		return;
	(void)n;
	open_array(ret);
	for (int64_t i = 0; i < a[1].i && i < ARRAY_MAX && ret->scratch.len < 16 << 20; i++)
		put_item(&ret->scratch, cell_json(a));
	close_array(ret);
}

/* split(array, index or indices) */
SQL(array_split)
{
	struct elements list, cuts = { 0 };
	if (any_null(a, n) || !elements_of(cell_json(a), &list))
		return;
	struct json single = cell_json(&a[1]);
	bool many = elements_of(single, &cuts);
	size_t at = 0, cut_count = many ? cuts.count : 1;
	open_array(ret);
	for (size_t c = 0; c <= cut_count; c++) {
		int64_t stop = (int64_t)list.count, number;
		if (c < cut_count && json_whole(many ? cuts.items[c] : single, &number))
			stop = number < 0 ? number + (int64_t)list.count : number;
		if (c)
			buf_putc(&ret->scratch, ',');
		buf_putc(&ret->scratch, '[');
		for (bool some = false; (int64_t)at < stop && at < list.count; at++, some = true) {
			if (some)
				buf_putc(&ret->scratch, ',');
			buf_add(&ret->scratch, list.items[at].at, list.items[at].len);
		}
		buf_putc(&ret->scratch, ']');
	}
	close_array(ret);
	free(list.items);
	free(cuts.items);
}

SQL(zip)
{
	struct json inside[DB_FUNCTION_ARGS_MAX], item;
	for (size_t i = 0; i < n; i++)
		inside[i] = json_inside(cell_json(&a[i]));
	open_array(ret);
	for (bool first = true;; first = false) {
		bool more = false;
		for (size_t i = 0; i < n; i++)
			more |= inside[i].len > 0;
		if (!more)
			break;
		buf_puts(&ret->scratch, first ? "[" : ",[");
		for (size_t i = 0; i < n; i++) {
			if (i)
				buf_putc(&ret->scratch, ',');
			if (json_next(&inside[i], &item))
				buf_add(&ret->scratch, item.at, item.len);
			else
				buf_puts(&ret->scratch, "null");
		}
		buf_putc(&ret->scratch, ']');
	}
	close_array(ret);
}

/* ---- ranges ---- */

static void put_tick_text(struct buf *out, int64_t ticks, char kind)
{
	char text[TICKS_TEXT_MAX];
	if (out->len > 1)
		buf_putc(out, ',');
	if (kind == 'l') {
		buf_i64(out, ticks);
	} else if (kind == 't') {
		timespan_format(ticks, text);
		buf_printf(out, "\"%s\"", text);
	} else {
		put_datetime(out, ticks);
	}
}

/* range(from, to, step, "long" | "datetime" | "timespan") */
SQL(range_whole)
{
	if (any_null(a, n) || a[2].i == 0)
		return;
	int64_t value = a[0].i;
	open_array(ret);
	for (int i = 0; i < ARRAY_MAX && (a[2].i > 0 ? value <= a[1].i : value >= a[1].i); i++) {
		put_tick_text(&ret->scratch, value, a[3].s.at[0]);
		if (__builtin_add_overflow(value, a[2].i, &value))
			break;
	}
	close_array(ret);
}

SQL(range_real)
{
	if (any_null(a, n) || a[2].f == 0 || !isfinite(a[2].f) || !isfinite(a[0].f))
		return;
	double count = floor((a[1].f - a[0].f) / a[2].f + 1e-9);
	open_array(ret);
	for (int i = 0; i < ARRAY_MAX && i <= count; i++) {
		if (i)
			buf_putc(&ret->scratch, ',');
		put_json_real(&ret->scratch, a[0].f + i * a[2].f);
	}
	close_array(ret);
}

/* ---- sets ---- */

/* Elements once each, found again by hash of their text. */
struct set {
	struct json *items;
	size_t count, room;
	uint32_t *slots; /* index + 1; 0: free */
	uint64_t seed;
};

static bool set_init(struct set *set, size_t most)
{
	size_t room = 16;
	while (room < most * 2)
		room *= 2;
	*set = (struct set){ .room = room, .seed = hash_seed() };
	set->items = calloc(most + 1, sizeof *set->items);
	set->slots = calloc(room, sizeof *set->slots);
	return set->items && set->slots;
}

static void set_done(struct set *set)
{
	free(set->items);
	free(set->slots);
}

static uint32_t *set_slot(const struct set *set, struct json item)
{
	size_t at = hash_bytes(item.at, item.len, set->seed) & (set->room - 1);
	for (;; at = (at + 1) & (set->room - 1)) {
		uint32_t slot = set->slots[at];
		if (!slot)
			return &set->slots[at];
		struct json other = set->items[slot - 1];
		if (other.len == item.len && memcmp(other.at, item.at, item.len) == 0)
			return &set->slots[at];
	}
}

static bool set_has(const struct set *set, struct json item)
{
	return *set_slot(set, item) != 0;
}

static bool set_add(struct set *set, struct json item)
{
	uint32_t *slot = set_slot(set, item);
	if (*slot)
		return false;
	set->items[set->count++] = item;
	*slot = (uint32_t)set->count;
	return true;
}

static size_t length_of(const struct db_cell *cell)
{
	struct json inside = json_inside(cell_json(cell)), item;
	size_t count = 0;
	while (is_array(cell) && json_next(&inside, &item))
		count++;
	return count;
}

static bool set_of(const struct db_cell *cell, struct set *set)
{
	struct json inside = json_inside(cell_json(cell)), item;
	if (!set_init(set, length_of(cell)))
		return false;
	while (is_array(cell) && json_next(&inside, &item))
		set_add(set, item);
	return true;
}

SQL(set_union)
{
	size_t most = 0;
	struct set set;
	for (size_t i = 0; i < n; i++)
		most += length_of(&a[i]);
	open_array(ret);
	if (set_init(&set, most)) {
		for (size_t i = 0; i < n; i++) {
			struct json inside = json_inside(cell_json(&a[i])), item;
			while (is_array(&a[i]) && json_next(&inside, &item))
				if (set_add(&set, item))
					put_item(&ret->scratch, item);
		}
		close_array(ret);
	}
	set_done(&set);
}

/* Those of the first array that all the others have, or that none has. */
static void set_compare(const struct db_cell *a, size_t n, struct db_answer *ret, bool wanted)
{
	struct set own, others[64];
	size_t made = 0;
	struct json inside = json_inside(cell_json(a)), item;
	bool ok = set_init(&own, length_of(a)) && n <= 64;
	for (; ok && made + 1 < n; made++)
		ok = set_of(&a[made + 1], &others[made]);
	open_array(ret);
	while (ok && is_array(a) && json_next(&inside, &item)) {
		bool keep = true;
		for (size_t i = 0; i + 1 < n; i++)
			keep &= set_has(&others[i], item) == wanted;
		if (keep && set_add(&own, item))
			put_item(&ret->scratch, item);
	}
	if (ok)
		close_array(ret);
	while (made > 0)
		set_done(&others[--made]);
	set_done(&own);
}

SQL(set_intersect)
{
	set_compare(a, n, ret, true);
}

SQL(set_difference)
{
	set_compare(a, n, ret, false);
}

/* How many elements both have, and how many there are in all. */
static bool set_overlap(const struct db_cell *a, size_t *both, size_t *x, size_t *y)
{
	struct set left, right;
	bool ok = set_of(&a[0], &left);
	ok = set_of(&a[1], &right) && ok;
	*both = 0;
	for (size_t i = 0; ok && i < left.count; i++)
		*both += set_has(&right, left.items[i]);
	*x = left.count;
	*y = right.count;
	set_done(&left);
	set_done(&right);
	return ok;
}

SQL(set_equals)
{
	size_t both, x, y;
	if (!any_null(a, n) && set_overlap(a, &both, &x, &y))
		db_answer_bool(ret, both == x && both == y);
}

SQL(jaccard)
{
	size_t both, x, y;
	if (!any_null(a, n) && set_overlap(a, &both, &x, &y) && x + y > 0)
		db_answer_f64(ret, (double)both / (double)(x + y - both));
}

/* clang-format off */
const struct db_function sql_array[] = {
	{ "k_array",          "s*",    's', false, array },
	{ "k_array_length",   "s",     'i', false, array_length },
	{ "k_array_text",     "ss",    's', false, array_text },
	{ "k_array_take",     "si",    's', false, array_take },
	{ "k_array_concat",   "s*",    's', false, array_concat },
	{ "k_array_slice",    "sii",   's', false, array_slice },
	{ "k_array_reverse",  "s",     's', false, array_reverse },
	{ "k_array_rotate",   "si",    's', false, array_rotate },
	{ "k_array_shift",    "sis*",  's', false, array_shift },
	{ "k_array_index_of", "ssi*",  'i', false, array_index_of },
	{ "k_array_sum",      "s",     'f', false, array_sum },
	{ "k_array_sort",     "sbb",   's', false, array_sort },
	{ "k_array_iff",      "sss",   's', false, array_iff },
	{ "k_array_repeat",   "si",    's', false, array_repeat },
	{ "k_array_split",    "ss",    's', false, array_split },
	{ "k_zip",            "s*",    's', false, zip },
	{ "k_range",          "iiis",  's', false, range_whole },
	{ "k_range_real",     "fff",   's', false, range_real },
	{ "k_set_union",      "s*",    's', false, set_union },
	{ "k_set_intersect",  "s*",    's', false, set_intersect },
	{ "k_set_difference", "s*",    's', false, set_difference },
	{ "k_set_equals",     "ss",    'b', false, set_equals },
	{ "k_jaccard",        "ss",    'f', false, jaccard },
};
/* clang-format on */
const size_t sql_array_count = ARRAY_LEN(sql_array);
