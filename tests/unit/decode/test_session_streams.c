/* Messages of connections beside datagrams: RFC 7011 section 8, a template is good for its own
 * transport session. */
#include "core/base/buf.h"
#include "support/decoding.h"

static const char SOURCE_PORT[] = "0100 0001 00070002", DESTINATION_PORT[] = "0100 0001 000b0002";

static void send(struct decoding *d, bool session, uint16_t port, uint32_t sequence,
                 const char *template, const char *records)
{
	struct bytes m = wire_ipfix(
	    (struct wire_header){ .seconds = 0x6b023080, .sequence = sequence, .domain = 100 });
	if (template)
		wire_set(&m, 2, template);
	if (records)
		wire_set(&m, 256, records);
	wire_ipfix_end(&m);
	d->session = session;
	d->later += TICKS_PER_SECOND;
	decoding_send_from(d, &m, "192.0.2.1", port);
}

static void end_session(struct decoding *d, uint16_t port)
{
	struct ip from;
	assert_true(ip_parse("192.0.2.1", &from));
	decoder_end_session(d->decoder, &from, port);
}

static void a_session_and_datagrams_of_one_port_share_nothing(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	send(d, false, 4739, 1000, SOURCE_PORT, "0050");
	send(d, true, 4739, 0, NULL, "0051");
	assert_int_equal(d->count, 1);
	send(d, true, 4739, 1, DESTINATION_PORT, "0052");
	send(d, false, 4739, 1001, NULL, "0053");
	assert_int_equal(d->count, 4); /* the one that waited, too */
	assert_int_equal(d->rows[0].key.src_port, 0x50);
	assert_int_equal(d->rows[1].key.dst_port, 0x51);
	assert_int_equal(d->rows[2].key.dst_port, 0x52);
	assert_int_equal(d->rows[3].key.src_port, 0x53);
	end_session(d, 4739);
	send(d, false, 4739, 1002, NULL, "0054");
	assert_int_equal(d->rows[4].key.src_port, 0x54);
	const struct decode_counts *c = decoder_counts(d->decoder);
	assert_int_equal(c->lost_records + c->duplicates + c->reordered + c->restarts, 0);
	decoding_free(d);
}

static void a_session_neither_lends_templates_nor_borrows(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	send(d, true, 1000, 0, SOURCE_PORT, NULL);
	send(d, false, 2000, 0, NULL, "0050");
	send(d, true, 3000, 0, NULL, "0051");
	assert_int_equal(d->count, 0);
	send(d, false, 4000, 0, SOURCE_PORT, NULL); /* lends it to datagrams of other ports */
	send(d, false, 4000, 0, NULL, "0052");
	assert_int_equal(d->count, 2);
	assert_int_equal(decoder_counts(d->decoder)->sets_replayed, 1);
	decoding_free(d);
}

/* A port may be used again at once. */
static void what_waited_in_a_session_is_not_decoded_in_the_next(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	send(d, true, 1000, 0, NULL, "0050");
	end_session(d, 1000);
	send(d, true, 1000, 0, SOURCE_PORT, "0051");
	send(d, true, 1000, 1, NULL, "0052");
	assert_int_equal(d->count, 2);
	assert_int_equal(d->rows[0].key.src_port, 0x51);
	assert_int_equal(d->expired, 1);
	decoding_free(d);
}

static struct decoding *restarted(struct decoding *before)
{
	struct buf octets = { 0 };
	struct err e = { 0 };
	struct decoding *after = decoding_new(NULL);
	after->later = before->later;
	decoder_save(before->decoder, &octets);
	assert_true(decoder_load(after->decoder, octets.text, octets.len, &e));
	buf_done(&octets);
	return after;
}

/* The journal may hold more messages of a session than were committed. */
static void sessions_are_saved_and_end_with_the_process(void **state)
{
	(void)state;
	struct decoding *before = decoding_new(NULL);
	send(before, true, 1000, 0, SOURCE_PORT, "0050");
	send(before, false, 2000, 0, DESTINATION_PORT, "0050");
	struct decoding *after = restarted(before);
	send(after, true, 1000, 1, NULL, "0051");
	assert_int_equal(after->count, 1);
	decoder_end_sessions(after->decoder);
	send(after, true, 1000, 2, NULL, "0052");
	assert_int_equal(after->count, 1);
	send(after, false, 2000, 1, NULL, "0053");
	assert_int_equal(after->count, 2);
	assert_int_equal(after->rows[1].key.dst_port, 0x53);
	decoding_free(before);
	decoding_free(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_and_datagrams_of_one_port_share_nothing),
		cmocka_unit_test(a_session_neither_lends_templates_nor_borrows),
		cmocka_unit_test(what_waited_in_a_session_is_not_decoded_in_the_next),
		cmocka_unit_test(sessions_are_saved_and_end_with_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
