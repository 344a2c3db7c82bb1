#include "weir/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/unit.h"

/* A service manager's socket, by an abstract name of its own; returns its descriptor. */
static int manager(char name[64])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(name, 64, "@weir-test-notify-%ld", (long)getpid());
	memcpy(address.sun_path, name, strlen(name));
	address.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	return fd;
}

static void next_message(int fd, char text[256])
{
	ssize_t len = recv(fd, text, 255, MSG_DONTWAIT);
	text[len < 0 ? 0 : len] = '\0';
}

/* The texts of sd_notify(3). */
static void the_manager_is_told(void **state)
{
	(void)state;
	char name[64], text[256];
	int fd = manager(name);
	struct notify n;
	struct err e;
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_true(notify_open(&n, &e));
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	notify_ready(&n, "collecting");
	next_message(fd, text);
	assert_string_equal(text, "READY=1\nSTATUS=collecting");
	notify_status(&n, "the disk is full");
	next_message(fd, text);
	assert_string_equal(text, "STATUS=the disk is full");
	notify_reloading(&n);
	next_message(fd, text);
	assert_int_equal(strncmp(text, "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
	assert_true(strtoll(text + 27, NULL, 10) > 0);
	notify_alive(&n);
	next_message(fd, text);
	assert_string_equal(text, "WATCHDOG=1");
	notify_stopping(&n);
	next_message(fd, text);
	assert_string_equal(text, "STOPPING=1");
	notify_close(&n);
	close(fd);
}

static void without_a_manager_nothing_happens(void **state)
{
	(void)state;
	struct notify n;
	struct err e;
	assert_true(notify_open(&n, &e));
	notify_ready(&n, "collecting");
	notify_alive(&n);
	notify_close(&n);
}

static void a_manager_that_cannot_be_reached_is_an_error(void **state)
{
	(void)state;
	static const char *const names[] = { "/nowhere/notify", "nowhere", "@" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct notify n;
		struct err e;
		setenv("NOTIFY_SOCKET", names[i], 1);
		assert_false(notify_open(&n, &e));
		assert_non_null(strstr(e.text, names[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manager_is_told),
		cmocka_unit_test(without_a_manager_nothing_happens),
		cmocka_unit_test(a_manager_that_cannot_be_reached_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
