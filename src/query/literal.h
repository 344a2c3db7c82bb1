/* literal: the texts of typed values: "1.5h", "1.02:03:04", "2026-11-05 06:07", "0x1f", a guid.
 *
 * Used for the literals of a query (datetime(…), 5m) and, through tests of the same forms, by the
 * conversion functions (todatetime, totimespan, toguid). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/flow/column.h"

/* A scalar as the program holds it.  Text is borrowed. */
struct value {
	enum kql_type type;
	bool null; /* never for strings */
	union {
		bool b;
		int64_t i; /* int, long, datetime, timespan */
		double f;
		struct {
			const char *at;
			size_t len;
		} s; /* string, guid (lower case), decimal (text), dynamic (JSON) */
	};
};

/* Whether name( starts a typed literal: datetime, date, time, timespan, int, …, dynamic. */
bool literal_type_known(const char *name, size_t len);

/* The type of that name ("double" is real, "date" datetime, …), or KQL_TYPE_COUNT. */
enum kql_type type_of_name(const char *name, size_t len);

/* "1.5" and "hours" to ticks, rounded to the nearest; false for an unknown unit or beyond 64 bits.
 */
MUST_CHECK bool timespan_from_units(const char *number, size_t number_len, const char *unit,
                                    size_t unit_len, int64_t *ret);

/* "[-][d.]hh:mm[:ss[.fffffff]]", "3" (days), "1.5h", "15 seconds"; blanks around are allowed. */
MUST_CHECK bool timespan_parse(const char *text, size_t len, int64_t *ret);

/* ISO 8601 and the relaxed forms that Kusto reads: "2026-11-05", "2026-11-05 6:07", with fraction
 * and zone, "11/5/2026", "Thu, 05 Nov 2026 06:07:08 GMT". */
MUST_CHECK bool datetime_parse(const char *text, size_t len, int64_t *ret);

/* 32 hexadecimal digits with or without dashes and braces, to lower case with dashes. */
enum { GUID_TEXT_LEN = 36 };
MUST_CHECK bool guid_parse(const char *text, size_t len, char ret[GUID_TEXT_LEN + 1]);

/* Decimal or 0x hexadecimal, sign allowed, blanks around allowed, nothing else. */
MUST_CHECK bool long_parse(const char *text, size_t len, int64_t *ret);

/* A decimal number, or nan, inf, infinity with a sign (any case). */
MUST_CHECK bool real_parse(const char *text, size_t len, double *ret);

/* true, false (any case), or a number, zero being false. */
MUST_CHECK bool bool_parse(const char *text, size_t len, bool *ret);
