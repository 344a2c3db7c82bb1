/* sql_decimal: decimals, held as text: up to 34 significant digits, exact in +, - and * (see
 * sql_functions.h). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query/sql_functions.h"

__extension__ typedef __int128 wide;

/* number / 10^scale */
struct decimal {
	wide number;
	int scale;
};

enum { DIGITS_MAX = 34, SCALE_MAX = 34 };

static bool fits(wide number)
{
	wide bound = 1;
	for (int i = 0; i < DIGITS_MAX; i++)
		bound *= 10;
	return number < bound && number > -bound;
}

/* Without trailing zeros behind the point. */
static struct decimal normal(struct decimal d)
{
	while (d.scale > 0 && d.number % 10 == 0) {
		d.number /= 10;
		d.scale--;
	}
	while (d.scale < 0 && fits(d.number * 10)) {
		d.number *= 10;
		d.scale++;
	}
	return d;
}

static bool take_exponent(const char *at, const char *end, int *ret)
{
	char copy[8];
	size_t len = (size_t)(end - at);
	if (!len || len >= sizeof copy)
		return false;
	memcpy(copy, at, len);
	copy[len] = '\0';
	char *stop;
	long value = strtol(copy, &stop, 10);
	*ret = (int)value;
	return !*stop && value > -100 && value < 100;
}

static bool decimal_parse(struct db_text text, struct decimal *ret)
{
	const char *at = text.at, *end = text.at + text.len;
	struct decimal d = { 0 };
	int exponent = 0, digits = 0;
	while (at < end && *at == ' ')
		at++;
	while (end > at && end[-1] == ' ')
		end--;
	bool negative = at < end && *at == '-';
	at += at < end && (*at == '-' || *at == '+');
	for (bool point = false; at < end; at++) {
		if (*at == '.' && !point) {
			point = true;
		} else if (*at >= '0' && *at <= '9') {
			digits++;
			if (!fits(d.number * 10 + (*at - '0')))
				return false;
			d.number = d.number * 10 + (*at - '0');
			d.scale += point;
		} else {
			break;
		}
	}
	if (!digits)
		return false;
	if (at < end && ((*at | 0x20) != 'e' || !take_exponent(at + 1, end, &exponent)))
		return false;
	d.scale -= exponent;
	if (negative)
		d.number = -d.number;
	*ret = normal(d);
	return ret->scale >= 0 && ret->scale <= SCALE_MAX;
}

static void answer_decimal(struct db_answer *ret, struct decimal d)
{
	char digits[48];
	int len = 0;
	d = normal(d);
	if (!fits(d.number) || d.scale < 0 || d.scale > SCALE_MAX)
		return;
	wide left = d.number < 0 ? -d.number : d.number;
	for (; left || len <= d.scale; left /= 10)
		digits[len++] = (char)('0' + (int)(left % 10));
	if (d.number < 0)
		buf_putc(&ret->scratch, '-');
	while (len > 0) {
		if (len == d.scale)
			buf_putc(&ret->scratch, '.');
		buf_putc(&ret->scratch, digits[--len]);
	}
	db_answer_scratch(ret);
}

/* Both with as many digits behind the point. */
static bool align(struct decimal *x, struct decimal *y)
{
	struct decimal *less = x->scale < y->scale ? x : y, *more = less == x ? y : x;
	while (less->scale < more->scale) {
		if (!fits(less->number * 10))
			return false;
		less->number *= 10;
		less->scale++;
	}
	return true;
}

static bool both(const struct db_cell *a, size_t n, struct decimal *x, struct decimal *y)
{
	return !any_null(a, n) && decimal_parse(a[0].s, x) && decimal_parse(a[1].s, y);
}

SQL(decimal_add)
{
	struct decimal x, y;
	if (both(a, n, &x, &y) && align(&x, &y))
		answer_decimal(ret, (struct decimal){ x.number + y.number, x.scale });
}

SQL(decimal_sub)
{
	struct decimal x, y;
	if (both(a, n, &x, &y) && align(&x, &y))
		answer_decimal(ret, (struct decimal){ x.number - y.number, x.scale });
}

SQL(decimal_mul)
{
	struct decimal x, y;
	wide product;
	if (both(a, n, &x, &y) && !__builtin_mul_overflow(x.number, y.number, &product))
		answer_decimal(ret, (struct decimal){ product, x.scale + y.scale });
}

/* To as many digits as there is room for. */
static void answer_quotient(struct db_answer *ret, struct decimal x, struct decimal y)
{
	while (fits(x.number * 10) && x.scale - y.scale < 28) {
		x.number *= 10;
		x.scale++;
	}
	struct decimal q = { x.number / y.number, x.scale - y.scale };
	for (; q.scale < 0 && fits(q.number * 10); q.scale++)
		q.number *= 10;
	answer_decimal(ret, q);
}

SQL(decimal_div)
{
	struct decimal x, y;
	if (!both(a, n, &x, &y) || y.number == 0)
		return;
	answer_quotient(ret, x, y);
}

SQL(decimal_mod)
{
	struct decimal x, y;
	if (!both(a, n, &x, &y) || y.number == 0 || !align(&x, &y))
		return;
	wide rest = x.number % y.number;
	if (rest < 0)
		rest += y.number < 0 ? -y.number : y.number;
	answer_decimal(ret, (struct decimal){ rest, x.scale });
}

SQL(decimal_order)
{
	struct decimal x, y;
	if (!both(a, n, &x, &y))
		return;
	if (align(&x, &y))
		db_answer_i64(ret, x.number < y.number ? -1 : x.number > y.number);
}

/* The next of some decimals with blanks between. */
static bool next_decimal(struct db_text *left, struct decimal *ret)
{
	if (!left->len)
		return false;
	const char *blank = memchr(left->at, ' ', left->len);
	size_t len = blank ? (size_t)(blank - left->at) : left->len;
	bool ok = decimal_parse((struct db_text){ left->at, len }, ret);
	left->at += blank ? len + 1 : len;
	left->len -= blank ? len + 1 : len;
	return ok;
}

/* The sum, or null where it does not fit; *count says of how many. */
static bool decimals_add(struct db_text left, struct decimal *sum, int64_t *count)
{
	struct decimal next;
	*sum = (struct decimal){ 0 };
	for (*count = 0; next_decimal(&left, &next); ++*count) {
		if (!align(sum, &next) || !fits(sum->number + next.number))
			return false;
		sum->number += next.number;
	}
	return true;
}

SQL(decimal_sum)
{
	struct decimal sum;
	int64_t count;
	struct db_text none = { "", 0 };
	(void)n;
	if (decimals_add(a[0].null ? none : a[0].s, &sum, &count))
		answer_decimal(ret, sum);
}

SQL(decimal_mean)
{
	struct decimal sum;
	int64_t count;
	if (!any_null(a, n) && decimals_add(a[0].s, &sum, &count) && count)
		answer_quotient(ret, sum, (struct decimal){ count, 0 });
}

/* least(decimals, or rather greatest) */
SQL(decimal_least)
{
	struct decimal best, next, x, y;
	struct db_text left = a[0].s;
	if (any_null(a, n) || !next_decimal(&left, &best))
		return;
	while (next_decimal(&left, &next)) {
		x = next;
		y = best;
		if (align(&x, &y) && (a[1].b ? x.number > y.number : x.number < y.number))
			best = next;
	}
	answer_decimal(ret, best);
}

static void answer_parsed(struct db_answer *ret, struct db_text text)
{
	struct decimal d;
	if (decimal_parse(text, &d))
		answer_decimal(ret, d);
}

SQL(decimal_of_text)
{
	if (!any_null(a, n))
		answer_parsed(ret, a[0].s);
}

SQL(decimal_of_real)
{
	char text[64];
	if (any_null(a, n) || !isfinite(a[0].f) || fabs(a[0].f) >= 1e34)
		return;
	int digits = 15;
	do
		snprintf(text, sizeof text, "%.*g", digits, a[0].f);
	while (strtod(text, NULL) != a[0].f && ++digits <= 17);
	answer_parsed(ret, (struct db_text){ text, strlen(text) });
}

SQL(long_of_decimal)
{
	struct decimal d;
	if (any_null(a, n) || !decimal_parse(a[0].s, &d))
		return;
	for (; d.scale > 0; d.scale--)
		d.number /= 10;
	if (d.number <= INT64_MAX && d.number >= INT64_MIN)
		db_answer_i64(ret, (int64_t)d.number);
}

/* clang-format off */
const struct db_function sql_decimal[] = {
	{ "k_decimal_add",     "ss", 's', false, decimal_add },
	{ "k_decimal_sub",     "ss", 's', false, decimal_sub },
	{ "k_decimal_mul",     "ss", 's', false, decimal_mul },
	{ "k_decimal_div",     "ss", 's', false, decimal_div },
	{ "k_decimal_mod",     "ss", 's', false, decimal_mod },
	{ "k_decimal_sum",     "s",  's', false, decimal_sum },
	{ "k_decimal_mean",    "s",  's', false, decimal_mean },
	{ "k_decimal_least",   "sb", 's', false, decimal_least },
	{ "k_decimal_order",   "ss", 'i', false, decimal_order },
	{ "k_decimal_plain",   "s",  's', false, decimal_of_text },
	{ "k_decimal_of_text", "s",  's', false, decimal_of_text },
	{ "k_decimal_of_real", "f",  's', false, decimal_of_real },
	{ "k_long_of_decimal", "s",  'i', false, long_of_decimal },
};
/* clang-format on */
const size_t sql_decimal_count = ARRAY_LEN(sql_decimal);
