#include "core/base/ticks.h"

#include <stdio.h>
#include <time.h>

static int64_t ticks_of(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return t.tv_sec * TICKS_PER_SECOND + t.tv_nsec / 100;
}

int64_t ticks_now(void)
{
	return TICKS_UNIX_EPOCH + ticks_of(CLOCK_REALTIME);
}

int64_t ticks_steady(void)
{
	return ticks_of(CLOCK_MONOTONIC);
}

/* Days since 0001-01-01.  The year is taken to start in March, so that the leap day is its last. */
static int64_t days_from_date(struct date d)
{
	int64_t year = d.month <= 2 ? d.year - 1 : d.year;
	int64_t month = d.month <= 2 ? d.month + 9 : d.month - 3;
	int64_t days_before_month = (153 * month + 2) / 5;
	return 365 * year + year / 4 - year / 100 + year / 400 + days_before_month + d.day - 1 -
	       306;
}

int64_t ticks_from_date(struct date date)
{
	return days_from_date(date) * TICKS_PER_DAY;
}

struct date ticks_to_date(int64_t ticks)
{
	int64_t days = ticks / TICKS_PER_DAY + 306; /* since 0000-03-01 */
	int64_t era = days / 146097;                /* 400 years */
	int64_t of_era = days % 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153; /* 0 is March */
	struct date date = {
		.year = (int)(year + era * 400 + (month >= 10)),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)(of_year - (153 * month + 2) / 5 + 1),
	};
	return date;
}

size_t ticks_format(int64_t ticks, char text[TICKS_TEXT_MAX])
{
	struct date d = ticks_to_date(ticks);
	int64_t rest = ticks % TICKS_PER_DAY;
	int seconds = (int)(rest / TICKS_PER_SECOND);
	int fraction = (int)(rest % TICKS_PER_SECOND);
	int n = snprintf(text, TICKS_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", d.year, d.month,
	                 d.day, seconds / 3600, seconds / 60 % 60, seconds % 60);
	if (fraction) {
		n += snprintf(text + n, TICKS_TEXT_MAX - (size_t)n, ".%07d", fraction);
		while (text[n - 1] == '0')
			n--;
	}
	text[n++] = 'Z';
	text[n] = '\0';
	return (size_t)n;
}

size_t timespan_format(int64_t ticks, char text[TICKS_TEXT_MAX])
{
	uint64_t all = ticks < 0 ? 0 - (uint64_t)ticks : (uint64_t)ticks;
	uint64_t days = all / (uint64_t)TICKS_PER_DAY;
	unsigned seconds = (unsigned)(all % (uint64_t)TICKS_PER_DAY / (uint64_t)TICKS_PER_SECOND);
	unsigned fraction = (unsigned)(all % (uint64_t)TICKS_PER_SECOND);
	int n = 0;
	if (ticks < 0)
		text[n++] = '-';
	if (days)
		n += snprintf(text + n, TICKS_TEXT_MAX - (size_t)n, "%llu.",
		              (unsigned long long)days);
	n += snprintf(text + n, TICKS_TEXT_MAX - (size_t)n, "%02u:%02u:%02u", seconds / 3600,
	              seconds / 60 % 60, seconds % 60);
	if (fraction)
		n += snprintf(text + n, TICKS_TEXT_MAX - (size_t)n, ".%07u", fraction);
	return (size_t)n;
}

/* Reads exactly `digits` digits. */
static bool take_number(const char **at, int digits, int *ret)
{
	int n = 0;
	for (int i = 0; i < digits; i++) {
		if ((*at)[i] < '0' || (*at)[i] > '9')
			return false;
		n = n * 10 + ((*at)[i] - '0');
	}
	*at += digits;
	*ret = n;
	return true;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month == 2 && leap ? 29 : days[month - 1];
}

static bool take_date(const char **at, int64_t *ret)
{
	struct date d;
	if (!take_number(at, 4, &d.year) || *(*at)++ != '-' || !take_number(at, 2, &d.month) ||
	    *(*at)++ != '-' || !take_number(at, 2, &d.day))
		return false;
	if (d.year < 1 || d.month < 1 || d.month > 12 || d.day < 1 ||
	    d.day > days_in_month(d.year, d.month))
		return false;
	*ret = ticks_from_date(d);
	return true;
}

/* hh:mm[:ss[.f…]], at most 7 digits of the fraction count */
static bool take_time(const char **at, int64_t *ret)
{
	int hour, minute, second = 0;
	if (!take_number(at, 2, &hour) || *(*at)++ != ':' || !take_number(at, 2, &minute))
		return false;
	if (**at == ':') {
		++*at;
		if (!take_number(at, 2, &second))
			return false;
	}
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	int64_t ticks = ((hour * 60 + minute) * INT64_C(60) + second) * TICKS_PER_SECOND;
	if (**at == '.') {
		int64_t unit = TICKS_PER_SECOND / 10;
		for (++*at; **at >= '0' && **at <= '9'; ++*at, unit /= 10)
			ticks += (**at - '0') * unit;
	}
	*ret = ticks;
	return true;
}

/* "", "Z" or "+01:00" */
static bool take_zone(const char **at, int64_t *ret)
{
	*ret = 0;
	if (**at == 'Z' || **at == 'z') {
		++*at;
		return true;
	}
	if (**at != '+' && **at != '-')
		return true;
	int sign = *(*at)++ == '-' ? -1 : 1;
	int hours, minutes;
	if (!take_number(at, 2, &hours) || *(*at)++ != ':' || !take_number(at, 2, &minutes) ||
	    hours > 14 || minutes > 59)
		return false;
	*ret = sign * (hours * TICKS_PER_HOUR + minutes * TICKS_PER_MINUTE);
	return true;
}

bool ticks_parse(const char *text, int64_t *ret)
{
	int64_t date, time = 0, zone = 0;
	if (!take_date(&text, &date))
		return false;
	if (*text == 'T' || *text == ' ') {
		text++;
		if (!take_time(&text, &time) || !take_zone(&text, &zone))
			return false;
	} else if (*text == 'Z') {
		text++;
	}
	int64_t ticks = date + time - zone;
	if (*text || ticks < 0 || ticks > TICKS_MAX)
		return false;
	*ret = ticks;
	return true;
}
