/* element: IANA's Information Elements (registry/ipfix-elements.csv).
 *
 * NetFlow v9 field types share the numbers 1 to 127 with them (RFC 7012 section 5); in v9 every
 * type up to 65535 is a plain type, there is no enterprise bit (RFC 3954 section 5.2). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Abstract data types, RFC 7012 section 3.1. */
enum element_type {
	TYPE_OCTETARRAY,
	TYPE_UNSIGNED8,
	TYPE_UNSIGNED16,
	TYPE_UNSIGNED32,
	TYPE_UNSIGNED64,
	TYPE_SIGNED8,
	TYPE_SIGNED16,
	TYPE_SIGNED32,
	TYPE_SIGNED64,
	TYPE_FLOAT32,
	TYPE_FLOAT64,
	TYPE_BOOLEAN,
	TYPE_MACADDRESS,
	TYPE_STRING,
	TYPE_DATETIMESECONDS,
	TYPE_DATETIMEMILLISECONDS,
	TYPE_DATETIMEMICROSECONDS,
	TYPE_DATETIMENANOSECONDS,
	TYPE_IPV4ADDRESS,
	TYPE_IPV6ADDRESS,
	TYPE_BASICLIST,
	TYPE_SUBTEMPLATELIST,
	TYPE_SUBTEMPLATEMULTILIST,
	TYPE_COUNT,
};

struct element {
	const char *name;
	enum element_type type;
};

enum { PEN_REVERSE = 29305 };

/* The element of this number in IANA's registry, or NULL.  Under PEN_REVERSE stand the same
 * elements for a biflow's other direction (RFC 5103 section 6.1), named "reverse" and so on. */
const struct element *element_find(uint32_t pen, uint16_t id);

/* Whether IANA's registry has an element of this name (case counts). */
bool element_named(const char *name);

/* Numbers by name, for code that gives an element a meaning of its own: IE_samplingInterval … */
enum {
#define ELEMENT(id, name, type) IE_##name = id,
#include "elements.inc"
#undef ELEMENT
};
