#include "collector/enrich/circuit.h"

#include <stdlib.h>
#include <string.h>

static int by_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Rules of equal specificity need an order too, so that those that state the same meet. */
static int by_values(const struct circuit *a, const struct circuit *b)
{
	const uint32_t pairs[][3] = {
		{ CIRCUIT_INTERFACE, a->interface, b->interface },
		{ CIRCUIT_VRF, a->vrf, b->vrf },
		{ CIRCUIT_VLAN, a->vlan, b->vlan },
		{ CIRCUIT_CUSTOMER_VLAN, a->customer_vlan, b->customer_vlan },
	};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if ((a->parts & pairs[i][0]) && pairs[i][1] != pairs[i][2])
			return by_number(pairs[i][1], pairs[i][2]);
	if (!(a->parts & CIRCUIT_EXPORTER))
		return 0;
	return memcmp(a->exporter.ip.b, b->exporter.ip.b, sizeof a->exporter.ip.b);
}

static int by_match(const struct circuit *a, const struct circuit *b)
{
	int order = by_number((unsigned)__builtin_popcount(b->parts),
	                      (unsigned)__builtin_popcount(a->parts));
	if (!order)
		order = by_number(b->parts, a->parts);
	if (!order && (a->parts & CIRCUIT_EXPORTER))
		order = by_number(b->exporter.bits, a->exporter.bits);
	return order ? order : by_values(a, b);
}

bool circuit_same_match(const struct circuit *a, const struct circuit *b)
{
	return by_match(a, b) == 0;
}

static int by_match_and_place(const void *left, const void *right, void *context)
{
	const struct circuits *circuits = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	int order = by_match(&circuits->items[a], &circuits->items[b]);
	return order ? order : by_number(a, b);
}

void circuits_order(const struct circuits *circuits, uint32_t *ret)
{
	for (size_t i = 0; i < circuits->count; i++)
		ret[i] = (uint32_t)i;
	struct circuits context = *circuits;
	qsort_r(ret, circuits->count, sizeof *ret, by_match_and_place, &context);
}
