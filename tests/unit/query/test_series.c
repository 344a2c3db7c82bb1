#include "query/series.h"

#include <math.h>

#include "support/unit.h"

#define CLOSE(got, want) assert_true(fabs((got) - (want)) < 1e-6)

/* By hand (Python's statistics module and the textbook's sums). */
static void a_line_is_fitted_by_least_squares(void **state)
{
	(void)state;
	static const double y[] = { 2, 5, 6, 8, 11, 15, 17, 18, 25, 26, 30, 30 };
	struct line line = series_line(y, ARRAY_LEN(y));
	CLOSE(line.slope, 2.7307692307692313);
	CLOSE(line.intercept, 1.0641025641025603);
	CLOSE(line.rsquare, 0.982900730884447);
	CLOSE(line.variance, 98.62878787878788);
	CLOSE(line.rvariance, 1.686480186480187);
}

static void missing_values_are_left_out(void **state)
{
	(void)state;
	static const double y[] = { 1, NAN, 3, NAN, 5 };
	CLOSE(series_mean(y, ARRAY_LEN(y)), 3);
	CLOSE(series_variance(y, ARRAY_LEN(y)), 4);
	CLOSE(series_line(y, ARRAY_LEN(y)).slope, 1);
	assert_true(isnan(series_mean(y + 1, 1)));
}

static void a_season_is_told_from_a_trend(void **state)
{
	(void)state;
	double y[40], seasonal[40], trend[40];
	for (int i = 0; i < 40; i++)
		y[i] = 100 + 2.0 * i + (i % 4 == 0 ? 30 : -10);
	series_split(y, 40, 4, TREND_LINE, 0, 0.6, seasonal, trend);
	for (int i = 0; i < 40; i++)
		assert_true(fabs(seasonal[i] + trend[i] - y[i]) < 5);
}

static void a_period_is_found_by_itself(void **state)
{
	(void)state;
	double y[60], periods[3], scores[3];
	for (int i = 0; i < 60; i++)
		y[i] = i % 6 == 0 ? 9 : 1;
	assert_true(series_periods(y, 60, 2, 30, 3, periods, scores) >= 1);
	CLOSE(periods[0], 6);
	assert_true(scores[0] > 0.9);
}

static void what_lies_far_out_scores_high(void **state)
{
	(void)state;
	double y[] = { 5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 90 }, scores[20];
	series_outlier_scores(y, 20, 10, 90, 0, scores);
	CLOSE(scores[0], 0);
	assert_true(scores[19] > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_fitted_by_least_squares),
		cmocka_unit_test(missing_values_are_left_out),
		cmocka_unit_test(a_season_is_told_from_a_trend),
		cmocka_unit_test(a_period_is_found_by_itself),
		cmocka_unit_test(what_lies_far_out_scores_high),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
