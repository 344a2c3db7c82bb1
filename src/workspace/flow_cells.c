#include "workspace/flow_cells.h"

#include <string.h>

#include "core/base/attr.h"
#include "core/base/ticks.h"

/* A function that reads a `from` of each row, v, and writes a `to`. */
#define FILL(name, from, to, value)                                                                \
	static void name(const struct flow_row *const *rows, size_t count, size_t offset,          \
	                 void *cells)                                                              \
	{                                                                                          \
		to *out = cells;                                                                   \
		for (size_t i = 0; i < count; i++) {                                               \
			from v;                                                                    \
			memcpy(&v, (const char *)rows[i] + offset, sizeof v);                      \
			out[i] = value;                                                            \
		}                                                                                  \
	}

FILL(fill_u8, uint8_t, int32_t, v)
FILL(fill_u16, uint16_t, int32_t, v)
FILL(fill_u32, uint32_t, int64_t, v)
FILL(fill_u64, uint64_t, int64_t, v > INT64_MAX ? INT64_MAX : (int64_t)v)
FILL(fill_time, int64_t, int64_t, v)
FILL(fill_minute, uint32_t, int64_t, TICKS_UNIX_EPOCH + v * TICKS_PER_MINUTE)
FILL(fill_bool, uint8_t, bool, v != 0)

flow_cells_fill *flow_cells_of(enum column_id id)
{
	static const struct {
		enum column_store store;
		enum kql_type type;
		flow_cells_fill *fill;
	} fills[] = {
		{ STORE_U8, KQL_INT, fill_u8 },
		{ STORE_U16, KQL_INT, fill_u16 },
		{ STORE_U32, KQL_LONG, fill_u32 },
		{ STORE_U64, KQL_LONG, fill_u64 },
		{ STORE_TIME, KQL_DATETIME, fill_time },
		{ STORE_MINUTE, KQL_DATETIME, fill_minute },
		{ STORE_U8, KQL_BOOL, fill_bool },
	};
	for (size_t i = 0; i < ARRAY_LEN(fills); i++)
		if (fills[i].store == columns[id].store && fills[i].type == columns[id].type)
			return fills[i].fill;
	return NULL;
}

/* Every row has a minute, whatever its bit says. */
bool flow_cells_present(enum column_id id, const struct flow_row *const *rows, size_t count,
                        uint64_t *words)
{
	const struct column *c = &columns[id];
	size_t offset = c->role == ROLE_KEY ? offsetof(struct flow_row, key.present)
	                                    : offsetof(struct flow_row, present);
	bool all = true;
	for (size_t first = 0; first < count; first += 64) {
		size_t n = count - first < 64 ? count - first : 64;
		uint64_t word = 0;
		for (size_t i = 0; i < n; i++) {
			uint64_t present;
			memcpy(&present, (const char *)rows[first + i] + offset, sizeof present);
			word |= (present >> c->bit & 1) << i;
		}
		if (c->store == STORE_MINUTE)
			word = UINT64_MAX >> (64 - n);
		all &= word == UINT64_MAX >> (64 - n);
		words[first / 64] = word;
	}
	return all;
}
