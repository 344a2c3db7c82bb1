/* config_schema: every key that a configuration may have, one row each.
 *
 * Reading, defaults, ranges, error messages, `weir help config` and docs/configuration.md all come
 * from these rows.  To add a key: a member in struct config, and a row; a row after its section's
 * or list's row.  Constant, for any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/buf.h"
#include "weir/document.h"
#include "weir/problems.h"

enum config_type {
	CONFIG_SECTION,   /* a mapping of further keys */
	CONFIG_LIST,      /* struct { T *items; size_t count; }; items are mappings, or values where
	                     there is a row "PATH[]" */
	CONFIG_TEXT,      /* const char * */
	CONFIG_NUMBER,    /* uint32_t or uint64_t, by `size` */
	CONFIG_PREFIX,    /* struct ip_prefix */
	CONFIG_BANDWIDTH, /* uint64_t, bits per second, written as "10G" */
	CONFIG_TYPE_COUNT,
};

enum config_flag {
	CONFIG_REQUIRED = 1, /* in each item of its list */
	CONFIG_FIXED = 2,    /* read when a daemon starts; a reload changes nothing */
};

#define CONFIG_KEYS_MAX 128

struct config_key {
	const char *path;     /* "flows.max"; a list's items are "exporters[]" */
	size_t offset, size;  /* where its value goes in struct config, or in the list's item; of a
	                         list: size of an item */
	uint64_t least, most; /* of a number; of a text's bytes; of a list's items */
	const char *fallback; /* as it would be written; NULL: none (a zero); of a list of numbers:
	                         "1, 2" */
	const char *unit;     /* of a number: "flows"; of a text: NULL, or "one|of|these" */
	const char *help;     /* sentences with full stops */
	/* Checks and orders a list whose items are all good (config_list.c); may be NULL. */
	void (*finish)(const struct node *list, void *items, struct problems *problems);
	enum config_type type;
	unsigned flags; /* of enum config_flag, ORed */
};

extern const struct config_key config_keys[]; /* ends with an empty row */

/* The row of this path, or NULL. */
const struct config_key *config_key_find(const char *path, size_t len);

/* Whether `key` is directly inside the section or list of that path ("" for the top), and if so
 * its last word; else NULL. */
const char *config_key_within(const struct config_key *key, const char *parent);

/* The nearest key directly inside `parent` that `word` may have been meant to be, or NULL. */
const char *config_key_nearest(const char *parent, const char *word);

/* Adds the paths of CONFIG_FIXED keys that have another value in `b` than in `a`: "x.y, z". */
struct config;
void config_fixed_changes(const struct config *a, const struct config *b, struct buf *ret);

/* Adds the reference of all keys as Markdown that also reads well as it is. */
void config_reference(struct buf *out);
