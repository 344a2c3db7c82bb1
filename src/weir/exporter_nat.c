#include "weir/exporter_nat.h"

#include <stdlib.h>

#include "core/flow/nat_event_sink.h"
#include "exporter/emit/nat_layouts.h"

struct exporter_nat {
	struct nat_logging logging;
	struct nat_source *source;
	struct nat_layouts layouts;
	struct emit *emit;
	int64_t now;
};

struct exporter_nat *exporter_nat_open(const struct nat_logging *logging, struct err *e)
{
	struct exporter_nat *n = calloc(1, sizeof *n);
	if (!n) {
		err_set(e, ERR_NOMEM, "no memory for NAT events");
		return NULL;
	}
	n->logging = *logging;
	nat_layouts_init(&n->layouts, logging->dialect, logging->destinations);
	n->source = nat_source_open(&n->logging, e);
	if (n->source)
		return n;
	free(n);
	return NULL;
}

void exporter_nat_close(struct exporter_nat *n)
{
	if (!n)
		return;
	nat_source_close(n->source);
	free(n);
}

const char *exporter_nat_notice(const struct exporter_nat *n)
{
	return nat_source_notice(n->source);
}

/* Those that are likely; others go in front of the first record that needs them. */
void exporter_nat_begin(struct exporter_nat *n, struct emit *emit)
{
	static const enum nat_layout_kind likely[] = {
		NAT_LAYOUT_CREATE44,
		NAT_LAYOUT_DELETE44,
		NAT_LAYOUT_PORTS_EXHAUSTED,
	};
	n->emit = emit;
	for (size_t i = 0; i < ARRAY_LEN(likely); i++)
		emit_announce(emit, &n->layouts.rows[likely[i]]);
}

int exporter_nat_fd(const struct exporter_nat *n)
{
	return nat_source_fd(n->source);
}

static void take_event(void *context, const struct nat_event *event)
{
	struct exporter_nat *n = context;
	struct nat_record record;
	const struct layout *layout = nat_layout_for(&n->layouts, event, &record);
	bool has_source = event->present & PLAIN_BIT(NAT, SourceIp);
	if (layout)
		emit_record(n->emit, layout, &record,
		            has_source ? &event->src_addr : &event->post_src_addr, n->now);
}

void exporter_nat_work(struct exporter_nat *n, int64_t now)
{
	struct nat_event_sink sink = { take_event, n };
	n->now = now;
	nat_source_read(n->source, now, &sink);
	nat_source_tick(n->source, now, &sink);
}

void exporter_nat_end(struct exporter_nat *n, int64_t now)
{
	struct nat_event_sink sink = { take_event, n };
	n->now = now;
	nat_source_read(n->source, now, &sink);
	nat_source_end(n->source, now, &sink);
}

struct nat_source_counts exporter_nat_counts(const struct exporter_nat *n)
{
	return nat_source_counts(n->source);
}
