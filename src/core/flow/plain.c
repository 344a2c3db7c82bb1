#include "core/flow/plain.h"

#include "core/flow/audit_state.h"
#include "core/flow/nat_event.h"
#include "core/flow/rollup_kind.h"

/* clang-format off */
#define NAMES_none        { NULL, 0 }
#define NAMES_nat_event   { nat_event_names, NAT_EVENT_COUNT }
#define NAMES_nat_object  { nat_object_names, NAT_OBJECT_COUNT }
#define NAMES_nat_end     { nat_end_names, NAT_END_COUNT }
#define NAMES_nat_dialect { nat_dialect_names, NAT_DIALECT_COUNT }
#define NAMES_rollup_kind { rollup_kind_names, ROLLUP_KIND_COUNT }
#define NAMES_audit_state { audit_state_names, AUDIT_STATE_COUNT }
/* clang-format on */

/* The columns of all tables, one table's behind the other's. */
static const struct plain_column all_columns[] = {
#define PLAIN_COLUMN(table, column, row, field, bit, names)                                        \
	{ COL_##column, offsetof(struct row, field), bit, NAMES_##names },
#include "plain_columns.inc"
#undef PLAIN_COLUMN
};

const struct plain_table plain_tables[TABLE_COUNT] = {
#define PLAIN_TABLE(id, row, first, count)                                                         \
	[TABLE_##id] = { sizeof(struct row), offsetof(struct row, minute), all_columns + (first),  \
		         count },
#include "plain_columns.inc"
#undef PLAIN_TABLE
};
