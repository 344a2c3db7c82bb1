/* ticks: time as Kusto counts it, in ticks of 100 ns since 0001-01-01T00:00:00Z.
 *
 * datetime and timespan are both int64_t ticks everywhere: in rows, in segments and in SQL.
 * A datetime lies in years 1 to 9999: 0 to TICKS_MAX.  The proleptic Gregorian calendar, no leap
 * seconds, UTC. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"

#define TICKS_PER_US     INT64_C(10)
#define TICKS_PER_MS     INT64_C(10000)
#define TICKS_PER_SECOND INT64_C(10000000)
#define TICKS_PER_MINUTE (60 * TICKS_PER_SECOND)
#define TICKS_PER_HOUR   (60 * TICKS_PER_MINUTE)
#define TICKS_PER_DAY    (24 * TICKS_PER_HOUR)
#define TICKS_UNIX_EPOCH INT64_C(621355968000000000)  /* 1970-01-01 */
#define TICKS_MAX        INT64_C(3155378975999999999) /* 9999-12-31T23:59:59.9999999Z */

#define TICKS_TEXT_MAX   32 /* longest text, NUL included */

static inline int64_t ticks_from_unix_ms(int64_t ms)
{
	return TICKS_UNIX_EPOCH + ms * TICKS_PER_MS;
}

static inline int64_t ticks_from_unix_ns(int64_t ns)
{
	return TICKS_UNIX_EPOCH + ns / 100;
}

int64_t ticks_now(void);    /* the system's clock */
int64_t ticks_steady(void); /* of a clock that is never set: for stretches of time only */

/* A day of the calendar; month 1 to 12, day 1 to 31.  ticks_from_date does not check its input. */
struct date {
	int year, month, day;
};
int64_t ticks_from_date(struct date date);
struct date ticks_to_date(int64_t ticks);

/* "2026-11-05T06:07:08.25Z": no fraction when it is zero, else trailing zeros dropped.
 * Returns the length without the NUL. */
size_t ticks_format(int64_t ticks, char text[TICKS_TEXT_MAX]);

/* "[-][d.]hh:mm:ss[.fffffff]": days only when not zero, the fraction absent or of 7 digits. */
size_t timespan_format(int64_t ticks, char text[TICKS_TEXT_MAX]);

/* Reads an ISO 8601 date with or without time, fraction and zone ("2026-11-05",
 * "2026-11-05T06:07:08.25Z", "2026-11-05 06:07:08+01:00"); UTC where no zone is given. */
MUST_CHECK bool ticks_parse(const char *text, int64_t *ret);
