/* decoding: records of a journal to merged rows, rows that are never merged, and counted datagrams.
 *
 * What a worker does with its ring and what recovery does with the ring of a program that died, so
 * that both do the same.  Flow rows are merged in a flow table, others kept as they are
 * (core/flow/plain_rows.h), counts in a ledger, and names in a log; a commit takes them together
 * (decoding_swap).
 *
 * The clock rule: arrival never runs backwards.  While the system's clock is behind the last
 * arrival by less than DECODING_SLACK, the last arrival counts; a larger step is believed, counted
 * in the ledger (ClockSteps), and told to the commit, which closes the minutes that are open.
 *
 * One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/decode/decode.h"
#include "collector/journal/ring.h"
#include "collector/minute/ledger.h"
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/ticks.h"
#include "core/flow/name.h"
#include "core/flow/plain_rows.h"
#include "core/flow/table.h"

/* A datagram may yield so many records: a table is full when it has room for fewer. */
enum { DECODING_SPARE = DECODER_RECORDS_MOST };

#define DECODING_SLACK (5 * TICKS_PER_MINUTE)

/* What decoding fills. */
struct decoded {
	struct flow_table *table;
	struct plain_rows *plain;
	struct ledger *ledger;
	struct name_log names;
};

struct decoding {
	struct decoder *decoder;
	struct decoded into;
	uint64_t plain_stored[TABLE_COUNT]; /* rows that went into into.plain since the start */
	size_t flows_max;
	int64_t last_arrival; /* ticks; of the last record, by the clock rule */
	uint16_t listener;    /* of the record that is being decoded */
	bool clock_stepped;   /* the clock was set back since decoding_swap */
};

/* flows_max: rows before the table counts as full. */
MUST_CHECK bool decoding_init(struct decoding *d, const struct decoder_config *config,
                              size_t flows_max, struct err *e);
void decoding_done(struct decoding *d); /* zeros are fine */

/* Decodes one record of the journal.  decoding_is_full must be false. */
void decoding_record(struct decoding *d, const struct ring_record *record);
bool decoding_is_full(const struct decoding *d);

/* Counts what never came (decoder_settle): everything that arrived before `now` was decoded. */
void decoding_settle(struct decoding *d, int64_t now);

/* Empty ones of the size that decoding needs; decoded_done them in any case. */
MUST_CHECK bool decoded_init(struct decoded *d, size_t flows_max, struct err *e);
void decoded_clear(struct decoded *d);
void decoded_done(struct decoded *d);
size_t decoded_memory(const struct decoded *d); /* octets of the rows */
size_t decoded_bound(size_t flows_max);         /* that they take at most */

/* Completes the rows of all records so far, and exchanges what was filled for what is empty.  True
 * where the clock was set back among those records. */
bool decoding_swap(struct decoding *d, struct decoded *empty);
