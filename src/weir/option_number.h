/* option_number: the numbers of a command line. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "weir/command.h"

struct number_range {
	uint64_t least, most;
};

/* The option's number; where it is not given, `otherwise`, such as the configuration's.  ERR_USAGE
 * where it is none or out of range. */
MUST_CHECK bool option_number(const struct invocation *inv, const char *option,
                              struct number_range range, uint64_t otherwise, uint64_t *ret,
                              struct err *e);
