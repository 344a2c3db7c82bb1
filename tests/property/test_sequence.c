/* The law of sequence.h: whatever is dropped, doubled or put out of order within the window,
 * exactly what was dropped is lost, and what was doubled is a duplicate; and an exporter that
 * starts anew has lost nothing. */
#include "collector/decode/sequence.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/ticks.h"
#include "support/unit.h"

enum { SENT = 600, CALM = 48, ROUNDS = 300, SEED = 20261127, MOST = 2 * SENT };

static uint64_t state_ = SEED;

static uint32_t draw(uint32_t below)
{
	state_ ^= state_ << 13;
	state_ ^= state_ >> 7;
	state_ ^= state_ << 17;
	return (uint32_t)(state_ >> 33) % below;
}

/* What an exporter numbers, and what its datagrams tell beside. */
struct kind {
	const char *name;
	enum sequence_unit unit;
	bool either, has_uptime;
	uint32_t least, most; /* records of a datagram */
};

static const struct kind kinds[] = {
	/* clang-format off */
	{ "NetFlow v5",           SEQUENCE_RECORDS,   false, true,  1, 30 },
	{ "NetFlow v9",           SEQUENCE_DATAGRAMS, true,  true,  0, 30 },
	{ "NetFlow v9, events",   SEQUENCE_DATAGRAMS, true,  true,  1, 1 },
	{ "NetFlow v9 of Junos",  SEQUENCE_RECORDS,   true,  true,  1, 30 },
	{ "IPFIX",                SEQUENCE_RECORDS,   false, false, 0, 60 },
	{ "sFlow",                SEQUENCE_DATAGRAMS, false, true,  1, 8 },
	/* clang-format on */
};

/* A datagram on its way. */
struct sent {
	struct numbered n;
	uint32_t place; /* in which it arrives */
	uint32_t made;  /* among those of equal place */
};

struct way {
	const struct kind *kind;
	struct sent sent[MOST];
	size_t count;
	uint32_t number;
	int64_t clock; /* ticks */
	uint32_t uptime_ms;
	uint64_t lost;
	uint32_t duplicates;
};

static struct numbered make(struct way *w)
{
	const struct kind *k = w->kind;
	struct numbered n = {
		.number = w->number,
		.unit = k->unit,
		.either = k->either,
		.records = k->least + draw(k->most - k->least + 1),
		.has_uptime = k->has_uptime,
		.uptime_ms = w->uptime_ms,
		.time = w->clock - w->clock % TICKS_PER_SECOND,
	};
	w->number += k->unit == SEQUENCE_DATAGRAMS ? 1 : n.records;
	w->clock += 10 * TICKS_PER_MS;
	w->uptime_ms += 10;
	return n;
}

static void put(struct way *w, struct numbered n, uint32_t late)
{
	uint32_t made = (uint32_t)w->count;
	w->sent[w->count++] = (struct sent){ n, made + late, made };
}

/* `disorder`: by how many places a datagram may be late. */
static void put_disturbed(struct way *w, uint32_t disorder, uint32_t drop, uint32_t twice)
{
	struct numbered n = make(w);
	uint32_t length = w->kind->unit == SEQUENCE_DATAGRAMS ? 1 : n.records;
	if (draw(100) < drop) {
		w->lost += length;
		return;
	}
	put(w, n, draw(disorder + 1));
	if (draw(100) >= twice)
		return;
	put(w, n, draw(disorder + 1));
	w->duplicates += length > 0;
}

static void put_calm(struct way *w, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put(w, make(w), 0);
}

static int by_place(const void *a, const void *b)
{
	const struct sent *x = a, *y = b;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	return x->made < y->made ? -1 : 1;
}

static void take_all(struct way *w, struct sequence *s, struct sequence_found *found)
{
	qsort(w->sent, w->count, sizeof w->sent[0], by_place);
	for (size_t i = 0; i < w->count; i++) {
		struct numbered *n = &w->sent[i].n;
		n->arrival = TICKS_UNIX_EPOCH + (int64_t)i * 10 * TICKS_PER_MS;
		sequence_take(s, n, found);
		assert_true(s->gap_count <= SEQUENCE_WINDOW + 1);
	}
	w->count = 0;
}

static void start(struct way *w, const struct kind *kind)
{
	*w = (struct way){ .kind = kind, .clock = TICKS_UNIX_EPOCH + draw(1 << 30) };
	w->number = draw(2) ? draw(UINT32_MAX) : 0u - draw(5000);
	w->uptime_ms = draw(2) ? draw(UINT32_MAX) : 0u - draw(5000);
}

static void what_was_dropped_is_lost_and_nothing_else(void **state)
{
	(void)state;
	static struct way w;
	for (int round = 0; round < ROUNDS; round++) {
		const struct kind *kind = &kinds[(size_t)round % ARRAY_LEN(kinds)];
		struct sequence s = { 0 };
		struct sequence_found found = { 0 };
		start(&w, kind);
		uint32_t disorder = draw(33), drop = draw(60), twice = draw(30);
		put_calm(&w, CALM);
		for (int i = 0; i < SENT / 2; i++)
			put_disturbed(&w, disorder, drop, twice);
		put_calm(&w, CALM);
		take_all(&w, &s, &found);
		sequence_settle(&s, INT64_MAX, &found);
		if (found.lost != w.lost || found.duplicates != w.duplicates || found.restarts)
			print_error("%s, round %d of seed %d: disorder %u, %u %% dropped\n",
			            kind->name, round, SEED, disorder, drop);
		assert_int_equal(found.lost, w.lost);
		assert_int_equal(found.duplicates, w.duplicates);
		assert_int_equal(found.restarts, 0);
		assert_int_equal(s.unit, kind->unit);
	}
}

static void a_restart_is_no_loss(void **state)
{
	(void)state;
	static struct way w;
	for (int round = 0; round < ROUNDS; round++) {
		const struct kind *kind = &kinds[(size_t)round % ARRAY_LEN(kinds)];
		struct sequence s = { 0 };
		struct sequence_found found = { 0 };
		start(&w, kind);
		/* without an uptime, what is told by the number alone has to be far */
		w.number = 1000000 + draw(UINT32_MAX - SEQUENCE_FAR - 2000000);
		w.uptime_ms = 60000 + draw(1 << 30);
		uint32_t disorder = draw(33);
		put_calm(&w, CALM);
		for (int i = 0; i < SENT / 4; i++)
			put_disturbed(&w, disorder, 0, 0);
		take_all(&w, &s, &found);
		w.number = draw(3);
		w.uptime_ms = draw(20000);
		w.clock += 30 * TICKS_PER_SECOND;
		for (int i = 0; i < SENT / 4; i++)
			put_disturbed(&w, disorder, 0, 0);
		take_all(&w, &s, &found);
		sequence_settle(&s, INT64_MAX, &found);
		if (found.lost || found.restarts != 1)
			print_error("%s, round %d of seed %d\n", kind->name, round, SEED);
		assert_int_equal(found.lost, 0);
		assert_int_equal(found.restarts, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_dropped_is_lost_and_nothing_else),
		cmocka_unit_test(a_restart_is_no_loss),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
