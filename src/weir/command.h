/* command: the table of commands.  Usage, `weir help`, completion and "did you mean" come from it.
 */
#pragma once

/* Runs the program with main()'s arguments; returns its exit status (0, 1 or 2). */
int command_run(int argc, char **argv);
