/* step: the single moves that plans are made of (plan.c).
 *
 * A step does one thing to one column of many rows.  Steps that copy know a field (offset and
 * length in the record) and a column (offset in the row); steps that work something out know
 * neither. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "collector/decode/plan.h"
#include "core/flow/row.h"

enum element_part {
	PART_WHOLE,
	PART_HIGH, /* of two octets: ICMP type */
	PART_LOW,  /* ICMP code */
};

enum { STEP_NO_FIELD = 0xffff, STEP_LANES = 4 };

struct step_run {
	const struct plan_input *in;
	const uint8_t *records;
	size_t record_len;
	struct flow_row *rows;
	size_t count;
};

struct step {
	void (*run)(const struct step *step, const struct step_run *run);
	uint32_t from[STEP_LANES]; /* offset of the field in its record; [0] alone unless fused */
	uint16_t to[STEP_LANES];   /* offset of the column in struct flow_row; likewise */
	uint16_t length;           /* of the field */
	uint16_t field;            /* its number in the template, or STEP_NO_FIELD */
	uint16_t column;           /* enum column_id */
};

typedef void step_fn(const struct step *step, const struct step_run *run);

/* The step that copies this part of an element of `length` octets into a column stored so, or NULL
 * where that length makes no sense. */
step_fn *step_for(uint16_t element, enum element_part part, uint16_t length,
                  enum column_store store);

/* The step that does what `lanes` (2 or 4) of these do side by side, or NULL where there is none.
 */
step_fn *step_fused(step_fn *one, size_t lanes);

step_fn step_ipv6_if_set;    /* over an IPv4 address, where the IPv6 one is not all zero */
step_fn step_icmp_ports;     /* ports of ICMP rows become null */
step_fn step_icmp_from_port; /* … after type and code were read from the destination port */
step_fn step_ip_version;     /* from the family of the source address */
step_fn step_sampling_told;  /* the record's own rate: 0 means 1, and the operator's goes first */
step_fn step_sampler;        /* the rate of the sampler that the record names */
step_fn step_frame_section;  /* columns from a piece of a frame (dataLinkFrameSection) */
step_fn step_ip_section;     /* … of an IP packet (ipHeaderPacketSection) */
step_fn step_flags;          /* adds TCP flags (OR) to those that the row has */
step_fn step_delay;          /* the row's flow starts so many milliseconds later than it says */
