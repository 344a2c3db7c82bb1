/* counters: an sFlow sample of counters as a row of SflowCounters.
 *
 * A structure's members stand on the wire in the order of their columns in registry/columns.csv,
 * and are as wide as these: so a structure is a row of a table that names its first column and its
 * last. The largest value of a counter says that the agent does not have it ("sFlow Version 5"):
 * null. */
#pragma once

#include <stdbool.h>

#include "core/flow/plain.h"
#include "core/wire/rc.h"
#include "core/wire/sflow.h"

/* Fills in what the sample's structures tell, and consumes its records; *ret_any says whether there
 * was one that has columns.  WIRE_OK, or what was wrong with it; what was whole is filled in all
 * the same. */
enum wire_rc counters_fill(struct sflow_counters *row, struct sflow_sample *sample, bool *ret_any);
