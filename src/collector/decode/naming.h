/* naming: what options data tells of names.
 *
 *     interface     interfaceName (82), else interfaceDescription (83), of ingressInterface (10),
 *                   egressInterface (14), ingressPhysicalInterface (252),
 *                   egressPhysicalInterface (253) or NetFlow v9's scope Interface (RFC 3954
 *                   section 6.1)
 *     VRF           VRFname (236) of ingressVRFID (234) or egressVRFID (235)
 *     application   applicationName (96), else applicationDescription (94), of applicationId (95)
 *                   (RFC 6759 section 4)
 *
 * Identifiers may be fields of the scope or not.  Of several the first counts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collector/decode/template.h"
#include "core/base/attr.h"
#include "core/flow/name.h"

/* Reads one record for a name of that kind; `record` and `places` as template_places left them.
 * Fills kind, described, id and text; false where there is none. */
MUST_CHECK bool naming_read(enum name_kind kind, const struct template *t, const uint8_t *record,
                            const struct place *places, struct name *ret);
