/* ledger_question: which of the ledger's rows the options of `weir show ledger` ask for. */
#pragma once

#include "core/base/attr.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/ip.h"
#include "weir/command.h"
#include "workspace/workspace.h"

struct ledger_question {
	bool has_exporter; /* only its rows */
	struct ip exporter;
	int64_t since;    /* ticks: of the minutes from then on; INT64_MIN: all */
	bool by_exporter; /* a line for each, instead of a statement */
};

/* Reads --exporter, --since ("90s", "15m", "1h", "7d" before now) and --by; ERR_USAGE where one
 * makes no sense. */
MUST_CHECK bool ledger_question_read(const struct invocation *inv, struct ledger_question *ret,
                                     struct err *e);

/* Adds " FROM … WHERE …": the rows that are asked for. */
MUST_CHECK bool ledger_question_rows(const struct ledger_question *q, struct workspace *ws,
                                     struct buf *sql, struct err *e);
