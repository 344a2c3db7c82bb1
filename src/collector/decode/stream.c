#include "collector/decode/stream.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/ticks.h"

enum {
	BUCKETS = 16384,
	FIRST_TEMPLATES = 8,
	EXPORTER_STREAMS = 4, /* that one may have whatever its part of the bound */
	NOTED_PARTS = 8,      /* refreshes are noted that often in a template's lifetime */
};

#define SETTLES_AFTER TICKS_PER_MINUTE

struct stream_table {
	struct stream_limits limits;
	struct stream *buckets[BUCKETS];
	struct source *sources[BUCKETS];
	struct exporter *exporters[BUCKETS];
	struct stream_queue ranks[STREAM_RANKS]; /* silent longest first */
	size_t count;
	size_t template_memory;
	uint64_t seed;
	struct stream *last;     /* the one that spoke last */
	bool changed;            /* since streams_changed was asked */
	int64_t refreshes_noted; /* ticks */
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
	for (size_t i = 0; i < STREAM_RANKS; i++)
		TAILQ_INIT(&all->ranks[i]);
	return all;
}

void streams_set_lifetime(struct stream_table *all, int64_t template_lifetime)
{
	all->limits.template_lifetime = template_lifetime;
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

static void credit(struct stream_table *all, struct exporter *exporter, size_t memory)
{
	exporter->memory -= memory;
	all->template_memory -= memory;
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
	credit(all, s->source->exporter, template_memory(t));
	all->changed = true;
	template_free(t);
	*slot = NULL;
	s->template_count--;
	close_gap(s, (size_t)(slot - s->templates));
}

void stream_drop_templates(struct stream_table *all, struct stream *s, bool options)
{
	size_t i = 0;
	while (i < s->template_room) {
		const struct template *t = s->templates[i];
		if (t && (t->kind == RECORD_OPTIONS) == options)
			stream_drop_template(all, s, t->id); /* another may move to this place */
		else
			i++;
	}
}

void stream_refresh_template(struct stream_table *all, struct template *t, int64_t now)
{
	template_refresh(t, now, all->limits.template_lifetime, all->limits.keep_unrepeated);
	if (now - all->refreshes_noted < all->limits.template_lifetime / NOTED_PARTS)
		return;
	all->refreshes_noted = now;
	all->changed = true;
}

/* ---- exporters and sources ---- */

static struct exporter **exporter_bucket(struct stream_table *all, const struct ip *from)
{
	return &all->exporters[hash_bytes(from, sizeof *from, all->seed) % BUCKETS];
}

static struct exporter *exporter_get(struct stream_table *all, const struct ip *from)
{
	struct exporter **bucket = exporter_bucket(all, from);
	for (struct exporter *x = *bucket; x; x = x->next)
		if (ip_equal(&x->from, from))
			return x;
	struct exporter *x = calloc(1, sizeof *x);
	if (!x)
		return NULL;
	x->from = *from;
	for (size_t i = 0; i < STREAM_RANKS; i++)
		TAILQ_INIT(&x->streams[i]);
	x->next = *bucket;
	*bucket = x;
	return x;
}

static void exporter_put(struct stream_table *all, struct exporter *x)
{
	if (x->stream_count > 0)
		return;
	struct exporter **at = exporter_bucket(all, &x->from);
	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	free(x);
}

static struct source **source_bucket(struct stream_table *all, const struct ip *from,
                                     uint32_t domain)
{
	return &all->sources[hash_bytes(from, sizeof *from, all->seed ^ domain) % BUCKETS];
}

static struct source *source_get(struct stream_table *all, struct exporter *exporter,
                                 uint32_t domain)
{
	struct source **bucket = source_bucket(all, &exporter->from, domain);
	for (struct source *s = *bucket; s; s = s->next)
		if (s->domain == domain && s->exporter == exporter)
			return s;
	struct source *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->from = exporter->from;
	s->domain = domain;
	s->exporter = exporter;
	LIST_INIT(&s->streams);
	s->next = *bucket;
	*bucket = s;
	return s;
}

size_t source_memory(const struct source *s)
{
	return sampler_set_memory(&s->samplers) + type_records_memory(&s->types);
}

static void forget_told(struct source *s)
{
	sampler_set_done(&s->samplers);
	type_records_done(&s->types);
}

static void source_put(struct stream_table *all, struct source *s)
{
	if (!LIST_EMPTY(&s->streams))
		return;
	struct source **at = source_bucket(all, &s->from, s->domain);
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	credit(all, s->exporter, source_memory(s));
	credit(all, s->exporter, data_sources_memory(&s->data_sources));
	data_sources_done(&s->data_sources);
	forget_told(s);
	free(s);
}

/* ---- streams ---- */

static struct stream **stream_bucket(struct stream_table *all, const struct stream_name *name)
{
	return &all->buckets[stream_name_hash(name, all->seed) % BUCKETS];
}

static void queue_remove(struct stream_table *all, struct stream *s)
{
	TAILQ_REMOVE(&all->ranks[s->rank], s, by_age);
	TAILQ_REMOVE(&s->source->exporter->streams[s->rank], s, of_exporter);
}

static void queue_add(struct stream_table *all, struct stream *s)
{
	TAILQ_INSERT_TAIL(&all->ranks[s->rank], s, by_age);
	TAILQ_INSERT_TAIL(&s->source->exporter->streams[s->rank], s, of_exporter);
}

static void stream_forget(struct stream_table *all, struct stream *s)
{
	struct exporter *exporter = s->source->exporter;
	struct stream **at = stream_bucket(all, &s->name);
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	queue_remove(all, s);
	for (size_t i = 0; i < s->template_room; i++) {
		if (!s->templates[i])
			continue;
		credit(all, exporter, template_memory(s->templates[i]));
		template_free(s->templates[i]);
	}
	LIST_REMOVE(s, of_source);
	source_put(all, s->source);
	exporter->stream_count--;
	exporter_put(all, exporter);
	if (all->last == s)
		all->last = NULL;
	free(s->templates);
	free(s);
	all->count--;
	all->changed = true;
}

/* Where room is made for `keep`, neither it nor the one whose message is being read may go. */
static bool may_go(const struct stream_table *all, const struct stream *s,
                   const struct stream *keep)
{
	return !keep || (s != keep && s != all->last);
}

/* Forgets the one that matters least. */
static bool forget_one(struct stream_table *all, const struct stream *keep)
{
	for (size_t i = 0; i < STREAM_RANKS; i++) {
		struct stream *s = TAILQ_FIRST(&all->ranks[i]);
		while (s && !may_go(all, s, keep))
			s = TAILQ_NEXT(s, by_age);
		if (s) {
			stream_forget(all, s);
			return true;
		}
	}
	return false;
}

/* The same among those of one exporter. */
static bool forget_one_of(struct stream_table *all, struct exporter *x, const struct stream *keep)
{
	for (size_t i = 0; i < STREAM_RANKS; i++) {
		struct stream *s = TAILQ_FIRST(&x->streams[i]);
		while (s && !may_go(all, s, keep))
			s = TAILQ_NEXT(s, of_exporter);
		if (s) {
			stream_forget(all, s);
			return true;
		}
	}
	return false;
}

/* Makes room for so many octets of this stream's; false where there is none. */
static bool make_room(struct stream_table *all, struct stream *s, size_t memory)
{
	struct exporter *x = s->source->exporter;
	while (x->memory + memory > all->limits.template_memory / STREAM_SHARE)
		if (!forget_one_of(all, x, s))
			return false;
	while (all->template_memory + memory > all->limits.template_memory)
		if (!forget_one(all, s))
			return false;
	return true;
}

void streams_free(struct stream_table *all)
{
	if (!all)
		return;
	while (forget_one(all, NULL)) {
	}
	free(all);
}

static size_t exporter_streams(const struct stream_table *all)
{
	size_t share = all->limits.max_streams / STREAM_SHARE;
	return share > EXPORTER_STREAMS ? share : EXPORTER_STREAMS;
}

/* The exporter of a new stream, with room for it. */
static struct exporter *room_for_stream(struct stream_table *all, const struct ip *from)
{
	struct exporter *x = exporter_get(all, from);
	if (x && x->stream_count >= exporter_streams(all)) {
		forget_one_of(all, x, NULL);
		x = exporter_get(all, from);
	}
	if (all->count < all->limits.max_streams)
		return x;
	forget_one(all, NULL);
	return exporter_get(all, from); /* that may have been its only one */
}

static struct stream *stream_add(struct stream_table *all, const struct stream_name *name)
{
	struct exporter *exporter = room_for_stream(all, &name->from);
	struct stream *s = exporter ? calloc(1, sizeof *s) : NULL;
	struct source *source = s ? source_get(all, exporter, name->domain) : NULL;
	if (!source) {
		free(s);
		if (exporter)
			exporter_put(all, exporter);
		return NULL;
	}
	struct stream **bucket = stream_bucket(all, name);
	exporter->stream_count++;
	s->name = *name;
	s->source = source;
	s->next = *bucket;
	*bucket = s;
	LIST_INSERT_HEAD(&source->streams, s, of_source);
	queue_add(all, s);
	all->count++;
	all->changed = true;
	return s;
}

struct stream *streams_find(struct stream_table *all, const struct stream_name *name)
{
	struct stream *s = *stream_bucket(all, name);
	while (s && !stream_name_equal(&s->name, name))
		s = s->next;
	return s;
}

struct stream *streams_get(struct stream_table *all, const struct stream_name *name)
{
	if (all->last && stream_name_equal(&all->last->name, name))
		return all->last;
	struct stream *s = streams_find(all, name);
	if (s) {
		queue_remove(all, s);
		queue_add(all, s);
	} else {
		s = stream_add(all, name);
		if (!s)
			return NULL;
	}
	all->last = s;
	return s;
}

static struct stream *session_stream(struct stream_table *all, const struct ip *from, uint16_t port)
{
	struct exporter *x = *exporter_bucket(all, from);
	while (x && !ip_equal(&x->from, from))
		x = x->next;
	for (size_t i = 0; x && i < STREAM_RANKS; i++) {
		struct stream *s;
		TAILQ_FOREACH(s, &x->streams[i], of_exporter)
		if (s->name.session && s->name.port == port)
			return s;
	}
	return NULL;
}

void streams_end_session(struct stream_table *all, const struct ip *from, uint16_t port)
{
	struct stream *s;
	while ((s = session_stream(all, from, port)))
		stream_forget(all, s);
}

void streams_end_sessions(struct stream_table *all)
{
	for (size_t i = 0; i < STREAM_RANKS; i++) {
		struct stream *s = TAILQ_FIRST(&all->ranks[i]), *next;
		for (; s; s = next) {
			next = TAILQ_NEXT(s, by_age);
			if (s->name.session)
				stream_forget(all, s);
		}
	}
}

void stream_set_rank(struct stream_table *all, struct stream *s, enum stream_rank rank,
                     int64_t proven)
{
	queue_remove(all, s);
	s->rank = rank;
	s->proven = proven;
	queue_add(all, s);
	all->changed = true;
}

void stream_prove(struct stream_table *all, struct stream *s)
{
	if (s->rank == STREAM_SETTLED)
		return;
	if (s->rank == STREAM_STRANGER)
		stream_set_rank(all, s, STREAM_NEWCOMER, s->heard);
	else if (s->heard - s->proven >= SETTLES_AFTER)
		stream_set_rank(all, s, STREAM_SETTLED, s->proven);
}

bool stream_put_template(struct stream_table *all, struct stream *s, struct template *t)
{
	size_t memory = template_memory(t);
	stream_drop_template(all, s, t->id);
	if (!make_room(all, s, memory) ||
	    ((s->template_count + 1) * 2 > s->template_room && !templates_grow(s))) {
		template_free(t);
		return false;
	}
	*template_slot(s, t->id) = t;
	s->template_count++;
	s->last = t;
	all->changed = true;
	all->template_memory += memory;
	s->source->exporter->memory += memory;
	return true;
}

void stream_told(struct stream_table *all, struct stream *s, size_t before)
{
	size_t now = source_memory(s->source);
	all->changed = true;
	if (now > before && !make_room(all, s, now - before)) {
		forget_told(s->source);
		now = 0;
	}
	all->template_memory += now - before;
	s->source->exporter->memory += now - before;
}

void stream_restart(struct stream_table *all, struct stream *s)
{
	s->anew = s->heard;
	for (size_t i = 0; i < s->template_room; i++)
		if (s->templates[i])
			s->templates[i]->life.expires = INT64_MIN;
	size_t before = source_memory(s->source);
	sampler_set_done(&s->source->samplers);
	stream_told(all, s, before);
}

struct data_source *stream_data_source(struct stream_table *all, struct stream *s, uint32_t type,
                                       uint32_t index)
{
	struct exporter *x = s->source->exporter;
	size_t more, room = all->limits.template_memory - all->template_memory;
	size_t share = all->limits.template_memory / STREAM_SHARE - x->memory;
	room = room < share ? room : share;
	struct data_source *found =
	    data_sources_get(&s->source->data_sources, type, index, room, &more);
	all->template_memory += more;
	x->memory += more;
	return found;
}

size_t streams_count(const struct stream_table *all)
{
	return all->count;
}

/* A stream that is its exporter's only one. */
static size_t memory_of(const struct stream_table *all, size_t streams)
{
	return sizeof *all +
	       streams * (sizeof(struct stream) + sizeof(struct source) + sizeof(struct exporter) +
	                  FIRST_TEMPLATES * sizeof(struct template *));
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
	for (size_t i = 0; i < STREAM_RANKS; i++) {
		const struct stream *s;
		TAILQ_FOREACH(s, &all->ranks[i], by_age)
		see(context, s);
	}
}
