#include "exporter/nat/nat_source.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink_compat.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/ticks.h"
#include "core/flow/nat_event.h"
#include "exporter/nat/event.h"
#include "exporter/nat/exhaustion.h"
#include "exporter/nat/netlink.h"
#include "exporter/nat/port_blocks.h"
#include "exporter/nat/rate_limit.h"
#include "exporter/nat/session_event.h"
#include "exporter/nat/tracker.h"

#define STATISTICS_EVERY TICKS_PER_SECOND
#define DUMP_AGAIN       TICKS_PER_SECOND /* after one that was not enough */
#define REFUSED_AGAIN    (10 * TICKS_PER_SECOND)
#define SILENT_AGAIN     (10 * TICKS_PER_SECOND) /* looking for ends of silent sessions */

enum {
	READS = 256,      /* of messages, one after the other */
	SILENT_PART = 64, /* looking for those takes one part of the time in so many */
};

struct nat_source {
	const struct nat_logging *config;
	const char *notice;
	int epoll;
	struct netlink messages, table, statistics;
	struct tracker *tracker;
	struct exhaustion exhaustion;
	struct port_blocks blocks;
	struct rate_limit errors;
	struct nat_source_counts counts;

	bool dump_wanted, dumping, dump_read; /* read to its end, but messages were not yet */
	bool asking;                          /* for statistics */
	int64_t dump_at, ask_at;              /* ticks_steady */
	int64_t dump_began, silent_at;
	struct conntrack_statistics sum; /* what the answer has told so far */
	uint32_t failed;                 /* insertions that are to be looked into */

	/* of the call under way */
	int64_t now;
	const struct nat_event_sink *sink;
};

/* ---- telling ---- */

static void tell(struct nat_source *s, const struct nat_event *event)
{
	s->sink->take(s->sink->context, event);
}

static void tell_session(struct nat_source *s, const struct session *session, bool begins,
                         int64_t time)
{
	if (!session_event_wanted(session, s->config)) {
		s->counts.unwanted++;
		return;
	}
	struct nat_event event = session_event(session, begins, time, s->config);
	s->counts.created += begins;
	s->counts.deleted += !begins;
	tell(s, &event);
}

static void begun(void *context, const struct session *session, int64_t time)
{
	tell_session(context, session, true, time);
}

static void ended(void *context, const struct session *session, int64_t time)
{
	tell_session(context, session, false, time);
}

static void is_full(void *context, const struct ip *outside, uint8_t protocol)
{
	struct nat_source *s = context;
	if (!rate_limit_pass(&s->errors, ticks_steady()))
		return;
	struct nat_event event = event_of(NAT_PORTS_EXHAUSTED, s->now, s->config);
	event_set_outside(&event, outside, s->config);
	event.protocol = protocol;
	event.present |= PLAIN_BIT(NAT, Protocol);
	s->counts.exhausted++;
	tell(s, &event);
}

/* ---- opening ---- */

/* The first letter of a setting of this network namespace, or 0 where there is none. */
static char setting(const char *name)
{
	char path[64], value = 0;
	snprintf(path, sizeof path, "/proc/sys/net/netfilter/%s", name);
	FILE *f = fopen(path, "re");
	if (f && fread(&value, 1, 1, f) != 1)
		value = 0;
	if (f)
		fclose(f);
	return value;
}

static bool look_at_settings(struct nat_source *s, struct err *e)
{
	if (setting("nf_conntrack_events") == '0')
		return err_set(e, ERR_IO,
		               "the kernel tells of no sessions: net.netfilter.nf_conntrack_events "
		               "is 0; set it to 1 or 2");
	if (setting("nf_conntrack_timestamp") == '0')
		s->notice =
		    "net.netfilter.nf_conntrack_timestamp is 0: ends of NAT sessions have "
		    "the time when the kernel tells of them, up to minutes late; set it to 1";
	return true;
}

static bool watch(struct nat_source *s, struct netlink *n, struct err *e)
{
	struct epoll_event event = { .events = EPOLLIN };
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, netlink_fd(n), &event) < 0)
		return err_set(e, ERR_IO, "%s", strerror(errno));
	return true;
}

static bool open_sockets(struct nat_source *s, struct err *e)
{
	unsigned groups = NF_NETLINK_CONNTRACK_NEW | NF_NETLINK_CONNTRACK_DESTROY;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0)
		return err_set(e, ERR_IO, "%s", strerror(errno));
	return netlink_open(&s->messages, groups, (int)s->config->receive_buffer, e) &&
	       netlink_open(&s->table, 0, 0, e) && netlink_open(&s->statistics, 0, 0, e) &&
	       watch(s, &s->messages, e) && watch(s, &s->table, e) && watch(s, &s->statistics, e);
}

struct nat_source *nat_source_open(const struct nat_logging *config, struct err *e)
{
	struct nat_source *s = calloc(1, sizeof *s);
	if (!s) {
		err_set(e, ERR_NOMEM, "no memory for NAT events");
		return NULL;
	}
	s->epoll = -1;
	s->config = config;
	s->errors.per_second = config->error_rate;
	s->dump_wanted = true;
	port_blocks_begin(&s->blocks, config, ticks_now(), ticks_steady());
	struct tracker_sink sink = { begun, ended, s };
	if (open_sockets(s, e) && look_at_settings(s, e) &&
	    (s->tracker = tracker_new(config->sessions, &sink, e)))
		return s;
	err_wrap(e, "NAT events");
	nat_source_close(s);
	return NULL;
}

void nat_source_close(struct nat_source *s)
{
	if (!s)
		return;
	netlink_close(&s->messages);
	netlink_close(&s->table);
	netlink_close(&s->statistics);
	if (s->epoll >= 0)
		close(s->epoll);
	tracker_free(s->tracker);
	free(s);
}

/* ---- reading ---- */

static void take_message(void *context, const struct nlmsghdr *message)
{
	struct nat_source *s = context;
	struct conntrack_entry entry;
	enum conntrack_news news = conntrack_read(message, &entry);
	if (news == CONNTRACK_NEW)
		tracker_created(s->tracker, &entry, s->now);
	else if (news == CONNTRACK_DESTROY)
		tracker_destroyed(s->tracker, &entry, s->now);
	else
		s->counts.untranslated++;
}

static void take_entry(void *context, const struct nlmsghdr *message)
{
	struct nat_source *s = context;
	struct conntrack_entry entry;
	if (conntrack_read(message, &entry) == CONNTRACK_NEW)
		tracker_dump_entry(s->tracker, &entry, s->now);
}

static void take_statistics(void *context, const struct nlmsghdr *message)
{
	conntrack_add_statistics(message, &((struct nat_source *)context)->sum);
}

/* True where nothing is left. */
static bool read_messages(struct nat_source *s)
{
	for (int i = 0; i < READS; i++) {
		enum netlink_rc rc = netlink_read(&s->messages, take_message, s);
		if (rc == NETLINK_EMPTY)
			return true;
		if (rc == NETLINK_LOST || rc == NETLINK_FAILED) {
			s->counts.lost++;
			s->dump_wanted = true;
		}
	}
	return false;
}

static void read_dump(struct nat_source *s)
{
	enum netlink_rc rc = netlink_read(&s->table, take_entry, s);
	if (!s->dumping || rc == NETLINK_EMPTY || rc == NETLINK_MORE)
		return;
	s->dumping = false;
	s->dump_read = rc == NETLINK_DONE;
	s->dump_at = ticks_steady() + (s->dump_read ? DUMP_AGAIN : REFUSED_AGAIN);
	if (s->dump_read)
		return;
	s->counts.refused++;
	s->dump_wanted = true;
	tracker_dump_end(s->tracker, false, s->now);
}

static void read_statistics(struct nat_source *s)
{
	enum netlink_rc rc = netlink_read(&s->statistics, take_statistics, s);
	if (!s->asking || rc == NETLINK_EMPTY || rc == NETLINK_MORE)
		return;
	s->asking = false;
	if (rc == NETLINK_DONE)
		s->failed += exhaustion_count(&s->exhaustion, &s->sum);
	else
		s->counts.refused++;
}

/* Insertions that failed are looked into once all is known that happened before. */
static void look_for_exhaustion(struct nat_source *s)
{
	if (exhaustion_find(tracker_sessions(s->tracker), s->config, is_full, s) <= 0)
		s->counts.unconfirmed += s->failed;
	s->failed = 0;
}

static void end_dump(struct nat_source *s)
{
	int64_t steady = ticks_steady(), rest = (steady - s->dump_began) * SILENT_PART;
	s->silent_at = steady + (rest > SILENT_AGAIN ? rest : SILENT_AGAIN);
	s->dump_read = false;
	tracker_dump_end(s->tracker, true, s->now);
}

void nat_source_read(struct nat_source *s, int64_t now, const struct nat_event_sink *sink)
{
	s->now = now;
	s->sink = sink;
	read_dump(s);
	read_statistics(s);
	if (!read_messages(s))
		return;
	if (s->dump_read)
		end_dump(s);
	if (s->failed)
		look_for_exhaustion(s);
}

/* ---- what time brings ---- */

static void begin_dump(struct nat_source *s, int64_t steady)
{
	s->dump_wanted = false;
	s->dump_began = steady;
	s->dumping = netlink_ask(&s->table, IPCTNL_MSG_CT_GET, AF_INET);
	if (s->dumping) {
		tracker_dump_begin(s->tracker);
		return;
	}
	s->counts.refused++;
	s->dump_wanted = true;
	s->dump_at = steady + REFUSED_AGAIN;
}

static void ask(struct nat_source *s, int64_t steady)
{
	s->ask_at = steady + STATISTICS_EVERY;
	s->sum = (struct conntrack_statistics){ 0 };
	s->asking = netlink_ask(&s->statistics, IPCTNL_MSG_CT_GET_STATS_CPU, AF_UNSPEC);
	s->counts.refused += !s->asking;
}

void nat_source_tick(struct nat_source *s, int64_t now, const struct nat_event_sink *sink)
{
	int64_t steady = ticks_steady();
	s->now = now;
	s->sink = sink;
	if (tracker_silent(s->tracker) && steady >= s->silent_at)
		s->dump_wanted = true;
	if (s->dump_wanted && !s->dumping && !s->dump_read && steady >= s->dump_at)
		begin_dump(s, steady);
	if (!s->asking && steady >= s->ask_at)
		ask(s, steady);
	tracker_tidy(s->tracker, now);
	s->counts.blocks += port_blocks_tell(&s->blocks, steady, sink);
}

void nat_source_end(struct nat_source *s, int64_t now, const struct nat_event_sink *sink)
{
	s->counts.blocks += port_blocks_end(&s->blocks, now, sink);
}

/* ---- what is known ---- */

const char *nat_source_notice(const struct nat_source *s)
{
	return s->notice;
}

int nat_source_fd(const struct nat_source *s)
{
	return s->epoll;
}

struct nat_source_counts nat_source_counts(const struct nat_source *s)
{
	struct nat_source_counts counts = s->counts;
	const struct tracker_counts *tracked = tracker_counts(s->tracker);
	counts.suppressed = s->errors.suppressed;
	counts.found = tracked->found;
	counts.vanished = tracked->vanished;
	counts.untracked = tracked->untracked;
	counts.open = tracker_open(s->tracker);
	return counts;
}
