/* document: a YAML text as a tree of nodes that know their places.
 *
 * Only what a configuration needs: mappings, lists and texts.  Anchors, aliases, tags and a second
 * document are problems.  No more than DOCUMENT_DEPTH levels are open at once; the number of nodes
 * is bounded by the arena's limit.  Nodes live in the arena. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/attr.h"
#include "weir/problems.h"

#define DOCUMENT_DEPTH 16

enum node_kind {
	NODE_TEXT,
	NODE_LIST,
	NODE_MAP,
};

struct node {
	enum node_kind kind;
	struct position position;
	const char *text;  /* of NODE_TEXT, NUL-terminated */
	size_t len;        /* of text, which may hold a NUL of its own */
	bool plain;        /* text without quotes */
	struct node *key;  /* of a mapping's child: a NODE_TEXT */
	struct node *next; /* the next child of the same parent */
	struct node *first;
	size_t count; /* children */
};

/* Reads the text; *ret is its root, or NULL where it holds nothing but comments.  False and at
 * least one problem where it is not such a document: all that can still be told apart are
 * reported. */
MUST_CHECK bool document_read(const char *text, size_t len, struct arena *memory, struct node **ret,
                              struct problems *problems);
