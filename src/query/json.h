/* json: the text of dynamic values.
 *
 * A dynamic value is held everywhere, in SQL too, as compact JSON text in a VARCHAR; SQL's NULL is
 * dynamic(null).  Text rather than a tree of the database's own, because Kusto's rules (missing
 * keys, negative indexes, what equals what) then live in one place, and because such text goes to
 * clients as it is.  json_canonical makes it from what people or rows hold; everything else here
 * reads such text, never beyond its end, in bounded memory and without recursion. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/buf.h"

enum { JSON_DEPTH_MAX = 128 };

enum json_kind {
	JSON_NONE, /* no text: as null */
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_BAG,
};

/* A value, or what is left of the inside of an array or bag. */
struct json {
	const char *at;
	size_t len;
};

/* Adds the compact form of any JSON text (RFC 8259); false where it is none or nested too deep,
 * and then *out is to be thrown away.  `relaxed` also takes what KQL's dynamic(…) allows: strings
 * in single quotes, datetime(…), timespan(…) and other typed literals. */
MUST_CHECK bool json_canonical(struct buf *out, const char *text, size_t len, bool relaxed);

enum json_kind json_kind(struct json value);

/* The inside of an array or bag, for json_next and json_next_pair; empty for other values. */
struct json json_inside(struct json value);
MUST_CHECK bool json_next(struct json *inside, struct json *ret);
MUST_CHECK bool json_next_pair(struct json *inside, struct json *ret_key, struct json *ret);

/* Adds the text that a JSON string stands for. */
void json_string_text(struct json string, struct buf *out);
bool json_string_equals(struct json string, const char *text, size_t len);

bool json_is_true(struct json value);
double json_number(struct json number);
bool json_whole(struct json number,
                int64_t *ret); /* false where it has a fraction or is too large */

/* The element at `index`, from the end where negative; the value of a key.  False where there is
 * none. */
MUST_CHECK bool json_element(struct json array, int64_t index, struct json *ret);
MUST_CHECK bool json_member(struct json bag, const char *key, size_t key_len, struct json *ret);

/* Whether both are the same value: numbers as numbers, bags whatever their order. */
bool json_same(struct json a, struct json b);

/* Order among numbers, among strings, among booleans; INT_MIN where there is none. */
int json_compare(struct json a, struct json b);
