/* exporter_internal: what exporter.c and exporter_file.c share. */
#pragma once

#include "exporter/capture/packet_source.h"
#include "weir/exporter.h"
#include "weir/exporter_nat.h"

struct exporter {
	struct exporter_setup setup;
	struct emit *emit;
	struct meter *meter;
	struct interface *interfaces[EXPORTER_INTERFACES_MAX];
	size_t interface_count;
	struct packet_source *file;
	struct exporter_nat *nat; /* NULL: its events are not wanted */
	uint64_t flows;
	uint32_t interval; /* that was announced last */
	int64_t now;       /* ticks of the clock that export times are told by */
	int64_t boot;      /* when it began, on that clock */
	int64_t due;       /* when flows are to be looked at again: steady, of a file its clock */
	int64_t reported;  /* steady: when packets were reported last */
	int64_t begun;     /* steady: when it began */
	int64_t begun_ns;  /* of a file: when sending began, for the pace */
	int signal_fd;
};

/* ---- exporter_file.c ---- */

/* To the end of the file, which then is exported whole. */
MUST_CHECK bool exporter_read_file(struct exporter *x, struct err *e);

/* Waits as long as more was sent than `rate` allows: a file is read faster than any collector takes
 * what comes of it. */
void exporter_pace(const struct exporter *x);
