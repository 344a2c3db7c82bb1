/* config_fill: from a document's tree to the members of struct config, by the rows of
 * config_schema.h. */
#pragma once

#include <stdbool.h>

#include "core/base/attr.h"
#include "core/base/buf.h"
#include "weir/config.h"
#include "weir/document.h"
#include "weir/problems.h"

/* Sets every key to its default; false where config->memory is exhausted. */
MUST_CHECK bool config_fill_defaults(struct config *config);

/* Sets what the tree says and reports everything that is wrong with it.  What was set is added to
 * *summary: "flows.max 5000, exporters (2)". */
void config_fill(struct config *config, const struct node *root, struct buf *summary,
                 struct problems *problems);
