/* walk: the decoder from the inside, and one datagram while it is walked. */
#pragma once

#include "collector/decode/decode.h"
#include "collector/decode/nat_plan.h"
#include "collector/decode/nested.h"
#include "collector/decode/plan.h"
#include "collector/decode/stream.h"

enum { NAT_ROWS = 64 };

struct parking;

struct decoder {
	struct decoder_config config;
	struct decode_sink sink;
	struct stream_table *streams;
	struct parking *parking;                     /* sets that wait */
	struct template *fixed[WIRE_PROTOCOL_COUNT]; /* of protocols without templates */
	struct decode_counts counts;
	struct plan_input input; /* for the set that is being decoded */
	bool has_origin;         /* exporter and domain, of the datagram that was read last */
	struct ip exporter;
	uint32_t domain;
	struct batch batch;
	struct nat_event events[NAT_ROWS];
	struct place places[TEMPLATE_FIELDS];
	struct place nested_places[TEMPLATE_FIELDS]; /* of records in lists */
	int64_t now;                                 /* arrival of the last datagram */
	size_t replayed; /* octets of parked sets that were decoded with it */
};

/* One datagram while it is walked. */
struct walk {
	struct decoder *decoder;
	const struct datagram *datagram;
	struct message message;
	struct stream *stream;
	uint32_t override;     /* the operator's rate, or 0 */
	struct nested nested;  /* of the message */
	uint32_t record_index; /* numbers taken in the message before this record */
	uint32_t skipped; /* of these, those that are no record's: kept free for sets that cannot be
	                     decoded yet, or for a biflow's second row */
	uint32_t options; /* of them */
	bool uncertain;   /* there may be more records than were counted */
	bool malformed;
};

/* Decodes the records of a data set.  False only where the sink failed. */
MUST_CHECK bool walk_data_records(struct walk *w, const struct template *t, struct cur body,
                                  struct err *e);

/* Counts an outcome of the walk's datagram. */
void walk_count(struct walk *w, enum wire_rc rc);

/* Flowsequence of the next record. */
uint64_t walk_sequence(const struct walk *w);

/* Takes the numbers of so many records of the template. */
void walk_records(struct walk *w, const struct template *t, size_t count);

/* Counts what is wrong with the lists of a record whose fields are at the decoder's places; false
 * where not all of them can be read. */
bool walk_lists(struct walk *w, const struct template *t, const uint8_t *record);
