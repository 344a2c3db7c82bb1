#include "core/base/buf.h"

#include "support/decoding.h"

static bool print_record(void *context, const struct record *record, struct err *e)
{
	(void)e;
	record_json(context, record);
	return true;
}

static void expect_lines(const struct bytes *m, const char *want)
{
	struct buf out = { 0 };
	struct err e = { 0 };
	struct decoder_config config = { 0 };
	struct decode_sink sink = { .record = print_record, .context = &out };
	struct decoder *decoder = decoder_new(&config, &sink, &e);
	assert_non_null(decoder);
	struct datagram datagram = { .src_port = 40000, .payload = m->b, .len = m->len };
	assert_true(ip_parse("192.0.2.1", &datagram.src));
	assert_true(decoder_read(decoder, &datagram, &e));
	assert_string_equal(buf_text(&out), want);
	decoder_free(decoder);
	buf_done(&out);
}

static void a_record_is_one_line(void **state)
{
	(void)state;
	struct bytes m =
	    wire_v9((struct wire_header){ .seconds = 0x6b023080, .sequence = 9, .domain = 100 });
	wire_set(&m, 0, "0100 0003 00080004 00010004 80e80002");
	wire_set(&m, 256, "0a000001 000005dc abcd");
	expect_lines(&m, "{\"protocol\":\"netflow9\",\"exporter\":\"192.0.2.1\",\"port\":40000,"
	                 "\"domain\":100,\"template\":256,\"kind\":\"flow\","
	                 "\"exportTime\":\"2026-11-22T00:00:00Z\",\"sequence\":9,"
	                 "\"fields\":{\"sourceIPv4Address\":\"10.0.0.1\",\"octetDeltaCount\":1500,"
	                 "\"e0id33000\":\"abcd\"}}\n");
}

/* Junos sends observationTimeMilliseconds twice: the event's time and the block's. */
static void a_repeated_element_is_an_array(void **state)
{
	(void)state;
	struct bytes m = wire_ipfix((struct wire_header){ .seconds = 0x6b023080 });
	wire_set(&m, 2, "0100 0003 01430008 00e60001 01430008");
	wire_set(&m, 256, "0000000000000001 04 0000000000000002");
	wire_ipfix_end(&m);
	expect_lines(&m,
	             "{\"protocol\":\"ipfix\",\"exporter\":\"192.0.2.1\",\"port\":40000,"
	             "\"domain\":0,\"template\":256,\"kind\":\"nat\","
	             "\"exportTime\":\"2026-11-22T00:00:00Z\",\"sequence\":0,"
	             "\"fields\":{\"observationTimeMilliseconds\":[\"1970-01-01T00:00:00.001Z\","
	             "\"1970-01-01T00:00:00.002Z\"],\"natEvent\":4}}\n");
}

static void options_name_their_scope(void **state)
{
	(void)state;
	struct bytes m = wire_v9((struct wire_header){ .seconds = 0x6b023080 });
	wire_set(&m, 1, "0100 0004 0004 00010004 00220004");
	wire_set(&m, 256, "00000007 00000064");
	expect_lines(&m, "{\"protocol\":\"netflow9\",\"exporter\":\"192.0.2.1\",\"port\":40000,"
	                 "\"domain\":0,\"template\":256,\"kind\":\"options\","
	                 "\"exportTime\":\"2026-11-22T00:00:00Z\",\"sequence\":0,"
	                 "\"fields\":{\"scopeSystem\":7,\"samplingInterval\":100}}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_one_line),
		cmocka_unit_test(a_repeated_element_is_an_array),
		cmocka_unit_test(options_name_their_scope),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
