/* data_source: what each data source of an sFlow agent tells of its own sampling.
 *
 * An agent samples at interfaces (and VLANs, and entities), each for itself; and each sample says
 * at which rate it was taken, how many packets could have been sampled so far (the pool), and how
 * many samples the agent had to drop.  So the rate that was achieved can be set beside the rate
 * that was told: packets that the pool grew by per sample that was numbered.  Rows keep the rate
 * that was told; `weir show samplers` shows both.
 *
 * Pool, drops and sequence wrap at 2^32 and start anew when the agent does; growth is counted only
 * from one sample to the next one of the same run.  A table belongs to a source (stream.h).
 * Bound: DATA_SOURCES_MAX a source, and in all streams together what stream.h says; further ones
 * are not kept. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/wire/sflow.h"

enum { DATA_SOURCES_MAX = 1024 };

struct data_source {
	uint32_t type, index;           /* of type 0 an ifIndex, of 1 a VLAN, of 2 an entity */
	uint32_t rate;                  /* told last */
	uint32_t sequence, pool, drops; /* of the newest sample, where begun */
	bool begun;
	bool used; /* else this is a free place of the table */
	/* added up since it was first heard of */
	uint64_t samples; /* that the agent took, those included that got lost on their way */
	uint64_t packets; /* that the pool grew by meanwhile */
	uint64_t dropped; /* samples that the agent had to drop */
};

struct data_sources {
	struct data_source *items; /* by type and index, open addressing */
	size_t count;
	size_t room; /* a power of two, or 0 */
	size_t last; /* looked up last */
};

void data_sources_done(struct data_sources *all);

/* The one of this name, made if there is room within `octets` more; *ret_octets is how many more it
 * took.  NULL where there is no room. */
struct data_source *data_sources_get(struct data_sources *all, uint32_t type, uint32_t index,
                                     size_t octets, size_t *ret_octets);

/* Takes note of a flow sample.  True where the source is new or the rate that it tells has changed.
 */
bool data_source_note(struct data_source *s, const struct sflow_sample *sample);

/* The one that follows `previous` in the order of type and index, the first one after NULL; or
 * NULL. Looks at all of them. */
const struct data_source *data_sources_after(const struct data_sources *all,
                                             const struct data_source *previous);

/* Packets per sample as achieved, rounded; 0 while that is not known. */
uint64_t data_source_achieved(const struct data_source *s);

/* Octets that the table takes. */
size_t data_sources_memory(const struct data_sources *all);
