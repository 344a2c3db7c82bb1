#include "year_life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collector/decode/decode.h"
#include "core/base/ticks.h"
#include "weir/collector.h"
#include "weir/expiry.h"
#include "workspace/retention.h"

enum {
	DATAGRAM_ROWS = 18,
	LATE_ONE_IN = 12, /* stretches of records */
	LATE_PART = 4,    /* of the records of a commit */
	LATE_SOON = 15,
	LATE_FAR = 30 * 60, /* minutes */
	NAMES_EVERY = 24 * 60,
	JOB_TURNS = 3,
	POLL_US = 500,
};

struct life_clock life_clock;

/* In the place of the system's clocks (-Wl,--wrap). */
int64_t __wrap_ticks_now(void);
int64_t __wrap_ticks_steady(void);

int64_t __wrap_ticks_now(void)
{
	return life_clock.wall;
}

int64_t __wrap_ticks_steady(void)
{
	return life_clock.steady;
}

uint32_t life_minute(void)
{
	return (uint32_t)((life_clock.wall - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE);
}

static void check(bool ok, const struct err *e)
{
	if (ok)
		return;
	fprintf(stderr, "at minute %u: %s\n", life_minute(), e->text);
	exit(1);
}

/* ---- start and end ---- */

static void start_stages(struct life *l)
{
	struct err e = { 0 };
	struct committing *c = &l->committing;
	size_t most = l->config->flows_max;
	*c = (struct committing){ .ws = l->ws, .enrichment = &l->settings->enrichment };
	check((c->open = open_new(2 * most, &l->config->constants, &e)), &e);
	check((c->bindings = nat_bindings_new(l->config->nat.bindings,
	                                      nat_timeout_ticks(&l->config->nat), &e)),
	      &e);
	check((c->names = names_new(&e)), &e);
	check((l->ledger = ledger_new(&e)), &e);
	check((l->fold = ledger_fold_new(&e)), &e);
	check((l->table = flow_table_new(most, &e)), &e);
	check((l->plain = plain_rows_new(&e)), &e);
}

void life_start(struct life *l)
{
	struct err e = { 0 };
	if (!l->settings)
		check((l->settings = settings_new(l->config, &e)), &e);
	check(workspace_prepare(l->setup.workspace, (uid_t)-1, (gid_t)-1, &e), &e);
	struct keeper_setup keeper = { .workspace = l->setup.workspace };
	l->compacting = (struct compacting){ .log = stderr, .due = life_clock.steady };
	check((l->compacting.keeper = keeper_start(&keeper, &e)), &e);
	check((l->ws = workspace_open(l->setup.workspace, WORKSPACE_WRITE, &e)), &e);
	l->compacting.ws = l->ws;
	start_stages(l);
	check(nat_bindings_resume(l->committing.bindings, l->ws, &e), &e);
	check(committing_recall(&l->committing, stderr, &e), &e);
	check(open_recall(l->committing.open, l->ws, &e), &e);
	check(open_resume(l->committing.open, l->ws, &e), &e);
	check(expiry_clock(l->ws, life_clock.wall, &l->reached, &e), &e);
	l->looked_at = life_clock.steady;
	l->starts++;
}

void life_end(struct life *l, bool killed)
{
	struct err e = { 0 };
	if (!killed)
		check(committing_pause(&l->committing, &e), &e);
	compacting_done(&l->compacting);
	open_free(l->committing.open);
	nat_bindings_free(l->committing.bindings);
	names_free(l->committing.names);
	ledger_free(l->ledger);
	ledger_fold_free(l->fold);
	flow_table_free(l->table);
	plain_rows_free(l->plain);
	workspace_close(l->ws);
	while (waitpid(-1, NULL, 0) > 0) {
	}
}

/* ---- what comes in ---- */

static void count_flow(struct life *l, const struct traffic_row *r)
{
	oracle_flow(&l->oracle, &(struct oracle_flow){ .minute = r->row.key.minute,
	                                               .group = r->group,
	                                               .source = r->source,
	                                               .bytes = r->row.bytes,
	                                               .packets = r->row.packets,
	                                               .sampling = r->row.key.sampling });
}

static void merge(struct life *l, struct batch *batch)
{
	if (flow_table_merge(l->table, batch->rows, batch->count) < batch->count) {
		fprintf(stderr, "the flow table is too small\n");
		exit(1);
	}
	batch->count = 0;
}

/* Datagrams are those that records of each exporter fill. */
static void count_datagrams(struct life *l, const uint64_t *records)
{
	for (uint32_t i = 0; i < l->traffic.setup.exporters; i++) {
		uint64_t datagrams = (records[i] + DATAGRAM_ROWS - 1) / DATAGRAM_ROWS;
		struct ledger_key key = {
			.minute = life_minute(),
			.has_exporter = true,
			.has_domain = true,
			.exporter = traffic_exporter(i),
			.domain = 100,
		};
		if (!records[i])
			continue;
		uint64_t *counts = ledger_counts(l->ledger, &key);
		counts[LEDGER_DatagramsOffered] += datagrams;
		counts[LEDGER_DatagramsDecoded] += datagrams;
		counts[LEDGER_RecordsDecoded] += records[i];
		counts[LEDGER_RecordsStored] += records[i];
		oracle_datagrams(&l->oracle, key.minute, i, datagrams, records[i]);
	}
}

/* How many minutes ago a stretch of records was to come. */
static uint32_t lateness(struct life *l)
{
	uint32_t past = life_minute() - l->first_minute;
	uint32_t most = traffic_below(&l->traffic, 4) ? LATE_SOON : LATE_FAR;
	if (!l->setup.late || traffic_below(&l->traffic, LATE_ONE_IN) ||
	    life_minute() < l->first_minute)
		return 0;
	return traffic_below(&l->traffic, (past < most ? past : most) + 1);
}

static void add_records(struct life *l, uint32_t count, uint32_t from_ms)
{
	static struct batch batch;
	uint64_t records[64] = { 0 };
	uint32_t late = lateness(l), late_from = count - count / LATE_PART;
	for (uint32_t i = 0; i < count; i++) {
		struct traffic_row r;
		uint32_t minute = life_minute() - (i < late_from ? 0 : late);
		traffic_row(&l->traffic, minute, from_ms + i % 1000, &r);
		count_flow(l, &r);
		records[r.exporter]++;
		batch.rows[batch.count++] = r.row;
		if (batch.count == BATCH_ROWS)
			merge(l, &batch);
	}
	merge(l, &batch);
	count_datagrams(l, records);
}

static void add_events(struct life *l)
{
	size_t ended, count;
	if (!l->setup.nat)
		return;
	count = traffic_nat(&l->traffic, life_minute(), l->setup.nat, l->events, &ended);
	struct err e = { .text = "no room for events" };
	check(plain_rows_add(l->plain, TABLE_NAT, l->events, count), &e);
	nat_bindings_take(l->committing.bindings, l->plain);
	oracle_nat(&l->oracle, life_minute(), count, ended);
	struct ledger_key key = { .minute = life_minute(),
		                  .has_exporter = true,
		                  .has_domain = true,
		                  .exporter = traffic_exporter(0),
		                  .domain = 100 };
	uint64_t *counts = ledger_counts(l->ledger, &key);
	counts[LEDGER_NatEvents] += count;
	counts[LEDGER_NatEventsStored] += count;
}

/* Every interface has a name, which exporters repeat. */
static void tell_names(struct life *l)
{
	for (uint32_t i = 0; i < 2 * l->traffic.setup.circuits; i++) {
		struct name name = { .exporter =
			                 traffic_exporter(i / 2 % l->traffic.setup.exporters),
			             .domain = 100,
			             .kind = NAME_INTERFACE,
			             .id = 500 + i,
			             .told = life_clock.wall };
		snprintf(name.text, sizeof name.text, "xe-0/0/%u", i);
		names_learn(l->committing.names, &name, 1);
	}
}

static bool write_rows(void *context, struct commit *commit, struct err *e)
{
	static const char *const listeners[] = { "192.0.2.254:2055" };
	struct life *l = context;
	return open_add(l->committing.open, commit, l->table, e) &&
	       commit_plain_rows(commit, l->plain, e) &&
	       nat_bindings_write(l->committing.bindings, commit, life_clock.wall, false, e) &&
	       ledger_fold_write(l->fold, l->ledger, commit, listeners, e);
}

static void commit_rows(struct life *l)
{
	struct err e = { 0 };
	if (!open_has_room(l->committing.open, flow_table_count(l->table)))
		check(committing_close(&l->committing, UINT64_MAX, &e), &e);
	check(committing_run(&l->committing, write_rows, l, &e), &e);
	ledger_fold_committed(l->fold);
	ledger_clear(l->ledger);
	flow_table_remove_before(l->table, UINT64_MAX);
	plain_rows_clear(l->plain);
}

void life_collect(struct life *l)
{
	uint32_t n = l->setup.commits;
	int64_t begin = life_clock.wall;
	l->last_minute = life_minute();
	if (life_minute() % NAMES_EVERY == 0)
		tell_names(l);
	add_events(l);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t ms = 60000 / n * i;
		add_records(l, l->setup.rows * (i + 1) / n - l->setup.rows * i / n, ms);
		life_clock.wall = begin + (ms + 60000 / n - 1) * TICKS_PER_MS;
		commit_rows(l);
		if (i == 0)
			life_close(l);
	}
	life_clock.wall = begin;
}

void life_close(struct life *l)
{
	struct err e = { 0 };
	uint64_t passed = life_minute();
	if (open_oldest(l->committing.open) < passed)
		check(committing_close(&l->committing, passed, &e), &e);
	check(workspace_sweep(l->ws, false, &e), &e);
}

void life_start_anew(struct life *l)
{
	struct err e = { 0 };
	check(committing_close(&l->committing, UINT64_MAX, &e), &e);
	open_start_anew(l->committing.open);
	ledger_counts(l->ledger,
	              &(struct ledger_key){ .minute = life_minute() })[LEDGER_ClockSteps]++;
}

/* ---- retention ---- */

static void add_dropped(struct life *l, const struct expiry *x)
{
	for (size_t t = 0; t < TABLE_COUNT; t++)
		for (size_t cause = 0; cause < RETENTION_CAUSES; cause++)
			l->dropped_rows += x->counts.of[t][cause].rows;
}

/* What segments of Flows take, and those of all other tables. */
static void sum_octets(struct life *l, uint64_t *ret_flows, uint64_t *ret_others)
{
	struct err e = { 0 };
	struct segment_list list;
	uint64_t all;
	*ret_flows = 0;
	check(workspace_octets(l->ws, &all, &e), &e);
	check(workspace_oldest(l->ws, TABLE_FLOWS, SIZE_MAX, &list, &e), &e);
	for (size_t i = 0; i < list.count; i++)
		*ret_flows += (uint64_t)list.items[i].bytes;
	segment_list_done(&list);
	*ret_others = all - *ret_flows;
}

void life_limit_size(struct life *l, double part)
{
	uint64_t flows, others;
	sum_octets(l, &flows, &others);
	l->flows_most = (uint64_t)((double)flows * part);
}

static uint64_t size_limit(struct life *l)
{
	uint64_t flows, others;
	if (!l->flows_most)
		return 0;
	sum_octets(l, &flows, &others);
	return others + l->flows_most;
}

void life_retain(struct life *l)
{
	struct err e = { 0 };
	struct retention_policy policy = config_retention(l->config);
	bool more = true;
	policy.size = l->size = size_limit(l);
	l->reached = retention_clock(l->reached, life_clock.wall, life_clock.steady - l->looked_at);
	l->looked_at = life_clock.steady;
	while (more) {
		struct expiry x = { .most = RETENTION_SEGMENTS };
		check(expiry_add_old(&x, l->ws, &policy, l->reached, life_clock.wall, &e), &e);
		check(expiry_add_size(&x, l->ws, &policy, &e), &e);
		check(expiry_commit(&x, l->ws, l->reached, &e), &e);
		more = x.count == x.most;
		add_dropped(l, &x);
		expiry_done(&x);
	}
}

/* ---- compaction ---- */

static void wait_for_job(struct life *l)
{
	while (l->compacting.job.segments) {
		usleep(POLL_US);
		compacting_turn(&l->compacting);
	}
}

void life_compact(struct life *l)
{
	struct compacting *c = &l->compacting;
	struct err e = { .text = "compaction has ended" };
	compacting_turn(c);
	if (c->job.segments && life_clock.steady - c->due > JOB_TURNS * TICKS_PER_MINUTE)
		wait_for_job(l);
	if (!c->job.segments)
		compacting_turn(c);
	check(c->keeper, &e);
}

void life_settle(struct life *l)
{
	struct compacting *c = &l->compacting;
	do {
		wait_for_job(l);
		c->due = life_clock.steady;
		compacting_turn(c);
	} while (c->job.segments);
}
