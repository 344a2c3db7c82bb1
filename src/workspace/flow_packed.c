#include "workspace/flow_packed.h"

#include <string.h>

#include "core/base/attr.h"
#include "core/base/ip.h"
#include "core/base/ticks.h"
#include "workspace/db_function.h"

enum { SEQUENCE_BITS = 16 };

/* ---- into two ---- */

/* Times are 0 to TICKS_MAX, so that no difference runs over. */
static int64_t since_minute(const struct flow_row *row, int64_t ticks)
{
	return ticks - TICKS_UNIX_EPOCH - row->key.minute * TICKS_PER_MINUTE;
}

static int64_t since_start(const struct flow_row *row, int64_t ticks)
{
	return row_has(row, COL_FlowStartTime) ? ticks - row->start_time : since_minute(row, ticks);
}

static int64_t whole_ms(int64_t ticks)
{
	return ticks / TICKS_PER_MS - (ticks % TICKS_PER_MS < 0);
}

static int64_t rest_of_ms(int64_t ticks)
{
	return ticks - whole_ms(ticks) * TICKS_PER_MS;
}

static int64_t long_of(uint64_t sequence)
{
	return sequence > INT64_MAX ? INT64_MAX : (int64_t)sequence;
}

FLOW_CELLS_FILL(fill_milliseconds, int64_t, int64_t, whole_ms(since_minute(rows[i], v)))
FLOW_CELLS_FILL(fill_ticks, int64_t, int64_t, rest_of_ms(since_minute(rows[i], v)))
FLOW_CELLS_FILL(fill_lasting_milliseconds, int64_t, int64_t, whole_ms(since_start(rows[i], v)))
FLOW_CELLS_FILL(fill_lasting_ticks, int64_t, int64_t, rest_of_ms(since_start(rows[i], v)))
FLOW_CELLS_FILL(fill_message, uint64_t, int64_t, long_of(v) >> SEQUENCE_BITS)
FLOW_CELLS_FILL(fill_record, uint64_t, int64_t, long_of(v) & ((1 << SEQUENCE_BITS) - 1))

const struct packed_column packed_columns[PACKED_COLUMNS] = {
	{ "FlowRecordTimeMilliseconds", COL_FlowRecordTime, fill_milliseconds },
	{ "FlowRecordTimeTicks", COL_FlowRecordTime, fill_ticks },
	{ "FlowStartTimeMilliseconds", COL_FlowStartTime, fill_milliseconds },
	{ "FlowStartTimeTicks", COL_FlowStartTime, fill_ticks },
	{ "FlowEndTimeMilliseconds", COL_FlowEndTime, fill_lasting_milliseconds },
	{ "FlowEndTimeTicks", COL_FlowEndTime, fill_lasting_ticks },
	{ "FlowsequenceMessage", COL_Flowsequence, fill_message },
	{ "FlowsequenceRecord", COL_Flowsequence, fill_record },
};

/* ---- and back ---- */

#define AFTER(base, column)       "(" base " + \"" column "Milliseconds\" * 10000 + \"" column "Ticks\")"
#define MINUTE                    "\"TimeGenerated\""
#define SUBNET_SQL(address, mask) "weir_subnet(\"" address "\", \"" mask "\")"

const char *packed_sql(enum column_id id)
{
	static const char *const sql[COLUMN_COUNT] = {
		[COL_FlowRecordTime] = AFTER(MINUTE, "FlowRecordTime"),
		[COL_FlowStartTime] = AFTER(MINUTE, "FlowStartTime"),
		[COL_FlowEndTime] = AFTER(
		    "coalesce(" AFTER(MINUTE, "FlowStartTime") ", " MINUTE ")", "FlowEndTime"),
		[COL_Flowsequence] = "(\"FlowsequenceMessage\" * 65536 + \"FlowsequenceRecord\")",
		[COL_SrcSubnet] = SUBNET_SQL("SourceIp", "SrcMask"),
		[COL_DstSubnet] = SUBNET_SQL("DestinationIp", "DstMask"),
	};
	return sql[id];
}

/* The empty text without an address or a mask, as rows have it. */
static void subnet(const struct db_cell *args, size_t count, struct db_answer *ret)
{
	(void)count;
	char text[IP_TEXT_MAX] = "";
	struct ip ip;
	if (!args[0].null && !args[1].null && args[0].s.len < sizeof text) {
		memcpy(text, args[0].s.at, args[0].s.len);
		text[args[0].s.len] = '\0';
		if (ip_parse(text, &ip) && args[1].i >= 0 && args[1].i <= UINT8_MAX) {
			ip = ip_masked(ip, (unsigned)args[1].i);
			ip_format(&ip, text);
		} else {
			*text = '\0';
		}
	}
	buf_puts(&ret->scratch, text);
	db_answer_scratch(ret);
}

bool packed_functions_register(struct db *db, struct err *e)
{
	static const struct db_function functions[] = {
		{ "weir_subnet", "si", 's', false, subnet },
	};
	return db_function_register(db, functions, ARRAY_LEN(functions), e);
}
