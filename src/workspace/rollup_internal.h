/* rollup_internal: the body of struct rollup, for rollup.c and rollup_write.c. */
#pragma once

#include "core/flow/plain_rows.h"
#include "workspace/numbered.h"
#include "workspace/rollup.h"
#include "workspace/rollup_table.h"

/* Rows that are added at a time. */
#define ROLLUP_TOGETHER ROLLUP_LEAST_KEYS

enum rollup_text {
	ROLLUP_CIRCUIT,
	ROLLUP_PEERING,
	ROLLUP_DIRECTION,
	ROLLUP_LIST_TEXTS,
	ROLLUP_APPLICATION = ROLLUP_LIST_TEXTS,
	ROLLUP_TEXT_COUNT,
};

/* What all rows of a list have, but their kind.  Equal ones are equal octet by octet. */
struct rollup_list {
	uint32_t minute, sampling;
	uint16_t texts[ROLLUP_LIST_TEXTS]; /* numbers */
	bool has_sampling, has_total_counters, total_counters;
	uint8_t pad[3]; /* zero */
};
_Static_assert(sizeof(struct rollup_list) == 20, "no hidden padding");

struct rollup {
	enum table_id table;
	uint32_t minutes; /* of a period */
	struct rollup_table counts;
	struct plain_rows *rows; /* lists that wait to be written */
	struct numbered texts, lists;
	/* the list that was asked for last */
	struct rollup_list last;
	uint16_t last_number;
	/* numbers of the texts of kinds that have been met */
	uint16_t (*by_kind)[ROLLUP_TEXT_COUNT];
	bool *is_known;
};

/* Makes lists of all counts and takes these out; rows are written where they are many. */
MUST_CHECK bool rollup_list(struct rollup *r, const struct segment_sink *sink, struct err *e);

/* Takes all counts out. */
void rollup_clear(struct rollup *r);
