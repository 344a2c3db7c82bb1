/* accounting: what becomes of each datagram, into the ledger.
 *
 * The collector and `weir import` decode by these calls, so that their books are kept alike: every
 * datagram is decoded or malformed, for one cause; every record that was met is stored or rejected,
 * for one cause; and what sequence numbers tell stands beside it.  Rows are by exporter, and by
 * observation domain where a header could be read.
 *
 * Causes are wire_rcs (core/wire/rc.h): to add one that makes a datagram malformed, give it a
 * column (registry/columns.csv, ledger.h) and a row of the table in accounting.c. */
#pragma once

#include <stdint.h>

#include "collector/decode/decode.h"
#include "collector/minute/ledger.h"
#include "core/base/attr.h"
#include "core/base/err.h"

struct accounts {
	struct decoder *decoder;
	struct ledger *ledger;
	const uint64_t
	    *events_stored; /* counter of rows of NatEvents that the decoder's sink took */
};

/* The minute of a time in ticks, as ledger_key counts it. */
uint32_t accounting_minute(int64_t ticks);

/* Decodes a datagram (decoder_read) and adds what that changed to its row. */
MUST_CHECK bool accounted_read(const struct accounts *accounts, const struct datagram *datagram,
                               struct err *e);

/* What a decoder's sink is told of parked sets (decode.h), for the row of their exporter and the
 * minute of `now`. */
void accounted_unparked(struct ledger *ledger, int64_t now, uint16_t listener,
                        const struct ip *exporter, uint32_t domain, bool replayed);

/* Ends decoding (decoder_end, and decoder_settle of all): what parked sets still held is in the row
 * of `listener` and the minute of `now` that names no exporter. */
MUST_CHECK bool accounted_end(const struct accounts *accounts, int64_t now, uint16_t listener,
                              struct err *e);

/* decoder_settle, with what that finds in the rows of its streams' last minutes. */
void accounted_settle(const struct accounts *accounts, int64_t now);

/* The column of the ledger that counts datagrams that are malformed for this cause; LEDGER_COUNT
 * where it makes none malformed. */
enum ledger_count accounting_cause(enum wire_rc rc);
