/* unmatched: which flows belong to no circuit, and how much of them there is.
 *
 * Rows are counted by what a rule could match them by.  The first UNMATCHED_MAX combinations keep
 * counters of their own; what comes after is only counted together, so that exporters that send
 * ever new VLANs cost no memory.  Belongs to one thread; 80 KiB. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/flow/row.h"

#define UNMATCHED_MAX 1024

struct unmatched_key {
	uint64_t present; /* COLUMN_BITs of what the rows have; other fields are zero */
	struct ip exporter;
	uint32_t input_if, output_if, ingress_vrf;
	uint16_t vlan, customer_vlan;
};

struct unmatched_sum {
	uint64_t rows, bytes; /* bytes as captured */
};

struct unmatched_entry {
	struct unmatched_key key;
	struct unmatched_sum sum;
};

struct unmatched; /* opaque */

MUST_CHECK struct unmatched *unmatched_new(struct err *e);
void unmatched_free(struct unmatched *unmatched); /* NULL is fine */

void unmatched_add(struct unmatched *unmatched, const struct flow_row *row);

/* The combinations in order of their first rows; borrowed until the next one is added. */
size_t unmatched_count(const struct unmatched *unmatched);
const struct unmatched_entry *unmatched_entry(const struct unmatched *unmatched, size_t i);

/* Of all rows, and of those that found no place among the combinations. */
struct unmatched_sum unmatched_total(const struct unmatched *unmatched);
struct unmatched_sum unmatched_overflow(const struct unmatched *unmatched);
