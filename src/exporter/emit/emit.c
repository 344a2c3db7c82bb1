#include "exporter/emit/emit.h"

#include <poll.h>
#include <stdlib.h>

#include "core/base/hash.h"
#include "core/base/ticks.h"
#include "exporter/emit/flow_layouts.h"

/* Numbers of options records that are kept by feeds. */
enum { NUMBER_SAMPLER, NUMBER_DOMAIN, NUMBER_EXPORTER, NUMBER_INTERFACES };

struct emit {
	struct emit_config config;
	struct flow_layouts flows;
	struct report_layouts reports;
	struct feed *feeds[EMIT_COLLECTORS_MAX];
};

/* Flows without tags are likely, so that their templates are told beforehand; those of tagged ones
 * go in front of the first that comes. */
static void announce(struct emit *emit)
{
	for (size_t i = 0; i < FLOW_FAMILIES * METERED_TRANSPORTS; i++)
		emit_announce(emit, &emit->flows.rows[i]);
}

struct emit *emit_new(const struct emit_config *config, int64_t steady, struct err *e)
{
	struct emit *emit = calloc(1, sizeof *emit);
	if (!emit) {
		err_set(e, ERR_NOMEM, "no memory to export");
		return NULL;
	}
	flow_layouts_init(&emit->flows, config->feed.protocol);
	report_layouts_init(&emit->reports, config->feed.protocol);
	emit->config = *config;
	emit->config.collector_count = 0;
	for (size_t i = 0; i < config->collector_count; i++) {
		emit->feeds[i] = feed_new(&config->feed, &config->collectors[i], steady, e);
		if (!emit->feeds[i]) {
			emit_free(emit);
			return NULL;
		}
		emit->config.collector_count++;
	}
	announce(emit);
	return emit;
}

void emit_free(struct emit *emit)
{
	if (!emit)
		return;
	for (size_t i = 0; i < emit->config.collector_count; i++)
		feed_free(emit->feeds[i]);
	free(emit);
}

/* The same collector for an address in every run: records of before and after a restart meet. */
static size_t share_of(const struct ip *source, size_t count)
{
	enum { FIXED_SEED = 1 };
	return hash_bytes(source, sizeof *source, FIXED_SEED) % count;
}

void emit_record(struct emit *emit, const struct layout *layout, const void *record,
                 const struct ip *source, int64_t now)
{
	size_t count = emit->config.collector_count;
	if (emit->config.distribution == EMIT_SHARE) {
		feed_add(emit->feeds[share_of(source, count)], layout, record, now);
		return;
	}
	for (size_t i = 0; i < count; i++)
		feed_add(emit->feeds[i], layout, record, now);
}

void emit_flow(struct emit *emit, const struct metered_flow *flow, int64_t now)
{
	emit_record(emit, flow_layout_of(&emit->flows, &flow->key), flow, &flow->key.src, now);
}

void emit_announce(struct emit *emit, const struct layout *layout)
{
	for (size_t i = 0; i < emit->config.collector_count; i++)
		feed_announce(emit->feeds[i], layout);
}

static void report(struct emit *emit, unsigned number, enum report_kind kind, const void *record,
                   size_t size)
{
	for (size_t i = 0; i < emit->config.collector_count; i++)
		feed_report(emit->feeds[i], number, &emit->reports.rows[kind], record, size);
}

void emit_sampler(struct emit *emit, uint16_t selector, uint32_t interval, bool random)
{
	struct sampler_report r =
	    sampler_report_of(emit->config.feed.domain, selector, interval, random);
	report(emit, NUMBER_SAMPLER, REPORT_SAMPLER, &r, sizeof r);
	report(emit, NUMBER_DOMAIN, REPORT_DOMAIN, &r, sizeof r);
}

void emit_interface(struct emit *emit, unsigned number, const struct interface_report *interface)
{
	if (number < EMIT_INTERFACES_MAX)
		report(emit, NUMBER_INTERFACES + number, REPORT_INTERFACE, interface,
		       sizeof *interface);
}

/* What was sent differs from collector to collector. */
void emit_packets(struct emit *emit, const struct emit_packets *packets)
{
	for (size_t i = 0; i < emit->config.collector_count; i++) {
		struct sender_counts sent = feed_counts(emit->feeds[i]).sent;
		struct exporter_report r = {
			.domain = emit->config.feed.domain,
			.messages = sent.messages,
			.records = sent.records,
			.octets = sent.octets,
			.not_sent = sent.lost_records,
			.observed = packets->observed,
			.selected = packets->selected,
		};
		feed_report(emit->feeds[i], NUMBER_EXPORTER, &emit->reports.rows[REPORT_EXPORTER],
		            &r, sizeof r);
	}
}

void emit_clock(struct emit *emit, int64_t boot)
{
	for (size_t i = 0; i < emit->config.collector_count; i++)
		feed_clock(emit->feeds[i], boot);
}

void emit_restart(struct emit *emit)
{
	for (size_t i = 0; i < emit->config.collector_count; i++)
		feed_restart(emit->feeds[i]);
}

void emit_tick(struct emit *emit, int64_t now, int64_t steady)
{
	for (size_t i = 0; i < emit->config.collector_count; i++)
		feed_tick(emit->feeds[i], now, steady);
}

void emit_flush(struct emit *emit, int64_t now)
{
	for (size_t i = 0; i < emit->config.collector_count; i++)
		feed_flush(emit->feeds[i], now);
}

static size_t waiting(const struct emit *emit, struct pollfd *ret)
{
	size_t count = 0;
	for (size_t i = 0; i < emit->config.collector_count; i++) {
		const struct sender *s = feed_sender(emit->feeds[i]);
		if (sender_waiting(s))
			ret[count++] = (struct pollfd){ .fd = sender_fd(s), .events = POLLOUT };
	}
	return count;
}

void emit_drain(struct emit *emit, int ms)
{
	int64_t steady = ticks_steady(), end = steady + ms * TICKS_PER_MS;
	struct pollfd fds[EMIT_COLLECTORS_MAX];
	size_t count;
	while ((count = waiting(emit, fds)) && steady < end) {
		if (poll(fds, count, (int)((end - steady) / TICKS_PER_MS) + 1) <= 0)
			break;
		steady = ticks_steady();
		for (size_t i = 0; i < emit->config.collector_count; i++)
			feed_push(emit->feeds[i], steady);
	}
	for (size_t i = 0; i < emit->config.collector_count; i++)
		feed_end(emit->feeds[i]);
}

size_t emit_feeds(const struct emit *emit)
{
	return emit->config.collector_count;
}

struct feed_counts emit_counts(const struct emit *emit, size_t feed)
{
	return feed_counts(emit->feeds[feed]);
}

const char *emit_collector(const struct emit *emit, size_t feed)
{
	return emit->config.collectors[feed].text;
}
