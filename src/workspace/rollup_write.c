/* rollup_write: counts become lists, and these rows (contract in workspace/rollup.h). */
#include <stdlib.h>
#include <string.h>

#include "workspace/plain_segment.h"
#include "workspace/rollup_internal.h"

#define HAS(column) PLAIN_BIT(HOURLY, column)
#define ALWAYS_HAS                                                                                 \
	(HAS(TimeGenerated) | HAS(Kind) | HAS(Residual) | HAS(NumberOfBytes) |                     \
	 HAS(NumberOfPackets) | HAS(Records) | HAS(Bound) | HAS(UnlistedBound) |                   \
	 HAS(ExRCircuitId) | HAS(PeeringType) | HAS(Direction) | HAS(Application))

enum { ROUNDS_MAX = 64 };

/* An entry, to be sorted. */
struct item {
	uint64_t bytes;
	const struct rollup_entry *entry;
};

/* The entries of one list and kind: its residual, where it has one already, then others by bytes.
 */
struct list {
	struct item *items;
	size_t count;
};

struct writing {
	struct rollup *r;
	const struct segment_sink *sink;
};

/* ---- order ---- */

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = compare(y->bytes, x->bytes);
	return order ? order : memcmp(&x->entry->key, &y->entry->key, sizeof x->entry->key);
}

static void swap(struct item *a, struct item *b)
{
	struct item item = *a;
	*a = *b;
	*b = item;
}

static const struct item *median(const struct item *a, const struct item *b, const struct item *c)
{
	bool ab = compare_items(a, b) < 0, bc = compare_items(b, c) < 0;
	if (ab == bc)
		return b;
	return ab == (compare_items(a, c) < 0) ? c : a;
}

/* Brings items that come before the pivot to the front; returns how many. */
static size_t split(struct item *items, size_t count, struct item pivot)
{
	size_t ahead = 0;
	for (size_t i = 0; i < count; i++)
		if (compare_items(&items[i], &pivot) < 0)
			swap(&items[i], &items[ahead++]);
	return ahead;
}

/* Brings the first `most` in order to the front, in any order (Hoare's FIND).  Senders choose what
 * is compared, and could choose such that each round takes off hardly any: all is sorted then. */
static void select_first(struct item *items, size_t count, size_t most)
{
	for (unsigned rounds = 0; most < count; rounds++) {
		if (rounds == ROUNDS_MAX) {
			qsort(items, count, sizeof *items, compare_items);
			return;
		}
		struct item pivot = *median(items, items + count / 2, items + count - 1);
		size_t ahead = split(items, count, pivot);
		if (ahead > most) {
			count = ahead;
			continue;
		}
		/* the pivot is the first of the others, wherever it stands */
		for (size_t i = ahead; i < count; i++)
			if (items[i].entry == pivot.entry) {
				swap(&items[i], &items[ahead]);
				break;
			}
		if (most <= ahead + 1)
			return;
		items += ahead + 1;
		count -= ahead + 1;
		most -= ahead + 1;
	}
}

/* Brings those of a list that will be listed into their order; a total's entries stay in that of
 * their appearance. */
static void sort_list(struct list *list)
{
	size_t ahead = 0;
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].entry->key.is_residual) {
			swap(&list->items[0], &list->items[i]);
			ahead = 1;
		}
	if (list->items[0].entry->key.kind == ROLLUP_TOTAL)
		return;
	size_t count = list->count - ahead, listed = count < ROLLUP_LISTED ? count : ROLLUP_LISTED;
	select_first(list->items + ahead, count, listed);
	qsort(list->items + ahead, listed, sizeof *list->items, compare_items);
}

static size_t bucket_of(const struct rollup_key *key)
{
	return (size_t)key->list * ROLLUP_KIND_COUNT + key->kind;
}

/* Brings entries into the order of their lists and kinds; ends[] receives where each ends. */
static void gather_lists(const struct rollup *r, struct item *items, uint32_t *ends)
{
	const struct rollup_entry *entries = r->counts.entries;
	for (size_t i = 0; i < r->counts.count; i++)
		ends[bucket_of(&entries[i].key) + 1]++;
	for (size_t i = 1; i <= r->lists.count * ROLLUP_KIND_COUNT; i++)
		ends[i] += ends[i - 1];
	for (size_t i = 0; i < r->counts.count; i++)
		items[ends[bucket_of(&entries[i].key)]++] =
		    (struct item){ entries[i].counts.bytes, &entries[i] };
}

/* ---- rows ---- */

static struct row_text text_at(const struct rollup *r, uint16_t number)
{
	const struct numbered_item *item = &r->texts.items[number];
	return (struct row_text){ item->octets, item->len };
}

static struct rollup_row row_of(const struct rollup *r, const struct rollup_entry *entry)
{
	const struct rollup_key *key = &entry->key;
	const struct rollup_counts *counts = &entry->counts;
	struct rollup_list list;
	memcpy(&list, r->lists.items[key->list].octets, sizeof list);
	struct rollup_row row = {
		.present = key->present | ALWAYS_HAS,
		.src_addr = key->src,
		.dst_addr = key->dst,
		.minute = list.minute,
		.sampling = list.sampling,
		.src_asn = key->src_asn,
		.dst_asn = key->dst_asn,
		.dst_port = key->port,
		.protocol = key->protocol,
		.kind_of_rollup = key->kind,
		.is_residual = key->is_residual,
		.total_counters = list.total_counters,
		.circuit = text_at(r, list.texts[ROLLUP_CIRCUIT]),
		.peering = text_at(r, list.texts[ROLLUP_PEERING]),
		.direction_name = text_at(r, list.texts[ROLLUP_DIRECTION]),
		.bytes = counts->bytes,
		.packets = counts->packets,
		.record_sum = counts->records,
		.sum_of_squares = counts->squares,
	};
	if (key->kind == ROLLUP_TOTAL)
		row.application_name = text_at(r, key->application);
	if (list.has_sampling)
		row.present |= HAS(SamplingInterval);
	if (list.has_total_counters)
		row.present |= HAS(TotalCounters);
	if (counts->has_squares)
		row.present |= HAS(SumOfSquares);
	return row;
}

/* The rows that wait as segments. */
static bool write_rows(struct rollup *r, const struct segment_sink *sink, struct err *e)
{
	bool ok = plain_rows_sort(r->rows, e) && plain_segments_write(r->rows, r->table, sink, e);
	plain_rows_clear(r->rows);
	return ok;
}

static bool put(struct writing *w, const struct rollup_row *row, struct err *e)
{
	struct rollup *r = w->r;
	if (plain_rows_is_full(r->rows) && !write_rows(r, w->sink, e))
		return false;
	return plain_rows_add(r->rows, r->table, row, 1) ||
	       err_set(e, ERR_NOMEM, "no memory for rows of %s", tables[r->table].name);
}

/* ---- lists ---- */

static uint64_t not_negative(int64_t bound)
{
	return bound > 0 ? (uint64_t)bound : 0;
}

/* What an entry may have had at most, if `unlisted` is what parts that do not list it may hide. */
static uint64_t most_of(const struct rollup_entry *entry, int64_t unlisted)
{
	uint64_t sum, bound = not_negative(entry->counts.bound + unlisted);
	bool over = __builtin_add_overflow(entry->counts.bytes, bound, &sum);
	return over || sum > INT64_MAX ? INT64_MAX : sum;
}

/* The residual of a list of which `kept` entries stay. */
static struct rollup_entry residual_of(const struct list *others, size_t kept,
                                       const struct rollup_entry *before)
{
	struct rollup_entry residual = { 0 };
	if (before)
		residual = *before;
	else
		residual.key = others->items[0].entry->key;
	int64_t hidden = residual.counts.bound;
	uint64_t unlisted = not_negative(hidden);
	for (size_t i = kept; i < others->count; i++) {
		uint64_t most = most_of(others->items[i].entry, hidden);
		rollup_counts_add(&residual.counts, &others->items[i].entry->counts);
		unlisted = most > unlisted ? most : unlisted;
	}
	residual.counts.bound = (int64_t)unlisted;
	return residual;
}

/* A residual is of its list and of nothing that is listed. */
static void make_nobody(struct rollup_key *key)
{
	*key = (struct rollup_key){ .list = key->list, .kind = key->kind, .is_residual = 1 };
}

static bool write_list(struct writing *w, const struct list *list, struct err *e)
{
	const struct rollup_entry *before =
	    list->items[0].entry->key.is_residual ? list->items[0].entry : NULL;
	struct list others = { list->items + (before != NULL), list->count - (before != NULL) };
	bool is_whole =
	    list->items[0].entry->key.kind == ROLLUP_TOTAL || others.count <= ROLLUP_LISTED;
	size_t kept = is_whole ? others.count : ROLLUP_LISTED;
	struct rollup_entry residual = residual_of(&others, kept, before);
	int64_t hidden = before ? before->counts.bound : 0;
	bool ok = true;
	for (size_t i = 0; ok && i < kept; i++) {
		struct rollup_row row = row_of(w->r, others.items[i].entry);
		row.bound = not_negative(others.items[i].entry->counts.bound + hidden);
		row.unlisted_bound = (uint64_t)residual.counts.bound;
		ok = put(w, &row, e);
	}
	if (!ok || (!before && kept == others.count))
		return ok;
	make_nobody(&residual.key);
	struct rollup_row row = row_of(w->r, &residual);
	row.unlisted_bound = (uint64_t)residual.counts.bound;
	return put(w, &row, e);
}

static bool write_lists(struct writing *w, struct item *items, const uint32_t *ends, struct err *e)
{
	for (size_t i = 0, first = 0; i < w->r->lists.count * ROLLUP_KIND_COUNT; i++) {
		struct list list = { items + first, ends[i] - first };
		first = ends[i];
		if (!list.count)
			continue;
		sort_list(&list);
		if (!write_list(w, &list, e))
			return false;
	}
	return true;
}

bool rollup_list(struct rollup *r, const struct segment_sink *sink, struct err *e)
{
	size_t count = r->counts.count;
	if (!count)
		return true;
	struct writing w = { r, sink };
	struct item *items = malloc(count * sizeof *items);
	uint32_t *ends = calloc(r->lists.count * ROLLUP_KIND_COUNT + 1, sizeof *ends);
	bool ok = items && ends;
	if (ok) {
		gather_lists(r, items, ends);
		ok = write_lists(&w, items, ends, e);
	} else {
		err_set(e, ERR_NOMEM, "no memory for %zu counts", count);
	}
	free(items);
	free(ends);
	rollup_clear(r);
	return ok;
}

bool rollup_write(struct rollup *r, const struct segment_sink *sink, struct err *e)
{
	return rollup_list(r, sink, e) && write_rows(r, sink, e);
}
