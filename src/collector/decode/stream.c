#include "collector/decode/stream.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"

enum { BUCKETS = 16384, FIRST_TEMPLATES = 8 };

TAILQ_HEAD(stream_queue, stream);

struct stream_table {
	struct stream_limits limits;
	struct stream *buckets[BUCKETS];
	struct source *sources[BUCKETS];
	struct stream_queue unproven, proven; /* silent longest first */
	size_t count;
	size_t template_memory;
	uint64_t seed;
	struct stream *last; /* the one that spoke last */
	bool changed;        /* since streams_changed was asked */
};

struct stream_table *streams_new(struct stream_limits limits, struct err *e)
{
	struct stream_table *all = calloc(1, sizeof *all);
	if (!all) {
		err_set(e, ERR_NOMEM, "no memory for the table of exporters");
		return NULL;
	}
	all->limits = limits;
	all->seed = hash_seed();
	TAILQ_INIT(&all->unproven);
	TAILQ_INIT(&all->proven);
	return all;
}

/* ---- templates of one stream ---- */

static size_t template_home(const struct stream *s, uint16_t id)
{
	return id * 0x9e37u & (s->template_room - 1);
}

static struct template **template_slot(const struct stream *s, uint16_t id)
{
	size_t at = template_home(s, id);
	while (s->templates[at] && s->templates[at]->id != id)
		at = (at + 1) & (s->template_room - 1);
	return &s->templates[at];
}

struct template *stream_template(struct stream *s, uint16_t id)
{
	if (s->last && s->last->id == id)
		return s->last;
	if (!s->template_room)
		return NULL;
	struct template *t = *template_slot(s, id);
	if (t)
		s->last = t;
	return t;
}

static bool templates_grow(struct stream *s)
{
	size_t old_room = s->template_room;
	struct template **old = s->templates;
	size_t room = old_room ? old_room * 2 : FIRST_TEMPLATES;
	struct template **templates = calloc(room, sizeof *templates);
	if (!templates)
		return false;
	s->templates = templates;
	s->template_room = room;
	for (size_t i = 0; i < old_room; i++)
		if (old[i])
			*template_slot(s, old[i]->id) = old[i];
	free(old);
	return true;
}

/* Open addressing without tombstones: what follows in the run moves up. */
static void close_gap(struct stream *s, size_t gap)
{
	size_t mask = s->template_room - 1;
	for (size_t at = (gap + 1) & mask; s->templates[at]; at = (at + 1) & mask) {
		size_t home = template_home(s, s->templates[at]->id);
		if (((at - home) & mask) < ((at - gap) & mask))
			continue;
		s->templates[gap] = s->templates[at];
		s->templates[at] = NULL;
		gap = at;
	}
}

void stream_drop_template(struct stream_table *all, struct stream *s, uint16_t id)
{
	if (!s->template_room)
		return;
	struct template **slot = template_slot(s, id);
	struct template *t = *slot;
	if (!t)
		return;
	if (s->last == t)
		s->last = NULL;
	all->template_memory -= template_memory(t);
	all->changed = true;
	template_free(t);
	*slot = NULL;
	s->template_count--;
	close_gap(s, (size_t)(slot - s->templates));
}

/* ---- sources ---- */

static size_t source_bucket(const struct stream_table *all, const struct ip *from, uint32_t domain)
{
	return hash_bytes(from, sizeof *from, all->seed ^ domain) % BUCKETS;
}

static struct source *source_get(struct stream_table *all, const struct ip *from, uint32_t domain)
{
	struct source **bucket = &all->sources[source_bucket(all, from, domain)];
	for (struct source *s = *bucket; s; s = s->next)
		if (s->domain == domain && ip_equal(&s->from, from))
			return s;
	struct source *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->from = *from;
	s->domain = domain;
	s->next = *bucket;
	*bucket = s;
	return s;
}

static void source_put(struct stream_table *all, struct source *s)
{
	if (--s->streams > 0)
		return;
	struct source **at = &all->sources[source_bucket(all, &s->from, s->domain)];
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	all->template_memory -= data_sources_memory(&s->data_sources);
	data_sources_done(&s->data_sources);
	sampler_set_done(&s->samplers);
	free(s);
}

/* ---- streams ---- */

static struct stream **stream_bucket(struct stream_table *all, const struct ip *from, uint16_t port,
                                     enum wire_protocol protocol, uint32_t domain)
{
	uint64_t rest = (uint64_t)domain << 32 | (uint64_t)port << 8 | protocol;
	return &all->buckets[hash_bytes(from, sizeof *from, all->seed ^ rest) % BUCKETS];
}

static struct stream_queue *queue_of(struct stream_table *all, const struct stream *s)
{
	return s->proven ? &all->proven : &all->unproven;
}

static void stream_forget(struct stream_table *all, struct stream *s)
{
	struct stream **at = stream_bucket(all, &s->from, s->port, s->protocol, s->domain);
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	TAILQ_REMOVE(queue_of(all, s), s, by_age);
	for (size_t i = 0; i < s->template_room; i++) {
		if (!s->templates[i])
			continue;
		all->template_memory -= template_memory(s->templates[i]);
		template_free(s->templates[i]);
	}
	source_put(all, s->source);
	if (all->last == s)
		all->last = NULL;
	free(s->templates);
	free(s);
	all->count--;
	all->changed = true;
}

/* Forgets the one that matters least, but not `keep`. */
static bool forget_one(struct stream_table *all, const struct stream *keep)
{
	struct stream_queue *const queues[] = { &all->unproven, &all->proven };
	for (size_t i = 0; i < ARRAY_LEN(queues); i++) {
		struct stream *s = TAILQ_FIRST(queues[i]);
		if (s && s == keep)
			s = TAILQ_NEXT(s, by_age);
		if (s) {
			stream_forget(all, s);
			return true;
		}
	}
	return false;
}

void streams_free(struct stream_table *all)
{
	if (!all)
		return;
	while (forget_one(all, NULL)) {
	}
	free(all);
}

static bool stream_is(const struct stream *s, const struct ip *from, uint16_t port,
                      enum wire_protocol protocol, uint32_t domain)
{
	return s->domain == domain && s->port == port && s->protocol == protocol &&
	       ip_equal(&s->from, from);
}

static struct stream *stream_add(struct stream_table *all, struct stream **bucket,
                                 const struct ip *from, uint32_t domain)
{
	struct stream *s = calloc(1, sizeof *s);
	struct source *source = s ? source_get(all, from, domain) : NULL;
	if (!source) {
		free(s);
		return NULL;
	}
	source->streams++;
	s->from = *from;
	s->domain = domain;
	s->source = source;
	s->next = *bucket;
	*bucket = s;
	TAILQ_INSERT_TAIL(&all->unproven, s, by_age);
	all->count++;
	all->changed = true;
	return s;
}

struct stream *streams_get(struct stream_table *all, const struct ip *from, uint16_t port,
                           enum wire_protocol protocol, uint32_t domain)
{
	if (all->last && stream_is(all->last, from, port, protocol, domain))
		return all->last;
	struct stream **bucket = stream_bucket(all, from, port, protocol, domain);
	struct stream *s = *bucket;
	while (s && !stream_is(s, from, port, protocol, domain))
		s = s->next;
	if (s) {
		TAILQ_REMOVE(queue_of(all, s), s, by_age);
		TAILQ_INSERT_TAIL(queue_of(all, s), s, by_age);
	} else {
		if (all->count >= all->limits.max_streams)
			forget_one(all, NULL);
		s = stream_add(all, bucket, from, domain);
		if (!s)
			return NULL;
		s->port = port;
		s->protocol = protocol;
	}
	all->last = s;
	return s;
}

void stream_prove(struct stream_table *all, struct stream *s)
{
	if (s->proven)
		return;
	TAILQ_REMOVE(&all->unproven, s, by_age);
	s->proven = true;
	all->changed = true;
	TAILQ_INSERT_TAIL(&all->proven, s, by_age);
}

bool stream_put_template(struct stream_table *all, struct stream *s, struct template *t)
{
	size_t memory = template_memory(t);
	stream_drop_template(all, s, t->id);
	while (all->template_memory + memory > all->limits.template_memory)
		if (!forget_one(all, s))
			goto refuse;
	if ((s->template_count + 1) * 2 > s->template_room && !templates_grow(s))
		goto refuse;
	*template_slot(s, t->id) = t;
	s->template_count++;
	s->last = t;
	all->changed = true;
	all->template_memory += memory;
	return true;

refuse:
	template_free(t);
	return false;
}

struct data_source *stream_data_source(struct stream_table *all, struct stream *s, uint32_t type,
                                       uint32_t index)
{
	size_t more, room = all->limits.template_memory - all->template_memory;
	struct data_source *found =
	    data_sources_get(&s->source->data_sources, type, index, room, &more);
	all->template_memory += more;
	return found;
}

size_t streams_count(const struct stream_table *all)
{
	return all->count;
}

/* A stream with a source of its own and a rate. */
static size_t memory_of(const struct stream_table *all, size_t streams)
{
	return sizeof *all +
	       streams * (sizeof(struct stream) + sizeof(struct source) +
	                  FIRST_TEMPLATES * sizeof(struct template *) + sizeof(struct sampler));
}

size_t streams_memory(const struct stream_table *all)
{
	return memory_of(all, all->count) + all->template_memory;
}

size_t streams_bound(const struct stream_table *all)
{
	return memory_of(all, all->limits.max_streams) + all->limits.template_memory;
}

bool streams_changed(struct stream_table *all)
{
	bool changed = all->changed;
	all->changed = false;
	return changed;
}

void source_changed(struct stream_table *all)
{
	all->changed = true;
}

void streams_visit(struct stream_table *all, void (*visit)(void *context, struct stream *stream),
                   void *context)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct stream *s = all->buckets[i]; s; s = s->next)
			visit(context, s);
}

void streams_each(const struct stream_table *all,
                  void (*see)(void *context, const struct stream *stream), void *context)
{
	const struct stream_queue *const queues[] = { &all->unproven, &all->proven };
	for (size_t i = 0; i < ARRAY_LEN(queues); i++) {
		const struct stream *s;
		TAILQ_FOREACH(s, queues[i], by_age)
		see(context, s);
	}
}
