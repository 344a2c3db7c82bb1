/* Laws, whatever a tool is answered at the control socket: it ends, with the answer or one
 * sentence; and what is taken for the state of exporters makes a decoder or a sentence.
 *
 * The input is the answer: first of a collector to who asks it anything, then to who asks for its
 * state. */
#include "fuzz.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "weir/control.h"
#include "weir/exporter_state.h"

enum { TEXT_MAX = 64 * 1024 };

static char dir[] = "/tmp/weir-fuzz-answer-XXXXXX";
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static int listening = -1;

static void stop(void)
{
	char run[sizeof dir + 8];
	snprintf(run, sizeof run, "%s/run", dir);
	close(listening);
	unlink(address.sun_path);
	rmdir(run);
	rmdir(dir);
}

static void start(void)
{
	char run[sizeof dir + 8];
	bool ok = mkdtemp(dir);
	snprintf(run, sizeof run, "%s/run", dir);
	snprintf(address.sun_path, sizeof address.sun_path, "%s/collector.sock", run);
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ok = ok && mkdir(run, 0700) == 0 &&
	     bind(listening, (struct sockaddr *)&address, sizeof address) == 0 &&
	     listen(listening, 1) == 0;
	assert(ok);
	atexit(stop);
}

/* The collector: answers one tool and hangs up. */
static void *collector(void *context)
{
	const struct cur *text = context;
	char line[CONTROL_LINE];
	int fd = accept(listening, NULL, NULL);
	ssize_t asked = recv(fd, line, sizeof line, 0);
	struct cur left = *text;
	while (asked > 0 && cur_left(&left)) {
		ssize_t n = send(fd, left.at, cur_left(&left), MSG_NOSIGNAL);
		if (n < 0)
			break;
		left.at += n;
	}
	close(fd);
	return NULL;
}

static void ask_anything(struct cur text)
{
	struct buf answer = { 0 };
	struct err e = { 0 };
	bool running = false;
	bool ok = control_ask(dir, "anything", &answer, &running, &e);
	assert(running && ok == (e.code == ERR_NONE) && (ok || *e.text));
	assert(!ok || (answer.len == cur_left(&text) - 3 && memcmp(text.at, "ok\n", 3) == 0));
	buf_done(&answer);
}

static void ask_for_state(void)
{
	struct err e = { 0 };
	struct decoder *decoder = exporter_state_read(dir, &e);
	assert(decoder || *e.text);
	decoder_free(decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur text = cur_of(data, size);
	pthread_t thread;
	if (listening < 0)
		start();
	if (size > TEXT_MAX)
		return 0;
	for (int i = 0; i < 2; i++) {
		int rc = pthread_create(&thread, NULL, collector, &text);
		assert(rc == 0);
		if (i == 0)
			ask_anything(text);
		else
			ask_for_state();
		pthread_join(thread, NULL);
	}
	return 0;
}
