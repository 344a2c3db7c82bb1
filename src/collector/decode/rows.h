/* rows: the records of a data set into rows of Flows, or of NatEvents, as the sink takes them.
 *
 * Of the decoder's (walk.h): what all records of a set have in common is worked out once, then the
 * template's plan runs over as many records as the batch has room for. */
#pragma once

#include "collector/decode/walk.h"

/* Turns the records of `body` into rows of the decoder's batch, which is delivered whenever it is
 * full.  False only where the sink failed. */
MUST_CHECK bool rows_of_flows(struct walk *w, const struct template *t, struct cur *body,
                              struct err *e);

/* Events: a row for each, delivered before their datagram goes, which holds their texts.  False
 * only where the sink failed. */
MUST_CHECK bool rows_of_events(struct walk *w, const struct template *t, struct cur *body,
                               struct err *e);
