/* names: what exporters call their interfaces, VRFs and applications, and the columns of it.
 *
 * A name holds for one exporter address and observation domain, whatever port its options came
 * from. Rows are given names when they are written, each time anew: names are no part of a row, nor
 * of its key, and are not read back with it.  So a name that was told within a minute is in all
 * rows of that minute once it is closed, rows that were written before keep what they had, and a
 * name that changes never parts what belongs together.
 *
 *     InputInterfaceName, OutputInterfaceName    by InputInterface, OutputInterface
 *     IngressVrfName, EgressVrfName              by IngressVrf, EgressVrf
 *     Application                                by ApplicationId
 *
 * A proper name goes before a description, whichever came last; else the last one counts.  Names
 * outlive templates, streams and restarts of their exporter, since most exporters keep their
 * numbers and all repeat their names.
 *
 * Bound: NAMES_MOST names, of which NAMES_MOST / NAMES_SHARE are one exporter's address's, and
 * NAME_TEXTS different texts (name_texts.h): 32 MiB.  At its own bound an exporter's name that was
 * repeated longest ago goes for a new one.  At the bound of all, or of texts, the one among all
 * that was repeated longest ago goes if that was NAMES_STALE ago; else the new one is refused, and
 * counted. So nobody pushes out names that are repeated.
 *
 * One thread: the one that commits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/base/ticks.h"
#include "core/flow/name.h"
#include "workspace/workspace.h"

enum {
	NAMES_MOST = 131072,
	NAMES_SHARE = 8,
	NAMES_COLUMNS = 5,
};

#define NAMES_STALE TICKS_PER_DAY

struct names; /* opaque */

MUST_CHECK struct names *names_new(struct err *e);
void names_free(struct names *names); /* NULL is fine */

/* Takes what was told, in order. */
void names_learn(struct names *names, const struct name *told, size_t count);

/* Rows that are added to the commit from now on have the names that are known at that moment.
 * Borrows all until the commit ends. */
void names_enrich(const struct names *names, struct commit *commit);

/* Calls `see` for every name, those that were repeated longest ago first; borrowed for the call. */
void names_each(const struct names *names, void (*see)(void *context, const struct name *name),
                void *context);

size_t names_count(const struct names *names);
uint64_t names_refused(const struct names *names); /* since names_new */
size_t names_memory(const struct names *names);    /* octets, about */
size_t names_bound(void);

/* ---- kept across restarts ---- */

/* Whether a text has come, changed or gone since names_saved. */
bool names_changed(const struct names *names);
void names_saved(struct names *names);

/* Adds all names as octets; names_load learns them again.  False (ERR_DATA) where the octets are
 * not that; names before the fault are kept. */
void names_save(const struct names *names, struct buf *out);
MUST_CHECK bool names_load(struct names *names, const void *octets, size_t len, struct err *e);
