/* captures: the datagrams of the capture files that a command was given. */
#pragma once

#include <stddef.h>

#include "collector/decode/decode.h"
#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/packet/datagram.h"
#include "weir/command.h"

/* Hands the datagrams of one file to `take`.  A file that ends in the middle of a packet is told on
 * inv->err, and what came before counts.  False where the file cannot be read at all or `take`
 * failed. */
MUST_CHECK bool capture_read(const struct invocation *inv, const char *path,
                             bool (*take)(void *context, const struct datagram *, struct err *),
                             void *context, struct err *e);

/* Makes up for what files leave out: data waits for its template until all have been read, at most
 * 128 MiB of an exporter; and a template that they hold once only does not expire, since nobody
 * knows at what interval it was repeated. */
void captures_patience(struct decoder_config *config);

/* Sends the datagrams of all files through one decoder, in the order given, gives up what still
 * waits for its template, and delivers the rows that wait. */
MUST_CHECK bool captures_decode(const struct invocation *inv, struct decoder *decoder,
                                struct err *e);

/* Adds the decoder's outcomes other than "ok" to a text, one "  N cause: help" a line. */
struct buf;
void captures_causes(struct buf *out, const struct decode_counts *counts);
