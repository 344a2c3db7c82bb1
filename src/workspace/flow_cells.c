#include "workspace/flow_cells.h"

#include "core/base/attr.h"
#include "core/base/ticks.h"

FLOW_CELLS_FILL(fill_u8, uint8_t, int32_t, v)
FLOW_CELLS_FILL(fill_u16, uint16_t, int32_t, v)
FLOW_CELLS_FILL(fill_u32, uint32_t, int64_t, v)
FLOW_CELLS_FILL(fill_u64, uint64_t, int64_t, v > INT64_MAX ? INT64_MAX : (int64_t)v)
FLOW_CELLS_FILL(fill_time, int64_t, int64_t, v)
FLOW_CELLS_FILL(fill_minute, uint32_t, int64_t, TICKS_UNIX_EPOCH + v * TICKS_PER_MINUTE)
FLOW_CELLS_FILL(fill_bool, uint8_t, bool, v != 0)

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
	for (size_t i = 0; column_in_flow_rows(id) && i < ARRAY_LEN(fills); i++)
		if (fills[i].store == columns[id].store && fills[i].type == columns[id].type)
			return fills[i].fill;
	return NULL;
}

void flow_presence_read(struct flow_presence *p, const struct flow_row *const *rows, size_t count)
{
	p->all_key = p->all_value = UINT64_MAX;
	for (size_t i = 0; i < count; i++) {
		p->key[i] = rows[i]->key.present;
		p->value[i] = rows[i]->present;
		p->all_key &= p->key[i];
		p->all_value &= p->value[i];
	}
}

/* Every row has a minute, whatever its bit says. */
bool flow_presence_of(const struct flow_presence *p, enum column_id id, size_t count,
                      uint64_t words[FLOW_BLOCK / 64])
{
	const struct column *c = &columns[id];
	bool is_key = c->role == ROLE_KEY;
	if (c->store == STORE_MINUTE || (is_key ? p->all_key : p->all_value) >> c->bit & 1)
		return true;
	const uint64_t *present = is_key ? p->key : p->value;
	for (size_t first = 0; first < count; first += 64) {
		size_t n = count - first < 64 ? count - first : 64;
		uint64_t word = 0;
		for (size_t i = 0; i < n; i++)
			word |= (present[first + i] >> c->bit & 1) << i;
		words[first / 64] = word;
	}
	return false;
}
