#include "exporter/capture/observer.h"

#include "exporter/capture/segments.h"

static struct selector_pick pick_of(struct observer *o, const struct captured *c, uint32_t packets)
{
	return c->accepted ? selector_thin(&o->selector, packets, c->accepted)
	                   : selector_pick(&o->selector, packets);
}

static void count_cause(struct observer_counts *n, enum frame_rc rc)
{
	n->not_ip += rc == FRAME_NOT_IP;
	n->too_short += rc == FRAME_SHORT;
	n->bad += rc == FRAME_BAD;
}

void observer_take(struct observer *o, const struct captured *c, struct observed_sink sink)
{
	struct observed seen = {
		.time = c->time,
		.interface = o->interface,
		.direction = c->direction,
	};
	struct segments segments = { 1, c->wire_len, c->wire_len };
	enum frame_rc rc = frame_parse(o->link, c->bytes, c->wire_len, &seen.frame);
	if (rc == FRAME_OK)
		segments = segments_of(&seen.frame, c->bytes, &c->glue);

	struct selector_pick pick = pick_of(o, c, segments.count);
	o->counts.frames++;
	if (pick.count == 0)
		return;
	o->counts.sampled++;
	if (rc != FRAME_OK) {
		count_cause(&o->counts, rc);
		return;
	}
	segments_observe(&segments, pick, &seen);
	o->counts.packets += seen.packets;
	o->counts.octets += seen.bytes;
	sink.take(sink.context, &seen);
}
