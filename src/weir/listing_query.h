/* listing_query: what a question in SQL answers, as rows of a listing. */
#pragma once

#include "core/base/attr.h"
#include "core/base/err.h"
#include "weir/listing.h"

/* Adds every cell of the answer.  The answer has the listing's columns; those that are no numbers
 * are text, or datetimes as ticks; numbers may come as text, too.  ERR_NOMEM too where `sql` is ""
 * (a buf that failed). */
MUST_CHECK bool listing_query(struct listing *l, const char *sql, struct err *e);
