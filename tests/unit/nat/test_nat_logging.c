#include "exporter/nat/nat_logging.h"

#include "support/unit.h"

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;
	assert_true(ip_prefix_parse(text, &p));
	return p;
}

static const char *complaint(bool good, const struct err *e)
{
	assert_int_equal(e->code, good ? ERR_NONE : ERR_CONFIG);
	return good ? "" : e->text;
}

static const char *of_pool(const char *addresses, uint32_t first, uint32_t last)
{
	static struct err e;
	struct nat_pool pool = { prefix(addresses), first, last, "" };
	e = (struct err){ 0 };
	return complaint(nat_pool_check(&pool, &e), &e);
}

static void a_pool_is_of_ipv4_and_has_ports(void **state)
{
	(void)state;
	assert_string_equal(of_pool("203.0.113.0/28", 1024, 1024), "");
	assert_string_equal(of_pool("2001:db8::/64", 1024, 2047),
	                    "a pool's addresses must be IPv4");
	assert_string_equal(of_pool("203.0.113.1", 2047, 1024), "ports 2047 to 1024 are none");
}

static const char *of_map(const char *inside, const char *outside, uint32_t first, uint32_t size)
{
	static struct err e;
	struct nat_block_map map = { prefix(inside), prefix(outside), first, size };
	e = (struct err){ 0 };
	return complaint(nat_block_map_check(&map, &e), &e);
}

/* From 1024 on an address has 63 blocks of 1024 ports. */
static void a_block_map_has_a_block_for_every_subscriber(void **state)
{
	(void)state;
	assert_string_equal(of_map("100.64.0.0/26", "203.0.113.0/31", 1024, 1024), "");
	assert_string_equal(
	    of_map("100.64.0.0/26", "203.0.113.0/32", 1024, 1024),
	    "64 inside addresses, but outside has 63 blocks of 1024 ports from port "
	    "1024 on");
	assert_string_equal(of_map("100.64.0.1", "203.0.113.1", 65000, 1000),
	                    "1 inside addresses, but outside has 0 blocks of 1000 ports from port "
	                    "65000 on");
	assert_string_equal(of_map("100.64.0.0/11", "203.0.113.0/8", 1024, 1024),
	                    "inside must be a /12 or smaller");
	assert_string_equal(of_map("2001:db8::1", "203.0.113.1", 1024, 1024),
	                    "inside and outside must be IPv4");
}

static const char *of_host(const char *ipv4, const char *ipv6)
{
	static struct err e;
	struct nat64_host host = { prefix(ipv4), prefix(ipv6) };
	e = (struct err){ 0 };
	return complaint(nat64_host_check(&host, &e), &e);
}

static void a_host_behind_nat64_has_an_address_of_either_family(void **state)
{
	(void)state;
	assert_string_equal(of_host("10.0.0.2", "2001:db8::2"), "");
	assert_string_equal(of_host("10.0.0.0/24", "2001:db8::2"), "ipv4 must be an IPv4 address");
	assert_string_equal(of_host("2001:db8::2", "2001:db8::2"), "ipv4 must be an IPv4 address");
	assert_string_equal(of_host("10.0.0.2", "2001:db8::/64"), "ipv6 must be an IPv6 address");
	assert_string_equal(of_host("10.0.0.2", "10.0.0.2"), "ipv6 must be an IPv6 address");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pool_is_of_ipv4_and_has_ports),
		cmocka_unit_test(a_block_map_has_a_block_for_every_subscriber),
		cmocka_unit_test(a_host_behind_nat64_has_an_address_of_either_family),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
