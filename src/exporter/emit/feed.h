/* feed: everything that one collector is sent, with its templates and its sequence.
 *
 * RFC 3954 section 7, RFC 7011 sections 8 and 10.3.6, and Junos' flow monitoring log as models: a
 * template goes in front of the first record that needs it, and all that were told are told again
 * after so many packets or so many seconds, whichever is first, in front of data where there is
 * some and else alone.  At the start, and when feed_restart says that collectors may have lost
 * them, they are told several times within the first 15 seconds, before any data.  Options records
 * that are kept with feed_report follow their templates each time.
 *
 * v9 counts messages in its sequence, IPFIX data records, options data included; both go round at
 * 2^32.  A TCP session has a sequence and templates of its own.  Each record is put into the open
 * message, which is sent when it is full or at feed_flush.  One owner, one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/wire/layout.h"
#include "exporter/emit/sender.h"

enum {
	FEED_LAYOUTS_MAX = 64,  /* different templates */
	FEED_REPORTS_MAX = 128, /* options records that are kept */
	FEED_REPORT_SIZE = 96,  /* octets of the largest struct that is kept */
};

struct feed_config {
	enum wire_protocol protocol; /* WIRE_NETFLOW9, WIRE_IPFIX */
	uint32_t domain;             /* source ID, observation domain */
	uint32_t refresh_packets;    /* templates are told again after so many messages … */
	uint32_t refresh_seconds;    /* … or so long */
	int64_t boot;                /* ticks: uptime counts from there */
};

/* Since the beginning; records without those of options. */
struct feed_counts {
	struct sender_counts sent;
	uint64_t waiting; /* messages, over TCP, that are neither sent nor lost yet */
};

struct feed; /* opaque */

/* steady: ticks of a clock that is never set, as is `steady` below; `now`: ticks of the clock that
 * records are on. */
MUST_CHECK struct feed *feed_new(const struct feed_config *config, const struct sender_address *to,
                                 int64_t steady, struct err *e);
void feed_free(struct feed *s); /* NULL is fine; an open message is lost */

/* Sends the record.  The layout must live as long as the feed.  Never fails: what cannot be sent
 * is counted. */
void feed_add(struct feed *s, const struct layout *layout, const void *record, int64_t now);

/* Tells a template from now on, before a record needs it. */
void feed_announce(struct feed *s, const struct layout *layout);

/* Keeps an options record to be sent with the templates, now at the next feed_flush, in place of
 * the one of that number (below FEED_REPORTS_MAX). */
void feed_report(struct feed *s, unsigned number, const struct layout *layout, const void *record,
                 size_t size);

/* See emit_clock. */
void feed_clock(struct feed *s, int64_t boot);

/* Templates are to be told anew, several times: after a change of the configuration or the clock.
 */
void feed_restart(struct feed *s);

/* Tells what is due, and sends the open message.  To be called about once a second. */
void feed_tick(struct feed *s, int64_t now, int64_t steady);

/* Sends the open message. */
void feed_flush(struct feed *s, int64_t now);

/* Over TCP: sends what waits, as far as that goes. */
void feed_push(struct feed *s, int64_t steady);

/* What waits is lost; nothing can be sent any more. */
void feed_end(struct feed *s);

struct feed_counts feed_counts(const struct feed *s);
const struct sender *feed_sender(const struct feed *s);
