/* emit: flows and events on their way to the collectors.
 *
 * Guide to this directory: emit.c chooses who gets what, feed.c says what one collector is told
 * and when, sender.c is the way there, *_layouts.c are the templates.  Records are encoded by
 * core/wire (layout.h, message_writer.h).
 *
 * Every collector gets everything (EMIT_REPLICATE), or each gets the records of some hosts
 * (EMIT_SHARE): a record goes where the hash of its source address before translation says, so that
 * the flows of one host, and the beginning and end of a translation, meet in one place.
 * Templates and options go to all.  One owner, one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/metered.h"
#include "exporter/emit/report_layouts.h"
#include "exporter/emit/feed.h"

enum { EMIT_COLLECTORS_MAX = 8, EMIT_INTERFACES_MAX = 64 };

enum emit_distribution { EMIT_REPLICATE, EMIT_SHARE };

struct emit_config {
	struct feed_config feed;
	struct sender_address collectors[EMIT_COLLECTORS_MAX];
	size_t collector_count; /* 1 or more */
	enum emit_distribution distribution;
};

/* Of packets, for the selector report. */
struct emit_packets {
	uint64_t observed, selected;
};

struct emit; /* opaque */

/* Times as in feed.h.  Tells the templates at the first emit_tick. */
MUST_CHECK struct emit *emit_new(const struct emit_config *config, int64_t steady, struct err *e);
void emit_free(struct emit *emit); /* NULL is fine */

void emit_flow(struct emit *emit, const struct metered_flow *flow, int64_t now);

/* A record of any other kind, about the host `source`. */
void emit_record(struct emit *emit, const struct layout *layout, const void *record,
                 const struct ip *source, int64_t now);

/* Tells this template to all from now on. */
void emit_announce(struct emit *emit, const struct layout *layout);

/* What options records say from now on. */
void emit_sampler(struct emit *emit, uint16_t selector, uint32_t interval, bool random);
void emit_interface(struct emit *emit, unsigned number, const struct interface_report *interface);
void emit_packets(struct emit *emit, const struct emit_packets *packets);

/* Uptime counts from `boot` (ticks) from the next message on: the clock was set, or is that of a
 * file. */
void emit_clock(struct emit *emit, int64_t boot);

/* After a change of the clock or the configuration: see feed_restart. */
void emit_restart(struct emit *emit);

/* To be called about once a second. */
void emit_tick(struct emit *emit, int64_t now, int64_t steady);

/* Sends all open messages. */
void emit_flush(struct emit *emit, int64_t now);

/* The end: over TCP gives what waits up to `ms` to go.  What has not gone then is lost, and nothing
 * can be sent any more. */
void emit_drain(struct emit *emit, int ms);

size_t emit_feeds(const struct emit *emit);
struct feed_counts emit_counts(const struct emit *emit, size_t feed);
const char *emit_collector(const struct emit *emit, size_t feed);
