#include "workspace/completeness.h"

#include <inttypes.h>

#include "core/base/ticks.h"
#include "workspace/db.h"

#define STORED "coalesce(sum(\"RecordsStored\" + \"NatEvents\"), 0)::BIGINT"
#define MISSED "coalesce(sum(\"RecordsRejected\" + coalesce(\"LostRecords\", 0)), 0)::BIGINT"

static int64_t minute_begin(int64_t ticks)
{
	return ticks < 0 ? ticks : ticks - ticks % TICKS_PER_MINUTE;
}

static bool add_question(struct buf *sql, struct workspace *ws, const struct time_range *time,
                         bool *ret_any, struct err *e)
{
	struct segment_filter filter = { .table = TABLE_LEDGER,
		                         .time = *time,
		                         .recorded = TIME_RANGE_ALL };
	struct relation_size size;
	buf_puts(sql, "SELECT " STORED ", coalesce(sum(\"RecordsRejected\"), 0)::BIGINT, "
	              "coalesce(sum(\"LostRecords\"), 0)::BIGINT FROM ");
	if (!workspace_relation(ws, &filter, sql, &size, e))
		return false;
	*ret_any = size.segments > 0;
	buf_printf(sql, " WHERE \"TimeGenerated\" BETWEEN %" PRId64 " AND %" PRId64, time->from,
	           time->to);
	return !sql->failed || err_set(e, ERR_NOMEM, "no memory to ask the ledger");
}

static bool read_sums(struct db *db, const char *sql, struct completeness *ret, struct err *e)
{
	struct db_rows *rows = db_query(db, sql, e);
	size_t count = 0;
	bool ok = rows && db_rows_next(rows, &count, e);
	if (ok && count)
		*ret = (struct completeness){ db_cell_i64(rows, 0, 0), db_cell_i64(rows, 1, 0),
			                      db_cell_i64(rows, 2, 0) };
	db_rows_close(rows);
	return ok;
}

bool completeness_ask(struct db *db, struct workspace *ws, struct time_range time,
                      struct completeness *ret, struct err *e)
{
	struct buf sql = { 0 };
	bool any = false;
	time.from = minute_begin(time.from);
	*ret = (struct completeness){ 0 };
	bool ok = add_question(&sql, ws, &time, &any, e) &&
	          (!any || read_sums(db, buf_text(&sql), ret, e));
	buf_done(&sql);
	return ok;
}

void completeness_percent(struct buf *out, const struct completeness *c)
{
	uint64_t all = (uint64_t)c->stored + (uint64_t)c->rejected + (uint64_t)c->lost;
	if (all == 0)
		return;
	unsigned hundredths = (unsigned)((unsigned __int128)c->stored * 10000 / all);
	buf_printf(out, "%u.%02u", hundredths / 100, hundredths % 100);
}

const char *completeness_sql(void)
{
	return "coalesce(format('{:d}.{:02d}', "
	       "(" STORED "::HUGEINT * 10000 // nullif(" STORED " + " MISSED
	       ", 0) // 100)::BIGINT, "
	       "(" STORED "::HUGEINT * 10000 // nullif(" STORED " + " MISSED
	       ", 0) % 100)::BIGINT), '')";
}
