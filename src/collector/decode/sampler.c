#include "collector/decode/sampler.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/wire/element.h"

enum { V9_SCOPE_TEMPLATE = 5 };

void sampler_set_done(struct sampler_set *set)
{
	free(set->items);
	*set = (struct sampler_set){ 0 };
}

/* Room is always the next power of two. */
size_t sampler_set_memory(const struct sampler_set *set)
{
	size_t room = set->count ? 1 : 0;
	while (room < set->count)
		room *= 2;
	return room * sizeof set->items[0];
}

static struct sampler *find(const struct sampler_set *set, enum sampler_scope scope, uint64_t id)
{
	for (size_t i = 0; i < set->count; i++) {
		struct sampler *s = &set->items[i];
		if (s->scope == scope && (scope == SAMPLER_DOMAIN || s->id == id))
			return s;
	}
	return NULL;
}

uint32_t sampler_find(const struct sampler_set *set, enum sampler_scope scope, uint64_t id)
{
	const struct sampler *s = find(set, scope, id);
	return s ? s->interval : 0;
}

static struct sampler *add(struct sampler_set *set)
{
	if (set->count == SAMPLER_MAX)
		return NULL;
	if ((set->count & (set->count - 1)) == 0) { /* room is the next power of two */
		size_t room = set->count ? set->count * 2 : 1;
		struct sampler *items = realloc(set->items, room * sizeof *items);
		if (!items)
			return NULL;
		set->items = items;
	}
	return &set->items[set->count++];
}

bool sampler_learn(struct sampler_set *set, struct sampler sampler)
{
	if (sampler.interval == 0) {
		if (sampler.scope == SAMPLER_ID && sampler.id == 0)
			return false;
		sampler.interval = 1;
	}
	struct sampler *known = find(set, sampler.scope, sampler.id);
	if (known && known->interval == sampler.interval)
		return false;
	if (!known)
		known = add(set);
	if (known)
		*known = sampler;
	return known != NULL;
}

/* The fields of options data that tell of sampling. */
enum told {
	TOLD_INTERVAL,    /* 34 */
	TOLD_RANDOM,      /* 50 */
	TOLD_SELECTED,    /* 305: packets taken … */
	TOLD_SKIPPED,     /* 306: … and then passed over */
	TOLD_SIZE,        /* 309: n … */
	TOLD_POPULATION,  /* 310: … out of N */
	TOLD_PROBABILITY, /* 311, as an interval */
	TOLD_SAMPLER,     /* 48 */
	TOLD_SELECTOR,    /* 302 */
	TOLD_TEMPLATE,    /* 145, or scope Template of v9 */
	TOLD_COUNT,
};

static const struct {
	uint16_t element;
	enum told told;
} tellers[] = {
	{ IE_samplingInterval, TOLD_INTERVAL },
	{ IE_samplerRandomInterval, TOLD_RANDOM },
	{ IE_samplingPacketInterval, TOLD_SELECTED },
	{ IE_samplingPacketSpace, TOLD_SKIPPED },
	{ IE_samplingSize, TOLD_SIZE },
	{ IE_samplingPopulation, TOLD_POPULATION },
	{ IE_samplingProbability, TOLD_PROBABILITY },
	{ IE_samplerId, TOLD_SAMPLER },
	{ IE_selectorId, TOLD_SELECTOR },
	{ IE_templateId, TOLD_TEMPLATE },
};

struct story {
	bool has[TOLD_COUNT];
	uint64_t value[TOLD_COUNT];
};

static int told_by(const struct field_spec *f)
{
	if (f->is_v9_scope)
		return f->id == V9_SCOPE_TEMPLATE ? TOLD_TEMPLATE : -1;
	for (size_t i = 0; i < sizeof tellers / sizeof tellers[0]; i++)
		if (f->pen == 0 && tellers[i].element == f->id)
			return tellers[i].told;
	return -1;
}

/* A float64, or a float32 (RFC 7011 section 6.2). */
static double probability(const uint8_t *at, size_t len)
{
	double p = 0;
	float reduced = 0;
	uint32_t half = (uint32_t)be_uint(at, len == 4 ? 4 : 0);
	uint64_t bits = be_uint(at, len == 8 ? 8 : 0);
	memcpy(&reduced, &half, sizeof reduced);
	memcpy(&p, &bits, sizeof p);
	return len == 4 ? (double)reduced : p;
}

/* 0 where it cannot be said. */
static uint64_t probability_interval(double p)
{
	return p <= 1 && p * UINT32_MAX >= 1 ? (uint64_t)(1 / p + 0.5) : 0;
}

static struct story listen(const struct template *t, const uint8_t *record,
                           const struct place *places)
{
	struct story s = { 0 };
	for (size_t i = 0; i < t->field_count; i++) {
		int told = told_by(&t->fields[i]);
		if (told < 0 || places[i].length < 1 || places[i].length > 8)
			continue;
		s.has[told] = true;
		const uint8_t *at = record + places[i].offset;
		s.value[told] = told == TOLD_PROBABILITY
		                    ? probability_interval(probability(at, places[i].length))
		                    : be_uint(at, places[i].length);
	}
	return s;
}

/* Rounded quotient; 0 where it cannot be said. */
static uint64_t ratio(uint64_t whole, uint64_t part)
{
	return part ? whole / part + (whole % part >= part - part / 2) : 0;
}

/* Most telling first: 305 alone is not a rate, it needs 306 (Nokia: 1 and 999 is 1:1000). */
static bool interval_of(const struct story *s, uint64_t *ret)
{
	if (s->has[TOLD_SELECTED] && s->has[TOLD_SKIPPED])
		*ret = ratio(s->value[TOLD_SELECTED] + s->value[TOLD_SKIPPED],
		             s->value[TOLD_SELECTED]);
	else if (s->has[TOLD_SIZE] && s->has[TOLD_POPULATION])
		*ret = ratio(s->value[TOLD_POPULATION], s->value[TOLD_SIZE]);
	else if (s->has[TOLD_RANDOM] && s->value[TOLD_RANDOM])
		*ret = s->value[TOLD_RANDOM];
	else if (s->has[TOLD_INTERVAL])
		*ret = s->value[TOLD_INTERVAL];
	else if (s->value[TOLD_PROBABILITY])
		*ret = s->value[TOLD_PROBABILITY];
	else if (s->has[TOLD_RANDOM])
		*ret = 0;
	else
		return false;
	return *ret <= UINT32_MAX;
}

bool sampler_learn_options(struct sampler_set *set, const struct template *t, const uint8_t *record,
                           const struct place *places)
{
	struct story s = listen(t, record, places);
	uint64_t interval;
	if (!interval_of(&s, &interval))
		return false;
	struct sampler sampler = { .scope = SAMPLER_DOMAIN, .interval = (uint32_t)interval };
	if (s.has[TOLD_SAMPLER] || s.has[TOLD_SELECTOR]) {
		sampler.scope = SAMPLER_ID;
		sampler.id = s.value[s.has[TOLD_SAMPLER] ? TOLD_SAMPLER : TOLD_SELECTOR];
	} else if (s.has[TOLD_TEMPLATE]) {
		sampler.scope = SAMPLER_TEMPLATE;
		sampler.id = s.value[TOLD_TEMPLATE];
	}
	return sampler_learn(set, sampler);
}
