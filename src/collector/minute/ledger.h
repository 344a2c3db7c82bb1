/* ledger: what became of everything that was offered, until it is written.
 *
 * Counts are kept by minute of arrival, listener, exporter and observation domain and become rows
 * of CollectorLedger with the commit of what they count.  Rows are additive: readers sum them.
 * Beyond LEDGER_ROWS different keys between two commits (a storm of spoofed sources), counts go to
 * the row of their minute and listener that names no exporter; none is lost.
 *
 * Bound: LEDGER_ROWS x 540 octets.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/ip.h"
#include "workspace/workspace.h"

enum { LEDGER_ROWS = 16384 };

/* Each is a column of that name. */
#define LEDGER_COUNTS(X)                                                                           \
	X(DatagramsOffered)                                                                        \
	X(DatagramsDecoded)                                                                        \
	X(DatagramsMalformed)                                                                      \
	X(DatagramsNotAllowed)                                                                     \
	X(DatagramsRefused)                                                                        \
	X(KernelDrops)                                                                             \
	X(ClockSteps)                                                                              \
	X(RecordsDecoded)                                                                          \
	X(RecordsStored)                                                                           \
	X(RecordsRejected)                                                                         \
	X(OptionsRecords)                                                                          \
	X(NatEvents)                                                                               \
	X(NatEventsStored)                                                                         \
	X(SetsWithoutTemplate)                                                                     \
	X(SetsParked)                                                                              \
	X(SetsReplayed)                                                                            \
	X(SetsExpired)                                                                             \
	X(CounterSamples)                                                                          \
	X(DiscardedPackets)                                                                        \
	X(QueriesAudited)                                                                          \
	X(QueriesNotAudited)                                                                       \
	X(LostDatagrams)                                                                           \
	X(LostRecords)                                                                             \
	X(Duplicates)                                                                              \
	X(Reordered)                                                                               \
	X(Restarts)                                                                                \
	X(RejectedTruncated)                                                                       \
	X(RowsDropped)                                                                             \
	X(RowsDroppedByAge)                                                                        \
	X(RowsDroppedBySize)                                                                       \
	X(RowsDroppedForDisk)                                                                      \
	X(FlowsDropped)                                                                            \
	X(NatEventsDropped)                                                                        \
	X(NatBindingsDropped)                                                                      \
	X(SflowCountersDropped)                                                                    \
	X(LedgerRowsDropped)                                                                       \
	X(RollupRowsDropped)                                                                       \
	X(QueryAuditDropped)                                                                       \
	X(BytesDropped)                                                                            \
	X(MalformedUnknownVersion)                                                                 \
	X(MalformedShortHeader)                                                                    \
	X(MalformedBadLength)                                                                      \
	X(MalformedBadCount)                                                                       \
	X(MalformedTruncatedRecords)                                                               \
	X(MalformedShortSetHeader)                                                                 \
	X(MalformedBadSetLength)                                                                   \
	X(MalformedTruncatedSet)                                                                   \
	X(MalformedReservedSet)                                                                    \
	X(MalformedBadTemplateId)                                                                  \
	X(MalformedEmptyTemplate)                                                                  \
	X(MalformedTruncatedTemplate)                                                              \
	X(MalformedBadScope)                                                                       \
	X(MalformedTemplateLimit)                                                                  \
	X(MalformedTruncatedRecord)                                                                \
	X(MalformedShortSet)                                                                       \
	X(MalformedBadList)                                                                        \
	X(MalformedListLimit)                                                                      \
	X(MalformedListTemplate)                                                                   \
	X(MalformedBadAgent)                                                                       \
	X(MalformedTruncatedSample)                                                                \
	X(MalformedShortSample)                                                                    \
	X(MalformedTruncatedSampleRecord)                                                          \
	X(MalformedShortSampleRecord)

enum ledger_count {
#define X(column) LEDGER_##column,
	LEDGER_COUNTS(X)
#undef X
	    LEDGER_COUNT,
};

struct ledger_key {
	uint32_t minute; /* since 1970 */
	uint16_t listener;
	bool has_exporter; /* else what follows is zero and null in the row */
	bool has_domain;
	struct ip exporter;
	uint32_t domain;
};

struct ledger_row {
	struct ledger_key key;
	uint64_t counts[LEDGER_COUNT];
};

struct ledger; /* opaque */

MUST_CHECK struct ledger *ledger_new(struct err *e);
void ledger_free(struct ledger *ledger); /* NULL is fine */

/* The row to add to, made if it is new; valid until the next call. */
uint64_t *ledger_counts(struct ledger *ledger, const struct ledger_key *key);

size_t ledger_rows(const struct ledger *ledger);

/* Whether its rows are of more than one UTC day, so that ledger_write makes several segments. */
bool ledger_spans_days(const struct ledger *ledger);

/* Whether rows of further exporters would go to those of no exporter. */
bool ledger_is_full(const struct ledger *ledger);

/* Adds all rows of `from` to `into`. */
void ledger_add(struct ledger *into, const struct ledger *from);
void ledger_clear(struct ledger *ledger);

/* Writes the rows as a segment of the commit.  listeners[i] is the text of listener i. */
MUST_CHECK bool ledger_write(const struct ledger *ledger, struct commit *commit,
                             const char *const *listeners, struct err *e);
