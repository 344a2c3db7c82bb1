/* decode: from datagrams to rows.
 *
 * Guide to this directory, in the order in which a datagram passes:
 *
 *     decoder.c    walks a datagram: header, sets, templates, data sets; counts every outcome
 *     stream.c     what is remembered of each exporter: its templates, in bounds
 *     borrowing.c  which templates of other streams a stream may use
 *     parking.c    data sets that wait for their template
 *     replay.c     which these are, and decoding them when it comes
 *     rows.c       the records of a data set into rows
 *     template.c   one template; where the fields of a record are
 *     nested.c     lists in the fields of records
 *     biflow.c     the row of a biflow's other direction
 *     plan.c       a template compiled into steps, and running them
 *     step.c       the steps: copying a field into a column, working a column out
 *     nat_plan.c   the same for events of NAT and firewalls, a row for each
 *     nat_dialect.c  whose numbering an event is in
 *     nat_value.c  a field of an event
 *     sequence.c   what sequence numbers tell of datagrams that never came
 *     loss.c       the same as counts, of a stream
 *     sampler.c    what options data tells of sampling rates
 *     naming.c     what options data tells of names
 *     known.c      what is known of exporters, for those who ask or tell it
 *     state.c      all that is remembered of exporters as octets, to survive a restart
 *     sflow.c      the samples of an sFlow datagram: which address, rate and number each goes by
 *     sample.c     a flow sample's records as columns of a row
 *     counters.c   a counter sample as a row of SflowCounters
 *     data_source.c  what an sFlow agent's data sources tell of their own sampling
 *     packet_row.c a piece of a packet as columns of a row
 *     type_record.c  what exporters tell of elements of their own
 *     record.c     a record as JSON, for `weir decode`
 *     fields.c     its fields, lists included
 *
 * In come datagrams (core/packet/datagram.h) in the order of their arrival, out go rows in batches.
 * Nothing here allocates per record, logs, or fails on account of what was sent: every outcome is a
 * wire_rc with a counter.  A decoder belongs to one thread.  Memory: see stream.h and parking.h,
 * and 80 KiB.
 *
 * To add a protocol: a header reader in core/wire/message.c and a branch in decoder.c.  To fill a
 * column from another element: registry/columns.csv alone, unless the value needs a new step. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/decode/template.h"
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/base/ip.h"
#include "core/flow/batch.h"
#include "core/flow/plain.h"
#include "core/flow/sampling.h"
#include "core/packet/datagram.h"
#include "core/wire/message.h"
#include "core/wire/rc.h"

enum {
	DECODER_REPLAY_MOST = 65536, /* octets of parked sets that are decoded with one datagram */
	/* records, and rows, that one call of decoder_read yields: no record has less than an
	 * octet, and none that makes two rows less than five */
	DECODER_RECORDS_MOST = 65536 + DECODER_REPLAY_MOST,
};

struct decoder_config {
	struct sampling_overrides overrides; /* go before all that exporters tell; borrowed */
	uint32_t default_sampling;           /* where no rate is told; 0: leave it null */
	size_t max_streams;                  /* 0: 65536 */
	size_t template_memory;              /* octets; 0: 64 MiB */
	uint32_t template_lifetime;          /* seconds, the least (template.h); 0: 5400 */
	bool keep_unrepeated;                /* a template that was told once does not expire */
	size_t parking_memory;               /* octets (parking.h); 0: 8 MiB */
	uint32_t parking_time;               /* seconds that a set may wait; 0: for ever */
	/* Of several decoders among which exporters are spread this is number `number` of `of`, and
	 * decoder_load takes only those parked sets for whose address `choose` says so; NULL: all.
	 */
	struct decoder_share {
		unsigned (*choose)(const struct ip *exporter, unsigned of);
		unsigned number, of;
	} share;
};

struct decode_counts {
	uint64_t datagrams;
	uint64_t
	    malformed; /* datagrams with at least one outcome that is neither OK nor NO_TEMPLATE */
	uint64_t records;      /* flow records, and sFlow's flow samples; each is a row … */
	uint64_t reverse_rows; /* … and these are the second rows of some (biflow.h) */
	uint64_t options_records;
	uint64_t nat_events;            /* NAT and firewall event records */
	uint64_t counter_samples;       /* sFlow */
	uint64_t discarded_packets;     /* sFlow: samples of packets that a device dropped */
	uint64_t sets_without_template; /* or with an expired one, when they came; of these … */
	uint64_t sets_parked;           /* … were kept; and of these … */
	uint64_t sets_replayed;         /* … were decoded when the template came, … */
	uint64_t sets_expired;          /* … or were given up.  The others wait. */
	uint64_t records_cut; /* flow records that were announced, or began, and are not there */
	uint64_t lost_datagrams, lost_records; /* by sequence numbers: loss.h */
	uint64_t duplicates, reordered;        /* datagrams; they are decoded like others */
	uint64_t restarts;
	uint64_t outcomes[WIRE_RC_COUNT]; /* how often each was met; OK and END are not counted */
	uint64_t causes[WIRE_RC_COUNT];   /* malformed datagrams, each by its first outcome */
};

struct name;
struct sflow_sample;
struct stream;

/* A record as it was exported, for sinks that want more than rows: of a template, or a sample. */
struct record {
	const struct datagram *datagram;
	const struct message *message;
	const struct sflow_sample *sample; /* sFlow; then what follows is of no meaning */
	const struct template *template;
	struct stream *stream; /* that it came in: templates of lists, elements that were told */
	const uint8_t *at;     /* its first octet */
	const struct place *places; /* of its fields, from `at` */
	uint64_t sequence;          /* as Flowsequence */
};

/* Where decoding delivers: set `rows`, and `plain` where unmerged rows are wanted, or `record`
 * alone. */
struct decode_sink {
	/* Takes the batch's rows; the batch is emptied when it returns.  False ends decoding. */
	bool (*rows)(void *context, struct batch *batch, struct err *e);
	/* Takes rows that are never merged, of the struct that the table has (core/flow/plain.h),
	 * in order; they and their texts are borrowed for the call.  False ends decoding. */
	bool (*plain)(void *context, enum table_id table, const void *rows, size_t count,
	              struct err *e);
	/* Takes one record of any kind; everything is borrowed for the call.  False ends decoding.
	 */
	bool (*record)(void *context, const struct record *record, struct err *e);
	/* Is told of each parked set that is decoded (`replayed`) or given up, and whose it was.
	 * May be NULL. */
	void (*unparked)(void *context, const struct ip *exporter, uint32_t domain, bool replayed);
	/* Is told of each name that options data tells (naming.h), again whenever it is repeated.
	 * May be NULL. */
	void (*named)(void *context, const struct name *name);
	void *context;
};

struct decoder; /* opaque */

MUST_CHECK struct decoder *decoder_new(const struct decoder_config *config,
                                       const struct decode_sink *sink, struct err *e);
void decoder_free(struct decoder *decoder); /* NULL is fine; rows not yet delivered are dropped */

/* Takes overrides, default_sampling and times of another configuration, borrowed as the first one
 * was; its bounds stay. */
void decoder_configure(struct decoder *decoder, const struct decoder_config *config);

/* Decodes one datagram.  False only where the sink failed. */
MUST_CHECK bool decoder_read(struct decoder *decoder, const struct datagram *datagram,
                             struct err *e);

/* The transport session that was opened from there has ended, or all have. */
void decoder_end_session(struct decoder *decoder, const struct ip *from, uint16_t port);
void decoder_end_sessions(struct decoder *decoder);

/* Delivers the rows that still wait for their batch to fill.  False only where the sink failed. */
MUST_CHECK bool decoder_flush(struct decoder *decoder, struct err *e);

/* After the last datagram: decodes parked sets whose template has come, gives up all others, and
 * delivers the rows that wait.  False only where the sink failed. */
MUST_CHECK bool decoder_end(struct decoder *decoder, struct err *e);

const struct decode_counts *decoder_counts(const struct decoder *decoder);

/* Exporter and observation domain of the datagram that was read last; sFlow's exporter is its
 * agent. False where it had no readable header. */
bool decoder_origin(const struct decoder *decoder, struct ip *ret_exporter, uint32_t *ret_domain);

/* Counts as lost what has been missing for some seconds by `now` (INT64_MAX: whatever is missing),
 * for streams that have fallen silent.  After each stream of which that changed the counts, calls
 * `see`. */
void decoder_settle(struct decoder *decoder, int64_t now,
                    void (*see)(void *context, const struct stream *stream), void *context);

/* ---- what is remembered of exporters ---- */

struct buf;

/* Shows every stream (stream.h), those that were silent longest first. */
void decoder_streams(const struct decoder *decoder,
                     void (*see)(void *context, const struct stream *stream), void *context);

/* Octets that the decoder holds now, and that it holds at most. */
size_t decoder_memory(const struct decoder *decoder);
size_t decoder_bound(const struct decoder *decoder);

/* Whether it has changed since this was asked last (or since decoder_load), as it has with every
 * datagram that had a header: sequences go on. */
bool decoder_state_changed(struct decoder *decoder);

/* Adds templates, sampling rates, start times and parked sets of all exporters as octets (state.h).
 */
void decoder_save(const struct decoder *decoder, struct buf *out);

/* Takes back what decoder_save wrote, beside what is known already and was heard later.  False
 * (ERR_DATA) where the octets are not that; what came before the fault is kept. */
MUST_CHECK bool decoder_load(struct decoder *decoder, const void *octets, size_t len,
                             struct err *e);

/* Adds the record as one line of JSON, newline included (the form of `weir decode`). */
void record_json(struct buf *out, const struct record *record);
