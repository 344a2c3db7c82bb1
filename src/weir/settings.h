/* settings: what of the configuration a running collector uses and may be given anew (SIGHUP).
 *
 * Constant once it is made; made and freed by the collector's own thread, while workers read the
 * parts that worker_set gave them.  So settings that were replaced are kept until every worker has
 * taken the new ones (worker_settled). */
#pragma once

#include <stdio.h>

#include "collector/decode/decode.h"
#include "collector/enrich/enrich.h"
#include "collector/receive/allow_list.h"
#include "core/base/attr.h"
#include "core/base/err.h"
#include "weir/config.h"

struct settings {
	const struct config *config;
	struct config *loaded; /* the same where it is ours to free, else NULL */
	struct allow_list *allowed;
	struct enricher *enricher;
	struct enriching enriching;
	struct enrichment enrichment;
};

/* Of a configuration that is borrowed until settings_free. */
MUST_CHECK struct settings *settings_new(const struct config *config, struct err *e);

/* Reads the file again; a file with a problem yields NULL, and its problems are printed on `log`.
 * So is which keys have new values that only a restart makes hold. */
MUST_CHECK struct settings *settings_load(const char *path, const struct settings *before,
                                          FILE *log, struct err *e);
void settings_free(struct settings *settings); /* NULL is fine */

struct decoder_config settings_decoder(const struct settings *settings);
