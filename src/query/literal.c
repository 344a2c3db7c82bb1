#include "query/literal.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/ticks.h"

/* clang-format off */
static const struct {
	const char *name;
	enum kql_type type;
	bool literal; /* name(…) is a literal */
} type_names[] = {
	{ "bool",     KQL_BOOL,     true },
	{ "boolean",  KQL_BOOL,     true },
	{ "int",      KQL_INT,      true },
	{ "int32",    KQL_INT,      false },
	{ "long",     KQL_LONG,     true },
	{ "int64",    KQL_LONG,     false },
	{ "real",     KQL_REAL,     true },
	{ "double",   KQL_REAL,     true },
	{ "decimal",  KQL_DECIMAL,  true },
	{ "string",   KQL_STRING,   false },
	{ "datetime", KQL_DATETIME, true },
	{ "date",     KQL_DATETIME, true },
	{ "timespan", KQL_TIMESPAN, true },
	{ "time",     KQL_TIMESPAN, true },
	{ "dynamic",  KQL_DYNAMIC,  true },
	{ "guid",     KQL_GUID,     true },
	{ "uuid",     KQL_GUID,     false },
	{ "uniqueid", KQL_GUID,     false },
};
/* clang-format on */

static int name_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(type_names); i++)
		if (strlen(type_names[i].name) == len && memcmp(type_names[i].name, name, len) == 0)
			return (int)i;
	return -1;
}

bool literal_type_known(const char *name, size_t len)
{
	int i = name_find(name, len);
	return i >= 0 && type_names[i].literal;
}

enum kql_type type_of_name(const char *name, size_t len)
{
	int i = name_find(name, len);
	return i < 0 ? KQL_TYPE_COUNT : type_names[i].type;
}

/* A NUL-terminated copy without blanks at its ends; false where it does not fit. */
static bool trimmed(const char *text, size_t len, char *ret, size_t room)
{
	while (len && isspace((unsigned char)text[0])) {
		text++;
		len--;
	}
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	if (!len || len >= room || memchr(text, '\0', len))
		return false;
	memcpy(ret, text, len);
	ret[len] = '\0';
	return true;
}

/* ---- numbers ---- */

bool long_parse(const char *text, size_t len, int64_t *ret)
{
	char copy[80], *end;
	if (!trimmed(text, len, copy, sizeof copy))
		return false;
	const char *digits = copy + (*copy == '-' || *copy == '+');
	if (!isdigit((unsigned char)*digits))
		return false;
	bool hex = digits[0] == '0' && (digits[1] | 0x20) == 'x';
	errno = 0;
	if (hex) {
		unsigned long long bits = strtoull(digits, &end, 16);
		*ret = (int64_t)(*copy == '-' ? 0 - bits : bits);
	} else {
		*ret = strtoll(copy, &end, 10);
	}
	return !errno && !*end;
}

bool real_parse(const char *text, size_t len, double *ret)
{
	char copy[400], *end;
	if (!trimmed(text, len, copy, sizeof copy))
		return false;
	const char *body = copy + (*copy == '-' || *copy == '+');
	bool word = strcasecmp(body, "nan") == 0 || strcasecmp(body, "inf") == 0 ||
	            strcasecmp(body, "infinity") == 0;
	if (!word && !(strspn(copy, "0123456789+-.eE") == strlen(copy)))
		return false;
	*ret = strtod(copy, &end);
	return !*end;
}

bool bool_parse(const char *text, size_t len, bool *ret)
{
	char copy[80];
	double number;
	if (!trimmed(text, len, copy, sizeof copy))
		return false;
	if (strcasecmp(copy, "true") == 0 || strcasecmp(copy, "false") == 0)
		*ret = (copy[0] | 0x20) == 't';
	else if (real_parse(copy, strlen(copy), &number))
		*ret = number != 0;
	else
		return false;
	return true;
}

/* ---- timespan ---- */

/* clang-format off */
static const struct {
	const char *names; /* separated by blanks */
	double ticks;
} units[] = {
	{ " d day days ",                                              864e9 },
	{ " h hr hrs hour hours ",                                      36e9 },
	{ " m min minute minutes ",                                      6e8 },
	{ " s sec second seconds ",                                      1e7 },
	{ " ms milli millis millisec millisecond milliseconds ",         1e4 },
	{ " micro micros microsec microsecond microseconds ",             10 },
	{ " nano nanos nanosec nanosecond nanoseconds ",                0.01 },
	{ " tick ticks ",                                                  1 },
};
/* clang-format on */

bool timespan_from_units(const char *number, size_t number_len, const char *unit, size_t unit_len,
                         int64_t *ret)
{
	char word[20];
	double amount;
	if (unit_len + 3 > sizeof word || !real_parse(number, number_len, &amount))
		return false;
	snprintf(word, sizeof word, " %.*s ", (int)unit_len, unit);
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (!strstr(units[i].names, word))
			continue;
		double ticks = round(amount * units[i].ticks);
		if (!(fabs(ticks) < 9.2e18))
			return false;
		*ret = (int64_t)ticks;
		return true;
	}
	return false;
}

/* Reads up to `most` digits; false where there is none. */
static bool take_digits(const char **at, int most, int64_t *ret)
{
	int64_t n = 0;
	const char *start = *at;
	while (isdigit((unsigned char)**at) && *at - start < most)
		n = n * 10 + (*(*at)++ - '0');
	*ret = n;
	return *at > start;
}

/* ".25": at most 7 digits count. */
static int64_t take_fraction(const char **at)
{
	int64_t ticks = 0, unit = TICKS_PER_SECOND / 10;
	if (**at != '.')
		return 0;
	for (++*at; isdigit((unsigned char)**at); ++*at, unit /= 10)
		ticks += (**at - '0') * unit;
	return ticks;
}

/* "hh:mm[:ss[.f]]" */
static bool take_clock(const char **at, int64_t *ret)
{
	int64_t hours, minutes, seconds = 0;
	if (!take_digits(at, 2, &hours) || *(*at)++ != ':' || !take_digits(at, 2, &minutes))
		return false;
	int64_t ticks = 0;
	if (**at == ':') {
		++*at;
		if (!take_digits(at, 2, &seconds))
			return false;
		ticks = take_fraction(at);
	}
	if (hours > 23 || minutes > 59 || seconds > 59)
		return false;
	*ret = ticks + hours * TICKS_PER_HOUR + minutes * TICKS_PER_MINUTE +
	       seconds * TICKS_PER_SECOND;
	return true;
}

/* "[d.]hh:mm[:ss[.f]]" */
static bool clock_parse(const char *at, int64_t *ret)
{
	int64_t days = 0, clock;
	const char *dot = strchr(at, '.'), *colon = strchr(at, ':');
	if (dot && colon && dot < colon) {
		if (!take_digits(&at, 8, &days) || *at++ != '.')
			return false;
	}
	if (!take_clock(&at, &clock) || *at || days > 10675198)
		return false;
	*ret = days * TICKS_PER_DAY + clock;
	return true;
}

bool timespan_parse(const char *text, size_t len, int64_t *ret)
{
	char copy[80];
	double days;
	if (!trimmed(text, len, copy, sizeof copy))
		return false;
	bool negative = *copy == '-';
	const char *body = copy + negative;
	int64_t ticks;
	if (strchr(body, ':')) {
		if (!clock_parse(body, &ticks))
			return false;
	} else if (real_parse(body, strlen(body), &days)) {
		if (!(fabs(days) < 10675199))
			return false;
		ticks = (int64_t)round(days * (double)TICKS_PER_DAY);
	} else {
		size_t number = strspn(body, "0123456789.");
		size_t unit = number + strspn(body + number, " ");
		if (!timespan_from_units(body, number, body + unit, strlen(body + unit), &ticks))
			return false;
	}
	*ret = negative ? -ticks : ticks;
	return true;
}

/* ---- guid ---- */

bool guid_parse(const char *text, size_t len, char ret[GUID_TEXT_LEN + 1])
{
	char copy[64], *out = ret;
	if (!trimmed(text, len, copy, sizeof copy))
		return false;
	const char *at = copy;
	bool braces = *at == '{';
	at += braces;
	size_t body = strcspn(at, "}");
	if ((at[body] == '}') != braces || (braces && at[body + 1]) || (body != 32 && body != 36))
		return false;
	for (int digit = 0; digit < 32; at++) {
		bool dash = digit == 8 || digit == 12 || digit == 16 || digit == 20;
		if (dash && (out == ret || out[-1] != '-'))
			*out++ = '-';
		if (dash && *at == '-' && body == 36)
			at++;
		if (!isxdigit((unsigned char)*at))
			return false;
		*out++ = (char)tolower((unsigned char)*at);
		digit++;
	}
	*out = '\0';
	return out - ret == GUID_TEXT_LEN && (*at == '\0' || *at == '}');
}
