#include "core/base/ip.h"
#include "core/base/ticks.h"
#include "weir/command.h"
#include "weir/commands.h"
#include "weir/listing.h"
#include "workspace/db.h"
#include "workspace/workspace.h"

/* What is asked, and how each column is shown; the columns that rows are grouped by come first. */
static const struct {
	struct listing_column shown;
	const char *sql;
} parts[] = {
	{ { "exporter", false }, "\"Exporter\"" },
	{ { "input_interface", true }, "\"InputInterface\"" },
	{ { "output_interface", true }, "\"OutputInterface\"" },
	{ { "vlan", true }, "\"Dot1qVlanId\"" },
	{ { "customer_vlan", true }, "\"Dot1qCustomerVlanId\"" },
	{ { "vrf", true }, "\"IngressVrf\"" },
	{ { "rows", true }, "count(*)" },
	{ { "bytes", true },
	  "least(coalesce(sum(\"NumberOfBytes\"), 0), 9223372036854775807)::BIGINT" },
	{ { "last", false }, "max(\"TimeGenerated\")" },
};

enum { LAST = ARRAY_LEN(parts) - 1 };

static void add_cell(struct listing *l, const struct db_rows *rows, size_t column, size_t row)
{
	char text[TICKS_TEXT_MAX + IP_TEXT_MAX];
	if (db_cell_is_null(rows, column, row)) {
		listing_text(l, "");
	} else if (column == LAST) {
		ticks_format(db_cell_i64(rows, column, row), text);
		listing_text(l, text);
	} else if (parts[column].shown.is_number) {
		listing_number(l, db_cell_i64(rows, column, row));
	} else {
		struct db_text cell = db_cell_text(rows, column, row);
		snprintf(text, sizeof text, "%.*s", (int)cell.len, cell.at);
		listing_text(l, text);
	}
}

static bool add_rows(struct listing *l, struct db_rows *rows, struct err *e)
{
	size_t count;
	do {
		if (!db_rows_next(rows, &count, e))
			return false;
		for (size_t i = 0; i < count; i++)
			for (size_t k = 0; k < ARRAY_LEN(parts); k++)
				add_cell(l, rows, k, i);
	} while (count);
	return true;
}

static bool add_question(struct buf *sql, struct workspace *ws, struct err *e)
{
	struct segment_filter all = { TABLE_FLOWS, TIME_RANGE_ALL, TIME_RANGE_ALL };
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		buf_printf(sql, "%s%s", i ? ", " : "SELECT ", parts[i].sql);
	buf_puts(sql, " FROM ");
	if (!workspace_relation(ws, &all, sql, NULL, e))
		return false;
	buf_puts(sql, " WHERE \"ExRCircuitId\" = '' GROUP BY ALL"
	              " ORDER BY 8 DESC, 7 DESC, 1, 2, 3, 4, 5, 6 LIMIT 100");
	return !sql->failed || err_set(e, ERR_NOMEM, "no memory");
}

static bool ask(struct workspace *ws, struct listing *l, struct err *e)
{
	struct buf sql = { 0 };
	struct db *db = NULL;
	struct db_rows *rows = NULL;
	bool ok = false;
	if (!add_question(&sql, ws, e))
		goto done;
	db = db_open(&(struct db_limits){ 0 }, e);
	rows = db ? db_query(db, buf_text(&sql), e) : NULL;
	ok = rows && add_rows(l, rows, e);

done:
	db_rows_close(rows);
	db_close(db);
	buf_done(&sql);
	return ok;
}

int cmd_show_circuits(struct invocation *inv)
{
	struct listing_column shown[ARRAY_LEN(parts)];
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		shown[i] = parts[i].shown;
	struct err e = { 0 };
	struct workspace *ws =
	    workspace_open(invocation_value(inv, "workspace"), WORKSPACE_READ, &e);
	if (!ws)
		return invocation_fail(inv, &e);
	struct listing listing;
	listing_init(&listing, shown, ARRAY_LEN(shown));
	bool good = ask(ws, &listing, &e) &&
	            listing_print(&listing, invocation_value(inv, "format"), inv->out, &e);
	listing_done(&listing);
	workspace_close(ws);
	return good ? EXIT_DONE : invocation_fail(inv, &e);
}
