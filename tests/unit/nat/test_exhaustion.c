#include "exporter/nat/exhaustion.h"

#include <stdio.h>
#include <string.h>

#include "session_of.h"
#include "support/unit.h"

/* What is full, as text: "203.0.113.10/17". */
struct finding {
	struct session_table *sessions;
	struct nat_logging config;
	struct nat_pool pool;
	char text[256];
	long count;
};

static void finding_init(struct finding *f)
{
	struct err e = { 0 };
	*f = (struct finding){ .sessions = session_table_new(1 << 17, &e),
		               .pool = { .first_port = 1024, .last_port = 1027 } };
	assert_non_null(f->sessions);
	assert_true(ip_prefix_parse("203.0.113.8/29", &f->pool.addresses));
	f->config.pools = &f->pool;
	f->config.pool_count = 1;
}

static void is_full(void *context, const struct ip *outside, uint8_t protocol)
{
	struct finding *f = context;
	char ip[IP_TEXT_MAX];
	ip_format(outside, ip);
	size_t len = strlen(f->text);
	snprintf(f->text + len, sizeof f->text - len, "%s%s/%u", len ? " " : "", ip, protocol);
}

static const char *found(struct finding *f)
{
	f->text[0] = '\0';
	f->count = exhaustion_find(f->sessions, &f->config, is_full, f);
	return f->text;
}

/* Sessions from port 5000 on, by ports from 1024 on, to one destination. */
static void add(struct finding *f, uint16_t sessions)
{
	for (uint16_t i = 0; i < sessions; i++) {
		struct session s = session_of(2, (uint16_t)(5000 + i), (uint16_t)(1024 + i));
		assert_non_null(session_table_add(f->sessions, &s));
	}
}

static void an_address_is_full_when_all_of_its_ports_lead_to_one_destination(void **state)
{
	(void)state;
	struct finding f;
	finding_init(&f);
	add(&f, 3);
	assert_string_equal(found(&f), "");
	struct session elsewhere = session_of(3, 5000, 1027);
	elsewhere.post_dst_port = 54;
	session_table_add(f.sessions, &elsewhere);
	assert_string_equal(found(&f), "");
	assert_int_equal(f.count, 0);
	struct session fourth = session_of(4, 5000, 1027);
	session_table_add(f.sessions, &fourth);
	assert_string_equal(found(&f), "203.0.113.10/17");
	assert_int_equal(f.count, 1);
	session_table_free(f.sessions);
}

static void what_is_dead_or_outside_of_the_range_or_of_another_protocol_does_not_count(void **state)
{
	(void)state;
	struct finding f;
	finding_init(&f);
	add(&f, 3);
	struct session dead = session_of(3, 5000, 1027), outside = session_of(3, 5001, 1028),
		       tcp = session_of(3, 5002, 1027);
	dead.dead = true;
	tcp.key.protocol = 6;
	session_table_add(f.sessions, &dead);
	session_table_add(f.sessions, &outside);
	session_table_add(f.sessions, &tcp);
	assert_string_equal(found(&f), "");
	session_table_free(f.sessions);
}

/* Four ports to each of two destinations: the address is full twice, and told of once. */
static void each_address_and_protocol_is_told_of_once(void **state)
{
	(void)state;
	struct finding f;
	finding_init(&f);
	for (uint8_t destination = 0; destination < 2; destination++)
		for (uint16_t i = 0; i < 5; i++)
			for (uint8_t protocol = 6; protocol <= 17; protocol += 11) {
				struct session s = session_of(destination, (uint16_t)(5000 + i),
				                              (uint16_t)(1024 + i % 4));
				s.key.protocol = protocol;
				s.post_dst_port = destination;
				session_table_add(f.sessions, &s);
			}
	assert_non_null(strstr(found(&f), "203.0.113.10/17"));
	assert_non_null(strstr(f.text, "203.0.113.10/6"));
	assert_int_equal(f.count, 2);
	session_table_free(f.sessions);
}

/* Without a pool: 1024 to 65535 are 64512 ports, of which one in 64 (1008) may be free. */
static void an_address_without_a_pool_has_all_ports_from_1024_on(void **state)
{
	(void)state;
	struct finding f;
	finding_init(&f);
	f.config.pool_count = 0;
	add(&f, 64512 - 1008 - 1);
	assert_string_equal(found(&f), "");
	struct session last = session_of(3, 1, 65535);
	session_table_add(f.sessions, &last);
	assert_string_equal(found(&f), "203.0.113.10/17");
	session_table_free(f.sessions);
}

static void insertions_have_failed_where_both_counters_grew(void **state)
{
	(void)state;
	struct exhaustion x = { 0 };
	static const struct {
		struct conntrack_statistics now;
		uint32_t failed;
	} cases[] = {
		{ { 100, 50 }, 0 },                            /* from before the start */
		{ { 104, 54 }, 4 },        { { 104, 60 }, 0 }, /* dropped for another reason */
		{ { 107, 61 }, 1 },        { { 109, 61 }, 0 }, /* resolved */
		{ { UINT32_MAX, 61 }, 0 }, { { 1, 70 }, 2 },   /* 32 bits have gone round */
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(exhaustion_count(&x, &cases[i].now), cases[i].failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_full_when_all_of_its_ports_lead_to_one_destination),
		cmocka_unit_test(
		    what_is_dead_or_outside_of_the_range_or_of_another_protocol_does_not_count),
		cmocka_unit_test(each_address_and_protocol_is_told_of_once),
		cmocka_unit_test(an_address_without_a_pool_has_all_ports_from_1024_on),
		cmocka_unit_test(insertions_have_failed_where_both_counters_grew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
