#include "collector/minute/minute.h"

#include <stdlib.h>

#include "core/flow/table.h"

struct minutes {
	struct flow_table *table;
	size_t flows_max;
	struct commit *commit;
	const struct constants *constants;
	uint64_t rows; /* written */
};

struct minutes *minutes_new(size_t flows_max, struct commit *commit,
                            const struct constants *constants, struct err *e)
{
	struct minutes *m = calloc(1, sizeof *m);
	if (!m) {
		err_set(e, ERR_NOMEM, "no memory for the table of flows");
		return NULL;
	}
	*m = (struct minutes){ NULL, flows_max, commit, constants, 0 };
	m->table = flow_table_new(flows_max, e);
	if (!m->table) {
		free(m);
		return NULL;
	}
	return m;
}

void minutes_free(struct minutes *m)
{
	if (!m)
		return;
	flow_table_free(m->table);
	free(m);
}

uint64_t minutes_rows(const struct minutes *m)
{
	return m->rows;
}

static uint32_t newest_minute(const struct flow_table *table)
{
	uint32_t newest = 0;
	for (size_t i = 0; i < flow_table_count(table); i++) {
		uint32_t minute = flow_table_row(table, i)->key.minute;
		if (minute > newest)
			newest = minute;
	}
	return newest;
}

/* Points at the rows of minutes before `before`, in their order. */
static size_t select_rows(const struct flow_table *table, uint64_t before,
                          const struct flow_row **rows)
{
	size_t count = 0;
	for (size_t i = 0; i < flow_table_count(table); i++) {
		const struct flow_row *row = flow_table_row(table, i);
		if (row->key.minute < before)
			rows[count++] = row;
	}
	return count;
}

/* Writes the rows of minutes before `before` and takes them out of the table. */
static bool close_before(struct minutes *m, uint64_t before, struct err *e)
{
	size_t all = flow_table_count(m->table);
	if (all == 0)
		return true;
	const struct flow_row **rows = malloc(all * sizeof(const struct flow_row *));
	if (!rows)
		return err_set(e, ERR_NOMEM, "no memory to write %zu rows", all);
	size_t count = select_rows(m->table, before, rows);
	bool ok = commit_flow_rows(m->commit, rows, count, m->constants, e);
	free(rows);
	if (!ok)
		return false;
	m->rows += count;
	flow_table_remove_before(m->table, before);
	return true;
}

static bool make_room(struct minutes *m, struct err *e)
{
	if (!close_before(m, newest_minute(m->table), e))
		return false;
	return flow_table_count(m->table) <= m->flows_max / 2 || close_before(m, UINT64_MAX, e);
}

bool minutes_add(struct minutes *m, const struct batch *batch, struct err *e)
{
	size_t done = 0;
	while (done < batch->count) {
		done += flow_table_merge(m->table, batch->rows + done, batch->count - done);
		if (done < batch->count && !make_room(m, e))
			return false;
	}
	return true;
}

bool minutes_close(struct minutes *m, struct err *e)
{
	return close_before(m, UINT64_MAX, e);
}
