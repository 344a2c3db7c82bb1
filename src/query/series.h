/* series: arrays of numbers: fits, statistics, decomposition.
 *
 * Plain arithmetic on doubles, with no knowledge of SQL or JSON.  A missing value is NaN. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/attr.h"

struct line {
	double slope, intercept;
	double rsquare, variance, rvariance; /* of the values, of what the line leaves; per n - 1 */
};

/* The line of least squares through (0, y[0]), (1, y[1]), …; missing values are left out. */
struct line series_line(const double *y, size_t n);

double series_mean(const double *y, size_t n);     /* of what is there; NaN where nothing is */
double series_variance(const double *y, size_t n); /* of a sample; 0 for fewer than two */

/* The value below which `percent` of 100 lie, interpolated.  NaN where nothing is there. */
double series_percentile(const double *y, size_t n, double percent);

enum trend {
	TREND_NONE,
	TREND_AVERAGE,
	TREND_LINE,
};

/* Splits y into seasonal + trend + rest, learning from all but the last `test_points` values.
 * `period` 0: no season; less than 0: found by itself where its score reaches `threshold`. */
void series_split(const double *y, size_t n, long period, enum trend trend, size_t test_points,
                  double threshold, double *seasonal, double *trend_values);

/* Tukey's test between two percentiles: how many ranges beyond them each value lies, 0 inside. */
void series_outlier_scores(const double *y, size_t n, double low, double high, size_t test_points,
                           double *ret);

/* Up to `most` periods between the bounds by falling score, the autocorrelation at it.  Returns how
 * many. */
size_t series_periods(const double *y, size_t n, double shortest, double longest, size_t most,
                      double *ret_periods, double *ret_scores);
double series_autocorrelation(const double *y, size_t n, size_t lag);
