/* sql_sampling: how far a sum that was scaled up from sampled packets may be off (see
 * sql_functions.h).
 *
 * Of 1:N sampling at random, a flow's scaled octets have the variance N(N-1) times the sum of the
 * squared sizes of the packets that were sampled; variances of rows add up, and 1.96 standard
 * deviations to either side hold the truth in 95 of 100 cases, where many packets were sampled.
 * Where few were, their number has the limits of a Poisson distribution, which are wider: the half
 * width grows by as much as the upper one does.  And few packets may all be short by chance, so
 * that their squares tell too little: 2/(packets + 1) of the longest possible packet is added. */
#include <math.h>

#include "query/sql_functions.h"

/* of the normal distribution, both sides */
static const double quantile95 = 1.959963984540054;

/* The longest packet, by what the mean one is: Ethernet's, a jumbo frame's, any. */
static double longest(double octets, const struct db_cell *packets)
{
	double mean = packets->null || packets->i < 1 ? INFINITY : octets / (double)packets->i;
	return mean <= 1500 ? 1500 : mean <= 9216 ? 9216 : 65535;
}

/* octets, packets, interval, sum of squares.  Where the squares were not exported: as many packets
 * of the longest size as make up the octets, but never more than one packet of all of them. */
SQL(sampling_variance)
{
	(void)n;
	if (a[0].null || a[2].null || a[2].i < 1)
		return; /* nothing is estimated there */
	double octets = (double)a[0].i, interval = (double)a[2].i;
	double squares = fmin(octets * octets, octets * longest(octets, &a[1]));
	if (!a[3].null)
		squares = (double)a[3].i;
	db_answer_f64(ret, interval * (interval - 1) * squares);
}

/* packets, interval, power: the weight of sampled packets, and its square. */
SQL(sampling_weight)
{
	(void)n;
	if (a[0].null || a[1].null || a[1].i <= 1)
		return;
	double interval = (double)a[1].i;
	db_answer_f64(ret, (double)a[0].i * (a[2].i == 2 ? interval * interval : interval));
}

/* Upper limit of a Poisson distribution's mean of which c was seen, 97.5 % (Byar's approximation:
 * of c = 1 it makes 5.56 of 5.57). */
static double poisson_upper(double c)
{
	double next = c + 1;
	double root = 1 - 1 / (9 * next) + quantile95 / (3 * sqrt(next));
	return next * root * root * root;
}

/* octets, packets */
SQL(sampling_longest)
{
	(void)n;
	db_answer_f64(ret, a[0].null ? 1500 : longest((double)a[0].i, &a[1]));
}

/* variance, weights, their squares, longest packet: of different rates, the number of packets that
 * tell as much. */
SQL(sampling_error)
{
	(void)n;
	if (a[0].null)
		return;
	double variance = a[0].f, widening = 1;
	if (!a[1].null && !a[2].null && a[2].f > 0) {
		double packets = a[1].f * a[1].f / a[2].f, interval = a[2].f / a[1].f;
		variance += interval * interval * a[3].f * a[3].f * 2 / (packets + 1);
		widening = (poisson_upper(packets) - packets) / (quantile95 * sqrt(packets));
	}
	db_answer_f64(ret, quantile95 * sqrt(variance) * widening);
}

/* clang-format off */
const struct db_function sql_sampling[] = {
	{ "k_sampling_variance", "iiii", 'f', false, sampling_variance },
	{ "k_sampling_weight",   "iii",  'f', false, sampling_weight },
	{ "k_sampling_longest",  "ii",   'f', false, sampling_longest },
	{ "k_sampling_error",    "ffff", 'f', false, sampling_error },
};
/* clang-format on */
const size_t sql_sampling_count = ARRAY_LEN(sql_sampling);
