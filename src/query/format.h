/* format: what the printers of answers share. */
#pragma once

#include "query/query.h"

struct printer {
	struct query_result *result;
	const struct query_column *columns;
	size_t count;
	struct query_cell *cells; /* one row */
	struct buf out;           /* written, not yet given to the sink */
	query_sink *sink;
	void *context;
	bool stopped; /* the sink wants no more */
	bool local;   /* times are shown as the clock of TZ does */
	unsigned width;
	struct query_error *e;
};

enum { PRINTER_CHUNK = 64 * 1024 };

/* Goes on to the next table of the answer and what its columns are; false behind the last one, and
 * on an error, which *p->e then holds. */
bool printer_next_table(struct printer *p);

/* Gives what is written to the sink once there are `least` bytes of it; false when it is to end. */
bool printer_flush(struct printer *p, size_t least);

/* Adds a cell of the current row, for people. */
void printer_cell(const struct printer *p, struct buf *out, size_t column);

/* Adds how complete the answer's time is, for people as a line below it, for programs as a key; or
 * nothing. */
void printer_completeness(struct printer *p);
void printer_completeness_json(struct printer *p);

typedef void printer_body(struct printer *p);
printer_body print_table, print_json, print_csv, print_ndjson, print_chart, print_parquet;
