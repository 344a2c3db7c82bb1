/* query_request: what the options of `weir query` ask for.
 *
 * The process bounds itself, too: the database does not count all the memory that it uses, so that
 * an allocation beyond the session's limit and REQUEST_SLACK fails, which it answers with an error.
 */
#pragma once

#include "query/query.h"
#include "weir/command.h"

#define REQUEST_SLACK ((uint64_t)768 << 20)

struct query_request {
	struct query_limits limits;
	struct query_options options;
	enum query_format format;
	bool explain, json; /* json: errors too are printed as objects */
	char spill[4096];   /* limits.spill_dir */
};

/* Reads the options of an invocation; ERR_USAGE where one makes no sense. */
MUST_CHECK bool query_request_read(const struct invocation *inv, struct query_request *ret,
                                   struct err *e);

/* Bounds the process as said above; of no effect under the address sanitizer. */
void query_request_confine(const struct query_request *request);

/* The text of the query: --file, the argument, "@name" among them, or standard input. */
MUST_CHECK bool query_request_text(const struct invocation *inv, struct buf *ret, struct err *e);
