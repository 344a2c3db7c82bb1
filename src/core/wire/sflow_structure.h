/* sflow_structure: the structures inside sFlow samples, by their names, as JSON.
 *
 * Names of structures and members are those of "sFlow Version 5" and of its later additions at
 * sflow.org.  The layouts are rows of a table, for people to read what came; what becomes of
 * members in flow rows is decided elsewhere (collector/decode). */
#pragma once

#include "core/base/buf.h"
#include "core/wire/sflow.h"

/* Adds the name of a structure in a sample of this kind without quotes, e<ENTERPRISE>id<FORMAT>
 * where it is not known; in SFLOW_OTHER none is. */
void sflow_structure_name(struct buf *out, enum sflow_kind kind, uint32_t format);

/* Adds its members as one object, null from the first one that is not whole; a structure that is
 * not known is hexadecimal text. */
void sflow_structure_json(struct buf *out, enum sflow_kind kind, const struct sflow_record *record);
