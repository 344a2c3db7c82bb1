#include "collector/decode/replay.h"

#include "collector/decode/parking.h"

static void unparked(struct decoder *d, const struct parked_set *set, bool replayed)
{
	if (d->sink.unparked)
		d->sink.unparked(d->sink.context, &set->name.from, set->name.domain, replayed);
}

static void give_up(struct decoder *d, struct parked_set *set)
{
	d->counts.sets_expired++;
	unparked(d, set, false);
	parking_remove(d->parking, set);
	source_changed(d->streams);
}

void replay_give_up_expired(struct decoder *d, int64_t now)
{
	struct parked_set *set;
	while ((set = parking_expired(d->parking, now)))
		give_up(d, set);
}

/* Nobody knows yet how many records the set has: of its numbers so many are kept free that what
 * follows in the message has numbers of its own. */
void replay_park(struct walk *w, const struct set *set)
{
	struct decoder *d = w->decoder;
	struct parked_set parked = {
		.name = w->stream->name,
		.id = set->id,
		.record_index = w->record_index,
		.stranger = w->stream->rank == STREAM_STRANGER,
		.arrival = w->datagram->arrival,
		.message = w->message,
	};
	parked.message.body = set->body;
	w->record_index += (uint32_t)cur_left(&set->body);
	w->skipped += (uint32_t)cur_left(&set->body);
	struct parked_set *stranger;
	while ((stranger = parking_in_the_way(d->parking, &parked)))
		give_up(d, stranger);
	if (!parking_add(d->parking, &parked))
		return;
	d->counts.sets_parked++;
	source_changed(d->streams);
}

/* The template that a set is to be decoded with now, or NULL. */
const struct template *replay_template(struct stream *s, uint16_t id, size_t octets, int64_t now)
{
	const struct template *t = stream_template(s, id);
	if (!t)
		return stream_borrow(s, id, octets, now);
	return template_is_alive(t, now) ? t : NULL;
}

static bool replay_set(struct walk *past, const struct template *t, struct parked_set *set,
                       struct err *e)
{
	struct decoder *d = past->decoder;
	bool ok = walk_data_records(past, t, set->message.body, e);
	past->stream->records += past->record_index - past->skipped - set->record_index;
	d->counts.sets_replayed++;
	unparked(d, set, true);
	d->replayed += cur_left(&set->message.body);
	parking_remove(d->parking, set);
	source_changed(d->streams);
	return ok;
}

/* Decodes a set that was called as if it had come now, but for what arrived with it.  Its stream
 * may have been forgotten, or have restarted since, or may lack the template all the same. */
static bool answer_call(struct decoder *d, struct parked_set *set, struct err *e)
{
	struct datagram datagram = { .arrival = set->arrival,
		                     .src = set->name.from,
		                     .src_port = set->name.port,
		                     .session = set->name.session };
	struct walk past = { .decoder = d,
		             .datagram = &datagram,
		             .message = set->message,
		             .override = sampling_stated(&d->config.overrides, &set->name.from),
		             .record_index = set->record_index,
		             .malformed = true /* its datagram was counted */ };
	past.stream = streams_find(d->streams, &set->name);
	if (!past.stream || set->arrival < past.stream->anew) {
		give_up(d, set);
		return true;
	}
	const struct template *t =
	    replay_template(past.stream, set->id, cur_left(&set->message.body), d->now);
	if (t)
		return replay_set(&past, t, set, e);
	parking_send_back(d->parking, set);
	return true;
}

/* Decodes sets that were called, as many as may come with one datagram. */
bool replay_called(struct decoder *d, struct err *e)
{
	struct parked_set *set;
	while ((set = parking_due(d->parking)) &&
	       d->replayed + cur_left(&set->message.body) <= DECODER_REPLAY_MOST)
		if (!answer_call(d, set, e))
			return false;
	return true;
}

bool decoder_end(struct decoder *d, struct err *e)
{
	while (parking_due(d->parking)) {
		d->replayed = 0;
		if (!replay_called(d, e))
			return false;
	}
	struct parked_set *set;
	while ((set = parking_any(d->parking)))
		give_up(d, set);
	return decoder_flush(d, e);
}

static void call_stream(struct decoder *d, const struct stream *s, uint16_t id)
{
	struct parked_set *first = parking_first(d->parking, &s->name, id);
	if (first)
		parking_call(d->parking, first);
}

/* Calls the first of the sets that waited for this template, in its stream and in those that may
 * borrow it; each calls the next. */
void replay_call(struct walk *w, const struct template *t)
{
	struct decoder *d = w->decoder;
	struct stream *s;
	size_t looked = 0;
	if (parking_count(d->parking) == 0)
		return;
	call_stream(d, w->stream, t->id);
	LIST_FOREACH(s, &w->stream->source->streams, of_source)
	{
		if (++looked > STREAM_LENDERS)
			return;
		if (s->name.protocol == w->stream->name.protocol && stream_may_borrow(s, t))
			call_stream(d, s, t->id);
	}
}

/* Sets that were called before they were saved are so no more. */
static void call_loaded(void *context, struct parked_set *set)
{
	struct decoder *d = context;
	struct stream *s = streams_find(d->streams, &set->name);
	if (s && replay_template(s, set->id, cur_left(&set->message.body), d->now))
		parking_call(d->parking, set);
}

void replay_after_load(struct decoder *d)
{
	parking_each(d->parking, call_loaded, d);
}
