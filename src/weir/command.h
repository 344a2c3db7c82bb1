/* command: a command is a row of one table (commands.c), and everything about it comes from there.
 *
 * Guide to this directory.  `weir CMD …` runs the row whose name is CMD: options.c reads the
 * arguments after the row's options into a struct invocation, the configuration is loaded where the
 * row has --config, and the row's function does the work.  `weir help`, `weir CMD --help`,
 * `weir completion bash` and "did you mean" read the same rows, so that nothing is said twice.
 *
 * To add a command: write `int cmd_NAME(struct invocation *)` in cmd_NAME.c, name the file in
 * meson.build, declare the function in commands.h and add its row to commands.c.  To add a
 * configuration key: config_schema.c.
 *
 * One thread.  Nothing here keeps state between two calls of command_run. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/attr.h"
#include "core/base/err.h"

/* What a run function returns and the program exits with. */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1, /* what was asked for failed: bad query, bad data, unreachable */
	EXIT_USAGE = 2,  /* wrong command line or configuration */
};

struct invocation;
struct config; /* weir/config.h */

#define OPTIONS_MAX 16 /* rows of options of one command, the closing one included */

/* One option of a command.  A list of them ends with an empty row. */
struct option_row {
	const char *name;     /* without its dashes: "workspace" */
	char letter;          /* 'w' for -w; 0: none */
	const char *argument; /* "FILE", "DIR", or the words to choose from, "table|json", any other
	                         of which is a usage error; NULL: a flag */
	const char *fallback; /* its value where it is not given; NULL: none */
	const char *help;     /* one line without a full stop */
};

struct command {
	const char *name;      /* one or two words: "query", "show segments" */
	const char *arguments; /* "", "FILE...", "[KQL]": how many there may be is read from this */
	const char *summary;   /* one line without a full stop */
	const struct option_row *options; /* NULL: none but --help */
	const char *text; /* what else to know, with examples; ends with a newline */
	int (*run)(struct invocation *inv);
};

extern const struct command commands[]; /* in the order of `weir help`; ends with an empty row */

/* A command line, read and checked.  Everything in it is borrowed from command_run. */
struct invocation {
	const struct command *command;
	const char *values[OPTIONS_MAX]; /* by row of command->options, see invocation_value */
	const char **arguments;          /* argument_count of them; as many as the row allows */
	size_t argument_count;
	const struct config *config; /* NULL where the row has no --config */
	FILE *in, *out, *err;
};

struct streams {
	FILE *in, *out, *err;
};

/* Runs the program with main()'s arguments; returns its exit status.  What could not be written to
 * streams->out in full is a failure. */
int command_run(int argc, const char *const *argv, const struct streams *streams);

/* The command of this name (case counts), or NULL. */
const struct command *command_find(const char *name);

/* The value of an option of this command's row: as given, else its default, else NULL.  A flag that
 * was given has the value "".  Naming an option that the row does not have is a bug: asserted. */
const char *invocation_value(const struct invocation *inv, const char *option);

/* Whether the option stood on the command line. */
bool invocation_given(const struct invocation *inv, const char *option);

/* Whether the option's value is `word`, as in invocation_chose(inv, "format", "json"). */
bool invocation_chose(const struct invocation *inv, const char *option, const char *word);

/* Prints "weir NAME: text" on inv->err and returns the exit status that the error's code asks for,
 * so that `return invocation_fail(inv, &e)` ends a run function. */
int invocation_fail(const struct invocation *inv, const struct err *e);
