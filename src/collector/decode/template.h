/* template: how the records of one template id are laid out, and what to do with them.
 *
 * A template is made once, when its definition arrives; from then on only its times change, as the
 * exporter repeats it.  A flow template carries the plan that turns its records into rows (plan.h).
 * Memory: 12 octets a field, 40 more for those that fill a column; at most TEMPLATE_FIELDS fields,
 * ten times what the longest known template has.
 *
 * Life: over UDP a template that is not repeated dies (RFC 7011 section 8.4, RFC 3954 section 9:
 * data MUST NOT be decoded with an expired template).  It lives for the lifetime that is configured
 * and for at least three times the interval at which the exporter was seen to repeat it, since some
 * repeats are lost.  That interval is the longest gap between two repeats, shrinking by an eighth
 * with each shorter one (exporters send several copies at once, and repeat faster after a start);
 * a gap counts as a day at most, so that an outage does not make a template immortal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/cursor.h"
#include "core/wire/message.h"
#include "core/wire/set.h"

enum {
	TEMPLATE_FIELDS = 2048,
	TEMPLATE_REPEATS = 3, /* of which all must be lost for a template to expire */
};

enum record_kind {
	RECORD_FLOW,
	RECORD_OPTIONS,
	RECORD_NAT, /* a NAT or firewall event: one happening, not traffic to be added up */
	RECORD_KIND_COUNT,
};

/* "flow", "options", "nat" */
const char *record_kind_name(enum record_kind kind);

struct plan;
struct nat_plan;

struct template
{
	uint16_t id;
	enum record_kind kind;
	bool variable; /* has fields of variable length */
	bool lists;    /* has fields that are lists (nested.h) */
	uint16_t scope_count;
	uint16_t field_count;
	size_t record_len;    /* octets of a record; where variable, of the shortest possible one */
	struct plan *plan;    /* RECORD_FLOW only */
	struct nat_plan *nat; /* RECORD_NAT only */
	struct template_life {
		int64_t refreshed; /* ticks: when it was last told */
		int64_t interval;  /* ticks at which it is repeated, as far as was seen; or 0 */
		int64_t expires;   /* ticks: from then on it is not to be used */
	} life;
	struct field_spec fields[];
};

/* Makes a template from a definition that template_next has cut.  NULL where memory is short, or
 * where a record would have no octets (*ret_rc says which: WIRE_TEMPLATE_LIMIT,
 * WIRE_EMPTY_TEMPLATE). */
MUST_CHECK struct template *template_new(const struct template_record *record,
                                         enum wire_protocol protocol, enum wire_rc *ret_rc);

/* Whether records of this protocol have one layout, which nobody sends: NetFlow v1, v5, v7.  And
 * the template of that layout; NULL where memory is short. */
bool template_is_fixed(enum wire_protocol protocol);
MUST_CHECK struct template *template_new_fixed(enum wire_protocol protocol);

void template_free(struct template *t); /* NULL is fine */

/* Whether the definition says what this template already does (refreshes mostly do). */
bool template_is_same(const struct template *t, const struct template_record *record,
                      enum wire_protocol protocol);

/* Whether two templates say the same of their records. */
bool templates_agree(const struct template *a, const struct template *b);

/* Notes that the template was told at this time, by a clock that may run backwards.  lifetime:
 * ticks; keep: one that was never told before does not expire. */
void template_refresh(struct template *t, int64_t now, int64_t lifetime, bool keep);

static inline bool template_is_alive(const struct template *t, int64_t now)
{
	return now < t->life.expires;
}

size_t template_memory(const struct template *t);

/* Where a record's fields are: offset from its first octet, and length. */
struct place {
	uint32_t offset;
	uint16_t length;
};

/* Finds the fields of the next record and steps over it.  places[] has room for t->field_count.
 * False where the record reaches past the end: then nothing is left that could be read. */
MUST_CHECK bool template_places(const struct template *t, struct cur *records,
                                struct place *places);
