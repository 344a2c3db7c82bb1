/* NAT and firewall events: whose numbers they are in, and what they fill. */
#include <string.h>

#include "core/base/ticks.h"
#include "core/flow/nat_event.h"
#include "core/flow/plain.h"
#include "support/decoding.h"

/* 2026-11-22T00:00:00Z */
#define NAT_HEADER                                                                                 \
	{                                                                                          \
		.uptime_ms = 1000000, .seconds = 0x6b023080, .sequence = 5, .domain = 200          \
	}
/* observationTimeMilliseconds of 2026-11-22T00:00:00.250Z: 0x6b023080 x 1000 + 250 */
#define AT_250 "000001a2008d74fa"

enum { EVENTS = 256, NAMES = 65 };

struct nat_taking {
	struct decoder *decoder;
	size_t count, flows;
	struct nat_event events[EVENTS];
	char pools[EVENTS][NAMES]; /* the texts do not outlive the call */
	char users[EVENTS][NAMES];
};

static bool take_flows(void *context, struct batch *batch, struct err *e)
{
	(void)e;
	((struct nat_taking *)context)->flows += batch->count;
	return true;
}

static void copy_text(char *to, struct row_text text)
{
	assert_true(text.len < NAMES);
	if (text.len)
		memcpy(to, text.at, text.len);
	to[text.len] = '\0';
}

static bool take_events(void *context, enum table_id table, const void *rows, size_t count,
                        struct err *e)
{
	(void)e;
	struct nat_taking *t = context;
	assert_int_equal(table, TABLE_NAT);
	for (size_t i = 0; i < count; i++) {
		assert_true(t->count < EVENTS);
		t->events[t->count] = ((const struct nat_event *)rows)[i];
		copy_text(t->pools[t->count], t->events[t->count].pool_name);
		copy_text(t->users[t->count], t->events[t->count].user_name);
		t->count++;
	}
	return true;
}

static struct nat_taking *taking_new(const struct decoder_config *config)
{
	static const struct decoder_config plain;
	struct nat_taking *t = calloc(1, sizeof *t);
	struct err e = { 0 };
	assert_non_null(t);
	struct decode_sink sink = { .rows = take_flows, .plain = take_events, .context = t };
	t->decoder = decoder_new(config ? config : &plain, &sink, &e);
	assert_non_null(t->decoder);
	return t;
}

static void taking_free(struct nat_taking *t)
{
	decoder_free(t->decoder);
	free(t);
}

static void send(struct nat_taking *t, const struct bytes *m)
{
	struct datagram datagram = {
		.arrival = MIDNIGHT + 90 * TICKS_PER_SECOND,
		.src_port = 40000,
		.payload = m->b,
		.len = m->len,
	};
	struct err e = { 0 };
	assert_true(ip_parse("192.0.2.1", &datagram.src));
	assert_true(decoder_read(t->decoder, &datagram, &e));
	assert_true(decoder_flush(t->decoder, &e));
}

/* A v9 message with a template and its records, in hex. */
static void send_v9(struct nat_taking *t, const char *template, const char *records)
{
	struct bytes m = wire_v9((struct wire_header)NAT_HEADER);
	wire_set(&m, 0, template);
	wire_set(&m, 256, records);
	send(t, &m);
}

/* The event of one record of such a template. */
static struct nat_event one_of(const struct decoder_config *config, const char *template,
                               const char *record)
{
	struct nat_taking *t = taking_new(config);
	send_v9(t, template, record);
	assert_int_equal(t->count, 1);
	assert_int_equal(t->flows, 0);
	assert_int_equal(decoder_counts(t->decoder)->nat_events, 1);
	assert_int_equal(decoder_counts(t->decoder)->records, 0);
	assert_int_equal(decoder_counts(t->decoder)->malformed, 0);
	struct nat_event event = t->events[0];
	taking_free(t);
	return event;
}

static bool has(const struct nat_event *e, uint64_t bit)
{
	return e->present & bit;
}
#define HAS(e, column) has(e, PLAIN_BIT(NAT, column))

static void expect_named(const struct nat_event *e, const char *dialect, const char *name)
{
	assert_true(HAS(e, Dialect));
	assert_string_equal(nat_dialect_names[e->dialect], dialect);
	assert_string_equal(nat_event_names[e->event], name);
}

/* ---- RFC 8158 ---- */

/* The template of a NAT44 session: 323 230 8 225 4 7 227, and 12 226 11 228 463 234. */
static void a_session_fills_its_columns(void **state)
{
	(void)state;
	struct nat_event e =
	    one_of(NULL,
	           "0100 000d 01430008 00e60001 00080004 00e10004 00040001 00070002 00e30002"
	           "000c0004 00e20004 000b0002 00e40002 01cf0004 00ea0004",
	           AT_250 "04 0a000001 c6336407 06 c000 0400 cb007105 cb007106 01bb 01bc"
	                  "00000009 00000007");
	expect_named(&e, "IANA", "NAT44 session create");
	assert_int_equal(e.event_code, 4);
	assert_int_equal(e.event_time, MIDNIGHT + 250 * TICKS_PER_MS);
	expect_ip(&e.src_addr, "10.0.0.1");
	expect_ip(&e.post_src_addr, "198.51.100.7");
	expect_ip(&e.dst_addr, "203.0.113.5");
	expect_ip(&e.post_dst_addr, "203.0.113.6");
	assert_int_equal(e.protocol, 6);
	assert_int_equal(e.src_port, 49152);
	assert_int_equal(e.post_src_port, 1024);
	assert_int_equal(e.dst_port, 443);
	assert_int_equal(e.post_dst_port, 444);
	assert_int_equal(e.nat_instance, 9);
	assert_int_equal(e.ingress_vrf, 7);
	assert_int_equal(e.domain, 200);
	assert_int_equal(e.sequence, 5 << 16);
	assert_int_equal(e.record_time, MIDNIGHT);
	/* it arrived 90 s after midnight */
	assert_int_equal(e.minute, (MIDNIGHT - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE + 1);
	expect_ip(&e.exporter, "192.0.2.1");
	/* 1,000,000 ms before */
	assert_int_equal(e.exporter_start, MIDNIGHT - 1000 * TICKS_PER_SECOND);
	assert_false(HAS(&e, PortBlockStart));
	assert_false(HAS(&e, FirewallEvent));
	assert_false(HAS(&e, NatPoolName));
}

static void events_come_one_by_one_in_order_equal_ones_too(void **state)
{
	(void)state;
	struct nat_taking *t = taking_new(NULL);
	send_v9(t, "0100 0003 00080004 00e10004 00e60001",
	        "0a000001c633640704 0a000001c633640705 0a000001c633640704 0a000001c633640704 0000");
	assert_int_equal(t->count, 4);
	const uint8_t codes[] = { 4, 5, 4, 4 };
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(t->events[i].event_code, codes[i]);
		assert_int_equal(t->events[i].sequence, (5 << 16) + i);
	}
	taking_free(t);
}

/* More than the decoder hands over at a time. */
static void more_events_than_a_batch_all_come(void **state)
{
	(void)state;
	struct nat_taking *t = taking_new(NULL);
	char records[2 * 150 + 1] = "";
	for (int i = 0; i < 150; i++)
		strcpy(records + 2 * i, i % 2 ? "05" : "04");
	send_v9(t, "0100 0001 00e60001", records);
	assert_int_equal(t->count, 150);
	for (size_t i = 0; i < 150; i++)
		assert_int_equal(t->events[i].event_code, 4 + i % 2);
	taking_free(t);
}

/* Quota: 323 230 466 and one of 471 to 475 (RFC 8158 section 5.6). */
static void a_quota_event_has_its_limit(void **state)
{
	(void)state;
	struct nat_event e = one_of(NULL, "0100 0005 01430008 00e60001 01d20004 01d90004 00080004",
	                            AT_250 "0d 00000003 00000064 0a000001");
	expect_named(&e, "IANA", "Quota exceeded");
	assert_int_equal(e.quota_event, 3);
	assert_int_equal(e.quota, 100);
	assert_false(HAS(&e, NatThreshold));
}

static void a_threshold_event_has_its_level(void **state)
{
	(void)state;
	struct nat_event e = one_of(NULL, "0100 0005 01430008 00e60001 01d30004 011b0004 01dc0004",
	                            AT_250 "12 00000001 00000005 0000005a");
	expect_named(&e, "IANA", "Threshold reached");
	assert_int_equal(e.threshold_event, 1);
	assert_int_equal(e.threshold, 90);
	assert_int_equal(e.pool_id, 5);
}

/* VPP writes 466, 471 and 472 in the byte order of its machine: 1 comes as 0x01000000. */
static void what_vpp_sends_in_its_own_byte_order_stays_as_it_came(void **state)
{
	(void)state;
	struct nat_event e = one_of(NULL, "0100 0004 01430008 00e60001 01d20004 01d70004",
	                            AT_250 "0d 01000000 e8030000");
	assert_int_equal(e.quota_event, 16777216);
	assert_int_equal(e.quota, 3892510720u); /* 0xe8030000 */
}

/* ---- dialects (which rules: nat_dialect.h) ---- */

#define V4   "00080004 00e10004"
#define V6   "001b0010 00e10004"
#define IP4  "0a000001 c6336407"
#define IP6  "20010db8000000000000000000000001 c6336407"
#define NAME "00e60001"

static void four_is_a_nat44_session_for_iana_and_a_nat64_session_for_junos(void **state)
{
	(void)state;
	struct nat_event e = one_of(NULL, "0100 0003" V4 NAME, IP4 "04");
	expect_named(&e, "IANA", "NAT44 session create");
	e = one_of(NULL, "0100 0003" V6 NAME, IP6 "04");
	expect_named(&e, "Junos", "NAT64 session create");
	e = one_of(NULL, "0100 0003" V6 NAME, IP6 "05");
	expect_named(&e, "Junos", "NAT64 session delete");
}

static void every_ambiguous_number_is_told_by_what_the_record_carries(void **state)
{
	(void)state;
	static const struct {
		const char *template, *record, *dialect, *name;
	} known[] = {
		{ "0100 0003" V6 NAME, IP6 "06", "IANA", "NAT64 session create" },
		{ "0100 0003" V4 NAME, IP4 "06", "Junos", "NAT44 BIB create" },
		{ "0100 0003" V4 NAME, IP4 "07", "Junos", "NAT44 BIB delete" },
		{ "0100 0003" V4 NAME, IP4 "08", "IANA", "NAT44 BIB create" },
		{ "0100 0003" V6 NAME, IP6 "09", "Junos", "NAT64 BIB delete" },
		{ "0100 0003" V6 NAME, IP6 "0a", "IANA", "NAT64 BIB create" },
		/* ports exhausted: an outside address and no source */
		{ "0100 0002 00e10004" NAME, "c6336407 0c", "IANA", "NAT ports exhausted" },
		{ "0100 0002 00e10004" NAME, "c6336407 0a", "Junos", "NAT ports exhausted" },
		{ "0100 0002 01d20004" NAME, "00000001 0b", "Junos", "Quota exceeded" },
		{ "0100 0002 01d20004" NAME, "00000001 0d", "IANA", "Quota exceeded" },
		{ "0100 0003" V4 NAME, IP4 "0c", "Junos", "Address binding create" },
		{ "0100 0003" V4 NAME, IP4 "0d", "Junos", "Address binding delete" },
		{ "0100 0003" V4 NAME, IP4 "0e", "IANA", "Address binding create" },
		{ "0100 0004" V4 NAME "01690002", IP4 "0e 0400", "Junos", "Port block allocation" },
		{ "0100 0004" V4 NAME "01690002", IP4 "0f 0400", "Junos",
		  "Port block de-allocation" },
		{ "0100 0004" V4 NAME "01690002", IP4 "10 0400", "IANA", "Port block allocation" },
		{ "0100 0004" V4 NAME "01690002", IP4 "11 0400", "IANA",
		  "Port block de-allocation" },
		{ "0100 0003" V4 NAME, IP4 "01", "IANA", "NAT translation create" },
		{ "0100 0003" V4 NAME, IP4 "02", "IANA", "NAT translation delete" },
		{ "0100 0003" V4 NAME, IP4 "ff", "IANA", "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		struct nat_event e = one_of(NULL, known[i].template, known[i].record);
		expect_named(&e, known[i].dialect, known[i].name);
	}
}

static void the_operator_has_the_last_word(void **state)
{
	(void)state;
	struct sampling_override junos = { .nat = NAT_DIALECT_JUNOS };
	assert_true(ip_prefix_parse("192.0.2.0/24", &junos.prefix));
	struct decoder_config config = { .overrides = { &junos, 1 } };
	struct nat_event e = one_of(&config, "0100 0003" V4 NAME, IP4 "04");
	expect_named(&e, "Junos", "NAT64 session create");
	e = one_of(&config, "0100 0004" V4 NAME "01690002", IP4 "10 0400");
	expect_named(&e, "Junos", "Port block active");
	junos.nat = NAT_DIALECT_IANA;
	e = one_of(&config, "0100 0003" V6 NAME, IP6 "04");
	expect_named(&e, "IANA", "NAT44 session create");
	assert_true(ip_prefix_parse("192.0.3.0/24", &junos.prefix));
	e = one_of(&config, "0100 0003" V6 NAME, IP6 "04");
	expect_named(&e, "Junos", "NAT64 session create");
}

/* ---- Junos ---- */

/* A port-block record with 323 twice: the event's time, then the block's. */
static void a_time_that_stands_twice_is_the_events_and_then_the_blocks(void **state)
{
	(void)state;
	struct nat_event e = one_of(NULL,
	                            "0100 0007 01430008 00080004 00e10004 00e60001 01690002"
	                            "016a0002 01430008",
	                            AT_250 IP4 "0f 0400 07ff 000001a2008d7400");
	expect_named(&e, "Junos", "Port block de-allocation");
	assert_int_equal(e.event_time, MIDNIGHT + 250 * TICKS_PER_MS);
	assert_int_equal(e.block_time, MIDNIGHT);
	assert_int_equal(e.block_start, 1024);
	assert_int_equal(e.block_end, 2047);
}

/* nfdump's table for Junos has 16 as a block that is still held; for IANA it is an allocation. */
static void sixteen_with_a_mark_of_junos_is_a_block_that_is_still_held(void **state)
{
	(void)state;
	struct nat_event e = one_of(NULL,
	                            "0100 0007 01430008 00080004 00e10004 00e60001 01690002"
	                            "016a0002 01430008",
	                            AT_250 IP4 "10 0400 07ff 000001a2008d7400");
	expect_named(&e, "Junos", "Port block active");
}

/* natPoolName of 64 octets, padded with NULs; 1 is then Junos' own session. */
static void a_pool_name_is_fixed_at_64_octets(void **state)
{
	(void)state;
	struct nat_taking *t = taking_new(NULL);
	send_v9(t, "0100 0004" V4 NAME "011c0040",
	        IP4 "01 63676e2d706f6f6c"
	            "00000000000000000000000000000000000000000000000000000000"
	            "00000000000000000000000000000000000000000000000000000000");
	assert_int_equal(t->count, 1);
	expect_named(&t->events[0], "Junos", "NAT44 session create");
	assert_int_equal(t->events[0].pool_name.len, 64);
	assert_string_equal(t->pools[0], "cgn-pool");
	taking_free(t);
}

/* ---- port blocks and pools ---- */

/* Start, step and count, and no end, as a CGN sends it: 1024, 1026, … 64 ports. */
static void a_block_of_start_step_and_count_has_an_end(void **state)
{
	(void)state;
	struct nat_event e =
	    one_of(NULL, "0100 0006" V4 NAME "01690002 016b0002 016c0002", IP4 "01 0400 0002 0040");
	expect_named(&e, "IANA", "NAT translation create");
	assert_int_equal(e.block_start, 1024);
	assert_int_equal(e.block_step, 2);
	assert_int_equal(e.block_size, 64);
	assert_true(HAS(&e, PortBlockEnd));
	assert_int_equal(e.block_end, 1024 + 63 * 2);
}

static void a_block_that_cannot_be_has_no_end(void **state)
{
	(void)state;
	struct nat_event e =
	    one_of(NULL, "0100 0006" V4 NAME "01690002 016b0002 016c0002", IP4 "01 fff0 0002 0040");
	assert_true(HAS(&e, PortBlockStart));
	assert_false(HAS(&e, PortBlockEnd));
}

/* Pool and event only, and no time. */
static void an_exhausted_pool_may_come_without_a_time(void **state)
{
	(void)state;
	struct nat_event e = one_of(NULL, "0100 0002 011b0004 00e60001", "00000007 03");
	expect_named(&e, "IANA", "NAT addresses exhausted");
	assert_int_equal(e.pool_id, 7);
	assert_false(HAS(&e, EventTime));
	assert_false(HAS(&e, SourceIp));
}

/* 229 is natOriginatingAddressRealm; 464 and 465 are the realms inside and outside. */
static void element_229_is_the_originating_realm(void **state)
{
	(void)state;
	struct nat_event e = one_of(NULL, "0100 0004" V4 NAME "00e50001", IP4 "04 01");
	assert_int_equal(e.realm, 1);
	assert_false(HAS(&e, InternalRealm));
}

/* ---- Nokia ---- */

/* No natEvent: a begin is an add, an end a delete. */
static void times_alone_tell_what_nokia_means(void **state)
{
	(void)state;
	struct nat_event e =
	    one_of(NULL, "0100 0005" V4 "00070002 00e30002 00980008", IP4 "c000 0400" AT_250);
	expect_named(&e, "Nokia", "NAT44 session create");
	assert_int_equal(e.event_time, MIDNIGHT + 250 * TICKS_PER_MS);
	assert_false(HAS(&e, NatEventCode));
	e = one_of(NULL, "0100 0005" V4 "00070002 00e30002 00990008", IP4 "c000 0400" AT_250);
	expect_named(&e, "Nokia", "NAT44 session delete");
	assert_int_equal(e.event_time, MIDNIGHT + 250 * TICKS_PER_MS);
	e = one_of(NULL, "0100 0005" V4 "01690002 016a0002 00980008", IP4 "0400 07ff" AT_250);
	expect_named(&e, "Nokia", "Port block allocation");
}

static void a_flow_with_translated_addresses_stays_a_flow(void **state)
{
	(void)state;
	struct nat_taking *t = taking_new(NULL);
	send_v9(t, "0100 0004" V4 "00010004 00980008", IP4 "00000064" AT_250);
	send_v9(t, "0100 0004" V4 "00980008 00990008", IP4 AT_250 AT_250);
	assert_int_equal(t->count, 0);
	assert_int_equal(t->flows, 2);
	taking_free(t);
}

/* ---- firewalls ---- */

/* ASA: 33002 is a plain v9 type, not an enterprise's; 231 and 232 are no counters to add up. */
static void asa_events_have_types_beyond_32767(void **state)
{
	(void)state;
	struct nat_taking *t = taking_new(NULL);
	send_v9(t,
	        "0100 0009 00940004 00080004 000c0004 00e90001 80ea0002 01430008 00e70008"
	        "00e80008 9c400014",
	        "00000011 0a000001 cb007105 02 07e3" AT_250 "0000000000000029 00000000000000c1"
	        "616c6963650000000000000000000000000000000000");
	assert_int_equal(t->count, 1);
	const struct nat_event *e = &t->events[0];
	expect_named(e, "NSEL", "Flow deleted");
	assert_int_equal(e->firewall_event, 2);
	assert_int_equal(e->firewall_code, 2019);
	assert_int_equal(e->flow_id, 17);
	assert_int_equal(e->initiator_bytes, 41);
	assert_int_equal(e->responder_bytes, 193);
	assert_string_equal(t->users[0], "alice");
	assert_int_equal(t->flows, 0);
	taking_free(t);
}

/* The first ASAs: 40001 to 40005 in the places of 225 to 228 and 233. */
static void old_asa_events_have_types_of_their_own(void **state)
{
	(void)state;
	struct nat_event e = one_of(NULL, "0100 0004 00080004 9c410004 9c430002 9c450001",
	                            "0a000001 c6336407 0400 01");
	expect_named(&e, "NSEL", "Flow created");
	expect_ip(&e.post_src_addr, "198.51.100.7");
	assert_int_equal(e.post_src_port, 1024);
}

static void a_firewall_event_beside_delta_counters_is_a_flow(void **state)
{
	(void)state;
	struct nat_taking *t = taking_new(NULL);
	send_v9(t, "0100 0003 00080004 00e90001 00010004", "0a000001 01 00000064");
	assert_int_equal(t->count, 0);
	assert_int_equal(t->flows, 1);
	taking_free(t);
}

/* ASA: an IPv4 source with an IPv6 address after translation, and the other way round. */
static void families_may_be_mixed(void **state)
{
	(void)state;
	struct nat_event e = one_of(NULL, "0100 0003 00080004 01190010 00e90001",
	                            "0a000001 20010db8000000000000000000000002 01");
	expect_ip(&e.src_addr, "10.0.0.1");
	expect_ip(&e.post_src_addr, "2001:db8::2");
	/* both of one column: the one that is set */
	e = one_of(NULL, "0100 0004 00080004 001b0010 00e10004 00e60001",
	           "0a000001 00000000000000000000000000000000 c6336407 04");
	expect_ip(&e.src_addr, "10.0.0.1");
	expect_named(&e, "IANA", "NAT44 session create");
	e = one_of(NULL, "0100 0004 00080004 001b0010 00e10004 00e60001",
	           "00000000 20010db8000000000000000000000001 c6336407 04");
	expect_ip(&e.src_addr, "2001:db8::1");
	expect_named(&e, "Junos", "NAT64 session create");
}

/* ---- broken ones ---- */

static void fields_of_senseless_length_fill_nothing(void **state)
{
	(void)state;
	struct nat_event e = one_of(NULL, "0100 0005 00080003 00e10000 00070009 00e60001 01430003",
	                            "0a0000 000000000000000001 04 ffffff");
	assert_false(HAS(&e, SourceIp));
	assert_false(HAS(&e, PostNatSourceIp));
	assert_false(HAS(&e, SourcePort));
	assert_true(HAS(&e, EventTime)); /* of reduced size: 16,777,215 ms after 1970 */
	assert_int_equal(e.event_time, TICKS_UNIX_EPOCH + INT64_C(16777215) * TICKS_PER_MS);
}

static void values_too_large_for_their_column_are_null(void **state)
{
	(void)state;
	struct nat_event e = one_of(NULL, "0100 0003" V4 "00e60002", IP4 "0104");
	assert_false(HAS(&e, NatEventCode));
	expect_named(&e, "IANA", "");
}

/* IPFIX, with texts of variable length. */
static void a_truncated_record_is_counted_and_those_before_it_come(void **state)
{
	(void)state;
	struct nat_taking *t = taking_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)NAT_HEADER);
	wire_set(&m, 2, "0100 0003 00080004 011cffff 00e60001");
	wire_set(&m, 256, "0a000001 0363676e 04 0a000002 09636e 04");
	wire_ipfix_end(&m);
	send(t, &m);
	assert_int_equal(t->count, 1);
	assert_string_equal(t->pools[0], "cgn");
	assert_int_equal(decoder_counts(t->decoder)->outcomes[WIRE_TRUNCATED_RECORD], 1);
	assert_int_equal(decoder_counts(t->decoder)->nat_events, 1);
	taking_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_fills_its_columns),
		cmocka_unit_test(events_come_one_by_one_in_order_equal_ones_too),
		cmocka_unit_test(more_events_than_a_batch_all_come),
		cmocka_unit_test(a_quota_event_has_its_limit),
		cmocka_unit_test(a_threshold_event_has_its_level),
		cmocka_unit_test(what_vpp_sends_in_its_own_byte_order_stays_as_it_came),
		cmocka_unit_test(four_is_a_nat44_session_for_iana_and_a_nat64_session_for_junos),
		cmocka_unit_test(every_ambiguous_number_is_told_by_what_the_record_carries),
		cmocka_unit_test(the_operator_has_the_last_word),
		cmocka_unit_test(a_time_that_stands_twice_is_the_events_and_then_the_blocks),
		cmocka_unit_test(sixteen_with_a_mark_of_junos_is_a_block_that_is_still_held),
		cmocka_unit_test(a_pool_name_is_fixed_at_64_octets),
		cmocka_unit_test(a_block_of_start_step_and_count_has_an_end),
		cmocka_unit_test(a_block_that_cannot_be_has_no_end),
		cmocka_unit_test(an_exhausted_pool_may_come_without_a_time),
		cmocka_unit_test(element_229_is_the_originating_realm),
		cmocka_unit_test(times_alone_tell_what_nokia_means),
		cmocka_unit_test(a_flow_with_translated_addresses_stays_a_flow),
		cmocka_unit_test(asa_events_have_types_beyond_32767),
		cmocka_unit_test(old_asa_events_have_types_of_their_own),
		cmocka_unit_test(a_firewall_event_beside_delta_counters_is_a_flow),
		cmocka_unit_test(families_may_be_mixed),
		cmocka_unit_test(fields_of_senseless_length_fill_nothing),
		cmocka_unit_test(values_too_large_for_their_column_are_null),
		cmocka_unit_test(a_truncated_record_is_counted_and_those_before_it_come),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
