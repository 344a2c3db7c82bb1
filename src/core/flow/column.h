/* column: the columns of every table, as registry/columns.csv states them.
 *
 * This is the centre of the program.  From one row per column come the fields of struct flow_row
 * (core/flow/row.h), what decoding fills (collector/decode/plan.c), how rows merge
 * (core/flow/table.c), the Parquet files (workspace/), the types that KQL sees (query/) and
 * docs/columns.md.  All of it is constant and safe to read from any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kusto's scalar types. */
enum kql_type {
	KQL_BOOL,
	KQL_INT,      /* signed 32 bits */
	KQL_LONG,     /* signed 64 bits */
	KQL_REAL,     /* IEEE 754 binary64 */
	KQL_STRING,   /* never null: what is missing is "" */
	KQL_DATETIME, /* ticks (core/base/ticks.h) */
	KQL_TIMESPAN, /* ticks */
	KQL_DYNAMIC,  /* JSON */
	KQL_GUID,
	KQL_DECIMAL,
	KQL_TYPE_COUNT,
};

/* "bool", "int", … as KQL and the Log Analytics API write it */
const char *kql_type_name(enum kql_type type);

/* How records of one flow and minute merge, or where else the value comes from. */
enum column_role {
	ROLE_KEY,
	ROLE_SUM,
	ROLE_MIN,
	ROLE_MAX,
	ROLE_OR,
	ROLE_FIRST,
	ROLE_LAST,
	ROLE_CONSTANT, /* configuration key `value` */
	ROLE_ENRICHED, /* looked up when the row is committed */
	ROLE_SUBNET,   /* `value` names the fields of address and mask */
	ROLE_PLAIN,    /* of tables whose rows are no flows: written as it is */
	ROLE_VIEW, /* not stored: SQL `value` over the stored columns; "$TABLE" is the table's name
	            */
};

/* How struct flow_row or the struct of a plain row holds it. */
enum column_store {
	STORE_NONE,
	STORE_IP,
	STORE_U64,
	STORE_APPLICATION, /* uint64_t (core/flow/application.h), a text in segments */
	STORE_TIME,        /* int64_t ticks */
	STORE_U32,
	STORE_MINUTE, /* uint32_t minutes since 1970-01-01 */
	STORE_U16,
	STORE_U8,
	STORE_TEXT, /* struct row_text, in plain rows (core/flow/plain.h) */
};

enum table_id {
#define TABLE(id, name, schema, stored_in, text) TABLE_##id,
#include "tables.inc"
#undef TABLE
	TABLE_COUNT,
};

struct table {
	const char *name;
	const char *text;
	unsigned schema; /* version of its segments */
	enum table_id
	    stored_in; /* the table whose segments hold the flow rows: itself, or another */
};
extern const struct table tables[TABLE_COUNT];

/* The table of this name (case counts), or -1. */
int table_find(const char *name);

enum column_id {
#define COLUMN(id, ...) COL_##id,
#include "columns.inc"
#undef COLUMN
	COLUMN_COUNT,
};

struct column {
	const char *name;
	const char *text;
	const char *value; /* "" or as the role says */
	enum kql_type type;
	enum column_role role;
	enum column_store store;
	uint16_t offset; /* in struct flow_row; of no meaning where bit is -1 */
	int8_t bit;      /* in key.present (ROLE_KEY) or present; -1: not in flow rows */
	uint32_t tables; /* bit 1 << enum table_id */
};
extern const struct column columns[COLUMN_COUNT];

static inline bool column_in(enum column_id id, enum table_id table)
{
	return columns[id].tables >> table & 1;
}

/* Whether flow rows carry it. */
static inline bool column_in_flow_rows(enum column_id id)
{
	return columns[id].bit >= 0;
}

/* Whether segments hold it: everything but ROLE_VIEW. */
static inline bool column_is_stored(enum column_id id)
{
	return columns[id].role != ROLE_VIEW;
}

/* Its type in that table: a few differ from columns[id].type. */
enum kql_type column_type(enum column_id id, enum table_id table);

/* The column of this name, or -1. */
int column_find(const char *name);
