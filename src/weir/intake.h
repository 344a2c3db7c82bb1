/* intake: all sockets at which a collector receives, and which worker has which.
 *
 * There is one socket per address and worker; of inherited ones there may be more or fewer than
 * workers.  One thread, at the start. */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "collector/receive/listener.h"
#include "core/base/attr.h"
#include "core/base/err.h"
#include "weir/worker.h"

enum { INTAKE_ADDRESSES = 16 };

struct intake_config {
	const char *const *listen; /* addresses as text, at most INTAKE_ADDRESSES */
	size_t listen_count;
	unsigned workers;
	size_t receive_buffer; /* octets asked for */
	FILE *log;             /* a line an address */
};

/* The sockets of one address, by worker: at[i] is for worker i modulo their number. */
struct intake_address {
	struct worker_socket at[STEERING_MOST];
	unsigned count;
};

struct intake {
	unsigned workers;
	size_t count; /* of addresses */
	struct intake_address of[INTAKE_ADDRESSES];
	char names[INTAKE_ADDRESSES][LISTEN_TEXT_MAX];
	/* by number in the ledger; behind them "", for what came to none of them */
	const char *name_list[INTAKE_ADDRESSES + 1];
};

/* Opens, or takes over from the service manager; nothing stays open on failure. */
MUST_CHECK bool intake_open(const struct intake_config *config, struct intake *ret, struct err *e);

/* The sockets of one worker, which are its own from now on; returns how many. */
size_t intake_take(struct intake *intake, unsigned worker,
                   struct worker_socket ret[WORKER_SOCKETS]);

/* Closes what no worker took. */
void intake_close(struct intake *intake);
