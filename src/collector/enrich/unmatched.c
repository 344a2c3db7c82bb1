#include "collector/enrich/unmatched.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"

enum { SLOTS = UNMATCHED_MAX * 4 };

_Static_assert(sizeof(struct unmatched_key) == 40, "no hidden padding: it is hashed");

struct unmatched {
	uint64_t seed;
	size_t count;
	struct unmatched_sum total, overflow;
	struct unmatched_entry entries[UNMATCHED_MAX];
	uint16_t slots[SLOTS]; /* number of the entry, counted from 1; 0: free */
};

struct unmatched *unmatched_new(struct err *e)
{
	struct unmatched *u = calloc(1, sizeof *u);
	if (u)
		u->seed = hash_seed();
	else
		err_set(e, ERR_NOMEM, "no memory for flows without a circuit");
	return u;
}

void unmatched_free(struct unmatched *u)
{
	free(u);
}

static struct unmatched_key key_of(const struct flow_key *key)
{
	uint64_t wanted = COLUMN_BIT(Exporter) | COLUMN_BIT(InputInterface) |
	                  COLUMN_BIT(OutputInterface) | COLUMN_BIT(IngressVrf) |
	                  COLUMN_BIT(Dot1qVlanId) | COLUMN_BIT(Dot1qCustomerVlanId);
	return (struct unmatched_key){
		.present = key->present & wanted,
		.exporter = key->exporter,
		.input_if = key->input_if,
		.output_if = key->output_if,
		.ingress_vrf = key->ingress_vrf,
		.vlan = key->vlan,
		.customer_vlan = key->customer_vlan,
	};
}

/* The sum that rows of this key are added to. */
static struct unmatched_sum *sum_of(struct unmatched *u, const struct unmatched_key *key)
{
	size_t at = hash_words(key, sizeof *key / 8, u->seed) % SLOTS;
	for (; u->slots[at]; at = (at + 1) % SLOTS) {
		struct unmatched_entry *entry = &u->entries[u->slots[at] - 1];
		if (memcmp(&entry->key, key, sizeof *key) == 0)
			return &entry->sum;
	}
	if (u->count == UNMATCHED_MAX)
		return &u->overflow;
	u->entries[u->count].key = *key;
	u->slots[at] = (uint16_t)++u->count;
	return &u->entries[u->count - 1].sum;
}

static void add(struct unmatched_sum *sum, uint64_t bytes)
{
	sum->rows++;
	if (__builtin_add_overflow(sum->bytes, bytes, &sum->bytes))
		sum->bytes = UINT64_MAX;
}

void unmatched_add(struct unmatched *u, const struct flow_row *row)
{
	struct unmatched_key key = key_of(&row->key);
	add(sum_of(u, &key), row->bytes);
	add(&u->total, row->bytes);
}

size_t unmatched_count(const struct unmatched *u)
{
	return u->count;
}

const struct unmatched_entry *unmatched_entry(const struct unmatched *u, size_t i)
{
	assert(i < u->count);
	return &u->entries[i];
}

struct unmatched_sum unmatched_total(const struct unmatched *u)
{
	return u->total;
}

struct unmatched_sum unmatched_overflow(const struct unmatched *u)
{
	return u->overflow;
}
