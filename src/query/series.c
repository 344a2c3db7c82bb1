#include "query/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double series_mean(const double *y, size_t n)
{
	double sum = 0;
	size_t count = 0;
	for (size_t i = 0; i < n; i++) {
		if (isnan(y[i]))
			continue;
		sum += y[i];
		count++;
	}
	return count ? sum / (double)count : NAN;
}

double series_variance(const double *y, size_t n)
{
	double mean = series_mean(y, n), sum = 0;
	size_t count = 0;
	for (size_t i = 0; i < n; i++) {
		if (isnan(y[i]))
			continue;
		sum += (y[i] - mean) * (y[i] - mean);
		count++;
	}
	return count > 1 ? sum / (double)(count - 1) : 0;
}

struct line series_line(const double *y, size_t n)
{
	double count = 0, sx = 0, sy = 0, xx = 0, xy = 0, rest = 0, all = 0;
	for (size_t i = 0; i < n; i++) {
		if (isnan(y[i]))
			continue;
		double x = (double)i;
		count++;
		sx += x;
		sy += y[i];
		xx += x * x;
		xy += x * y[i];
	}
	double spread = count * xx - sx * sx;
	struct line line = { 0 };
	line.slope = spread > 0 ? (count * xy - sx * sy) / spread : 0;
	line.intercept = count > 0 ? (sy - line.slope * sx) / count : 0;
	for (size_t i = 0; i < n; i++) {
		if (isnan(y[i]))
			continue;
		double off = y[i] - (line.intercept + line.slope * (double)i),
		       from = y[i] - sy / count;
		rest += off * off;
		all += from * from;
	}
	line.rsquare = all > 0 ? 1 - rest / all : 1;
	line.variance = count > 1 ? all / (count - 1) : 0;
	line.rvariance = count > 1 ? rest / (count - 1) : 0;
	return line;
}

static int by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;
	return a < b ? -1 : a > b;
}

double series_percentile(const double *y, size_t n, double percent)
{
	double *sorted = malloc((n + 1) * sizeof *sorted), value = NAN;
	size_t count = 0;
	for (size_t i = 0; sorted && i < n; i++)
		if (!isnan(y[i]))
			sorted[count++] = y[i];
	if (count) {
		qsort(sorted, count, sizeof *sorted, by_value);
		double at = percent / 100 * (double)(count - 1);
		size_t below = (size_t)at;
		size_t above = below + 1 < count ? below + 1 : below;
		value = sorted[below] + (at - (double)below) * (sorted[above] - sorted[below]);
	}
	free(sorted);
	return value;
}

/* ---- periods ---- */

double series_autocorrelation(const double *y, size_t n, size_t lag)
{
	double mean = series_mean(y, n), both = 0, all = 0;
	for (size_t i = 0; i < n; i++) {
		if (isnan(y[i]))
			continue;
		all += (y[i] - mean) * (y[i] - mean);
		if (i + lag < n && !isnan(y[i + lag]))
			both += (y[i] - mean) * (y[i + lag] - mean);
	}
	/* A longer lag has fewer pairs; the share of them is made up for. */
	return all > 0 && lag < n ? both / all * (double)n / (double)(n - lag) : 0;
}

/* Puts a period into a list of at most `most`, by falling score. */
static size_t period_put(double *periods, double *scores, size_t count, size_t most, double period,
                         double score)
{
	size_t at = count;
	while (at > 0 && scores[at - 1] < score)
		at--;
	if (at >= most)
		return count;
	if (count < most)
		count++;
	memmove(periods + at + 1, periods + at, (count - 1 - at) * sizeof *periods);
	memmove(scores + at + 1, scores + at, (count - 1 - at) * sizeof *scores);
	periods[at] = period;
	scores[at] = score;
	return count;
}

enum { LAGS_MAX = 5000 };

/* Peaks of the autocorrelation; a multiple of a better period is that period again. */
size_t series_periods(const double *y, size_t n, double shortest, double longest, size_t most,
                      double *ret_periods, double *ret_scores)
{
	size_t count = 0, first = shortest < 2 ? 2 : (size_t)ceil(shortest);
	size_t last = longest < (double)n / 2 ? (size_t)(longest > 0 ? longest : 0) : n / 2;
	if (last > LAGS_MAX)
		last = LAGS_MAX;
	for (size_t lag = first; lag <= last && most; lag++) {
		double here = series_autocorrelation(y, n, lag);
		bool peak = here > series_autocorrelation(y, n, lag - 1) &&
		            here >= series_autocorrelation(y, n, lag + 1);
		bool repeated = false;
		for (size_t i = 0; i < count; i++)
			repeated |=
			    ret_scores[i] >= here - 0.05 && fmod((double)lag, ret_periods[i]) == 0;
		if (peak && here > 0 && !repeated)
			count = period_put(ret_periods, ret_scores, count, most, (double)lag,
			                   here > 1 ? 1 : here);
	}
	return count;
}

/* ---- decomposition ---- */

static double median_of_phase(const double *y, size_t n, size_t phase, size_t period)
{
	double *values = malloc((n / period + 2) * sizeof *values), median = 0;
	size_t count = 0;
	for (size_t i = phase; values && i < n; i += period)
		values[count++] = y[i];
	if (count)
		median = series_percentile(values, count, 50);
	free(values);
	return isnan(median) ? 0 : median;
}

static void season_find(const double *y, size_t learnt, size_t n, size_t period, double *seasonal)
{
	for (size_t p = 0; p < period; p++)
		seasonal[p] = median_of_phase(y, learnt, p, period);
	for (size_t i = period; i < n; i++)
		seasonal[i] = seasonal[i - period];
}

static size_t period_of(const double *y, size_t learnt, long period, double threshold)
{
	double found, score;
	if (period >= 0)
		return (size_t)period;
	/* What has not come round more than twice is no period. */
	if (learnt < 9 ||
	    !series_periods(y, learnt, 4, (double)(learnt - 1) / 2, 1, &found, &score))
		return 0;
	return score >= threshold ? (size_t)found : 0;
}

void series_split(const double *y, size_t n, long period, enum trend trend, size_t test_points,
                  double threshold, double *seasonal, double *trend_values)
{
	size_t learnt = test_points < n ? n - test_points : 0;
	size_t length = period_of(y, learnt, period, threshold);
	double *plain = malloc((n + 1) * sizeof *plain);
	memset(seasonal, 0, n * sizeof *seasonal);
	if (length >= 2 && length <= learnt)
		season_find(y, learnt, n, length, seasonal);
	for (size_t i = 0; plain && i < n; i++)
		plain[i] = y[i] - seasonal[i];
	struct line line = { 0 };
	if (plain && trend == TREND_LINE)
		line = series_line(plain, learnt);
	else if (plain && trend == TREND_AVERAGE)
		line.intercept = series_mean(plain, learnt);
	for (size_t i = 0; i < n; i++)
		trend_values[i] = line.intercept + line.slope * (double)i;
	free(plain);
}

void series_outlier_scores(const double *y, size_t n, double low, double high, size_t test_points,
                           double *ret)
{
	size_t learnt = test_points < n ? n - test_points : n;
	double bottom = series_percentile(y, learnt, low), top = series_percentile(y, learnt, high);
	double range = top - bottom;
	for (size_t i = 0; i < n; i++) {
		double beyond = y[i] > top ? y[i] - top : y[i] < bottom ? y[i] - bottom : 0;
		ret[i] = beyond == 0 || isnan(y[i]) ? 0
		         : range > 0                ? beyond / range
		                                    : copysign(1e6, beyond);
	}
}
