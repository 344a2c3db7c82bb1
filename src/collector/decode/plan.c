#include "collector/decode/plan.h"

#include <stdlib.h>
#include <string.h>

#include "collector/decode/biflow.h"
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

/* CERT's elements for TCP flags: those of the first packet and of all others.  CERT numbers what is
 * of the other direction with a bit of its own (RFC 5103 section 6.2). */
enum {
	PEN_CERT = 6871,
	CERT_REVERSE_DELAY = 21, /* reverseFlowDeltaMilliseconds */
	CERT_REVERSE = 0x4000,
};
static const uint16_t cert_flags[] = { 14, 15 }; /* initialTCPFlags, unionTCPFlags */

struct side {
	size_t step_count;
	uint64_t key_present; /* columns that every record of the template has */
	uint64_t present;
	bool total_counters;
	uint8_t
	    ip_version; /* of every record, where the template has addresses of one family only */
};

struct plan {
	struct side sides[PLAN_SIDES];
	bool biflow;
	struct step steps[]; /* of both sides, one behind the other */
};

/* A template being compiled. */
struct build {
	const struct template *t;
	uint32_t *offsets; /* of fields in a record; of no meaning after a variable-length one */
	uint32_t pen;      /* whose elements fill columns */
	struct side *side;
	struct step *steps; /* of the side */
};

/* The template's first field of this element, or -1. */
static int field_under(const struct template *t, uint32_t pen, uint16_t element)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (t->fields[i].pen == pen && !t->fields[i].is_scope && t->fields[i].id == element)
			return (int)i;
	return -1;
}

static int field_of(const struct build *b, uint16_t element)
{
	return field_under(b->t, b->pen, element);
}

static void add_step(struct build *b, struct step step, int field)
{
	step.field = STEP_NO_FIELD;
	if (field >= 0) {
		step.field = (uint16_t)field;
		step.from[0] = b->offsets[field];
		step.length = b->t->fields[field].length;
	}
	b->steps[b->side->step_count++] = step;
}

static void set_present(struct side *side, enum column_id id)
{
	const struct column *c = &columns[id];
	*(c->role == ROLE_KEY ? &side->key_present : &side->present) |= UINT64_C(1) << c->bit;
}

static bool side_fills(const struct side *side, enum column_id id)
{
	const struct column *c = &columns[id];
	return (c->role == ROLE_KEY ? side->key_present : side->present) >> c->bit & 1;
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
	set_present(b->side, fill->column);
	if (fill->element == IE_octetTotalCount)
		b->side->total_counters = true;
	return true;
}

static void fill_columns(struct build *b)
{
	for (size_t i = 0; i < ARRAY_LEN(fills);) {
		enum column_id column = fills[i].column;
		bool filled = false;
		for (; i < ARRAY_LEN(fills) && fills[i].column == column; i++) {
			int field = filled ? -1 : field_of(b, fills[i].element);
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
		    field_of(b, fills[i - 1].element) < 0)
			continue;
		int field = field_of(b, fills[i].element);
		if (field >= 0 && b->t->fields[field].length == 16)
			add_step(b, (struct step){ .run = step_ipv6_if_set, .to = { c->offset } },
			         field);
	}
}

/* Where the version was not exported, the family of the source address tells it. */
static void add_ip_version(struct build *b)
{
	if (side_fills(b->side, COL_IpVerCode) || !side_fills(b->side, COL_SourceIp))
		return;
	bool v4 = field_of(b, IE_sourceIPv4Address) >= 0;
	bool v6 = field_of(b, IE_sourceIPv6Address) >= 0;
	set_present(b->side, COL_IpVerCode);
	if (v4 && v6)
		add_step(b, (struct step){ .run = step_ip_version }, -1);
	else
		b->side->ip_version = v4 ? 4 : 6;
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
		int field = field_of(b, sections[i].element);
		if (field < 0 || side_fills(b->side, COL_SourceIp))
			continue;
		add_step(b, (struct step){ .run = sections[i].run }, field);
		return;
	}
}

/* Steps that work columns out from columns that were copied before. */
static void add_derived(struct build *b)
{
	fill_other_family(b);
	if (side_fills(b->side, COL_Protocol))
		add_step(b,
		         (struct step){ .run = side_fills(b->side, COL_IcmpType)
		                                   ? step_icmp_ports
		                                   : step_icmp_from_port },
		         -1);
	add_ip_version(b);
	int sampler = field_of(b, IE_samplerId);
	if (sampler < 0)
		sampler = field_of(b, IE_selectorId);
	if (side_fills(b->side, COL_SamplingInterval))
		add_step(b, (struct step){ .run = step_sampling_told }, -1);
	else if (sampler >= 0)
		add_step(b, (struct step){ .run = step_sampler }, sampler);
	if (side_fills(b->side, COL_NumberOfBytes))
		set_present(b->side, COL_TotalCounters);
	add_section(b);
}

/* Where tcpControlBits were not exported. */
static void add_cert_flags(struct build *b, uint16_t of_side)
{
	if (side_fills(b->side, COL_TcpFlag))
		return;
	for (size_t i = 0; i < ARRAY_LEN(cert_flags); i++) {
		int field = field_under(b->t, PEN_CERT, cert_flags[i] | of_side);
		if (field < 0 || b->t->fields[field].length > 2)
			continue;
		add_step(b, (struct step){ .run = step_flags }, field);
		set_present(b->side, COL_TcpFlag);
	}
}

static void swap_steps(struct step *a, struct step *b)
{
	struct step c = *a;
	*a = *b;
	*b = c;
}

/* Fuses steps of one kind into wider ones.  They copy different columns, so their order is free,
 * and whatever depends on copies has no wider form and stays where it is or moves back. */
static void fuse_lanes(struct build *b, size_t lanes)
{
	struct step *steps = b->steps;
	size_t *count = &b->side->step_count;
	for (size_t i = 0; i < *count; i++) {
		step_fn *wide = step_fused(steps[i].run, lanes);
		size_t found = 1;
		for (size_t k = i + 1; wide && found < lanes && k < *count; k++)
			if (steps[k].run == steps[i].run)
				swap_steps(&steps[i + found++], &steps[k]);
		if (!wide || found < lanes)
			continue;
		for (size_t lane = 1; lane < lanes; lane++) {
			steps[i].from[lane] = steps[i + lane].from[0];
			steps[i].to[lane] = steps[i + lane].to[0];
		}
		steps[i].run = wide;
		*count -= lanes - 1;
		memmove(&steps[i + 1], &steps[i + lanes], (*count - i - 1) * sizeof *steps);
	}
}

static void fuse(struct build *b)
{
	fuse_lanes(b, 4);
	fuse_lanes(b, 2);
}

static void compile_forward(struct build *b)
{
	b->pen = 0;
	fill_columns(b);
	if (!b->t->variable)
		fuse(b);
	add_derived(b);
	add_cert_flags(b, 0);
}

/* The other direction's row is the first one turned, so that only what is told has to be done. */
static void compile_reverse(struct build *b)
{
	b->pen = PEN_REVERSE;
	fill_columns(b);
	if (!b->t->variable)
		fuse(b);
	fill_other_family(b);
	if (side_fills(b->side, COL_NumberOfBytes))
		set_present(b->side, COL_TotalCounters);
	add_cert_flags(b, CERT_REVERSE);
	int delay = field_under(b->t, PEN_CERT, CERT_REVERSE_DELAY);
	if (delay >= 0 && b->t->fields[delay].length == 4 &&
	    !side_fills(b->side, COL_FlowStartTime))
		add_step(b, (struct step){ .run = step_delay }, delay);
}

static bool has_reverse(const struct template *t)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (t->fields[i].pen == PEN_REVERSE ||
		    (t->fields[i].pen == PEN_CERT && t->fields[i].id & CERT_REVERSE))
			return true;
	return false;
}

static bool is_biflow(const struct plan *plan)
{
	const struct side *forward = &plan->sides[PLAN_FORWARD];
	const struct side *reverse = &plan->sides[PLAN_REVERSE];
	return (side_fills(reverse, COL_NumberOfBytes) ||
	        side_fills(reverse, COL_NumberOfPackets)) &&
	       (side_fills(forward, COL_SourceIp) || side_fills(forward, COL_DestinationIp));
}

static size_t steps_of(const struct plan *plan)
{
	return plan->sides[PLAN_FORWARD].step_count + plan->sides[PLAN_REVERSE].step_count;
}

static void compile(struct build *b, struct plan *plan)
{
	uint32_t offset = 0;
	for (size_t i = 0; i < b->t->field_count; i++) {
		b->offsets[i] = offset;
		offset += b->t->fields[i].length;
	}
	b->side = &plan->sides[PLAN_FORWARD];
	b->steps = plan->steps;
	compile_forward(b);
	if (!has_reverse(b->t))
		return;
	b->steps += b->side->step_count;
	b->side = &plan->sides[PLAN_REVERSE];
	compile_reverse(b);
	plan->biflow = is_biflow(plan);
}

struct plan *plan_new(const struct template *t)
{
	size_t most = PLAN_SIDES * (ARRAY_LEN(fills) + 12);
	struct build b = { .t = t,
		           .offsets = calloc((size_t)t->field_count + 1, sizeof *b.offsets) };
	struct plan *plan = calloc(1, sizeof *plan + most * sizeof plan->steps[0]);
	if (!b.offsets || !plan) {
		free(b.offsets);
		free(plan);
		return NULL;
	}
	compile(&b, plan);
	free(b.offsets);
	struct plan *small = realloc(plan, sizeof *small + steps_of(plan) * sizeof small->steps[0]);
	return small ? small : plan;
}

void plan_free(struct plan *plan)
{
	free(plan);
}

size_t plan_memory(const struct plan *plan)
{
	return plan ? sizeof *plan + steps_of(plan) * sizeof plan->steps[0] : 0;
}

size_t plan_rows(const struct plan *plan)
{
	return plan && plan->biflow ? 2 : 1;
}

bool plan_tells(const struct plan *plan, enum plan_side side)
{
	return plan->sides[side].step_count > 0;
}

/* ---- running ---- */

static void add_side(const struct side *side, struct flow_row *row)
{
	row->key.present |= side->key_present;
	row->present |= side->present;
	row->key.total_counters = side->total_counters;
}

void plan_prepare(const struct plan *plan, struct plan_input *in)
{
	add_side(&plan->sides[PLAN_FORWARD], &in->prototype);
	in->prototype.key.ip_version = plan->sides[PLAN_FORWARD].ip_version;
}

static const struct step *side_steps(const struct plan *plan, enum plan_side side)
{
	return side == PLAN_FORWARD ? plan->steps
	                            : plan->steps + plan->sides[PLAN_FORWARD].step_count;
}

WIDE_MOVES void plan_run(const struct plan *plan, const struct plan_input *in,
                         const uint8_t *records, size_t record_len, struct flow_row *rows,
                         size_t count)
{
	uint64_t sequence = in->sequence, numbers = plan_rows(plan);
	for (size_t i = 0; i < count; i++) {
		rows[i] = in->prototype;
		rows[i].sequence = sequence;
		sequence += numbers;
	}
	struct step_run run = { in, records, record_len, rows, count };
	for (size_t i = 0; i < plan->sides[PLAN_FORWARD].step_count; i++)
		plan->steps[i].run(&plan->steps[i], &run);
}

/* Runs the steps of one side for a record whose fields are at `places`. */
static void run_places(const struct plan *plan, enum plan_side side, const struct plan_input *in,
                       const uint8_t *record, const struct place *places, struct flow_row *row)
{
	struct step_run run = { in, record, 0, row, 1 };
	const struct step *steps = side_steps(plan, side);
	for (size_t i = 0; i < plan->sides[side].step_count; i++) {
		struct step step = steps[i];
		if (step.field != STEP_NO_FIELD) {
			step.from[0] = places[step.field].offset;
			step.length = places[step.field].length;
		}
		step.run(&step, &run);
	}
}

void plan_run_places(const struct plan *plan, const struct plan_input *in, const uint8_t *record,
                     const struct place *places, struct flow_row *row)
{
	*row = in->prototype;
	row->sequence = in->sequence;
	run_places(plan, PLAN_FORWARD, in, record, places, row);
}

static bool went_back(const struct flow_row *row)
{
	return row->bytes > 0 || row->packets > 0;
}

size_t plan_run_reverse(const struct plan *plan, const struct plan_input *in,
                        const uint8_t *records, size_t record_len, const struct flow_row *rows,
                        size_t count, struct flow_row *ret)
{
	const struct side *side = &plan->sides[PLAN_REVERSE];
	const struct step *steps = side_steps(plan, PLAN_REVERSE);
	for (size_t i = 0; i < count; i++) {
		biflow_turn(&rows[i], &ret[i]);
		add_side(side, &ret[i]);
	}
	struct step_run run = { in, records, record_len, ret, count };
	for (size_t i = 0; i < side->step_count; i++)
		steps[i].run(&steps[i], &run);
	size_t made = 0;
	for (size_t i = 0; i < count; i++)
		if (went_back(&ret[i]))
			ret[made++] = ret[i];
	return made;
}

size_t plan_run_reverse_places(const struct plan *plan, const struct plan_input *in,
                               const uint8_t *record, const struct place *places,
                               const struct flow_row *row, struct flow_row *ret)
{
	biflow_turn(row, ret);
	add_side(&plan->sides[PLAN_REVERSE], ret);
	run_places(plan, PLAN_REVERSE, in, record, places, ret);
	return went_back(ret);
}

void plan_read_places(const struct plan *plan, enum plan_side side, const struct plan_input *in,
                      const uint8_t *record, const struct place *places, struct flow_row *ret)
{
	*ret = (struct flow_row){ 0 };
	add_side(&plan->sides[side], ret);
	ret->key.ip_version = plan->sides[side].ip_version;
	run_places(plan, side, in, record, places, ret);
}
