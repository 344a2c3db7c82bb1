#include "workspace/segment_columns.h"

#include <stdint.h>

#include "workspace/flow_packed.h"

/* clang-format off */
static const struct {
	duckdb_type type;
	const char *name;
} sql_types[KQL_TYPE_COUNT] = {
	[KQL_BOOL]     = { DUCKDB_TYPE_BOOLEAN, "BOOLEAN" },
	[KQL_INT]      = { DUCKDB_TYPE_INTEGER, "INTEGER" },
	[KQL_LONG]     = { DUCKDB_TYPE_BIGINT,  "BIGINT" },
	[KQL_REAL]     = { DUCKDB_TYPE_DOUBLE,  "DOUBLE" },
	[KQL_STRING]   = { DUCKDB_TYPE_VARCHAR, "VARCHAR" },
	[KQL_DATETIME] = { DUCKDB_TYPE_BIGINT,  "BIGINT" },
	[KQL_TIMESPAN] = { DUCKDB_TYPE_BIGINT,  "BIGINT" },
	[KQL_DYNAMIC]  = { DUCKDB_TYPE_VARCHAR, "VARCHAR" },
	[KQL_GUID]     = { DUCKDB_TYPE_VARCHAR, "VARCHAR" },
	[KQL_DECIMAL]  = { DUCKDB_TYPE_DOUBLE,  "DOUBLE" },
};
/* clang-format on */

duckdb_type sql_type(enum kql_type type)
{
	return sql_types[type].type;
}

const char *sql_type_name(enum kql_type type)
{
	return sql_types[type].name;
}

bool segment_holds(enum table_id table, enum column_id id)
{
	return column_in(id, table) && (column_is_stored(id) || tables[table].stored_in != table);
}

bool segment_is_sought(enum column_id id)
{
	return id == COL_SourceIp || id == COL_DestinationIp || id == COL_PostNatSourceIp ||
	       id == COL_PostNatDestinationIp || id == COL_Exporter;
}

/* FNV-1a with 32 bits (RFC 9923): small, and the same in every build. */
static uint32_t fnv(uint32_t h, const char *text)
{
	do {
		h = (h ^ (uint8_t)*text) * UINT32_C(16777619);
	} while (*text++);
	return h;
}

bool segment_is_packed(enum table_id table, enum segment_style style)
{
	return table == TABLE_FLOWS && style == SEGMENT_DENSE;
}

unsigned segment_schema(enum table_id table, enum segment_style style)
{
	bool packed = segment_is_packed(table, style);
	uint32_t h = UINT32_C(2166136261);
	for (enum column_id id = 0; id < COLUMN_COUNT; id++)
		if (segment_holds(table, id) && !(packed && packed_sql(id)))
			h = fnv(fnv(h, columns[id].name), sql_type_name(column_type(id, table)));
	for (size_t i = 0; packed && i < PACKED_COLUMNS; i++)
		h = fnv(h, packed_columns[i].name);
	return h;
}
