#include "exporter/nat/tracker.h"

#include <stdio.h>
#include <string.h>

#include "core/base/ticks.h"
#include "session_of.h"
#include "support/unit.h"

#define NOON ticks_from_date((struct date){ 2026, 11, 27 }) + 12 * TICKS_PER_HOUR

enum { TOLD = 32 };

/* What was told, as text: "+5000@3" is that the session of port 5000 began 3 s after noon. */
struct telling {
	struct tracker *tracker;
	char text[TOLD * 16];
};

static void note(struct telling *t, char sign, const struct session *session, int64_t time)
{
	size_t len = strlen(t->text);
	snprintf(t->text + len, sizeof t->text - len, "%s%c%u@%d", len ? " " : "", sign,
	         session->key.src_port, (int)((time - (NOON)) / TICKS_PER_SECOND));
}

static void begun(void *context, const struct session *session, int64_t time)
{
	note(context, '+', session, time);
}

static void ended(void *context, const struct session *session, int64_t time)
{
	note(context, '-', session, time);
}

static void telling_init(struct telling *t, size_t max)
{
	struct tracker_sink sink = { begun, ended, t };
	struct err e = { 0 };
	t->text[0] = '\0';
	t->tracker = tracker_new(max, &sink, &e);
	assert_non_null(t->tracker);
}

static int64_t at(int seconds)
{
	return NOON + seconds * TICKS_PER_SECOND;
}

/* start, stop: seconds after noon, 0: the kernel keeps none. */
static struct conntrack_entry entry(uint16_t port, int start, int stop)
{
	return (struct conntrack_entry){ .session = session_of(2, port, port),
		                         .start = start ? at(start) : 0,
		                         .stop = stop ? at(stop) : 0 };
}

#define CREATED(t, port, now)                                                                      \
	do {                                                                                       \
		struct conntrack_entry x = entry(port, 0, 0);                                      \
		tracker_created((t)->tracker, &x, at(now));                                        \
	} while (0)
#define DESTROYED(t, port, start, stop, now)                                                       \
	do {                                                                                       \
		struct conntrack_entry x = entry(port, start, stop);                               \
		tracker_destroyed((t)->tracker, &x, at(now));                                      \
	} while (0)
#define DUMPED(t, port, start, now)                                                                \
	do {                                                                                       \
		struct conntrack_entry x = entry(port, start, 0);                                  \
		tracker_dump_entry((t)->tracker, &x, at(now));                                     \
	} while (0)

static void a_session_begins_on_arrival_and_ends_when_the_kernel_says(void **state)
{
	(void)state;
	struct telling t;
	telling_init(&t, 8);
	CREATED(&t, 5000, 1);
	DESTROYED(&t, 5000, 1, 4, 30);
	CREATED(&t, 5001, 31);
	DESTROYED(&t, 5001, 0, 0, 32); /* without timestamps: on arrival */
	assert_string_equal(t.text, "+5000@1 -5000@4 +5001@31 -5001@32");
	assert_int_equal(tracker_open(t.tracker), 0);
	tracker_free(t.tracker);
}

static void sessions_from_before_the_start_begin_when_the_kernel_says(void **state)
{
	(void)state;
	struct telling t;
	telling_init(&t, 8);
	tracker_dump_begin(t.tracker);
	DUMPED(&t, 5000, 1, 20);
	DUMPED(&t, 5001, 0, 20);
	tracker_dump_end(t.tracker, true, at(21));
	DESTROYED(&t, 5000, 1, 22, 25);
	assert_string_equal(t.text, "+5000@1 +5001@20 -5000@22");
	assert_int_equal(tracker_open(t.tracker), 1);
	assert_int_equal(tracker_counts(t.tracker)->found, 2);
	tracker_free(t.tracker);
}

/* The kernel does not tell of their end, unless it was set to keep the means for it. */
static void sessions_from_before_the_start_are_silent_until_they_end(void **state)
{
	(void)state;
	struct telling t;
	telling_init(&t, 8);
	tracker_dump_begin(t.tracker);
	DUMPED(&t, 5000, 1, 20);
	DUMPED(&t, 5001, 1, 20);
	tracker_dump_end(t.tracker, true, at(20));
	CREATED(&t, 5002, 21);
	assert_int_equal(tracker_silent(t.tracker), 2);
	tracker_dump_begin(t.tracker);
	DUMPED(&t, 5001, 1, 30);
	DUMPED(&t, 5002, 21, 30);
	DUMPED(&t, 5003, 25, 30);
	tracker_dump_end(t.tracker, true, at(30));
	assert_int_equal(tracker_silent(t.tracker), 1);
	DESTROYED(&t, 5001, 1, 31, 31);
	assert_int_equal(tracker_silent(t.tracker), 0);
	assert_string_equal(t.text, "+5000@1 +5001@1 +5002@21 +5003@25 -5000@30 -5001@31");
	tracker_free(t.tracker);
}

static void what_a_dump_does_not_hold_has_ended(void **state)
{
	(void)state;
	struct telling t;
	telling_init(&t, 8);
	CREATED(&t, 5000, 1);
	CREATED(&t, 5001, 1);
	tracker_dump_begin(t.tracker);
	DUMPED(&t, 5001, 1, 9);
	DUMPED(&t, 5002, 5, 9); /* whose message was lost */
	tracker_dump_end(t.tracker, true, at(10));
	assert_string_equal(t.text, "+5000@1 +5001@1 +5002@5 -5000@10");
	assert_int_equal(tracker_open(t.tracker), 2);
	assert_int_equal(tracker_counts(t.tracker)->vanished, 1);
	tracker_free(t.tracker);
}

static void a_dump_that_broke_off_ends_nothing(void **state)
{
	(void)state;
	struct telling t;
	telling_init(&t, 8);
	CREATED(&t, 5000, 1);
	tracker_dump_begin(t.tracker);
	tracker_dump_end(t.tracker, false, at(10));
	assert_string_equal(t.text, "+5000@1");
	assert_int_equal(tracker_open(t.tracker), 1);
	tracker_free(t.tracker);
}

/* Messages and parts of a dump overtake each other. */
static void no_session_begins_or_ends_twice(void **state)
{
	(void)state;
	struct telling t;
	telling_init(&t, 8);
	tracker_dump_begin(t.tracker);
	DUMPED(&t, 5000, 1, 2); /* before its message */
	CREATED(&t, 5000, 2);
	CREATED(&t, 5001, 3);
	DESTROYED(&t, 5001, 3, 4, 4); /* before the dump shows what it was like before */
	DUMPED(&t, 5001, 3, 5);
	CREATED(&t, 5002, 5); /* where the dump had been already */
	tracker_dump_end(t.tracker, true, at(6));
	DESTROYED(&t, 5001, 3, 4, 7);
	assert_string_equal(t.text, "+5000@1 +5001@3 -5001@4 +5002@5");
	assert_int_equal(tracker_open(t.tracker), 2);
	tracker_free(t.tracker);
}

/* Dumps leave out what has timed out; the message comes when the kernel has collected it. */
static void an_end_that_a_dump_told_is_not_told_again(void **state)
{
	(void)state;
	struct telling t;
	telling_init(&t, 8);
	CREATED(&t, 5000, 1);
	tracker_dump_begin(t.tracker);
	tracker_dump_end(t.tracker, true, at(10));
	tracker_tidy(t.tracker, at(70));
	DESTROYED(&t, 5000, 1, 9, 71);
	assert_string_equal(t.text, "+5000@1 -5000@10");
	CREATED(&t, 5000, 72); /* the same once more */
	assert_string_equal(t.text, "+5000@1 -5000@10 +5000@72");
	assert_int_equal(tracker_open(t.tracker), 1);
	tracker_free(t.tracker);
}

static void the_dead_make_room_after_a_while(void **state)
{
	(void)state;
	struct telling t;
	telling_init(&t, 1);
	CREATED(&t, 5000, 1);
	tracker_dump_begin(t.tracker);
	tracker_dump_end(t.tracker, true, at(10));
	assert_int_equal(session_table_count(tracker_sessions(t.tracker)), 1);
	tracker_tidy(t.tracker, at(10 + 5 * 60 - 1));
	assert_int_equal(session_table_count(tracker_sessions(t.tracker)), 1);
	tracker_tidy(t.tracker, at(10 + 5 * 60));
	assert_int_equal(session_table_count(tracker_sessions(t.tracker)), 0);
	tracker_free(t.tracker);
}

static void an_end_whose_begin_was_lost_tells_both(void **state)
{
	(void)state;
	struct telling t;
	telling_init(&t, 8);
	DESTROYED(&t, 5000, 3, 8, 9);
	assert_string_equal(t.text, "+5000@3 -5000@8");
	assert_int_equal(tracker_counts(t.tracker)->found, 1);
	tracker_free(t.tracker);
}

static void without_room_sessions_are_told_of_all_the_same(void **state)
{
	(void)state;
	struct telling t;
	telling_init(&t, 1);
	tracker_dump_begin(t.tracker);
	tracker_dump_end(t.tracker, true, at(0));
	CREATED(&t, 5000, 1);
	CREATED(&t, 5001, 2);
	tracker_dump_begin(t.tracker);
	DUMPED(&t, 5000, 1, 3);
	DUMPED(&t, 5001, 2, 3);
	tracker_dump_end(t.tracker, true, at(3));
	DESTROYED(&t, 5001, 2, 4, 5);
	DESTROYED(&t, 5000, 1, 5, 6);
	assert_string_equal(t.text, "+5000@1 +5001@2 -5001@4 -5000@5");
	assert_int_equal(tracker_counts(t.tracker)->untracked, 1);
	tracker_free(t.tracker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_begins_on_arrival_and_ends_when_the_kernel_says),
		cmocka_unit_test(sessions_from_before_the_start_begin_when_the_kernel_says),
		cmocka_unit_test(sessions_from_before_the_start_are_silent_until_they_end),
		cmocka_unit_test(what_a_dump_does_not_hold_has_ended),
		cmocka_unit_test(a_dump_that_broke_off_ends_nothing),
		cmocka_unit_test(no_session_begins_or_ends_twice),
		cmocka_unit_test(an_end_that_a_dump_told_is_not_told_again),
		cmocka_unit_test(the_dead_make_room_after_a_while),
		cmocka_unit_test(an_end_whose_begin_was_lost_tells_both),
		cmocka_unit_test(without_room_sessions_are_told_of_all_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
