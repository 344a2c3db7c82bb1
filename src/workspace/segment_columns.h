/* segment_columns: which columns a segment holds, and how.
 *
 * A table that flow rows are stored in works out its ROLE_VIEW columns when it is read.  A table
 * that only views another's flow rows may have segments of its own, of imported rows: those are
 * kept as they came, so all their columns are there. */
#pragma once

#include <duckdb.h>
#include <stdbool.h>

#include "core/flow/column.h"
#include "workspace/segment_writer.h"

bool segment_holds(enum table_id table, enum column_id id);

/* Whether rows are looked for by this column, one value among many. */
bool segment_is_sought(enum column_id id);

/* Whether such segments of a table hold columns in another form (flow_packed.h). */
bool segment_is_packed(enum table_id table, enum segment_style style);

/* A number that says which columns such segments of a table hold, in which order and of which
 * types: segments of equal numbers can be read as one without a look into each.  Made from the
 * registry, so that a new column cannot be forgotten. */
unsigned segment_schema(enum table_id table, enum segment_style style);

/* How the database holds a type, in segments as in relations, and the SQL name of that. */
duckdb_type sql_type(enum kql_type type);
const char *sql_type_name(enum kql_type type);
