#include <stdlib.h>
#include <string.h>

#include "weir/command.h"
#include "weir/commands.h"
#include "weir/control.h"
#include "weir/listing_query.h"
#include "workspace/workspace.h"

/* The statement, line by line.  A difference is what an account's lines before it add up to, where
 * 1 is added and -1 taken off: if it is not zero, something was lost unseen. */
static const struct {
	const char *account, *entry;
	const char *column; /* NULL: the difference */
	int sign;
} entries[] = {
	/* clang-format off */
	{ "datagrams", "offered",                           "DatagramsOffered",     1 },
	{ "datagrams", "decoded",                           "DatagramsDecoded",    -1 },
	{ "datagrams", "malformed",                         "DatagramsMalformed",  -1 },
	{ "datagrams", "not allowed",                       "DatagramsNotAllowed", -1 },
	{ "datagrams", "refused by the full journal",       "DatagramsRefused",    -1 },
	{ "datagrams", "difference",                        NULL,                   0 },
	{ "records",   "decoded",                           "RecordsDecoded",       1 },
	{ "records",   "stored",                            "RecordsStored",       -1 },
	{ "records",   "rejected",                          "RecordsRejected",     -1 },
	{ "records",   "difference",                        NULL,                   0 },
	{ "events",    "NAT and firewall events decoded",   "NatEvents",            1 },
	{ "events",    "stored",                            "NatEventsStored",     -1 },
	{ "events",    "difference",                        NULL,                   0 },
	{ "beside",    "dropped by the kernel, not offered", "KernelDrops",         0 },
	{ "beside",    "sets without a template",           "SetsWithoutTemplate",  0 },
	{ "beside",    "options records",                   "OptionsRecords",       0 },
	{ "beside",    "counter samples of sFlow",          "CounterSamples",       0 },
	{ "beside",    "packets that agents told as discarded", "DiscardedPackets", 0 },
	{ "beside",    "steps back of the clock",           "ClockSteps",           0 },
	/* clang-format on */
};

/* One row of sums, in the order of the entries. */
static bool add_question(struct buf *sql, struct workspace *ws, struct err *e)
{
	struct segment_filter all = { TABLE_LEDGER, TIME_RANGE_ALL, TIME_RANGE_ALL };
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		buf_puts(sql, i ? ", " : "SELECT ");
		if (!entries[i].column)
			buf_puts(sql, "NULL::BIGINT");
		else
			buf_printf(sql, "coalesce(sum(\"%s\"), 0)::BIGINT", entries[i].column);
	}
	buf_puts(sql, " FROM ");
	return workspace_relation(ws, &all, sql, NULL, e);
}

/* From the sums' texts, one behind the other. */
static void add_entries(struct listing *l, const char *sums)
{
	int64_t difference = 0;
	for (size_t i = 0; i < ARRAY_LEN(entries); i++, sums += strlen(sums) + 1) {
		int64_t sum = strtoll(sums, NULL, 10);
		listing_text(l, entries[i].account);
		listing_text(l, entries[i].entry);
		listing_number(l, entries[i].column ? sum : difference);
		difference = entries[i].column ? difference + entries[i].sign * sum : 0;
	}
}

static bool ask(struct workspace *ws, struct listing *l, struct err *e)
{
	struct listing_column numbers[ARRAY_LEN(entries)];
	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		numbers[i] = (struct listing_column){ entries[i].entry, true };
	struct buf sql = { 0 };
	struct listing sums;
	listing_init(&sums, numbers, ARRAY_LEN(numbers));
	bool ok = add_question(&sql, ws, e) && listing_query(&sums, buf_text(&sql), e);
	if (ok && sums.cell_count == ARRAY_LEN(entries) && !sums.cells.failed)
		add_entries(l, buf_text(&sums.cells));
	listing_done(&sums);
	buf_done(&sql);
	return ok;
}

int cmd_show_ledger(struct invocation *inv)
{
	static const struct listing_column shown[] = {
		{ "account", false },
		{ "entry", false },
		{ "count", true },
	};
	const char *dir = invocation_value(inv, "workspace");
	struct err e = { 0 };
	struct buf nothing = { 0 };
	bool running;
	bool ok = control_ask(dir, "commit", &nothing, &running, &e);
	struct workspace *ws = ok ? workspace_open(dir, WORKSPACE_READ, &e) : NULL;
	struct listing listing;
	listing_init(&listing, shown, ARRAY_LEN(shown));
	ok = ws && ask(ws, &listing, &e) &&
	     listing_print(&listing, invocation_value(inv, "format"), inv->out, &e);
	listing_done(&listing);
	workspace_close(ws);
	buf_done(&nothing);
	return ok ? EXIT_DONE : invocation_fail(inv, &e);
}
