#include "core/flow/column.h"

#include <string.h>

#include "core/flow/row.h"

const char *kql_type_name(enum kql_type type)
{
	static const char *const names[KQL_TYPE_COUNT] = {
		[KQL_BOOL] = "bool",         [KQL_INT] = "int",         [KQL_LONG] = "long",
		[KQL_REAL] = "real",         [KQL_STRING] = "string",   [KQL_DATETIME] = "datetime",
		[KQL_TIMESPAN] = "timespan", [KQL_DYNAMIC] = "dynamic", [KQL_GUID] = "guid",
		[KQL_DECIMAL] = "decimal",
	};
	return names[type];
}

const struct table tables[TABLE_COUNT] = {
#define TABLE(id, name, schema, stored_in, text)                                                   \
	[TABLE_##id] = { name, text, schema, TABLE_##stored_in },
#include "tables.inc"
#undef TABLE
};

const struct column columns[COLUMN_COUNT] = {
#define COLUMN(id, name, type, role, store, field, bit, value, tables, text)                       \
	[COL_##id] = { name,                                                                       \
		       text,                                                                       \
		       value,                                                                      \
		       KQL_##type,                                                                 \
		       ROLE_##role,                                                                \
		       STORE_##store,                                                              \
		       offsetof(struct flow_row, field),                                           \
		       bit,                                                                        \
		       tables },
#include "columns.inc"
#undef COLUMN
};

enum kql_type column_type(enum column_id id, enum table_id table)
{
	static const struct {
		enum column_id id;
		enum table_id table;
		enum kql_type type;
	} exceptions[] = {
#define COLUMN_TYPE(id, table, type) { COL_##id, TABLE_##table, KQL_##type },
#include "column_types.inc"
#undef COLUMN_TYPE
	};
	for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
		if (exceptions[i].id == id && exceptions[i].table == table)
			return exceptions[i].type;
	return columns[id].type;
}

int table_find(const char *name)
{
	for (int i = 0; i < TABLE_COUNT; i++)
		if (strcmp(tables[i].name, name) == 0)
			return i;
	return -1;
}

int column_find(const char *name)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		if (strcmp(columns[i].name, name) == 0)
			return i;
	return -1;
}
