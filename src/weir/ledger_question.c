#include "weir/ledger_question.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"

/* A number and a unit; the stretch in ticks, or 0. */
static int64_t read_stretch(const char *text)
{
	static const struct {
		char unit;
		int64_t ticks;
	} units[] = {
		{ 's', TICKS_PER_SECOND },
		{ 'm', TICKS_PER_MINUTE },
		{ 'h', 60 * TICKS_PER_MINUTE },
		{ 'd', 24 * 60 * TICKS_PER_MINUTE },
	};
	char *end;
	long number = strtol(text, &end, 10);
	if (number < 1 || number > 100000 || !end[0] || end[1])
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (units[i].unit == end[0])
			return number * units[i].ticks;
	return 0;
}

bool ledger_question_read(const struct invocation *inv, struct ledger_question *ret, struct err *e)
{
	const char *exporter = invocation_value(inv, "exporter");
	const char *since = invocation_value(inv, "since");
	const char *by = invocation_value(inv, "by");
	*ret = (struct ledger_question){ .since = INT64_MIN };
	ret->by_exporter = by != NULL;
	if (by && strcmp(by, "exporter") != 0)
		return err_set(e, ERR_USAGE, "--by takes exporter, not '%s'", by);
	ret->has_exporter = exporter != NULL;
	if (exporter && !ip_parse(exporter, &ret->exporter))
		return err_set(e, ERR_USAGE, "'%s' is no address of an exporter", exporter);
	if (!since)
		return true;
	int64_t stretch = read_stretch(since);
	int64_t from = ticks_now() - stretch;
	ret->since = from - from % TICKS_PER_MINUTE;
	return stretch ||
	       err_set(e, ERR_USAGE, "--since takes a stretch like 90s, 15m, 1h or 7d, not '%s'",
	               since);
}

bool ledger_question_rows(const struct ledger_question *q, struct workspace *ws, struct buf *sql,
                          struct err *e)
{
	struct segment_filter filter = { .table = TABLE_LEDGER,
		                         .time = { q->since, INT64_MAX },
		                         .recorded = TIME_RANGE_ALL };
	char exporter[IP_TEXT_MAX];
	buf_puts(sql, " FROM ");
	if (!workspace_relation(ws, &filter, sql, NULL, e))
		return false;
	buf_printf(sql, " WHERE \"TimeGenerated\" >= %" PRId64, q->since);
	if (q->has_exporter) {
		ip_format(&q->exporter, exporter);
		buf_printf(sql, " AND \"Exporter\" = '%s'", exporter);
	}
	return true;
}
