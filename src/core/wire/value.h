/* value: a field's octets as JSON, for people and scripts.
 *
 * Integers of any reduced size become numbers, addresses and times their usual text, strings text
 * without the NULs that exporters pad with, octet arrays and anything whose length does not fit its
 * type hexadecimal text. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/wire/element.h"
#include "core/wire/set.h"

/* Adds the value of `len` octets at p; element may be NULL (unknown: hexadecimal text). */
void value_json(struct buf *out, const struct element *element, const uint8_t *p, size_t len);

/* Adds the field's name without quotes: IANA's, reverse ones as RFC 5103 section 6.1 forms them
 * (reverseOctetDeltaCount), "scopeSystem" … for v9 scopes, or e<PEN>id<ID>. */
void value_name(struct buf *out, const struct field_spec *field);
