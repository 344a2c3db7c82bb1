/* sample: a flow sample's records as columns of a row (sflow.h says which and why). */
#pragma once

#include "core/flow/row.h"
#include "core/wire/rc.h"
#include "core/wire/sflow.h"

/* Fills in what the sample tells, but for its rate, and consumes its records.  `row` is a
 * prototype. WIRE_OK, or what was wrong with it; whatever could be read is filled in all the same.
 */
enum wire_rc sample_fill(struct flow_row *row, struct sflow_sample *sample);
