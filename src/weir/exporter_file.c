#include <time.h>

#include "core/base/ticks.h"
#include "weir/exporter_internal.h"

enum {
	FRAMES_AT_ONCE = 256,
	DRAIN_MS = 5000,
};
#define NS_PER_SECOND INT64_C(1000000000)
/* Uptime at the first packet: packets of a file may be older than the first, and not every
 * collector knows an uptime that is before the start. */
#define UPTIME       TICKS_PER_MINUTE
#define DEFAULT_RATE 2000.0 /* messages a second: what a socket's usual buffer can take */

static int64_t clock_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_SECOND + t.tv_nsec;
}

/* Messages of the collector that got most. */
static uint64_t messages_of(const struct emit *emit)
{
	uint64_t most = 0;
	for (size_t i = 0; i < emit_feeds(emit); i++) {
		struct feed_counts c = emit_counts(emit, i);
		uint64_t messages = c.sent.messages + c.sent.lost_messages + c.waiting;
		if (messages > most)
			most = messages;
	}
	return most;
}

void exporter_pace(const struct exporter *x)
{
	double rate = x->setup.rate > 0 ? x->setup.rate : DEFAULT_RATE;
	double due = (double)messages_of(x->emit) / rate * NS_PER_SECOND;
	int64_t early = (int64_t)due - (clock_ns() - x->begun_ns);
	if (early < NS_PER_SECOND / 1000)
		return;
	struct timespec t = { early / NS_PER_SECOND, early % NS_PER_SECOND };
	nanosleep(&t, NULL);
}

/* The file's clock goes on with its packets; flows are looked at once a second of it. */
static void move_on(struct exporter *x, int64_t time)
{
	if (x->boot == 0) {
		x->boot = time - UPTIME;
		emit_clock(x->emit, x->boot);
	}
	if (time > x->now)
		x->now = time;
	if (x->now < x->due)
		return;
	x->due = x->now + TICKS_PER_SECOND;
	meter_expire(x->meter, x->now);
	emit_tick(x->emit, x->now, x->now);
}

static void take_packet(void *context, const struct observed *o)
{
	struct exporter *x = context;
	move_on(x, o->time);
	meter_take(x->meter, o);
}

/* Nothing was sampled: collectors are told of the sampler all the same. */
static void end(struct exporter *x)
{
	const struct observer_counts *c = packet_source_counts(x->file);
	struct emit_packets packets = { c->frames, c->packets };
	move_on(x, x->boot ? x->now : ticks_now());
	meter_end(x->meter);
	emit_packets(x->emit, &packets);
	emit_flush(x->emit, x->now);
	emit_drain(x->emit, DRAIN_MS);
}

bool exporter_read_file(struct exporter *x, struct err *e)
{
	x->begun_ns = clock_ns();
	while (packet_source_read(x->file, FRAMES_AT_ONCE, (struct observed_sink){ take_packet, x },
	                          e))
		continue;
	end(x);
	return !e->code;
}
