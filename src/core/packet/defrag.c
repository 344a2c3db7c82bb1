#include "core/packet/defrag.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"

enum {
	BODY_MAX = 65535,
	BLOCK = 8, /* offsets count in these */
	BLOCKS = (BODY_MAX + BLOCK) / BLOCK,
};

enum slot_state {
	SLOT_FREE,
	SLOT_HELD,
	SLOT_GIVEN_UP, /* its fragments overlapped: what more comes is ignored */
};

struct slot {
	enum slot_state state;
	struct ip src, dst;
	uint32_t id;
	uint8_t ip_version;
	uint8_t protocol;      /* IPv4: part of the name.  IPv6: as told by the first fragment */
	int64_t started;       /* ticks of arrival */
	uint64_t order;        /* of beginning */
	uint32_t blocks_there; /* how many bits of `there` are set */
	uint32_t len;          /* of the whole body, 0 until the last fragment came */
	uint32_t end;          /* of what was received */
	uint8_t there[BLOCKS / 8];
	uint8_t body[BODY_MAX + 1];
};

struct defrag {
	uint64_t began; /* datagrams so far */
	uint64_t dropped;
	struct slot slots[DEFRAG_DATAGRAMS];
};

struct defrag *defrag_new(struct err *e)
{
	struct defrag *d = calloc(1, sizeof *d);
	if (!d)
		err_set(e, ERR_NOMEM, "no memory to put fragments together");
	return d;
}

void defrag_free(struct defrag *d)
{
	free(d);
}

uint64_t defrag_dropped(const struct defrag *d)
{
	return d->dropped;
}

unsigned defrag_held(const struct defrag *d)
{
	unsigned held = 0;
	for (size_t i = 0; i < DEFRAG_DATAGRAMS; i++)
		held += d->slots[i].state == SLOT_HELD;
	return held;
}

static bool slot_is_of(const struct slot *s, const struct frame *f)
{
	return s->state != SLOT_FREE && s->id == f->fragment.id && s->ip_version == f->ip_version &&
	       (s->ip_version == 6 || s->protocol == f->body_protocol) &&
	       ip_equal(&s->src, &f->src) && ip_equal(&s->dst, &f->dst);
}

/* Empties a slot without touching the pages of a body that never grew into them. */
static void slot_clear(struct slot *s)
{
	memset(s, 0, offsetof(struct slot, there));
	memset(s->there, 0, sizeof s->there);
}

static void slot_drop(struct defrag *d, struct slot *s)
{
	d->dropped += s->state == SLOT_HELD;
	slot_clear(s);
}

static struct slot *slot_oldest(struct defrag *d)
{
	struct slot *oldest = &d->slots[0];
	for (size_t i = 0; i < DEFRAG_DATAGRAMS && oldest->state != SLOT_FREE; i++)
		if (d->slots[i].state == SLOT_FREE || d->slots[i].order < oldest->order)
			oldest = &d->slots[i];
	return oldest;
}

/* The slot of this fragment's datagram, a new one where it is the first of it to come. */
static struct slot *slot_for(struct defrag *d, int64_t now, const struct frame *f)
{
	for (size_t i = 0; i < DEFRAG_DATAGRAMS; i++) {
		struct slot *s = &d->slots[i];
		if (!slot_is_of(s, f))
			continue;
		if (now - s->started <= DEFRAG_SECONDS * TICKS_PER_SECOND)
			return s;
		slot_drop(d, s);
	}
	struct slot *s = slot_oldest(d);
	slot_drop(d, s);
	s->state = SLOT_HELD;
	s->src = f->src;
	s->dst = f->dst;
	s->id = f->fragment.id;
	s->ip_version = f->ip_version;
	s->protocol = f->body_protocol;
	s->started = now;
	s->order = ++d->began;
	return s;
}

static unsigned blocks_there(const struct slot *s, uint32_t from, uint32_t to)
{
	unsigned n = 0;
	for (uint32_t b = from; b < to; b++)
		n += s->there[b / 8] >> b % 8 & 1;
	return n;
}

/* Puts one fragment in its place; false where that contradicts what is there. */
static bool slot_put(struct slot *s, const struct frame *f)
{
	uint32_t offset = f->fragment.offset;
	uint32_t len = (uint32_t)cur_left(&f->body), end = offset + len;
	uint32_t first = offset / BLOCK, behind = (end + BLOCK - 1) / BLOCK;
	unsigned there = blocks_there(s, first, behind);
	if (there)
		return there == behind - first && end <= s->end &&
		       (f->fragment.more || end == s->len) &&
		       memcmp(s->body + offset, f->body.at, len) == 0;
	if (s->len && (!f->fragment.more || end > s->len))
		return false;
	if (!f->fragment.more && end < s->end)
		return false;

	memcpy(s->body + offset, f->body.at, len);
	for (uint32_t b = first; b < behind; b++)
		s->there[b / 8] |= (uint8_t)(1 << b % 8);
	s->blocks_there += behind - first;
	if (end > s->end)
		s->end = end;
	if (!f->fragment.more)
		s->len = end;
	if (offset == 0)
		s->protocol = f->body_protocol;
	return true;
}

bool defrag_add(struct defrag *d, int64_t now, struct frame *f)
{
	size_t len = cur_left(&f->body);
	if (f->cut || len == 0 || (f->fragment.more && len % BLOCK) ||
	    f->fragment.offset + len > BODY_MAX) {
		d->dropped++;
		return false;
	}
	struct slot *s = slot_for(d, now, f);
	if (s->state == SLOT_GIVEN_UP)
		return false;
	if (!slot_put(s, f)) {
		d->dropped++;
		s->state = SLOT_GIVEN_UP;
		return false;
	}
	if (!s->len || s->blocks_there != (s->len + BLOCK - 1) / BLOCK)
		return false;
	f->fragment = (struct fragment){ 0 };
	f->body = cur_of(s->body, s->len);
	f->body_protocol = s->protocol;
	frame_read_body(f);
	slot_clear(s);
	return true;
}
