/* stream: what has to be remembered of each exporter between datagrams.
 *
 * A stream is one observation domain of one exporter socket and protocol (RFC 7011 section 8.4
 * names addresses, ports and domain; RFC 3954 section 5.1 address and source id): templates belong
 * to it alone.  A source is one observation domain of one exporter address, whatever the port:
 * sampling rates and the like belong to it, since options often come from another socket than data.
 *
 * Bounds: max_streams streams (about a kilobyte each), template_memory octets of templates and of
 * sFlow's data sources, of which new ones are not kept where that is reached.  When else a bound is
 * reached, the stream that was silent longest is forgotten, those that never sent a record
 * that could be decoded before any that did; so spoofed sources cannot push out real exporters. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "collector/decode/data_source.h"
#include "collector/decode/sampler.h"
#include "collector/decode/sequence.h"
#include "collector/decode/template.h"
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/ip.h"

struct source {
	struct ip from;
	uint32_t domain;
	size_t streams; /* that point here; the last one takes the source with it */
	struct sampler_set samplers;
	struct data_sources data_sources; /* sFlow */
	int64_t init_time; /* ticks; systemInitTimeMilliseconds (160) from options, 0 where never
	                      told */
	struct source *next;
};

struct stream {
	struct ip from;
	uint16_t port;
	enum wire_protocol protocol;
	uint32_t domain;
	struct source *source;
	bool proven;                 /* sent a record that could be decoded */
	int64_t heard;               /* ticks: the last datagram's arrival */
	uint64_t datagrams, records; /* since it was first heard; records of every kind */
	uint64_t lost, restarts;     /* since then, by its numbers (loss.h); lost: records */
	uint16_t listener;           /* of the last datagram */
	struct sequence sequence;
	struct template **templates; /* by id, open addressing */
	size_t template_count;
	size_t template_room;  /* a power of two, or 0 */
	struct template *last; /* looked up last */
	struct stream *next;
	TAILQ_ENTRY(stream) by_age;
};

struct stream_table; /* opaque */

struct stream_limits {
	size_t max_streams;
	size_t template_memory; /* octets, all streams together */
};

MUST_CHECK struct stream_table *streams_new(struct stream_limits limits, struct err *e);
void streams_free(struct stream_table *all); /* NULL is fine */

/* The stream of this name, made if it is new, and marked as heard just now.  NULL where memory is
 * short. Valid until the next call. */
struct stream *streams_get(struct stream_table *all, const struct ip *from, uint16_t port,
                           enum wire_protocol protocol, uint32_t domain);

/* Marks a stream as one that sent something decodable. */
void stream_prove(struct stream_table *all, struct stream *stream);

/* The template of this id, or NULL. */
struct template *stream_template(struct stream *stream, uint16_t id);

/* Takes ownership of t and puts it in the place of any template with its id.  False, and t is
 * freed, where it would pass the bound even after other streams were forgotten. */
MUST_CHECK bool stream_put_template(struct stream_table *all, struct stream *stream,
                                    struct template *t);

/* The data source of the stream's source (sFlow), made where it is new and there is room; or NULL.
 */
struct data_source *stream_data_source(struct stream_table *all, struct stream *stream,
                                       uint32_t type, uint32_t index);

/* Forgets the template of this id, if there is one. */
void stream_drop_template(struct stream_table *all, struct stream *stream, uint16_t id);

size_t streams_count(const struct stream_table *all);

/* Octets that streams, sources, templates and data sources take, about, and may take. */
size_t streams_memory(const struct stream_table *all);
size_t streams_bound(const struct stream_table *all);

/* Whether a template, a sampling rate or a stream came, changed or went since this was asked last.
 */
bool streams_changed(struct stream_table *all);

/* Notes that something of a source has changed. */
void source_changed(struct stream_table *all);

/* Calls `visit` for every stream, in any order. */
void streams_visit(struct stream_table *all, void (*visit)(void *context, struct stream *stream),
                   void *context);

/* Calls `see` for every stream, those that matter least first and of these the silent longest; so
 * that making them anew in this order gives the same table. */
void streams_each(const struct stream_table *all,
                  void (*see)(void *context, const struct stream *stream), void *context);
