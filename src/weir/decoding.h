/* decoding: records of a journal to merged rows and counted datagrams.
 *
 * What a worker does with its ring and what recovery does with the ring of a program that died, so
 * that both do the same.  Rows are merged in a flow table and counts kept in a ledger, which a
 * commit takes together (decoding_swap).
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
#include "core/flow/table.h"

/* A datagram may hold so many records: a table is full when it has room for fewer. */
enum { DECODING_SPARE = 65536 };

#define DECODING_SLACK (5 * TICKS_PER_MINUTE)

struct decoding {
	struct decoder *decoder;
	struct flow_table *table;
	struct ledger *ledger;
	size_t flows_max;
	int64_t last_arrival; /* ticks; of the last record, by the clock rule */
	bool clock_stepped;   /* the clock was set back since decoding_swap */
};

/* flows_max: rows before the table counts as full. */
MUST_CHECK bool decoding_init(struct decoding *d, const struct decoder_config *config,
                              size_t flows_max, struct err *e);
void decoding_done(struct decoding *d); /* zeros are fine */

/* Decodes one record of the journal.  decoding_is_full must be false. */
void decoding_record(struct decoding *d, const struct ring_record *record);
bool decoding_is_full(const struct decoding *d);

/* A table of the size that decoding needs. */
MUST_CHECK struct flow_table *decoding_table(size_t flows_max, struct err *e);
size_t decoding_table_bound(size_t flows_max); /* octets that it takes at most */

/* Completes the rows of all records so far, and exchanges table and ledger for empty ones.  True
 * where the clock was set back among those records. */
bool decoding_swap(struct decoding *d, struct flow_table **table, struct ledger **ledger);
