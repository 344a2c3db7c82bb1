#include <inttypes.h>

#include "core/base/ticks.h"
#include "weir/collector_internal.h"

/* What dropping leaves free beyond the floor, so that not every commit has to drop: a part of it.
 */
enum { SLACK_PART = 16 };
enum { ROUNDS = 16 }; /* of dropping, in one look */

#define LOOK_AGAIN   (60 * TICKS_PER_MINUTE)
#define FAILED_AGAIN TICKS_PER_MINUTE
#define TELL_AGAIN   (60 * TICKS_PER_MINUTE)
#define DROP_AGAIN   (10 * TICKS_PER_SECOND) /* where the room of what went has not come yet */
#define CLOCK_AHEAD  (2 * TICKS_PER_DAY)     /* is worth a word */

bool collector_space_start(struct collector *c, struct err *e)
{
	struct keeping *k = &c->keeping;
	k->looked_at = k->due = ticks_steady();
	k->told_at = k->clock_told_at = k->looked_at - TELL_AGAIN;
	k->dropped_at = k->looked_at - DROP_AGAIN;
	return expiry_clock(c->ws, ticks_now(), &k->reached, e);
}

/* ---- telling ---- */

void collector_tell_dropped(struct collector *c, bool last)
{
	struct keeping *k = &c->keeping;
	struct buf text = { 0 };
	expiry_describe(&text, &k->untold);
	if (text.len && (last || ticks_steady() - k->told_at >= TELL_AGAIN)) {
		fprintf(c->setup.log, "dropped %s\n", buf_text(&text));
		k->told_at = ticks_steady();
		k->untold = (struct expiry_counts){ 0 };
	}
	buf_done(&text);
}

static void tell_clock(struct collector *c, int64_t ahead)
{
	struct keeping *k = &c->keeping;
	if (ahead < CLOCK_AHEAD || ticks_steady() - k->clock_told_at < TELL_AGAIN)
		return;
	k->clock_told_at = ticks_steady();
	fprintf(c->setup.log,
	        "the clock is %" PRId64
	        " days ahead of what rows are kept by, which follows it by a day an hour\n",
	        ahead / TICKS_PER_DAY);
}

/* ---- age and size ---- */

static void move_clock(struct collector *c, int64_t wall)
{
	struct keeping *k = &c->keeping;
	int64_t now = ticks_steady();
	k->reached = retention_clock(k->reached, wall, now - k->looked_at);
	k->looked_at = now;
	tell_clock(c, wall - k->reached);
}

void collector_retain(struct collector *c)
{
	struct keeping *k = &c->keeping;
	struct retention_policy policy = config_retention(c->settings->config);
	struct expiry x = { .most = RETENTION_SEGMENTS };
	struct err e;
	collector_tell_dropped(c, false);
	if (ticks_steady() < k->due)
		return;
	int64_t wall = ticks_now();
	move_clock(c, wall);
	if (expiry_add_old(&x, c->ws, &policy, k->reached, wall, &e) &&
	    expiry_add_size(&x, c->ws, &policy, &e) && expiry_commit(&x, c->ws, k->reached, &e)) {
		expiry_sum(&k->untold, &x.counts);
		k->due = ticks_steady() + (x.count < x.most ? LOOK_AGAIN : 0);
	} else {
		fprintf(c->setup.log, "rows that are too old stay: %s\n", e.text);
		k->due = ticks_steady() + FAILED_AGAIN;
	}
	expiry_done(&x);
}

/* ---- the disk ---- */

/* Drops rows of so many octets; *ret_more says whether it may be asked for more at once. */
static bool drop_for_disk(struct collector *c, uint64_t octets, bool *ret_more, struct err *e)
{
	struct keeping *k = &c->keeping;
	struct expiry x = { .most = RETENTION_SEGMENTS };
	*ret_more = false;
	if (ticks_steady() - k->dropped_at < DROP_AGAIN)
		return true;
	bool ok = expiry_add_octets(&x, c->ws, octets, RETENTION_DISK, e);
	if (ok && x.count)
		ok = expiry_commit(&x, c->ws, k->reached, e) && workspace_sweep(c->ws, true, e);
	if (ok && x.count) {
		expiry_sum(&k->untold, &x.counts);
		*ret_more = x.count == x.most;
		if (!*ret_more)
			k->dropped_at = ticks_steady();
	}
	expiry_done(&x);
	return ok;
}

static bool find_space(struct collector *c, struct disk_space *ret, uint64_t *ret_floor,
                       struct err *e)
{
	struct retention_policy policy = config_retention(c->settings->config);
	if (!workspace_space(c->ws, ret, e))
		return false;
	*ret_floor = retention_floor(&policy, ret);
	return true;
}

bool collector_make_room(struct collector *c, struct err *e)
{
	struct disk_space space;
	uint64_t floor;
	if (!find_space(c, &space, &floor, e))
		return false;
	if (space.free >= floor)
		return true;
	bool more = true;
	if (!workspace_sweep(c->ws, true, e))
		return false;
	for (unsigned i = 0; more && i < ROUNDS; i++) {
		if (!workspace_space(c->ws, &space, e))
			return false;
		if (space.free >= floor)
			return true;
		if (!drop_for_disk(c, floor + floor / SLACK_PART - space.free, &more, e))
			return false;
	}
	if (!find_space(c, &space, &floor, e))
		return false;
	return space.free >= floor || err_set(e, ERR_IO,
	                                      "the disk has %" PRIu64 " MiB free, of which %" PRIu64
	                                      " MiB stay free (retention.free)",
	                                      space.free >> 20, floor >> 20);
}
