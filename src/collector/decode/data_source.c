#include "collector/decode/data_source.h"

#include <stdlib.h>

enum {
	FIRST_ROOM = 8,
	REORDERED = 1024, /* samples that come so much too late are late, not of a new start */
};

void data_sources_done(struct data_sources *all)
{
	free(all->items);
	*all = (struct data_sources){ 0 };
}

size_t data_sources_memory(const struct data_sources *all)
{
	return all->room * sizeof all->items[0];
}

static size_t slot_of(const struct data_sources *all, uint32_t type, uint32_t index)
{
	size_t at = (index ^ type << 24) * 0x9e3779b1u >> 8 & (all->room - 1);
	while (all->items[at].used &&
	       (all->items[at].index != index || all->items[at].type != type))
		at = (at + 1) & (all->room - 1);
	return at;
}

static bool grow(struct data_sources *all)
{
	struct data_sources bigger = { .room = all->room ? all->room * 2 : FIRST_ROOM };
	bigger.items = calloc(bigger.room, sizeof bigger.items[0]);
	if (!bigger.items)
		return false;
	bigger.count = all->count;
	for (size_t i = 0; i < all->room; i++)
		if (all->items[i].used)
			bigger.items[slot_of(&bigger, all->items[i].type, all->items[i].index)] =
			    all->items[i];
	free(all->items);
	*all = bigger;
	return true;
}

struct data_source *data_sources_get(struct data_sources *all, uint32_t type, uint32_t index,
                                     size_t octets, size_t *ret_octets)
{
	*ret_octets = 0;
	if (all->room) {
		const struct data_source *last = &all->items[all->last];
		if (last->used && last->index == index && last->type == type)
			return &all->items[all->last];
		all->last = slot_of(all, type, index);
		if (all->items[all->last].used)
			return &all->items[all->last];
	}
	if (all->count == DATA_SOURCES_MAX)
		return NULL;
	if ((all->count + 1) * 2 > all->room) {
		size_t before = data_sources_memory(all);
		size_t more = before ? before : FIRST_ROOM * sizeof all->items[0];
		if (more > octets || !grow(all))
			return NULL;
		*ret_octets = more;
	}
	all->last = slot_of(all, type, index);
	all->items[all->last] = (struct data_source){ .type = type, .index = index, .used = true };
	all->count++;
	return &all->items[all->last];
}

static uint64_t order_of(const struct data_source *s)
{
	return (uint64_t)s->type << 32 | s->index;
}

const struct data_source *data_sources_after(const struct data_sources *all,
                                             const struct data_source *previous)
{
	const struct data_source *next = NULL;
	for (size_t i = 0; i < all->room; i++) {
		const struct data_source *s = &all->items[i];
		if (s->used && (!previous || order_of(s) > order_of(previous)) &&
		    (!next || order_of(s) < order_of(next)))
			next = s;
	}
	return next;
}

/* Adds up what has happened since the sample before; the differences are those of 32-bit counters
 * that wrap.  A pool that could have wrapped more than once says nothing. */
static void add_up(struct data_source *s, const struct sflow_sample *sample)
{
	uint32_t samples = sample->sequence - s->sequence;
	uint32_t packets = sample->pool - s->pool;
	uint64_t likely = (uint64_t)samples * sample->rate;
	if (likely > UINT32_MAX || packets < samples)
		return;
	s->samples += samples;
	s->packets += packets;
	s->dropped += sample->drops - s->drops;
}

bool data_source_note(struct data_source *s, const struct sflow_sample *sample)
{
	bool changed = !s->begun || s->rate != sample->rate;
	int32_t ahead = (int32_t)(sample->sequence - s->sequence);
	if (s->begun && ahead <= 0 && ahead > -REORDERED)
		return false;
	if (s->begun && ahead > 0)
		add_up(s, sample);
	s->begun = true;
	s->rate = sample->rate;
	s->sequence = sample->sequence;
	s->pool = sample->pool;
	s->drops = sample->drops;
	return changed;
}

uint64_t data_source_achieved(const struct data_source *s)
{
	return s->samples ? (s->packets + s->samples / 2) / s->samples : 0;
}
