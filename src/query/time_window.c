#include "query/time_window.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/ticks.h"
#include "query/literal.h"

enum { NUMBER_MAX = 32 };

/* In the order in which they may stand; `time`: behind the T. */
static const struct {
	char letter;
	bool time;
	int64_t ticks;
} units[] = {
	{ 'Y', false, 365 * TICKS_PER_DAY }, { 'M', false, 30 * TICKS_PER_DAY },
	{ 'W', false, 7 * TICKS_PER_DAY },   { 'D', false, TICKS_PER_DAY },
	{ 'H', true, TICKS_PER_HOUR },       { 'M', true, TICKS_PER_MINUTE },
	{ 'S', true, TICKS_PER_SECOND },
};

/* A number at text[*at]; only digits and one point. */
static bool number_take(const char *text, size_t len, size_t *at, double *ret)
{
	char number[NUMBER_MAX] = "";
	size_t count = 0;
	while (*at < len && (isdigit((unsigned char)text[*at]) || text[*at] == '.')) {
		if (count + 1 == sizeof number)
			return false;
		number[count++] = text[(*at)++];
	}
	return count && real_parse(number, count, ret);
}

bool iso_duration_parse(const char *text, size_t len, int64_t *ret)
{
	double total = 0, number;
	size_t at = 1, unit = 0;
	bool time = false, any = false;
	if (len < 3 || text[0] != 'P')
		return false;
	while (at < len) {
		if (text[at] == 'T' && !time) {
			time = true;
			at++;
			continue;
		}
		if (!number_take(text, len, &at, &number) || at == len)
			return false;
		while (unit < ARRAY_LEN(units) &&
		       (units[unit].letter != text[at] || units[unit].time != time))
			unit++;
		if (unit == ARRAY_LEN(units))
			return false;
		total += number * (double)units[unit++].ticks;
		any = true;
		at++;
	}
	if (!any || text[len - 1] == 'T' || total > (double)TICKS_MAX)
		return false;
	*ret = llround(total);
	return true;
}

static bool is_duration(const char *text, size_t len)
{
	return len && text[0] == 'P';
}

bool time_window_parse(const char *text, size_t len, int64_t now, struct time_range *ret)
{
	struct time_range range;
	int64_t span;
	const char *slash = memchr(text, '/', len);
	if (!slash) {
		if (!iso_duration_parse(text, len, &span) || span > now)
			return false;
		*ret = (struct time_range){ now - span, now };
		return true;
	}
	size_t first = (size_t)(slash - text), second = len - first - 1;
	if (is_duration(text, first)) {
		if (!iso_duration_parse(text, first, &span) ||
		    !datetime_parse(slash + 1, second, &range.to) || span > range.to)
			return false;
		range.from = range.to - span;
	} else if (is_duration(slash + 1, second)) {
		if (!iso_duration_parse(slash + 1, second, &span) ||
		    !datetime_parse(text, first, &range.from) || span > TICKS_MAX - range.from)
			return false;
		range.to = range.from + span;
	} else if (!datetime_parse(text, first, &range.from) ||
	           !datetime_parse(slash + 1, second, &range.to)) {
		return false;
	}
	if (range.to < range.from)
		return false;
	*ret = range;
	return true;
}
