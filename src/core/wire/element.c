#include "core/wire/element.h"

#include <stddef.h>
#include <string.h>

static const struct element iana[] = {
#define ELEMENT(id, name, type) [id] = { #name, TYPE_##type },
#include "elements.inc"
#undef ELEMENT
};

const struct element *element_find(uint32_t pen, uint16_t id)
{
	if ((pen != 0 && pen != PEN_REVERSE) || id >= sizeof iana / sizeof iana[0] ||
	    !iana[id].name)
		return NULL;
	return &iana[id];
}

bool element_named(const char *name)
{
	for (size_t i = 0; i < sizeof iana / sizeof iana[0]; i++)
		if (iana[i].name && strcmp(iana[i].name, name) == 0)
			return true;
	return false;
}
