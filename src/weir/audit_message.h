/* audit_message: a query that was answered, as the asking program tells the collector of it.
 *
 * One datagram: an octet AUDIT_VERSION, eight octets that say which columns it has (the presence
 * bits of struct query_audit), then these in the order of their bits: a text as two octets with its
 * length and so many octets, anything else as a number of eight octets.  Network byte order.  What
 * the collector knows better is not told: when it was, and who asked.
 *
 * Bounds: AUDIT_QUERY_MAX octets of the query, AUDIT_WORD_MAX of every other text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"
#include "core/base/buf.h"
#include "core/flow/plain.h"

enum {
	AUDIT_VERSION = 1,
	AUDIT_QUERY_MAX = 8192,
	AUDIT_WORD_MAX = 512,
	AUDIT_MESSAGE_MAX = 16384, /* none is longer */
};

/* Adds the message of what a row has; texts are cut at a character's end, QueryTextCut says so of
 * the query. */
void audit_message_write(const struct query_audit *row, struct buf *out);

/* False where the octets are no such message, to the last: a column that is not told, a text beyond
 * its bound, a number that the column does not hold.  Texts are borrowed from the octets. */
MUST_CHECK bool audit_message_read(const void *octets, size_t len, struct query_audit *ret);
