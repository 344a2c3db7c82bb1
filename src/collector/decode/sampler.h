/* sampler: what an exporter has told of its sampling rates.
 *
 * Five ways are in use (options with samplingInterval alone, per samplerId or selectorId, per
 * template, 305/306 or 309/310 instead of an interval, and rates inside the records themselves);
 * all but the last end here.  A set belongs to one exporter address and observation domain,
 * whatever port the options came from.  Bound: SAMPLER_MAX rates a set; further ones are ignored.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/decode/template.h"

enum { SAMPLER_MAX = 256 };

enum sampler_scope {
	SAMPLER_DOMAIN,   /* everything of the observation domain */
	SAMPLER_TEMPLATE, /* records of one template id */
	SAMPLER_ID,       /* records that carry this samplerId (48) or selectorId (302) */
};

struct sampler {
	enum sampler_scope scope;
	uint64_t id;       /* of no meaning for SAMPLER_DOMAIN */
	uint32_t interval; /* packets per sampled packet, at least 1 */
};

struct sampler_set {
	struct sampler *items;
	size_t count;
};

void sampler_set_done(struct sampler_set *set);
size_t sampler_set_memory(const struct sampler_set *set); /* octets */

/* The interval, or 0 where none was told. */
uint32_t sampler_find(const struct sampler_set *set, enum sampler_scope scope, uint64_t id);

/* Adds or replaces; true where that changed something.  An interval of 0 becomes 1, as exporters
 * that do not sample say it; but sampler 0 with interval 0 is a place-holder and says nothing. */
bool sampler_learn(struct sampler_set *set, struct sampler sampler);

/* Reads one record of options data for a rate; true where that changed something.  `record` and
 * `places` as template_places left them.
 */
bool sampler_learn_options(struct sampler_set *set, const struct template *t, const uint8_t *record,
                           const struct place *places);
