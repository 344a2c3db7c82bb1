#include <stdlib.h>
#include <string.h>

#include "weir/command.h"
#include "weir/commands.h"
#include "weir/control.h"
#include "weir/ledger_question.h"
#include "weir/listing_query.h"
#include "workspace/completeness.h"
#include "workspace/workspace.h"

/* The statement, line by line.  A difference is what an account's lines before it add up to, where
 * 1 is added and -1 taken off: if it is not zero, something was lost unseen; but of the
 * sets it is what still waits. */
enum line {
	LINE_SUM,
	LINE_CAUSE, /* the same; people are spared it where it is zero */
	LINE_DIFFERENCE,
	LINE_COMPLETENESS, /* in per cent */
};

static const struct entry {
	const char *account, *name;
	const char *column; /* NULL: worked out */
	int sign;
	enum line line;
} entries[] = {
/* clang-format off */
#define MALFORMED(name, column) { "malformed", name, "Malformed" column, -1, LINE_CAUSE }
	{ "datagrams", "offered",                            "DatagramsOffered",     1, LINE_SUM },
	{ "datagrams", "decoded",                            "DatagramsDecoded",    -1, LINE_SUM },
	{ "datagrams", "malformed",                          "DatagramsMalformed",  -1, LINE_SUM },
	{ "datagrams", "not allowed",                        "DatagramsNotAllowed", -1, LINE_SUM },
	{ "datagrams", "refused by the full journal",        "DatagramsRefused",    -1, LINE_SUM },
	{ "datagrams", "difference",                         NULL,                   0, LINE_DIFFERENCE },
	{ "malformed", "datagrams",                          "DatagramsMalformed",   1, LINE_SUM },
	MALFORMED("of an unknown version",                   "UnknownVersion"),
	MALFORMED("too short for their header",              "ShortHeader"),
	MALFORMED("of another length than they tell",        "BadLength"),
	MALFORMED("with no or too many records",             "BadCount"),
	MALFORMED("with fewer records than they count",      "TruncatedRecords"),
	MALFORMED("with octets left over",                   "ShortSetHeader"),
	MALFORMED("with a set shorter than its header",      "BadSetLength"),
	MALFORMED("with a set that reaches past the end",    "TruncatedSet"),
	MALFORMED("with a set of a reserved id",             "ReservedSet"),
	MALFORMED("with a template of an id below 256",      "BadTemplateId"),
	MALFORMED("with a template without octets",          "EmptyTemplate"),
	MALFORMED("with a template that is cut short",       "TruncatedTemplate"),
	MALFORMED("with a scope beyond its template",        "BadScope"),
	MALFORMED("with a template beyond the bounds",       "TemplateLimit"),
	MALFORMED("with a record that is cut short",         "TruncatedRecord"),
	MALFORMED("with a set shorter than a record",        "ShortSet"),
	MALFORMED("with a list whose lengths do not fit",    "BadList"),
	MALFORMED("with a list beyond the bounds",           "ListLimit"),
	MALFORMED("with a list without its template",        "ListTemplate"),
	MALFORMED("with an agent of an unknown kind",        "BadAgent"),
	MALFORMED("with a sample that is cut short",         "TruncatedSample"),
	MALFORMED("with a sample too short for its format",  "ShortSample"),
	MALFORMED("with a sample's record cut short",        "TruncatedSampleRecord"),
	MALFORMED("with a sample's record too short",        "ShortSampleRecord"),
	{ "malformed", "difference",                         NULL,                   0, LINE_DIFFERENCE },
	{ "records",   "decoded",                            "RecordsDecoded",       1, LINE_SUM },
	{ "records",   "stored",                             "RecordsStored",       -1, LINE_SUM },
	{ "records",   "rejected",                           "RecordsRejected",     -1, LINE_SUM },
	{ "records",   "difference",                         NULL,                   0, LINE_DIFFERENCE },
	{ "rejected",  "records",                            "RecordsRejected",      1, LINE_SUM },
	{ "rejected",  "cut short",                          "RejectedTruncated",   -1, LINE_CAUSE },
	{ "rejected",  "difference",                         NULL,                   0, LINE_DIFFERENCE },
	{ "events",    "NAT and firewall events decoded",    "NatEvents",            1, LINE_SUM },
	{ "events",    "stored",                             "NatEventsStored",     -1, LINE_SUM },
	{ "events",    "difference",                         NULL,                   0, LINE_DIFFERENCE },
	{ "sets",      "parked without their template",      "SetsParked",           1, LINE_SUM },
	{ "sets",      "decoded when it came",               "SetsReplayed",        -1, LINE_SUM },
	{ "sets",      "given up",                           "SetsExpired",         -1, LINE_SUM },
	{ "sets",      "waiting",                            NULL,                   0, LINE_DIFFERENCE },
	{ "beside",    "sets without a template",            "SetsWithoutTemplate",  0, LINE_SUM },
	{ "beside",    "options records",                    "OptionsRecords",       0, LINE_SUM },
	{ "beside",    "counter samples of sFlow",           "CounterSamples",       0, LINE_SUM },
	{ "beside",    "packets that agents told as discarded", "DiscardedPackets",  0, LINE_SUM },
	{ "beside",    "restarts of exporters",              "Restarts",             0, LINE_SUM },
	{ "beside",    "steps back of the clock",            "ClockSteps",           0, LINE_SUM },
	{ "beside",    "datagrams out of order",             "Reordered",            0, LINE_SUM },
	{ "beside",    "datagrams that came twice",          "Duplicates",           0, LINE_SUM },
	{ "beside",    "queries that became rows",           "QueriesAudited",       0, LINE_SUM },
	{ "beside",    "queries told of that did not",       "QueriesNotAudited",    0, LINE_SUM },
	{ "dropped",   "rows of stored tables",              "RowsDropped",          1, LINE_SUM },
	{ "dropped",   "since they were too old",            "RowsDroppedByAge",    -1, LINE_CAUSE },
	{ "dropped",   "since the workspace was too large",  "RowsDroppedBySize",   -1, LINE_CAUSE },
	{ "dropped",   "since the disk was full",            "RowsDroppedForDisk",  -1, LINE_CAUSE },
	{ "dropped",   "difference",                         NULL,                   0, LINE_DIFFERENCE },
	{ "by table",  "rows that were dropped",             "RowsDropped",          1, LINE_SUM },
	{ "by table",  "of Flows",                           "FlowsDropped",        -1, LINE_CAUSE },
	{ "by table",  "of NatEvents",                       "NatEventsDropped",    -1, LINE_CAUSE },
	{ "by table",  "of NatBindings",                     "NatBindingsDropped",  -1, LINE_CAUSE },
	{ "by table",  "of SflowCounters",                   "SflowCountersDropped", -1, LINE_CAUSE },
	{ "by table",  "of CollectorLedger",                 "LedgerRowsDropped",   -1, LINE_CAUSE },
	{ "by table",  "of FlowsHourly and FlowsDaily",      "RollupRowsDropped",   -1, LINE_CAUSE },
	{ "by table",  "of QueryAudit",                      "QueryAuditDropped",   -1, LINE_CAUSE },
	{ "by table",  "difference",                         NULL,                   0, LINE_DIFFERENCE },
	{ "by table",  "octets of their files",              "BytesDropped",         0, LINE_SUM },
	{ "lost",      "datagrams dropped by the kernel",    "KernelDrops",          0, LINE_SUM },
	{ "lost",      "datagrams missing by their numbers", "LostDatagrams",        0, LINE_SUM },
	{ "lost",      "records missing by numbers",         "LostRecords",          0, LINE_SUM },
	{ "lost",      "completeness of records, per cent",  NULL,                   0, LINE_COMPLETENESS },
#undef MALFORMED
	/* clang-format on */
};

/* One row of sums, in the order of the entries. */
static bool add_statement(struct buf *sql, const struct ledger_question *q, struct workspace *ws,
                          struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		buf_puts(sql, i ? ", " : "SELECT ");
		if (entries[i].line == LINE_COMPLETENESS)
			buf_puts(sql, completeness_sql());
		else if (!entries[i].column)
			buf_puts(sql, "NULL::BIGINT");
		else
			buf_printf(sql, "coalesce(sum(\"%s\"), 0)::BIGINT", entries[i].column);
	}
	return ledger_question_rows(q, ws, sql, e);
}

/* From the sums' texts, one behind the other. */
static void add_entries(struct listing *l, const char *sums, bool brief)
{
	int64_t difference = 0;
	for (size_t i = 0; i < ARRAY_LEN(entries); i++, sums += strlen(sums) + 1) {
		const struct entry *entry = &entries[i];
		int64_t sum = strtoll(sums, NULL, 10);
		difference += entry->sign * sum;
		if (brief && entry->line == LINE_CAUSE && sum == 0)
			continue;
		listing_text(l, entry->account);
		listing_text(l, entry->name);
		if (entry->line == LINE_COMPLETENESS)
			listing_text(l, sums);
		else
			listing_number(l, entry->line == LINE_DIFFERENCE ? difference : sum);
		if (entry->line == LINE_DIFFERENCE)
			difference = 0;
	}
}

static bool ask_statement(const struct ledger_question *q, struct workspace *ws, bool brief,
                          struct listing *l, struct err *e)
{
	struct listing_column numbers[ARRAY_LEN(entries)];
	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		numbers[i] = (struct listing_column){ entries[i].name, true };
	struct buf sql = { 0 };
	struct listing sums;
	listing_init(&sums, numbers, ARRAY_LEN(numbers));
	bool ok = add_statement(&sql, q, ws, e) && listing_query(&sums, buf_text(&sql), e);
	if (ok && sums.cell_count == ARRAY_LEN(entries) && !sums.cells.failed)
		add_entries(l, buf_text(&sums.cells), brief);
	listing_done(&sums);
	buf_done(&sql);
	return ok;
}

/* ---- by exporter ---- */

static const char *const columns_by_exporter[] = {
	"DatagramsOffered", "DatagramsMalformed",  "RecordsStored", "NatEvents", "RecordsRejected",
	"LostRecords",      "SetsWithoutTemplate", "Duplicates",    "Reordered", "Restarts",
};

static bool ask_exporters(const struct ledger_question *q, struct workspace *ws, struct listing *l,
                          struct err *e)
{
	struct buf sql = { 0 };
	buf_puts(&sql, "SELECT \"Exporter\"");
	for (size_t i = 0; i < ARRAY_LEN(columns_by_exporter); i++)
		buf_printf(&sql, ", coalesce(sum(\"%s\"), 0)::BIGINT", columns_by_exporter[i]);
	buf_printf(&sql, ", %s", completeness_sql());
	bool ok = ledger_question_rows(q, ws, &sql, e);
	buf_puts(&sql, " AND \"Exporter\" <> '' GROUP BY ALL ORDER BY 7 DESC, 1");
	ok = ok && listing_query(l, buf_text(&sql), e);
	buf_done(&sql);
	return ok;
}

/* ---- the command ---- */

static bool show(const struct invocation *inv, const struct ledger_question *q,
                 struct workspace *ws, struct err *e)
{
	static const struct listing_column statement[] = {
		{ "account", false },
		{ "entry", false },
		{ "count", true },
	};
	static const struct listing_column exporters[] = {
		{ "exporter", false }, { "datagrams", true },   { "malformed", true },
		{ "records", true },   { "events", true },      { "rejected", true },
		{ "lost", true },      { "no_template", true }, { "duplicates", true },
		{ "reordered", true }, { "restarts", true },    { "completeness", true },
	};
	struct listing listing;
	if (q->by_exporter)
		listing_init(&listing, exporters, ARRAY_LEN(exporters));
	else
		listing_init(&listing, statement, ARRAY_LEN(statement));
	bool brief = invocation_chose(inv, "format", "table");
	bool ok = (q->by_exporter ? ask_exporters(q, ws, &listing, e)
	                          : ask_statement(q, ws, brief, &listing, e)) &&
	          listing_print(&listing, invocation_value(inv, "format"), inv->out, e);
	listing_done(&listing);
	return ok;
}

int cmd_show_ledger(struct invocation *inv)
{
	const char *dir = invocation_value(inv, "workspace");
	struct err e = { 0 };
	struct buf held = { 0 };
	struct ledger_question question;
	bool running;
	bool ok = ledger_question_read(inv, &question, &e) &&
	          control_ask(dir, "commit", &held, &running, &e);
	if (held.len)
		fprintf(inv->err, "weir show ledger: nothing is stored at present: %s", held.text);
	struct workspace *ws = ok ? workspace_open(dir, WORKSPACE_READ, &e) : NULL;
	ok = ws && show(inv, &question, ws, &e);
	workspace_close(ws);
	buf_done(&held);
	return ok ? EXIT_DONE : invocation_fail(inv, &e);
}
