#include "collector/receive/inherited.h"

#include <stdio.h>
#include <fcntl.h>

#include "support/loopback.h"
#include "core/base/sockaddr.h"

/* Every situation is a child's: descriptors from 3 on and the variables are the process' own.  A
 * child's exit status says at which step it failed; 0: at none. */

/* Leaves `count` sockets as descriptors 3, 4 … and says so as a service manager does. */
static void hand_over(const int *fds, int count)
{
	char text[16];
	int high[4];
	for (int i = 0; i < count; i++) /* out of the way first */
		high[i] = fcntl(fds[i], F_DUPFD, 100);
	for (int i = 0; i < count; i++)
		dup2(high[i], 3 + i);
	for (int i = 0; i < count; i++)
		close(high[i]);
	snprintf(text, sizeof text, "%d", (int)getpid());
	setenv("LISTEN_PID", text, 1);
	snprintf(text, sizeof text, "%d", count);
	setenv("LISTEN_FDS", text, 1);
	setenv("LISTEN_FDNAMES", "a:b", 1);
}

/* As systemd makes it: bound, nothing else asked for. */
static int socket_at(int family, int type, const char *address, uint16_t port, bool shared)
{
	struct sockaddr_storage at;
	struct ip ip;
	int share = shared, fd = socket(family, type, 0);
	if (!ip_parse(address, &ip) ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &share, sizeof share) != 0 ||
	    bind(fd, (struct sockaddr *)&at, sockaddr_of(family, &ip, port, &at)) != 0)
		_exit(98);
	return fd;
}

static bool open_inherited(struct inherited *inherited, const char *address, uint16_t port,
                           unsigned workers, struct listeners *ret)
{
	char text[LISTEN_TEXT_MAX];
	struct listen_options options = { 0 };
	struct err e = { 0 };
	snprintf(text, sizeof text, "%s:%u", address, port);
	if (!listen_address_parse(text, &options.address, &e))
		return false;
	return listeners_open(&options, workers, inherited, ret, &e);
}

static int takes_what_was_queued(void *context)
{
	(void)context;
	int fd = socket_at(AF_INET, SOCK_DGRAM, "127.0.0.1", 0, false);
	uint16_t port = port_of(fd);
	int one = fcntl(exporter_at("127.1.0.1"), F_DUPFD, 200);
	send_text(one, port, "queued before we were there");
	hand_over(&fd, 1);

	struct inherited inherited;
	struct listeners all;
	struct err e = { 0 };
	if (!inherited_find(&inherited, &e) || inherited.count != 1)
		return 1;
	if (getenv("LISTEN_FDS") || getenv("LISTEN_PID") || getenv("LISTEN_FDNAMES"))
		return 2;
	if (fcntl(3, F_GETFD) != FD_CLOEXEC)
		return 3;
	if (inherited_all_taken(&inherited, &e) || !strstr(e.text, "127.0.0.1"))
		return 4;
	if (!open_inherited(&inherited, "127.0.0.1", port, 2, &all) || all.count != 1 ||
	    listener_fd(all.at[0]) != 3)
		return 5;
	if (!inherited_all_taken(&inherited, &e))
		return 6;
	send_text(one, port, "and after");
	struct slots slots = slots_of(64, 0);
	if (listener_receive(all.at[0], slots.at, BURST_SLOTS) != 2 ||
	    !slot_holds(&slots.at[0], "queued before we were there") ||
	    !slot_holds(&slots.at[1], "and after"))
		return 7;
	return slots.at[0].arrival > 0 && slots.at[1].arrival > 0 ? 0 : 8;
}

static void datagrams_that_the_kernel_held_are_received(void **state)
{
	(void)state;
	assert_int_equal(in_child(false, takes_what_was_queued, NULL), 0);
}

static int steers_shared(void *context)
{
	(void)context;
	int fds[3];
	fds[0] = socket_at(AF_INET, SOCK_DGRAM, "127.0.0.1", 0, true);
	uint16_t port = port_of(fds[0]);
	fds[1] = socket_at(AF_INET, SOCK_DGRAM, "127.0.0.1", port, true);
	fds[2] = socket_at(AF_INET, SOCK_DGRAM, "127.0.0.1", port, true);
	hand_over(fds, 3);

	struct inherited inherited;
	struct listeners all;
	struct err e = { 0 };
	if (!inherited_find(&inherited, &e) ||
	    !open_inherited(&inherited, "127.0.0.1", port, 2, &all) || all.count != 3)
		return 1;
	struct slots slots = slots_of(64, 0);
	for (int i = 0; i < 60; i++) {
		char from[IP_TEXT_MAX];
		snprintf(from, sizeof from, "127.1.0.%d", 1 + i % 6);
		int one = exporter_at(from);
		send_text(one, port, "x");
		close(one);
	}
	size_t got = 0;
	for (unsigned i = 0; i < all.count; i++) {
		size_t n = listener_receive(all.at[i], slots.at, BURST_SLOTS);
		got += n;
		for (size_t k = 0; k < n; k++)
			if (steering_choose(&slots.at[k].from, 3) != i)
				return 2;
	}
	return got == 60 ? 0 : 3;
}

static void several_at_one_address_are_steered(void **state)
{
	(void)state;
	assert_int_equal(in_child(false, steers_shared, NULL), 0);
}

static int tells_kinds_apart(void *context)
{
	(void)context;
	int both = socket_at(AF_INET6, SOCK_DGRAM, "::", 0, false);
	int fds[3] = {
		socket_at(AF_INET, SOCK_STREAM, "127.0.0.1", 0, false),
		both,
		open("/dev/null", O_RDONLY),
	};
	hand_over(fds, 3);
	struct inherited inherited;
	struct listeners all;
	struct err e = { 0 };
	if (!inherited_find(&inherited, &e) || inherited.count != 3 ||
	    inherited.at[0].type != SOCK_STREAM || inherited.at[1].type != SOCK_DGRAM ||
	    inherited.at[2].type != 0)
		return 1;
	struct listen_address tcp = inherited.at[0].address;
	if (inherited_take(&inherited, SOCK_DGRAM, &tcp) != -1)
		return 2;
	if (!open_inherited(&inherited, "", inherited.at[1].address.port, 1, &all) ||
	    listener_fd(all.at[0]) != 4)
		return 3;
	if (!inherited_all_taken(&inherited, &e)) /* other kinds are others' business */
		return 4;
	return inherited_take(&inherited, SOCK_STREAM, &tcp) == 3 ? 0 : 5;
}

static void streams_and_files_are_left_for_others(void **state)
{
	(void)state;
	assert_int_equal(in_child(false, tells_kinds_apart, NULL), 0);
}

static int of_another(void *context)
{
	(void)context;
	struct inherited inherited;
	struct err e = { 0 };
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "1", 1);
	if (!inherited_find(&inherited, &e) || inherited.count != 0 || getenv("LISTEN_FDS"))
		return 1;
	return inherited_find(&inherited, &e) && inherited.count == 0 ? 0 : 2;
}

static void what_is_for_another_process_is_not_taken(void **state)
{
	(void)state;
	assert_int_equal(in_child(false, of_another, NULL), 0);
}

static int wrong_variables(void *context)
{
	const char *count = context;
	struct inherited inherited;
	struct err e = { 0 };
	char pid[16];
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", count, 1);
	for (int fd = 3; fd < 8; fd++)
		close(fd);
	if (inherited_find(&inherited, &e))
		return 1;
	return strstr(e.text, "LISTEN_FDS") && e.code == ERR_USAGE && !getenv("LISTEN_FDS") ? 0 : 2;
}

static void wrong_variables_are_told(void **state)
{
	(void)state;
	char texts[][24] = { "2x", "-1", "", "99999999999999999999", "1000", "2" };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(in_child(false, wrong_variables, texts[i]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(datagrams_that_the_kernel_held_are_received),
		cmocka_unit_test(several_at_one_address_are_steered),
		cmocka_unit_test(streams_and_files_are_left_for_others),
		cmocka_unit_test(what_is_for_another_process_is_not_taken),
		cmocka_unit_test(wrong_variables_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
