#include "core/flow/plain_rows.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/hash.h"
#include "core/base/pages.h"
#include "core/base/utf8.h"

enum { KNOWN_TEXTS = 256, TEXT_MAX = 65536 };

/* The rows of one table. */
struct rows {
	char *at; /* pages, reserved when the first row comes */
	size_t count, touched;
};

struct plain_rows {
	struct rows tables[TABLE_COUNT];
	size_t octets; /* of rows */
	struct arena texts;
	uint64_t seed;
	struct row_text known[KNOWN_TEXTS]; /* by hash: texts that came last */
};

static size_t room_of(enum table_id table)
{
	return PLAIN_OCTETS / plain_tables[table].row_size + PLAIN_SPARE;
}

static size_t text_bound(void)
{
	return PLAIN_OCTETS + 8 * (size_t)TEXT_MAX;
}

struct plain_rows *plain_rows_new(struct err *e)
{
	struct plain_rows *all = calloc(1, sizeof *all);
	if (!all) {
		err_set(e, ERR_NOMEM, "no memory for rows");
		return NULL;
	}
	all->seed = hash_seed();
	arena_init(&all->texts, text_bound());
	return all;
}

void plain_rows_free(struct plain_rows *all)
{
	if (!all)
		return;
	for (enum table_id i = 0; i < TABLE_COUNT; i++)
		if (all->tables[i].at)
			pages_release(all->tables[i].at, room_of(i) * plain_tables[i].row_size);
	arena_done(&all->texts);
	free(all);
}

void plain_rows_clear(struct plain_rows *all)
{
	for (enum table_id i = 0; i < TABLE_COUNT; i++)
		all->tables[i].count = 0;
	all->octets = 0;
	arena_done(&all->texts);
	memset(all->known, 0, sizeof all->known);
}

/* ---- texts ---- */

static bool is_text(const char *at, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_length(at + i, len - i);
		if (n == 0 || at[i] == '\0')
			return false;
	}
	return true;
}

static char *hex_of(struct arena *texts, const char *at, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char *hex = arena_alloc(texts, 2 * len + 1);
	for (size_t i = 0; hex && i < len; i++) {
		hex[2 * i] = digits[(unsigned char)at[i] >> 4];
		hex[2 * i + 1] = digits[(unsigned char)at[i] & 15];
	}
	return hex;
}

/* A copy that lives as long as the rows.  A text for which no memory is left becomes empty. */
static struct row_text keep_text(struct plain_rows *all, struct row_text text)
{
	while (text.len && (text.at[text.len - 1] == '\0' || text.at[text.len - 1] == ' '))
		text.len--;
	if (text.len == 0)
		return (struct row_text){ "", 0 };
	bool plain = is_text(text.at, text.len);
	uint64_t len = plain ? text.len : 2 * text.len;
	struct row_text *known =
	    &all->known[hash_bytes(text.at, text.len, all->seed) % KNOWN_TEXTS];
	if (plain && known->len == len && memcmp(known->at, text.at, len) == 0)
		return *known;
	char *copy = plain ? arena_strndup(&all->texts, text.at, text.len)
	                   : hex_of(&all->texts, text.at, text.len);
	if (!copy)
		return (struct row_text){ "", 0 };
	*known = (struct row_text){ copy, len };
	return *known;
}

static void keep_texts(struct plain_rows *all, const struct plain_table *type, char *row)
{
	for (size_t i = 0; i < type->column_count; i++) {
		const struct plain_column *c = &type->columns[i];
		struct row_text *text = (struct row_text *)(void *)(row + c->offset);
		if (columns[c->id].store == STORE_TEXT && text->len)
			*text = keep_text(all, *text);
	}
}

/* ---- rows ---- */

bool plain_rows_add(struct plain_rows *all, enum table_id table, const void *rows, size_t count)
{
	const struct plain_table *type = &plain_tables[table];
	struct rows *mine = &all->tables[table];
	size_t room = room_of(table);
	if (!mine->at)
		mine->at = pages_reserve(room * type->row_size);
	if (!mine->at || count > room - mine->count)
		return false;
	char *to = mine->at + mine->count * type->row_size;
	memcpy(to, rows, count * type->row_size);
	for (size_t i = 0; i < count; i++)
		keep_texts(all, type, to + i * type->row_size);
	mine->count += count;
	all->octets += count * type->row_size;
	if (mine->count > mine->touched)
		mine->touched = mine->count;
	return true;
}

bool plain_rows_is_full(const struct plain_rows *all)
{
	return all->octets + all->texts.used >= PLAIN_OCTETS;
}

const void *plain_rows_of(const struct plain_rows *all, enum table_id table, size_t *ret_count)
{
	*ret_count = all->tables[table].count;
	return all->tables[table].at;
}

/* ---- order ---- */

struct place {
	uint32_t minute, row;
};

static uint32_t minute_of(const struct plain_table *type, const char *row)
{
	uint32_t minute;
	memcpy(&minute, row + type->minute_offset, sizeof minute);
	return minute;
}

static int by_minute(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	if (x->minute != y->minute)
		return x->minute < y->minute ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static bool is_sorted(const struct plain_table *type, const struct rows *rows)
{
	const char *at = rows->at;
	for (size_t i = 1; i < rows->count; i++, at += type->row_size)
		if (minute_of(type, at) > minute_of(type, at + type->row_size))
			return false;
	return true;
}

static bool sort_table(const struct plain_table *type, struct rows *rows)
{
	size_t size = type->row_size;
	struct place *places = malloc(rows->count * sizeof *places);
	char *copy = malloc(rows->count * size);
	bool ok = places && copy;
	if (ok) {
		memcpy(copy, rows->at, rows->count * size);
		for (uint32_t i = 0; i < rows->count; i++)
			places[i] = (struct place){ minute_of(type, copy + i * size), i };
		qsort(places, rows->count, sizeof *places, by_minute);
		for (size_t i = 0; i < rows->count; i++)
			memcpy(rows->at + i * size, copy + places[i].row * size, size);
	}
	free(places);
	free(copy);
	return ok;
}

bool plain_rows_sort(struct plain_rows *all, struct err *e)
{
	for (enum table_id i = 0; i < TABLE_COUNT; i++) {
		struct rows *rows = &all->tables[i];
		if (rows->count && !is_sorted(&plain_tables[i], rows) &&
		    !sort_table(&plain_tables[i], rows))
			return err_set(e, ERR_NOMEM, "no memory to sort %zu rows", rows->count);
	}
	return true;
}

/* ---- memory ---- */

size_t plain_rows_memory(const struct plain_rows *all)
{
	size_t octets = sizeof *all + all->texts.used;
	for (enum table_id i = 0; i < TABLE_COUNT; i++)
		octets += all->tables[i].touched * plain_tables[i].row_size;
	return octets;
}

size_t plain_rows_bound(void)
{
	size_t octets = sizeof(struct plain_rows) + text_bound();
	for (enum table_id i = 0; i < TABLE_COUNT; i++)
		if (plain_tables[i].row_size)
			octets += room_of(i) * plain_tables[i].row_size;
	return octets;
}
