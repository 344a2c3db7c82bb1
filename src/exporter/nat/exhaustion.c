#include "exporter/nat/exhaustion.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "exporter/nat/event.h"

enum {
	FIRST_PORT = 1024, /* where Linux looks unless it is told of a range */
	LAST_PORT = 65535,
	SPARE_PART = 64,
};

/* Sessions that must differ in their outside port, as there is nothing else to tell answers apart
 * by.  With neither destination nor port: whether the address was told of. */
struct group {
	uint32_t outside, destination;
	uint16_t port;
	uint8_t protocol;
	uint8_t told;
	uint32_t sessions; /* 0: a free slot */
};

struct range {
	uint32_t first, last; /* ports */
};

struct groups {
	struct group *slots;
	size_t mask;
	uint64_t seed;
};

uint32_t exhaustion_count(struct exhaustion *x, const struct conntrack_statistics *now)
{
	uint32_t insert_failed = now->insert_failed - x->last.insert_failed;
	uint32_t drop = now->drop - x->last.drop;
	bool counting = x->counting;
	x->last = *now;
	x->counting = true;
	if (!counting)
		return 0;
	return insert_failed < drop ? insert_failed : drop;
}

static struct group *group_of(struct groups *g, const struct group *like)
{
	uint64_t words[2] = { (uint64_t)like->outside << 32 | like->destination,
		              (uint64_t)like->told << 32 | (uint64_t)like->protocol << 16 |
		                  like->port };
	size_t at = hash_words(words, 2, g->seed) & g->mask;
	for (;; at = (at + 1) & g->mask) {
		struct group *slot = &g->slots[at];
		if (!slot->sessions) {
			*slot = *like;
			return slot;
		}
		if (slot->outside == like->outside && slot->destination == like->destination &&
		    slot->port == like->port && slot->protocol == like->protocol &&
		    slot->told == like->told)
			return slot;
	}
}

/* A port outside of the pool does not make it any fuller. */
static bool is_in(const struct session *s, const struct range *range)
{
	return !s->dead && session_is_source_translated(s) && s->key.protocol != IPPROTO_ICMP &&
	       s->post_src_port >= range->first && s->post_src_port <= range->last;
}

static bool is_full(uint32_t sessions, const struct range *range)
{
	uint32_t ports = range->last - range->first + 1;
	return sessions >= ports - ports / SPARE_PART;
}

static struct range range_of(const struct ip *outside, const struct nat_logging *config)
{
	const struct nat_pool *pool = event_pool(config, outside);
	return pool ? (struct range){ pool->first_port, pool->last_port }
	            : (struct range){ FIRST_PORT, LAST_PORT };
}

/* Whether this session makes its address full, and is the first to do so. */
static bool fills(struct groups *g, const struct session *s, const struct range *range)
{
	struct group with = { .outside = s->post_src,
		              .destination = s->post_dst,
		              .port = s->post_dst_port,
		              .protocol = s->key.protocol };
	if (!is_in(s, range) || !is_full(++group_of(g, &with)->sessions, range))
		return false;
	struct group told = { .outside = s->post_src, .protocol = s->key.protocol, .told = 1 };
	return group_of(g, &told)->sessions++ == 0;
}

long exhaustion_find(struct session_table *sessions, const struct nat_logging *config,
                     void (*full)(void *context, const struct ip *outside, uint8_t protocol),
                     void *context)
{
	size_t slots = 2; /* each session may be a group of its own, and tell of its address */
	while (slots <= 2 * session_table_count(sessions))
		slots *= 2;
	struct groups g = { calloc(slots, sizeof *g.slots), slots - 1, hash_seed() };
	if (!g.slots)
		return -1;
	long found = 0;
	for (size_t i = 0; i < session_table_count(sessions); i++) {
		const struct session *s = session_table_at(sessions, i);
		struct ip outside = ip_from_v4((const uint8_t *)&s->post_src);
		struct range range = range_of(&outside, config);
		if (!fills(&g, s, &range))
			continue;
		full(context, &outside, s->key.protocol);
		found++;
	}
	free(g.slots);
	return found;
}
