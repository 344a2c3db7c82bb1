/* loopback: exporters, slots and child processes for tests of receiving, on this machine only. */
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collector/receive/listener.h"
#include "support/unit.h"
#include "core/base/sockaddr.h"

/* A socket that sends from this address, from a port of the kernel's choice. */
static inline int exporter_at(const char *from)
{
	struct ip ip;
	struct sockaddr_storage at;
	assert_true(ip_parse(from, &ip));
	int family = ip_is_v4(&ip) ? AF_INET : AF_INET6;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sockaddr_of(family, &ip, 0, &at)), 0);
	return fd;
}

static inline uint16_t port_of(int fd)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof at;
	struct ip ip;
	uint16_t port;
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	sockaddr_read(&at, &ip, &port);
	return port;
}

static inline void send_to(int exporter, uint16_t port, const void *octets, size_t len)
{
	struct sockaddr_storage to;
	socklen_t to_len = sizeof to;
	assert_int_equal(getsockname(exporter, (struct sockaddr *)&to, &to_len), 0);
	bool v4 = to.ss_family == AF_INET;
	struct ip ip = { { 0 } };
	assert_true(ip_parse(v4 ? "127.0.0.1" : "::1", &ip));
	to_len = sockaddr_of(to.ss_family, &ip, port, &to);
	assert_int_equal(sendto(exporter, octets, len, 0, (struct sockaddr *)&to, to_len), len);
}

static inline void send_text(int exporter, uint16_t port, const char *text)
{
	send_to(exporter, port, text, strlen(text));
}

/* Slots of `first` and `second` octets. */
struct slots {
	struct burst_slot at[BURST_SLOTS];
	uint8_t *memory;
};

static inline struct slots slots_of(size_t first, size_t second)
{
	struct slots s = { .memory = malloc(BURST_SLOTS * (first + second)) };
	assert_non_null(s.memory);
	for (size_t i = 0; i < BURST_SLOTS; i++) {
		uint8_t *at = s.memory + i * (first + second);
		s.at[i].iov[0] = (struct iovec){ at, first };
		s.at[i].iov[1] = (struct iovec){ at + first, second };
	}
	return s;
}

static inline void slots_done(struct slots *s)
{
	free(s->memory);
}

static inline bool slot_holds(const struct burst_slot *slot, const char *text)
{
	return slot->len == strlen(text) && memcmp(slot->iov[0].iov_base, text, slot->len) == 0;
}

/* Opens listeners at an address; fails the test where that does not work. */
static inline struct listeners open_at(const char *text, unsigned workers,
                                       struct listen_options options)
{
	struct listeners all = { .count = 0 };
	struct err e = { 0 };
	assert_true(listen_address_parse(text, &options.address, &e));
	if (!listeners_open(&options, workers, NULL, &all, &e))
		fail_msg("%s", e.text);
	return all;
}

static inline void close_all(struct listeners *all)
{
	for (unsigned i = 0; i < all->count; i++)
		listener_close(all->at[i]);
}

/* Loopback delivers at once, but need not: waits up to a second for something to be there. */
static inline bool await(const struct listener *l)
{
	struct pollfd fd = { .fd = listener_fd(l), .events = POLLIN };
	return poll(&fd, 1, 1000) == 1;
}

/* Runs a test's part in a child of its own, as a user without privileges if it asks for that. */
static inline int in_child(bool unprivileged, int (*part)(void *), void *context)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (unprivileged && getuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(99);
		_exit(part(context));
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}
