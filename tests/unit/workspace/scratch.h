/* scratch: a workspace in a temporary directory, and short ways to write to it and ask it.
 *
 * Everything fails the running test where it cannot do its job. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/flow/row.h"
#include "workspace/db.h"
#include "workspace/workspace.h"

/* cmocka fixtures: *state is the path of an empty directory, "DIR"; teardown removes it. */
int scratch_make(void **state);
int scratch_remove(void **state);

/* "DIR/below", valid until the next three calls. */
const char *scratch_path(const char *dir, const char *below);

struct workspace *scratch_open(const char *dir, enum workspace_mode mode);

/* Files below dir/segments. */
size_t scratch_count_files(const char *dir);

/* One commit of these rows. */
void scratch_store(struct workspace *ws, const struct flow_row *rows, size_t count,
                   const struct constants *constants);

/* One commit of rows as Log Analytics exports them, as lines of JSON. */
void scratch_import(struct workspace *ws, const char *dir, enum table_id table, const char *json);

/* A row of that minute (since 1970) that has a minute and nothing else. */
struct flow_row scratch_row(uint32_t minute);

/* Sets a field of a row and says that it is there. */
#define ROW_SET_KEY(row, id, field, value)                                                         \
	((row)->key.present |= COLUMN_BIT(id), (row)->key.field = (value))
#define ROW_SET(row, id, field, value) ((row)->present |= COLUMN_BIT(id), (row)->field = (value))

/* The answer to "SELECT select FROM (the relation of that table) AS t tail" in a new instance of
 * the database: cells joined by "|", rows ended by "\n", null as "null".  To be freed. */
char *scratch_ask(struct workspace *ws, enum table_id table, const char *select, const char *tail);

/* The same for any SQL. */
char *scratch_sql(const char *sql);

/* Changes the catalog of DIR by SQL of SQLite; asks it for a number. */
void scratch_catalog(const char *dir, const char *sql);
int64_t scratch_catalog_number(const char *dir, const char *sql);

/* Asserts what scratch_ask answers. */
#define ASSERT_ANSWER(ws, table, select, tail, want)                                               \
	do {                                                                                       \
		char *answer_ = scratch_ask(ws, table, select, tail);                              \
		assert_string_equal(answer_, want);                                                \
		free(answer_);                                                                     \
	} while (0)
