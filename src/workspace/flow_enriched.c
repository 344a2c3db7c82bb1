#include "workspace/flow_enriched.h"

#include <stdlib.h>

bool flow_enriched_init(struct flow_enriched *enriched, const struct enrichment *enrichment,
                        size_t rows, struct err *e)
{
	*enriched = (struct flow_enriched){ .enrichment = enrichment };
	if (!enrichment || !enrichment->kinds) {
		enriched->enrichment = NULL;
		return true;
	}
	enriched->kinds = malloc(rows * sizeof *enriched->kinds);
	enriched->occurs = calloc(enrichment->kinds, sizeof *enriched->occurs);
	if (enriched->kinds && enriched->occurs)
		return true;
	return err_set(e, ERR_NOMEM, "no memory to enrich %zu rows", rows);
}

void flow_enriched_scan(struct flow_enriched *enriched, const struct flow_row *const *rows,
                        size_t first, size_t count)
{
	if (!enriched->enrichment)
		return;
	uint16_t *kinds = enriched->kinds + first;
	enriched->enrichment->tell(enriched->enrichment->context, rows + first, count, kinds);
	for (size_t i = 0; i < count; i++)
		enriched->occurs[kinds[i]] = true;
}

void flow_enriched_done(struct flow_enriched *enriched)
{
	free(enriched->kinds);
	free(enriched->occurs);
	*enriched = (struct flow_enriched){ 0 };
}

bool flow_enriched_has(const struct flow_enriched *enriched, enum column_id id)
{
	return enriched->enrichment && enriched->enrichment->columns[id].texts;
}

/* ---- one column ---- */

/* Numbers the texts that occur, and the kinds by them; returns how many there are. */
static size_t number_texts(const struct flow_enriched *enriched, const struct enriched_column *from,
                           const char **names, uint32_t *numbers, uint16_t *by_kind)
{
	size_t count = 0;
	for (size_t kind = 0; kind < enriched->enrichment->kinds; kind++) {
		if (!enriched->occurs[kind])
			continue;
		uint16_t text = from->by_kind[kind];
		if (!numbers[text]) {
			names[count] = from->texts[text];
			numbers[text] = (uint32_t)++count;
		}
		by_kind[kind] = (uint16_t)(numbers[text] - 1);
	}
	return count;
}

bool enriched_cells_init(struct enriched_cells *cells, const struct flow_enriched *enriched,
                         enum column_id id, struct err *e)
{
	const struct enriched_column *from = &enriched->enrichment->columns[id];
	const char **names = malloc(from->count * sizeof *names);
	uint32_t *numbers = calloc(from->count, sizeof *numbers); /* by text, plus one */
	cells->by_kind = malloc(enriched->enrichment->kinds * sizeof *cells->by_kind);
	bool ok = names && numbers && cells->by_kind;
	if (ok) {
		size_t count = number_texts(enriched, from, names, numbers, cells->by_kind);
		cells->type = duckdb_create_enum_type(names, count);
	}
	free(names);
	free(numbers);
	return ok || err_set(e, ERR_NOMEM, "no memory for %zu texts", from->count);
}

void enriched_cells_done(struct enriched_cells *cells)
{
	duckdb_destroy_logical_type(&cells->type);
	free(cells->by_kind);
	*cells = (struct enriched_cells){ 0 };
}

void enriched_cells_fill(const struct enriched_cells *cells, const struct flow_enriched *enriched,
                         size_t first, size_t count, duckdb_vector vector)
{
	const uint16_t *kinds = enriched->kinds + first, *by_kind = cells->by_kind;
	void *data = duckdb_vector_get_data(vector);
	if (duckdb_enum_internal_type(cells->type) == DUCKDB_TYPE_USMALLINT)
		for (size_t i = 0; i < count; i++)
			((uint16_t *)data)[i] = by_kind[kinds[i]];
	else
		for (size_t i = 0; i < count; i++)
			((uint8_t *)data)[i] = (uint8_t)by_kind[kinds[i]];
}
