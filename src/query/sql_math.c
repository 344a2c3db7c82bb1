/* sql_math: numbers (see sql_functions.h).  Whole numbers that leave 64 bits become null. */
#include <math.h>
#include <string.h>

#include "query/sql_functions.h"

/* ---- whole numbers ---- */

SQL(add)
{
	int64_t r;
	if (!any_null(a, n) && !__builtin_add_overflow(a[0].i, a[1].i, &r))
		db_answer_i64(ret, r);
}

SQL(sub)
{
	int64_t r;
	if (!any_null(a, n) && !__builtin_sub_overflow(a[0].i, a[1].i, &r))
		db_answer_i64(ret, r);
}

SQL(mul)
{
	int64_t r;
	if (!any_null(a, n) && !__builtin_mul_overflow(a[0].i, a[1].i, &r))
		db_answer_i64(ret, r);
}

static bool divisible(const struct db_cell *a, size_t n)
{
	return !any_null(a, n) && a[1].i != 0 && !(a[0].i == INT64_MIN && a[1].i == -1);
}

SQL(div_whole)
{
	if (divisible(a, n))
		db_answer_i64(ret, a[0].i / a[1].i);
}

/* Never negative, whatever the signs. */
SQL(mod_whole)
{
	if (any_null(a, n) || a[1].i == 0)
		return;
	if (a[1].i == -1 || a[1].i == 1) {
		db_answer_i64(ret, 0);
		return;
	}
	int64_t rest = a[0].i % a[1].i;
	db_answer_i64(ret, rest >= 0 ? rest : a[1].i < 0 ? rest - a[1].i : rest + a[1].i);
}

SQL(abs_whole)
{
	if (!any_null(a, n) && a[0].i != INT64_MIN)
		db_answer_i64(ret, a[0].i < 0 ? -a[0].i : a[0].i);
}

/* The greatest multiple of size above zero that is not above value. */
static bool bin_down(int64_t value, int64_t size, int64_t *ret)
{
	if (size <= 0)
		return false;
	int64_t rest = value % size;
	if (rest < 0)
		rest += size;
	return !__builtin_sub_overflow(value, rest, ret);
}

SQL(bin_whole)
{
	int64_t r;
	if (!any_null(a, n) && bin_down(a[0].i, a[1].i, &r))
		db_answer_i64(ret, r);
}

SQL(bin_at_whole)
{
	int64_t moved, r;
	if (any_null(a, n) || __builtin_sub_overflow(a[0].i, a[2].i, &moved))
		return;
	if (bin_down(moved, a[1].i, &r) && !__builtin_add_overflow(r, a[2].i, &r))
		db_answer_i64(ret, r);
}

SQL(bin_real)
{
	if (any_null(a, n) || !(a[1].f > 0))
		return;
	db_answer_f64(ret, floor(a[0].f / a[1].f) * a[1].f);
}

SQL(bin_at_real)
{
	if (any_null(a, n) || !(a[1].f > 0))
		return;
	db_answer_f64(ret, floor((a[0].f - a[2].f) / a[1].f) * a[1].f + a[2].f);
}

/* Shifts are taken modulo 64; a negative one is null. */
SQL(shift_left)
{
	if (!any_null(a, n) && a[1].i >= 0)
		db_answer_i64(ret, (int64_t)((uint64_t)a[0].i << (a[1].i & 63)));
}

SQL(shift_right)
{
	if (!any_null(a, n) && a[1].i >= 0)
		db_answer_i64(ret, a[0].i >> (a[1].i & 63));
}

/* One null: unequal; two: null. */
SQL(eq_whole)
{
	(void)n;
	if (!a[0].null || !a[1].null)
		db_answer_bool(ret, !a[0].null && !a[1].null && a[0].i == a[1].i);
}

SQL(ne_whole)
{
	(void)n;
	if (!a[0].null || !a[1].null)
		db_answer_bool(ret, a[0].null || a[1].null || a[0].i != a[1].i);
}

SQL(around)
{
	int64_t from, to;
	if (any_null(a, n))
		return;
	if (__builtin_sub_overflow(a[1].i, a[2].i, &from))
		from = a[2].i < 0 ? INT64_MAX : INT64_MIN;
	if (__builtin_add_overflow(a[1].i, a[2].i, &to))
		to = a[2].i < 0 ? INT64_MIN : INT64_MAX;
	db_answer_bool(ret, a[0].i >= from && a[0].i <= to);
}

/* ---- reals ---- */

SQL(around_real)
{
	if (!any_null(a, n))
		db_answer_bool(ret, a[0].f >= a[1].f - a[2].f && a[0].f <= a[1].f + a[2].f);
}

SQL(div_real)
{
	if (!any_null(a, n))
		db_answer_f64(ret, a[0].f / a[1].f);
}

SQL(mod_real)
{
	if (any_null(a, n))
		return;
	double rest = fmod(a[0].f, a[1].f);
	db_answer_f64(ret, rest < 0 ? rest + fabs(a[1].f) : rest);
}

SQL(eq_real)
{
	(void)n;
	if (!a[0].null || !a[1].null)
		db_answer_bool(ret, !a[0].null && !a[1].null && a[0].f == a[1].f);
}

SQL(ne_real)
{
	(void)n;
	if (!a[0].null || !a[1].null)
		db_answer_bool(ret, a[0].null || a[1].null || a[0].f != a[1].f);
}

SQL(lt_real)
{
	if (!any_null(a, n))
		db_answer_bool(ret, a[0].f < a[1].f);
}

SQL(le_real)
{
	if (!any_null(a, n))
		db_answer_bool(ret, a[0].f <= a[1].f);
}

/* Half away from zero, of the number as it is written: 2.675 to two digits is 2.68. */
SQL(round_real)
{
	if (any_null(a, n))
		return;
	double value = a[0].f;
	int64_t digits = n > 1 ? a[1].i : 0;
	if (!isfinite(value) || digits > 300) {
		db_answer_f64(ret, value);
		return;
	}
	if (digits < -300) {
		db_answer_f64(ret, 0);
		return;
	}
	double scale = pow(10, fabs((double)digits));
	double scaled = digits >= 0 ? value * scale : value / scale;
	if (!isfinite(scaled) || fabs(scaled) >= 4503599627370496.0) {
		db_answer_f64(ret, value);
		return;
	}
	double rounded = round(scaled);
	double nudged = round(nextafter(scaled, scaled < 0 ? -INFINITY : INFINITY));
	if (rounded != nudged)
		rounded = nudged;
	db_answer_f64(ret, digits >= 0 ? rounded / scale : rounded * scale);
}

/* What the database's own variance cannot take is left out. */
SQL(moderate)
{
	if (!any_null(a, n) && fabs(a[0].f) < 1e150)
		db_answer_f64(ret, a[0].f);
}

static void answer_known(struct db_answer *ret, double value)
{
	if (!isnan(value))
		db_answer_f64(ret, value);
}

#define REAL1(name, call)                                                                          \
	SQL(name)                                                                                  \
	{                                                                                          \
		if (!any_null(a, n))                                                               \
			db_answer_f64(ret, call);                                                  \
	}
/* Null where there is no result among the reals. */
#define KNOWN1(name, call)                                                                         \
	SQL(name)                                                                                  \
	{                                                                                          \
		if (!any_null(a, n))                                                               \
			answer_known(ret, call);                                                   \
	}
KNOWN1(sqrt_real, sqrt(a[0].f))
REAL1(pow_real, pow(a[0].f, a[1].f))
REAL1(exp_real, exp(a[0].f))
KNOWN1(log_real, log(a[0].f))
KNOWN1(log2_real, log2(a[0].f))
KNOWN1(log10_real, log10(a[0].f))
REAL1(sin_real, sin(a[0].f))
REAL1(cos_real, cos(a[0].f))
REAL1(tan_real, tan(a[0].f))
KNOWN1(asin_real, asin(a[0].f))
KNOWN1(acos_real, acos(a[0].f))
REAL1(atan_real, atan(a[0].f))
REAL1(atan2_real, atan2(a[0].f, a[1].f))
REAL1(cot_real, 1 / tan(a[0].f))
REAL1(gamma_real, tgamma(a[0].f))
REAL1(loggamma_real, lgamma(a[0].f))
REAL1(erf_real, erf(a[0].f))
REAL1(erfc_real, erfc(a[0].f))

/* ---- from one to the other ---- */

SQL(int_of_long)
{
	if (!any_null(a, n) && a[0].i == (int32_t)a[0].i)
		db_answer_i64(ret, a[0].i);
}

SQL(int_of_real)
{
	if (!any_null(a, n) && fabs(a[0].f) < 2147483648.0)
		db_answer_i64(ret, (int64_t)a[0].f);
}

SQL(long_of_real)
{
	if (!any_null(a, n) && fabs(a[0].f) < 9223372036854775808.0)
		db_answer_i64(ret, (int64_t)a[0].f);
}

/* clang-format off */
const struct db_function sql_math[] = {
	{ "k_add",         "ii",  'i', false, add },
	{ "k_sub",         "ii",  'i', false, sub },
	{ "k_mul",         "ii",  'i', false, mul },
	{ "k_div",         "ii",  'i', false, div_whole },
	{ "k_mod",         "ii",  'i', false, mod_whole },
	{ "k_abs",         "i",   'i', false, abs_whole },
	{ "k_bin",         "ii",  'i', false, bin_whole },
	{ "k_bin_at",      "iii", 'i', false, bin_at_whole },
	{ "k_bin_real",    "ff",  'f', false, bin_real },
	{ "k_bin_at_real", "fff", 'f', false, bin_at_real },
	{ "k_around",      "iii", 'b', false, around },
	{ "k_around_real", "fff", 'b', false, around_real },
	{ "k_shift_left",  "ii",  'i', false, shift_left },
	{ "k_shift_right", "ii",  'i', false, shift_right },
	{ "k_eq",          "ii",  'b', false, eq_whole },
	{ "k_ne",          "ii",  'b', false, ne_whole },
	{ "k_div_real",    "ff",  'f', false, div_real },
	{ "k_mod_real",    "ff",  'f', false, mod_real },
	{ "k_eq_real",     "ff",  'b', false, eq_real },
	{ "k_ne_real",     "ff",  'b', false, ne_real },
	{ "k_lt_real",     "ff",  'b', false, lt_real },
	{ "k_le_real",     "ff",  'b', false, le_real },
	{ "k_round",       "fi*", 'f', false, round_real },
	{ "k_moderate",    "f",   'f', false, moderate },
	{ "k_sqrt",        "f",   'f', false, sqrt_real },
	{ "k_pow",         "ff",  'f', false, pow_real },
	{ "k_exp",         "f",   'f', false, exp_real },
	{ "k_log",         "f",   'f', false, log_real },
	{ "k_log2",        "f",   'f', false, log2_real },
	{ "k_log10",       "f",   'f', false, log10_real },
	{ "k_sin",         "f",   'f', false, sin_real },
	{ "k_cos",         "f",   'f', false, cos_real },
	{ "k_tan",         "f",   'f', false, tan_real },
	{ "k_asin",        "f",   'f', false, asin_real },
	{ "k_acos",        "f",   'f', false, acos_real },
	{ "k_atan",        "f",   'f', false, atan_real },
	{ "k_atan2",       "ff",  'f', false, atan2_real },
	{ "k_cot",         "f",   'f', false, cot_real },
	{ "k_gamma",       "f",   'f', false, gamma_real },
	{ "k_loggamma",    "f",   'f', false, loggamma_real },
	{ "k_erf",         "f",   'f', false, erf_real },
	{ "k_erfc",        "f",   'f', false, erfc_real },
	{ "k_int_of_long", "i",   'i', false, int_of_long },
	{ "k_int_of_real", "f",   'i', false, int_of_real },
	{ "k_long_of_real", "f",  'i', false, long_of_real },
};
/* clang-format on */
const size_t sql_math_count = ARRAY_LEN(sql_math);
