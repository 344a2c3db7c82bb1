/* packet_source: the packets of a capture file, as if they were captured now.
 *
 * Times are the file's.  Direction is not known to a file and is told as ingress.  A packet that
 * was not captured whole counts with the length that it had.  Memory: that of
 * core/packet/packet_file.h.  One owner, one thread. */
#pragma once

#include <stdbool.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/packet/observed.h"
#include "exporter/capture/observer.h"

struct packet_source; /* opaque */

/* ERR_IO where the file cannot be opened, ERR_DATA where it is no capture or one of a link type
 * that cannot be read. */
MUST_CHECK struct packet_source *
packet_source_open(const char *path, const struct selector_config *sampling, struct err *e);
void packet_source_close(struct packet_source *s); /* NULL is fine */

/* Reads at most `most` frames and hands what is sampled of them to the sink.  False at the end,
 * with e set (ERR_DATA) where the file is damaged: what was handed on before counts. */
MUST_CHECK bool packet_source_read(struct packet_source *s, unsigned most,
                                   struct observed_sink sink, struct err *e);

const struct observer_counts *packet_source_counts(const struct packet_source *s);
