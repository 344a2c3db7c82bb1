#include "collector/enrich/enrich.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "collector/enrich/circuit_index.h"

_Static_assert((CIRCUITS_MAX + 1) * DIRECTION_COUNT <= ENRICHMENT_KINDS, "kinds have 16 bits");

/* A column's distinct texts, and which of them each kind has. */
struct texts {
	const char **items;
	size_t count;
	uint16_t *by_kind;
};

/* The columns that a circuit's rule gives. */
static const struct {
	enum column_id id;
	size_t offset; /* of the text in struct circuit */
} circuit_columns[] = {
	{ COL_ExRCircuitId, offsetof(struct circuit, id) },
	{ COL_ExRCircuitDirectPortId, offsetof(struct circuit, direct_port_id) },
	{ COL_ExRCircuitServiceKey, offsetof(struct circuit, service_key) },
	{ COL_PeeringType, offsetof(struct circuit, peering_type) },
};

struct enricher {
	struct circuit_index *index;
	struct local_side *local;
	size_t kinds;
	struct texts circuit_texts[ARRAY_LEN(circuit_columns)];
	struct texts direction_texts;
};

/* ---- making ---- */

static const char *circuit_text(const struct circuit *c, size_t offset)
{
	const char *text;
	memcpy(&text, (const char *)c + offset, sizeof text);
	return text;
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool texts_alloc(struct texts *t, size_t texts, size_t kinds, struct err *e)
{
	t->items = malloc(texts * sizeof *t->items);
	t->by_kind = malloc(kinds * sizeof *t->by_kind);
	return (t->items && t->by_kind) || err_set(e, ERR_NOMEM, "no memory for %zu texts", texts);
}

/* Sorts the texts and leaves each of them once. */
static void texts_unite(struct texts *t)
{
	size_t kept = 0;
	qsort(t->items, t->count, sizeof *t->items, by_text);
	for (size_t i = 0; i < t->count; i++)
		if (!kept || strcmp(t->items[i], t->items[kept - 1]) != 0)
			t->items[kept++] = t->items[i];
	t->count = kept;
}

static uint16_t texts_number(const struct texts *t, const char *text)
{
	const char **found = bsearch(&text, t->items, t->count, sizeof *t->items, by_text);
	assert(found);
	return (uint16_t)(found - t->items);
}

static bool make_circuit_texts(struct texts *t, const struct circuits *circuits, size_t offset,
                               struct err *e)
{
	if (!texts_alloc(t, circuits->count + 1, (circuits->count + 1) * DIRECTION_COUNT, e))
		return false;
	t->items[t->count++] = "";
	for (size_t i = 0; i < circuits->count; i++)
		t->items[t->count++] = circuit_text(&circuits->items[i], offset);
	texts_unite(t);
	for (size_t i = 0; i <= circuits->count; i++) {
		const char *text = i ? circuit_text(&circuits->items[i - 1], offset) : "";
		uint16_t number = texts_number(t, text);
		for (size_t k = 0; k < DIRECTION_COUNT; k++)
			t->by_kind[i * DIRECTION_COUNT + k] = number;
	}
	return true;
}

static bool make_direction_texts(struct texts *t, size_t kinds, struct err *e)
{
	if (!texts_alloc(t, DIRECTION_COUNT, kinds, e))
		return false;
	for (size_t k = 0; k < DIRECTION_COUNT; k++)
		t->items[t->count++] = direction_texts[k];
	for (size_t kind = 0; kind < kinds; kind++)
		t->by_kind[kind] = (uint16_t)(kind % DIRECTION_COUNT);
	return true;
}

struct enricher *enricher_new(const struct enrich_config *config, struct err *e)
{
	const struct circuits *circuits = &config->circuits;
	struct enricher *enricher = calloc(1, sizeof *enricher);
	if (!enricher) {
		err_set(e, ERR_NOMEM, "no memory");
		return NULL;
	}
	enricher->kinds = (circuits->count + 1) * DIRECTION_COUNT;
	enricher->index = circuit_index_new(circuits, e);
	enricher->local = enricher->index ? local_side_new(&config->local, e) : NULL;
	bool ok =
	    enricher->local && make_direction_texts(&enricher->direction_texts, enricher->kinds, e);
	for (size_t i = 0; ok && i < ARRAY_LEN(circuit_columns); i++)
		ok = make_circuit_texts(&enricher->circuit_texts[i], circuits,
		                        circuit_columns[i].offset, e);
	if (ok)
		return enricher;
	enricher_free(enricher);
	return NULL;
}

static void texts_done(struct texts *t)
{
	free(t->items);
	free(t->by_kind);
}

void enricher_free(struct enricher *enricher)
{
	if (!enricher)
		return;
	circuit_index_free(enricher->index);
	local_side_free(enricher->local);
	texts_done(&enricher->direction_texts);
	for (size_t i = 0; i < ARRAY_LEN(circuit_columns); i++)
		texts_done(&enricher->circuit_texts[i]);
	free(enricher);
}

/* ---- rows ---- */

void enrich_rows(const struct enricher *enricher, uint64_t *unmatched,
                 const struct flow_row *const *rows, size_t count, uint16_t *ret_kinds)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t circuit = circuit_find(enricher->index, rows[i]);
		if (unmatched)
			*unmatched += !circuit;
		ret_kinds[i] =
		    (uint16_t)(circuit * DIRECTION_COUNT + direction_of(enricher->local, rows[i]));
	}
}

static void tell(void *context, const struct flow_row *const *rows, size_t count,
                 uint16_t *ret_kinds)
{
	const struct enriching *enriching = context;
	enrich_rows(enriching->enricher, enriching->unmatched, rows, count, ret_kinds);
}

static struct enriched_column column_of(const struct texts *t)
{
	return (struct enriched_column){ t->items, t->count, t->by_kind };
}

struct enrichment enriching_as_enrichment(struct enriching *enriching)
{
	const struct enricher *enricher = enriching->enricher;
	struct enrichment enrichment = {
		.kinds = enricher->kinds,
		.tell = tell,
		.context = enriching,
	};
	for (size_t i = 0; i < ARRAY_LEN(circuit_columns); i++)
		enrichment.columns[circuit_columns[i].id] = column_of(&enricher->circuit_texts[i]);
	enrichment.columns[COL_Direction] = column_of(&enricher->direction_texts);
	return enrichment;
}
