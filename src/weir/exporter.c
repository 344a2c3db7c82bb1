#include "weir/exporter.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/base/ticks.h"
#include "exporter/capture/link.h"
#include "weir/exporter_internal.h"
#include "weir/isolation.h"

#define TICK         TICKS_PER_SECOND
#define REPORT_AFTER TICKS_PER_MINUTE /* packets are told of once in so long, and at the end */
#define CLOCK_SET    (2 * TICKS_PER_SECOND)
enum {
	DRAIN_MS = 2000,
	MORE_FDS = 2, /* signals and NAT, behind the interfaces */
};

/* ---- start ---- */

static void take_flow(void *context, const struct metered_flow *flow)
{
	struct exporter *x = context;
	x->flows++;
	emit_flow(x->emit, flow, x->now);
	if (x->file)
		exporter_pace(x);
}

static bool open_signals(struct exporter *x, struct err *e)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	x->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return x->signal_fd >= 0 || err_set(e, ERR_IO, "%s", strerror(errno));
}

/* The name of the default route's interface, where none was asked for. */
static bool choose_interface(struct exporter *x, struct link_info *room, struct err *e)
{
	if (x->setup.interface_count)
		return true;
	struct links *links = links_open(e);
	bool ok = links && link_by_default_route(links, room, e);
	links_close(links);
	x->setup.names[0] = room->name;
	x->setup.interfaces = x->setup.names;
	x->setup.interface_count = 1;
	return ok || err_wrap(e, "no --interface was given");
}

static void tell_interface(struct exporter *x, size_t number)
{
	struct interface_report report = { .index = interface_index(x->interfaces[number]) };
	strncpy(report.name, interface_name(x->interfaces[number]), sizeof report.name - 1);
	emit_interface(x->emit, (unsigned)number, &report);
}

static bool open_interfaces(struct exporter *x, struct err *e)
{
	struct link_info room = { 0 };
	if (!choose_interface(x, &room, e))
		return false;
	struct interface_config config = {
		.interval = x->setup.sampling.interval,
		.direction = x->setup.direction,
		.seeded = x->setup.sampling.seeded,
		.seed = x->setup.sampling.seed,
	};
	for (size_t i = 0; i < x->setup.interface_count; i++) {
		char text[256];
		struct interface *opened = interface_open(x->setup.interfaces[i], &config, e);
		if (!opened)
			return false;
		x->interfaces[x->interface_count++] = opened;
		interface_describe(opened, text, sizeof text);
		fprintf(x->setup.log, "%s\n", text);
	}
	return true;
}

static bool open_nat(struct exporter *x, struct err *e)
{
	if (!x->setup.log_nat)
		return true;
	x->nat = exporter_nat_open(&x->setup.nat, e);
	if (x->nat && exporter_nat_notice(x->nat))
		fprintf(x->setup.log, "%s\n", exporter_nat_notice(x->nat));
	return x->nat != NULL;
}

static bool open_packets(struct exporter *x, struct err *e)
{
	if (!x->setup.file)
		return open_interfaces(x, e);
	x->file = packet_source_open(x->setup.file, &x->setup.sampling, e);
	return x->file != NULL;
}

static bool isolate_self(struct exporter *x, struct err *e)
{
	struct isolation wanted = {
		.user = *x->setup.user ? x->setup.user : NULL,
		.allow = ISOLATION_CONNECT | (x->nat ? ISOLATION_NET_ADMIN : 0),
	};
	struct isolated isolated;
	if (!x->setup.isolate || x->file)
		return true;
	if (!isolate(&wanted, &isolated, e))
		return false;
	fprintf(x->setup.log, "%s\n", isolated.text);
	return true;
}

static bool start(struct exporter *x, struct err *e)
{
	int64_t steady = x->file ? 0 : ticks_steady();
	struct metered_sink flows = { take_flow, x };
	x->emit = emit_new(&x->setup.emit, steady, e);
	x->meter = x->emit ? meter_new(&x->setup.meter, &flows, e) : NULL;
	if (!x->meter || !isolate_self(x, e))
		return false;
	x->interval = x->setup.sampling.interval;
	emit_sampler(x->emit, EXPORTER_SELECTOR, x->interval,
	             x->setup.sampling.algorithm == SELECTOR_RANDOM);
	for (size_t i = 0; i < x->interface_count; i++)
		tell_interface(x, i);
	if (x->nat)
		exporter_nat_begin(x->nat, x->emit);
	return true;
}

struct exporter *exporter_start(const struct exporter_setup *setup, struct err *e)
{
	struct exporter *x = calloc(1, sizeof *x);
	if (!x) {
		err_set(e, ERR_NOMEM, "no memory for the exporter");
		return NULL;
	}
	x->setup = *setup;
	x->signal_fd = -1;
	if (open_packets(x, e) && open_nat(x, e) && (x->file || open_signals(x, e)) && start(x, e))
		return x;
	exporter_free(x);
	return NULL;
}

void exporter_free(struct exporter *x)
{
	if (!x)
		return;
	meter_free(x->meter);
	emit_free(x->emit);
	for (size_t i = 0; i < x->interface_count; i++)
		interface_close(x->interfaces[i]);
	packet_source_close(x->file);
	exporter_nat_close(x->nat);
	if (x->signal_fd >= 0)
		close(x->signal_fd);
	free(x);
}

/* ---- once a second ---- */

/* RFC 3954 section 7: after a change of the clock templates are told at an accelerated rate.
 * Uptime goes on as it was. */
static void look_at_clock(struct exporter *x, int64_t now, int64_t steady)
{
	int64_t boot = now - (steady - x->begun);
	int64_t step = boot - x->boot;
	if (step > -CLOCK_SET && step < CLOCK_SET)
		return;
	if (x->boot) {
		fprintf(x->setup.log, "the clock was set by %lld s; templates are told anew\n",
		        (long long)(step / TICKS_PER_SECOND));
		emit_restart(x->emit);
	}
	x->boot = boot;
	emit_clock(x->emit, boot);
}

/* Where rings have dropped frames one that was sampled stands for more than it should: that is told
 * when it makes more than a hundredth. */
static void tell_rate(struct exporter *x)
{
	uint32_t most = x->setup.sampling.interval;
	for (size_t i = 0; i < x->interface_count; i++) {
		uint32_t achieved = interface_counts(x->interfaces[i])->achieved;
		if (achieved > most)
			most = achieved;
	}
	uint32_t difference = most > x->interval ? most - x->interval : x->interval - most;
	if (difference <= x->interval / 100)
		return;
	x->interval = most;
	emit_sampler(x->emit, EXPORTER_SELECTOR, most, true);
	fprintf(x->setup.log, "packets were dropped: one that was sampled stands for %u\n", most);
}

static void tell_packets(struct exporter *x)
{
	struct exporter_totals t = exporter_totals(x);
	struct emit_packets packets = { t.observed, t.sampled };
	emit_packets(x->emit, &packets);
	tell_rate(x);
}

static void watch_interfaces(struct exporter *x)
{
	for (size_t i = 0; i < x->interface_count; i++) {
		char text[256];
		if (!interface_watch(x->interfaces[i], text, sizeof text))
			continue;
		fprintf(x->setup.log, "%s\n", text);
		tell_interface(x, i);
	}
}

static void tick(struct exporter *x)
{
	int64_t steady = ticks_steady();
	x->now = ticks_now();
	if (steady < x->due)
		return;
	x->due = steady + TICK;
	look_at_clock(x, x->now, steady);
	watch_interfaces(x);
	meter_expire(x->meter, x->now);
	if (x->nat)
		exporter_nat_work(x->nat, x->now);
	if (steady - x->reported >= REPORT_AFTER) {
		x->reported = steady;
		tell_packets(x);
	}
	emit_tick(x->emit, x->now, steady);
}

/* ---- the loop ---- */

static void take_packet(void *context, const struct observed *o)
{
	struct exporter *x = context;
	meter_take(x->meter, o);
}

/* True where it is to end. */
static bool take_signals(struct exporter *x)
{
	struct signalfd_siginfo info;
	while (read(x->signal_fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo != SIGHUP)
			return true;
		emit_restart(x->emit);
	}
	return false;
}

static void read_packets(struct exporter *x, const struct pollfd *ready)
{
	for (size_t i = 0; i < x->interface_count; i++)
		if (ready[i].revents)
			interface_read(x->interfaces[i], (struct observed_sink){ take_packet, x });
	if (x->nat && ready[x->interface_count + 1].revents)
		exporter_nat_work(x->nat, x->now = ticks_now());
}

static void wait_for_work(struct exporter *x, struct pollfd *ret)
{
	for (size_t i = 0; i < x->interface_count; i++)
		ret[i] = (struct pollfd){ .fd = interface_fd(x->interfaces[i]), .events = POLLIN };
	ret[x->interface_count] = (struct pollfd){ .fd = x->signal_fd, .events = POLLIN };
	ret[x->interface_count + 1] =
	    (struct pollfd){ .fd = x->nat ? exporter_nat_fd(x->nat) : -1, .events = POLLIN };
	int64_t ms = (x->due - ticks_steady()) / TICKS_PER_MS + 1;
	nfds_t count = x->interface_count + MORE_FDS;
	if (poll(ret, count, ms > 0 ? (int)ms : 0) < 0)
		memset(ret, 0, count * sizeof *ret); /* EINTR */
}

static void end(struct exporter *x)
{
	for (size_t i = 0; i < x->interface_count; i++)
		interface_finish(x->interfaces[i], (struct observed_sink){ take_packet, x });
	x->now = ticks_now();
	meter_end(x->meter);
	if (x->nat)
		exporter_nat_end(x->nat, x->now);
	tell_packets(x);
	emit_flush(x->emit, x->now);
	emit_drain(x->emit, DRAIN_MS);
}

bool exporter_run(struct exporter *x, struct err *e)
{
	struct pollfd fds[EXPORTER_INTERFACES_MAX + MORE_FDS];
	if (x->file)
		return exporter_read_file(x, e);
	x->begun = ticks_steady();
	do {
		tick(x);
		wait_for_work(x, fds);
		read_packets(x, fds);
	} while (!take_signals(x));
	end(x);
	return true;
}

/* ---- totals ---- */

static void add_counts(const struct observer_counts *c, struct exporter_totals *ret)
{
	ret->sampled += c->packets;
	ret->octets += c->octets;
	ret->not_ip += c->not_ip;
	ret->unreadable += c->too_short + c->bad;
}

struct exporter_totals exporter_totals(struct exporter *x)
{
	struct exporter_totals t = {
		.is_file = x->file != NULL,
		.flows = x->flows,
		.pushed_out = meter_pushed_out(x->meter),
	};
	if (x->file) {
		const struct observer_counts *c = packet_source_counts(x->file);
		t.observed = c->frames;
		add_counts(c, &t);
	}
	for (size_t i = 0; i < x->interface_count; i++) {
		const struct interface_counts *c = interface_counts(x->interfaces[i]);
		t.observed += c->population;
		t.dropped += c->ring.dropped;
		add_counts(&c->observed, &t);
	}
	return t;
}

const struct emit *exporter_emit(const struct exporter *x)
{
	return x->emit;
}

const struct exporter_nat *exporter_nat(const struct exporter *x)
{
	return x->nat;
}
