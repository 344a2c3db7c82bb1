/* year: fills a workspace as a year would, from a seed and with a clock of its own.
 *
 *     year --workspace DIR --oracle FILE [--days N] [--every MINUTES] [--rows N] [--commits N]
 *          [--nat N] [--seed N] [--hosts N] [--flows-max N] [--checks N] [--calm]
 *          [--hours N] [--keep-flows DAYS] [--keep-hourly DAYS]
 *
 * Begins on 2025-01-01.  In N hours of each day, evenly, there are records every so many minutes,
 * in so many commits; every minute something may be closed, every hour something too old.  Unless
 * it is calm, records come late now and then, the collector is ended and killed by turns, its clock
 * is set, ahead for some time and back, and at last the workspace may take only part of what it
 * takes.
 *
 * What ought to be in the workspace is counted in the oracle's file (year_oracle.h).  N times,
 * evenly, and at the end all that is due is compacted, a line of JSON printed, and a line waited
 * for: then the workspace is at rest, and may be asked.  The last line comes after the end.  Driven
 * by tests/bench/year. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/base/ticks.h"
#include "year_life.h"

enum { MINUTES_PER_DAY = 24 * 60, DAYS_AHEAD = 48, JUMPS = 3 };

struct options {
	const char *workspace, *oracle;
	uint64_t days, every, rows, commits, nat, seed, hosts, flows_max, checks, calm;
	uint64_t hours, keep_flows, keep_hourly;
};

/* The clock is set ahead by so many minutes (or back) from here on, for so long. */
struct jump {
	uint32_t at, minutes;
	int64_t by;
};

struct year {
	struct options options;
	struct life life;
	struct jump jumps[JUMPS];
	int64_t begin;     /* ticks */
	uint32_t minute;   /* of the simulation: of the clock that is never set */
	uint32_t next_end; /* of a life */
};

/* ---- options ---- */

static bool read_options(int argc, char **argv, struct options *o)
{
	const struct {
		const char *name;
		uint64_t *number;
	} numbers[] = {
		{ "days", &o->days },
		{ "every", &o->every },
		{ "rows", &o->rows },
		{ "commits", &o->commits },
		{ "nat", &o->nat },
		{ "seed", &o->seed },
		{ "hosts", &o->hosts },
		{ "flows-max", &o->flows_max },
		{ "checks", &o->checks },
		{ "keep-flows", &o->keep_flows },
		{ "keep-hourly", &o->keep_hourly },
		{ "hours", &o->hours },
	};
	enum { NUMBERS = ARRAY_LEN(numbers), WORKSPACE = NUMBERS, ORACLE, CALM, OPTIONS };
	struct option options[OPTIONS + 1] = {
		[WORKSPACE] = { "workspace", required_argument, NULL, WORKSPACE },
		[ORACLE] = { "oracle", required_argument, NULL, ORACLE },
		[CALM] = { "calm", no_argument, NULL, CALM },
	};
	for (int i = 0; i < NUMBERS; i++)
		options[i] = (struct option){ numbers[i].name, required_argument, NULL, i };
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == WORKSPACE)
			o->workspace = optarg;
		else if (c == ORACLE)
			o->oracle = optarg;
		else if (c == CALM)
			o->calm = 1;
		else if (c >= 0 && c < NUMBERS)
			*numbers[c].number = strtoull(optarg, NULL, 10);
		else
			return false;
	}
	return o->workspace && o->oracle && o->days && o->every && o->commits && o->hours &&
	       o->hours <= 24 && optind == argc;
}

static const struct config *make_config(const struct options *o, const struct traffic_setup *setup)
{
	struct buf text = { 0 };
	struct problems problems;
	traffic_config(setup, &text);
	buf_printf(&text, "flows:\n    max: %" PRIu64 "\n", o->flows_max);
	buf_printf(&text, "retention:\n    flows: %" PRIu64 "\n    flows_hourly: %" PRIu64 "\n",
	           o->keep_flows, o->keep_hourly);
	const struct config *config = config_parse(buf_text(&text), text.len, &problems);
	if (!config) {
		problems_print(&problems, "configuration", stderr);
		exit(1);
	}
	buf_done(&text);
	return config;
}

static void prepare(struct year *y)
{
	const struct options *o = &y->options;
	struct traffic_setup setup = {
		.seed = o->seed,
		.hosts = (uint32_t)o->hosts,
		.circuits = 8,
		.exporters = 3,
		.flows = (double)o->hosts * 100,
	};
	uint32_t minutes = (uint32_t)o->days * MINUTES_PER_DAY;
	y->begin = ticks_from_date((struct date){ 2025, 1, 1 });
	y->life.first_minute = (uint32_t)((y->begin - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE);
	y->life.setup = (struct life_setup){ o->workspace, (uint32_t)o->rows, (uint32_t)o->commits,
		                             (uint32_t)o->nat, !o->calm };
	y->life.config = make_config(o, &setup);
	traffic_init(&y->life.traffic, &setup);
	oracle_open(&y->life.oracle, o->oracle,
	            (struct oracle_header){ y->life.first_minute / MINUTES_PER_DAY,
	                                    o->days + DAYS_AHEAD, setup.circuits * 2,
	                                    setup.hosts * 4, setup.exporters });
	y->jumps[0] = (struct jump){ minutes / 4 + 77, 20, 3 * 60 };
	y->jumps[1] = (struct jump){ minutes / 2 + 99, 15, -60 };
	y->jumps[2] = (struct jump){ minutes / 3 * 2 + 55, 30, 40 * MINUTES_PER_DAY };
}

/* ---- one minute after the other ---- */

static int64_t ahead(const struct year *y)
{
	int64_t minutes = 0;
	for (size_t i = 0; i < JUMPS && !y->options.calm; i++)
		if (y->minute - y->jumps[i].at < y->jumps[i].minutes)
			minutes += y->jumps[i].by;
	return minutes;
}

/* To the begin of a minute of the simulation. */
static void set_clock(struct year *y, uint32_t minute)
{
	int64_t before = ahead(y);
	y->minute = minute;
	life_clock.steady = minute * TICKS_PER_MINUTE;
	life_clock.wall = y->begin + life_clock.steady + ahead(y) * TICKS_PER_MINUTE;
	if (ahead(y) < before)
		life_start_anew(&y->life);
}

static void end_and_start(struct year *y)
{
	struct life *l = &y->life;
	if (y->minute < y->next_end)
		return;
	y->next_end = y->minute + 720 + traffic_below(&l->traffic, 12 * MINUTES_PER_DAY);
	if (l->ws && !y->options.calm) {
		life_end(l, l->starts % 2);
		life_start(l);
	}
}

static bool has_records(const struct year *y)
{
	return y->minute / 60 % (24 / y->options.hours) == 0 && y->minute % y->options.every == 0;
}

static void live_minute(struct year *y)
{
	struct life *l = &y->life;
	end_and_start(y);
	if (has_records(y))
		life_collect(l);
	else
		life_close(l);
	if (y->minute % 5 == 0)
		life_compact(l);
	if (y->minute % 60 == 0)
		life_retain(l);
	if (!y->options.calm && y->minute == (uint32_t)y->options.days * MINUTES_PER_DAY / 10 * 9)
		life_limit_size(l, 0.6);
}

/* ---- telling ---- */

static double seconds_of(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1e-6;
}

static void tell(const struct year *y, const char *what)
{
	struct rusage self, children;
	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	printf("{\"at\": \"%s\", \"minute\": %u, \"last\": %u, \"starts\": %u, \"size\": %" PRIu64
	       ", \"dropped\": %" PRIu64 ", \"writer_cpu\": %.3f, \"writer_kib\": %ld, "
	       "\"keeper_cpu\": %.3f, \"keeper_kib\": %ld}\n",
	       what, life_minute(), y->life.last_minute, y->life.starts, y->life.size,
	       y->life.dropped_rows, seconds_of(&self), self.ru_maxrss, seconds_of(&children),
	       children.ru_maxrss);
	fflush(stdout);
}

/* False where whoever is told has gone. */
static bool pause_for_questions(struct year *y, const char *what)
{
	char line[16];
	life_settle(&y->life);
	tell(y, what);
	return fgets(line, sizeof line, stdin);
}

int main(int argc, char **argv)
{
	static struct year y = {
		.options = { .days = 365,
		             .hours = 8,
		             .every = 10,
		             .rows = 300,
		             .commits = 1,
		             .nat = 4,
		             .seed = 20261127,
		             .hosts = 2000,
		             .flows_max = 20000,
		             .checks = 6,
		             .keep_flows = 30,
		             .keep_hourly = 365 },
	};
	if (!read_options(argc, argv, &y.options)) {
		fprintf(stderr, "usage: year --workspace DIR --oracle FILE …; see its source\n");
		return 2;
	}
	prepare(&y);
	y.next_end = 720;
	set_clock(&y, 0);
	life_start(&y.life);
	uint32_t minutes = (uint32_t)y.options.days * MINUTES_PER_DAY;
	uint32_t part = minutes / (uint32_t)(y.options.checks + 1);
	for (uint32_t minute = 0; minute < minutes; minute++) {
		set_clock(&y, minute);
		live_minute(&y);
		if (minute % part == part - 1 && minute + 1 < minutes &&
		    !pause_for_questions(&y, "check"))
			return 1;
	}
	set_clock(&y, minutes + 4 * 60);
	life_close(&y.life);
	if (!pause_for_questions(&y, "last check"))
		return 1;
	life_end(&y.life, false);
	tell(&y, "end");
	return 0;
}
