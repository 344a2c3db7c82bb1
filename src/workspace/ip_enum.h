/* ip_enum: a column of few distinct addresses as an ENUM of the database, whose texts are made
 * once.  What else is told in at most 16 octets may take an address's place. */
#pragma once

#include <duckdb.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "workspace/ip_dictionary.h"

/* Writes an item's text and a NUL; returns the length without the NUL (ip_format). */
typedef size_t ip_enum_format(const struct ip *item, char text[IP_TEXT_MAX]);

/* The ENUM of the numbered items' texts; number 0 is "". */
MUST_CHECK bool ip_enum_make(const struct ip_dictionary *d, ip_enum_format *format,
                             duckdb_logical_type *ret, struct err *e);

/* Fills cells of a vector of that type with numbers of the dictionary. */
void ip_enum_fill(duckdb_logical_type type, const uint16_t *numbers, size_t count, void *cells);
