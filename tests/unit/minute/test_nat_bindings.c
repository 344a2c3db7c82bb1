/* Bindings from events: who held what, once, across commits, failures and restarts. */
#include "collector/minute/nat_bindings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "core/flow/nat_event.h"
#include "scratch.h"
#include "support/unit.h"

enum { MINUTE = 29388960 }; /* 2025-11-17T00:00Z */

#define START   (TICKS_UNIX_EPOCH + MINUTE * TICKS_PER_MINUTE)
#define TIMEOUT (30 * TICKS_PER_MINUTE)

struct test {
	struct workspace *ws;
	struct nat_bindings *bindings;
	struct plain_rows *events; /* of the commit to come */
	int64_t now;
};

static void begin_run(struct test *t, const char *dir, size_t max)
{
	struct err e = { 0 };
	t->ws = scratch_open(dir, WORKSPACE_WRITE);
	t->bindings = nat_bindings_new(max, TIMEOUT, &e);
	t->events = plain_rows_new(&e);
	assert_non_null(t->bindings);
	assert_non_null(t->events);
	if (!nat_bindings_resume(t->bindings, t->ws, &e))
		fail_msg("%s", e.text);
}

static void end_run(struct test *t)
{
	nat_bindings_free(t->bindings);
	plain_rows_free(t->events);
	workspace_close(t->ws);
}

/* An event of a session of 10.0.0.1:port, translated to 198.51.100.1:port, `second` seconds after
 * the start, and its arrival. */
static struct nat_event event_of(const char *name, uint16_t port, unsigned second)
{
	struct nat_event event = {
		.minute = MINUTE + second / 60,
		.event_time = START + second * TICKS_PER_SECOND,
		.src_port = port,
		.post_src_port = port,
		.protocol = 6,
	};
	while (strcmp(nat_event_names[event.event], name) != 0)
		event.event++;
	assert_true(ip_parse("192.0.2.1", &event.exporter));
	assert_true(ip_parse("10.0.0.1", &event.src_addr));
	assert_true(ip_parse("198.51.100.1", &event.post_src_addr));
	event.present = PLAIN_BIT(NAT, TimeGenerated) | PLAIN_BIT(NAT, EventTime) |
	                PLAIN_BIT(NAT, SourcePort) | PLAIN_BIT(NAT, PostNatSourcePort) |
	                PLAIN_BIT(NAT, Protocol) | PLAIN_BIT(NAT, NatEvent) |
	                PLAIN_BIT(NAT, Exporter) | PLAIN_BIT(NAT, SourceIp) |
	                PLAIN_BIT(NAT, PostNatSourceIp);
	return event;
}

static void happen_event(struct test *t, struct nat_event event)
{
	assert_true(plain_rows_add(t->events, TABLE_NAT, &event, 1));
	t->now = event.event_time;
}

static void happen(struct test *t, const char *name, uint16_t port, unsigned second)
{
	happen_event(t, event_of(name, port, second));
}

/* One try of a commit; `good`: else it is given up at the end. */
static void try_commit(struct test *t, bool good)
{
	struct err e = { 0 };
	struct commit *commit = commit_begin(t->ws, &e);
	assert_non_null(commit);
	assert_true(commit_plain_rows(commit, t->events, &e));
	if (!nat_bindings_write(t->bindings, commit, t->now, false, &e))
		fail_msg("%s", e.text);
	if (good)
		assert_true(commit_end(commit, &e));
	else
		commit_abandon(commit);
	nat_bindings_committed(t->bindings, good);
}

static void commit(struct test *t)
{
	nat_bindings_take(t->bindings, t->events);
	try_commit(t, true);
	plain_rows_clear(t->events);
}

/* Port, seconds of begin and end after the start, and how it ended. */
#define SECONDS(column) "(" column " - " START_TEXT ") // 10000000"
#define START_TEXT      "638989344000000000"
static void expect(struct test *t, const char *want)
{
	ASSERT_ANSWER(t->ws, TABLE_BINDINGS,
	              "SourcePort, " SECONDS("BeginTime") ", " SECONDS("EndTime") ", BindingEnd",
	              "ORDER BY SourcePort, BeginTime", want);
}

static void what_begins_and_ends_is_one_row(void **state)
{
	struct test t;
	begin_run(&t, *state, 1000);
	happen(&t, "NAT44 session create", 1, 5);
	happen(&t, "NAT44 session create", 2, 6);
	happen(&t, "NAT44 session delete", 1, 8);
	commit(&t);
	expect(&t, "1|5|8|deleted\n2|6|null|\n");
	assert_int_equal(nat_bindings_count(t.bindings), 1);
	happen(&t, "NAT44 session delete", 2, 70);
	commit(&t);
	expect(&t, "1|5|8|deleted\n2|6|70|deleted\n");
	ASSERT_ANSWER(t.ws, TABLE_BINDINGS, "BindingKind, SourceIp, PostNatSourceIp, Exporter",
	              "LIMIT 1", "session|10.0.0.1|198.51.100.1|192.0.2.1\n");
	end_run(&t);
}

static void a_commit_that_fails_doubles_nothing(void **state)
{
	struct test t;
	begin_run(&t, *state, 1000);
	happen(&t, "NAT44 session create", 1, 5);
	happen(&t, "NAT44 session delete", 1, 8);
	happen(&t, "NAT44 session create", 2, 9);
	nat_bindings_take(t.bindings, t.events);
	try_commit(&t, false);
	try_commit(&t, false);
	try_commit(&t, true);
	expect(&t, "1|5|8|deleted\n2|9|null|\n");
	end_run(&t);
}

static void what_is_open_survives_a_crash_once(void **state)
{
	struct test t;
	begin_run(&t, *state, 1000);
	for (uint16_t port = 1; port <= 100; port++)
		happen(&t, "NAT44 session create", port, 1);
	commit(&t);
	end_run(&t);
	begin_run(&t, *state, 1000);
	assert_int_equal(nat_bindings_count(t.bindings), 100);
	/* few events: open ones are not written anew, and the events are read again */
	happen(&t, "NAT44 session create", 101, 2);
	happen(&t, "NAT44 session delete", 7, 3);
	commit(&t);
	ASSERT_ANSWER(t.ws, TABLE_BINDINGS, "count(*)", "WHERE SourcePort = 101", "0\n");
	end_run(&t);
	begin_run(&t, *state, 1000);
	assert_int_equal(nat_bindings_count(t.bindings), 100);
	for (uint16_t port = 1; port <= 101; port++)
		if (port != 7)
			happen(&t, "NAT44 session delete", port, 4);
	commit(&t);
	ASSERT_ANSWER(t.ws, TABLE_BINDINGS,
	              "count(*), count(DISTINCT SourcePort), count(EndTime), count(BeginTime)", "",
	              "101|101|101|101\n");
	ASSERT_ANSWER(t.ws, TABLE_BINDINGS, SECONDS("BeginTime") ", " SECONDS("EndTime"),
	              "WHERE SourcePort IN (7, 101) ORDER BY SourcePort", "1|3\n2|4\n");
	end_run(&t);
}

static void open_ones_are_written_anew_within_a_minute(void **state)
{
	struct test t;
	begin_run(&t, *state, 1000);
	for (uint16_t port = 1; port <= 100; port++)
		happen(&t, "NAT44 session create", port, 1);
	commit(&t);
	happen(&t, "NAT44 session create", 101, 30);
	commit(&t);
	ASSERT_ANSWER(t.ws, TABLE_BINDINGS, "count(*)", "", "100\n");
	t.now = START + 61 * TICKS_PER_SECOND;
	commit(&t);
	ASSERT_ANSWER(t.ws, TABLE_BINDINGS, "count(*), count(DISTINCT SourcePort)", "",
	              "101|101\n");
	end_run(&t);
}

static void what_nobody_ends_times_out(void **state)
{
	struct test t;
	begin_run(&t, *state, 1000);
	happen(&t, "NAT44 session create", 1, 0);
	happen(&t, "NAT44 session create", 2, 0);
	happen(&t, "Flow update", 2, 600); /* still there */
	commit(&t);
	t.now = START + TIMEOUT;
	commit(&t);
	assert_int_equal(nat_bindings_count(t.bindings), 2);
	t.now++;
	commit(&t);
	expect(&t, "1|0|1800|timed out\n2|0|null|\n");
	end_run(&t);
	begin_run(&t, *state, 1000);
	assert_int_equal(nat_bindings_count(t.bindings), 1);
	end_run(&t);
}

static void the_oldest_are_pushed_out(void **state)
{
	struct test t;
	begin_run(&t, *state, 2);
	happen(&t, "NAT44 session create", 1, 1);
	happen(&t, "NAT44 session create", 2, 2);
	happen(&t, "NAT44 session create", 3, 60);
	commit(&t);
	expect(&t, "1|1|60|pushed out\n2|2|null|\n3|60|null|\n");
	end_run(&t);
}

static void what_is_given_anew_has_ended(void **state)
{
	struct test t;
	begin_run(&t, *state, 1000);
	happen(&t, "NAT44 session create", 1, 1);
	happen(&t, "NAT44 session create", 1, 9);
	commit(&t);
	expect(&t, "1|1|9|replaced\n1|9|null|\n");
	end_run(&t);
}

/* An event of an exporter that has run for `uptime` seconds. */
static void happen_at_uptime(struct test *t, const char *name, uint16_t port, unsigned second,
                             int64_t uptime)
{
	struct nat_event event = event_of(name, port, second);
	event.record_time = event.event_time;
	event.exporter_start = event.event_time - uptime * TICKS_PER_SECOND;
	event.present |= PLAIN_BIT(NAT, ExporterStartTime) | PLAIN_BIT(NAT, FlowRecordTime);
	happen_event(t, event);
}

static void an_exporter_that_starts_anew_holds_nothing(void **state)
{
	struct test t;
	begin_run(&t, *state, 1000);
	happen_at_uptime(&t, "NAT44 session create", 1, 5, 1000);
	happen(&t, "NAT44 session create", 2, 6); /* of the same, which does not tell its uptime */
	struct nat_event other = event_of("NAT44 session create", 3, 6);
	assert_true(ip_parse("192.0.2.2", &other.exporter));
	happen_event(&t, other);
	happen_at_uptime(&t, "NAT44 session create", 4, 100, 20); /* it started at 80 */
	commit(&t);
	expect(&t, "1|5|80|restarted\n2|6|80|restarted\n3|6|null|\n4|100|null|\n");
	end_run(&t);
}

static void neither_clocks_nor_wraps_nor_neighbours_are_a_new_start(void **state)
{
	struct test t;
	const int64_t wrap = (INT64_C(1) << 32) / 1000;
	begin_run(&t, *state, 1000);
	happen_at_uptime(&t, "NAT44 session create", 1, 5, 10);
	happen_at_uptime(&t, "NAT44 session create", 2, 500, 11);       /* the clock was set */
	happen_at_uptime(&t, "NAT44 session create", 3, 501, 5);        /* another box: younger */
	happen_at_uptime(&t, "NAT44 session create", 4, 502, 13);       /* the first again */
	happen_at_uptime(&t, "NAT44 session create", 5, 503, wrap - 1); /* an old one */
	happen_at_uptime(&t, "NAT44 session create", 6, 505, 1);        /* its uptime wraps */
	commit(&t);
	assert_int_equal(nat_bindings_count(t.bindings), 6);
	end_run(&t);
}

static void what_is_told_twice_begins_once(void **state)
{
	struct test t;
	begin_run(&t, *state, 1000);
	happen(&t, "NAT44 session create", 1, 1);
	happen(&t, "NAT44 session create", 1, 1);
	commit(&t);
	expect(&t, "1|1|null|\n");
	end_run(&t);
}

static void an_end_alone_has_no_begin(void **state)
{
	struct test t;
	begin_run(&t, *state, 1000);
	happen(&t, "NAT44 session delete", 1, 9);
	commit(&t);
	expect(&t, "1|null|9|deleted\n");
	end_run(&t);
}

static void what_holds_nothing_makes_no_binding(void **state)
{
	struct test t;
	begin_run(&t, *state, 1000);
	happen(&t, "NAT ports exhausted", 1, 1);
	happen(&t, "Quota exceeded", 1, 2);
	happen(&t, "Flow denied", 1, 3);
	struct nat_event bare = event_of("Flow created", 1, 4);
	bare.present &= ~PLAIN_BIT(NAT, PostNatSourceIp);
	happen_event(&t, bare);
	commit(&t);
	expect(&t, "");
	end_run(&t);
}

/* A CGN tells blocks by the historic 1 and 2. */
static void sessions_with_a_range_of_ports_are_blocks(void **state)
{
	struct test t;
	begin_run(&t, *state, 1000);
	struct nat_event block = event_of("NAT translation create", 0, 1);
	block.block_start = 1024;
	block.block_end = 2047;
	block.present |= PLAIN_BIT(NAT, PortBlockStart) | PLAIN_BIT(NAT, PortBlockEnd);
	happen_event(&t, block);
	commit(&t);
	ASSERT_ANSWER(t.ws, TABLE_BINDINGS, "BindingKind, PortBlockStart, PortBlockEnd", "",
	              "port block|1024|2047\n");
	end_run(&t);
}

/* A pool of random creates and deletes, kept beside as plainly as can be. */
static void many_bindings_are_as_a_list_has_them(void **state)
{
	enum { PORTS = 300, STEPS = 20000 };
	struct test t;
	bool open[PORTS] = { false };
	unsigned ended = 0, opened = 0;
	begin_run(&t, *state, 1000);
	srand(20261127);
	for (unsigned i = 0; i < STEPS; i++) {
		uint16_t port = (uint16_t)(rand() % PORTS);
		happen(&t, open[port] ? "NAT44 session delete" : "NAT44 session create", port,
		       i / 100);
		ended += open[port];
		open[port] = !open[port];
		if (rand() % 1000)
			continue;
		commit(&t);
		if (rand() % 2 == 0) {
			end_run(&t);
			begin_run(&t, *state, 1000);
		}
	}
	commit(&t);
	for (size_t i = 0; i < PORTS; i++)
		opened += open[i];
	assert_int_equal(nat_bindings_count(t.bindings), opened);
	char want[64];
	snprintf(want, sizeof want, "%u|%u\n", ended, ended);
	ASSERT_ANSWER(t.ws, TABLE_BINDINGS, "count(EndTime), count(BeginTime)",
	              "WHERE EndTime IS NOT NULL", want);
	end_run(&t);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_begins_and_ends_is_one_row),
		TEST(a_commit_that_fails_doubles_nothing),
		TEST(what_is_open_survives_a_crash_once),
		TEST(open_ones_are_written_anew_within_a_minute),
		TEST(what_nobody_ends_times_out),
		TEST(the_oldest_are_pushed_out),
		TEST(what_is_given_anew_has_ended),
		TEST(an_exporter_that_starts_anew_holds_nothing),
		TEST(neither_clocks_nor_wraps_nor_neighbours_are_a_new_start),
		TEST(what_is_told_twice_begins_once),
		TEST(an_end_alone_has_no_begin),
		TEST(what_holds_nothing_makes_no_binding),
		TEST(sessions_with_a_range_of_ports_are_blocks),
		TEST(many_bindings_are_as_a_list_has_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
