/* template: how the records of one template id are laid out, and what to do with them.
 *
 * A template is made once, when its definition arrives, and never changes; a flow template carries
 * the plan that turns its records into rows (plan.h).  Memory: 12 octets a field, 40 more for those
 * that fill a column; at most TEMPLATE_FIELDS fields, ten times what the longest known template
 * has. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/cursor.h"
#include "core/wire/message.h"
#include "core/wire/set.h"

enum { TEMPLATE_FIELDS = 2048 };

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
	uint16_t scope_count;
	uint16_t field_count;
	size_t record_len;    /* octets of a record; where variable, of the shortest possible one */
	struct plan *plan;    /* RECORD_FLOW only */
	struct nat_plan *nat; /* RECORD_NAT only */
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
