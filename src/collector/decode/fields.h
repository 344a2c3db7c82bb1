/* fields: a record's fields as JSON, for `weir decode`.
 *
 * An object with IANA's names, those that the exporter told of its own elements (type_record.h), or
 * e<PEN>id<ID>.  An element that stands in the template more than once becomes an array, at its
 * first place.  A list (RFC 6313) is an object:
 *
 *     basicList             {"semantic":"allOf","field":"egressInterface","values":[1,4,8]}
 *     subTemplateList and   {"semantic":"allOf","records":[{"template":259,"fields":{…}},…]}
 *     subTemplateMultiList
 *
 * Records whose template is not known are one entry, {"template":259,"octets":"…"}; a list whose
 * lengths do not fit, or that lies beyond the bounds of nested.h, is hexadecimal text like any
 * value that cannot be read. */
#pragma once

#include <stdint.h>

#include "collector/decode/nested.h"
#include "collector/decode/template.h"
#include "core/base/buf.h"

struct fields {
	struct nested *nested; /* the record's stream and time */
	const struct template *template;
	const uint8_t *at; /* the record's first octet */
	const struct place *places;
	unsigned depth; /* of the list that the record stands in; 0: of none */
};

/* Adds the object.  Takes 16 KiB of stack for each list that a list stands in. */
void fields_json(struct buf *out, const struct fields *fields);
