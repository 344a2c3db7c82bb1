#include "collector/enrich/direction.h"

#include "unit/enrich/rules.h"

static struct local_side *side(const struct local_ends *ends)
{
	struct err e = { 0 };
	struct local_side *made = local_side_new(ends, &e);
	assert_non_null(made);
	return made;
}

static struct flow_row flow(uint32_t src_asn, uint32_t dst_asn)
{
	struct flow_row row;
	memset(&row, 0, sizeof row);
	if (src_asn)
		SET(&row, SrcAsn, src_asn, src_asn);
	if (dst_asn)
		SET(&row, DstAsn, dst_asn, dst_asn);
	return row;
}

static struct flow_row between(const char *src, const char *dst)
{
	struct flow_row row = flow(0, 0);
	SET(&row, SourceIp, src_addr, address(src));
	SET(&row, DestinationIp, dst_addr, address(dst));
	return row;
}

/* The workbook that facts about Azure quote: DstAsn 65515 is inbound, SrcAsn 65515 outbound. */
static void asns_tell_the_direction(void **state)
{
	(void)state;
	static const uint32_t asns[] = { 65515, 12076 };
	struct local_side *azure = side(&(struct local_ends){ .asns = { asns, 2 } });
	static const struct {
		uint32_t src, dst;
		const char *want;
	} cases[] = {
		{ 64512, 65515, "Inbound" },
		{ 65515, 64512, "Outbound" },
		{ 64512, 12076, "Inbound" },
		{ 12076, 64512, "Outbound" },
		{ 0, 65515, "Inbound" },
		{ 65515, 0, "Outbound" },
		{ 65515, 12076, "" },
		{ 65515, 65515, "" },
		{ 64512, 64513, "" },
		{ 65514, 65516, "" },
		{ 0, 0, "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct flow_row row = flow(cases[i].src, cases[i].dst);
		assert_string_equal(direction_texts[direction_of(azure, &row)], cases[i].want);
	}
	local_side_free(azure);
}

static void addresses_tell_it_where_asns_do_not(void **state)
{
	(void)state;
	static const uint32_t asns[] = { 65515 };
	const struct ip_prefix prefixes[] = { prefix("10.100.0.0/16"), prefix("10.100.7.0/24"),
		                              prefix("10.102.0.0/16"), prefix("2001:db8::/32"),
		                              prefix("203.0.113.9") };
	struct local_side *local =
	    side(&(struct local_ends){ { asns, 1 }, { prefixes, ARRAY_LEN(prefixes) } });
	static const struct {
		const char *src, *dst, *want;
	} cases[] = {
		{ "192.0.2.1", "10.100.0.0", "Inbound" },
		{ "192.0.2.1", "10.100.255.255", "Inbound" },
		{ "192.0.2.1", "10.100.8.1", "Inbound" },
		{ "192.0.2.1", "10.99.255.255", "" },
		{ "192.0.2.1", "10.101.0.0", "" },
		{ "10.102.0.0", "192.0.2.1", "Outbound" },
		{ "10.100.7.9", "10.102.1.1", "" },
		{ "203.0.113.9", "203.0.113.8", "Outbound" },
		{ "203.0.113.10", "203.0.113.8", "" },
		{ "2001:db7:ffff::", "2001:db8::", "Inbound" },
		{ "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::", "Outbound" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct flow_row row = between(cases[i].src, cases[i].dst);
		assert_string_equal(direction_texts[direction_of(local, &row)], cases[i].want);
	}
	struct flow_row row = between("192.0.2.1", "10.100.0.1");
	SET(&row, SrcAsn, src_asn, 65515);
	assert_int_equal(direction_of(local, &row), DIRECTION_UNKNOWN);
	local_side_free(local);
}

static void prefixes_of_everything_keep_to_their_family(void **state)
{
	(void)state;
	const struct ip_prefix six[] = { prefix("::/0") }, four[] = { prefix("0.0.0.0/0") };
	struct local_side *all_six = side(&(struct local_ends){ .prefixes = { six, 1 } });
	struct local_side *all_four = side(&(struct local_ends){ .prefixes = { four, 1 } });
	struct flow_row row = between("192.0.2.1", "2001:db8::1");
	assert_int_equal(direction_of(all_six, &row), DIRECTION_INBOUND);
	assert_int_equal(direction_of(all_four, &row), DIRECTION_OUTBOUND);
	row = between("::", "255.255.255.255");
	assert_int_equal(direction_of(all_six, &row), DIRECTION_OUTBOUND);
	row = between("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "0.0.0.0");
	assert_int_equal(direction_of(all_six, &row), DIRECTION_OUTBOUND);
	assert_int_equal(direction_of(all_four, &row), DIRECTION_INBOUND);
	local_side_free(all_six);
	local_side_free(all_four);
}

static void nothing_is_local_where_nothing_is_listed(void **state)
{
	(void)state;
	struct local_side *none = side(&(struct local_ends){ 0 });
	struct flow_row row = between("192.0.2.1", "10.0.0.1");
	SET(&row, DstAsn, dst_asn, 65515);
	assert_int_equal(direction_of(none, &row), DIRECTION_UNKNOWN);
	local_side_free(none);
}

static void each_of_many_is_found_and_no_neighbour(void **state)
{
	(void)state;
	static uint32_t asns[LOCAL_MAX];
	static struct ip_prefix prefixes[LOCAL_MAX];
	for (uint32_t i = 0; i < LOCAL_MAX; i++) {
		asns[i] = 1000000 - i * 3;
		prefixes[i].bits = 24;
		prefixes[i].ip = ip_from_v4((const uint8_t[]){ 10, (uint8_t)(i * 7 % 1000 >> 7),
		                                               (uint8_t)(i * 7 % 1000 * 2), 0 });
	}
	struct local_side *local =
	    side(&(struct local_ends){ { asns, LOCAL_MAX }, { prefixes, LOCAL_MAX } });
	for (uint32_t i = 0; i < LOCAL_MAX; i++) {
		struct flow_row row = flow(asns[i], asns[i] + 1);
		assert_int_equal(direction_of(local, &row), DIRECTION_OUTBOUND);
		row = between("192.0.2.1", "192.0.2.2");
		row.key.dst_addr = prefixes[i].ip;
		row.key.dst_addr.b[15] = 255;
		assert_int_equal(direction_of(local, &row), DIRECTION_INBOUND);
		row.key.dst_addr.b[14]++;
		assert_int_equal(direction_of(local, &row), DIRECTION_UNKNOWN);
	}
	local_side_free(local);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asns_tell_the_direction),
		cmocka_unit_test(addresses_tell_it_where_asns_do_not),
		cmocka_unit_test(prefixes_of_everything_keep_to_their_family),
		cmocka_unit_test(nothing_is_local_where_nothing_is_listed),
		cmocka_unit_test(each_of_many_is_found_and_no_neighbour),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
