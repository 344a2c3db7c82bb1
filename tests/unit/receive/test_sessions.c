#include "collector/receive/sessions.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collector/receive/allow_list.h"
#include "collector/receive/listen_socket.h"
#include "support/unit.h"

enum { NUMBER = 5, ROOM = 70000 };

/* A worker's slots, each with room in two pieces as the journal's have. */
struct slots {
	struct burst_slot at[BURST_SLOTS];
	uint8_t octets[BURST_SLOTS][ROOM];
};

static struct slots *slots_new(void)
{
	struct slots *s = calloc(1, sizeof *s);
	assert_non_null(s);
	for (size_t i = 0; i < BURST_SLOTS; i++) {
		s->at[i].iov[0] = (struct iovec){ s->octets[i], 2048 };
		s->at[i].iov[1] = (struct iovec){ s->octets[i] + 2048, ROOM - 2048 };
	}
	return s;
}

static struct sessions *sessions_at(uint16_t *ret_port)
{
	struct listen_address address;
	struct err e = { 0 };
	int fd;
	assert_true(listen_address_parse("tcp:127.0.0.1:0", &address, &e));
	assert_true(listen_sockets_open(&address, 0, &fd, 1, &e));
	struct sessions *s = sessions_new(&e);
	assert_non_null(s);
	assert_true(sessions_add(s, fd, NUMBER, &e));
	*ret_port = address.port;
	return s;
}

static int connected(uint16_t port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons(port),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* An IPFIX message of that length whose octets behind the header are all `mark`. */
static void message(uint8_t *to, size_t len, uint8_t mark)
{
	memset(to, mark, len);
	const uint8_t head[] = { 0, 10, (uint8_t)(len >> 8), (uint8_t)len };
	memcpy(to, head, sizeof head);
}

static void send_message(int fd, size_t len, uint8_t mark)
{
	uint8_t octets[ROOM];
	message(octets, len, mark);
	assert_int_equal(send(fd, octets, len, 0), (ssize_t)len);
}

/* Receives until so many slots are filled or a second is over; returns how many are. */
static size_t receive(struct sessions *s, struct slots *slots, size_t want)
{
	size_t filled = 0;
	for (int i = 0; i < 100 && filled < want; i++) {
		struct pollfd p = { .fd = sessions_fd(s), .events = POLLIN };
		uint16_t number = 0;
		if (!sessions_pending(s))
			poll(&p, 1, 10);
		size_t n = sessions_receive(s, slots->at + filled, want - filled, &number);
		if (n)
			assert_int_equal(number, NUMBER);
		filled += n;
	}
	return filled;
}

static void assert_slot(const struct slots *s, size_t i, enum burst_kind kind, size_t len)
{
	assert_int_equal(s->at[i].kind, kind);
	assert_int_equal(s->at[i].len, len);
}

static void messages_are_cut_by_their_lengths(void **state)
{
	(void)state;
	uint16_t port;
	struct sessions *s = sessions_at(&port);
	struct slots *slots = slots_new();
	int fd = connected(port);
	uint8_t two[200];
	message(two, 100, 'a');
	message(two + 100, 60, 'b');
	assert_int_equal(send(fd, two, 120, 0), 120); /* one and a third */
	assert_int_equal(receive(s, slots, 1), 1);
	assert_slot(slots, 0, BURST_MESSAGE, 100);
	assert_int_equal(send(fd, two + 120, 40, 0), 40);
	send_message(fd, 65535, 'c');
	assert_int_equal(receive(s, slots, 2), 2);
	assert_slot(slots, 0, BURST_MESSAGE, 60);
	assert_int_equal(slots->octets[0][59], 'b');
	assert_slot(slots, 1, BURST_MESSAGE, 65535);
	assert_int_equal(slots->octets[1][65534], 'c');
	close(fd);
	assert_int_equal(receive(s, slots, 1), 1);
	assert_slot(slots, 0, BURST_END, 0);
	assert_int_equal(sessions_open(s), 0);
	free(slots);
	sessions_free(s);
}

static void an_end_comes_after_all_that_was_sent(void **state)
{
	(void)state;
	uint16_t port;
	struct sessions *s = sessions_at(&port);
	struct slots *slots = slots_new();
	int fd = connected(port);
	for (int i = 0; i < 10; i++)
		send_message(fd, 40, (uint8_t)i);
	uint8_t part[50];
	message(part, sizeof part, 'x');
	assert_int_equal(send(fd, part, 30, 0), 30);
	close(fd);
	for (size_t done = 0; done < 12; done++) { /* one slot at a time */
		assert_int_equal(receive(s, slots, 1), 1);
		if (done < 10)
			assert_slot(slots, 0, BURST_MESSAGE, 40);
		else
			assert_slot(slots, 0, done == 10 ? BURST_MESSAGE : BURST_END,
			            done == 10 ? 30 : 0);
	}
	assert_false(sessions_pending(s));
	free(slots);
	sessions_free(s);
}

static void what_is_no_message_ends_its_session(void **state)
{
	(void)state;
	static const uint8_t wrong[][8] = {
		{ 0, 9, 0, 40 },  /* NetFlow v9 */
		{ 0, 10, 0, 15 }, /* shorter than its own header */
		{ 'G', 'E', 'T', ' ' },
	};
	uint16_t port;
	struct sessions *s = sessions_at(&port);
	struct slots *slots = slots_new();
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		int fd = connected(port);
		assert_int_equal(send(fd, wrong[i], 8, 0), 8);
		assert_int_equal(receive(s, slots, 2), 2);
		assert_slot(slots, 0, BURST_MESSAGE, 8);
		assert_memory_equal(slots->octets[0], wrong[i], 8);
		assert_slot(slots, 1, BURST_END, 0);
		char octet;
		assert_true(recv(fd, &octet, 1, 0) <= 0);
		close(fd);
	}
	free(slots);
	sessions_free(s);
}

/* A session that always has more does not keep others from being read. */
static void sessions_take_turns(void **state)
{
	(void)state;
	uint16_t port;
	struct sessions *s = sessions_at(&port);
	struct slots *slots = slots_new();
	int busy = connected(port), quiet = connected(port);
	for (int i = 0; i < 1000; i++)
		send_message(busy, 20, 'b');
	send_message(quiet, 20, 'q');
	bool seen = false;
	for (int i = 0; i < 20 && !seen; i++) {
		assert_int_equal(receive(s, slots, 1), 1);
		seen = slots->octets[0][19] == 'q';
	}
	assert_true(seen);
	close(busy);
	close(quiet);
	free(slots);
	sessions_free(s);
}

static void strangers_and_crowds_are_turned_away(void **state)
{
	(void)state;
	struct ip_prefix elsewhere;
	assert_true(ip_prefix_parse("192.0.2.0/24", &elsewhere));
	struct allow_list *few = allow_list_new(&elsewhere, 1);
	uint16_t port;
	struct sessions *s = sessions_at(&port);
	struct slots *slots = slots_new();
	sessions_allow(s, few);
	int stranger = connected(port);
	assert_int_equal(receive(s, slots, 1), 0);
	assert_int_equal(sessions_counts(s, NUMBER).not_allowed, 1);
	close(stranger);
	sessions_allow(s, NULL);
	int crowd[SESSIONS_MOST + 1];
	for (int i = 0; i <= SESSIONS_MOST; i++) {
		crowd[i] = connected(port);
		uint16_t number;
		struct pollfd p = { .fd = sessions_fd(s), .events = POLLIN };
		poll(&p, 1, 1000);
		assert_int_equal(sessions_receive(s, slots->at, 1, &number), 0);
	}
	assert_int_equal(sessions_open(s), SESSIONS_MOST);
	assert_int_equal(sessions_counts(s, NUMBER).refused, 1);
	for (int i = 0; i <= SESSIONS_MOST; i++)
		close(crowd[i]);
	free(slots);
	sessions_free(s);
	allow_list_free(few);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_cut_by_their_lengths),
		cmocka_unit_test(an_end_comes_after_all_that_was_sent),
		cmocka_unit_test(what_is_no_message_ends_its_session),
		cmocka_unit_test(sessions_take_turns),
		cmocka_unit_test(strangers_and_crowds_are_turned_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
