/* exporter_nat: NAT events of this host, on their way to the collectors.
 *
 * What exporter/nat tells is put into the records of exporter/emit; where collectors share hosts,
 * an event goes where its source address before translation says, as flows do.  One thread. */
#pragma once

#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "exporter/emit/emit.h"
#include "exporter/nat/nat_source.h"

struct exporter_nat; /* opaque */

/* Opens what needs privileges; logging is copied, its lists are borrowed. */
MUST_CHECK struct exporter_nat *exporter_nat_open(const struct nat_logging *logging, struct err *e);
void exporter_nat_close(struct exporter_nat *n); /* NULL is fine */

/* See nat_source_notice. */
const char *exporter_nat_notice(const struct exporter_nat *n);

/* Where events go from now on; tells their templates. */
void exporter_nat_begin(struct exporter_nat *n, struct emit *emit);

/* For poll. */
int exporter_nat_fd(const struct exporter_nat *n);

/* Exports what there is; to be called when the descriptor is readable, and once a second at least.
 */
void exporter_nat_work(struct exporter_nat *n, int64_t now);

/* The last events. */
void exporter_nat_end(struct exporter_nat *n, int64_t now);

struct nat_source_counts exporter_nat_counts(const struct exporter_nat *n);
