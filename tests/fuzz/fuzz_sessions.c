/* Law: however a stream comes in pieces, and however few slots there are for it, it is cut into the
 * messages that their own lengths tell, what follows that is none or not whole comes last, and then
 * its end.  Octets that are no message are shown as far as they had come, four to sixteen.
 *
 * The input: an octet that says how it is cut into pieces, and the stream. */
#include "fuzz.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "collector/receive/sessions.h"
#include "core/base/err.h"

enum { SLOTS = 3, SLOT_ROOM = 2048, SLOT_MORE = 65535 - SLOT_ROOM, HEADER = 16, ROUNDS = 100000 };

static struct sessions *sessions;
static struct sockaddr_un address;
static socklen_t address_len = sizeof address;

static void stop(void)
{
	sessions_free(sessions);
}

/* At a socket of this machine without a name in its files: the kernel chooses one. */
static void start(void)
{
	struct err e = { 0 };
	address.sun_family = AF_UNIX;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	sessions = sessions_new(&e);
	bool ok = sessions && bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)) == 0 &&
	          getsockname(fd, (struct sockaddr *)&address, &address_len) == 0 &&
	          listen(fd, 4) == 0 && sessions_add(sessions, fd, 7, &e);
	assert(ok);
	atexit(stop);
}

/* What is still to come out. */
struct expected {
	struct cur rest;
	bool ended;
};

static void message_is(struct expected *x, const uint8_t *octets, size_t len)
{
	struct cur *rest = &x->rest;
	size_t left = cur_left(rest);
	bool header = left >= 4;
	bool broken = header && (be16(rest->at) != 10 || be16(rest->at + 2) < HEADER);
	bool whole = header && !broken && be16(rest->at + 2) <= left;
	if (broken)
		assert(len >= 4 && len <= HEADER);
	else
		assert(len > 0 && len == (whole ? be16(rest->at + 2) : left));
	assert(memcmp(octets, rest->at, len) == 0);
	rest->at += broken ? left : len;
}

static void slots_are(struct expected *x, const struct burst_slot *slots, size_t filled)
{
	static uint8_t octets[SLOT_ROOM + SLOT_MORE];
	for (size_t i = 0; i < filled; i++) {
		size_t len = slots[i].len, first = len < SLOT_ROOM ? len : SLOT_ROOM;
		assert(!x->ended);
		if (slots[i].kind == BURST_END) {
			assert(cur_left(&x->rest) == 0 && len == 0);
			x->ended = true;
			continue;
		}
		memcpy(octets, slots[i].iov[0].iov_base, first);
		memcpy(octets + first, slots[i].iov[1].iov_base, len - first);
		message_is(x, octets, len);
	}
}

static void receive(struct expected *x, size_t count)
{
	static uint8_t rooms[SLOTS][SLOT_ROOM], more[SLOTS][SLOT_MORE];
	struct burst_slot slots[SLOTS];
	uint16_t number = 7;
	for (size_t i = 0; i < SLOTS; i++) {
		slots[i].iov[0] = (struct iovec){ rooms[i], SLOT_ROOM };
		slots[i].iov[1] = (struct iovec){ more[i], SLOT_MORE };
	}
	size_t filled = sessions_receive(sessions, slots, count, &number);
	assert(filled <= count && number == 7);
	slots_are(x, slots, filled);
}

static void send_pieces(int fd, struct cur stream, struct expected *x, unsigned pieces)
{
	size_t most = 1 + pieces % 61 * (pieces % 61);
	while (cur_left(&stream)) {
		size_t len = cur_left(&stream) < most ? cur_left(&stream) : most;
		ssize_t sent = send(fd, stream.at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		stream.at += sent > 0 ? sent : 0;
		if (sent < 0 && sessions_open(sessions) == 0)
			return; /* the session was ended over what was no message */
		receive(x, 1 + pieces % SLOTS);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur input = cur_of(data, size);
	const uint8_t *pieces = cur_take(&input, 1);
	struct expected x = { .rest = input };
	if (!pieces)
		return 0;
	if (!sessions)
		start();
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc = connect(fd, (struct sockaddr *)&address, address_len);
	assert(rc == 0);
	receive(&x, 1); /* accepts it */
	assert(sessions_open(sessions) == 1);
	send_pieces(fd, input, &x, *pieces);
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < ROUNDS && !x.ended; i++)
		receive(&x, 1 + *pieces % SLOTS);
	assert(x.ended && sessions_open(sessions) == 0);
	close(fd);
	return 0;
}
