/* type_record: what an exporter tells of Information Elements of its own (RFC 5610).
 *
 * Options data whose records name an element (privateEnterpriseNumber 346 and informationElementId
 * 303) and tell its type (339) and name (341): with them `weir decode` prints an enterprise's
 * element under its name, as a value.  Type and name are what is kept; semantics, units, range and
 * description (340, 342 to 345) say nothing that is printed.  A set belongs to one exporter address
 * and observation domain, like sampling rates (sampler.h).
 *
 * Names are foreign text: cut to TYPE_NAME_MAX octets, and refused where they are no UTF-8, have
 * control characters, or are empty; so are IANA's names and those that another element of the set
 * has, since no two fields of a record may be printed under one name.  Elements of IANA (enterprise
 * 0, and PEN_REVERSE) are what IANA says.  Bound: TYPE_RECORDS_MAX elements of 72 octets a set,
 * further ones are ignored; the set is among what an exporter's share of memory holds (stream.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/decode/template.h"

enum {
	TYPE_RECORDS_MAX = 1024,
	TYPE_NAME_MAX = 64, /* octets; IANA's longest name has 38 */
};

struct type_record {
	uint32_t pen;
	uint16_t id;
	uint8_t type; /* enum element_type: the numbers of IANA's registry of data types are its */
	char name[TYPE_NAME_MAX + 1];
};

struct type_records {
	struct type_record *items; /* by enterprise and number */
	size_t count;
};

void type_records_done(struct type_records *set);
size_t type_records_memory(const struct type_records *set); /* octets */

/* NULL where nothing was told. */
const struct type_record *type_records_find(const struct type_records *set, uint32_t pen,
                                            uint16_t id);

/* Adds or replaces an element, whose name is `len` octets at `name`; true where that changed
 * something. */
bool type_records_learn(struct type_records *set, uint32_t pen, uint16_t id, uint8_t type,
                        const char *name, size_t len);

/* Reads one record of options data; true where that changed something.  `record` and `places` as
 * template_places left them. */
bool type_records_learn_options(struct type_records *set, const struct template *t,
                                const uint8_t *record, const struct place *places);
