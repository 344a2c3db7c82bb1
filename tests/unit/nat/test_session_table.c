#include "exporter/nat/session_table.h"

#include <stdlib.h>
#include <string.h>

#include "session_of.h"
#include "support/unit.h"

static struct session_table *table_of(size_t max)
{
	struct err e = { 0 };
	struct session_table *t = session_table_new(max, &e);
	assert_non_null(t);
	return t;
}

static void what_was_added_is_found_and_what_was_removed_is_not(void **state)
{
	(void)state;
	struct session_table *t = table_of(4);
	struct session a = session_of(2, 5000, 1024), b = session_of(2, 5001, 1025);
	assert_non_null(session_table_add(t, &a));
	assert_non_null(session_table_add(t, &b));
	assert_int_equal(session_table_find(t, &a.key)->post_src_port, 1024);
	session_table_remove(t, session_table_find(t, &a.key));
	assert_null(session_table_find(t, &a.key));
	assert_int_equal(session_table_find(t, &b.key)->post_src_port, 1025);
	assert_int_equal(session_table_count(t), 1);
	session_table_free(t);
}

/* The kernel's number of a session is a hash: two sessions may share one, and one be given anew. */
static void sessions_of_one_number_are_told_apart_by_their_tuples(void **state)
{
	(void)state;
	struct session_table *t = table_of(4);
	struct session a = session_of(2, 5000, 1024), b = session_of(3, 5000, 1025);
	a.key.id = b.key.id = 7;
	session_table_add(t, &a);
	assert_null(session_table_find(t, &b.key));
	session_table_add(t, &b);
	assert_int_equal(session_table_find(t, &a.key)->post_src_port, 1024);
	assert_int_equal(session_table_find(t, &b.key)->post_src_port, 1025);
	session_table_free(t);
}

static void a_full_table_takes_no_more(void **state)
{
	(void)state;
	struct session_table *t = table_of(1);
	struct session a = session_of(2, 5000, 1024), b = session_of(2, 5001, 1025);
	assert_non_null(session_table_add(t, &a));
	assert_null(session_table_add(t, &b));
	assert_null(session_table_find(t, &b.key));
	session_table_remove(t, session_table_find(t, &a.key));
	assert_non_null(session_table_add(t, &b));
	session_table_free(t);
}

/* Whatever comes and goes, the table holds what a plain array says. */
static void many_sessions_come_and_go(void **state)
{
	(void)state;
	enum { PORTS = 300, MAX = 200, STEPS = 100000 };
	struct session_table *t = table_of(MAX);
	bool there[PORTS] = { false };
	size_t count = 0;
	srandom(1);
	for (int i = 0; i < STEPS; i++) {
		uint16_t port = (uint16_t)(random() % PORTS);
		struct session s = session_of(2, port, port);
		struct session *found = session_table_find(t, &s.key);
		assert_int_equal(found != NULL, there[port]);
		if (found) {
			assert_int_equal(found->post_src_port, port);
			session_table_remove(t, found);
			there[port] = false;
			count--;
		} else if (session_table_add(t, &s)) {
			there[port] = true;
			count++;
		} else {
			assert_int_equal(count, MAX);
		}
		assert_int_equal(session_table_count(t), count);
	}
	session_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_found_and_what_was_removed_is_not),
		cmocka_unit_test(sessions_of_one_number_are_told_apart_by_their_tuples),
		cmocka_unit_test(a_full_table_takes_no_more),
		cmocka_unit_test(many_sessions_come_and_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
