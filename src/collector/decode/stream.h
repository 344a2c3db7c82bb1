/* stream: what has to be remembered of each exporter between datagrams.
 *
 * A stream is one observation domain of one exporter socket or session and protocol (RFC 7011
 * section 8 names session and domain; RFC 3954 section 5.1 address and source id): templates belong
 * to it alone.  A source is one observation domain of one exporter address, whatever the port:
 * sampling rates and the like belong to it, since options often come from another socket than data.
 * An exporter is an address with all its sources: bounds are kept for it.
 *
 * Borrowing: some exporters tell templates from one UDP port and send data from another, which RFC
 * 7011 section 8 does not allow, a template being good for its own transport session only.  So
 * templates are kept by the rule, and a stream of datagrams may borrow one by this: it has never
 * told one of that kind (of data, of options) itself; other such streams of its address, protocol
 * and domain have one of this id, alive, and all that do agree; and its set divides into records of
 * it with less than eight octets of padding. Why that is safe: what a stream tells itself always
 * goes first, and at once ends its borrowing for good; exporters that share an address (behind a
 * translator) tell templates of their own, and where two of them use an id for different things
 * nothing is lent; a record's length that does not fit is not read.  What else cannot be decoded
 * waits (parking.h).
 *
 * Restart: a NetFlow v9 exporter that has restarted (loss.h) may use its ids for other things,
 * and must tell its templates before data (RFC 3954 section 7).  So its stream's templates are
 * marked as expired (data waits until they are told again, which tells them apart from stale ones),
 * and the sampling rates of its source are forgotten: sampler ids are handed out anew, and a rate
 * that may be wrong is worse than none until options tell it.
 *
 * Bounds: max_streams streams (about a kilobyte each), template_memory octets of templates, rates,
 * elements that were told (type_record.h) and sFlow's data sources; of these one exporter has a
 * sixteenth at most.  New data sources are not kept where that is reached.  When else one is
 * reached, a stream is forgotten: of the exporter, where it is its own bound.  It is the one that
 * was silent longest among those of the lowest rank that there are: strangers, which never sent a
 * record that could be decoded, then newcomers, then those that still did a minute after their
 * first one.  So neither spoofed sources nor one mad exporter can push out real exporters. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "collector/decode/data_source.h"
#include "collector/decode/sampler.h"
#include "collector/decode/sequence.h"
#include "collector/decode/stream_name.h"
#include "collector/decode/template.h"
#include "collector/decode/type_record.h"
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/ip.h"

enum stream_rank {
	STREAM_STRANGER,
	STREAM_NEWCOMER,
	STREAM_SETTLED,
	STREAM_RANKS,
};

enum {
	TELLS_DATA = 1,
	TELLS_OPTIONS = 2,
};

enum {
	STREAM_SHARE = 16,   /* an exporter has at most one of so many parts of a bound */
	STREAM_LENDERS = 64, /* streams of a source among which a template is looked for */
};

TAILQ_HEAD(stream_queue, stream);
LIST_HEAD(stream_list, stream);

struct exporter {
	struct ip from;
	size_t stream_count;
	size_t memory;                             /* octets of templates and what options told */
	struct stream_queue streams[STREAM_RANKS]; /* silent longest first */
	struct exporter *next;
};

struct source {
	struct ip from;
	uint32_t domain;
	struct exporter *exporter;
	struct stream_list streams; /* the last one takes the source with it */
	struct sampler_set samplers;
	struct type_records types;
	struct data_sources data_sources; /* sFlow */
	int64_t init_time; /* ticks; systemInitTimeMilliseconds (160) from options, 0 where never
	                      told */
	struct source *next;
};

struct stream {
	struct stream_name name;
	struct source *source;
	enum stream_rank rank;
	int64_t proven;              /* ticks: first record that could be decoded, or 0 */
	int64_t heard;               /* ticks: the last datagram's arrival */
	uint64_t datagrams, records; /* since it was first heard; records of every kind */
	uint64_t lost, restarts;     /* since then, by its numbers (loss.h); lost: records */
	uint16_t listener;           /* of the last datagram */
	struct sequence sequence;
	unsigned tells;              /* kinds of templates it has told, and so borrows none of */
	int64_t anew;                /* ticks: when it was last seen to have restarted, or (a
	                                session) to begin; or 0 */
	struct template **templates; /* by id, open addressing */
	size_t template_count;
	size_t template_room;  /* a power of two, or 0 */
	struct template *last; /* looked up last */
	struct stream *next;
	TAILQ_ENTRY(stream) by_age, of_exporter;
	LIST_ENTRY(stream) of_source;
};

struct stream_table; /* opaque */

struct stream_limits {
	size_t max_streams;
	size_t template_memory; /* octets, all streams together; what options told is among them */
	int64_t template_lifetime; /* ticks, the least (template.h) */
	bool keep_unrepeated;      /* templates that were told once only do not expire */
};

MUST_CHECK struct stream_table *streams_new(struct stream_limits limits, struct err *e);
void streams_free(struct stream_table *all); /* NULL is fine */

/* Exchanges the lifetime, for templates that are told from then on. */
void streams_set_lifetime(struct stream_table *all, int64_t template_lifetime);

/* The stream of this name, made if it is new, and marked as heard just now.  NULL where memory is
 * short. Valid until the next call. */
struct stream *streams_get(struct stream_table *all, const struct stream_name *name);

/* The same, or NULL where it is not known; nothing is marked, made or forgotten. */
struct stream *streams_find(struct stream_table *all, const struct stream_name *name);

/* Forgets the streams of the transport session that was opened from there, or of all sessions:
 * their templates end with it (RFC 7011 section 8). */
void streams_end_session(struct stream_table *all, const struct ip *from, uint16_t port);
void streams_end_sessions(struct stream_table *all);

/* Marks a stream as one that sent something decodable when it was last heard. */
void stream_prove(struct stream_table *all, struct stream *stream);

/* Gives it a rank that it had, and the time when it was proven. */
void stream_set_rank(struct stream_table *all, struct stream *stream, enum stream_rank rank,
                     int64_t proven);

/* The template of this id, expired or not, or NULL. */
struct template *stream_template(struct stream *stream, uint16_t id);

/* Whether a stream never told templates of this one's kind. */
bool stream_may_borrow(const struct stream *stream, const struct template *t);

/* A template of another stream, for a set of that many octets, by the rule above; or NULL. */
const struct template *stream_borrow(const struct stream *stream, uint16_t id, size_t octets,
                                     int64_t now);

/* Takes ownership of t and puts it in the place of any template with its id.  False, and t is
 * freed, where it would pass the bound even after other streams were forgotten. */
MUST_CHECK bool stream_put_template(struct stream_table *all, struct stream *stream,
                                    struct template *t);

/* The data source of the stream's source (sFlow), made where it is new and there is room; or NULL.
 */
struct data_source *stream_data_source(struct stream_table *all, struct stream *stream,
                                       uint32_t type, uint32_t index);

/* Forgets the template of this id, if there is one. */
/* Notes that the exporter has told this template of the stream's (again). */
void stream_refresh_template(struct stream_table *all, struct template *t, int64_t now);

/* Forgets the template of this id, if there is one; or all that are (or are not) of options. */
void stream_drop_template(struct stream_table *all, struct stream *stream, uint16_t id);
void stream_drop_templates(struct stream_table *all, struct stream *stream, bool options);

/* Does what a restart of the stream's exporter asks for, when its first datagram has come. */
void stream_restart(struct stream_table *all, struct stream *stream);

/* Octets of what options have told of the source: rates, elements. */
size_t source_memory(const struct source *source);

/* To be called with what source_memory was after any of that has changed: keeps the bounds. */
void stream_told(struct stream_table *all, struct stream *stream, size_t before);

size_t streams_count(const struct stream_table *all);

/* Octets that all this takes, about, and may take. */
size_t streams_memory(const struct stream_table *all);
size_t streams_bound(const struct stream_table *all);

/* Whether something came, changed or went since this was asked last.  That templates are repeated
 * counts as a change often enough that they are alive after a restart of the collector. */
bool streams_changed(struct stream_table *all);

/* Notes that something of a source, or something else that is remembered, has changed. */
void source_changed(struct stream_table *all);

/* Calls `visit` for every stream, in any order. */
void streams_visit(struct stream_table *all, void (*visit)(void *context, struct stream *stream),
                   void *context);

/* Calls `see` for every stream, those that matter least first and of these the silent longest; so
 * that making them anew in this order gives the same table. */
void streams_each(const struct stream_table *all,
                  void (*see)(void *context, const struct stream *stream), void *context);
