#include "collector/decode/parking.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"

enum { BUCKETS = 4096, OVERHEAD = 32 /* of an allocation, and of the exporter's entry */ };

TAILQ_HEAD(set_queue, parked_set);

/* What one address has parked; there while it has anything. */
struct parked_exporter {
	struct ip from;
	size_t octets;
	struct parked_exporter *next;
};

struct parking {
	struct parking_limits limits;
	uint64_t seed;
	size_t count, octets;
	struct set_queue ages[2]; /* of strangers, of others; oldest first */
	struct set_queue names[BUCKETS];
	struct set_queue due;
	struct parked_exporter *exporters[BUCKETS];
};

struct parking *parking_new(struct parking_limits limits, struct err *e)
{
	struct parking *p = calloc(1, sizeof *p);
	if (!p) {
		err_set(e, ERR_NOMEM, "no memory for sets that wait for their templates");
		return NULL;
	}
	p->limits = limits;
	p->seed = hash_seed();
	for (size_t i = 0; i < ARRAY_LEN(p->ages); i++)
		TAILQ_INIT(&p->ages[i]);
	for (size_t i = 0; i < BUCKETS; i++)
		TAILQ_INIT(&p->names[i]);
	TAILQ_INIT(&p->due);
	return p;
}

void parking_free(struct parking *p)
{
	if (!p)
		return;
	struct parked_set *set;
	while ((set = parking_any(p)))
		parking_remove(p, set);
	free(p);
}

void parking_set_ticks(struct parking *p, int64_t ticks)
{
	p->limits.ticks = ticks;
}

/* ---- room ---- */

static size_t cost(const struct parked_set *set)
{
	return sizeof *set + sizeof(struct parked_exporter) + OVERHEAD +
	       cur_left(&set->message.body);
}

static size_t exporter_bucket(const struct parking *p, const struct ip *from)
{
	return hash_bytes(from, sizeof *from, p->seed) % BUCKETS;
}

static struct parked_exporter **exporter_of(struct parking *p, const struct ip *from)
{
	struct parked_exporter **at = &p->exporters[exporter_bucket(p, from)];
	while (*at && !ip_equal(&(*at)->from, from))
		at = &(*at)->next;
	return at;
}

static bool exporter_has_room(const struct parking *p, const struct parked_set *set)
{
	const struct parked_exporter *x = p->exporters[exporter_bucket(p, &set->name.from)];
	while (x && !ip_equal(&x->from, &set->name.from))
		x = x->next;
	return (x ? x->octets : 0) + cost(set) <= p->limits.octets / PARKING_SHARE;
}

static bool has_room(const struct parking *p, const struct parked_set *set)
{
	return p->octets + cost(set) <= p->limits.octets;
}

struct parked_set *parking_in_the_way(const struct parking *p, const struct parked_set *set)
{
	if (set->stranger || has_room(p, set) || !exporter_has_room(p, set))
		return NULL;
	return TAILQ_FIRST(&p->ages[0]);
}

/* ---- sets ---- */

static size_t name_bucket(const struct parking *p, const struct stream_name *name, uint16_t id)
{
	return stream_name_hash(name, hash_mix(p->seed, id)) % BUCKETS;
}

static struct set_queue *name_of_set(struct parking *p, const struct parked_set *set)
{
	return &p->names[name_bucket(p, &set->name, set->id)];
}

/* A copy, charged to its exporter. */
static struct parked_set *copy(struct parking *p, const struct parked_set *set)
{
	size_t len = cur_left(&set->message.body);
	struct parked_exporter **x = exporter_of(p, &set->name.from);
	struct parked_set *s = malloc(sizeof *s + len);
	if (s && !*x) {
		*x = calloc(1, sizeof **x);
		if (*x)
			(*x)->from = set->name.from;
	}
	if (!s || !*x) {
		free(s);
		return NULL;
	}
	*s = *set;
	s->due = false;
	memcpy(s->octets, set->message.body.at, len);
	s->message.body = cur_of(s->octets, len);
	(*x)->octets += cost(s);
	p->octets += cost(s);
	p->count++;
	return s;
}

bool parking_add(struct parking *p, const struct parked_set *set)
{
	struct parked_set *s = has_room(p, set) && exporter_has_room(p, set) ? copy(p, set) : NULL;
	if (!s)
		return false;
	TAILQ_INSERT_TAIL(&p->ages[!s->stranger], s, by_age);
	TAILQ_INSERT_TAIL(name_of_set(p, s), s, by_name);
	return true;
}

bool parking_load(struct parking *p, const struct parked_set *set)
{
	struct parked_set *s = copy(p, set);
	if (!s)
		return false;
	struct set_queue *ages = &p->ages[!s->stranger], *names = name_of_set(p, s);
	struct parked_set *before = TAILQ_LAST(ages, set_queue);
	while (before && before->arrival > s->arrival)
		before = TAILQ_PREV(before, set_queue, by_age);
	if (before)
		TAILQ_INSERT_AFTER(ages, before, s, by_age);
	else
		TAILQ_INSERT_HEAD(ages, s, by_age);
	before = TAILQ_LAST(names, set_queue);
	while (before && before->arrival > s->arrival)
		before = TAILQ_PREV(before, set_queue, by_name);
	if (before)
		TAILQ_INSERT_AFTER(names, before, s, by_name);
	else
		TAILQ_INSERT_HEAD(names, s, by_name);
	return true;
}

void parking_remove(struct parking *p, struct parked_set *set)
{
	struct parked_exporter **at = exporter_of(p, &set->name.from), *x = *at;
	struct parked_set *next = parking_next(set);
	if (set->due && next)
		parking_call(p, next);
	TAILQ_REMOVE(&p->ages[!set->stranger], set, by_age);
	TAILQ_REMOVE(name_of_set(p, set), set, by_name);
	parking_send_back(p, set);
	p->octets -= cost(set);
	p->count--;
	x->octets -= cost(set);
	if (x->octets == 0) {
		*at = x->next;
		free(x);
	}
	free(set);
}

/* ---- looking ---- */

struct parked_set *parking_first(const struct parking *p, const struct stream_name *name,
                                 uint16_t id)
{
	struct parked_set *set = TAILQ_FIRST(&p->names[name_bucket(p, name, id)]);
	while (set && !(set->id == id && stream_name_equal(&set->name, name)))
		set = TAILQ_NEXT(set, by_name);
	return set;
}

struct parked_set *parking_next(const struct parked_set *set)
{
	struct parked_set *next = TAILQ_NEXT(set, by_name);
	while (next && !(next->id == set->id && stream_name_equal(&next->name, &set->name)))
		next = TAILQ_NEXT(next, by_name);
	return next;
}

void parking_call(struct parking *p, struct parked_set *set)
{
	if (!set->due)
		TAILQ_INSERT_TAIL(&p->due, set, by_call);
	set->due = true;
}

void parking_send_back(struct parking *p, struct parked_set *set)
{
	if (set->due)
		TAILQ_REMOVE(&p->due, set, by_call);
	set->due = false;
}

struct parked_set *parking_due(const struct parking *p)
{
	return TAILQ_FIRST(&p->due);
}

struct parked_set *parking_expired(const struct parking *p, int64_t now)
{
	for (size_t i = 0; p->limits.ticks && i < ARRAY_LEN(p->ages); i++) {
		struct parked_set *oldest = TAILQ_FIRST(&p->ages[i]);
		if (oldest && now - oldest->arrival >= p->limits.ticks)
			return oldest;
	}
	return NULL;
}

struct parked_set *parking_any(const struct parking *p)
{
	struct parked_set *stranger = TAILQ_FIRST(&p->ages[0]);
	return stranger ? stranger : TAILQ_FIRST(&p->ages[1]);
}

size_t parking_count(const struct parking *p)
{
	return p->count;
}

size_t parking_memory(const struct parking *p)
{
	return sizeof *p + p->octets;
}

size_t parking_bound(const struct parking *p)
{
	size_t most = p->octets > p->limits.octets ? p->octets : p->limits.octets;
	return sizeof *p + most;
}

void parking_each(const struct parking *p, void (*see)(void *context, struct parked_set *set),
                  void *context)
{
	for (size_t i = 0; i < ARRAY_LEN(p->ages); i++) {
		struct parked_set *set;
		TAILQ_FOREACH(set, &p->ages[i], by_age)
		see(context, set);
	}
}
