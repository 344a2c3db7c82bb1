/* application: an applicationId (95) as one number, and as text.
 *
 * RFC 6759 section 4.1: one octet that tells the Classification Engine, whose registry is IANA's
 * "Classification Engine IDs", and behind it the Selector ID, a number of as many octets as are
 * left. Engine 20 (PANA-L7-PEN) has the Private Enterprise Number of the registry in four octets
 * between the two.  As text that is "ENGINE:SELECTOR" or "20:PEN:SELECTOR", in decimal: 13:67 is
 * number 67 of the manufacturer's own layer 7 registry.
 *
 * The number holds selectors of up to 56 bits; behind a PEN, which has up to 24, of up to 32. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"

#define APPLICATION_TEXT_MAX 24 /* longest text, NUL included */

/* From the wire; false where the octets are too few or the number cannot hold them. */
MUST_CHECK bool application_read(const uint8_t *octets, size_t len, uint64_t *ret);

/* Writes the text and a NUL; returns the length without the NUL. */
size_t application_format(uint64_t application, char text[APPLICATION_TEXT_MAX]);

/* Reads what application_format writes. */
MUST_CHECK bool application_parse(const char *text, size_t len, uint64_t *ret);
