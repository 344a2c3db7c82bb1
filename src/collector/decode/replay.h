/* replay: which data sets wait for their template (parking.h), and decoding them when it comes.
 *
 * A set is decoded as if it had come now, but for what arrived with it: its header, its time and so
 * its minute, the number of its first record.  Sampling rates are those that are known now.
 *
 * When a template comes, or comes back, the first set that waits for it in its stream, and in each
 * that may borrow it, is called; each that was decoded calls the next.  With one datagram no more
 * than DECODER_REPLAY_MOST octets are decoded so, the others with the next ones: whoever takes the
 * rows has to find room for those of one datagram. */
#pragma once

#include "collector/decode/walk.h"

struct set;

/* The template that a set of so many octets is to be decoded with now, or NULL. */
const struct template *replay_template(struct stream *s, uint16_t id, size_t octets, int64_t now);

/* Parks the set, where there is room, until its template comes. */
void replay_park(struct walk *w, const struct set *set);

/* Calls what waits for this template of the walk's stream. */
void replay_call(struct walk *w, const struct template *t);

/* Calls all whose template is there: what was called when it was saved is so no more. */
void replay_after_load(struct decoder *d);

/* Decodes sets that were called.  False only where the sink failed. */
MUST_CHECK bool replay_called(struct decoder *d, struct err *e);

/* Gives up what has waited too long by now. */
void replay_give_up_expired(struct decoder *d, int64_t now);
