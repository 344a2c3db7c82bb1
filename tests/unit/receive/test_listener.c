#include "collector/receive/listener.h"

#include <stdio.h>
#include <time.h>

#include "collector/receive/allow_list.h"
#include "collector/receive/drop_counter.h"
#include "core/base/ticks.h"
#include "support/loopback.h"

static const struct listen_options plain;

/* ---- what arrives ---- */

static void a_burst_carries_source_port_and_octets(void **state)
{
	(void)state;
	struct listeners all = open_at("127.0.0.1:0", 1, plain);
	struct listener *l = all.at[0];
	struct slots slots = slots_of(64, 0);
	int one = exporter_at("127.1.0.1"), two = exporter_at("127.1.0.2");
	char from[IP_TEXT_MAX];

	send_text(one, listener_port(l), "first");
	send_text(two, listener_port(l), "second");
	send_text(one, listener_port(l), "");
	assert_true(await(l));
	assert_int_equal(listener_receive(l, slots.at, BURST_SLOTS), 3);

	assert_true(slot_holds(&slots.at[0], "first"));
	ip_format(&slots.at[0].from, from);
	assert_string_equal(from, "127.1.0.1");
	assert_int_equal(slots.at[0].port, port_of(one));
	assert_true(slot_holds(&slots.at[1], "second"));
	ip_format(&slots.at[1].from, from);
	assert_string_equal(from, "127.1.0.2");
	assert_int_equal(slots.at[1].port, port_of(two));
	assert_int_equal(slots.at[2].len, 0);

	const struct listener_counts *n = listener_counts(l);
	assert_int_equal(n->datagrams, 3);
	assert_int_equal(n->octets, 11);
	assert_int_equal(n->dropped, 0);
	assert_int_equal(listener_receive(l, slots.at, BURST_SLOTS), 0);
	close(one);
	close(two);
	slots_done(&slots);
	close_all(&all);
}

/* Sends a datagram, reads it 20 ms later and says by how much its time lies behind its sending. */
static int64_t delay_told(struct listener *l, int exporter, struct slots *slots)
{
	send_text(exporter, listener_port(l), "x");
	int64_t sent = ticks_now();
	nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000 * 1000 }, NULL);
	assert_true(await(l));
	assert_int_equal(listener_receive(l, slots->at, 1), 1);
	int64_t delay = slots->at[0].arrival - sent;
	assert_in_range(delay + TICKS_PER_SECOND, 0, 2 * TICKS_PER_SECOND);
	return delay;
}

static void the_time_is_that_of_arrival_and_not_of_reading(void **state)
{
	(void)state;
	struct listeners all = open_at("127.0.0.1:0", 1, plain);
	struct slots slots = slots_of(64, 0);
	int one = exporter_at("127.1.0.1");
	/* the kernel starts to take times a moment after it was first asked to */
	int64_t delay = INT64_MAX;
	for (int i = 0; i < 25 && delay > 10 * TICKS_PER_MS; i++)
		delay = delay_told(all.at[0], one, &slots);
	assert_true(delay < 10 * TICKS_PER_MS);
	assert_true(delay > -10 * TICKS_PER_MS);
	close(one);
	slots_done(&slots);
	close_all(&all);
}

static void a_long_datagram_goes_on_in_the_second_part(void **state)
{
	(void)state;
	enum { LONG = 9000, FIRST = 1472, SECOND = 8192 };
	struct listeners all = open_at("127.0.0.1:0", 1, plain);
	struct listener *l = all.at[0];
	struct slots slots = slots_of(FIRST, SECOND);
	int one = exporter_at("127.1.0.1");
	uint8_t sent[LONG];
	for (size_t i = 0; i < LONG; i++)
		sent[i] = (uint8_t)(i * 31 >> 3);

	send_text(one, listener_port(l), "short");
	send_to(one, listener_port(l), sent, LONG);
	send_to(one, listener_port(l), sent, FIRST);
	send_to(one, listener_port(l), sent, FIRST + 1);
	assert_true(await(l));
	assert_int_equal(listener_receive(l, slots.at, BURST_SLOTS), 4);
	assert_true(slot_holds(&slots.at[0], "short"));
	assert_int_equal(slots.at[1].len, LONG);
	assert_memory_equal(slots.at[1].iov[0].iov_base, sent, FIRST);
	assert_memory_equal(slots.at[1].iov[1].iov_base, sent + FIRST, LONG - FIRST);
	assert_int_equal(slots.at[2].len, FIRST);
	assert_memory_equal(slots.at[2].iov[0].iov_base, sent, FIRST);
	assert_int_equal(slots.at[3].len, FIRST + 1);
	assert_memory_equal(slots.at[3].iov[1].iov_base, sent + FIRST, 1);
	close(one);
	slots_done(&slots);
	close_all(&all);
}

static void what_is_longer_than_its_slot_is_counted_and_left_out(void **state)
{
	(void)state;
	struct listeners all = open_at("127.0.0.1:0", 1, plain);
	struct listener *l = all.at[0];
	struct slots slots = slots_of(4, 4);
	int one = exporter_at("127.1.0.1");
	send_text(one, listener_port(l), "12345678");
	send_text(one, listener_port(l), "123456789");
	send_text(one, listener_port(l), "abcdef");
	assert_true(await(l));
	assert_int_equal(listener_receive(l, slots.at, BURST_SLOTS), 2);
	assert_int_equal(slots.at[0].len, 8);
	assert_int_equal(slots.at[1].len, 6);
	assert_memory_equal(slots.at[1].iov[0].iov_base, "abcd", 4);
	assert_memory_equal(slots.at[1].iov[1].iov_base, "ef", 2);
	const struct listener_counts *n = listener_counts(l);
	assert_int_equal(n->truncated, 1);
	assert_int_equal(n->datagrams, 3);
	assert_int_equal(n->octets, 8 + 9 + 6);
	close(one);
	slots_done(&slots);
	close_all(&all);
}

static void only_allowed_exporters_fill_slots(void **state)
{
	(void)state;
	struct ip_prefix prefix;
	assert_true(ip_prefix_parse("127.1.0.0/31", &prefix));
	struct allow_list *allowed = allow_list_new(&prefix, 1);
	struct listeners all =
	    open_at("127.0.0.1:0", 1, (struct listen_options){ .allowed = allowed });
	struct listener *l = all.at[0];
	struct slots slots = slots_of(64, 0);
	int good = exporter_at("127.1.0.1"), bad = exporter_at("127.1.0.2");
	send_text(bad, listener_port(l), "one");
	send_text(good, listener_port(l), "two");
	send_text(bad, listener_port(l), "three");
	send_text(bad, listener_port(l), "four");
	send_text(good, listener_port(l), "five");
	assert_true(await(l));
	assert_int_equal(listener_receive(l, slots.at, BURST_SLOTS), 2);
	assert_true(slot_holds(&slots.at[0], "two"));
	assert_true(slot_holds(&slots.at[1], "five"));
	assert_ptr_equal(slots.at[1].iov[0].iov_base, slots.memory + 64);

	send_text(good, listener_port(l), "six");
	send_text(bad, listener_port(l), "seven");
	assert_true(await(l));
	assert_int_equal(listener_discard(l, 100), 2);
	const struct listener_counts *n = listener_counts(l);
	assert_int_equal(n->datagrams, 7);
	assert_int_equal(n->not_allowed, 4);
	assert_int_equal(n->refused, 1);
	close(good);
	close(bad);
	slots_done(&slots);
	close_all(&all);
	allow_list_free(allowed);
}

static void discarding_takes_the_oldest_and_no_more_than_asked(void **state)
{
	(void)state;
	struct listeners all = open_at("127.0.0.1:0", 1, plain);
	struct listener *l = all.at[0];
	struct slots slots = slots_of(64, 0);
	int one = exporter_at("127.1.0.1");
	char text[16];
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof text, "%d", i);
		send_text(one, listener_port(l), text);
	}
	assert_true(await(l));
	assert_int_equal(listener_discard(l, 90), 90);
	assert_int_equal(listener_receive(l, slots.at, BURST_SLOTS), 10);
	assert_true(slot_holds(&slots.at[0], "90"));
	assert_int_equal(listener_counts(l)->refused, 90);
	assert_int_equal(listener_counts(l)->octets, 10 + 90 * 2);
	assert_int_equal(listener_discard(l, 90), 0);
	close(one);
	slots_done(&slots);
	close_all(&all);
}

/* ---- what is lost ---- */

static void what_the_kernel_drops_is_counted_exactly(void **state)
{
	(void)state;
	enum { SENT = 500, LEN = 1000 };
	static const uint8_t octets[LEN];
	struct listeners all =
	    open_at("127.0.0.1:0", 1, (struct listen_options){ .receive_buffer = 1 });
	struct listener *l = all.at[0];
	struct slots slots = slots_of(LEN, 0);
	int one = exporter_at("127.1.0.1");
	for (int i = 0; i < SENT; i++)
		send_to(one, listener_port(l), octets, LEN);
	uint64_t told_before_reading = listener_counts(l)->dropped;
	size_t received = 0, n;
	while ((n = listener_receive(l, slots.at, BURST_SLOTS)) > 0)
		received += n;
	assert_true(received > 0 && received < SENT);
	assert_int_equal(told_before_reading, SENT - received);

	/* now SO_RXQ_OVFL comes with each datagram: it is the same count, not another one */
	send_to(one, listener_port(l), octets, LEN);
	assert_true(await(l));
	assert_int_equal(listener_receive(l, slots.at, BURST_SLOTS), 1);
	assert_int_equal(listener_counts(l)->dropped, SENT - received);
	assert_int_equal(listener_counts(l)->datagrams, received + 1);
	close(one);
	slots_done(&slots);
	close_all(&all);
}

static void the_count_of_drops_does_not_wrap(void **state)
{
	(void)state;
	struct drop_counter d = { .seen = 0xfffffff0 };
	drop_counter_see(&d, 0xfffffff0);
	assert_int_equal(d.total, 0);
	drop_counter_see(&d, 0x10);
	assert_int_equal(d.total, 0x20);
	drop_counter_see(&d, 0xfffffff8); /* older, told by a datagram that waited */
	assert_int_equal(d.total, 0x20);
	for (uint32_t i = 1; i <= 8; i++)
		drop_counter_see(&d, 0x10 + i * 0x40000000u);
	assert_int_equal(d.total, UINT64_C(0x200000020));
}

static int ask_for_too_much(void *context)
{
	(void)context;
	size_t asked = 1000 * 1000 * 1000;
	struct listeners all =
	    open_at("127.0.0.1:0", 1, (struct listen_options){ .receive_buffer = asked });
	char text[200] = "";
	if (listener_has_its_buffer(all.at[0], text, sizeof text))
		return 1;
	if (!strstr(text, "sysctl -w net.core.rmem_max=1000000000") ||
	    !strstr(text, listener_name(all.at[0])))
		return 2;
	return listener_buffer(all.at[0]) >= asked ? 3 : 0;
}

static void a_capped_receive_buffer_is_told_with_its_remedy(void **state)
{
	(void)state;
	assert_int_equal(in_child(true, ask_for_too_much, NULL), 0);
	char text[200];
	struct listeners all =
	    open_at("127.0.0.1:0", 1, (struct listen_options){ .receive_buffer = 100000 });
	assert_true(listener_has_its_buffer(all.at[0], text, sizeof text));
	assert_int_equal(listener_buffer(all.at[0]), 100000);
	close_all(&all);
}

/* ---- which worker ---- */

/* Sends from several ports of one address; returns the worker to whom all of it came. */
static unsigned worker_of(struct listeners *all, const char *from, struct slots *slots)
{
	enum { PORTS = 6 };
	int exporters[PORTS];
	unsigned worker = all->count;
	size_t got = 0;
	for (int i = 0; i < PORTS; i++) {
		exporters[i] = exporter_at(from);
		send_text(exporters[i], listener_port(all->at[0]), from);
	}
	for (unsigned i = 0; i < all->count; i++) {
		size_t n = listener_receive(all->at[i], slots->at, BURST_SLOTS);
		got += n;
		if (n == 0)
			continue;
		assert_int_equal(worker, all->count); /* nobody had any before */
		assert_int_equal(steering_choose(&slots->at[0].from, all->count), i);
		worker = i;
	}
	assert_int_equal(got, PORTS);
	for (int i = 0; i < PORTS; i++)
		close(exporters[i]);
	return worker;
}

/* Exporters whose addresses differ in one octet. */
static void check_steering(const char *address, unsigned workers, unsigned octet)
{
	enum { SOURCES = 24 };
	struct listeners all = open_at(address, workers, plain);
	struct slots slots = slots_of(64, 0);
	unsigned per_worker[STEERING_MOST] = { 0 };
	assert_int_equal(all.count, workers);
	for (unsigned i = 1; i <= SOURCES; i++) {
		uint8_t four[4] = { 127, 7, 7, 7 };
		char from[IP_TEXT_MAX];
		four[octet] = (uint8_t)i;
		struct ip ip = ip_from_v4(four);
		ip_format(&ip, from);
		per_worker[worker_of(&all, from, &slots)]++;
	}
	for (unsigned i = 0; i < workers; i++) /* no worker idles */
		assert_true(per_worker[i] >= SOURCES / workers / 3);
	slots_done(&slots);
	close_all(&all);
}

static void an_exporter_stays_on_one_worker_whatever_its_port(void **state)
{
	(void)state;
	for (unsigned workers = 2; workers <= 3; workers++)
		for (unsigned octet = 1; octet <= 3; octet++) {
			check_steering("127.0.0.1:0", workers, octet);
			check_steering(":0", workers, octet);
		}
}

static void ipv6_exporters_are_steered_too(void **state)
{
	(void)state;
	for (unsigned workers = 2; workers <= 5; workers++) {
		struct listeners all = open_at("[::1]:0", workers, plain);
		struct listeners any = open_at(":0", workers, plain);
		struct slots slots = slots_of(64, 0);
		(void)worker_of(&all, "::1", &slots);
		(void)worker_of(&any, "::1", &slots);
		slots_done(&slots);
		close_all(&all);
		close_all(&any);
	}
}

static void every_octet_of_an_ipv6_address_counts(void **state)
{
	(void)state;
	for (size_t octet = 0; octet < 16; octet++) {
		enum { SOURCES = 240, WORKERS = 3 };
		unsigned per_worker[WORKERS] = { 0 };
		struct ip ip;
		assert_true(ip_parse("2001:db8:1:2:3:4:5:6", &ip));
		for (unsigned i = 0; i < SOURCES; i++) {
			ip.b[octet] = (uint8_t)i;
			per_worker[steering_choose(&ip, WORKERS)]++;
		}
		for (unsigned i = 0; i < WORKERS; i++)
			assert_in_range(per_worker[i], SOURCES / WORKERS / 2,
			                SOURCES / WORKERS * 2);
	}
}

/* ---- where it listens ---- */

static void one_socket_can_take_both_families(void **state)
{
	(void)state;
	struct listeners all = open_at(":0", 1, plain);
	struct slots slots = slots_of(64, 0);
	int four = exporter_at("127.1.0.1"), six = exporter_at("::1");
	char from[IP_TEXT_MAX];
	send_text(four, listener_port(all.at[0]), "four");
	send_text(six, listener_port(all.at[0]), "six");
	assert_true(await(all.at[0]));
	assert_int_equal(listener_receive(all.at[0], slots.at, BURST_SLOTS), 2);
	ip_format(&slots.at[0].from, from);
	assert_string_equal(from, "127.1.0.1");
	assert_true(ip_is_v4(&slots.at[0].from));
	ip_format(&slots.at[1].from, from);
	assert_string_equal(from, "::1");
	close(four);
	close(six);
	slots_done(&slots);
	close_all(&all);
}

static void an_ipv6_listener_leaves_ipv4_to_others(void **state)
{
	(void)state;
	struct listeners six = open_at("[::]:0", 1, plain);
	char text[LISTEN_TEXT_MAX];
	snprintf(text, sizeof text, "0.0.0.0:%u", listener_port(six.at[0]));
	struct listeners four = open_at(text, 1, plain);
	close_all(&six);
	close_all(&four);
}

static void assert_refused(const char *text, unsigned workers, const char *words)
{
	struct listen_options options = plain;
	struct listeners all;
	struct err e = { 0 };
	assert_true(listen_address_parse(text, &options.address, &e));
	assert_false(listeners_open(&options, workers, NULL, &all, &e));
	assert_int_equal(e.code, ERR_IO);
	if (!strstr(e.text, words) || !strstr(e.text, text) || strchr(e.text, '\n'))
		fail_msg("%s", e.text);
}

static void a_port_in_use_is_refused_however_it_is_used(void **state)
{
	(void)state;
	char text[LISTEN_TEXT_MAX];
	int plainly = exporter_at("127.0.0.1");
	snprintf(text, sizeof text, "127.0.0.1:%u", port_of(plainly));
	assert_refused(text, 1, "in use");
	assert_refused(text, 2, "in use");
	close(plainly);

	/* a second collector must not share the first one's traffic by accident */
	struct listeners shared = open_at("127.0.0.1:0", 3, plain);
	assert_refused(listener_name(shared.at[0]), 1, "in use");
	assert_refused(listener_name(shared.at[0]), 2, "in use");
	char name[LISTEN_TEXT_MAX];
	strcpy(name, listener_name(shared.at[0]));
	close_all(&shared);
	struct listeners again = open_at(name, 3, plain);
	close_all(&again);
}

static void an_address_of_another_machine_is_refused(void **state)
{
	(void)state;
	assert_refused("192.0.2.1:2055", 1, "no interface");
	assert_refused("[2001:db8::1]:2055", 2, "no interface");
}

static int open_privileged_port(void *context)
{
	assert_refused(context, 1, "CAP_NET_BIND_SERVICE");
	return 0;
}

static void a_privileged_port_is_refused_to_those_without_privilege(void **state)
{
	(void)state;
	int first = 1024;
	FILE *f = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "r");
	if (f) {
		assert_int_equal(fscanf(f, "%d", &first), 1);
		fclose(f);
	}
	if (first < 2) {
		skip(); /* here every port is for everybody */
		return;
	}
	char text[LISTEN_TEXT_MAX];
	snprintf(text, sizeof text, "127.0.0.1:%d", first - 1);
	assert_int_equal(in_child(true, open_privileged_port, text), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_carries_source_port_and_octets),
		cmocka_unit_test(the_time_is_that_of_arrival_and_not_of_reading),
		cmocka_unit_test(a_long_datagram_goes_on_in_the_second_part),
		cmocka_unit_test(what_is_longer_than_its_slot_is_counted_and_left_out),
		cmocka_unit_test(only_allowed_exporters_fill_slots),
		cmocka_unit_test(discarding_takes_the_oldest_and_no_more_than_asked),
		cmocka_unit_test(what_the_kernel_drops_is_counted_exactly),
		cmocka_unit_test(the_count_of_drops_does_not_wrap),
		cmocka_unit_test(a_capped_receive_buffer_is_told_with_its_remedy),
		cmocka_unit_test(an_exporter_stays_on_one_worker_whatever_its_port),
		cmocka_unit_test(ipv6_exporters_are_steered_too),
		cmocka_unit_test(every_octet_of_an_ipv6_address_counts),
		cmocka_unit_test(one_socket_can_take_both_families),
		cmocka_unit_test(an_ipv6_listener_leaves_ipv4_to_others),
		cmocka_unit_test(a_port_in_use_is_refused_however_it_is_used),
		cmocka_unit_test(an_address_of_another_machine_is_refused),
		cmocka_unit_test(a_privileged_port_is_refused_to_those_without_privilege),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
