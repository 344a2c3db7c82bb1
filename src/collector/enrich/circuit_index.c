#include "collector/enrich/circuit_index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"

/* What a rule wants of a row, or what a row has of that; parts that are not stated are zero. */
struct values {
	struct ip exporter; /* masked */
	uint32_t interface, vrf;
	uint16_t vlan, customer_vlan;
	uint32_t shape;
};

struct shape {
	unsigned parts;
	bool v4; /* of the exporter's prefix */
	struct ip mask;
	uint64_t present; /* bits of the row's key that it must have */
	uint64_t hash;
};

/* Open addressing, at most half full. */
struct slot {
	uint32_t rule; /* counted from 1; 0 is a free slot */
	uint32_t hash;
};

enum { SECRETS = 6 };

/* The hash of a rule's values is that of its shape and those of its stated parts, xor'ed: a row's
 * parts are hashed once for all shapes.  Most look-ups fail; `filter` has a bit set for each hash,
 * sixteen times as many bits as rules, and answers those without a look at the slots. */
struct circuit_index {
	struct shape *shapes; /* the most specific first */
	size_t shape_count;
	struct values *values; /* by rule */
	struct slot *slots;
	uint32_t mask; /* slots - 1 */
	uint64_t *filter;
	uint32_t filter_mask; /* bits - 1 */
	uint64_t secrets[SECRETS];
};

static uint64_t hash_part(const struct circuit_index *index, enum circuit_part part, uint32_t value)
{
	unsigned i = (unsigned)__builtin_ctz(part);
	return hash_mix(value ^ index->secrets[i], index->secrets[i + 1]);
}

static uint64_t hash_exporter(const struct circuit_index *index, const struct ip *masked)
{
	return hash_pair(masked->b, index->secrets[0], index->secrets[SECRETS - 1]);
}

static uint64_t hash_values(const struct circuit_index *index, const struct values *v)
{
	const struct shape *shape = &index->shapes[v->shape];
	uint64_t hash = shape->hash;
	if (shape->parts & CIRCUIT_EXPORTER)
		hash ^= hash_exporter(index, &v->exporter);
	if (shape->parts & CIRCUIT_VRF)
		hash ^= hash_part(index, CIRCUIT_VRF, v->vrf);
	if (shape->parts & CIRCUIT_INTERFACE)
		hash ^= hash_part(index, CIRCUIT_INTERFACE, v->interface);
	if (shape->parts & CIRCUIT_VLAN)
		hash ^= hash_part(index, CIRCUIT_VLAN, v->vlan);
	if (shape->parts & CIRCUIT_CUSTOMER_VLAN)
		hash ^= hash_part(index, CIRCUIT_CUSTOMER_VLAN, v->customer_vlan);
	return hash;
}

/* The bits that choose the place in the filter are others than those that choose the slot. */
static uint32_t filter_bit(const struct circuit_index *index, uint64_t hash)
{
	return (uint32_t)(hash >> 32) & index->filter_mask;
}

static bool values_equal(const struct values *a, const struct values *b)
{
	return a->shape == b->shape && a->interface == b->interface && a->vrf == b->vrf &&
	       a->vlan == b->vlan && a->customer_vlan == b->customer_vlan &&
	       ip_equal(&a->exporter, &b->exporter);
}

/* The slot of these values, or the free one where they go. */
static struct slot *slot_of(const struct circuit_index *index, const struct values *v,
                            uint64_t hash)
{
	uint32_t at = (uint32_t)hash & index->mask;
	for (; index->slots[at].rule; at = (at + 1) & index->mask)
		if (index->slots[at].hash == (uint32_t)hash &&
		    values_equal(&index->values[index->slots[at].rule - 1], v))
			break;
	return &index->slots[at];
}

/* ---- making ---- */

static struct shape shape_of(const struct circuit *c)
{
	struct shape shape = { .parts = c->parts };
	if (c->parts & CIRCUIT_VLAN)
		shape.present |= COLUMN_BIT(Dot1qVlanId);
	if (c->parts & CIRCUIT_CUSTOMER_VLAN)
		shape.present |= COLUMN_BIT(Dot1qCustomerVlanId);
	if (!(c->parts & CIRCUIT_EXPORTER))
		return shape;
	shape.present |= COLUMN_BIT(Exporter);
	shape.v4 = ip_is_v4(&c->exporter.ip);
	unsigned bits = c->exporter.bits + (shape.v4 ? 96 : 0);
	for (unsigned i = 0; i < bits; i++)
		shape.mask.b[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return shape;
}

/* The number of the rule's shape.  Rules come in order, so it is new or among the last two: one for
 * each family. */
static uint32_t shape_number(struct circuit_index *index, const struct circuit *c)
{
	struct shape shape = shape_of(c);
	size_t first = index->shape_count > 2 ? index->shape_count - 2 : 0;
	for (size_t i = first; i < index->shape_count; i++)
		if (memcmp(&index->shapes[i].mask, &shape.mask, sizeof shape.mask) == 0 &&
		    index->shapes[i].parts == shape.parts && index->shapes[i].v4 == shape.v4)
			return (uint32_t)i;
	shape.hash = hash_mix(index->shape_count ^ index->secrets[1], index->secrets[0]);
	index->shapes[index->shape_count] = shape;
	return (uint32_t)index->shape_count++;
}

static struct values values_of(const struct circuit *c, uint32_t shape)
{
	struct values v = { .shape = shape };
	if (c->parts & CIRCUIT_EXPORTER)
		v.exporter = c->exporter.ip;
	if (c->parts & CIRCUIT_INTERFACE)
		v.interface = c->interface;
	if (c->parts & CIRCUIT_VRF)
		v.vrf = c->vrf;
	if (c->parts & CIRCUIT_VLAN)
		v.vlan = (uint16_t)c->vlan;
	if (c->parts & CIRCUIT_CUSTOMER_VLAN)
		v.customer_vlan = (uint16_t)c->customer_vlan;
	return v;
}

/* Of rules that state the same, the first stays. */
static void add_rule(struct circuit_index *index, const struct circuits *circuits, uint32_t rule)
{
	const struct circuit *c = &circuits->items[rule];
	struct values v = values_of(c, shape_number(index, c));
	uint64_t hash = hash_values(index, &v);
	struct slot *slot = slot_of(index, &v, hash);
	if (slot->rule)
		return;
	index->values[rule] = v;
	*slot = (struct slot){ rule + 1, (uint32_t)hash };
	uint32_t bit = filter_bit(index, hash);
	index->filter[bit / 64] |= UINT64_C(1) << bit % 64;
}

static size_t slots_for(size_t rules)
{
	size_t slots = 16;
	while (slots < rules * 2)
		slots *= 2;
	return slots;
}

struct circuit_index *circuit_index_new(const struct circuits *circuits, struct err *e)
{
	size_t count = circuits->count, slots = slots_for(count);
	assert(count <= CIRCUITS_MAX);
	struct circuit_index *index = calloc(1, sizeof *index);
	uint32_t *order = malloc((count + 1) * sizeof *order);
	if (!index || !order)
		goto fail;
	for (size_t i = 0; i < SECRETS; i++)
		index->secrets[i] = hash_seed();
	index->mask = (uint32_t)slots - 1;
	index->filter_mask = (uint32_t)slots * 8 - 1;
	index->shapes = calloc(count + 1, sizeof *index->shapes);
	index->values = calloc(count + 1, sizeof *index->values);
	index->slots = calloc(slots, sizeof *index->slots);
	index->filter = calloc(slots / 8, sizeof *index->filter);
	if (!index->shapes || !index->values || !index->slots || !index->filter)
		goto fail;
	circuits_order(circuits, order);
	for (size_t i = 0; i < count; i++)
		add_rule(index, circuits, order[i]);
	free(order);
	return index;

fail:
	err_set(e, ERR_NOMEM, "no memory for %zu circuits", count);
	circuit_index_free(index);
	free(order);
	return NULL;
}

void circuit_index_free(struct circuit_index *index)
{
	if (!index)
		return;
	free(index->shapes);
	free(index->values);
	free(index->slots);
	free(index->filter);
	free(index);
}

/* ---- looking up ---- */

/* The different values that a row has in two columns, and their hashes. */
struct either {
	uint32_t values[2];
	uint64_t hashes[2];
	unsigned count;
};

static const struct either any = { .count = 1 };

static struct either either_of(const struct circuit_index *index, enum circuit_part part,
                               uint32_t first, bool has_first, uint32_t second, bool has_second)
{
	struct either e = { .values = { has_first ? first : second, second } };
	e.count = has_first && has_second && first != second ? 2 : has_first || has_second;
	for (unsigned i = 0; i < e.count; i++)
		e.hashes[i] = hash_part(index, part, e.values[i]);
	return e;
}

/* A row, as rules look at it. */
struct view {
	const struct flow_key *key;
	bool v4;
	uint64_t vlan, customer_vlan; /* hashes */
	struct either interfaces, vrfs;
};

static struct view view_of(const struct circuit_index *index, const struct flow_key *key)
{
	uint64_t present = key->present;
	return (struct view){
		.key = key,
		.v4 = ip_is_v4(&key->exporter),
		.vlan = hash_part(index, CIRCUIT_VLAN, key->vlan),
		.customer_vlan = hash_part(index, CIRCUIT_CUSTOMER_VLAN, key->customer_vlan),
		.interfaces = either_of(index, CIRCUIT_INTERFACE, key->input_if,
		                        present & COLUMN_BIT(InputInterface), key->output_if,
		                        present & COLUMN_BIT(OutputInterface)),
		.vrfs = either_of(index, CIRCUIT_VRF, key->ingress_vrf,
		                  present & COLUMN_BIT(IngressVrf), key->egress_vrf,
		                  present & COLUMN_BIT(EgressVrf)),
	};
}

static struct ip ip_and(const struct ip *ip, const struct ip *mask)
{
	uint64_t a[2], m[2];
	memcpy(a, ip, sizeof a);
	memcpy(m, mask, sizeof m);
	a[0] &= m[0];
	a[1] &= m[1];
	struct ip masked;
	memcpy(&masked, a, sizeof masked);
	return masked;
}

static uint32_t earlier(uint32_t a, uint32_t b)
{
	return !a || (b && b < a) ? b : a;
}

/* The rule of that shape, interface and VRF, which the filter has let pass. */
static uint32_t find_rule(const struct circuit_index *index, const struct shape *shape,
                          const struct view *view, uint32_t interface, uint32_t vrf, uint64_t hash)
{
	struct values v = {
		.exporter = ip_and(&view->key->exporter, &shape->mask),
		.interface = interface,
		.vrf = vrf,
		.vlan = shape->parts & CIRCUIT_VLAN ? view->key->vlan : 0,
		.customer_vlan =
		    shape->parts & CIRCUIT_CUSTOMER_VLAN ? view->key->customer_vlan : 0,
		.shape = (uint32_t)(shape - index->shapes),
	};
	return slot_of(index, &v, hash)->rule;
}

/* The first rule of the shape that matches; a row may match by each of its interfaces and VRFs. */
static uint32_t find_in_shape(const struct circuit_index *index, const struct shape *shape,
                              const struct view *view)
{
	const struct either *interfaces =
	    shape->parts & CIRCUIT_INTERFACE ? &view->interfaces : &any;
	const struct either *vrfs = shape->parts & CIRCUIT_VRF ? &view->vrfs : &any;
	uint64_t base = shape->hash;
	if (shape->parts & CIRCUIT_EXPORTER) {
		struct ip masked = ip_and(&view->key->exporter, &shape->mask);
		base ^= hash_exporter(index, &masked);
	}
	base ^= shape->parts & CIRCUIT_VLAN ? view->vlan : 0;
	base ^= shape->parts & CIRCUIT_CUSTOMER_VLAN ? view->customer_vlan : 0;
	uint32_t found = 0;
	for (unsigned i = 0; i < interfaces->count; i++)
		for (unsigned k = 0; k < vrfs->count; k++) {
			uint64_t hash = base ^ interfaces->hashes[i] ^ vrfs->hashes[k];
			uint32_t bit = filter_bit(index, hash);
			if (index->filter[bit / 64] >> bit % 64 & 1)
				found = earlier(found,
				                find_rule(index, shape, view, interfaces->values[i],
				                          vrfs->values[k], hash));
		}
	return found;
}

uint32_t circuit_find(const struct circuit_index *index, const struct flow_row *row)
{
	if (!index->shape_count)
		return 0;
	struct view view = view_of(index, &row->key);
	for (const struct shape *s = index->shapes; s < index->shapes + index->shape_count; s++) {
		if ((s->present & ~row->key.present) ||
		    ((s->parts & CIRCUIT_EXPORTER) && s->v4 != view.v4))
			continue;
		uint32_t found = find_in_shape(index, s, &view);
		if (found)
			return found;
	}
	return 0;
}
