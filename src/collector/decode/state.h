/* state: what is remembered of exporters as octets, so that templates and rates survive a restart.
 *
 * All integers in network order; times in ticks:
 *
 *     "WEIRDEC7"
 *     name         address 16, port 2, session 1, protocol 1, domain 4
 *     per stream   1, name, rank 1, proven 8, heard 8,
 *                  datagrams 8, records 8, lost 8, restarts 8, tells 1, anew 8, start time 8 (of
 *                  the source), sequence, rates 2 x
 *                  (scope 1, id 8, interval 4), elements 2 x (enterprise 4, id 2, type 1,
 *                  octets 1, name), data sources 2 x (type 4, index 4, rate 4, samples 8,
 *                  packets 8, dropped 8), templates 2 x (id 2, options 1, scopes 2,
 *                  fields 2, refreshed 8, interval 8, expires 8, octets 4, definition as on the
 *                  wire)
 *     per set that waits for its template
 *                  2, name, template 2, index 4, stranger 1, arrival 8, sequence 4,
 *                  export time 8, has uptime 1, uptime 4, octets 2, body
 *     sequence     as struct sequence tells: flags 1 (begun, open, held and its openness, either,
 * clock), unit 1, evidence 1, next 4, advances 4, floors 2 x 4, straggler 2 x 4, last number and
 * records 4 and 4, uptime 4, doubted 8, time 8, restarted 8, gaps 1 x (from 4, length 4, opened 4,
 * passed 1, silent 1)
 *
 * The definitions are read by the same code as those that exporters send, and within the same
 * bounds.  Of a stream that is known already the one that was heard later counts: so several
 * workers' states may be read one after the other, each set by one of those that read. */
#pragma once

#include "collector/decode/decode.h"
#include "collector/decode/parking.h"
#include "collector/decode/stream.h"
#include "core/base/attr.h"
#include "core/base/buf.h"
#include "core/base/cursor.h"
#include "core/base/err.h"

void state_write(const struct stream_table *all, const struct parking *parking, struct buf *out);

/* `share` says which sets are taken (decode.h). */
MUST_CHECK bool state_read(struct stream_table *all, struct parking *parking,
                           const struct decoder_share *share, struct cur in, struct err *e);
