#include "core/wire/element.h"

#include <stddef.h>

static const struct element iana[] = {
#define ELEMENT(id, name, type) [id] = { #name, TYPE_##type },
#include "elements.inc"
#undef ELEMENT
};

const struct element *element_find(uint32_t pen, uint16_t id)
{
	if (pen != 0 || id >= sizeof iana / sizeof iana[0] || !iana[id].name)
		return NULL;
	return &iana[id];
}
