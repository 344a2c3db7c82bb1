#include "core/flow/application.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/base/cursor.h"

enum {
	PANA_L7_PEN = 20,
	PEN_OCTETS = 4,
	PEN_BITS = 24,
	SELECTOR_BITS = 56,
	PEN_SELECTOR_BITS = 32
};

/* Whether the number can hold the parts, which are put together then. */
static bool join(uint64_t engine, uint64_t pen, uint64_t selector, uint64_t *ret)
{
	unsigned bits = engine == PANA_L7_PEN ? PEN_SELECTOR_BITS : SELECTOR_BITS;
	if (engine > UINT8_MAX || pen >> PEN_BITS || selector >> bits)
		return false;
	*ret = engine << SELECTOR_BITS | pen << PEN_SELECTOR_BITS | selector;
	return true;
}

bool application_read(const uint8_t *octets, size_t len, uint64_t *ret)
{
	size_t head = len && octets[0] == PANA_L7_PEN ? 1 + PEN_OCTETS : 1;
	if (len <= head)
		return false;
	for (; len > head + sizeof(uint64_t); head++) /* padding */
		if (octets[head])
			return false;
	uint64_t pen = octets[0] == PANA_L7_PEN ? be32(octets + 1) : 0;
	return join(octets[0], pen, be_uint(octets + head, len - head), ret);
}

size_t application_format(uint64_t application, char text[APPLICATION_TEXT_MAX])
{
	uint64_t engine = application >> SELECTOR_BITS;
	uint64_t rest = application & ((UINT64_C(1) << SELECTOR_BITS) - 1);
	int len = engine == PANA_L7_PEN
	              ? snprintf(text, APPLICATION_TEXT_MAX, "20:%" PRIu64 ":%" PRIu32,
	                         rest >> PEN_SELECTOR_BITS, (uint32_t)rest)
	              : snprintf(text, APPLICATION_TEXT_MAX, "%" PRIu64 ":%" PRIu64, engine, rest);
	return (size_t)len;
}

/* A number without sign or superfluous zeros, and the colon behind it where one must be there. */
static bool take_number(struct cur *c, bool colon, uint64_t *ret)
{
	const uint8_t *first = c->at;
	uint64_t n = 0;
	while (cur_left(c) && *c->at >= '0' && *c->at <= '9' && n <= UINT64_C(1) << SELECTOR_BITS)
		n = n * 10 + (uint64_t)(*c->at++ - '0');
	if (c->at == first || (*first == '0' && c->at - first > 1))
		return false;
	*ret = n;
	const uint8_t *behind = colon ? cur_take(c, 1) : NULL;
	return colon ? behind && *behind == ':' : cur_left(c) == 0;
}

bool application_parse(const char *text, size_t len, uint64_t *ret)
{
	struct cur c = cur_of(text, len);
	uint64_t engine, pen = 0, selector;
	return take_number(&c, true, &engine) &&
	       (engine != PANA_L7_PEN || take_number(&c, true, &pen)) &&
	       take_number(&c, false, &selector) && join(engine, pen, selector, ret);
}
