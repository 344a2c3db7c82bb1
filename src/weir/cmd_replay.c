#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/ticks.h"
#include "weir/captures.h"
#include "weir/command.h"
#include "weir/commands.h"
#include "weir/replay_sockets.h"

#define NS_PER_SECOND INT64_C(1000000000)

struct replay {
	struct replay_sockets *sockets;
	double rate;   /* datagrams a second; 0: as captured */
	double speed;  /* times as captured; 0: no pauses */
	bool begun;    /* with this file: what follows is of its first datagram */
	int64_t start; /* when it was sent: ns of the clock below */
	int64_t first; /* when it was captured: ticks */
	int64_t begin; /* when the first of all was sent */
	uint64_t sent, octets;
};

static int64_t clock_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_SECOND + t.tv_nsec;
}

static void wait_until(int64_t ns)
{
	struct timespec t = { ns / NS_PER_SECOND, ns % NS_PER_SECOND };
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		continue;
}

/* Waits until a datagram is due.  One captured before the first is due at once, and nothing is due
 * later than in a year. */
static void pace(const struct replay *r, const struct datagram *d)
{
	int64_t since = r->start;
	double seconds = 0;
	if (r->rate > 0) {
		since = r->begin;
		seconds = (double)r->sent / r->rate;
	} else if (r->speed > 0) {
		seconds = (double)(d->arrival - r->first) / TICKS_PER_SECOND / r->speed;
	}
	if (seconds > 0)
		wait_until(since + (int64_t)(fmin(seconds, 366 * 86400.0) * NS_PER_SECOND));
}

static bool replay_datagram(void *context, const struct datagram *d, struct err *e)
{
	struct replay *r = context;
	if (!r->begun) {
		r->begun = true;
		r->first = d->arrival;
		r->start = clock_ns();
		r->begin = r->sent ? r->begin : r->start;
	}
	pace(r, d);
	if (!replay_send(r->sockets, d, e))
		return false;
	r->sent++;
	r->octets += d->len;
	return true;
}

/* Every file has a clock of its own: two captures may be years apart. */
static bool replay_files(const struct invocation *inv, struct replay *r, struct err *e)
{
	for (size_t i = 0; i < inv->argument_count; i++) {
		r->begun = false;
		if (!capture_read(inv, inv->arguments[i], replay_datagram, r, e))
			return false;
	}
	return replay_was_heard(r->sockets, e);
}

static bool number_of(const struct invocation *inv, const char *option, double *ret, struct err *e)
{
	const char *text = invocation_value(inv, option);
	char *end;
	*ret = text ? strtod(text, &end) : 0;
	if (!text || (end > text && !*end && *ret >= 0 && *ret <= 1e9))
		return true;
	return err_set(e, ERR_USAGE, "--%s cannot be \"%.40s\"; give a number from 0 to 1000000000",
	               option, text);
}

/* A port alone means this machine. */
static bool collector_of(const struct invocation *inv, struct listen_address *ret, struct err *e)
{
	if (!listen_address_parse(invocation_value(inv, "collector"), ret, e))
		return err_wrap(e, "--collector");
	if (ret->tcp)
		return err_set(e, ERR_USAGE,
		               "--collector: replay sends datagrams; leave out \"tcp:\"");
	if (ret->port == 0)
		return err_set(e, ERR_USAGE, "--collector: port 0 is no port");
	if (ret->any)
		*ret = (struct listen_address){ .ip = ip_from_v4((uint8_t[]){ 127, 0, 0, 1 }),
			                        .port = ret->port };
	return true;
}

static void report(const struct invocation *inv, const struct replay *r)
{
	double seconds = r->sent ? (double)(clock_ns() - r->begin) / NS_PER_SECOND : 0;
	fprintf(inv->out,
	        "%" PRIu64 " datagrams of %zu exporters sent, %" PRIu64 " octets in %.3f s\n",
	        r->sent, replay_exporters(r->sockets), r->octets, seconds);
}

int cmd_replay(struct invocation *inv)
{
	struct replay replay = { 0 };
	struct listen_address collector;
	struct err e = { 0 };
	bool ok = number_of(inv, "rate", &replay.rate, &e) &&
	          number_of(inv, "speed", &replay.speed, &e) && collector_of(inv, &collector, &e) &&
	          (replay.sockets = replay_sockets_new(&collector, &e)) &&
	          replay_files(inv, &replay, &e);
	if (replay.sent)
		report(inv, &replay);
	replay_sockets_free(replay.sockets);
	return ok ? EXIT_DONE : invocation_fail(inv, &e);
}
