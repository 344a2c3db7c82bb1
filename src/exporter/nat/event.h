/* event: a row of NatEvents while it is made: what all events have. */
#pragma once

#include <stdint.h>

#include "core/flow/plain.h"
#include "exporter/nat/nat_logging.h"

/* natEvent `code` of RFC 8158, in the configured dialect's number; time: ticks. */
struct nat_event event_of(uint8_t code, int64_t time, const struct nat_logging *config);

/* Sets the translated address and, where that is in a pool that has a name, NatPoolName.  The text
 * is the configuration's. */
void event_set_outside(struct nat_event *event, const struct ip *outside,
                       const struct nat_logging *config);

/* The pool that holds this translated address, or NULL. */
const struct nat_pool *event_pool(const struct nat_logging *config, const struct ip *outside);
