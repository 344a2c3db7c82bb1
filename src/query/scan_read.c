/* scan_read: what scan says (see scan.h). */
#include "query/scan.h"

/* ---- what the operator says ---- */

static bool declared_read(struct scan *s, const struct node *list)
{
	struct binder *b = s->b;
	EACH_CHILD(column, list)
	{
		if (s->declared_count == DECLARED_MAX)
			return semantic(b, "SEM0069", column, "scan declares at most %d columns",
			                DECLARED_MAX);
		if (rowset_find(s->input, column->text))
			return semantic(b, "SEM0041", column,
			                "A column with the name '%s' is already declared",
			                column->text);
		struct expr *value = column->first
		                         ? bind_typed(b, column->first, column->type, "The default")
		                         : expr_null(b, column->type);
		if (!value)
			return false;
		s->declared[s->declared_count] = column;
		s->defaults[s->declared_count++] = value;
	}
	return true;
}

static int declared_find(const struct scan *s, const char *name)
{
	for (size_t i = 0; i < s->declared_count; i++)
		if (node_is(s->declared[i], name))
			return (int)i;
	return -1;
}

static bool output_read(struct binder *b, const struct node *node, struct step *step)
{
	const struct node *output = node_param(node, "output");
	step->all = !output || node_is(output->first, "all");
	step->none = output && node_is(output->first, "none");
	if (!step->all && !step->none && !node_is(output->first, "last"))
		return semantic(b, "SEM0053", output, "A step's output is all, last or none");
	return true;
}

static bool assignments_check(const struct scan *s, const struct node *list)
{
	EACH_CHILD(assignment, list)
	if (declared_find(s, assignment->text) < 0)
		return semantic(s->b, "SEM0069", assignment, "scan declares no column '%s'",
		                assignment->text);
	return true;
}

static bool steps_read(struct scan *s, const struct node *list)
{
	EACH_CHILD(node, list)
	{
		if (s->step_count == STEPS_MAX)
			return semantic(s->b, "SEM0069", node, "scan has at most %d steps",
			                STEPS_MAX);
		for (size_t i = 0; i < s->step_count; i++)
			if (node_is(node, s->steps[i].name))
				return semantic(s->b, "SEM0030", node,
				                "The name '%s' is bound twice", node->text);
		struct step *step = &s->steps[s->step_count++];
		*step = (struct step){ .name = node->text };
		step->condition = node_group(node, "condition")->first;
		step->assign = node_group(node, "assign");
		if (!output_read(s->b, node, step) || !assignments_check(s, step->assign))
			return false;
	}
	return true;
}

/* ---- step.column ---- */

static bool wanted_add(struct scan *s, const struct node *node, size_t step, size_t current)
{
	for (size_t i = 0; i < s->wanted_count; i++)
		if (s->wanted[i].step == step && node_is(node, s->wanted[i].column))
			return true;
	int declared = declared_find(s, node->text);
	const struct column_ref *column = rowset_find(s->input, node->text);
	if (declared < 0 && !column)
		return unknown_name(s->b, node, s->input);
	if (step > current)
		return semantic(s->b, "SEM0069", node, "The step '%s' comes behind this one",
		                s->steps[step].name);
	if (s->wanted_count == VALUES_MAX)
		return semantic(s->b, "SEM0069", node, "scan keeps at most %d values of its steps",
		                VALUES_MAX);
	s->wanted[s->wanted_count++] =
	    (struct wanted){ step, node->text,
		             declared < 0 ? column->type : s->declared[declared]->type, declared };
	return true;
}

static bool wanted_read(struct scan *s, const struct node *node, size_t current)
{
	bool member = node->kind == NODE_MEMBER && node->first->kind == NODE_NAME;
	for (size_t i = 0; i < s->step_count && member; i++)
		if (node_is(node->first, s->steps[i].name))
			return wanted_add(s, node, i, current);
	EACH_CHILD(child, node)
	if (!wanted_read(s, child, current))
		return false;
	return true;
}

/* The number's name must be new, too. */
static bool match_id_read(struct scan *s, const struct node *param)
{
	if (!param)
		return true;
	s->match_id = param->first->text;
	if (!rowset_find(s->input, s->match_id) && declared_find(s, s->match_id) < 0)
		return true;
	return semantic(s->b, "SEM0041", param, "A column with the name '%s' is already declared",
	                s->match_id);
}

bool scan_read(struct scan *s, const struct node *node)
{
	if (!declared_read(s, node_group(node, "declare")) ||
	    !steps_read(s, node_group(node, "with")) ||
	    !match_id_read(s, node_param(node, "with_match_id")))
		return false;
	for (size_t k = 0; k < s->step_count; k++)
		if (!wanted_read(s, s->steps[k].condition, k) ||
		    (s->steps[k].assign && !wanted_read(s, s->steps[k].assign, k)))
			return false;
	return true;
}
