/* sql_time: datetimes and timespans, both ticks (see sql_functions.h). */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/ticks.h"
#include "query/literal.h"
#include "query/sql_json.h"

static void answer_date(struct db_answer *ret, int64_t ticks)
{
	if (ticks >= 0 && ticks <= TICKS_MAX)
		db_answer_i64(ret, ticks);
}

SQL(datetime_of_long)
{
	if (!any_null(a, n))
		answer_date(ret, a[0].i);
}

SQL(datetime_of_text)
{
	int64_t ticks;
	if (!any_null(a, n) && datetime_parse(a[0].s.at, a[0].s.len, &ticks))
		db_answer_i64(ret, ticks);
}

SQL(timespan_of_text)
{
	int64_t ticks;
	if (!any_null(a, n) && timespan_parse(a[0].s.at, a[0].s.len, &ticks))
		db_answer_i64(ret, ticks);
}

/* Seven digits of a second, always. */
SQL(text_of_datetime)
{
	if (any_null(a, n) || a[0].i < 0 || a[0].i > TICKS_MAX) {
		answer_empty(ret);
		return;
	}
	put_datetime_text(&ret->scratch, a[0].i);
	db_answer_scratch(ret);
}

SQL(text_of_timespan)
{
	char text[TICKS_TEXT_MAX];
	if (any_null(a, n)) {
		answer_empty(ret);
		return;
	}
	buf_add(&ret->scratch, text, timespan_format(a[0].i, text));
	db_answer_scratch(ret);
}

/* ---- parts of dates ---- */

enum part {
	PART_YEAR,
	PART_QUARTER,
	PART_MONTH,
	PART_WEEK,
	PART_DAY,
	PART_HOUR,
	PART_MINUTE,
	PART_SECOND,
	PART_MILLISECOND,
	PART_MICROSECOND,
	PART_NANOSECOND,
	PART_DAY_OF_YEAR,
	PART_WEEK_OF_YEAR,
	PART_COUNT,
};

/* ticks: of what is of one length; a nanosecond is less than a tick */
static const struct {
	const char *name;
	int64_t ticks;
} part_rows[PART_COUNT] = {
	[PART_YEAR] = { "year", 0 },
	[PART_QUARTER] = { "quarter", 0 },
	[PART_MONTH] = { "month", 0 },
	[PART_WEEK] = { "week", 7 * TICKS_PER_DAY },
	[PART_DAY] = { "day", TICKS_PER_DAY },
	[PART_HOUR] = { "hour", TICKS_PER_HOUR },
	[PART_MINUTE] = { "minute", TICKS_PER_MINUTE },
	[PART_SECOND] = { "second", TICKS_PER_SECOND },
	[PART_MILLISECOND] = { "millisecond", TICKS_PER_MS },
	[PART_MICROSECOND] = { "microsecond", TICKS_PER_US },
	[PART_NANOSECOND] = { "nanosecond", 0 },
	[PART_DAY_OF_YEAR] = { "dayofyear", 0 },
	[PART_WEEK_OF_YEAR] = { "week_of_year", 0 },
};

static enum part part_named(struct db_text name)
{
	for (int i = 0; i < PART_COUNT; i++)
		if (strlen(part_rows[i].name) == name.len &&
		    strncasecmp(part_rows[i].name, name.at, name.len) == 0)
			return (enum part)i;
	return PART_COUNT;
}

static int month_length(int year, int month)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return lengths[month - 1] + (month == 2 && leap);
}

/* Moves by months; the day is cut to the month's last.  False outside years 1 to 9999. */
static bool add_months(int64_t ticks, int64_t months, int64_t *ret)
{
	struct date d = ticks_to_date(ticks);
	if (months > 120000 || months < -120000)
		return false;
	int64_t month = (int64_t)d.year * 12 + d.month - 1 + months;
	if (month < 12 || month >= 120000)
		return false;
	d.year = (int)(month / 12);
	d.month = (int)(month % 12) + 1;
	if (d.day > month_length(d.year, d.month))
		d.day = month_length(d.year, d.month);
	*ret = ticks_from_date(d) + ticks % TICKS_PER_DAY;
	return true;
}

static bool add_part(enum part part, int64_t amount, int64_t ticks, int64_t *ret)
{
	int64_t span, months;
	switch (part) {
	case PART_YEAR:
		return !__builtin_mul_overflow(amount, 12, &months) &&
		       add_months(ticks, months, ret);
	case PART_QUARTER:
		return !__builtin_mul_overflow(amount, 3, &months) &&
		       add_months(ticks, months, ret);
	case PART_MONTH: return add_months(ticks, amount, ret);
	case PART_NANOSECOND: return !__builtin_add_overflow(ticks, amount / 100, ret);
	default: break;
	}
	return part_rows[part].ticks &&
	       !__builtin_mul_overflow(amount, part_rows[part].ticks, &span) &&
	       !__builtin_add_overflow(ticks, span, ret);
}

static bool is_date(int64_t ticks)
{
	return ticks >= 0 && ticks <= TICKS_MAX;
}

SQL(datetime_add)
{
	int64_t moved;
	if (any_null(a, n) || !is_date(a[2].i))
		return;
	enum part part = part_named(a[0].s);
	if (part < PART_DAY_OF_YEAR && add_part(part, a[1].i, a[2].i, &moved))
		answer_date(ret, moved);
}

static int64_t weekday(int64_t ticks) /* 0 is Sunday; 0001-01-01 was a Monday */
{
	return (ticks / TICKS_PER_DAY + 1) % 7;
}

/* The number of the part since year 1, so that differences count boundaries. */
static int64_t part_number(enum part part, int64_t ticks)
{
	struct date d = ticks_to_date(ticks);
	switch (part) {
	case PART_YEAR: return d.year;
	case PART_QUARTER: return d.year * INT64_C(4) + (d.month - 1) / 3;
	case PART_MONTH: return d.year * INT64_C(12) + d.month;
	case PART_WEEK: return (ticks / TICKS_PER_DAY + 1) / 7;
	case PART_NANOSECOND: return ticks;
	default: return ticks / part_rows[part].ticks;
	}
}

SQL(datetime_diff)
{
	if (any_null(a, n) || !is_date(a[1].i) || !is_date(a[2].i))
		return;
	enum part part = part_named(a[0].s);
	if (part >= PART_DAY_OF_YEAR)
		return;
	int64_t difference = part_number(part, a[1].i) - part_number(part, a[2].i), nano;
	if (part != PART_NANOSECOND)
		db_answer_i64(ret, difference);
	else if (!__builtin_mul_overflow(difference, 100, &nano))
		db_answer_i64(ret, nano);
}

static int64_t day_of_year(int64_t ticks)
{
	struct date d = ticks_to_date(ticks);
	return (ticks - ticks_from_date((struct date){ d.year, 1, 1 })) / TICKS_PER_DAY + 1;
}

/* ISO 8601: the week belongs to the year of its Thursday. */
static int64_t week_of_year(int64_t ticks)
{
	int64_t monday_based = (weekday(ticks) + 6) % 7;
	int64_t thursday = ticks + (3 - monday_based) * TICKS_PER_DAY;
	return thursday < 0 ? 1 : (day_of_year(thursday) - 1) / 7 + 1;
}

static int64_t part_of(enum part part, int64_t ticks)
{
	struct date d = ticks_to_date(ticks);
	int64_t day = ticks % TICKS_PER_DAY, second = ticks % TICKS_PER_SECOND;
	switch (part) {
	case PART_YEAR: return d.year;
	case PART_QUARTER: return (d.month - 1) / 3 + 1;
	case PART_MONTH: return d.month;
	case PART_DAY: return d.day;
	case PART_HOUR: return day / TICKS_PER_HOUR;
	case PART_MINUTE: return day / TICKS_PER_MINUTE % 60;
	case PART_SECOND: return day / TICKS_PER_SECOND % 60;
	case PART_MILLISECOND: return second / TICKS_PER_MS;
	case PART_MICROSECOND: return second / TICKS_PER_US;
	case PART_NANOSECOND: return second * 100;
	case PART_DAY_OF_YEAR: return day_of_year(ticks);
	default: return week_of_year(ticks);
	}
}

SQL(datetime_part)
{
	if (any_null(a, n) || !is_date(a[1].i))
		return;
	enum part part = part_named(a[0].s);
	if (part != PART_COUNT)
		db_answer_i64(ret, part_of(part, a[1].i));
}

SQL(day_of_week)
{
	if (!any_null(a, n) && is_date(a[0].i))
		db_answer_i64(ret, weekday(a[0].i) * TICKS_PER_DAY);
}

/* ---- starts and ends ---- */

static int64_t start_of_part(enum part part, int64_t ticks)
{
	struct date d = ticks_to_date(ticks);
	int64_t day = ticks - ticks % TICKS_PER_DAY;
	switch (part) {
	case PART_YEAR: return ticks_from_date((struct date){ d.year, 1, 1 });
	case PART_MONTH: return ticks_from_date((struct date){ d.year, d.month, 1 });
	case PART_WEEK: return day - weekday(ticks) * TICKS_PER_DAY;
	default: return day;
	}
}

/* start_of(part, date, offset); an end is one tick before the next start */
static bool start_moved(const struct db_cell *a, size_t n, int64_t more, int64_t *ret)
{
	int64_t offset = n > 2 ? a[2].i : 0;
	if (any_null(a, n) || !is_date(a[1].i) || __builtin_add_overflow(offset, more, &offset))
		return false;
	enum part part = part_named(a[0].s);
	return part < PART_DAY_OF_YEAR && add_part(part, offset, start_of_part(part, a[1].i), ret);
}

SQL(start_of)
{
	int64_t ticks;
	if (start_moved(a, n, 0, &ticks))
		answer_date(ret, ticks);
}

SQL(end_of)
{
	int64_t ticks;
	if (start_moved(a, n, 1, &ticks))
		answer_date(ret, ticks - 1);
	else if (start_moved(a, n, 0, &ticks) && is_date(ticks))
		db_answer_i64(ret, TICKS_MAX); /* the next start lies beyond year 9999 */
}

/* ---- making ---- */

SQL(make_datetime)
{
	int64_t day = 0, month = a[1].i;
	if (any_null(a, n) || a[0].i < 1 || a[0].i > 9999 || month < 1 || month > 12)
		return;
	if (a[2].i < 1 || a[2].i > month_length((int)a[0].i, (int)month))
		return;
	double second = n > 5 ? a[5].f : 0;
	int64_t hour = n > 3 ? a[3].i : 0, minute = n > 4 ? a[4].i : 0;
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || !(second >= 0 && second < 60))
		return;
	day = hour * TICKS_PER_HOUR + minute * TICKS_PER_MINUTE +
	      (int64_t)round(second * (double)TICKS_PER_SECOND);
	struct date date = { (int)a[0].i, (int)month, (int)a[2].i };
	answer_date(ret, ticks_from_date(date) + day);
}

SQL(make_timespan)
{
	if (any_null(a, n) || a[0].i < 0 || a[0].i > 10675198 || a[1].i < 0 || a[1].i > 23 ||
	    a[2].i < 0 || a[2].i > 59 || !(a[3].f >= 0 && a[3].f < 60))
		return;
	db_answer_i64(ret, a[0].i * TICKS_PER_DAY + a[1].i * TICKS_PER_HOUR +
	                       a[2].i * TICKS_PER_MINUTE +
	                       (int64_t)round(a[3].f * (double)TICKS_PER_SECOND));
}

/* unix_time(number, ticks of one) */
SQL(unix_time)
{
	if (any_null(a, n))
		return;
	double ticks = round(a[0].f * a[1].f);
	if (fabs(ticks) < 4e18)
		answer_date(ret, TICKS_UNIX_EPOCH + (int64_t)ticks);
}

/* ---- formats ---- */

/* How often the letter at `at` is repeated. */
static size_t run(struct db_text format, size_t at)
{
	size_t end = at + 1;
	while (end < format.len && format.at[end] == format.at[at])
		end++;
	return end - at;
}

/* 'f': that many digits, cut; 'F': without trailing zeros. */
static void put_fraction(struct buf *out, int64_t ticks, size_t count, bool trim)
{
	char digits[16];
	snprintf(digits, sizeof digits, "%07d", (int)(ticks % TICKS_PER_SECOND));
	while (trim && count && digits[count - 1] == '0')
		count--;
	buf_add(out, digits, count);
}

static bool put_number(struct buf *out, int64_t value, size_t count)
{
	if (count > 2)
		return false;
	buf_printf(out, "%0*d", (int)count, (int)value);
	return true;
}

/* One run of a letter of a date's format; false for an unknown one. */
static bool put_date_field(struct buf *out, char letter, size_t count, int64_t ticks)
{
	struct date d = ticks_to_date(ticks);
	int64_t hour = part_of(PART_HOUR, ticks);
	switch (letter) {
	case 'y':
		if (count == 4)
			buf_printf(out, "%04d", d.year);
		return count == 4 || (count <= 2 && put_number(out, d.year % 100, count));
	case 'M': return put_number(out, d.month, count);
	case 'd': return put_number(out, d.day, count);
	case 'H': return put_number(out, hour, count);
	case 'h': return put_number(out, hour % 12 ? hour % 12 : 12, count);
	case 'm': return put_number(out, part_of(PART_MINUTE, ticks), count);
	case 's': return put_number(out, part_of(PART_SECOND, ticks), count);
	case 'f':
	case 'F':
		if (count > 7)
			return false;
		put_fraction(out, ticks, count, letter == 'F');
		return true;
	case 't': buf_add(out, hour < 12 ? "AM" : "PM", count == 1 ? 1 : 2); return count <= 2;
	default: return false;
	}
}

static bool is_delimiter(char c)
{
	return strchr(" /-:,._[]TZ", c) && c;
}

SQL(format_datetime)
{
	if (any_null(a, n) || !is_date(a[0].i)) {
		answer_empty(ret);
		return;
	}
	struct db_text format = a[1].s;
	for (size_t at = 0, count; at < format.len; at += count) {
		count = run(format, at);
		if (is_delimiter(format.at[at])) {
			buf_add(&ret->scratch, format.at + at, count);
		} else if (!put_date_field(&ret->scratch, format.at[at], count, a[0].i)) {
			answer_empty(ret);
			return;
		}
	}
	db_answer_scratch(ret);
}

static bool put_span_field(struct buf *out, char letter, size_t count, int64_t ticks)
{
	switch (letter) {
	case 'd':
		buf_printf(out, "%0*lld", (int)(count < 8 ? count : 8),
		           (long long)(ticks / TICKS_PER_DAY));
		return count <= 8;
	case 'H':
	case 'h': return put_number(out, ticks / TICKS_PER_HOUR % 24, count);
	case 'm': return put_number(out, ticks / TICKS_PER_MINUTE % 60, count);
	case 's': return put_number(out, ticks / TICKS_PER_SECOND % 60, count);
	case 'f':
	case 'F':
		if (count > 7)
			return false;
		put_fraction(out, ticks, count, letter == 'F');
		return true;
	default: return false;
	}
}

SQL(format_timespan)
{
	if (any_null(a, n) || a[0].i == INT64_MIN) {
		answer_empty(ret);
		return;
	}
	struct db_text format = a[1].s;
	int64_t ticks = a[0].i < 0 ? -a[0].i : a[0].i;
	if (a[0].i < 0)
		buf_putc(&ret->scratch, '-');
	for (size_t at = 0, count; at < format.len; at += count) {
		count = run(format, at);
		if (is_delimiter(format.at[at])) {
			buf_add(&ret->scratch, format.at + at, count);
		} else if (!put_span_field(&ret->scratch, format.at[at], count, ticks)) {
			answer_empty(ret);
			return;
		}
	}
	db_answer_scratch(ret);
}

/* Microseconds since 1970, as the database's own functions of time zones count, and back. */
SQL(micros)
{
	if (!any_null(a, n))
		db_answer_i64(ret, (a[0].i - TICKS_UNIX_EPOCH) / 10);
}

SQL(of_micros)
{
	int64_t ticks;
	if (!any_null(a, n) && !__builtin_mul_overflow(a[0].i, 10, &ticks) &&
	    !__builtin_add_overflow(ticks, TICKS_UNIX_EPOCH, &ticks) && ticks >= 0 &&
	    ticks <= TICKS_MAX)
		db_answer_i64(ret, ticks);
}

/* clang-format off */
const struct db_function sql_time[] = {
	{ "k_datetime_of_long", "i",       'i', false, datetime_of_long },
	{ "k_datetime_of_text", "s",       'i', false, datetime_of_text },
	{ "k_timespan_of_text", "s",       'i', false, timespan_of_text },
	{ "k_text_of_datetime", "i",       's', false, text_of_datetime },
	{ "k_text_of_timespan", "i",       's', false, text_of_timespan },
	{ "k_datetime_add",     "sii",     'i', false, datetime_add },
	{ "k_datetime_diff",    "sii",     'i', false, datetime_diff },
	{ "k_datetime_part",    "si",      'i', false, datetime_part },
	{ "k_day_of_week",      "i",       'i', false, day_of_week },
	{ "k_start_of",         "sii*",    'i', false, start_of },
	{ "k_end_of",           "sii*",    'i', false, end_of },
	{ "k_make_timespan",    "iiif",    'i', false, make_timespan },
	{ "k_unix_time",        "ff",      'i', false, unix_time },
	{ "k_format_datetime",  "is",      's', false, format_datetime },
	{ "k_format_timespan",  "is",      's', false, format_timespan },
	{ "k_make_datetime",    "iiiiif",  'i', false, make_datetime },
	{ "k_micros",           "i",       'i', false, micros },
	{ "k_of_micros",        "i",       'i', false, of_micros },
};
/* clang-format on */
const size_t sql_time_count = ARRAY_LEN(sql_time);
