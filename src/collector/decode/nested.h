/* nested: lists in the fields of records (RFC 6313), with the templates of the record's stream.
 *
 * Columns from lists, the rule: a record that stands directly in a subTemplateList or
 * subTemplateMultiList of a flow record fills those columns that the flow record leaves empty, each
 * side of a biflow its own (plan.h).  Where several such records tell a column differently, it has
 * no one value and stays empty.  So YAF's TCP flags, which it puts in a list, are the flow's.
 * Values of basicLists and of lists in lists fill nothing.
 *
 * Templates that have no list cost nothing (struct template knows).  Bounds: LIST_DEPTH,
 * LIST_VALUES. A sub-template that is not known, or has expired, is a fault of its list alone; its
 * records are not kept, unlike data sets (section 7 lets a collector choose). */
#pragma once

#include <stdint.h>

#include "collector/decode/plan.h"
#include "collector/decode/template.h"
#include "core/base/attr.h"
#include "core/base/cursor.h"
#include "core/flow/row.h"
#include "core/wire/list.h"
#include "core/wire/rc.h"

enum {
	LIST_DEPTH = 4, /* lists in lists; the one in the record's own field is the first */
	/* values of lists that are met in one message, which has no more octets: only fields of
	 * length 0 can ask for more */
	LIST_VALUES = 65536,
};

struct stream;

struct nested {
	struct stream *stream; /* whose templates lists name */
	int64_t now;           /* ticks */
	uint32_t values;       /* met so far */
};

/* The type of the field where that is a list, else TYPE_COUNT. */
enum element_type nested_type(const struct field_spec *field);

/* The template of these records, or NULL. */
const struct template *nested_template(const struct nested *n, const struct record_group *group);

/* Walks all lists of a record: WIRE_OK; WIRE_BAD_LIST or WIRE_LIST_LIMIT, after which nothing more
 * is looked at; WIRE_LIST_TEMPLATE where the rest is right.  */
MUST_CHECK enum wire_rc nested_check(struct nested *n, const struct template *t,
                                     const uint8_t *record, const struct place *places);

/* Whether a list's own lengths fit, whatever stands in the lists that it holds, and whether it is
 * within the bounds at this depth (1: in the record's own field); counts its values. */
MUST_CHECK bool nested_fits(struct nested *n, enum element_type type, struct cur octets,
                            unsigned depth);

/* What the lists of one record tell. */
struct nested_told {
	struct told_side {
		struct flow_row row; /* columns that are told */
		uint64_t torn_key;   /* of them those that are told differently */
		uint64_t torn;
	} sides[PLAN_SIDES];
};

/* Gathers it, where nested_check has found all of them readable.  `in`: the set's; places: room for
 * TEMPLATE_FIELDS, for the nested records. */
void nested_gather(const struct nested *n, const struct template *t, const struct plan_input *in,
                   const uint8_t *record, const struct place *of_record, struct place *places,
                   struct nested_told *ret);

/* Fills the empty columns of a row. */
void nested_fill(const struct nested_told *told, enum plan_side side, struct flow_row *row);
