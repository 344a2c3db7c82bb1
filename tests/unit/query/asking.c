#include "unit/query/asking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

static struct buf answer;

int asking_start(void **state)
{
	struct query_limits limits = { .threads = 1, .memory_bytes = 512 << 20 };
	struct err err = { 0 };
	struct query_session *session = query_session_new(NULL, &limits, &err);
	if (!session)
		fail_msg("%s", err.text);
	*state = session;
	return 0;
}

int asking_stop(void **state)
{
	query_session_free(*state);
	buf_done(&answer);
	return 0;
}

static const char *error_text(const struct query_error *e)
{
	buf_clear(&answer);
	buf_printf(&answer, "%s %u:%u %s", e->code, e->line, e->pos, e->message);
	return buf_text(&answer);
}

static struct query_result *run(void *session, const char *kql, bool explain, struct query_error *e)
{
	struct query_options options = { .now = ASKING_NOW, .explain = explain };
	buf_clear(&answer);
	return query_run(session, kql, strlen(kql), &options, e);
}

const char *asking_columns(void *session, const char *kql)
{
	struct query_error e;
	const struct query_column *list;
	struct query_result *result = run(session, kql, true, &e);
	if (!result)
		return error_text(&e);
	size_t count = query_columns(result, &list);
	for (size_t i = 0; i < count; i++)
		buf_printf(&answer, "%s%s:%s", i ? " " : "", list[i].name,
		           kql_type_name(list[i].type));
	query_result_free(result);
	return buf_text(&answer);
}

const char *asking_rows(void *session, const char *kql)
{
	struct query_error e;
	const struct query_column *list;
	struct query_cell cells[64];
	struct query_result *result = run(session, kql, false, &e);
	if (!result)
		return error_text(&e);
	size_t count = query_columns(result, &list);
	assert_true(count <= 64);
	while (query_next(result, cells, &e)) {
		for (size_t i = 0; i < count; i++) {
			if (i)
				buf_putc(&answer, '|');
			if (cells[i].null)
				buf_puts(&answer, "null");
			query_cell_text(&answer, list[i].type, &cells[i]);
		}
		buf_putc(&answer, '\n');
	}
	query_result_free(result);
	return e.class == QUERY_OK ? buf_text(&answer) : error_text(&e);
}
