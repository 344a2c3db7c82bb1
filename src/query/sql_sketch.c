/* sql_sketch: what hll and tdigest hold (see sql_functions.h).
 *
 * Both stand in for Kusto's sketches and are exact where those estimate: an hll is the array of the
 * different values' hashes; a tdigest is {"n": how many values, "q": its 1001 quantiles, from 0 to
 * 100 % by tenths}, so that merging is the only thing that loses accuracy. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query/sql_json.h"

enum { GRID = 1000 };

/* A quantile of one digest, and for how many values it stands. */
struct point {
	struct json value;
	double weight;
};

struct points {
	struct point *items;
	size_t count, room;
	double total;
};

static bool points_add(struct points *p, struct point point)
{
	if (p->count == p->room) {
		size_t room = p->room ? p->room * 2 : 2048;
		struct point *items = realloc(p->items, room * sizeof *items);
		if (!items)
			return false;
		p->items = items;
		p->room = room;
	}
	p->items[p->count++] = point;
	p->total += point.weight;
	return true;
}

static bool digest_read(struct json digest, double *n, struct json *quantiles)
{
	struct json count;
	if (!json_member(digest, "n", 1, &count) || !json_member(digest, "q", 1, quantiles))
		return false;
	*n = json_number(count);
	return *n > 0 && json_kind(*quantiles) == JSON_ARRAY;
}

static void points_of(struct json digest, struct points *ret)
{
	struct json quantiles, inside, value;
	double n;
	if (!digest_read(digest, &n, &quantiles))
		return;
	inside = json_inside(quantiles);
	while (json_next(&inside, &value))
		if (!points_add(ret, (struct point){ value, n / (GRID + 1) }))
			return;
}

static int by_value(const void *x, const void *y)
{
	return json_compare(((const struct point *)x)->value, ((const struct point *)y)->value);
}

/* merge([digest, digest, …]) */
SQL(merge)
{
	struct json inside = json_inside(cell_json(a)), digest, quantiles;
	struct points p = { 0 };
	double n_all = 0, one, seen = 0;
	size_t at = 0;
	while (!any_null(a, n) && json_next(&inside, &digest)) {
		points_of(digest, &p);
		if (digest_read(digest, &one, &quantiles))
			n_all += one;
	}
	if (p.count) {
		qsort(p.items, p.count, sizeof *p.items, by_value);
		buf_printf(&ret->scratch, "{\"n\":%.0f,\"q\":[", n_all);
		for (int i = 0; i <= GRID; i++) {
			double rank = p.total * i / GRID;
			while (at + 1 < p.count && seen + p.items[at].weight < rank - 1e-9)
				seen += p.items[at++].weight;
			if (i)
				buf_putc(&ret->scratch, ',');
			buf_add(&ret->scratch, p.items[at].value.at, p.items[at].value.len);
		}
		buf_puts(&ret->scratch, "]}");
		db_answer_scratch(ret);
	}
	free(p.items);
}

/* weighted([[value, weight], …], percent): nearest rank among values repeated by their weights */
SQL(weighted)
{
	struct json pairs = json_inside(cell_json(a)), pair, weight;
	struct points p = { 0 };
	double seen = 0;
	while (!any_null(a, n) && json_next(&pairs, &pair)) {
		struct json parts = json_inside(pair);
		struct point point = { 0 };
		if (!json_next(&parts, &point.value) || !json_next(&parts, &weight) ||
		    json_kind(point.value) != JSON_NUMBER)
			continue;
		point.weight = json_number(weight);
		if (point.weight > 0 && !points_add(&p, point))
			break;
	}
	if (p.count) {
		qsort(p.items, p.count, sizeof *p.items, by_value);
		size_t at = 0;
		double rank = p.total * a[1].f / 100;
		while (at + 1 < p.count && seen + p.items[at].weight < rank)
			seen += p.items[at++].weight;
		answer_json(ret, p.items[at].value);
	}
	free(p.items);
}

/* make(count, quantiles) */
SQL(make)
{
	if (any_null(a, n) || a[0].i <= 0)
		return;
	buf_printf(&ret->scratch, "{\"n\":%lld,\"q\":", (long long)a[0].i);
	buf_add(&ret->scratch, a[1].s.at, a[1].s.len);
	buf_putc(&ret->scratch, '}');
	db_answer_scratch(ret);
}

/* percentile(digest, percent) */
SQL(percentile)
{
	struct json quantiles, value;
	double count;
	if (any_null(a, n) || !(a[1].f >= 0 && a[1].f <= 100) ||
	    !digest_read(cell_json(a), &count, &quantiles))
		return;
	int64_t at = (int64_t)round(a[1].f / 100 * GRID);
	if (json_element(quantiles, at, &value))
		answer_json(ret, value);
}

/* sessions([[row, time, restart], …], from first, between): the start of each row's session */
SQL(sessions)
{
	struct json rows = json_inside(cell_json(a)), row, part;
	int64_t start = 0, before = 0, time;
	bool any = false;
	char text[24];
	if (any_null(a, n))
		return;
	db_answer_list(ret);
	while (json_next(&rows, &row)) {
		struct json parts = json_inside(row);
		bool known = json_next(&parts, &part) && json_whole(part, &time);
		bool restart = json_next(&parts, &part) && json_is_true(part);
		if (!known) {
			db_answer_list_add(ret, NULL, 0);
			continue;
		}
		if (!any || restart || time - start >= a[1].i || time - before >= a[2].i)
			start = time;
		any = true;
		before = time;
		int len = snprintf(text, sizeof text, "%lld", (long long)start);
		db_answer_list_add(ret, text, (size_t)len);
	}
}

/* clang-format off */
const struct db_function sql_sketch[] = {
	{ "k_digest_make",       "is",  's', false, make },
	{ "k_digest_merge",      "s",   's', false, merge },
	{ "k_digest_percentile", "sf",  's', false, percentile },
	{ "k_weighted",          "sf",  's', false, weighted },
	{ "k_sessions",          "sii", 'L', false, sessions },
};
/* clang-format on */
const size_t sql_sketch_count = ARRAY_LEN(sql_sketch);
