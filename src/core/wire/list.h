/* list: structured data inside a field, as octets (RFC 6313 section 4.5).
 *
 *     basicList             semantic 1, element 2 (with an enterprise 4 more, behind the length),
 *                           length of each value 2, values
 *     subTemplateList       semantic 1, template id 2, records
 *     subTemplateMultiList  semantic 1, then for each template: id 2, length 2 (these four octets
 *                           included), records
 *
 * Where records end is known to whoever knows their templates.  Lists stand in lists; how deep they
 * may is said where they are walked (collector/decode/nested.h).  A field of no octets is read as a
 * list of which nothing is known, with nothing in it: the semantic is 255.  Cursors borrow the
 * field.  No allocation, any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/cursor.h"
#include "core/wire/element.h"
#include "core/wire/rc.h"
#include "core/wire/set.h"

enum { LIST_UNDEFINED = 255 };

/* "noneOf", "exactlyOneOf", "oneOrMoreOf", "allOf", "ordered", "undefined" (section 4.4); NULL
 * where the number has no name. */
const char *list_semantic_name(uint8_t semantic);

static inline bool type_is_list(enum element_type type)
{
	return type == TYPE_BASICLIST || type == TYPE_SUBTEMPLATELIST ||
	       type == TYPE_SUBTEMPLATEMULTILIST;
}

struct basic_list {
	uint8_t semantic;
	struct field_spec field; /* of the values; length: of each, or FIELD_VARIABLE */
	struct cur values;
};

/* Reads what stands in front of the values; false where it is not all there, or where values of no
 * octets are to follow. */
MUST_CHECK bool basic_list_read(struct cur octets, struct basic_list *ret);

/* Cuts the next value off.  WIRE_END behind the last one; WIRE_BAD_LIST where it reaches past the
 * list, after which nothing more can be read. */
MUST_CHECK enum wire_rc basic_list_next(struct basic_list *list, struct cur *ret);

/* A list of records: a subTemplateList has them of one template, a subTemplateMultiList of several,
 * or of none. */
struct record_list {
	uint8_t semantic;
	bool multi;
	struct cur rest;
};

/* Records of one template. */
struct record_group {
	uint16_t template_id;
	struct cur records;
};

/* type: TYPE_SUBTEMPLATELIST or TYPE_SUBTEMPLATEMULTILIST */
struct record_list record_list_of(struct cur octets, enum element_type type);

/* Cuts the next template's records off.  Results as of basic_list_next. */
MUST_CHECK enum wire_rc record_list_next(struct record_list *list, struct record_group *ret);
