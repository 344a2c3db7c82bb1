/* config_circuits: what the list of circuits must satisfy as a whole. */
#pragma once

#include "weir/document.h"
#include "weir/problems.h"

/* Notes in each struct circuit which parts its item states.  A rule that another one shadows is a
 * problem, which names the lines of both. */
void circuits_finish(const struct node *list, void *items, struct problems *problems);
