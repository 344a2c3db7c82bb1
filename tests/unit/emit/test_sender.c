#include "exporter/emit/sender.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/sockaddr.h"
#include "core/base/ticks.h"
#include "support/unit.h"

static void addresses_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text, *ip;
		uint16_t port;
		bool tcp;
	} cases[] = {
		{ "192.0.2.1:2055", "192.0.2.1", 2055, false },
		{ "[2001:db8::1]:4739", "2001:db8::1", 4739, false },
		{ "tcp:127.0.0.1:4739", "127.0.0.1", 4739, true },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sender_address a;
		struct ip ip;
		assert_true(sender_address_parse(cases[i].text, &a, NULL));
		assert_true(ip_parse(cases[i].ip, &ip) && ip_equal(&ip, &a.ip));
		assert_int_equal(a.port, cases[i].port);
		assert_int_equal(a.tcp, cases[i].tcp);
	}
}

static void what_is_no_address_is_told_in_one_line(void **state)
{
	(void)state;
	static const char *const cases[] = { "",
		                             "192.0.2.1",
		                             ":2055",
		                             "192.0.2.1:0",
		                             "192.0.2.1:65536",
		                             "192.0.2.1:x",
		                             "2001:db8::1:4739",
		                             "[]:1" };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct sender_address a;
		struct err e = { 0 };
		assert_false(sender_address_parse(cases[i], &a, &e));
		assert_int_equal(e.code, ERR_USAGE);
	}
	struct sender_address a;
	struct err e = { 0 };
	assert_false(sender_address_parse("no-such-host.invalid:2055", &a, &e));
	assert_int_equal(e.code, ERR_IO);
	assert_non_null(strstr(e.text, "no-such-host.invalid"));
}

static int listening(int type, uint16_t *ret_port)
{
	struct ip ip = ip_from_v4((uint8_t[]){ 127, 0, 0, 1 });
	struct sockaddr_storage at;
	socklen_t len = sockaddr_of(AF_INET, &ip, 0, &at);
	int fd = socket(AF_INET, type, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	sockaddr_read(&at, &ip, ret_port);
	return fd;
}

static struct sender *sender_to(const char *prefix, uint16_t port, int64_t now)
{
	char text[64];
	struct sender_address to;
	snprintf(text, sizeof text, "%s127.0.0.1:%u", prefix, port);
	assert_true(sender_address_parse(text, &to, NULL));
	struct sender *s = sender_new(&to, now, NULL);
	assert_non_null(s);
	return s;
}

/* The kernel tells of what an earlier datagram met at the next one. */
static void a_collector_that_comes_back_gets_every_datagram_from_then_on(void **state)
{
	(void)state;
	uint16_t port;
	close(listening(SOCK_DGRAM, &port));
	struct sender *s = sender_to("", port, 0);
	sender_send(s, "lost", 4, 1);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ip ip = ip_from_v4((uint8_t[]){ 127, 0, 0, 1 });
	struct sockaddr_storage at;
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sockaddr_of(AF_INET, &ip, port, &at)), 0);
	sender_send(s, "here", 4, 1);
	char octets[8];
	assert_int_equal(recv(fd, octets, sizeof octets, 0), 4);
	assert_memory_equal(octets, "here", 4);
	close(fd);
	sender_free(s);
}

enum { RECORDS = 3 /* in each message */ };
static char message[SENDER_MESSAGE_MAX];

/* Sends until one is lost; how many were not. */
static size_t fill(struct sender *s)
{
	for (size_t taken = 0;; taken++) {
		sender_send(s, message, sizeof message, RECORDS);
		if (sender_counts(s).lost_messages)
			return taken;
	}
}

static void a_message_over_tcp_waits_until_the_collector_reads(void **state)
{
	(void)state;
	uint16_t port;
	int listener = listening(SOCK_STREAM, &port);
	assert_int_equal(listen(listener, 1), 0);
	struct sender *s = sender_to("tcp:", port, 0);
	size_t sent = fill(s) * sizeof message;
	assert_true(sent >= SENDER_BACKLOG - sizeof message);
	int fd = accept(listener, NULL, NULL);
	size_t got = 0;
	while (got < sent) {
		sender_tick(s, 1);
		struct pollfd p = { .fd = fd, .events = POLLIN };
		assert_int_equal(poll(&p, 1, 5000), 1);
		ssize_t n = recv(fd, message, sizeof message, 0);
		assert_true(n > 0);
		got += (size_t)n;
	}
	assert_int_equal(got, sent); /* whole messages, in order, none twice */
	assert_int_equal(sender_waiting(s), 0);
	struct sender_counts c = sender_counts(s);
	assert_int_equal(c.messages, sent / sizeof message);
	assert_int_equal(c.records, RECORDS * c.messages);
	assert_int_equal(c.octets, sent);
	close(fd);
	close(listener);
	sender_free(s);
}

static void what_waits_when_a_session_ends_is_counted_as_lost(void **state)
{
	(void)state;
	uint16_t port;
	int listener = listening(SOCK_STREAM, &port);
	assert_int_equal(listen(listener, 1), 0);
	struct sender *s = sender_to("tcp:", port, 0);
	int fd = accept(listener, NULL, NULL);
	sender_tick(s, 1);
	size_t taken = fill(s), waiting = sender_waiting(s);
	assert_true(waiting > 0);
	struct linger reset = { .l_onoff = 1 };
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close(fd);
	close(listener);
	sender_tick(s, 2);
	struct sender_counts c = sender_counts(s);
	assert_int_equal(sender_waiting(s), 0);
	assert_int_equal(c.messages, taken - waiting);
	assert_int_equal(c.lost_messages, waiting + 1); /* and the one that did not fit */
	assert_int_equal(c.lost_records, RECORDS * c.lost_messages);
	sender_free(s);
}

static void a_session_that_is_refused_loses_what_waited_for_it(void **state)
{
	(void)state;
	uint16_t port;
	close(listening(SOCK_STREAM, &port));
	struct sender *s = sender_to("tcp:", port, 0);
	sender_send(s, "x", 1, RECORDS);
	sender_tick(s, 1);
	sender_send(s, "x", 1, RECORDS);
	sender_end(s);
	struct sender_counts c = sender_counts(s);
	assert_true(c.messages == 0 && c.lost_messages == 2 && c.lost_records == 2 * RECORDS);
	sender_free(s);
}

static void a_session_that_ended_is_begun_again_once_a_minute(void **state)
{
	(void)state;
	uint16_t port;
	int listener = listening(SOCK_STREAM, &port);
	assert_int_equal(listen(listener, 2), 0);
	struct sender *s = sender_to("tcp:", port, 0);
	int fd = accept(listener, NULL, NULL);
	sender_tick(s, 1);
	assert_int_equal(sender_session(s), 1);
	struct linger reset = { .l_onoff = 1 };
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close(fd);
	sender_tick(s, 2 * TICKS_PER_SECOND);
	sender_send(s, "x", 1, 1);
	assert_int_equal(sender_counts(s).lost_messages, 1);
	sender_tick(s, 59 * TICKS_PER_SECOND);
	assert_int_equal(sender_session(s), 1);
	sender_tick(s, 60 * TICKS_PER_SECOND);
	assert_int_equal(sender_session(s), 2);
	fd = accept(listener, NULL, NULL);
	sender_send(s, "x", 1, 1);
	sender_tick(s, 61 * TICKS_PER_SECOND);
	char octet;
	assert_int_equal(recv(fd, &octet, 1, 0), 1);
	close(fd);
	close(listener);
	sender_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(what_is_no_address_is_told_in_one_line),
		cmocka_unit_test(a_collector_that_comes_back_gets_every_datagram_from_then_on),
		cmocka_unit_test(a_message_over_tcp_waits_until_the_collector_reads),
		cmocka_unit_test(what_waits_when_a_session_ends_is_counted_as_lost),
		cmocka_unit_test(a_session_that_is_refused_loses_what_waited_for_it),
		cmocka_unit_test(a_session_that_ended_is_begun_again_once_a_minute),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
