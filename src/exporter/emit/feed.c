#include "exporter/emit/feed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "core/wire/message_writer.h"

/* Seconds after the start at which templates are told, before the usual refresh takes over. */
static const uint32_t starts[] = { 0, 1, 3, 7, 15 };

struct known {
	const struct layout *layout;
	bool told; /* since the last refresh or session */
};

struct report {
	const struct layout *layout; /* NULL: none of this number */
	bool told;
	uint8_t record[FEED_REPORT_SIZE];
};

struct feed {
	struct feed_config config;
	struct sender *sender;
	unsigned session; /* that `known` holds for */
	struct known known[FEED_LAYOUTS_MAX];
	size_t known_count;
	struct report reports[FEED_REPORTS_MAX];
	size_t started;           /* how many of `starts` have been */
	int64_t start, refreshed; /* steady */
	uint32_t since;           /* messages since the refresh */
	uint32_t sequence;
	bool open; /* a message is being written */
	struct message_writer message;
	unsigned options; /* records in it that are options */
	uint64_t lost;    /* records that never came into a message that was sent */
	uint8_t octets[SENDER_MESSAGE_MAX];
};

struct feed *feed_new(const struct feed_config *config, const struct sender_address *to,
                      int64_t steady, struct err *e)
{
	struct feed *s = calloc(1, sizeof *s);
	if (!s) {
		err_set(e, ERR_NOMEM, "no memory to export");
		return NULL;
	}
	s->config = *config;
	s->start = s->refreshed = steady;
	s->sender = sender_new(to, steady, e);
	if (!s->sender) {
		free(s);
		return NULL;
	}
	s->session = sender_session(s->sender);
	return s;
}

void feed_free(struct feed *s)
{
	if (!s)
		return;
	sender_free(s->sender);
	free(s);
}

/* What was told is not known any more. */
static void forget(struct feed *s)
{
	for (size_t i = 0; i < s->known_count; i++)
		s->known[i].told = false;
	for (size_t i = 0; i < FEED_REPORTS_MAX; i++)
		s->reports[i].told = false;
	s->since = 0;
}

static void begin_message(struct feed *s, int64_t now)
{
	if (s->open)
		return;
	struct message_head head = {
		.protocol = s->config.protocol,
		.export_time = now,
		.boot = s->config.boot,
		.sequence = s->sequence,
		.domain = s->config.domain,
	};
	message_begin(&s->message, &head, s->octets, sender_room(s->sender));
	s->options = 0;
	s->open = true;
}

/* A message that is lost has its number all the same, so that the collector notices. */
static void end_message(struct feed *s)
{
	if (!s->open)
		return;
	s->open = false;
	if (s->message.templates + s->message.records == 0)
		return;
	size_t len = message_finish(&s->message);
	sender_send(s->sender, s->octets, len, s->message.records - s->options);
	s->sequence += s->config.protocol == WIRE_IPFIX ? s->message.records : 1;
	s->since++;
}

static bool put_template(struct feed *s, const struct layout *layout, int64_t now)
{
	for (int tries = 0; tries < 2; tries++) {
		begin_message(s, now);
		if (message_add_template(&s->message, layout))
			return true;
		end_message(s);
	}
	return false;
}

static bool put_record(struct feed *s, const struct layout *layout, const void *record, int64_t now)
{
	for (int tries = 0; tries < 2; tries++) {
		begin_message(s, now);
		if (message_add_record(&s->message, layout, record)) {
			s->options += layout->options;
			return true;
		}
		end_message(s);
	}
	return false;
}

static struct known *known_find(struct feed *s, const struct layout *layout)
{
	for (size_t i = 0; i < s->known_count; i++)
		if (s->known[i].layout == layout)
			return &s->known[i];
	assert(s->known_count < FEED_LAYOUTS_MAX);
	struct known *k = &s->known[s->known_count++];
	*k = (struct known){ .layout = layout };
	return k;
}

static void tell_template(struct feed *s, struct known *k, int64_t now)
{
	if (!k->told)
		k->told = put_template(s, k->layout, now);
}

/* Templates first, so that a collector that forgets between messages finds them in front. */
static void tell_all(struct feed *s, int64_t now)
{
	for (size_t i = 0; i < s->known_count; i++)
		tell_template(s, &s->known[i], now);
	for (size_t i = 0; i < FEED_REPORTS_MAX; i++) {
		struct report *r = &s->reports[i];
		if (r->layout && !r->told)
			r->told = put_record(s, r->layout, r->record, now);
	}
}

static void refresh(struct feed *s, int64_t now)
{
	forget(s);
	tell_all(s, now);
}

void feed_announce(struct feed *s, const struct layout *layout)
{
	known_find(s, layout);
}

void feed_add(struct feed *s, const struct layout *layout, const void *record, int64_t now)
{
	if (s->since >= s->config.refresh_packets)
		refresh(s, now);
	tell_template(s, known_find(s, layout), now);
	if (!put_record(s, layout, record, now))
		s->lost++;
}

void feed_report(struct feed *s, unsigned number, const struct layout *layout, const void *record,
                 size_t size)
{
	assert(number < FEED_REPORTS_MAX && size <= FEED_REPORT_SIZE);
	struct report *r = &s->reports[number];
	bool same = r->layout == layout && memcmp(r->record, record, size) == 0;
	known_find(s, layout);
	r->layout = layout;
	memcpy(r->record, record, size);
	r->told = r->told && same;
}

void feed_clock(struct feed *s, int64_t boot)
{
	s->config.boot = boot;
}

void feed_restart(struct feed *s)
{
	s->started = 0;
}

/* A session that began anew knows nothing, and counts from the start (RFC 7011 section 10.4). */
static void look_at_session(struct feed *s)
{
	if (s->session == sender_session(s->sender))
		return;
	s->session = sender_session(s->sender);
	s->sequence = 0;
	if (s->open)
		s->lost += s->message.records - s->options;
	s->open = false;
	forget(s);
}

static bool refresh_due(struct feed *s, int64_t steady)
{
	if (s->started == 0)
		s->start = steady;
	int64_t up = (steady - s->start) / TICKS_PER_SECOND;
	if (s->started < ARRAY_LEN(starts) && up >= starts[s->started]) {
		s->started++;
		return true;
	}
	return steady - s->refreshed >= s->config.refresh_seconds * TICKS_PER_SECOND ||
	       s->since >= s->config.refresh_packets;
}

void feed_tick(struct feed *s, int64_t now, int64_t steady)
{
	sender_tick(s->sender, steady);
	look_at_session(s);
	if (refresh_due(s, steady)) {
		s->refreshed = steady;
		refresh(s, now);
	} else {
		tell_all(s, now);
	}
	end_message(s);
}

void feed_flush(struct feed *s, int64_t now)
{
	tell_all(s, now);
	end_message(s);
}

void feed_push(struct feed *s, int64_t steady)
{
	sender_tick(s->sender, steady);
}

void feed_end(struct feed *s)
{
	sender_end(s->sender);
}

struct feed_counts feed_counts(const struct feed *s)
{
	struct feed_counts c = {
		.sent = sender_counts(s->sender),
		.waiting = sender_waiting(s->sender),
	};
	c.sent.lost_records += s->lost;
	return c;
}

const struct sender *feed_sender(const struct feed *s)
{
	return s->sender;
}
