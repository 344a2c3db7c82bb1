/* circuit_index: which rule a row belongs to, found without walking the rules.
 *
 * Rules of one shape (the same parts stated, exporter prefixes of one family and length) can be
 * told apart by value alone, so that a hash of a row's values finds the one that matches.  Shapes
 * are tried from the most specific to the least; the first that has a rule for the row ends the
 * search.  So a row costs one look-up for each shape, two where the shape states an interface or
 * a VRF, four where it states both, however many rules there are.  A configuration has few shapes:
 * rules of one network mostly state the same parts.
 *
 * Constant once it is made; any number of threads may look up at once.  Bound: CIRCUITS_MAX rules
 * of 100 octets. */
#pragma once

#include "collector/enrich/circuit.h"
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/row.h"

struct circuit_index; /* opaque */

/* The rules are borrowed only for the call. */
MUST_CHECK struct circuit_index *circuit_index_new(const struct circuits *circuits, struct err *e);
void circuit_index_free(struct circuit_index *index); /* NULL is fine */

/* The number of the rule that wins (circuit.h), counted from 1; 0 where none matches. */
uint32_t circuit_find(const struct circuit_index *index, const struct flow_row *row);
