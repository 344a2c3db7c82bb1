#include "collector/decode/counters.h"

#include "core/base/attr.h"

/* sflow_structure.c has their names. */
static const struct structure {
	uint32_t format;
	enum column_id first, last;
} structures[] = {
	{ 1, COL_IfIndex, COL_IfPromiscuousMode },
	{ 2, COL_Dot3StatsAlignmentErrors, COL_Dot3StatsSymbolErrors },
	{ 5, COL_VlanId, COL_VlanDiscards },
	{ 1001, COL_Cpu5s, COL_FreeMemory },
};

static const struct plain_column *column_of(enum column_id id)
{
	const struct plain_table *table = &plain_tables[TABLE_COUNTERS];
	for (size_t i = 0; i < table->column_count; i++)
		if (table->columns[i].id == id)
			return &table->columns[i];
	return NULL;
}

/* Of four octets or of eight, as the column is. */
static bool take_member(struct sflow_counters *row, const struct plain_column *column,
                        struct cur *c)
{
	bool wide = columns[column->id].store == STORE_U64;
	void *to = (uint8_t *)row + column->offset;
	const uint8_t *p = cur_take(c, wide ? 8 : 4);
	if (!p)
		return false;
	uint64_t value = wide ? be64(p) : be32(p);
	if (value == (wide ? UINT64_MAX : UINT32_MAX))
		return true;
	if (wide)
		*(uint64_t *)to = value;
	else
		*(uint32_t *)to = (uint32_t)value;
	row->present |= UINT64_C(1) << column->bit;
	return true;
}

static bool take_structure(struct sflow_counters *row, const struct structure *s, struct cur body)
{
	for (enum column_id id = s->first; id <= s->last; id++)
		if (!take_member(row, column_of(id), &body))
			return false;
	return true;
}

enum wire_rc counters_fill(struct sflow_counters *row, struct sflow_sample *sample, bool *ret_any)
{
	struct sflow_record record;
	enum wire_rc worst = WIRE_OK, rc;
	*ret_any = false;
	while ((rc = sflow_next_record(sample, &record)) == WIRE_OK)
		for (size_t i = 0; i < ARRAY_LEN(structures); i++) {
			if (structures[i].format != record.format)
				continue;
			*ret_any = true;
			if (!take_structure(row, &structures[i], record.body))
				worst = WIRE_SHORT_SAMPLE_RECORD;
		}
	return rc == WIRE_END ? worst : rc;
}
