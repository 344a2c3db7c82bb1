#include "exporter/meter/flow_cache.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/pages.h"
#include "core/base/ticks.h"

enum { KEY_WORDS = sizeof(struct metered_key) / 8, NONE = 0 };

/* A flow is moved to the end of the list by silence when it was there for so much of the idle
 * time-out: doing it for each packet would cost as much as all the rest. */
enum { SILENCE_STEPS = 16 };

/* Flows are numbered from 1.  Each is in two lists: by age and by silence, both oldest first. */
struct link {
	uint32_t before, after;
};

enum list { BY_AGE, BY_SILENCE, LISTS };

/* Two lines of the processor's cache.  Times are ms since the cache was made, modulo 2^32. */
struct entry {
	struct metered_flow flow;
	uint32_t next; /* in its bucket, or in the list of free entries */
	uint32_t bucket;
	uint32_t first, last; /* packet, as time-outs count: never earlier than those before */
	uint32_t listed;      /* when it was put to the end of BY_SILENCE */
	uint32_t pad;
};
_Static_assert(sizeof(struct entry) == 128, "whole lines");

struct links {
	struct link in[LISTS];
};

/* A packet whose flow is on its way from memory. */
struct pending {
	struct metered_key key;
	struct flow_addition addition;
	uint32_t bucket;
};

/* Packets that are looked at together, so that their flows are fetched at the same time. */
enum { AHEAD = 16 };

struct flow_cache {
	struct flow_cache_config config;
	struct pending pending[AHEAD];
	size_t pending_count;
	uint32_t active, idle; /* ms */
	struct metered_sink sink;
	struct entry *entries; /* [max_flows + 1] */
	struct links *links;   /* likewise; 0 is the head of the lists */
	uint32_t *buckets;
	uint32_t mask;
	uint32_t free;   /* entries that were used before */
	uint32_t unused; /* the first that never was */
	size_t count;
	uint64_t seed, pushed_out;
	int64_t begin; /* ticks; the first time that was told */
	int64_t now;   /* ticks */
	uint32_t ms;   /* the same, since `begin` */
};

static size_t entries_size(const struct flow_cache *c)
{
	return (c->config.max_flows + 1) * sizeof(struct entry);
}

static size_t links_size(const struct flow_cache *c)
{
	return (c->config.max_flows + 1) * sizeof(struct links);
}

static size_t buckets_size(const struct flow_cache *c)
{
	return ((size_t)c->mask + 1) * sizeof(uint32_t);
}

struct flow_cache *flow_cache_new(const struct flow_cache_config *config,
                                  const struct metered_sink *sink, struct err *e)
{
	struct flow_cache *c = calloc(1, sizeof *c);
	if (!c) {
		err_set(e, ERR_NOMEM, "no memory for flows");
		return NULL;
	}
	*c = (struct flow_cache){
		.config = *config,
		.active = (uint32_t)(config->active / TICKS_PER_MS),
		.idle = (uint32_t)(config->idle / TICKS_PER_MS),
		.sink = *sink,
		.seed = hash_seed(),
		.unused = 1,
	};
	uint32_t buckets = 1;
	while (buckets < config->max_flows)
		buckets *= 2;
	c->mask = buckets - 1;
	c->entries = pages_reserve(entries_size(c));
	c->links = pages_reserve(links_size(c));
	c->buckets = pages_reserve(buckets_size(c));
	if (!c->entries || !c->links || !c->buckets) {
		flow_cache_free(c);
		err_set(e, ERR_NOMEM, "no memory for %zu flows", config->max_flows);
		return NULL;
	}
	return c;
}

void flow_cache_free(struct flow_cache *c)
{
	if (!c)
		return;
	pages_release(c->entries, entries_size(c));
	pages_release(c->links, links_size(c));
	pages_release(c->buckets, buckets_size(c));
	free(c);
}

static void list_append(struct flow_cache *c, enum list list, uint32_t number)
{
	uint32_t last = c->links[NONE].in[list].before;
	c->links[number].in[list] = (struct link){ .before = last, .after = NONE };
	c->links[last].in[list].after = number;
	c->links[NONE].in[list].before = number;
}

static void list_remove(struct flow_cache *c, enum list list, uint32_t number)
{
	struct link at = c->links[number].in[list];
	c->links[at.before].in[list].after = at.after;
	c->links[at.after].in[list].before = at.before;
}

static uint32_t oldest(const struct flow_cache *c, enum list list)
{
	return c->links[NONE].in[list].after;
}

/* To the end of the list by silence. */
static void list_silent(struct flow_cache *c, uint32_t number)
{
	list_remove(c, BY_SILENCE, number);
	list_append(c, BY_SILENCE, number);
	c->entries[number].listed = c->ms;
}

static void bucket_remove(struct flow_cache *c, uint32_t number)
{
	uint32_t *at = &c->buckets[c->entries[number].bucket];
	while (*at != number)
		at = &c->entries[*at].next;
	*at = c->entries[number].next;
}

static void hand_out(struct flow_cache *c, uint32_t number, enum metered_end reason)
{
	struct entry *entry = &c->entries[number];
	bucket_remove(c, number);
	for (enum list list = 0; list < LISTS; list++)
		list_remove(c, list, number);
	entry->flow.reason = (uint8_t)reason;
	c->sink.take(c->sink.context, &entry->flow);
	entry->next = c->free;
	c->free = number;
	c->count--;
}

/* A free entry; where there is none, that of the flow which was silent longest. */
static uint32_t take_entry(struct flow_cache *c)
{
	if (c->free == NONE && c->unused > c->config.max_flows) {
		c->pushed_out++;
		hand_out(c, oldest(c, BY_SILENCE), METERED_RESOURCES);
	}
	c->count++;
	uint32_t number = c->free;
	if (number == NONE)
		return c->unused++;
	c->free = c->entries[number].next;
	return number;
}

static uint32_t begin(struct flow_cache *c, uint32_t bucket, const struct metered_key *key,
                      const struct flow_addition *addition)
{
	uint32_t number = take_entry(c);
	struct entry *entry = &c->entries[number];
	entry->flow = (struct metered_flow){
		.key = *key,
		.start = addition->time,
		.end = addition->time,
		.min_ttl = addition->ttl,
		.max_ttl = addition->ttl,
	};
	entry->first = entry->listed = c->ms;
	entry->bucket = bucket;
	entry->next = c->buckets[bucket];
	c->buckets[bucket] = number;
	list_append(c, BY_AGE, number);
	list_append(c, BY_SILENCE, number);
	return number;
}

static void add(struct metered_flow *flow, const struct flow_addition *addition)
{
	flow->packets += addition->packets;
	flow->bytes += addition->bytes;
	flow->squares += addition->squares;
	flow->tcp_flags |= addition->tcp_flags;
	if (addition->time < flow->start)
		flow->start = addition->time;
	if (addition->time > flow->end)
		flow->end = addition->time;
	if (addition->ttl < flow->min_ttl)
		flow->min_ttl = addition->ttl;
	if (addition->ttl > flow->max_ttl)
		flow->max_ttl = addition->ttl;
}

static void move_on(struct flow_cache *c, int64_t time)
{
	if (!c->begin)
		c->begin = c->now = time;
	if (time <= c->now)
		return;
	c->now = time;
	c->ms = (uint32_t)((time - c->begin) / TICKS_PER_MS);
}

/* Whether the flow has ended by now, which shows when a packet of it comes late. */
static bool is_over(const struct flow_cache *c, const struct entry *entry)
{
	return c->ms - entry->first >= c->active || c->ms - entry->last >= c->idle;
}

static uint32_t find(const struct flow_cache *c, uint32_t bucket, const struct metered_key *key)
{
	uint32_t number = c->buckets[bucket];
	while (number != NONE && memcmp(&c->entries[number].flow.key, key, sizeof *key) != 0)
		number = c->entries[number].next;
	return number;
}

static void settle_one(struct flow_cache *c, const struct pending *p)
{
	move_on(c, p->addition.time);
	uint32_t number = find(c, p->bucket, &p->key);
	if (number != NONE && is_over(c, &c->entries[number])) {
		hand_out(c, number,
		         c->ms - c->entries[number].last >= c->idle ? METERED_IDLE
		                                                    : METERED_ACTIVE);
		number = NONE;
	}
	if (number == NONE)
		number = begin(c, p->bucket, &p->key, &p->addition);
	struct entry *entry = &c->entries[number];
	add(&entry->flow, &p->addition);
	entry->last = c->ms;
	if (c->ms - entry->listed > c->idle / SILENCE_STEPS)
		list_silent(c, number);
}

static void settle(struct flow_cache *c)
{
	for (size_t i = 0; i < c->pending_count; i++) {
		const struct entry *entry = &c->entries[c->buckets[c->pending[i].bucket]];
		__builtin_prefetch(entry, 1);
		__builtin_prefetch((const char *)entry + sizeof *entry / 2, 1);
	}
	for (size_t i = 0; i < c->pending_count; i++)
		settle_one(c, &c->pending[i]);
	c->pending_count = 0;
}

void flow_cache_add(struct flow_cache *c, const struct metered_key *key,
                    const struct flow_addition *addition)
{
	uint32_t bucket = (uint32_t)hash_words(key, KEY_WORDS, c->seed) & c->mask;
	__builtin_prefetch(&c->buckets[bucket]);
	c->pending[c->pending_count++] = (struct pending){ *key, *addition, bucket };
	if (c->pending_count == AHEAD)
		settle(c);
}

/* The list is in the order in which flows were put into it: the first may have had a packet since.
 */
static void expire_silent(struct flow_cache *c)
{
	uint32_t number;
	while ((number = oldest(c, BY_SILENCE)) != NONE &&
	       c->ms - c->entries[number].listed >= c->idle) {
		if (c->ms - c->entries[number].last >= c->idle)
			hand_out(c, number, METERED_IDLE);
		else
			list_silent(c, number);
	}
}

void flow_cache_expire(struct flow_cache *c, int64_t now)
{
	settle(c);
	move_on(c, now);
	expire_silent(c);
	uint32_t number;
	while ((number = oldest(c, BY_AGE)) != NONE &&
	       c->ms - c->entries[number].first >= c->active)
		hand_out(c, number, METERED_ACTIVE);
}

void flow_cache_end(struct flow_cache *c)
{
	uint32_t number;
	settle(c);
	while ((number = oldest(c, BY_AGE)) != NONE)
		hand_out(c, number, METERED_FORCED);
}

size_t flow_cache_count(const struct flow_cache *c)
{
	return c->count;
}

uint64_t flow_cache_pushed_out(const struct flow_cache *c)
{
	return c->pushed_out;
}
