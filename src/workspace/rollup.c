#include "workspace/rollup.h"

#include <stdlib.h>
#include <string.h>

#include "workspace/rollup_internal.h"

#define HAS(column) PLAIN_BIT(HOURLY, column)

static const enum column_id text_columns[ROLLUP_TEXT_COUNT] = {
	[ROLLUP_CIRCUIT] = COL_ExRCircuitId,
	[ROLLUP_PEERING] = COL_PeeringType,
	[ROLLUP_DIRECTION] = COL_Direction,
	[ROLLUP_APPLICATION] = COL_Application,
};

bool rollup_is_of(enum table_id table)
{
	return table == TABLE_HOURLY || table == TABLE_DAILY;
}

struct rollup *rollup_new(enum table_id table, size_t keys, struct err *e)
{
	struct rollup *r = calloc(1, sizeof *r);
	if (!r) {
		err_set(e, ERR_NOMEM, "no memory for rollups");
		return NULL;
	}
	r->table = table;
	r->minutes = table == TABLE_HOURLY ? 60 : 1440;
	numbered_init(&r->texts, ROLLUP_TEXT);
	numbered_init(&r->lists, ROLLUP_TEXT);
	r->by_kind = calloc(ENRICHMENT_KINDS + 1, sizeof *r->by_kind);
	r->is_known = calloc(ENRICHMENT_KINDS + 1, sizeof *r->is_known);
	r->rows = plain_rows_new(e);
	if (r->by_kind && r->is_known && r->rows && rollup_table_init(&r->counts, keys, e))
		return r;
	rollup_free(r);
	err_set(e, ERR_NOMEM, "no memory for rollups");
	return NULL;
}

void rollup_free(struct rollup *r)
{
	if (!r)
		return;
	rollup_table_done(&r->counts);
	plain_rows_free(r->rows);
	numbered_done(&r->texts);
	numbered_done(&r->lists);
	free(r->by_kind);
	free(r->is_known);
	free(r);
}

void rollup_clear(struct rollup *r)
{
	rollup_table_clear(&r->counts);
	numbered_done(&r->texts);
	numbered_init(&r->texts, ROLLUP_TEXT);
	numbered_done(&r->lists);
	numbered_init(&r->lists, ROLLUP_TEXT);
	memset(r->is_known, 0, (ENRICHMENT_KINDS + 1) * sizeof *r->is_known);
}

/* ---- room ---- */

/* For as many rows as are added at a time. */
static bool has_room(const struct rollup *r)
{
	return rollup_table_room(&r->counts) >= ROLLUP_TOGETHER &&
	       r->texts.count + (size_t)ROLLUP_TEXT_COUNT * ROLLUP_TOGETHER <= NUMBERED_MAX &&
	       r->texts.arena.used <= ROLLUP_TEXT / 2 &&
	       r->lists.count + ROLLUP_TOGETHER <= NUMBERED_MAX;
}

static bool make_room(struct rollup *r, const struct segment_sink *sink, struct err *e)
{
	return has_room(r) || rollup_list(r, sink, e);
}

static size_t together(size_t count)
{
	return count < ROLLUP_TOGETHER ? count : ROLLUP_TOGETHER;
}

static bool number_text(struct rollup *r, struct row_text text, uint16_t *ret, struct err *e)
{
	return numbered_find(&r->texts, text.at ? text.at : "", text.len, ret) ||
	       err_set(e, ERR_WORKSPACE, "texts of more than %zu octets in a batch of rows",
	               ROLLUP_TEXT / 2);
}

/* Most rows are of the same list as the one before. */
static bool number_list(struct rollup *r, const struct rollup_list *list, uint16_t *ret,
                        struct err *e)
{
	if (!r->lists.count || memcmp(&r->last, list, sizeof *list) != 0) {
		if (!numbered_find(&r->lists, list, sizeof *list, &r->last_number))
			return err_set(e, ERR_NOMEM, "no memory for rollups");
		r->last = *list;
	}
	*ret = r->last_number;
	return true;
}

/* ---- flow rows ---- */

/* The numbers of the texts of a row's kind. */
static bool texts_of(struct rollup *r, const struct flow_row *row, const struct flow_kinds *kinds,
                     uint16_t ret[ROLLUP_TEXT_COUNT], struct err *e)
{
	uint16_t kind;
	memcpy(&kind, row->key.pad, sizeof kind);
	for (size_t i = 0; !r->is_known[kind] && i < ROLLUP_TEXT_COUNT; i++)
		if (!number_text(r, flow_kinds_text(kinds, kind, text_columns[i]),
		                 &r->by_kind[kind][i], e))
			return false;
	r->is_known[kind] = true;
	memcpy(ret, r->by_kind[kind], sizeof r->by_kind[kind]);
	return true;
}

/* The number of the list of a flow row. */
static bool list_of(struct rollup *r, const struct flow_row *row,
                    const uint16_t texts[ROLLUP_TEXT_COUNT], uint16_t *ret, struct err *e)
{
	struct rollup_list list = {
		.minute = row->key.minute - row->key.minute % r->minutes,
		.sampling = row->key.sampling,
		.has_sampling = row_has(row, COL_SamplingInterval),
		.has_total_counters = row_has(row, COL_TotalCounters),
		.total_counters = row->key.total_counters,
	};
	memcpy(list.texts, texts, sizeof list.texts);
	return number_list(r, &list, ret, e);
}

static void set_source(struct rollup_key *key, const struct flow_row *row)
{
	key->src = row->key.src_addr;
	if (row_has(row, COL_SourceIp))
		key->present |= HAS(SourceIp);
}

static void set_destination(struct rollup_key *key, const struct flow_row *row)
{
	key->dst = row->key.dst_addr;
	if (row_has(row, COL_DestinationIp))
		key->present |= HAS(DestinationIp);
}

static void set_pair(struct rollup_key *key, const struct flow_row *row)
{
	set_source(key, row);
	set_destination(key, row);
}

static void set_port(struct rollup_key *key, const struct flow_row *row)
{
	key->port = row->key.dst_port;
	key->protocol = row->key.protocol;
	if (row_has(row, COL_DestinationPort))
		key->present |= HAS(DestinationPort);
	if (row_has(row, COL_Protocol))
		key->present |= HAS(Protocol);
}

static void set_total(struct rollup_key *key, const struct flow_row *row)
{
	key->src_asn = row->key.src_asn;
	key->dst_asn = row->key.dst_asn;
	if (row_has(row, COL_SrcAsn))
		key->present |= HAS(SrcAsn);
	if (row_has(row, COL_DstAsn))
		key->present |= HAS(DstAsn);
}

static void (*const setters[ROLLUP_KIND_COUNT])(struct rollup_key *, const struct flow_row *) = {
	[ROLLUP_TOTAL] = set_total,
	[ROLLUP_SOURCE] = set_source,
	[ROLLUP_DESTINATION] = set_destination,
	[ROLLUP_PAIR] = set_pair,
	[ROLLUP_PORT] = set_port,
};

static struct rollup_counts counts_of_flow(const struct flow_row *row)
{
	return (struct rollup_counts){
		.bytes = row->bytes,
		.packets = row->packets,
		.records = row->records,
		.squares = row->sum_of_squares,
		.has_squares = row_has(row, COL_SumOfSquares),
	};
}

/* What a row is counted by in a kind. */
static bool key_of_flow(struct rollup *r, const struct flow_row *row,
                        const struct flow_kinds *kinds, enum rollup_kind kind,
                        struct rollup_key *ret, struct err *e)
{
	uint16_t texts[ROLLUP_TEXT_COUNT];
	*ret = (struct rollup_key){ .kind = (uint8_t)kind };
	if (!texts_of(r, row, kinds, texts, e) || !list_of(r, row, texts, &ret->list, e))
		return false;
	if (kind == ROLLUP_TOTAL)
		ret->application = texts[ROLLUP_APPLICATION];
	setters[kind](ret, row);
	return true;
}

/* Adds rows `first` to `end` - 1 of a table, at most ROLLUP_TOGETHER, in one kind. */
static bool add_flows(struct rollup *r, const struct rollup_flows *flows, enum rollup_kind kind,
                      size_t first, size_t end, struct err *e)
{
	struct rollup_counts counts[ROLLUP_TOGETHER];
	struct rollup_addend addends[ROLLUP_TOGETHER];
	for (size_t i = first; i < end; i++) {
		const struct flow_row *row = flow_table_row(flows->table, i);
		struct rollup_addend *a = &addends[i - first];
		counts[i - first] = counts_of_flow(row);
		a->counts = &counts[i - first];
		if (!key_of_flow(r, row, flows->kinds, kind, &a->key, e))
			return false;
	}
	rollup_table_add(&r->counts, addends, end - first);
	return true;
}

static bool add_kind(struct rollup *r, const struct rollup_flows *flows, enum rollup_kind kind,
                     const struct segment_sink *sink, struct err *e)
{
	size_t count = flow_table_count(flows->table);
	bool ok = true;
	for (size_t first = 0, n; ok && first < count; first += n) {
		n = together(count - first);
		ok = make_room(r, sink, e) && add_flows(r, flows, kind, first, first + n, e);
	}
	return ok;
}

bool rollup_add_flows(struct rollup *r, const struct rollup_flows *flows,
                      const struct segment_sink *sink, struct err *e)
{
	bool ok = true;
	for (enum rollup_kind kind = ROLLUP_TOTAL; ok && kind < ROLLUP_KIND_COUNT; kind++)
		ok = add_kind(r, flows, kind, sink, e) && rollup_list(r, sink, e);
	return ok;
}

/* ---- rows of rollups ---- */

static struct rollup_counts counts_of(const struct rollup_row *row)
{
	int64_t unlisted = (int64_t)row->unlisted_bound;
	return (struct rollup_counts){
		.bytes = row->bytes,
		.packets = row->packets,
		.records = row->record_sum,
		.squares = row->sum_of_squares,
		.has_squares = row->present & HAS(SumOfSquares),
		.bound = row->is_residual ? unlisted : (int64_t)row->bound - unlisted,
	};
}

/* The key that a row was written of. */
static bool key_of(struct rollup *r, const struct rollup_row *row, struct rollup_key *ret,
                   struct err *e)
{
	*ret = (struct rollup_key){
		.present = row->present & (HAS(SourceIp) | HAS(DestinationIp) | HAS(SrcAsn) |
		                           HAS(DstAsn) | HAS(DestinationPort) | HAS(Protocol)),
		.src = row->src_addr,
		.dst = row->dst_addr,
		.src_asn = row->src_asn,
		.dst_asn = row->dst_asn,
		.port = row->dst_port,
		.protocol = row->protocol,
		.kind = row->kind_of_rollup,
		.is_residual = row->is_residual,
	};
	struct rollup_list list = {
		.minute = row->minute - row->minute % r->minutes,
		.sampling = row->sampling,
		.has_sampling = row->present & HAS(SamplingInterval),
		.has_total_counters = row->present & HAS(TotalCounters),
		.total_counters = row->total_counters,
	};
	const struct row_text texts[ROLLUP_TEXT_COUNT] = {
		[ROLLUP_CIRCUIT] = row->circuit,
		[ROLLUP_PEERING] = row->peering,
		[ROLLUP_DIRECTION] = row->direction_name,
		[ROLLUP_APPLICATION] = row->application_name,
	};
	uint16_t numbers[ROLLUP_TEXT_COUNT];
	for (size_t i = 0; i < ROLLUP_TEXT_COUNT; i++)
		if (!number_text(r, texts[i], &numbers[i], e))
			return false;
	memcpy(list.texts, numbers, sizeof list.texts);
	ret->application = row->kind_of_rollup == ROLLUP_TOTAL ? numbers[ROLLUP_APPLICATION] : 0;
	return number_list(r, &list, &ret->list, e);
}

/* Adds at most ROLLUP_TOGETHER rows. */
static bool add_rows(struct rollup *r, const struct rollup_row *rows, size_t count, struct err *e)
{
	struct rollup_counts counts[ROLLUP_TOGETHER];
	struct rollup_addend addends[ROLLUP_TOGETHER];
	for (size_t i = 0; i < count; i++) {
		counts[i] = counts_of(&rows[i]);
		addends[i].counts = &counts[i];
		if (!key_of(r, &rows[i], &addends[i].key, e))
			return false;
	}
	rollup_table_add(&r->counts, addends, count);
	return true;
}

bool rollup_add_rows(struct rollup *r, const struct rollup_row *rows, size_t count,
                     const struct segment_sink *sink, struct err *e)
{
	bool ok = true;
	for (size_t first = 0; ok && first < count; first += ROLLUP_TOGETHER)
		ok = make_room(r, sink, e) && add_rows(r, rows + first, together(count - first), e);
	return ok;
}
