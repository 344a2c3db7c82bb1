/* How long templates are good: refreshed, expired, withdrawn. */
#include "support/decoding.h"

static struct decoding *decoding_of_lifetime(uint32_t seconds)
{
	return decoding_new(&(struct decoder_config){ .template_lifetime = seconds });
}

static void send_template_at(struct decoding *d, int64_t seconds)
{
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0100 0001 00070002");
	d->later = seconds * TICKS_PER_SECOND;
	decoding_send(d, &m);
}

static bool data_is_decoded_at(struct decoding *d, int64_t seconds)
{
	size_t before = d->count;
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 256, "0050");
	d->later = seconds * TICKS_PER_SECOND;
	decoding_send(d, &m);
	return d->count > before;
}

/* RFC 3954 section 9: data MUST NOT be decoded with an expired template. */
static void a_template_that_is_not_told_again_expires(void **state)
{
	(void)state;
	struct decoding *d = decoding_of_lifetime(600);
	send_template_at(d, 0);
	assert_true(data_is_decoded_at(d, 599));
	assert_false(data_is_decoded_at(d, 600));
	assert_int_equal(decoder_counts(d->decoder)->sets_without_template, 1);
	assert_int_equal(decoder_counts(d->decoder)->sets_parked, 1);
	decoding_free(d);
}

/* What came with an expired template is decoded when it is told again. */
static void data_of_an_expired_template_waits_for_its_refresh(void **state)
{
	(void)state;
	struct decoding *d = decoding_of_lifetime(600);
	send_template_at(d, 0);
	assert_false(data_is_decoded_at(d, 1000));
	send_template_at(d, 1001);
	assert_int_equal(d->count, 1);
	assert_int_equal(decoder_counts(d->decoder)->sets_replayed, 1);
	decoding_free(d);
}

/* goflow2 330: a collector that expires at once the refresh interval oscillates. */
static void a_template_outlives_two_lost_refreshes(void **state)
{
	(void)state;
	struct decoding *d = decoding_of_lifetime(60);
	send_template_at(d, 0);
	send_template_at(d, 59); /* repeated every 59 s: good for 177 s */
	assert_true(data_is_decoded_at(d, 59 + 176));
	assert_false(data_is_decoded_at(d, 59 + 177));
	decoding_free(d);
}

/* An exporter that repeats more slowly than it was thought to oscillates once, not for ever. */
static void a_slow_refresh_is_learnt(void **state)
{
	(void)state;
	struct decoding *d = decoding_of_lifetime(60);
	send_template_at(d, 0);
	assert_false(data_is_decoded_at(d, 100));
	send_template_at(d, 600);
	assert_true(data_is_decoded_at(d, 600 + 1799));
	decoding_free(d);
}

/* RFC 7011 section 10.3.3: several copies may be sent at once; they are no refresh interval. */
static void copies_do_not_shorten_a_life(void **state)
{
	(void)state;
	struct decoding *d = decoding_of_lifetime(60);
	for (int64_t time = 0; time <= 1200; time += 600)
		for (int copy = 0; copy < 3; copy++)
			send_template_at(d, time);
	assert_true(data_is_decoded_at(d, 1200 + 3 * 400));
	decoding_free(d);
}

/* An outage of the exporter, or of ours, is no refresh interval of days. */
static void an_outage_does_not_make_a_template_immortal(void **state)
{
	(void)state;
	struct decoding *d = decoding_of_lifetime(60);
	send_template_at(d, 0);
	send_template_at(d, 30 * 86400);
	assert_true(data_is_decoded_at(d, 33 * 86400 - 1));
	assert_false(data_is_decoded_at(d, 33 * 86400));
	decoding_free(d);
}

/* Captures may be fed in any order. */
static void a_clock_that_runs_back_expires_nothing(void **state)
{
	(void)state;
	struct decoding *d = decoding_of_lifetime(60);
	send_template_at(d, 86400);
	assert_true(data_is_decoded_at(d, 0));
	send_template_at(d, 0);
	assert_true(data_is_decoded_at(d, 86400));
	decoding_free(d);
}

/* Of a template that a capture holds once nobody knows at what interval it was repeated. */
static void in_captures_what_was_told_once_is_good(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(
	    &(struct decoder_config){ .template_lifetime = 60, .keep_unrepeated = true });
	send_template_at(d, 0);
	assert_true(data_is_decoded_at(d, 15 * 86400));
	send_template_at(d, 15 * 86400);
	send_template_at(d, 15 * 86400 + 30);
	for (int i = 0; i < 60; i++) /* a day is forgotten by and by */
		send_template_at(d, 15 * 86400 + 30);
	assert_false(data_is_decoded_at(d, 16 * 86400));
	decoding_free(d);
}

/* ---- withdrawal: RFC 7011 section 8.1, over connections alone ---- */

static void send_over_tcp(struct decoding *d, struct bytes *m)
{
	wire_ipfix_end(m);
	struct datagram message = {
		.session = true, .src_port = 1, .payload = m->b, .len = m->len
	};
	struct err e = { 0 };
	message.arrival = d->later;
	assert_true(decoder_read(d->decoder, &message, &e));
	assert_true(decoder_flush(d->decoder, &e));
}

/* Two templates and one of options. */
static struct decoding *connected(void)
{
	struct decoding *d = decoding_of_lifetime(60);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, "0100 0001 00070002 0101 0001 00070002");
	wire_set(&m, 3, "0102 0002 0001 00950004 00220004");
	send_over_tcp(d, &m);
	return d;
}

/* Sends data of all three and says how many records were decoded. */
static unsigned decoded(struct decoding *d)
{
	struct decode_counts before = *decoder_counts(d->decoder);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 256, "0050");
	wire_set(&m, 257, "0051");
	wire_set(&m, 258, "00000064 00000001");
	send_over_tcp(d, &m);
	const struct decode_counts *after = decoder_counts(d->decoder);
	return (unsigned)(after->records + after->options_records - before.records -
	                  before.options_records);
}

static unsigned left_after(unsigned set, const char *withdrawal)
{
	struct decoding *d = connected();
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, set, withdrawal);
	send_over_tcp(d, &m);
	unsigned left = decoded(d);
	assert_int_equal(decoder_counts(d->decoder)->malformed, 0);
	decoding_free(d);
	return left;
}

static void withdrawals_of_a_connection_are_honoured(void **state)
{
	(void)state;
	assert_int_equal(left_after(2, "0100 0000"), 2);
	assert_int_equal(left_after(2, "0002 0000"), 1); /* all but options templates */
	assert_int_equal(left_after(3, "0003 0000"), 2); /* all options templates */
	assert_int_equal(left_after(3, "0102 0000"), 2);
	assert_int_equal(left_after(2, "0150 0000"), 3); /* there is none */
}

static void templates_of_a_connection_do_not_expire(void **state)
{
	(void)state;
	struct decoding *d = connected();
	d->later = 365 * TICKS_PER_DAY;
	assert_int_equal(decoded(d), 3);
	decoding_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_template_that_is_not_told_again_expires),
		cmocka_unit_test(data_of_an_expired_template_waits_for_its_refresh),
		cmocka_unit_test(a_template_outlives_two_lost_refreshes),
		cmocka_unit_test(a_slow_refresh_is_learnt),
		cmocka_unit_test(copies_do_not_shorten_a_life),
		cmocka_unit_test(an_outage_does_not_make_a_template_immortal),
		cmocka_unit_test(a_clock_that_runs_back_expires_nothing),
		cmocka_unit_test(in_captures_what_was_told_once_is_good),
		cmocka_unit_test(withdrawals_of_a_connection_are_honoured),
		cmocka_unit_test(templates_of_a_connection_do_not_expire),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
