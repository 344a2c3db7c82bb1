#include "workspace/flow_kinds.h"

#include <stdlib.h>
#include <string.h>

#include "core/flow/batch.h"
#include "workspace/db_internal.h"
#include "workspace/segment_columns.h"

_Static_assert(sizeof((struct flow_key){ 0 }.pad) >= sizeof(uint16_t), "a kind fits the pad");

void flow_kinds_init(struct flow_kinds *k)
{
	*k = (struct flow_kinds){ 0 };
	numbered_init(&k->kinds, FLOW_KINDS_TEXT);
	for (enum column_id id = 0; id < COLUMN_COUNT; id++) {
		enum column_role role = columns[id].role;
		if ((role != ROLE_CONSTANT && role != ROLE_ENRICHED) ||
		    !segment_holds(TABLE_FLOWS, id))
			continue;
		numbered_init(&k->texts[k->column_count], FLOW_KINDS_TEXT);
		k->ids[k->column_count++] = id;
	}
}

void flow_kinds_done(struct flow_kinds *k)
{
	for (size_t i = 0; i < k->column_count; i++) {
		numbered_done(&k->texts[i]);
		free(k->text_lists[i]);
		free(k->by_kind[i]);
	}
	numbered_done(&k->kinds);
	*k = (struct flow_kinds){ 0 };
}

/* ---- reading ---- */

static bool too_many(struct err *e)
{
	return err_set(e, ERR_WORKSPACE, "more than %d combinations of constant and enriched texts",
	               ENRICHMENT_KINDS);
}

/* Numbers the texts of one column into a row's worth of numbers each.  Most rows have the text of
 * the row before, and then in the same place. */
static bool read_column(struct flow_kinds *k, size_t column, const struct kind_run *run,
                        uint16_t (*tuples)[COLUMN_COUNT])
{
	struct db_vector vector = db_rows_vector(run->cells, run->column + column);
	const duckdb_string_t *cells = (const duckdb_string_t *)vector.cells + run->first;
	uint16_t number = 0;
	for (size_t i = 0; i < run->count; i++) {
		if (i == 0 || memcmp(&cells[i], &cells[i - 1], sizeof *cells) != 0) {
			struct db_text text = db_text_of(&cells[i]);
			if (!numbered_find(&k->texts[column], text.at, text.len, &number))
				return false;
		}
		tuples[i][column] = number;
	}
	return true;
}

enum { RUN = 64 }; /* rows at a time, so that their numbers fit the stack */

static bool read_run(struct flow_kinds *k, const struct kind_run *run, struct flow_row *rows)
{
	uint16_t tuples[RUN][COLUMN_COUNT];
	size_t len = k->column_count * sizeof tuples[0][0];
	uint16_t kind = 0;
	for (size_t c = 0; c < k->column_count; c++)
		if (!read_column(k, c, run, tuples))
			return false;
	for (size_t i = 0; i < run->count; i++) {
		if ((i == 0 || memcmp(tuples[i], tuples[i - 1], len) != 0) &&
		    !numbered_find(&k->kinds, tuples[i], len, &kind))
			return false;
		memcpy(rows[i].key.pad, &kind, sizeof kind);
	}
	return true;
}

bool flow_kinds_read(struct flow_kinds *k, const struct kind_run *run, struct flow_row *rows,
                     struct err *e)
{
	for (size_t first = 0; first < run->count; first += RUN) {
		struct kind_run part = *run;
		part.first += first;
		part.count = run->count - first < RUN ? run->count - first : RUN;
		if (!read_run(k, &part, rows + first))
			return too_many(e);
	}
	return true;
}

struct row_text flow_kinds_text(const struct flow_kinds *k, uint16_t kind, enum column_id id)
{
	size_t column = 0;
	while (k->ids[column] != id)
		column++;
	uint16_t number;
	memcpy(&number, k->kinds.items[kind].octets + column * sizeof number, sizeof number);
	const struct numbered_item *text = &k->texts[column].items[number];
	return (struct row_text){ text->octets, text->len };
}

static bool is_nearly_full(const struct numbered *n)
{
	return n->count + BATCH_ROWS > NUMBERED_MAX || n->arena.used > FLOW_KINDS_TEXT / 2;
}

bool flow_kinds_is_full(const struct flow_kinds *k)
{
	bool full = is_nearly_full(&k->kinds);
	for (size_t i = 0; i < k->column_count; i++)
		full |= is_nearly_full(&k->texts[i]);
	return full;
}

/* ---- writing ---- */

static void tell(void *context, const struct flow_row *const *rows, size_t count,
                 uint16_t *ret_kinds)
{
	(void)context;
	for (size_t i = 0; i < count; i++)
		memcpy(&ret_kinds[i], rows[i]->key.pad, sizeof ret_kinds[i]);
}

static bool list_column(struct flow_kinds *k, size_t column, struct enriched_column *ret)
{
	const struct numbered *texts = &k->texts[column];
	const char **list = k->text_lists[column] = malloc((texts->count + 1) * sizeof *list);
	uint16_t *by_kind = k->by_kind[column] = malloc((k->kinds.count + 1) * sizeof *by_kind);
	if (!list || !by_kind)
		return false;
	for (size_t i = 0; i < texts->count; i++)
		list[i] = texts->items[i].octets;
	for (size_t i = 0; i < k->kinds.count; i++)
		memcpy(&by_kind[i], k->kinds.items[i].octets + column * sizeof *by_kind,
		       sizeof *by_kind);
	*ret = (struct enriched_column){ list, texts->count, by_kind };
	return true;
}

bool flow_kinds_enrichment(struct flow_kinds *k, struct enrichment *ret, struct err *e)
{
	*ret = (struct enrichment){ .kinds = k->kinds.count, .tell = tell };
	for (size_t i = 0; i < k->column_count; i++)
		if (!list_column(k, i, &ret->columns[k->ids[i]]))
			return err_set(e, ERR_NOMEM, "no memory for the texts of rows");
	return true;
}
