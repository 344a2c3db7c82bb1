/* Templates and records, octet by octet: RFC 8158 section 4.6 for the one dialect, the fields that
 * Junos documents for the other. */
#include "exporter/emit/nat_layouts.h"

#include <string.h>

#include "core/base/ticks.h"
#include "core/wire/element.h"
#include "support/hex.h"
#include "support/unit.h"

/* 2026-11-27T12:00:00.250Z: 1795780800250 ms since 1970; and a second before. */
#define TIME     "000001a21ce06efa"
#define EARLIER  "000001a21ce06b12"
#define NOON_250 (ticks_from_unix_ms(1795780800250))

static struct nat_event event_of(uint8_t iana, enum nat_dialect dialect)
{
	uint8_t kind = nat_event_find(NAT_DIALECT_IANA, iana);
	struct nat_event e = {
		.event = kind,
		.event_code =
		    (uint8_t)(dialect == NAT_DIALECT_JUNOS ? nat_event_kinds[kind].junos : iana),
		.event_time = NOON_250,
		.block_time = NOON_250 - TICKS_PER_SECOND,
		.protocol = 6,
		.src_port = 0x1234,
		.post_src_port = 0x5678,
		.dst_port = 443,
		.post_dst_port = 8443,
		.block_start = 1024,
		.block_end = 2047,
		.block_step = 1,
		.block_size = 1024,
	};
	bool is_64 = iana == NAT64_SESSION_CREATE || iana == NAT64_SESSION_DELETE;
	assert_true(ip_parse(is_64 ? "2001:db8::2" : "10.0.0.2", &e.src_addr));
	assert_true(ip_parse(is_64 ? "64:ff9b::c000:209" : "192.0.2.9", &e.dst_addr));
	assert_true(ip_parse("203.0.113.10", &e.post_src_addr));
	assert_true(ip_parse("192.0.2.9", &e.post_dst_addr));
	return e;
}

static void name_pool(struct nat_event *e, const char *name)
{
	e->pool_name = (struct row_text){ name, strlen(name) };
	e->present |= PLAIN_BIT(NAT, NatPoolName);
}

struct expected {
	uint8_t iana; /* which event */
	const char *template, *record;
};

static void assert_octets(const uint8_t *found, size_t len, const char *want)
{
	struct bytes bytes = hex(want);
	assert_int_equal(len, bytes.len);
	assert_memory_equal(found, bytes.b, len);
}

static void check(const struct nat_layouts *set, const struct nat_event *event,
                  const struct expected *want)
{
	struct nat_record record;
	uint8_t octets[512];
	const struct layout *layout = nat_layout_for(set, event, &record);
	assert_non_null(layout);
	layout_encode_template(layout, WIRE_NETFLOW9, octets);
	assert_octets(octets, layout_template_size(layout), want->template);
	layout_encode(layout, &record, 0, octets);
	assert_octets(octets, layout->record_size, want->record);
}

static void check_all(enum nat_dialect dialect, bool destinations, const char *pool,
                      const struct expected *want, size_t count)
{
	struct nat_layouts set;
	nat_layouts_init(&set, dialect, destinations);
	for (size_t i = 0; i < count; i++) {
		struct nat_event e = event_of(want[i].iana, dialect);
		if (pool)
			name_pool(&e, pool);
		check(&set, &e, &want[i]);
	}
}

/* 323 230 8|27 225 4 7 227; 323 230 225 4; 323 230 8 225 361 362 and 363 364. */
static void iana_events_have_the_fields_of_rfc_8158(void **state)
{
	(void)state;
	static const struct expected want[] = {
		{ 4,
		  "0140 0007 0143 0008 00e6 0001 0008 0004 00e1 0004 0004 0001 0007 0002 00e3 0002",
		  TIME "04 0a000002 cb00710a 06 1234 5678" },
		{ 5,
		  "0141 0007 0143 0008 00e6 0001 0008 0004 00e1 0004 0004 0001 0007 0002 00e3 0002",
		  TIME "05 0a000002 cb00710a 06 1234 5678" },
		{ 6,
		  "0142 0007 0143 0008 00e6 0001 001b 0010 00e1 0004 0004 0001 0007 0002 00e3 0002",
		  TIME "06 20010db8000000000000000000000002 cb00710a 06 1234 5678" },
		{ 7,
		  "0143 0007 0143 0008 00e6 0001 001b 0010 00e1 0004 0004 0001 0007 0002 00e3 0002",
		  TIME "07 20010db8000000000000000000000002 cb00710a 06 1234 5678" },
		{ 12, "0144 0004 0143 0008 00e6 0001 00e1 0004 0004 0001", TIME "0c cb00710a 06" },
		{ 16,
		  "0145 0008 0143 0008 00e6 0001 0008 0004 00e1 0004"
		  "0169 0002 016a 0002 016b 0002 016c 0002",
		  TIME "10 0a000002 cb00710a 0400 07ff 0001 0400" },
		{ 17,
		  "0146 0008 0143 0008 00e6 0001 0008 0004 00e1 0004"
		  "0169 0002 016a 0002 016b 0002 016c 0002",
		  TIME "11 0a000002 cb00710a 0400 07ff 0001 0400" },
	};
	check_all(NAT_DIALECT_IANA, false, NULL, want, ARRAY_LEN(want));
	check_all(NAT_DIALECT_IANA, false, "blue", want, ARRAY_LEN(want));
}

/* And 12|28 226 11 228 behind them. */
static void destinations_are_there_when_they_are_asked_for(void **state)
{
	(void)state;
	static const struct expected want[] = {
		{ 4,
		  "0140 000b 0143 0008 00e6 0001 0008 0004 00e1 0004 0004 0001 0007 0002 00e3 0002"
		  "000c 0004 00e2 0004 000b 0002 00e4 0002",
		  TIME "04 0a000002 cb00710a 06 1234 5678 c0000209 c0000209 01bb 20fb" },
		{ 6,
		  "0142 000b 0143 0008 00e6 0001 001b 0010 00e1 0004 0004 0001 0007 0002 00e3 0002"
		  "001c 0010 00e2 0004 000b 0002 00e4 0002",
		  TIME "06 20010db8000000000000000000000002 cb00710a 06 1234 5678"
		       "0064ff9b0000000000000000c0000209 c0000209 01bb 20fb" },
		{ 12, "0144 0004 0143 0008 00e6 0001 00e1 0004 0004 0001", TIME "0c cb00710a 06" },
	};
	check_all(NAT_DIALECT_IANA, true, NULL, want, ARRAY_LEN(want));
}

/* 8 225 7 227 4 230 323, with 12 226 11 228 among them; port blocks with 323 twice. */
static void junos_events_have_its_fields_and_numbers(void **state)
{
	(void)state;
	static const struct expected want[] = {
		{ 4,
		  "0140 0007 0008 0004 00e1 0004 0007 0002 00e3 0002 0004 0001 00e6 0001 0143 0008",
		  "0a000002 cb00710a 1234 5678 06 01" TIME },
		{ 5,
		  "0141 0007 0008 0004 00e1 0004 0007 0002 00e3 0002 0004 0001 00e6 0001 0143 0008",
		  "0a000002 cb00710a 1234 5678 06 02" TIME },
		{ 7,
		  "0143 0007 001b 0010 00e1 0004 0007 0002 00e3 0002 0004 0001 00e6 0001 0143 0008",
		  "20010db8000000000000000000000002 cb00710a 1234 5678 06 05" TIME },
		{ 12, "0144 0004 00e1 0004 0004 0001 00e6 0001 0143 0008", "cb00710a 06 0a" TIME },
		{ 16,
		  "0145 0009 0008 0004 00e1 0004 00e6 0001 0143 0008"
		  "0169 0002 016a 0002 016b 0002 016c 0002 0143 0008",
		  "0a000002 cb00710a 0e" TIME "0400 07ff 0001 0400" EARLIER },
		{ 17,
		  "0146 0009 0008 0004 00e1 0004 00e6 0001 0143 0008"
		  "0169 0002 016a 0002 016b 0002 016c 0002 0143 0008",
		  "0a000002 cb00710a 0f" TIME "0400 07ff 0001 0400" EARLIER },
	};
	check_all(NAT_DIALECT_JUNOS, false, NULL, want, ARRAY_LEN(want));
	static const struct expected with_destinations = {
		4,
		"0140 000b 0008 0004 00e1 0004 000c 0004 00e2 0004 0007 0002 00e3 0002"
		"000b 0002 00e4 0002 0004 0001 00e6 0001 0143 0008",
		"0a000002 cb00710a c0000209 c0000209 1234 5678 01bb 20fb 06 01" TIME
	};
	check_all(NAT_DIALECT_JUNOS, true, NULL, &with_destinations, 1);
}

#define NULS_12 "000000000000000000000000"

/* natPoolName has 64 octets, whatever the name's length: a template of its own. */
static void junos_names_the_pool_where_it_has_a_name(void **state)
{
	(void)state;
	static const struct expected named = {
		4,
		"0147 0008 0008 0004 00e1 0004 0007 0002 00e3 0002 0004 0001 00e6 0001 0143 0008"
		"011c 0040",
		"0a000002 cb00710a 1234 5678 06 01" TIME
		"626c7565" NULS_12 NULS_12 NULS_12 NULS_12 NULS_12
	};
	check_all(NAT_DIALECT_JUNOS, false, "blue", &named, 1);
	struct nat_layouts set;
	struct nat_record record;
	char longer[100];
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	struct nat_event e = event_of(12, NAT_DIALECT_JUNOS);
	name_pool(&e, longer);
	nat_layouts_init(&set, NAT_DIALECT_JUNOS, false);
	const struct layout *layout = nat_layout_for(&set, &e, &record);
	assert_int_equal(layout->id, 0x14b);
	assert_int_equal(layout->record_size, 4 + 1 + 1 + 8 + 64);
	assert_memory_equal(record.pool_name, longer, 64);
}

static void an_event_that_is_never_made_has_no_template(void **state)
{
	(void)state;
	struct nat_layouts set;
	struct nat_record record;
	struct nat_event e = event_of(13, NAT_DIALECT_IANA);
	nat_layouts_init(&set, NAT_DIALECT_IANA, false);
	assert_null(nat_layout_for(&set, &e, &record));
	e.event = NAT_EVENT_NONE;
	assert_null(nat_layout_for(&set, &e, &record));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iana_events_have_the_fields_of_rfc_8158),
		cmocka_unit_test(destinations_are_there_when_they_are_asked_for),
		cmocka_unit_test(junos_events_have_its_fields_and_numbers),
		cmocka_unit_test(junos_names_the_pool_where_it_has_a_name),
		cmocka_unit_test(an_event_that_is_never_made_has_no_template),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
