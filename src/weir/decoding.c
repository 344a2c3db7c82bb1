#include "weir/decoding.h"

#include <assert.h>

#include "weir/accounting.h"

static bool take_rows(void *context, struct batch *batch, struct err *e)
{
	struct decoding *d = context;
	size_t merged = flow_table_merge(d->into.table, batch->rows, batch->count);
	return merged == batch->count || err_set(e, ERR_NOMEM, "no memory for more flows");
}

static bool take_plain(void *context, enum table_id table, const void *rows, size_t count,
                       struct err *e)
{
	struct decoding *d = context;
	if (!plain_rows_add(d->into.plain, table, rows, count))
		return err_set(e, ERR_NOMEM, "no memory for more rows of %s", tables[table].name);
	d->plain_stored[table] += count;
	return true;
}

static void note_unparked(void *context, const struct ip *exporter, uint32_t domain, bool replayed)
{
	struct decoding *d = context;
	accounted_unparked(d->into.ledger, d->last_arrival, d->listener, exporter, domain,
	                   replayed);
}

static void note_name(void *context, const struct name *name)
{
	struct decoding *d = context;
	name_log_add(&d->into.names, name);
}

static size_t table_rows(size_t flows_max)
{
	return flows_max + DECODING_SPARE + BATCH_ROWS;
}

bool decoded_init(struct decoded *d, size_t flows_max, struct err *e)
{
	*d = (struct decoded){ .table = flow_table_new(table_rows(flows_max), e) };
	d->plain = d->table ? plain_rows_new(e) : NULL;
	d->ledger = d->plain ? ledger_new(e) : NULL;
	return d->ledger != NULL;
}

void decoded_clear(struct decoded *d)
{
	flow_table_remove_before(d->table, UINT64_MAX);
	plain_rows_clear(d->plain);
	ledger_clear(d->ledger);
	name_log_clear(&d->names);
}

void decoded_done(struct decoded *d)
{
	flow_table_free(d->table);
	plain_rows_free(d->plain);
	ledger_free(d->ledger);
	name_log_done(&d->names);
	*d = (struct decoded){ 0 };
}

size_t decoded_memory(const struct decoded *d)
{
	return flow_table_memory(d->table) + plain_rows_memory(d->plain) +
	       name_log_memory(&d->names);
}

size_t decoded_bound(size_t flows_max)
{
	return flow_table_bound(table_rows(flows_max)) + plain_rows_bound() + name_log_bound();
}

bool decoding_init(struct decoding *d, const struct decoder_config *config, size_t flows_max,
                   struct err *e)
{
	struct decode_sink sink = {
		.rows = take_rows,
		.plain = take_plain,
		.unparked = note_unparked,
		.named = note_name,
		.context = d,
	};
	*d = (struct decoding){ .flows_max = flows_max };
	d->decoder = decoder_new(config, &sink, e);
	if (d->decoder && decoded_init(&d->into, flows_max, e))
		return true;
	decoding_done(d);
	return false;
}

void decoding_done(struct decoding *d)
{
	decoder_free(d->decoder);
	decoded_done(&d->into);
	*d = (struct decoding){ 0 };
}

bool decoding_is_full(const struct decoding *d)
{
	return flow_table_count(d->into.table) >= d->flows_max ||
	       plain_rows_is_full(d->into.plain) || name_log_is_full(&d->into.names);
}

static int64_t arrival_of(struct decoding *d, const struct ring_record *record)
{
	int64_t behind = d->last_arrival - record->arrival;
	if (behind > DECODING_SLACK) {
		struct ledger_key key = { .minute = accounting_minute(record->arrival),
			                  .listener = record->listener };
		ledger_counts(d->into.ledger, &key)[LEDGER_ClockSteps]++;
		d->clock_stepped = true;
	}
	if (behind <= 0 || behind > DECODING_SLACK)
		d->last_arrival = record->arrival;
	return d->last_arrival;
}

static struct accounts accounts_of(struct decoding *d)
{
	return (struct accounts){ d->decoder, d->into.ledger, &d->plain_stored[TABLE_NAT] };
}

void decoding_record(struct decoding *d, const struct ring_record *record)
{
	if (record->kind == BURST_END) { /* nothing was offered */
		decoder_end_session(d->decoder, &record->from, record->port);
		return;
	}
	d->listener = record->listener;
	struct datagram datagram = {
		.arrival = arrival_of(d, record),
		.src = record->from,
		.src_port = record->port,
		.session = record->kind == BURST_MESSAGE,
		.listener = record->listener,
		.payload = record->payload,
		.len = record->len,
	};
	struct err e;
	struct accounts accounts = accounts_of(d);
	bool ok = accounted_read(&accounts, &datagram, &e);
	assert(ok); /* a table that is not full has room for any datagram */
	(void)ok;
}

void decoding_settle(struct decoding *d, int64_t now)
{
	struct accounts accounts = accounts_of(d);
	accounted_settle(&accounts, now);
}

bool decoding_swap(struct decoding *d, struct decoded *empty)
{
	struct decoded full = d->into;
	struct err e;
	bool ok = decoder_flush(d->decoder, &e);
	assert(ok);
	(void)ok;
	d->into = *empty;
	*empty = full;
	bool stepped = d->clock_stepped;
	d->clock_stepped = false;
	return stepped;
}
