/* plain_cells: a column of rows that are never merged, as the database holds it.
 *
 * Numbers as flow_cells.h has them; texts of few names as ENUM, addresses as ENUM where they are
 * few (ip_dictionary.h), other texts as they are. */
#pragma once

#include <duckdb.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/plain.h"
#include "workspace/ip_dictionary.h"

/* Rows of one table, one behind the other. */
struct plain_run {
	const struct plain_table *type;
	const char *rows;
	size_t count;
};

struct plain_cells {
	const struct plain_column *column;
	duckdb_logical_type type;
	struct ip_dictionary distinct; /* of an address */
	uint16_t *numbers;             /* of the rows' addresses; NULL: plain texts */
};

/* Prepares a column of these rows.  plain_cells_done it in any case. */
MUST_CHECK bool plain_cells_init(struct plain_cells *cells, const struct plain_column *column,
                                 const struct plain_run *run, struct err *e);
void plain_cells_done(struct plain_cells *cells); /* zeroed ones are fine */

/* Fills a vector with `count` of the rows from `first` on. */
void plain_cells_fill(const struct plain_cells *cells, const struct plain_run *run, size_t first,
                      size_t count, duckdb_vector vector);
