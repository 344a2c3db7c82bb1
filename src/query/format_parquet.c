/* format_parquet: an answer as one Parquet file, written by the database and then handed on.
 *
 * datetime becomes a timestamp in microseconds, timespan and decimal their texts, dynamic JSON
 * text; everything else is what it is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "query/format.h"
#include "workspace/db.h"

/* Column r<i> of the query's SQL, under its own name. */
static void put_column(struct buf *sql, const struct query_column *column, size_t i)
{
	if (column->type == KQL_DATETIME)
		buf_printf(sql, "make_timestamp(k_micros(r%zu))", i);
	else if (column->type == KQL_TIMESPAN)
		buf_printf(sql, "k_text_of_timespan(r%zu)", i);
	else
		buf_printf(sql, "r%zu", i);
	buf_puts(sql, " AS ");
	db_quote_name(sql, column->name, strlen(column->name));
}

static bool hand_on(struct printer *p, const char *path)
{
	char chunk[PRINTER_CHUNK];
	FILE *in = fopen(path, "rb");
	for (size_t n; in && (n = fread(chunk, 1, sizeof chunk, in)) > 0;) {
		buf_add(&p->out, chunk, n);
		if (!printer_flush(p, PRINTER_CHUNK))
			break;
	}
	bool ok = in && !ferror(in);
	if (in)
		fclose(in);
	return ok || query_error_set(p->e, QUERY_RUNTIME, "RUN0004", 0, 0,
	                             "The file could not be read back: %s", strerror(errno));
}

void print_parquet(struct printer *p)
{
	const char *folder = getenv("TMPDIR");
	char path[4096];
	struct buf select = { 0 };
	snprintf(path, sizeof path, "%s/weir-query-XXXXXX", folder && *folder ? folder : "/tmp");
	int file = mkstemp(path);
	if (file < 0) {
		query_error_set(p->e, QUERY_RUNTIME, "RUN0004", 0, 0,
		                "No file can be made in %s: %s", folder ? folder : "/tmp",
		                strerror(errno));
		return;
	}
	close(file);
	for (size_t i = 0; i < p->count; i++) {
		buf_puts(&select, i ? ", " : "");
		put_column(&select, &p->columns[i], i);
	}
	if (!p->count)
		query_error_set(p->e, QUERY_SEMANTIC, "SEM0043", 0, 0,
		                "A table without columns cannot be a Parquet file");
	else if (query_copy(p->result, buf_text(&select), path, p->e))
		hand_on(p, path);
	unlink(path);
	buf_done(&select);
}
