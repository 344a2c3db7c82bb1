/* options: from the words of a command line to a struct invocation, by the command's rows.
 *
 * --name VALUE, --name=VALUE and -n VALUE; options and arguments in any order; after -- everything
 * is an argument.  The last of several equal options counts. */
#pragma once

#include <stdbool.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "weir/command.h"

/* Reads the words behind the command's name into inv, whose command is set and whose `arguments`
 * has room for all of them.  What is wrong is one line (ERR_USAGE) that says what to do. */
MUST_CHECK bool options_read(struct invocation *inv, size_t count, const char *const *words,
                             struct err *e);

/* Whether --help or -h is among the words. */
bool options_ask_for_help(size_t count, const char *const *words);

/* How many arguments a row's text stands for: "FILE... [KQL]" is 1 to any number. */
struct argument_range {
	size_t least, most;
};
struct argument_range argument_range(const char *arguments);
