/* sink: a bare recvmmsg loop, the floor below any collector.
 *
 *     sink PORT
 *
 * Receives at 127.0.0.1:PORT, in bursts of 64 and with 32 MiB of buffer as a collector would, and
 * forgets.  Says "ready" when it is open; SIGTERM ends it.  Ends with one JSON object: datagrams,
 * and datagrams that the kernel dropped. */
#include <inttypes.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { SLOTS = 64, SLOT = 2048, BUFFER = 32 << 20 };

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static int open_socket(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_port = htons(port),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), buffer = BUFFER;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_usec = 200000 },
	                 sizeof(struct timeval));
	if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	perror("sink");
	exit(1);
}

static uint64_t receive_all(int fd)
{
	static uint8_t octets[SLOTS][SLOT];
	struct mmsghdr headers[SLOTS] = { 0 };
	struct iovec iov[SLOTS];
	uint64_t datagrams = 0;
	for (int i = 0; i < SLOTS; i++) {
		iov[i] = (struct iovec){ octets[i], SLOT };
		headers[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	while (!ended) {
		int n = recvmmsg(fd, headers, SLOTS, MSG_WAITFORONE, NULL);
		datagrams += n < 0 ? 0 : (uint64_t)n;
	}
	return datagrams;
}

int main(int argc, char **argv)
{
	long port = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
	if (port < 1 || port > 65535) {
		fprintf(stderr, "usage: %s PORT\n", argv[0]);
		return 2;
	}
	int fd = open_socket((uint16_t)port);
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = end }, NULL);
	fprintf(stderr, "ready\n");
	uint64_t datagrams = receive_all(fd);
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof info;
	getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len);
	printf("{\"datagrams\": %" PRIu64 ", \"dropped\": %" PRIu32 "}\n", datagrams,
	       info[SK_MEMINFO_DROPS]);
	close(fd);
	return 0;
}
