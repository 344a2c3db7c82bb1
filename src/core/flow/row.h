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
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* ---- columns that are chosen at run time ---- */

static inline uint64_t *row_present(struct flow_row *row, enum column_id id)
{
	return columns[id].role == ROLE_KEY ? &row->key.present : &row->present;
}

static inline size_t row_width(enum column_id id)
{
	static const uint8_t octets[] = {
		[STORE_NONE] = 0, [STORE_IP] = 16,         [STORE_U64] = 8, [STORE_TIME] = 8,
		[STORE_U32] = 4,  [STORE_MINUTE] = 4,      [STORE_U16] = 2, [STORE_U8] = 1,
		[STORE_TEXT] = 0, [STORE_APPLICATION] = 8,
	};
	return octets[columns[id].store];
}

static inline void row_set_null(struct flow_row *row, enum column_id id)
{
	*row_present(row, id) &= ~(UINT64_C(1) << columns[id].bit);
	memset((uint8_t *)row + columns[id].offset, 0, row_width(id));
}

/* Makes a column what another one, stored alike, is in another row: its value, or null. */
static inline void row_copy(struct flow_row *to, enum column_id id, const struct flow_row *from,
                            enum column_id from_id)
{
	if (!row_has(from, from_id)) {
		row_set_null(to, id);
		return;
	}
	*row_present(to, id) |= UINT64_C(1) << columns[id].bit;
	memcpy((uint8_t *)to + columns[id].offset, (const uint8_t *)from + columns[from_id].offset,
	       row_width(id));
}
