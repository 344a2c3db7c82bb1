/* op_scan: scan: rows one by one, through steps with a state.
 *
 * Rows are numbered, and a relation that grows by itself (REL_RECURSE) meets them in that order.
 * Its row is the state of the whole operator: for each step whether it has an active sequence, the
 * sequence's number, and the values that step.column asks for; and for the row that was met last,
 * which steps it matched and what they assigned.  Of that the output is made. */
#include <string.h>

#include "query/scan.h"

/* ---- step.column ---- */

static struct expr *wanted_default(const struct scan *s, size_t i)
{
	const struct wanted *w = &s->wanted[i];
	return w->declared < 0 ? expr_null(s->b, w->type) : s->defaults[w->declared];
}

/* Binds with step.column as the state of step number `from` has it; what belongs to a step behind
 * it is not there yet. */
static struct expr *bind_in_state(struct scan *s, size_t from, const struct node *node,
                                  enum kql_type type, const char *what)
{
	struct binder *b = s->b;
	struct step_value values[VALUES_MAX];
	for (size_t i = 0; i < s->wanted_count; i++) {
		const struct wanted *w = &s->wanted[i];
		values[i] =
		    (struct step_value){ s->steps[w->step].name, w->column,
			                 w->step > from
			                     ? wanted_default(s, i)
			                     : expr_column(b, s->steps[from].value[i], w->type) };
		if (!values[i].value)
			return NULL;
	}
	struct rowset *row = b->row;
	b->row = s->rows;
	b->step_values = values;
	b->step_value_count = s->wanted_count;
	struct expr *expr = bind_typed(b, node, type, what);
	b->step_value_count = 0;
	b->row = row;
	return expr;
}

/* ---- columns of the state ---- */

/* A column of the next layer; its number, or 0. */
static unsigned put(struct scan *s, struct expr *expr)
{
	if (!expr)
		return 0;
	s->pending[s->pending_count] = (struct computed){ s->b->next_id++, expr };
	return s->pending[s->pending_count++].id;
}

/* What was put is computed over what was there. */
static bool flush(struct scan *s)
{
	struct rel *rel = rel_new(s->b, REL_COMPUTE, s->rows->rel);
	if (!rel || !s->pending_count)
		return rel;
	rel->computed = ARENA_ARRAY(s->b->arena, struct computed, s->pending_count);
	if (!rel->computed)
		return bind_no_memory(s->b);
	memcpy(rel->computed, s->pending, s->pending_count * sizeof *rel->computed);
	rel->computed_count = s->pending_count;
	s->rows->rel = rel;
	s->pending_count = 0;
	return true;
}

static struct expr *flag(struct scan *s, unsigned id)
{
	return expr_column(s->b, id, KQL_BOOL);
}

static unsigned put_choice(struct scan *s, enum kql_type type, unsigned when, struct expr *then,
                           struct expr *other)
{
	if (!then || !other)
		return 0;
	return put(s, expr_call3(s->b, type, "(CASE WHEN $0 THEN $1 ELSE $2 END)", flag(s, when),
	                         then, other));
}

/* ---- one step ---- */

/* Whether the row matches: by the state of the step before, else by its own. */
static bool step_match(struct scan *s, size_t k)
{
	struct step *step = &s->steps[k];
	struct binder *b = s->b;
	static const char sql[] = "coalesce($0 AND $1, FALSE)";
	struct expr *never = expr_value(b, (struct value){ .type = KQL_BOOL, .b = false });
	struct expr *first = never;
	if (k)
		first =
		    expr_call2(b, KQL_BOOL, sql, flag(s, s->steps[k - 1].active),
		               bind_in_state(s, k - 1, step->condition, KQL_BOOL, "A condition"));
	step->first = put(s, first);
	if (!step->first || !flush(s))
		return false;
	struct expr *again = bind_in_state(s, k, step->condition, KQL_BOOL, "A condition");
	struct expr *may = k ? expr_call2(b, KQL_BOOL, "($0 AND NOT $1)", flag(s, step->active),
	                                  flag(s, step->first))
	                     : expr_value(b, (struct value){ .type = KQL_BOOL, .b = true });
	if (!again)
		return false;
	step->again = put(s, expr_call2(b, KQL_BOOL, sql, may, again));
	return step->again && flush(s);
}

static const struct node *assignment_of(const struct step *step, const char *column)
{
	EACH_CHILD(assignment, step->assign)
	if (node_is(assignment, column))
		return assignment->first;
	return NULL;
}

static bool step_assign(struct scan *s, size_t k)
{
	struct step *step = &s->steps[k];
	for (size_t d = 0; d < s->declared_count; d++) {
		enum kql_type type = s->declared[d]->type;
		const struct node *value = assignment_of(step, s->declared[d]->text);
		struct expr *own = value ? bind_in_state(s, k, value, type, "The value") : NULL;
		struct expr *before =
		    own && k ? bind_in_state(s, k - 1, value, type, "The value") : own;
		if (value && !before)
			return false;
		step->assigned[d] =
		    value ? put_choice(s, type, step->first, before, own) : put(s, s->defaults[d]);
		if (!step->assigned[d])
			return false;
	}
	return flush(s);
}

/* The values that the step keeps: of itself from the row, of those before it from their state. */
static bool step_keep(struct scan *s, size_t k, unsigned matched)
{
	struct step *step = &s->steps[k];
	for (size_t i = 0; i < s->wanted_count; i++) {
		const struct wanted *w = &s->wanted[i];
		if (w->step > k)
			continue;
		struct expr *old = expr_column(s->b, step->value[i], w->type), *new;
		if (w->step < k)
			new = expr_column(s->b, s->steps[k - 1].value[i], w->type);
		else if (w->declared < 0)
			new = expr_column(s->b, rowset_find(s->rows, w->column)->id, w->type);
		else
			new = expr_column(s->b, step->assigned[w->declared], w->type);
		step->value[i] =
		    put_choice(s, w->type, w->step < k ? step->first : matched, new, old);
		if (!step->value[i])
			return false;
	}
	return true;
}

/* A sequence that goes on to step k leaves the step before it. */
static bool step_leave(struct scan *s, size_t k)
{
	struct step *before = &s->steps[k - 1];
	unsigned first = s->steps[k].first;
	before->active = put(s, expr_call2(s->b, KQL_BOOL, "($0 AND NOT $1)",
	                                   flag(s, before->active), flag(s, first)));
	for (size_t i = 0; i < s->wanted_count; i++) {
		const struct wanted *w = &s->wanted[i];
		if (w->step > k - 1)
			continue;
		before->value[i] = put_choice(s, w->type, first, wanted_default(s, i),
		                              expr_column(s->b, before->value[i], w->type));
		if (!before->value[i])
			return false;
	}
	return before->active;
}

static bool step_advance(struct scan *s, size_t k)
{
	struct step *step = &s->steps[k];
	struct binder *b = s->b;
	step->matched = put(
	    s, expr_call2(b, KQL_BOOL, "($0 OR $1)", flag(s, step->first), flag(s, step->again)));
	step->repeats = put(
	    s, expr_call2(b, KQL_BOOL, "($0 AND $1)", flag(s, step->again), flag(s, step->active)));
	unsigned starts = put(s, expr_call2(b, KQL_BOOL, "($0 AND NOT $1)", flag(s, step->again),
	                                    flag(s, step->active)));
	if (!step->matched || !step->repeats || !starts || !flush(s))
		return false;
	step->match = put_choice(s, KQL_LONG, k ? step->first : starts,
	                         expr_column(b, k ? s->steps[k - 1].match : s->sequences, KQL_LONG),
	                         expr_column(b, step->match, KQL_LONG));
	if (!k)
		s->sequences = put_choice(
		    s, KQL_LONG, starts,
		    expr_call1(b, KQL_LONG, "($0 + 1)", expr_column(b, s->sequences, KQL_LONG)),
		    expr_column(b, s->sequences, KQL_LONG));
	step->active = put(s, expr_call2(b, KQL_BOOL, "($0 OR $1)", flag(s, step->active),
	                                 flag(s, step->matched)));
	return step->match && s->sequences && step->active && step_keep(s, k, step->matched);
}

static bool steps_bind(struct scan *s)
{
	for (size_t k = s->step_count; k-- > 0;)
		if (!step_match(s, k) || !step_assign(s, k) || !step_advance(s, k) || !flush(s) ||
		    (k && (!step_leave(s, k) || !flush(s))))
			return false;
	return true;
}

/* ---- the relation that grows ---- */

/* A column of it: its number, what it starts as, and where the number of what comes next stands. */
struct state_column {
	unsigned id;
	struct expr *start;
	unsigned *next;
};
struct state {
	struct state_column *items;
	size_t count;
};

static void state_add(struct scan *s, struct state *state, unsigned *next, struct expr *start)
{
	*next = s->b->next_id++;
	state->items[state->count++] = (struct state_column){ *next, start, next };
}

static bool state_make(struct scan *s, struct state *state, unsigned *number)
{
	struct expr *no = expr_value(s->b, (struct value){ .type = KQL_BOOL, .b = false });
	state->items = ARENA_ARRAY(s->b->arena, struct state_column,
	                           2 + s->step_count * (4 + VALUES_MAX + DECLARED_MAX));
	if (!state->items)
		return bind_no_memory(s->b);
	state_add(s, state, number, expr_long(s->b, 0));
	state_add(s, state, &s->sequences, expr_long(s->b, 0));
	for (size_t k = 0; k < s->step_count; k++) {
		struct step *step = &s->steps[k];
		state_add(s, state, &step->active, no);
		state_add(s, state, &step->matched, no);
		state_add(s, state, &step->repeats, no);
		state_add(s, state, &step->match, expr_null(s->b, KQL_LONG));
		for (size_t i = 0; i < s->wanted_count; i++)
			if (s->wanted[i].step <= k)
				state_add(s, state, &step->value[i], wanted_default(s, i));
		for (size_t d = 0; d < s->declared_count; d++)
			state_add(s, state, &step->assigned[d], s->defaults[d]);
	}
	return true;
}

/* One row of the state after another: of the last one and the next row of the input. */
static struct rel *state_recurse(struct scan *s, const struct state *state, unsigned *number)
{
	struct binder *b = s->b;
	struct shared *self = ARENA_NEW(b->arena, struct shared);
	struct rel *last = rel_new(b, REL_SHARED, NULL), *join = rel_new(b, REL_JOIN, last);
	struct rel *grows = rel_new(b, REL_RECURSE, NULL);
	if (!self || !last || !join || !grows)
		return bind_no_memory(b);
	self->number = b->next_id++;
	last->shared = grows->shared = self;
	join->right = s->input->rel;
	join->join = JOIN_INNER;
	join->where = expr_call2(b, KQL_BOOL, "($0 = $1 + 1)",
	                         expr_column(b, s->input->order[0].id, KQL_LONG),
	                         expr_column(b, *number, KQL_LONG));
	*number = s->input->order[0].id;
	s->rows->rel = join;
	if (!join->where || !steps_bind(s))
		return NULL;
	grows->computed = ARENA_ARRAY(b->arena, struct computed, state->count);
	grows->inputs = ARENA_NEW(b->arena, struct union_input);
	if (!grows->computed || !grows->inputs)
		return bind_no_memory(b);
	*grows->inputs = (struct union_input){ .rel = s->rows->rel, .count = state->count };
	grows->inputs->columns = ARENA_ARRAY(b->arena, struct union_column, state->count);
	if (!grows->inputs->columns)
		return bind_no_memory(b);
	grows->computed_count = state->count;
	grows->input_count = 1;
	for (size_t i = 0; i < state->count; i++) {
		struct state_column *c = &state->items[i];
		if (!c->start)
			return bind_no_memory(b);
		grows->computed[i] = (struct computed){ c->id, c->start };
		grows->inputs->columns[i] =
		    (struct union_column){ .out = c->id, .in = *c->next, .type = c->start->type };
		*c->next = c->id;
	}
	return grows;
}

/* What the output takes of it: the row's number and, for each step, matched, repeats, match, and
 * what was assigned; computed once. */
static struct rowset *state_rows(struct scan *s)
{
	struct binder *b = s->b;
	struct state state = { 0 };
	unsigned number;
	struct rel *grows =
	    state_make(s, &state, &number) ? state_recurse(s, &state, &number) : NULL;
	struct rowset *rows = grows ? rowset_new(b, grows, 1) : NULL;
	bool ok = rows && rowset_add(b, rows, "", KQL_LONG, number);
	for (size_t k = 0; ok && k < s->step_count; k++) {
		struct step *step = &s->steps[k];
		ok = rowset_add(b, rows, "", KQL_BOOL, step->matched) &&
		     rowset_add(b, rows, "", KQL_BOOL, step->repeats) &&
		     rowset_add(b, rows, "", KQL_LONG, step->match);
		for (size_t d = 0; ok && d < s->declared_count; d++)
			ok = rowset_add(b, rows, "", s->declared[d]->type, step->assigned[d]);
	}
	return ok ? rowset_share(b, rows) : NULL;
}

/* ---- the output ---- */

/* The rows that match the step and are to be seen. */
static bool matches_filter(struct scan *s, const struct step *step, struct rowset *state,
                           const struct column_ref *own)
{
	struct binder *b = s->b;
	if (!rowset_filter(b, state, flag(s, own[0].id)))
		return false;
	if (step->all)
		return true;
	if (step->none)
		return rowset_filter(b, state,
		                     expr_value(b, (struct value){ .type = KQL_BOOL, .b = false }));
	struct expr *next =
	    expr_call2(b, KQL_BOOL, "coalesce(lead($0) OVER (ORDER BY $1), FALSE)",
	               flag(s, own[1].id), expr_column(b, state->columns[0].id, KQL_LONG));
	unsigned id = rowset_compute(b, state, next);
	return id && rowset_filter(b, state, expr_call1(b, KQL_BOOL, "(NOT $0)", flag(s, id)));
}

/* The input's columns, the declared ones, the number of the match; and behind them, to sort by, the
 * number of the row and the step's place from the last one. */
static struct rowset *step_output(struct scan *s, size_t k, const struct rowset *shared_state,
                                  const struct rowset *shared_input)
{
	struct binder *b = s->b;
	struct rowset *state = rowset_refer(b, shared_state);
	struct rowset *output = state ? rowset_refer(b, shared_input) : NULL;
	if (!output)
		return NULL;
	const struct column_ref *own = &state->columns[1 + k * (3 + s->declared_count)];
	struct expr *number = expr_column(b, state->columns[0].id, KQL_LONG);
	struct expr *same = expr_call2(b, KQL_BOOL, "($0 = $1)", number,
	                               expr_column(b, output->order[0].id, KQL_LONG));
	if (!same || !matches_filter(s, &s->steps[k], state, own))
		return NULL;
	struct rel *join = rel_new(b, REL_JOIN, state->rel);
	if (!join)
		return NULL;
	join->right = output->rel;
	join->join = JOIN_INNER;
	join->where = same;
	output->rel = join;
	for (size_t d = 0; d < s->declared_count; d++)
		if (!rowset_add(b, output, s->declared[d]->text, s->declared[d]->type,
		                own[3 + d].id))
			return NULL;
	if (s->match_id && !rowset_add(b, output, s->match_id, KQL_LONG, own[2].id))
		return NULL;
	unsigned place = rowset_compute(b, output, expr_long(b, (int64_t)(s->step_count - k)));
	return rowset_add(b, output, "\1row", KQL_LONG, number->column) &&
	               rowset_add(b, output, "\1step", KQL_LONG, place)
	           ? output
	           : NULL;
}

static struct rowset *scan_output(struct scan *s, const struct rowset *shared_input)
{
	struct binder *b = s->b;
	struct rowset *items[STEPS_MAX], *state = state_rows(s);
	struct union_tables all = { .items = items };
	for (; state && all.count < s->step_count; all.count++) {
		items[all.count] = step_output(s, all.count, state, shared_input);
		if (!items[all.count])
			return NULL;
	}
	struct rowset *output = state ? union_make(b, &all, false, NULL) : NULL;
	struct order_key *order = ARENA_ARRAY(b->arena, struct order_key, 2);
	if (!output || !order)
		return NULL;
	output->count -= 2;
	for (size_t i = 0; i < 2; i++)
		order[i] = (struct order_key){ .id = output->columns[output->count + i].id,
			                       .type = KQL_LONG };
	output->order = order;
	output->order_count = 2;
	output->serialized = true;
	return output;
}

/* ---- the operator ---- */

/* The relation that grows takes its time with each row, so that there is a bound. */
static bool few_enough(struct binder *b, const struct node *node, const struct rowset *shared)
{
	struct made count = { .name = "", .expr = expr_call(b, KQL_LONG, "count(*)", NULL, 0) };
	struct made_list by = { 0 }, list = { .items = &count, .count = 1 };
	struct rowset *rows = rowset_refer(b, shared);
	unsigned id;
	struct rowset *one = rows && count.expr ? rowset_group(b, rows, &by, &list, &id) : NULL;
	struct expr *asked = one ? expr_new(b, EXPR_SUBQUERY, KQL_LONG) : NULL;
	struct value value;
	if (!asked)
		return false;
	asked->rel = one->rel;
	asked->column = id;
	asked->constant = true;
	if (!expr_constant(b, node, asked, &value))
		return false;
	if (value.i <= SCAN_ROWS_MAX)
		return true;
	return semantic(b, "SEM0069", node, "scan goes over at most %d rows; here are %lld",
	                SCAN_ROWS_MAX, (long long)value.i);
}

struct rowset *op_scan(struct binder *b, const struct node *node, struct rowset *input)
{
	struct scan *s = ARENA_NEW(b->arena, struct scan);
	struct rowset *numbered = rowset_copy(b, input);
	if (!s || !numbered)
		return bind_no_memory(b);
	numbered->order_unique = false;
	if (!order_number(b, numbered))
		return NULL;
	struct rowset *shared = rowset_share(b, numbered);
	s->b = b;
	s->input = shared ? rowset_refer(b, shared) : NULL;
	s->rows = s->input ? rowset_copy(b, s->input) : NULL;
	if (!s->rows || !scan_read(s, node))
		return NULL;
	/* What belongs to a row around it is not known beforehand. */
	return b->local || few_enough(b, node, shared) ? scan_output(s, shared) : NULL;
}
