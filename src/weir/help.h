/* help: what `weir help` prints, made from the table of commands. */
#pragma once

#include <stdio.h>

#include "weir/command.h"

/* All commands with one line each, and where to read on. */
void help_overview(FILE *out);

/* Usage, text and options of one command. */
void help_command(const struct command *command, FILE *out);
