/* Data sets that come before their template (parking.h). */
#include "core/base/buf.h"

#include <string.h>

#include "support/decoding.h"

static struct bytes header(uint32_t sequence)
{
	return wire_v9((struct wire_header){ 1000000, 0x6b023080, sequence, 100 });
}

static void send_data(struct decoding *d, const char *address, uint32_t sequence,
                      const char *records)
{
	struct bytes m = header(sequence);
	wire_set(&m, 256, records);
	decoding_send_from(d, &m, address, 40000);
}

static void send_template(struct decoding *d, const char *address)
{
	struct bytes m = header(1000);
	wire_set(&m, 0, "0100 0001 00070002");
	decoding_send_from(d, &m, address, 40000);
}

static uint64_t waiting(const struct decoding *d)
{
	return counts(d)->sets_parked - counts(d)->sets_replayed - counts(d)->sets_expired;
}

/* RFC 3954 section 9: a collector SHOULD keep data until its template comes. */
static void data_before_its_template_is_decoded_when_it_comes(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	send_data(d, "192.0.2.1", 5, "0050 0051");
	send_data(d, "192.0.2.1", 6, "0052");
	assert_int_equal(d->count, 0);
	assert_int_equal(waiting(d), 2);
	d->later = 10 * TICKS_PER_MINUTE;
	send_template(d, "192.0.2.1");
	assert_int_equal(d->count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(d->rows[i].key.src_port, 0x50 + i); /* in order */
	assert_int_equal(waiting(d), 0);
	assert_int_equal(counts(d)->records, 3);
	decoding_free(d);
}

static void it_is_decoded_into_the_minute_in_which_it_arrived(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	send_data(d, "192.0.2.1", 5, "0050");
	d->later = 10 * TICKS_PER_MINUTE;
	send_template(d, "192.0.2.1");
	send_data(d, "192.0.2.1", 6, "0050");
	assert_int_equal(d->rows[1].key.minute - d->rows[0].key.minute, 10);
	assert_int_equal(d->rows[0].sequence, 5 << 16);
	decoding_free(d);
}

/* Junos sends packets with sets of many templates, some of which may not be known yet. */
static void numbers_stay_apart_in_a_message_of_known_and_unknown_sets(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = header(5);
	wire_set(&m, 0, "0101 0001 000b0002");
	wire_set(&m, 257, "0050 0051");
	wire_set(&m, 256, "0050 0051 0052");
	wire_set(&m, 257, "0052 0053");
	decoding_send(d, &m);
	send_template(d, "192.0.2.1");
	assert_int_equal(d->count, 7);
	for (size_t i = 0; i < d->count; i++)
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(d->rows[i].sequence, d->rows[k].sequence);
	decoding_free(d);
}

static void options_data_waits_too(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = header(1);
	wire_set(&m, 257, "00000001 00000064");
	decoding_send(d, &m);
	m = header(2);
	wire_set(&m, 1, "0101 0004 0004 00010004 00220004");
	wire_set(&m, 0, "0100 0001 00070002");
	wire_set(&m, 256, "0050");
	decoding_send(d, &m);
	assert_int_equal(counts(d)->options_records, 1);
	assert_int_equal(d->rows[0].key.sampling, 100);
	decoding_free(d);
}

static void a_set_expires_when_it_has_waited_too_long(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(&(struct decoder_config){ .parking_time = 60 });
	send_data(d, "192.0.2.1", 5, "0050");
	d->later = 59 * TICKS_PER_SECOND;
	send_data(d, "192.0.2.2", 5, "0050");
	assert_int_equal(d->expired, 0);
	d->later = 60 * TICKS_PER_SECOND;
	send_template(d, "192.0.2.1");
	assert_int_equal(d->count, 0);
	assert_int_equal(d->expired, 1);
	assert_int_equal(counts(d)->sets_expired, 1);
	assert_int_equal(waiting(d), 1);
	decoding_free(d);
}

static void at_the_end_the_rest_is_given_up(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct err e = { 0 };
	send_data(d, "192.0.2.1", 5, "0050");
	assert_true(decoder_end(d->decoder, &e));
	assert_int_equal(d->expired, 1);
	assert_int_equal(waiting(d), 0);
	decoding_free(d);
}

/* An eighth of the room is one exporter's; what finds none is not parked, and all is counted. */
static void one_exporter_cannot_take_all_the_room(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(&(struct decoder_config){ .parking_memory = 65536 });
	for (uint32_t i = 0; i < 1000; i++)
		send_data(d, "192.0.2.1", i, "0050");
	uint64_t parked = counts(d)->sets_parked;
	assert_in_range(parked, 8192 / 300, 8192 / 100);
	assert_int_equal(counts(d)->sets_without_template, 1000);
	send_data(d, "192.0.2.2", 0, "0050");
	assert_int_equal(counts(d)->sets_parked, parked + 1);
	send_template(d, "192.0.2.1");
	assert_int_equal(d->count, parked);
	decoding_free(d);
}

/* Room that spoofed sources have taken is given to those that proved to be exporters. */
static void strangers_make_room_for_others(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(&(struct decoder_config){ .parking_memory = 65536 });
	struct bytes m = header(1);
	wire_set(&m, 0, "0101 0001 00070002");
	wire_set(&m, 257, "0050");
	decoding_send(d, &m);
	for (uint32_t i = 0; i < 1000; i++) {
		char address[16];
		snprintf(address, sizeof address, "10.0.%u.%u", i >> 8, i & 255);
		send_data(d, address, i, "0050");
	}
	uint64_t before = counts(d)->sets_parked;
	assert_true(before < 1000);
	size_t bound = decoder_bound(d->decoder);
	for (uint32_t i = 0; i < 10; i++)
		send_data(d, "192.0.2.1", i, "0050");
	assert_int_equal(counts(d)->sets_parked, before + 10);
	assert_int_equal(d->expired, 10);
	assert_int_equal(decoder_bound(d->decoder), bound);
	assert_true(decoder_memory(d->decoder) <= bound);
	decoding_free(d);
}

/* A template that brings more than a datagram may yield brings the rest with the next ones. */
static void what_waited_is_replayed_bit_by_bit(void **state)
{
	(void)state;
	enum { SETS = 200 };
	struct decoding *d = decoding_new(NULL);
	static char records[2 * 500 + 1];
	memset(records, '0', sizeof records - 1);
	uint64_t before = 0;
	struct bytes m =
	    header(1); /* records of one octet do not fit the rows of a test: options */
	for (uint32_t i = 0; i < SETS; i++) {
		m = header(i);
		wire_set(&m, 257, records);
		decoding_send(d, &m);
	}
	assert_int_equal(waiting(d), SETS);
	m = header(SETS);
	wire_set(&m, 1, "0101 0004 0004 00010000 00220001");
	decoding_send(d, &m);
	unsigned rounds = 1;
	for (; waiting(d) > 0; rounds++) {
		uint64_t yielded = counts(d)->options_records - before;
		assert_true(yielded > 0 && yielded <= DECODER_REPLAY_MOST);
		before = counts(d)->options_records;
		m = header(SETS + rounds);
		decoding_send_from(d, &m, "198.51.100.1", 1); /* anybody's */
	}
	assert_int_equal(counts(d)->options_records, SETS * 500);
	assert_int_equal(rounds, 2);
	decoding_free(d);
}

/* ---- restarts of the collector ---- */

static void carry_over(struct decoding *before, struct decoding *after)
{
	struct buf octets = { 0 };
	struct err e = { 0 };
	decoder_save(before->decoder, &octets);
	assert_true(decoder_load(after->decoder, octets.text, octets.len, &e));
	buf_done(&octets);
}

static void what_waits_survives_a_restart_of_the_collector(void **state)
{
	(void)state;
	struct decoding *before = decoding_new(NULL), *after = decoding_new(NULL);
	send_data(before, "192.0.2.1", 5, "0050 0051");
	send_data(before, "2001:db8::1", 6, "0052");
	assert_true(decoder_state_changed(before->decoder));
	carry_over(before, after);
	after->later = 2 * TICKS_PER_MINUTE;
	send_template(after, "192.0.2.1");
	send_template(after, "2001:db8::1");
	assert_int_equal(after->count, 3);
	assert_int_equal(after->rows[0].sequence, 5 << 16);
	assert_int_equal(after->rows[2].key.src_port, 0x52);
	assert_int_equal(after->rows[2].key.domain, 100);
	assert_int_equal(counts(after)->sets_replayed, 2);
	decoding_free(before);
	decoding_free(after);
}

/* Saved between the coming of a template and the replay of all that waited for it. */
static void what_was_called_survives_too(void **state)
{
	(void)state;
	struct decoding *before = decoding_new(NULL), *after = decoding_new(NULL);
	static char records[2 * 500 + 1];
	memset(records, '0', sizeof records - 1);
	struct bytes m;
	for (uint32_t i = 0; i < 200; i++) {
		m = header(i);
		wire_set(&m, 257, records);
		decoding_send(before, &m);
	}
	m = header(200);
	wire_set(&m, 1, "0101 0004 0004 00010000 00220001");
	decoding_send(before, &m);
	assert_true(waiting(before) > 0);
	carry_over(before, after);
	struct err e = { 0 };
	assert_true(decoder_end(after->decoder, &e));
	assert_int_equal(counts(before)->options_records + counts(after)->options_records,
	                 200 * 500);
	assert_int_equal(after->expired, 0);
	decoding_free(before);
	decoding_free(after);
}

static unsigned by_last_octet(const struct ip *exporter, unsigned of)
{
	return exporter->b[15] % of;
}

/* Each of several workers reads all states, and each set goes to one of them. */
static void each_set_is_taken_by_one_worker(void **state)
{
	(void)state;
	struct decoding *before = decoding_new(NULL);
	for (uint32_t i = 0; i < 30; i++) {
		char address[16];
		snprintf(address, sizeof address, "192.0.2.%u", i);
		send_data(before, address, i, "0050");
	}
	uint64_t expired = 0;
	for (unsigned number = 0; number < 3; number++) {
		struct decoding *after =
		    decoding_new(&(struct decoder_config){ .share = { by_last_octet, number, 3 } });
		struct err e = { 0 };
		carry_over(before, after);
		assert_true(decoder_end(after->decoder, &e));
		assert_int_equal(after->expired, 10);
		expired += after->expired;
		decoding_free(after);
	}
	assert_int_equal(expired, counts(before)->sets_parked);
	decoding_free(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_before_its_template_is_decoded_when_it_comes),
		cmocka_unit_test(it_is_decoded_into_the_minute_in_which_it_arrived),
		cmocka_unit_test(numbers_stay_apart_in_a_message_of_known_and_unknown_sets),
		cmocka_unit_test(options_data_waits_too),
		cmocka_unit_test(a_set_expires_when_it_has_waited_too_long),
		cmocka_unit_test(at_the_end_the_rest_is_given_up),
		cmocka_unit_test(one_exporter_cannot_take_all_the_room),
		cmocka_unit_test(strangers_make_room_for_others),
		cmocka_unit_test(what_waited_is_replayed_bit_by_bit),
		cmocka_unit_test(what_waits_survives_a_restart_of_the_collector),
		cmocka_unit_test(what_was_called_survives_too),
		cmocka_unit_test(each_set_is_taken_by_one_worker),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
