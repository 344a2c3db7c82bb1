#include "collector/decode/data_source.h"

#include "support/unit.h"

static void note(struct data_source *s, uint32_t sequence, uint32_t pool, uint32_t drops)
{
	struct sflow_sample sample = {
		.kind = SFLOW_FLOW, .sequence = sequence, .rate = 512, .pool = pool, .drops = drops
	};
	data_source_note(s, &sample);
}

static void the_pool_tells_the_rate_that_was_achieved(void **state)
{
	(void)state;
	struct data_source s = { 0 };
	note(&s, 10, 100000, 3);
	assert_int_equal(data_source_achieved(&s), 0);
	note(&s, 14, 104096, 3);
	assert_int_equal(data_source_achieved(&s), 1024); /* 4096 packets for 4 samples */
	note(&s, 15, 104608, 5);
	assert_int_equal(data_source_achieved(&s), 922); /* 4608 / 5 = 921.6 */
	assert_int_equal(s.dropped, 2);
	assert_int_equal(s.rate, 512);
}

/* trap: 588827825 samples at 1:1024 have made a pool of 1664271360 in a capture */
static void pool_and_sequence_wrap(void **state)
{
	(void)state;
	struct data_source s = { 0 };
	note(&s, 0xffffffff, 0xffffff00, 0xffffffff);
	note(&s, 1, 0x00000300, 1);
	assert_int_equal(s.samples, 2);
	assert_int_equal(s.packets, 1024);
	assert_int_equal(s.dropped, 2);
}

static void an_agent_that_starts_anew_is_no_gap(void **state)
{
	(void)state;
	struct data_source s = { 0 };
	note(&s, 50000, 25600000, 0);
	note(&s, 50001, 25600512, 0);
	note(&s, 1, 512, 0);
	note(&s, 2, 1024, 0);
	assert_int_equal(s.samples, 2);
	assert_int_equal(s.packets, 1024);
}

static void a_sample_that_is_late_changes_nothing(void **state)
{
	(void)state;
	struct data_source s = { 0 };
	note(&s, 10, 5120, 0);
	note(&s, 12, 6144, 0);
	note(&s, 11, 5632, 0);
	note(&s, 12, 6144, 0);
	note(&s, 13, 6656, 0);
	assert_int_equal(s.samples, 3);
	assert_int_equal(s.packets, 1536);
}

static void a_pool_that_cannot_be_is_left_out(void **state)
{
	(void)state;
	struct data_source s = { 0 };
	note(&s, 10, 5120, 0);
	note(&s, 20, 5121, 0); /* fewer packets than samples: the pool started anew */
	assert_int_equal(s.samples, 0);
	note(&s, 10000000, 7000, 0); /* 512 x 10 million packets: it wrapped more than once */
	assert_int_equal(s.samples, 0);
}

static void a_new_rate_is_a_change(void **state)
{
	(void)state;
	struct data_source s = { 0 };
	struct sflow_sample sample = {
		.kind = SFLOW_FLOW, .sequence = 1, .rate = 512, .pool = 512
	};
	assert_true(data_source_note(&s, &sample));
	sample.sequence++;
	sample.pool += 512;
	assert_false(data_source_note(&s, &sample));
	sample.sequence++;
	sample.pool += 512;
	sample.rate = 2048;
	assert_true(data_source_note(&s, &sample));
	assert_int_equal(s.rate, 2048);
}

static void sources_are_found_by_type_and_index_within_bounds(void **state)
{
	(void)state;
	struct data_sources all = { 0 };
	size_t took, memory = 0;
	for (uint32_t i = 0; i < DATA_SOURCES_MAX; i++) {
		struct data_source *s = data_sources_get(&all, i & 1, i / 2, SIZE_MAX, &took);
		assert_non_null(s);
		s->rate = i;
		memory += took;
		assert_int_equal(memory, data_sources_memory(&all));
	}
	assert_null(data_sources_get(&all, 2, 7, SIZE_MAX, &took));
	for (uint32_t i = 0; i < DATA_SOURCES_MAX; i++)
		assert_int_equal(data_sources_get(&all, i & 1, i / 2, 0, &took)->rate, i);
	data_sources_done(&all);
	assert_null(data_sources_get(&all, 0, 1, 8, &took));
	assert_int_equal(took, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_pool_tells_the_rate_that_was_achieved),
		cmocka_unit_test(pool_and_sequence_wrap),
		cmocka_unit_test(an_agent_that_starts_anew_is_no_gap),
		cmocka_unit_test(a_sample_that_is_late_changes_nothing),
		cmocka_unit_test(a_pool_that_cannot_be_is_left_out),
		cmocka_unit_test(a_new_rate_is_a_change),
		cmocka_unit_test(sources_are_found_by_type_and_index_within_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
