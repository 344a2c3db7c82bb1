#include "collector/decode/plan.h"

#include <stdlib.h>
#include <string.h>

#include "collector/decode/step.h"
#include "core/wire/element.h"

/* Which element fills which column, made from registry/columns.csv; a column's best element first.
 */
static const struct fill {
	uint16_t element;
	enum element_part part;
	enum column_id column;
} fills[] = {
#define FILL(element, part, column) { element, PART_##part, COL_##column },
#include "fills.inc"
#undef FILL
};

struct plan {
	size_t step_count;
	uint64_t key_present; /* columns that every record of the template has */
	uint64_t present;
	bool total_counters;
	struct step steps[];
};

/* A template being compiled. */
struct build {
	const struct template *t;
	uint32_t *offsets; /* of fields in a record; of no meaning after a variable-length one */
	struct plan *plan;
};

/* The template's first field of this element, or -1. */
static int field_of(const struct template *t, uint16_t element)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (t->fields[i].pen == 0 && !t->fields[i].is_scope && t->fields[i].id == element)
			return (int)i;
	return -1;
}

static void add_step(struct build *b, struct step step, int field)
{
	step.field = STEP_NO_FIELD;
	if (field >= 0) {
		step.field = (uint16_t)field;
		step.from = b->offsets[field];
		step.length = b->t->fields[field].length;
	}
	b->plan->steps[b->plan->step_count++] = step;
}

static void set_present(struct plan *plan, enum column_id id)
{
	const struct column *c = &columns[id];
	*(c->role == ROLE_KEY ? &plan->key_present : &plan->present) |= UINT64_C(1) << c->bit;
}

/* Adds the step by which this field fills this column; false where its length does not fit. */
static bool fill_column(struct build *b, const struct fill *fill, int field)
{
	const struct field_spec *f = &b->t->fields[field];
	struct step step = {
		.to = columns[fill->column].offset,
		.column = (uint16_t)fill->column,
		.run = step_for(fill->element, fill->part, f->length, columns[fill->column].store),
	};
	if (!step.run)
		return false;
	add_step(b, step, field);
	set_present(b->plan, fill->column);
	if (fill->element == IE_octetTotalCount)
		b->plan->total_counters = true;
	return true;
}

/* IPv4 and IPv6 elements of one column may stand in one template; the IPv6 one then counts where it
 * is not all zero.  The step for IPv6 must come after the other one. */
static void fill_other_family(struct build *b, const struct fill *fill)
{
	int field = field_of(b->t, fill->element);
	if (field < 0 || b->t->fields[field].length != 16)
		return;
	add_step(b,
	         (struct step){ .run = step_ipv6_if_set,
	                        .to = columns[fill->column].offset,
	                        .column = (uint16_t)fill->column },
	         field);
}

static void fill_columns(struct build *b)
{
	for (size_t i = 0; i < ARRAY_LEN(fills);) {
		enum column_id column = fills[i].column;
		bool filled = false;
		for (; i < ARRAY_LEN(fills) && fills[i].column == column; i++) {
			int field = field_of(b->t, fills[i].element);
			if (field < 0)
				continue;
			if (!filled)
				filled = fill_column(b, &fills[i], field);
			else if (columns[column].store == STORE_IP)
				fill_other_family(b, &fills[i]);
		}
	}
}

static bool plan_fills(const struct plan *plan, enum column_id id)
{
	const struct column *c = &columns[id];
	return (c->role == ROLE_KEY ? plan->key_present : plan->present) >> c->bit & 1;
}

/* Steps that work columns out from columns that were copied before. */
static void add_derived(struct build *b)
{
	struct plan *plan = b->plan;
	if (plan_fills(plan, COL_Protocol))
		add_step(b,
		         (struct step){ .run = plan_fills(plan, COL_IcmpType)
		                                   ? step_icmp_ports
		                                   : step_icmp_from_port },
		         -1);
	if (!plan_fills(plan, COL_IpVerCode) && plan_fills(plan, COL_SourceIp)) {
		add_step(b, (struct step){ .run = step_ip_version }, -1);
		set_present(plan, COL_IpVerCode);
	}
	int sampler = field_of(b->t, IE_samplerId);
	if (sampler < 0)
		sampler = field_of(b->t, IE_selectorId);
	if (plan_fills(plan, COL_SamplingInterval))
		add_step(b, (struct step){ .run = step_sampling_told }, -1);
	else if (sampler >= 0)
		add_step(b, (struct step){ .run = step_sampler }, sampler);
	if (plan_fills(plan, COL_NumberOfBytes))
		set_present(plan, COL_TotalCounters);
}

struct plan *plan_new(const struct template *t)
{
	size_t most = ARRAY_LEN(fills) + 8;
	struct build b = { .t = t,
		           .offsets = calloc((size_t)t->field_count + 1, sizeof *b.offsets) };
	b.plan = calloc(1, sizeof *b.plan + most * sizeof b.plan->steps[0]);
	if (!b.offsets || !b.plan) {
		free(b.offsets);
		free(b.plan);
		return NULL;
	}
	uint32_t offset = 0;
	for (size_t i = 0; i < t->field_count; i++) {
		b.offsets[i] = offset;
		offset += t->fields[i].length;
	}
	fill_columns(&b);
	add_derived(&b);
	free(b.offsets);
	struct plan *small =
	    realloc(b.plan, sizeof *small + b.plan->step_count * sizeof small->steps[0]);
	return small ? small : b.plan;
}

void plan_free(struct plan *plan)
{
	free(plan);
}

size_t plan_memory(const struct plan *plan)
{
	return plan ? sizeof *plan + plan->step_count * sizeof plan->steps[0] : 0;
}

/* What every row of this set starts as. */
static struct flow_row start_row(const struct plan *plan, const struct plan_input *in)
{
	struct flow_row row = in->prototype;
	row.key.present |= plan->key_present;
	row.present |= plan->present;
	row.key.total_counters = plan->total_counters;
	return row;
}

void plan_run(const struct plan *plan, const struct plan_input *in, const uint8_t *records,
              size_t record_len, struct flow_row *rows, size_t count)
{
	struct flow_row start = start_row(plan, in);
	for (size_t i = 0; i < count; i++) {
		rows[i] = start;
		rows[i].sequence = in->sequence + i;
	}
	struct step_run run = { in, records, record_len, rows, count };
	for (size_t i = 0; i < plan->step_count; i++)
		plan->steps[i].run(&plan->steps[i], &run);
}

void plan_run_places(const struct plan *plan, const struct plan_input *in, const uint8_t *record,
                     const struct place *places, struct flow_row *row)
{
	*row = start_row(plan, in);
	row->sequence = in->sequence;
	struct step_run run = { in, record, 0, row, 1 };
	for (size_t i = 0; i < plan->step_count; i++) {
		struct step step = plan->steps[i];
		if (step.field != STEP_NO_FIELD) {
			step.from = places[step.field].offset;
			step.length = places[step.field].length;
		}
		step.run(&step, &run);
	}
}
