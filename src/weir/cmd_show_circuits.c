#include "weir/command.h"
#include "weir/commands.h"
#include "weir/listing_query.h"
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

static bool add_question(struct buf *sql, struct workspace *ws, struct err *e)
{
	struct segment_filter all = SEGMENTS_OF(TABLE_FLOWS);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		buf_printf(sql, "%s%s", i ? ", " : "SELECT ", parts[i].sql);
	buf_puts(sql, " FROM ");
	if (!workspace_relation(ws, &all, sql, NULL, e))
		return false;
	buf_puts(sql, " WHERE \"ExRCircuitId\" = '' GROUP BY ALL"
	              " ORDER BY 8 DESC, 7 DESC, 1, 2, 3, 4, 5, 6 LIMIT 100");
	return true;
}

static bool ask(struct workspace *ws, struct listing *l, struct err *e)
{
	struct buf sql = { 0 };
	bool ok = add_question(&sql, ws, e) && listing_query(l, buf_text(&sql), e);
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
