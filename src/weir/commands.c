#include "weir/commands.h"

#include "weir/command.h"

/* Options that several commands have. */
#define CONFIG_OPTION                                                                              \
	{                                                                                          \
		"config", 'c', "FILE", NULL,                                                       \
		    "configuration file; without it all keys have their defaults"                  \
	}
#define WORKSPACE_OPTION                                                                           \
	{                                                                                          \
		"workspace", 'w', "DIR", "./workspace", "directory of the workspace"               \
	}
#define FORMAT_OPTION(words)                                                                       \
	{                                                                                          \
		"format", 'f', words, "table", "how the answer is printed"                         \
	}

/* clang-format off */
const struct command commands[] = {
	{ "check", "[FILE]", "says what is wrong with a configuration file", NULL,
	  "Reads the file, or standard input, and prints every problem with line and column, or one line\n"
	  "that says what the file sets. Exit status 2 where there is a problem.\n\n"
	  "    weir check weir.yaml\n",
	  cmd_check },

	{ "completion", "bash", "prints a script that completes weir's command lines", NULL,
	  "    eval \"$(weir completion bash)\"\n",
	  cmd_completion },

	{ "help", "[COMMAND...]", "explains a command or, as weir help config, the configuration", NULL,
	  "    weir help query\n"
	  "    weir help config\n",
	  cmd_help },

	{ "version", "", "prints the version", NULL, NULL, cmd_version },
	{ 0 },
};
/* clang-format on */
