#include "collector/minute/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/ticks.h"
#include "workspace/cell_batch.h"

enum { SLOTS = 2 * LEDGER_ROWS, SPARE_ROWS = 1024, MINUTES_PER_DAY = 24 * 60 };

/* Rows in the order of their first count; the index holds row numbers plus one.  The last
 * SPARE_ROWS are kept for rows without an exporter. */
struct ledger {
	size_t count;
	uint64_t seed;
	uint32_t slots[SLOTS];
	struct ledger_row rows[LEDGER_ROWS];
};

struct ledger *ledger_new(struct err *e)
{
	struct ledger *l = calloc(1, sizeof *l);
	if (l)
		l->seed = hash_seed();
	else
		err_set(e, ERR_NOMEM, "no memory for the ledger");
	return l;
}

void ledger_free(struct ledger *l)
{
	free(l);
}

void ledger_clear(struct ledger *l)
{
	l->count = 0;
	memset(l->slots, 0, sizeof l->slots);
}

static bool same_key(const struct ledger_key *a, const struct ledger_key *b)
{
	return a->minute == b->minute && a->listener == b->listener && a->domain == b->domain &&
	       a->has_exporter == b->has_exporter && a->has_domain == b->has_domain &&
	       ip_equal(&a->exporter, &b->exporter);
}

static uint32_t *slot_of(struct ledger *l, const struct ledger_key *key)
{
	uint64_t rest = (uint64_t)key->minute << 32 ^ key->domain ^ (uint64_t)key->listener << 24;
	size_t at = hash_bytes(&key->exporter, sizeof key->exporter, l->seed ^ rest) % SLOTS;
	while (l->slots[at] && !same_key(&l->rows[l->slots[at] - 1].key, key))
		at = (at + 1) % SLOTS;
	return &l->slots[at];
}

size_t ledger_rows(const struct ledger *l)
{
	return l->count;
}

bool ledger_spans_days(const struct ledger *l)
{
	for (size_t i = 1; i < l->count; i++)
		if (l->rows[i].key.minute / MINUTES_PER_DAY !=
		    l->rows[0].key.minute / MINUTES_PER_DAY)
			return true;
	return false;
}

bool ledger_is_full(const struct ledger *l)
{
	return l->count >= LEDGER_ROWS - SPARE_ROWS;
}

uint64_t *ledger_counts(struct ledger *l, const struct ledger_key *key)
{
	uint32_t *slot = slot_of(l, key);
	if (*slot)
		return l->rows[*slot - 1].counts;
	if (key->has_exporter && ledger_is_full(l)) {
		struct ledger_key anyone = { .minute = key->minute, .listener = key->listener };
		return ledger_counts(l, &anyone);
	}
	if (l->count == LEDGER_ROWS)
		return l->rows[LEDGER_ROWS - 1].counts;
	l->rows[l->count] = (struct ledger_row){ .key = *key };
	*slot = (uint32_t)++l->count;
	return l->rows[l->count - 1].counts;
}

void ledger_add(struct ledger *into, const struct ledger *from)
{
	for (size_t i = 0; i < from->count; i++) {
		uint64_t *counts = ledger_counts(into, &from->rows[i].key);
		for (size_t k = 0; k < LEDGER_COUNT; k++)
			counts[k] += from->rows[i].counts[k];
	}
}

/* ---- writing ---- */

static struct cell *cell_of(struct cell_batch *b, struct cell *row, enum column_id id)
{
	return &row[b->place[id]];
}

static void set_number(struct cell_batch *b, struct cell *row, enum column_id id, uint64_t number)
{
	struct cell *cell = cell_of(b, row, id);
	cell->present = true;
	cell->number = number > INT64_MAX ? INT64_MAX : (int64_t)number;
}

static bool add_row(struct cell_batch *b, const struct ledger_row *r, const char *listener)
{
	static const enum column_id columns_of[LEDGER_COUNT] = {
#define X(column) COL_##column,
		LEDGER_COUNTS(X)
#undef X
	};
	struct cell *row = cell_batch_add(b);
	if (!row || !cell_set_text(b, cell_of(b, row, COL_Listener), listener, strlen(listener)))
		return false;
	int64_t time = TICKS_UNIX_EPOCH + r->key.minute * TICKS_PER_MINUTE;
	set_number(b, row, COL_TimeGenerated, (uint64_t)time);
	if (r->key.has_domain)
		set_number(b, row, COL_ObservationDomain, r->key.domain);
	if (r->key.has_exporter) {
		char text[IP_TEXT_MAX];
		size_t len = ip_format(&r->key.exporter, text);
		if (!cell_set_text(b, cell_of(b, row, COL_Exporter), text, len))
			return false;
	}
	for (size_t i = 0; i < LEDGER_COUNT; i++)
		set_number(b, row, columns_of[i], r->counts[i]);
	return true;
}

bool ledger_write(const struct ledger *l, struct commit *commit, const char *const *listeners,
                  struct err *e)
{
	if (l->count == 0)
		return true;
	struct cell_batch batch;
	cell_batch_init(&batch, TABLE_LEDGER);
	bool ok = true;
	for (size_t i = 0; ok && i < l->count; i++)
		ok = add_row(&batch, &l->rows[i], listeners[l->rows[i].key.listener]) ||
		     err_set(e, ERR_NOMEM, "no memory to write the ledger");
	ok = ok && cell_batch_write(&batch, commit, e);
	cell_batch_done(&batch);
	return ok;
}
