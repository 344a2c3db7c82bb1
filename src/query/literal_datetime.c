/* literal_datetime: dates as people write them (contract in query/literal.h). */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/base/ticks.h"
#include "query/literal.h"

struct parts {
	int year, month, day;
	int64_t clock; /* ticks of the day */
	int64_t zone;  /* ticks east of Greenwich */
};

static bool digits(const char **at, int least, int most, int *ret)
{
	int n = 0, count = 0;
	while (count < most && isdigit((unsigned char)**at)) {
		n = n * 10 + (*(*at)++ - '0');
		count++;
	}
	*ret = n;
	return count >= least;
}

static int month_named(const char *at)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	for (int i = 0; i < 12; i++)
		if (strncasecmp(at, names + i * 3, 3) == 0)
			return i + 1;
	return 0;
}

/* "2026-11-05", "2026-11" */
static bool iso_date(const char **at, struct parts *p)
{
	p->month = p->day = 1;
	if (!digits(at, 4, 4, &p->year))
		return false;
	if (**at != '-' && **at != '/')
		return false;
	char dash = *(*at)++;
	if (!digits(at, 1, 2, &p->month))
		return false;
	if (**at != dash)
		return **at == '\0';
	++*at;
	return digits(at, 1, 2, &p->day);
}

/* "11/5/2026": month first, as the invariant culture has it */
static bool slash_date(const char **at, struct parts *p)
{
	return digits(at, 1, 2, &p->month) && *(*at)++ == '/' && digits(at, 1, 2, &p->day) &&
	       *(*at)++ == '/' && digits(at, 4, 4, &p->year);
}

/* "[Thu, ]05 Nov 2026" (RFC 822) */
static bool named_date(const char **at, struct parts *p)
{
	const char *comma = strchr(*at, ',');
	if (comma)
		*at = comma + 1;
	while (**at == ' ')
		++*at;
	if (!digits(at, 1, 2, &p->day) || (**at != ' ' && **at != '-'))
		return false;
	++*at;
	p->month = month_named(*at);
	if (!p->month)
		return false;
	while (isalpha((unsigned char)**at))
		++*at;
	if (**at != ' ' && **at != '-')
		return false;
	++*at;
	return digits(at, 4, 4, &p->year);
}

/* "6:07", "06:07:08.25" */
static bool clock_of(const char **at, struct parts *p)
{
	int hour, minute = 0, second = 0;
	int64_t fraction = 0;
	if (!digits(at, 1, 2, &hour) || **at != ':')
		return false;
	++*at;
	if (!digits(at, 1, 2, &minute))
		return false;
	if (**at == ':') {
		++*at;
		if (!digits(at, 1, 2, &second))
			return false;
		int64_t unit = TICKS_PER_SECOND / 10;
		if (**at == '.' || **at == ',')
			for (++*at; isdigit((unsigned char)**at); ++*at, unit /= 10)
				fraction += (**at - '0') * unit;
	}
	while (**at == ' ')
		++*at;
	bool pm = strncasecmp(*at, "pm", 2) == 0, am = strncasecmp(*at, "am", 2) == 0;
	if (pm || am) {
		*at += 2;
		if (hour < 1 || hour > 12)
			return false;
		hour = hour % 12 + (pm ? 12 : 0);
	}
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	p->clock = ((hour * 60 + minute) * INT64_C(60) + second) * TICKS_PER_SECOND + fraction;
	return true;
}

/* "", "Z", "GMT", "UTC", "+01:00", "-0800" */
static bool zone_of(const char **at, struct parts *p)
{
	while (**at == ' ')
		++*at;
	if (strcasecmp(*at, "z") == 0 || strcasecmp(*at, "gmt") == 0 ||
	    strcasecmp(*at, "utc") == 0) {
		*at += strlen(*at);
		return true;
	}
	if (**at != '+' && **at != '-')
		return **at == '\0';
	int sign = *(*at)++ == '-' ? -1 : 1, hours, minutes = 0;
	if (!digits(at, 1, 2, &hours))
		return false;
	if (**at == ':')
		++*at;
	if (**at && !digits(at, 2, 2, &minutes))
		return false;
	p->zone = sign * (hours * TICKS_PER_HOUR + minutes * TICKS_PER_MINUTE);
	return hours <= 14 && minutes <= 59 && **at == '\0';
}

static bool ticks_of(const struct parts *p, int64_t *ret)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	if (p->year < 1 || p->month < 1 || p->month > 12 || p->day < 1)
		return false;
	bool leap = (p->year % 4 == 0 && p->year % 100 != 0) || p->year % 400 == 0;
	if (p->day > lengths[p->month - 1] + (p->month == 2 && leap))
		return false;
	struct date date = { p->year, p->month, p->day };
	int64_t ticks = ticks_from_date(date) + p->clock - p->zone;
	if (ticks < 0 || ticks > TICKS_MAX)
		return false;
	*ret = ticks;
	return true;
}

bool datetime_parse(const char *text, size_t len, int64_t *ret)
{
	char copy[80];
	struct parts p = { 0 };
	while (len && isspace((unsigned char)*text)) {
		text++;
		len--;
	}
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	if (!len || len >= sizeof copy || memchr(text, '\0', len))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	const char *at = copy;
	size_t lead = strspn(at, "0123456789");
	bool ok = lead == 4                 ? iso_date(&at, &p)
	          : lead && at[lead] == '/' ? slash_date(&at, &p)
	                                    : named_date(&at, &p);
	if (!ok)
		return false;
	if (*at == 'T' || *at == 't' || *at == ' ') {
		at++;
		while (*at == ' ')
			at++;
		if (!clock_of(&at, &p))
			return false;
	}
	return zone_of(&at, &p) && ticks_of(&p, ret);
}
