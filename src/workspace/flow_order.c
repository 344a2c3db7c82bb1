#include "workspace/flow_order.h"

#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"

/* ---- numbers in the order of texts ---- */

/* The place of each octet's decimal digits among those of all others. */
struct ranks {
	uint8_t of[256];
};

/* What stands behind an octet's digits, a point or the end, comes before all digits: so a text
 * comes before those that it begins. */
static void rank_octets(struct ranks *ret)
{
	char texts[256][4];
	for (unsigned i = 0; i < 256; i++)
		snprintf(texts[i], sizeof texts[i], "%u", i);
	for (size_t i = 0; i < 256; i++) {
		unsigned before = 0;
		for (size_t k = 0; k < 256; k++)
			before += strcmp(texts[k], texts[i]) < 0;
		ret->of[i] = (uint8_t)before;
	}
}

struct item {
	uint64_t key;
	uint32_t row;
};

static uint64_t key_of_v4(const struct ranks *ranks, const struct flow_row *row)
{
	uint64_t key = 0;
	for (size_t i = 12; i < 16; i++)
		key = key << 8 | ranks->of[row->key.src_addr.b[i]];
	return key << 32 | row->key.minute;
}

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

/* One pass of a radix sort by a digit of the key; items of equal ones stay in order.  False where
 * all have the same, and nothing was moved. */
static bool sort_pass(const struct item *from, struct item *to, size_t count, unsigned shift)
{
	size_t places[DIGITS] = { 0 };
	for (size_t i = 0; i < count; i++)
		places[from[i].key >> shift & (DIGITS - 1)]++;
	if (places[from[0].key >> shift & (DIGITS - 1)] == count)
		return false;
	size_t before = 0;
	for (size_t k = 0; k < DIGITS; k++) {
		size_t here = places[k];
		places[k] = before;
		before += here;
	}
	for (size_t i = 0; i < count; i++)
		to[places[from[i].key >> shift & (DIGITS - 1)]++] = from[i];
	return true;
}

static void sort_by_key(struct item *items, struct item *spare, size_t count)
{
	struct item *from = items, *to = spare;
	for (unsigned shift = 0; count && shift < 64; shift += DIGIT_BITS) {
		if (!sort_pass(from, to, count, shift))
			continue;
		struct item *sorted = to;
		to = from;
		from = sorted;
	}
	if (from != items)
		memcpy(items, from, count * sizeof *items);
}

/* ---- texts themselves, of IPv6 ---- */

struct place {
	uint64_t address[3];
	uint32_t minute, row;
};

static uint64_t big(const void *octets)
{
	uint64_t word;
	memcpy(&word, octets, sizeof word);
	return be64toh(word);
}

/* The first characters of the text, then the address. */
static void place_row(struct place *p, const struct flow_row *row, uint32_t number)
{
	char text[IP_TEXT_MAX] = "";
	const char *octets = (const char *)&row->key.src_addr;
	ip_format(&row->key.src_addr, text);
	p->address[0] = big(text);
	p->address[1] = big(octets);
	p->address[2] = big(octets + sizeof(uint64_t));
	p->minute = row->key.minute;
	p->row = number;
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = 0;
	for (size_t i = 0; !order && i < ARRAY_LEN(x->address); i++)
		order = compare(x->address[i], y->address[i]);
	order = order ? order : compare(x->minute, y->minute);
	return order ? order : compare(x->row, y->row);
}

static bool sort_by_text(const struct flow_row *const *rows, struct item *items, size_t count)
{
	struct place *places = malloc((count + 1) * sizeof *places);
	if (!places)
		return false;
	for (size_t i = 0; i < count; i++)
		place_row(&places[i], rows[items[i].row], items[i].row);
	qsort(places, count, sizeof *places, by_place);
	for (size_t i = 0; i < count; i++)
		items[i].row = places[i].row;
	free(places);
	return true;
}

/* ---- all ---- */

enum class { CLASS_NONE, CLASS_V4, CLASS_V6, CLASS_COUNT };

static enum class class_of(const struct flow_row *row) {
	if (!row_has(row, COL_SourceIp)) return CLASS_NONE;
	return ip_is_v4(&row->key.src_addr) ? CLASS_V4 : CLASS_V6;
}

/* Brings rows into the order of their classes; returns in ends[] where each ends. */
static void gather(const struct flow_row *const *rows, size_t count, struct item *items,
                   size_t ends[CLASS_COUNT])
{
	struct ranks ranks;
	size_t at[CLASS_COUNT + 1] = { 0 };
	rank_octets(&ranks);
	for (size_t i = 0; i < count; i++)
		at[class_of(rows[i]) + 1]++;
	for (size_t k = 1; k <= CLASS_COUNT; k++)
		at[k] += at[k - 1];
	for (size_t i = 0; i < count; i++) {
		enum class class = class_of(rows[i]);
		uint64_t key = rows[i]->key.minute;
		if (class == CLASS_V4)
			key = key_of_v4(&ranks, rows[i]);
		items[at[class]++] = (struct item){ key, (uint32_t)i };
	}
	memcpy(ends, at, CLASS_COUNT * sizeof *ends);
}

static bool sort(const struct flow_row **rows, size_t count, struct item *items, struct item *spare)
{
	size_t ends[CLASS_COUNT];
	gather(rows, count, items, ends);
	sort_by_key(items, spare, ends[CLASS_NONE]);
	sort_by_key(items + ends[CLASS_NONE], spare, ends[CLASS_V4] - ends[CLASS_NONE]);
	if (!sort_by_text(rows, items + ends[CLASS_V4], count - ends[CLASS_V4]))
		return false;
	const struct flow_row **sorted = (const struct flow_row **)(void *)spare;
	for (size_t i = 0; i < count; i++)
		sorted[i] = rows[items[i].row];
	memcpy(rows, sorted, count * sizeof *rows);
	return true;
}

bool flow_order_sort(const struct flow_row **rows, size_t count, struct err *e)
{
	struct item *items = malloc((count + 1) * sizeof *items);
	struct item *spare = malloc((count + 1) * sizeof *spare);
	bool ok = items && spare && sort(rows, count, items, spare);
	free(items);
	free(spare);
	return ok || err_set(e, ERR_NOMEM, "no memory to sort %zu rows", count);
}
