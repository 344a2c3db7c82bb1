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
	uint8_t
	    ip_version; /* of every record, where the template has addresses of one family only */
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
		step.from[0] = b->offsets[field];
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
		.to = { columns[fill->column].offset },
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

static void fill_columns(struct build *b)
{
	for (size_t i = 0; i < ARRAY_LEN(fills);) {
		enum column_id column = fills[i].column;
		bool filled = false;
		for (; i < ARRAY_LEN(fills) && fills[i].column == column; i++) {
			int field = filled ? -1 : field_of(b->t, fills[i].element);
			if (field >= 0)
				filled = fill_column(b, &fills[i], field);
		}
	}
}

/* IPv4 and IPv6 elements of one column may stand in one template; the IPv6 one then counts where it
 * is not all zero.  It stands behind the IPv4 one in the registry. */
static void fill_other_family(struct build *b)
{
	for (size_t i = 1; i < ARRAY_LEN(fills); i++) {
		const struct column *c = &columns[fills[i].column];
		if (c->store != STORE_IP || fills[i - 1].column != fills[i].column ||
		    field_of(b->t, fills[i - 1].element) < 0)
			continue;
		int field = field_of(b->t, fills[i].element);
		if (field >= 0 && b->t->fields[field].length == 16)
			add_step(b, (struct step){ .run = step_ipv6_if_set, .to = { c->offset } },
			         field);
	}
}

static bool plan_fills(const struct plan *plan, enum column_id id)
{
	const struct column *c = &columns[id];
	return (c->role == ROLE_KEY ? plan->key_present : plan->present) >> c->bit & 1;
}

/* Where the version was not exported, the family of the source address tells it. */
static void add_ip_version(struct build *b)
{
	if (plan_fills(b->plan, COL_IpVerCode) || !plan_fills(b->plan, COL_SourceIp))
		return;
	bool v4 = field_of(b->t, IE_sourceIPv4Address) >= 0;
	bool v6 = field_of(b->t, IE_sourceIPv6Address) >= 0;
	set_present(b->plan, COL_IpVerCode);
	if (v4 && v6)
		add_step(b, (struct step){ .run = step_ip_version }, -1);
	else
		b->plan->ip_version = v4 ? 4 : 6;
}

/* PSAMP and inline monitoring send a piece of the packet instead of its fields (RFC 5477 section
 * 8.5); where there are addresses too, they are the flow's. */
static void add_section(struct build *b)
{
	static const struct {
		uint16_t element;
		step_fn *run;
	} sections[] = {
		{ IE_dataLinkFrameSection, step_frame_section },
		{ IE_ipHeaderPacketSection, step_ip_section },
	};
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		int field = field_of(b->t, sections[i].element);
		if (field < 0 || plan_fills(b->plan, COL_SourceIp))
			continue;
		add_step(b, (struct step){ .run = sections[i].run }, field);
		return;
	}
}

/* Steps that work columns out from columns that were copied before. */
static void add_derived(struct build *b)
{
	fill_other_family(b);
	struct plan *plan = b->plan;
	if (plan_fills(plan, COL_Protocol))
		add_step(b,
		         (struct step){ .run = plan_fills(plan, COL_IcmpType)
		                                   ? step_icmp_ports
		                                   : step_icmp_from_port },
		         -1);
	add_ip_version(b);
	int sampler = field_of(b->t, IE_samplerId);
	if (sampler < 0)
		sampler = field_of(b->t, IE_selectorId);
	if (plan_fills(plan, COL_SamplingInterval))
		add_step(b, (struct step){ .run = step_sampling_told }, -1);
	else if (sampler >= 0)
		add_step(b, (struct step){ .run = step_sampler }, sampler);
	if (plan_fills(plan, COL_NumberOfBytes))
		set_present(plan, COL_TotalCounters);
	add_section(b);
}

static void swap_steps(struct step *a, struct step *b)
{
	struct step c = *a;
	*a = *b;
	*b = c;
}

/* Fuses steps of one kind into wider ones.  They copy different columns, so their order is free,
 * and whatever depends on copies has no wider form and stays where it is or moves back. */
static void fuse(struct plan *plan, size_t lanes)
{
	struct step *steps = plan->steps;
	for (size_t i = 0; i < plan->step_count; i++) {
		step_fn *wide = step_fused(steps[i].run, lanes);
		size_t found = 1;
		for (size_t k = i + 1; wide && found < lanes && k < plan->step_count; k++)
			if (steps[k].run == steps[i].run)
				swap_steps(&steps[i + found++], &steps[k]);
		if (!wide || found < lanes)
			continue;
		for (size_t lane = 1; lane < lanes; lane++) {
			steps[i].from[lane] = steps[i + lane].from[0];
			steps[i].to[lane] = steps[i + lane].to[0];
		}
		steps[i].run = wide;
		plan->step_count -= lanes - 1;
		memmove(&steps[i + 1], &steps[i + lanes],
		        (plan->step_count - i - 1) * sizeof *steps);
	}
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
	if (!t->variable) {
		fuse(b.plan, 4);
		fuse(b.plan, 2);
	}
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

void plan_prepare(const struct plan *plan, struct plan_input *in)
{
	in->prototype.key.present |= plan->key_present;
	in->prototype.present |= plan->present;
	in->prototype.key.total_counters = plan->total_counters;
	in->prototype.key.ip_version = plan->ip_version;
}

WIDE_MOVES void plan_run(const struct plan *plan, const struct plan_input *in,
                         const uint8_t *records, size_t record_len, struct flow_row *rows,
                         size_t count)
{
	uint64_t sequence = in->sequence;
	for (size_t i = 0; i < count; i++) {
		rows[i] = in->prototype;
		rows[i].sequence = sequence++;
	}
	struct step_run run = { in, records, record_len, rows, count };
	for (size_t i = 0; i < plan->step_count; i++)
		plan->steps[i].run(&plan->steps[i], &run);
}

void plan_run_places(const struct plan *plan, const struct plan_input *in, const uint8_t *record,
                     const struct place *places, struct flow_row *row)
{
	*row = in->prototype;
	row->sequence = in->sequence;
	struct step_run run = { in, record, 0, row, 1 };
	for (size_t i = 0; i < plan->step_count; i++) {
		struct step step = plan->steps[i];
		if (step.field != STEP_NO_FIELD) {
			step.from[0] = places[step.field].offset;
			step.length = places[step.field].length;
		}
		step.run(&step, &run);
	}
}
