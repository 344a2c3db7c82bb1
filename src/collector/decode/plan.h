/* plan: from a template's records to rows.
 *
 * When a template is learnt it is compiled into a list of steps; each copies one field into one
 * column, or works one column out.  A run takes many records and does one step for all of them
 * before the next, so that the choice of what to do is made once per field and set instead of once
 * per value.  What is the same for every record of a set (exporter, domain, minute, rate) stands in
 * a prototype row that each row starts as.
 *
 * Which elements fill which column, best first, is in registry/columns.csv; CERT's elements for TCP
 * flags (YAF) are a table in plan.c.  Fields whose length does not fit their type fill nothing;
 * values too large for their column are null.
 *
 * A plan has two sides: the record's flow, and what reverse elements tell of a biflow's other
 * direction (biflow.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/decode/sampler.h"
#include "collector/decode/template.h"
#include "core/base/attr.h"
#include "core/flow/row.h"

struct plan; /* opaque */

/* NULL where memory is short.  Reads t->fields only. */
MUST_CHECK struct plan *plan_new(const struct template *t);
void plan_free(struct plan *plan); /* NULL is fine */

enum plan_side {
	PLAN_FORWARD,
	PLAN_REVERSE,
	PLAN_SIDES,
};

/* How many rows a record makes at most, and how many numbers (Flowsequence) it takes: 2 of a
 * biflow, whose records have five octets or more; else, and where plan is NULL, 1. */
size_t plan_rows(const struct plan *plan);

/* Whether that side fills any column. */
bool plan_tells(const struct plan *plan, enum plan_side side);

size_t plan_memory(const struct plan *plan);

/* What a run needs to know beside the records. */
struct plan_input {
	struct flow_row prototype; /* what every row starts as: see plan_prepare */
	uint64_t sequence;         /* Flowsequence of the first record; the next have the next ones,
	                              plan_rows each */
	int64_t export_time;       /* ticks */
	bool has_uptime;           /* else times relative to the exporter's start are null */
	uint32_t uptime_ms;        /* at export_time */
	bool sampling_is_fixed;    /* the rate is the operator's: fields do not change it */
	const struct sampler_set *samplers; /* for records that name their sampler */
};

/* Completes a prototype that has exporter, domain, minute, sampling (where known) and record_time
 * by what all records of the plan's template have in common.  To be called before the runs. */
void plan_prepare(const struct plan *plan, struct plan_input *in);

/* Turns `count` records of a template without variable-length fields, t->record_len octets each,
 * into rows[0 … count-1].  The caller has checked that the octets are there. */
void plan_run(const struct plan *plan, const struct plan_input *in, const uint8_t *records,
              size_t record_len, struct flow_row *rows, size_t count);

/* The same for one record whose fields are at `places`. */
void plan_run_places(const struct plan *plan, const struct plan_input *in, const uint8_t *record,
                     const struct place *places, struct flow_row *row);

/* The other direction's rows of records that one of the two above has turned into rows: into
 * ret[0 …], as many as is returned, since where nothing went back there is none.  For plans of
 * which plan_rows says 2. */
size_t plan_run_reverse(const struct plan *plan, const struct plan_input *in,
                        const uint8_t *records, size_t record_len, const struct flow_row *rows,
                        size_t count, struct flow_row *ret);
size_t plan_run_reverse_places(const struct plan *plan, const struct plan_input *in,
                               const uint8_t *record, const struct place *places,
                               const struct flow_row *row, struct flow_row *ret);

/* What one side tells by the record itself, in a row that is empty otherwise. */
void plan_read_places(const struct plan *plan, enum plan_side side, const struct plan_input *in,
                      const uint8_t *record, const struct place *places, struct flow_row *ret);
