/* row: one flow record in the form that every stage shares.
 *
 * struct flow_row is made from registry/columns.csv.  Its first part, struct flow_key, holds every
 * column that tells flows apart; two records belong to one row exactly when their keys are equal
 * byte by byte, which is why there is no hidden padding and what is absent is zero.  Fields are in
 * host byte order but addresses (core/base/ip.h), times are ticks, `minute` counts minutes since
 * 1970-01-01.  A set bit in `present` says that the column of that number was exported; without it
 * the value is null, and null is a key value of its own. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/ip.h"
#include "core/flow/column.h"
#include "flow_row.inc"

/* The presence bit of a column, for the word that it belongs to. */
#define COLUMN_BIT(id) (UINT64_C(1) << columns[COL_##id].bit)

static inline bool row_has(const struct flow_row *row, enum column_id id)
{
	const struct column *c = &columns[id];
	uint64_t present = c->role == ROLE_KEY ? row->key.present : row->present;
	return c->bit >= 0 && (present >> c->bit & 1);
}
