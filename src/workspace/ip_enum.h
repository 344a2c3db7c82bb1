/* ip_enum: a column of few distinct addresses as an ENUM of the database, whose texts are made
 * once. */
#pragma once

#include <duckdb.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "workspace/ip_dictionary.h"

/* The ENUM of the numbered addresses' texts; number 0 is "". */
MUST_CHECK bool ip_enum_make(const struct ip_dictionary *d, duckdb_logical_type *ret,
                             struct err *e);

/* Fills cells of a vector of that type with numbers of the dictionary. */
void ip_enum_fill(duckdb_logical_type type, const uint16_t *numbers, size_t count, void *cells);
