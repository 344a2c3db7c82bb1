#include "query/prune.h"

#include <string.h>

enum { WORK_MAX = 4000000 }; /* expressions are shared freely: beyond this everything is needed */

struct marking {
	bool *needed;
	unsigned count;
	unsigned work;
	bool changed;
};

static void mark_rel(struct marking *m, const struct rel *rel);

static bool is_needed(const struct marking *m, unsigned id)
{
	return id < m->count && m->needed[id];
}

static void mark(struct marking *m, unsigned id)
{
	if (id >= m->count || m->needed[id])
		return;
	m->needed[id] = true;
	m->changed = true;
}

static void mark_expr(struct marking *m, const struct expr *expr)
{
	if (!expr || ++m->work > WORK_MAX)
		return;
	if (expr->kind == EXPR_COLUMN)
		mark(m, expr->column);
	for (size_t i = 0; i < expr->count; i++)
		mark_expr(m, expr->args[i]);
	if (expr->kind == EXPR_SUBQUERY || expr->kind == EXPR_IN) {
		mark(m, expr->column);
		mark_rel(m, expr->rel);
	}
}

static void mark_order(struct marking *m, const struct order_key *order, size_t count)
{
	for (size_t i = 0; i < count; i++)
		mark(m, order[i].id);
}

/* Computed columns, from number `from` on, that somebody needs. */
static void mark_computed(struct marking *m, const struct rel *rel, size_t from)
{
	bool any = false;
	for (size_t i = from; i < rel->computed_count; i++) {
		if (!is_needed(m, rel->computed[i].id))
			continue;
		mark_expr(m, rel->computed[i].expr);
		any = true;
	}
	if (any)
		mark_order(m, rel->order, rel->order_count);
}

static void mark_inputs(struct marking *m, const struct rel *rel)
{
	for (size_t i = 0; i < rel->input_count; i++) {
		const struct union_input *input = &rel->inputs[i];
		for (size_t k = 0; k < input->count; k++) {
			const struct union_column *c = &input->columns[k];
			if (!is_needed(m, c->out))
				continue;
			if (c->in)
				mark(m, c->in);
			else
				mark_expr(m, c->fill);
		}
		mark_rel(m, input->rel);
	}
}

static void mark_own(struct marking *m, const struct rel *rel)
{
	switch (rel->kind) {
	case REL_COMPUTE: mark_computed(m, rel, 0); break;
	case REL_AGGREGATE:
		for (size_t i = 0; i < rel->keys; i++)
			mark_expr(m, rel->computed[i].expr);
		mark_computed(m, rel, rel->keys);
		break;
	case REL_UNNEST:
		for (size_t i = 0; i < rel->computed_count; i++)
			mark_expr(m, rel->computed[i].expr);
		break;
	case REL_RECURSE:
		for (size_t i = 0; i < rel->computed_count; i++) {
			mark(m, rel->computed[i].id);
			mark_expr(m, rel->computed[i].expr);
		}
		break;
	case REL_LIMIT: mark_order(m, rel->order, rel->order_count); break;
	case REL_JOIN:
		for (size_t i = 0; i < rel->distinct_count; i++)
			mark(m, rel->distinct[i]);
		break;
	default: break;
	}
}

/* From the top down; what lies to the right of LATERAL sees what lies to its left. */
static void mark_rel(struct marking *m, const struct rel *rel)
{
	if (!rel || ++m->work > WORK_MAX)
		return;
	mark_expr(m, rel->where);
	mark_own(m, rel);
	mark_inputs(m, rel);
	for (size_t i = 0; rel->cells && i < rel->row_count * rel->computed_count; i++)
		mark_expr(m, rel->cells[i]);
	for (const struct shared *s = rel->kind == REL_LATERAL ? rel->shared : NULL; s; s = s->next)
		mark_rel(m, s->rel);
	mark_rel(m, rel->right);
	mark_rel(m, rel->left);
}

void prune(const struct bound_query *query, bool *ret)
{
	struct marking m = { .needed = ret, .count = query->next_id };
	for (size_t i = 0; i < query->table->count; i++)
		mark(&m, query->table->columns[i].id);
	mark_order(&m, query->table->order, query->table->order_count);
	/* What is needed of a shared relation is known once all that refer to it were seen. */
	do {
		m.changed = false;
		mark_rel(&m, query->table->rel);
		for (const struct shared *s = query->shared; s; s = s->next)
			mark_rel(&m, s->rel);
	} while (m.changed && m.work <= WORK_MAX);
	if (m.work > WORK_MAX)
		memset(ret, true, query->next_id);
}
