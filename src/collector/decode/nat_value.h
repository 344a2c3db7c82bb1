/* nat_value: one field of one record into one column of a row that is never merged. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collector/decode/step.h"
#include "core/flow/column.h"

/* What times that are relative count from. */
struct nat_value_clock {
	int64_t export_time; /* ticks */
	uint32_t uptime_ms;  /* at export_time */
	bool has_uptime;
};

/* Reads `len` octets at `from` (a variable length may be any) and writes what the column holds;
 * false, and nothing written, where that is no value of the column. */
typedef bool nat_value_fn(const uint8_t *from, uint16_t len, const struct nat_value_clock *clock,
                          void *to);

/* What reads this part of an element of `length` octets (FIELD_VARIABLE: of any) for a column that
 * is stored so; NULL where that length makes no sense. */
nat_value_fn *nat_value_of(uint16_t element, enum element_part part, enum column_store store,
                           uint16_t length);
