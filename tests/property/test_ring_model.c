/* Laws of the ring: whatever is offered, taken, read and released in whatever order, records keep
 * their order and content, the counts are those of a plain list, and what was not released is
 * there after the program has gone. */
#include "support/rings.h"

enum { ROUNDS = 12, STEPS = 2000, LISTED = 1 << 17, SEED = 20261129 };

static uint64_t state_ = SEED;

static uint32_t draw(uint32_t below)
{
	state_ ^= state_ << 13;
	state_ ^= state_ >> 7;
	state_ ^= state_ << 17;
	return (uint32_t)(state_ >> 33) % below;
}

/* Records by number: 0 to released to read to written. */
struct model {
	uint32_t lens[LISTED];
	uint64_t ends[LISTED];
	uint64_t written, read, released;
	uint64_t start, size;
};

static uint64_t end_of(const struct model *m, uint64_t count)
{
	return count ? m->ends[count - 1] : m->start;
}

static uint64_t used(const struct model *m)
{
	return end_of(m, m->written) - end_of(m, m->released);
}

static uint32_t draw_len(uint32_t kind)
{
	static const uint32_t edges[] = { 0, 1, 15, 16, 17, 1472, 2047, 2048, 2049, 65507, 65535 };
	switch (kind) {
	case 0: return draw(200);
	case 1: return 1000 + draw(473);
	case 2: return draw(RING_PAYLOAD_MAX + 1);
	default: return edges[draw(ARRAY_LEN(edges))];
	}
}

/* Offers, fills, leaves some out, and takes. */
static void step_write(struct ring *ring, struct model *m)
{
	struct burst_slot slots[BURST_SLOTS], kept[BURST_SLOTS];
	size_t want = draw(BURST_SLOTS + 1), count = 0;
	size_t fits = (m->size - used(m)) / 65584;
	size_t offered = ring_offer(ring, slots, want);
	assert_int_equal(offered, want < fits ? want : fits);
	uint32_t kind = draw(4), left_out = draw(3);
	for (size_t i = 0; i < offered && m->written + count < LISTED; i++) {
		if (left_out == 1 && draw(4) == 0)
			continue;
		uint64_t number = m->written + count;
		m->lens[number] = draw_len(draw(8) ? kind : 3);
		m->ends[number] = end_of(m, number) + span_of(m->lens[number]);
		slot_fill(&slots[i], m->lens[number], number);
		kept[count++] = slots[i];
	}
	ring_take(ring, kept, count, (uint16_t)m->written);
	m->written += count;
}

static void step_read(struct ring *ring, struct model *m)
{
	struct ring_record record;
	for (uint32_t n = draw(150); n > 0 && m->read < m->written; n--) {
		assert_true(ring_next(ring, &record));
		assert_record(&record, m->lens[m->read], m->read);
		m->read++;
		assert_int_equal(record.end, end_of(m, m->read));
	}
	assert_int_equal(ring_position(ring), end_of(m, m->read));
	if (m->read == m->written)
		assert_false(ring_next(ring, &record));
}

static void step_release(struct ring *ring, struct model *m)
{
	m->released += draw((uint32_t)(m->read - m->released) + 1);
	ring_release(ring, end_of(m, m->released));
}

static void recover(const struct ring_place *place, const struct model *m)
{
	struct recovery *recovery = place_recovery(place, end_of(m, m->released));
	struct ring_record record;
	for (uint64_t i = m->released; i < m->written; i++) {
		assert_true(recovery_next(recovery, &record));
		assert_record(&record, m->lens[i], i);
		assert_int_equal(record.end, end_of(m, i + 1));
	}
	assert_false(recovery_next(recovery, &record));
	assert_int_equal(recovery_report(recovery)->end, end_of(m, m->written));
	assert_int_equal(recovery_report(recovery)->holes, 0);
	recovery_close(recovery);
}

static void records_keep_order_and_content(void **state)
{
	(void)state;
	struct ring_place place;
	struct model *m = malloc(sizeof *m);
	uint64_t records = 0, octets = 0;
	assert_non_null(m);
	place_make(&place);
	print_message("# seed %d\n", SEED);
	for (int round = 0; round < ROUNDS; round++) {
		*m = (struct model){ .start = draw(1 << 30) * 16ul,
			             .size = RING_SIZE_MIN << round % 3 };
		struct ring *ring = place_ring(&place, m->size, m->start);
		for (int i = 0; i < STEPS && m->written < LISTED; i++) {
			switch (draw(3)) {
			case 0: step_write(ring, m); break;
			case 1: step_read(ring, m); break;
			default: step_release(ring, m);
			}
			assert_int_equal(ring_used(ring), used(m));
			assert_int_equal(ring_percent(ring), used(m) * 100 / m->size);
		}
		ring_close(ring);
		recover(&place, m);
		records += m->written;
		octets += end_of(m, m->written) - m->start;
	}
	print_message("# %lu records, %lu laps\n", (unsigned long)records,
	              (unsigned long)(octets / RING_SIZE_MIN));
	assert_true(octets >
	            ROUNDS * 3 * RING_SIZE_MIN); /* laps were run, and the ring was reused */
	place_clear(&place);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_keep_order_and_content),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
