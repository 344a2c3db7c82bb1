/* err: why something that we ourselves tried has failed (a file, a query, a configuration).
 *
 * Bad input from the network is not an error but traffic: decoders answer with a result code
 * that is counted (collector/decode/rc.h).  A function that can fail returns bool or a pointer
 * and takes a struct err as its last argument; each caller may put what it was doing in front.
 * Library code never prints; a program prints the text once, where it handles it.
 * The text is bounded: longer ones are cut; and it is one line that any terminal may be shown:
 * control characters, of a name or a file that it quotes, are "?" in it. */
#pragma once

#include <stdbool.h>

#include "core/base/attr.h"

enum err_code {
	ERR_NONE,
	ERR_USAGE,     /* the command line asks for something that is not there: exit status 2 */
	ERR_CONFIG,    /* the configuration is wrong: exit status 2 */
	ERR_IO,        /* the operating system said no */
	ERR_NOMEM,     /* no memory, or a stated bound was reached */
	ERR_DATA,      /* a file is not what it should be */
	ERR_WORKSPACE, /* the workspace is missing, newer, locked or damaged */
	ERR_QUERY,     /* the query failed while it ran */
};

struct err {
	enum err_code code;
	char text[1024]; /* one sentence without a full stop, as in "no such file" */
};

/* Sets code and text.  Always returns false, so that `return err_set(e, …)` reads well.
 * e may be NULL: then nobody wants to know. */
bool err_set(struct err *e, enum err_code code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts "what: " in front of the text.  Always returns false. */
bool err_wrap(struct err *e, const char *format, ...) PRINTF_LIKE(2, 3);

/* Makes "?" of control characters: a terminal must not obey what a file holds. */
void hide_control_characters(char *text);

/* 0 for none, 2 for usage and configuration, 1 for everything else (see `weir help`). */
int err_exit_status(const struct err *e);
