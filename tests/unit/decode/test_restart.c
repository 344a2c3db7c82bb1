/* What an exporter that starts anew is believed; that it does is told by test_sequence.c. */
#include "support/decoding.h"

enum { NOON = 0x6b023080, HOUR = 3600 };

static struct bytes message_at(uint32_t uptime_s, uint32_t sequence, uint32_t seconds)
{
	return wire_v9((struct wire_header){ uptime_s * 1000, seconds, sequence, 100 });
}

/* RFC 3954 section 7: ids may mean other things now, and templates come before data. */
static void after_a_restart_data_waits_for_new_templates(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = message_at(HOUR, 100, NOON);
	wire_set(&m, 0, "0100 0001 00070002");
	wire_set(&m, 1, "0101 0004 0004 00010004 00220004");
	wire_set(&m, 257, "00000001 00000064");
	wire_set(&m, 256, "0050");
	decoding_send(d, &m);
	assert_int_equal(d->rows[0].key.sampling, 100);
	d->later = 60 * TICKS_PER_SECOND;
	m = message_at(10, 0, NOON + 60);
	wire_set(&m, 256, "0051");
	decoding_send(d, &m);
	assert_int_equal(d->count, 1);
	m = message_at(11, 1, NOON + 61);
	wire_set(&m, 0, "0100 0001 000b0002");
	decoding_send(d, &m);
	assert_int_equal(d->count, 2);
	assert_int_equal(d->rows[1].key.dst_port, 0x51);
	assert_false(row_has(&d->rows[1], COL_SamplingInterval)); /* said, not guessed */
	decoding_free(d);
}

/* What waited for a template of before the restart is never decoded with one of after it. */
static void sets_of_before_a_restart_are_given_up(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = message_at(HOUR, 100, NOON);
	wire_set(&m, 256, "0050");
	decoding_send(d, &m);
	d->later = 60 * TICKS_PER_SECOND;
	m = message_at(10, 0, NOON + 60);
	wire_set(&m, 0, "0100 0001 000b0002");
	wire_set(&m, 256, "0051");
	decoding_send(d, &m);
	assert_int_equal(d->count, 1);
	assert_int_equal(d->rows[0].key.dst_port, 0x51);
	assert_int_equal(d->expired, 1);
	decoding_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_a_restart_data_waits_for_new_templates),
		cmocka_unit_test(sets_of_before_a_restart_are_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
