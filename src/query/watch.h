/* watch: ends a query that has run for too long or that somebody cancels.
 *
 * One thread per session sleeps until a deadline or a cancel and then interrupts the database,
 * again and again, since an interrupt that comes before the query has started is lost. */
#pragma once

#include <stdint.h>

#include "workspace/db.h"

enum watch_state {
	WATCH_IDLE,
	WATCH_RUNNING,
	WATCH_EXPIRED,
	WATCH_CANCELLED,
};

struct watch; /* opaque */

MUST_CHECK struct watch *watch_new(struct db *db, struct err *e);
void watch_free(struct watch *watch); /* NULL is fine */

void watch_start(struct watch *watch, int64_t time_ms); /* below 0: no deadline */
void watch_stop(struct watch *watch);
void watch_cancel(struct watch *watch); /* of effect while one runs; from any thread */
enum watch_state watch_state(struct watch *watch);
