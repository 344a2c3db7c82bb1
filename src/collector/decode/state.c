#include "collector/decode/state.h"

#include <string.h>

#include "collector/decode/replay.h"
#include "core/base/ticks.h"

static const char magic[] = "WEIRDEC7";

enum { ENTERPRISE_BIT = 0x8000, ITEM_STREAM = 1, ITEM_PARKED = 2 };

/* ---- writing ---- */

static void put_uint(struct buf *out, uint64_t value, size_t len)
{
	char octets[8];
	for (size_t i = 0; i < len; i++)
		octets[i] = (char)(value >> 8 * (len - 1 - i));
	buf_add(out, octets, len);
}

/* The definition as it stood in its template set. */
static void put_fields(struct buf *out, const struct template *t)
{
	size_t octets = 0;
	for (size_t i = 0; i < t->field_count; i++)
		octets += t->fields[i].pen ? 8 : 4;
	put_uint(out, octets, 4);
	for (size_t i = 0; i < t->field_count; i++) {
		const struct field_spec *f = &t->fields[i];
		put_uint(out, f->pen ? f->id | ENTERPRISE_BIT : f->id, 2);
		put_uint(out, f->length, 2);
		if (f->pen)
			put_uint(out, f->pen, 4);
	}
}

static void put_templates(struct buf *out, const struct stream *s)
{
	put_uint(out, s->template_count, 2);
	for (size_t i = 0; i < s->template_room; i++) {
		const struct template *t = s->templates[i];
		if (!t)
			continue;
		put_uint(out, t->id, 2);
		put_uint(out, t->kind == RECORD_OPTIONS, 1);
		put_uint(out, t->scope_count, 2);
		put_uint(out, t->field_count, 2);
		put_uint(out, (uint64_t)t->life.refreshed, 8);
		put_uint(out, (uint64_t)t->life.interval, 8);
		put_uint(out, (uint64_t)t->life.expires, 8);
		put_fields(out, t);
	}
}

static void put_types(struct buf *out, const struct type_records *all)
{
	put_uint(out, all->count, 2);
	for (size_t i = 0; i < all->count; i++) {
		const struct type_record *told = &all->items[i];
		size_t len = strlen(told->name);
		put_uint(out, told->pen, 4);
		put_uint(out, told->id, 2);
		put_uint(out, told->type, 1);
		put_uint(out, len, 1);
		buf_add(out, told->name, len);
	}
}

static void put_data_sources(struct buf *out, const struct data_sources *all)
{
	put_uint(out, all->count, 2);
	for (const struct data_source *s = NULL; (s = data_sources_after(all, s));) {
		put_uint(out, s->type, 4);
		put_uint(out, s->index, 4);
		put_uint(out, s->rate, 4);
		put_uint(out, s->samples, 8);
		put_uint(out, s->packets, 8);
		put_uint(out, s->dropped, 8);
	}
}

static void put_sequence(struct buf *out, const struct sequence *q)
{
	put_uint(out,
	         q->begun | q->open << 1 | q->held << 2 | q->straggler.open << 3 | q->either << 4 |
	             q->has_clock << 5,
	         1);
	put_uint(out, q->unit, 1);
	put_uint(out, (uint8_t)q->evidence, 1);
	const uint32_t numbers[] = { q->next,        q->advances,         q->floors[0],
		                     q->floors[1],   q->straggler.number, q->straggler.length,
		                     q->last_number, q->last_records,     q->uptime_ms };
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		put_uint(out, numbers[i], 4);
	put_uint(out, q->doubted, 8);
	put_uint(out, (uint64_t)q->time, 8);
	put_uint(out, (uint64_t)q->restarted, 8);
	put_uint(out, q->gap_count, 1);
	for (size_t i = 0; i < q->gap_count; i++) {
		const struct gap *g = &q->gaps[i];
		put_uint(out, g->from, 4);
		put_uint(out, g->length, 4);
		put_uint(out, g->opened_ms, 4);
		put_uint(out, g->passed, 1);
		put_uint(out, g->silent, 1);
	}
}

static void put_name(struct buf *out, const struct stream_name *name)
{
	buf_add(out, (const char *)name->from.b, sizeof name->from.b);
	put_uint(out, name->port, 2);
	put_uint(out, name->session, 1);
	put_uint(out, name->protocol, 1);
	put_uint(out, name->domain, 4);
}

static void put_stream(void *context, const struct stream *s)
{
	struct buf *out = context;
	const struct source *source = s->source;
	put_uint(out, ITEM_STREAM, 1);
	put_name(out, &s->name);
	put_uint(out, s->rank, 1);
	put_uint(out, (uint64_t)s->proven, 8);
	put_uint(out, (uint64_t)s->heard, 8);
	put_uint(out, s->datagrams, 8);
	put_uint(out, s->records, 8);
	put_uint(out, s->lost, 8);
	put_uint(out, s->restarts, 8);
	put_uint(out, s->tells, 1);
	put_uint(out, (uint64_t)s->anew, 8);
	put_uint(out, (uint64_t)source->init_time, 8);
	put_sequence(out, &s->sequence);
	put_uint(out, source->samplers.count, 2);
	for (size_t i = 0; i < source->samplers.count; i++) {
		const struct sampler *sampler = &source->samplers.items[i];
		put_uint(out, sampler->scope, 1);
		put_uint(out, sampler->id, 8);
		put_uint(out, sampler->interval, 4);
	}
	put_types(out, &source->types);
	put_data_sources(out, &source->data_sources);
	put_templates(out, s);
}

static void put_parked(void *context, struct parked_set *set)
{
	struct buf *out = context;
	const struct message *m = &set->message;
	put_uint(out, ITEM_PARKED, 1);
	put_name(out, &set->name);
	put_uint(out, set->id, 2);
	put_uint(out, set->record_index, 4);
	put_uint(out, set->stranger, 1);
	put_uint(out, (uint64_t)set->arrival, 8);
	put_uint(out, m->sequence, 4);
	put_uint(out, (uint64_t)m->export_time, 8);
	put_uint(out, m->has_uptime, 1);
	put_uint(out, m->uptime_ms, 4);
	put_uint(out, cur_left(&m->body), 2);
	buf_add(out, (const char *)m->body.at, cur_left(&m->body));
}

void state_write(const struct stream_table *all, const struct parking *parking, struct buf *out)
{
	buf_puts(out, magic);
	streams_each(all, put_stream, out);
	parking_each(parking, put_parked, out);
}

/* ---- reading ---- */

/* Reads an integer; once something was missing, `broken` stays set and all further ones are 0. */
struct reader {
	struct cur in;
	bool broken;
};

static uint64_t get_uint(struct reader *r, size_t len)
{
	const uint8_t *p = r->broken ? NULL : cur_take(&r->in, len);
	if (!p)
		r->broken = true;
	return p ? be_uint(p, len) : 0;
}

static struct ip get_address(struct reader *r)
{
	const uint8_t *octets = r->broken ? NULL : cur_take(&r->in, 16);
	if (!octets)
		r->broken = true;
	return octets ? ip_from_v6(octets) : (struct ip){ 0 };
}

static enum wire_protocol get_protocol(struct reader *r)
{
	uint64_t protocol = get_uint(r, 1);
	r->broken |= protocol >= WIRE_PROTOCOL_COUNT;
	return r->broken ? 0 : (enum wire_protocol)protocol;
}

static struct stream_name get_name(struct reader *r)
{
	struct stream_name name = { .from = get_address(r) };
	name.port = (uint16_t)get_uint(r, 2);
	name.session = get_uint(r, 1) != 0;
	name.protocol = get_protocol(r);
	name.domain = (uint32_t)get_uint(r, 4);
	return name;
}

/* Of a stream that is NULL nothing is kept. */
static void get_samplers(struct reader *r, struct stream_table *all, struct stream *s)
{
	size_t before = s ? source_memory(s->source) : 0;
	size_t count = (size_t)get_uint(r, 2);
	for (size_t i = 0; i < count && !r->broken; i++) {
		struct sampler sampler = { .scope = (enum sampler_scope)get_uint(r, 1) };
		sampler.id = get_uint(r, 8);
		sampler.interval = (uint32_t)get_uint(r, 4);
		if (sampler.scope > SAMPLER_ID)
			r->broken = true;
		else if (!r->broken && s)
			sampler_learn(&s->source->samplers, sampler);
	}
	if (s)
		stream_told(all, s, before);
}

/* Of a stream that is NULL nothing is kept. */
static void get_types(struct reader *r, struct stream_table *all, struct stream *s)
{
	size_t before = s ? source_memory(s->source) : 0;
	for (size_t count = (size_t)get_uint(r, 2); count > 0 && !r->broken; count--) {
		uint32_t pen = (uint32_t)get_uint(r, 4);
		uint16_t id = (uint16_t)get_uint(r, 2);
		uint8_t type = (uint8_t)get_uint(r, 1);
		size_t len = (size_t)get_uint(r, 1);
		const uint8_t *name = r->broken ? NULL : cur_take(&r->in, len);
		r->broken |= !name;
		if (name && s)
			type_records_learn(&s->source->types, pen, id, type, (const char *)name,
			                   len);
	}
	if (s)
		stream_told(all, s, before);
}

/* Of a stream that is NULL nothing is kept.  The next sample of each begins a new run. */
static void get_data_sources(struct reader *r, struct stream_table *all, struct stream *stream)
{
	for (size_t count = (size_t)get_uint(r, 2); count > 0 && !r->broken; count--) {
		struct data_source told = { .type = (uint32_t)get_uint(r, 4) };
		told.index = (uint32_t)get_uint(r, 4);
		told.rate = (uint32_t)get_uint(r, 4);
		told.samples = get_uint(r, 8);
		told.packets = get_uint(r, 8);
		told.dropped = get_uint(r, 8);
		struct data_source *kept =
		    r->broken || !stream ? NULL
					 : stream_data_source(all, stream, told.type, told.index);
		told.used = true;
		if (kept)
			*kept = told;
	}
}

/* Whether the octets are exactly that many fields. */
static bool fields_fit(struct template_record record, enum wire_protocol protocol)
{
	struct cur c = record.fields;
	for (size_t i = 0; i < record.field_count; i++) {
		const uint8_t *f = cur_take(&c, 4);
		if (!f || (protocol == WIRE_IPFIX && be16(f) & ENTERPRISE_BIT && !cur_take(&c, 4)))
			return false;
	}
	return cur_left(&c) == 0;
}

static void get_template(struct reader *r, enum wire_protocol protocol, struct template_record *ret,
                         struct template_life *ret_life)
{
	*ret = (struct template_record){ .id = (uint16_t)get_uint(r, 2) };
	ret->options = get_uint(r, 1) != 0;
	ret->scope_count = (uint16_t)get_uint(r, 2);
	ret->field_count = (uint16_t)get_uint(r, 2);
	ret_life->refreshed = (int64_t)get_uint(r, 8);
	ret_life->interval = (int64_t)get_uint(r, 8);
	ret_life->expires = (int64_t)get_uint(r, 8);
	/* so that nothing that is worked out of them overflows */
	r->broken |= ret_life->refreshed < 0 || ret_life->refreshed > TICKS_MAX ||
	             ret_life->interval < 0 || ret_life->interval > TICKS_PER_DAY;
	size_t octets = (size_t)get_uint(r, 4);
	if (r->broken || !cur_split(&r->in, octets, &ret->fields) || !fields_fit(*ret, protocol))
		r->broken = true;
}

static bool put_template(struct stream_table *all, struct stream *s,
                         const struct template_record *record, const struct template_life *life)
{
	enum wire_rc rc;
	struct template *t = template_new(record, s->name.protocol, &rc);
	if (!t)
		return true;
	t->life = *life;
	return stream_put_template(all, s, t);
}

/* What stands in front of a stream's lists. */
struct stream_head {
	struct stream_name name;
	enum stream_rank rank;
	int64_t proven, heard, anew, init_time;
	uint64_t datagrams, records, lost, restarts;
	unsigned tells;
	struct sequence sequence;
};

static void get_gaps(struct reader *r, struct sequence *q)
{
	q->gap_count = (size_t)get_uint(r, 1);
	r->broken |= q->gap_count > SEQUENCE_GAPS;
	for (size_t i = 0; i < q->gap_count && !r->broken; i++) {
		struct gap *g = &q->gaps[i];
		g->from = (uint32_t)get_uint(r, 4);
		g->length = (uint32_t)get_uint(r, 4);
		g->opened_ms = (uint32_t)get_uint(r, 4);
		g->passed = (uint8_t)get_uint(r, 1);
		g->silent = get_uint(r, 1) != 0;
	}
}

static void get_sequence(struct reader *r, struct sequence *q)
{
	unsigned flags = (unsigned)get_uint(r, 1);
	q->begun = flags & 1;
	q->open = flags & 2;
	q->held = flags & 4;
	q->straggler.open = flags & 8;
	q->either = flags & 16;
	q->has_clock = flags & 32;
	q->unit = (enum sequence_unit)get_uint(r, 1);
	q->evidence = (int8_t)get_uint(r, 1);
	uint32_t *const numbers[] = {
		&q->next,        &q->advances,         &q->floors[0],
		&q->floors[1],   &q->straggler.number, &q->straggler.length,
		&q->last_number, &q->last_records,     &q->uptime_ms,
	};
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		*numbers[i] = (uint32_t)get_uint(r, 4);
	q->doubted = get_uint(r, 8);
	q->time = (int64_t)get_uint(r, 8);
	q->restarted = (int64_t)get_uint(r, 8);
	r->broken |= q->unit >= SEQUENCE_UNITS;
	get_gaps(r, q);
}

static struct stream_head get_head(struct reader *r)
{
	struct stream_head h = { .name = get_name(r) };
	uint64_t rank = get_uint(r, 1);
	h.proven = (int64_t)get_uint(r, 8);
	h.heard = (int64_t)get_uint(r, 8);
	h.datagrams = get_uint(r, 8);
	h.records = get_uint(r, 8);
	h.lost = get_uint(r, 8);
	h.restarts = get_uint(r, 8);
	h.tells = (unsigned)get_uint(r, 1);
	h.anew = (int64_t)get_uint(r, 8);
	h.init_time = (int64_t)get_uint(r, 8);
	get_sequence(r, &h.sequence);
	r->broken |= rank >= STREAM_RANKS;
	h.rank = r->broken ? STREAM_STRANGER : (enum stream_rank)rank;
	return h;
}

/* The stream to fill, or NULL where a later one is known (or memory is short: r->broken). */
static struct stream *stream_of(struct reader *r, struct stream_table *all,
                                const struct stream_head *h)
{
	struct stream *s = streams_get(all, &h->name);
	r->broken |= !s;
	if (!s || s->heard > h->heard)
		return NULL;
	s->heard = h->heard;
	s->datagrams = h->datagrams;
	s->records = h->records;
	s->lost = h->lost;
	s->restarts = h->restarts;
	s->sequence = h->sequence;
	s->tells = h->tells;
	s->anew = h->anew;
	s->source->init_time = h->init_time;
	return s;
}

static void get_stream(struct reader *r, struct stream_table *all)
{
	struct stream_head head = get_head(r);
	struct stream *s = r->broken ? NULL : stream_of(r, all, &head);
	get_samplers(r, all, s);
	get_types(r, all, s);
	get_data_sources(r, all, s);
	for (size_t count = (size_t)get_uint(r, 2); count > 0 && !r->broken; count--) {
		struct template_record record;
		struct template_life life;
		get_template(r, head.name.protocol, &record, &life);
		if (!r->broken && s && !put_template(all, s, &record, &life))
			r->broken = true;
	}
	if (s && !r->broken)
		stream_set_rank(all, s, head.rank, head.proven);
}

static void get_parked(struct reader *r, struct parking *parking, const struct decoder_share *share)
{
	struct parked_set set = { .name = get_name(r) };
	set.id = (uint16_t)get_uint(r, 2);
	set.record_index = (uint32_t)get_uint(r, 4);
	set.stranger = get_uint(r, 1) != 0;
	set.arrival = (int64_t)get_uint(r, 8);
	set.message.protocol = set.name.protocol;
	set.message.domain = set.name.domain;
	set.message.sequence = (uint32_t)get_uint(r, 4);
	set.message.export_time = (int64_t)get_uint(r, 8);
	set.message.has_uptime = get_uint(r, 1) != 0;
	set.message.uptime_ms = (uint32_t)get_uint(r, 4);
	size_t octets = (size_t)get_uint(r, 2);
	r->broken |= set.arrival < 0 || set.arrival > TICKS_MAX;
	if (r->broken || !cur_split(&r->in, octets, &set.message.body)) {
		r->broken = true;
		return;
	}
	if (!share->choose || share->choose(&set.name.from, share->of) == share->number)
		r->broken |= !parking_load(parking, &set);
}

static void get_item(struct reader *r, struct stream_table *all, struct parking *parking,
                     const struct decoder_share *share)
{
	uint64_t item = get_uint(r, 1);
	if (item == ITEM_STREAM)
		get_stream(r, all);
	else if (item == ITEM_PARKED)
		get_parked(r, parking, share);
	else
		r->broken = true;
}

bool state_read(struct stream_table *all, struct parking *parking,
                const struct decoder_share *share, struct cur in, struct err *e)
{
	struct reader r = { .in = in };
	const uint8_t *head = cur_take(&r.in, strlen(magic));
	r.broken = !head || memcmp(head, magic, strlen(magic)) != 0;
	while (!r.broken && cur_left(&r.in) > 0)
		get_item(&r, all, parking, share);
	return !r.broken ||
	       err_set(e, ERR_DATA,
	               "what was remembered of exporters is damaged: templates have to come again");
}

/* ---- of a decoder ---- */

bool decoder_state_changed(struct decoder *d)
{
	return streams_changed(d->streams);
}

void decoder_save(const struct decoder *d, struct buf *out)
{
	state_write(d->streams, d->parking, out);
}

bool decoder_load(struct decoder *d, const void *octets, size_t len, struct err *e)
{
	bool ok = state_read(d->streams, d->parking, &d->config.share, cur_of(octets, len), e);
	replay_after_load(d);
	streams_changed(d->streams);
	return ok;
}
