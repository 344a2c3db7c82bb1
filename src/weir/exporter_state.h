/* exporter_state: what a workspace's collector knows of exporters, for the tools that show it.
 *
 * From the collector where one runs, else from the workspace, as of the last commit.  One thread;
 * as much memory as the collector's decoders have (collector/decode/stream.h). */
#pragma once

#include "collector/decode/decode.h"
#include "core/base/attr.h"
#include "core/base/err.h"

/* A decoder that knows it; of exporters that several workers know, what was heard last.  NULL on
 * failure; decoder_free gives it back. */
MUST_CHECK struct decoder *exporter_state_read(const char *workspace, struct err *e);
