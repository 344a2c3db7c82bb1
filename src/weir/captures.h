/* captures: the datagrams of capture files on their way through a decoder. */
#pragma once

#include <stddef.h>

#include "collector/decode/decode.h"
#include "core/base/attr.h"
#include "core/base/err.h"
#include "weir/command.h"

/* Sends the datagrams of all files through one decoder, in the order given, and delivers the rows
 * that wait.  A file that ends in the middle of a packet is told on inv->err, and what came before
 * counts. False where a file cannot be read at all or the sink failed. */
MUST_CHECK bool captures_decode(const struct invocation *inv, struct decoder *decoder,
                                struct err *e);

/* Adds the decoder's outcomes other than "ok" to a text, one "  N cause: help" a line. */
struct buf;
void captures_causes(struct buf *out, const struct decode_counts *counts);
