/* exporter_setup: what `weir exporter` is to do, from its command line and its configuration. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "exporter/capture/interface.h"
#include "exporter/emit/emit.h"
#include "exporter/meter/meter.h"
#include "exporter/nat/nat_logging.h"
#include "weir/command.h"
#include "weir/config.h"

enum { EXPORTER_SELECTOR = 1 /* the number of its one sampler */ };

struct exporter_setup {
	/* Where packets come from: a capture file, or interfaces, of which there may be none: then
	 * that of the default route. */
	const char *file; /* NULL: interfaces */
	const char *const *interfaces;
	size_t interface_count;
	const char *names[EXPORTER_INTERFACES_MAX]; /* room for the above … */
	char words[EXPORTER_INTERFACES_MAX * 17];   /* … and for their letters */
	enum kernel_filter_direction direction;

	struct selector_config sampling;
	struct meter_config meter;
	struct emit_config emit; /* but for `boot` */
	bool log_nat;
	struct nat_logging nat;
	double rate;      /* of a file: messages a second at most; 0: as fast as possible */
	const char *user; /* to become where started as root; "": nobody else */
	bool isolate;
	FILE *log;
};

/* Looks collectors' names up.  ERR_USAGE, ERR_CONFIG or ERR_IO with one line that says what to do.
 * *ret borrows from inv and from itself: it must not be moved. */
MUST_CHECK bool exporter_setup_read(const struct invocation *inv, struct exporter_setup *ret,
                                    struct err *e);
