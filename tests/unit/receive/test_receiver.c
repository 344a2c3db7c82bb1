#include "collector/receive/receiver.h"

#include <pthread.h>
#include <time.h>

#include "core/base/ticks.h"
#include "support/loopback.h"

static const struct listen_options plain;

static struct receiver *new_receiver(void)
{
	struct err e = { 0 };
	struct receiver *r = receiver_new(&e);
	if (!r)
		fail_msg("%s", e.text);
	return r;
}

static struct listener *add_listener(struct receiver *r)
{
	struct err e = { 0 };
	struct listeners all = open_at("127.0.0.1:0", 1, plain);
	if (!receiver_add(r, all.at[0], &e))
		fail_msg("%s", e.text);
	return all.at[0];
}

static void waiting_yields_the_listeners_that_have_something(void **state)
{
	(void)state;
	struct receiver *r = new_receiver();
	struct listener *l[3];
	for (int i = 0; i < 3; i++)
		l[i] = add_listener(r);
	assert_int_equal(receiver_count(r), 3);
	assert_ptr_equal(receiver_at(r, 2), l[2]);
	struct slots slots = slots_of(64, 0);
	int one = exporter_at("127.1.0.1");

	assert_int_equal(receiver_wait(r, 0), 0);
	send_text(one, listener_port(l[1]), "x");
	assert_int_equal(receiver_wait(r, 1000), 1);
	assert_ptr_equal(receiver_ready(r, 0), l[1]);
	send_text(one, listener_port(l[2]), "y");
	assert_true(await(l[2]));
	assert_int_equal(receiver_wait(r, 1000), 2); /* what was not emptied is ready again */
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(listener_receive(receiver_ready(r, i), slots.at, BURST_SLOTS), 1);
	assert_int_equal(receiver_wait(r, 0), 0);
	close(one);
	slots_done(&slots);
	receiver_free(r);
}

static void a_wait_ends_when_its_time_is_over(void **state)
{
	(void)state;
	struct receiver *r = new_receiver();
	(void)add_listener(r);
	int64_t start = ticks_now();
	assert_int_equal(receiver_wait(r, 30), 0);
	assert_true(ticks_now() - start >= 29 * TICKS_PER_MS);
	receiver_free(r);
}

static void *wake_soon(void *context)
{
	nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000 * 1000 }, NULL);
	receiver_wake(context);
	return NULL;
}

static void another_thread_ends_a_wait_without_end(void **state)
{
	(void)state;
	struct receiver *r = new_receiver();
	(void)add_listener(r);
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, wake_soon, r), 0);
	assert_int_equal(receiver_wait(r, -1), 0);
	pthread_join(thread, NULL);
	receiver_free(r);
}

static void a_wake_up_before_the_wait_is_kept_once(void **state)
{
	(void)state;
	struct receiver *r = new_receiver();
	struct listener *l = add_listener(r);
	int one = exporter_at("127.1.0.1");
	receiver_wake(r);
	receiver_wake(r);
	assert_int_equal(receiver_wait(r, -1), 0);
	int64_t start = ticks_now();
	assert_int_equal(receiver_wait(r, 30), 0);
	assert_true(ticks_now() - start >= 29 * TICKS_PER_MS);

	/* it hides no datagram */
	send_text(one, listener_port(l), "x");
	assert_true(await(l));
	receiver_wake(r);
	assert_int_equal(receiver_wait(r, -1), 1);
	close(one);
	receiver_free(r);
}

static void listeners_are_bounded(void **state)
{
	(void)state;
	struct receiver *r = new_receiver();
	struct err e = { 0 };
	for (int i = 0; i < RECEIVER_MOST; i++)
		(void)add_listener(r);
	struct listeners all = open_at("127.0.0.1:0", 1, plain);
	assert_false(receiver_add(r, all.at[0], &e));
	assert_int_equal(e.code, ERR_NOMEM);
	receiver_free(r);
	receiver_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waiting_yields_the_listeners_that_have_something),
		cmocka_unit_test(a_wait_ends_when_its_time_is_over),
		cmocka_unit_test(another_thread_ends_a_wait_without_end),
		cmocka_unit_test(a_wake_up_before_the_wait_is_kept_once),
		cmocka_unit_test(listeners_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
