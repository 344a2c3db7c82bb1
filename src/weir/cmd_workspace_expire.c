#include <inttypes.h>

#include "core/base/ticks.h"
#include "weir/command.h"
#include "weir/commands.h"
#include "weir/config.h"
#include "weir/expiry.h"
#include "weir/listing.h"

/* The order to drop rows is also what says that the system's clock is right: retention's follows it
 * at once. */
static bool find_old(struct expiry *x, struct workspace *ws, const struct retention_policy *policy,
                     struct err *e)
{
	int64_t now = ticks_now();
	return expiry_add_old(x, ws, policy, now, now, e) && expiry_add_size(x, ws, policy, e);
}

/* How much the disk lacks once `coming` octets are back. */
static bool find_lack(struct workspace *ws, const struct retention_policy *policy, uint64_t coming,
                      uint64_t *ret, struct err *e)
{
	struct disk_space space;
	if (!workspace_space(ws, &space, e))
		return false;
	uint64_t floor = retention_floor(policy, &space);
	*ret = space.free + coming < floor ? floor - space.free - coming : 0;
	return true;
}

/* What would go, as far as it can be told without doing it. */
static bool find_all(struct workspace *ws, const struct retention_policy *policy,
                     struct expiry_counts *ret, struct err *e)
{
	struct expiry x = { .most = SIZE_MAX };
	uint64_t lack;
	bool ok = find_old(&x, ws, policy, e) &&
	          find_lack(ws, policy, expiry_octets(&x), &lack, e) &&
	          (lack == 0 || expiry_add_octets(&x, ws, lack, RETENTION_DISK, e));
	*ret = x.counts;
	expiry_done(&x);
	return ok;
}

/* One commit of what is too old or, where `lack` is not zero, of as many octets for the disk. */
static bool drop_some(struct workspace *ws, const struct retention_policy *policy, uint64_t lack,
                      struct expiry_counts *counts, bool *ret_more, struct err *e)
{
	struct expiry x = { .most = RETENTION_SEGMENTS };
	bool ok = (lack ? expiry_add_octets(&x, ws, lack, RETENTION_DISK, e)
	                : find_old(&x, ws, policy, e)) &&
	          expiry_commit(&x, ws, ticks_now(), e);
	if (ok)
		expiry_sum(counts, &x.counts);
	*ret_more = lack ? x.count > 0 : x.count == x.most;
	expiry_done(&x);
	return ok;
}

static bool drop_all(struct workspace *ws, const struct retention_policy *policy,
                     struct expiry_counts *ret, struct err *e)
{
	bool more = true;
	uint64_t lack = 0;
	while (more)
		if (!drop_some(ws, policy, 0, ret, &more, e))
			return false;
	do {
		if (!workspace_sweep(ws, true, e) || !find_lack(ws, policy, 0, &lack, e) ||
		    (lack && !drop_some(ws, policy, lack, ret, &more, e)))
			return false;
	} while (lack && more);
	return lack == 0 || err_set(e, ERR_IO,
	                            "%" PRIu64 " octets more should be free on the disk "
	                            "(retention.free), and there are no flows left to drop",
	                            lack);
}

static bool print(const struct invocation *inv, const struct expiry_counts *counts, struct err *e)
{
	static const struct listing_column shown[] = {
		{ "table", false }, { "cause", false }, { "segments", true },
		{ "rows", true },   { "bytes", true },
	};
	struct listing l;
	listing_init(&l, shown, ARRAY_LEN(shown));
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		for (size_t cause = 0; cause < RETENTION_CAUSES; cause++) {
			const struct dropped *d = &counts->of[t][cause];
			if (d->segments == 0)
				continue;
			listing_text(&l, tables[t].name);
			listing_text(&l, expiry_cause_name((enum retention_cause)cause));
			listing_number(&l, (int64_t)d->segments);
			listing_number(&l, (int64_t)d->rows);
			listing_number(&l, (int64_t)d->octets);
		}
	}
	bool ok = listing_print(&l, invocation_value(inv, "format"), inv->out, e);
	listing_done(&l);
	return ok;
}

int cmd_workspace_expire(struct invocation *inv)
{
	struct retention_policy policy = config_retention(inv->config);
	bool dry = invocation_given(inv, "dry-run");
	struct expiry_counts counts = { 0 };
	struct err e = { 0 }, unprinted = { 0 };
	struct workspace *ws = workspace_open(invocation_value(inv, "workspace"),
	                                      dry ? WORKSPACE_READ : WORKSPACE_WRITE, &e);
	if (!ws)
		return invocation_fail(inv, &e);
	bool ok = dry ? find_all(ws, &policy, &counts, &e) : drop_all(ws, &policy, &counts, &e);
	workspace_close(ws);
	bool printed = print(inv, &counts, ok ? &e : &unprinted);
	return ok && printed ? EXIT_DONE : invocation_fail(inv, &e);
}
