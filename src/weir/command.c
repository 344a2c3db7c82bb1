#include "weir/command.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "weir/config.h"
#include "weir/help.h"
#include "core/base/nearest.h"
#include "weir/options.h"

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static size_t row_of(const struct command *c, const char *option)
{
	size_t i = 0;
	while (c->options && c->options[i].name && strcmp(c->options[i].name, option) != 0)
		i++;
	assert(c->options && c->options[i].name);
	return i;
}

const char *invocation_value(const struct invocation *inv, const char *option)
{
	return inv->values[row_of(inv->command, option)];
}

bool invocation_given(const struct invocation *inv, const char *option)
{
	size_t row = row_of(inv->command, option);
	return inv->values[row] && inv->values[row] != inv->command->options[row].fallback;
}

bool invocation_chose(const struct invocation *inv, const char *option, const char *word)
{
	const char *value = invocation_value(inv, option);
	return value && strcmp(value, word) == 0;
}

int invocation_fail(const struct invocation *inv, const struct err *e)
{
	fprintf(inv->err, "weir %s: %s\n", inv->command->name, e->text);
	return err_exit_status(e);
}

/* ---- which command ---- */

/* A command's name is the first one or two words; *ret_words says how many they were. */
static const struct command *command_of(int argc, const char *const *argv, int *ret_words)
{
	/* as every program has it */
	static const char *const short_cuts[][2] = { { "--help", "help" },
		                                     { "-h", "help" },
		                                     { "--version", "version" } };
	char name[64];
	*ret_words = 2;
	if (argc > 2 && snprintf(name, sizeof name, "%s %s", argv[1], argv[2]) < (int)sizeof name &&
	    command_find(name))
		return command_find(name);
	*ret_words = 1;
	for (size_t i = 0; i < ARRAY_LEN(short_cuts); i++)
		if (strcmp(argv[1], short_cuts[i][0]) == 0)
			return command_find(short_cuts[i][1]);
	return command_find(argv[1]);
}

static int unknown_command(int argc, const char *const *argv, FILE *err)
{
	char name[64];
	snprintf(name, sizeof name, "%s%s%s", argv[1], argc > 2 ? " " : "",
	         argc > 2 ? argv[2] : "");
	struct nearest one = nearest_to(argv[1]), two = nearest_to(name);
	size_t first = strlen(argv[1]);
	for (const struct command *c = commands; c->name; c++) {
		nearest_offer(&one, c->name);
		nearest_offer(&two, c->name);
		if (strncmp(c->name, argv[1], first) == 0 && c->name[first] == ' ' && !two.best)
			two.best = c->name;
	}
	const char *best = one.best ? one.best : two.best;
	if (best)
		fprintf(err, "weir: there is no command \"%s\"; did you mean \"%s\"?\n",
		        one.best ? argv[1] : name, best);
	else
		fprintf(err, "weir: there is no command \"%s\" (see weir help)\n", argv[1]);
	return EXIT_USAGE;
}

/* ---- running it ---- */

static bool has_config(const struct command *c)
{
	for (const struct option_row *o = c->options; o && o->name; o++)
		if (strcmp(o->name, "config") == 0)
			return true;
	return false;
}

static struct config *load_config(const struct invocation *inv)
{
	const char *path = invocation_value(inv, "config");
	struct problems problems = { 0 };
	struct config *config = path ? config_load(path, &problems) : config_defaults();
	problems_print(&problems, path ? path : "defaults", inv->err);
	return config;
}

static int run_configured(struct invocation *inv)
{
	if (!has_config(inv->command))
		return inv->command->run(inv);
	struct config *config = load_config(inv);
	if (!config)
		return EXIT_USAGE;
	inv->config = config;
	int status = inv->command->run(inv);
	config_free(config);
	return status;
}

static int run_words(struct invocation *inv, size_t count, const char *const *words)
{
	struct err e;
	if (options_ask_for_help(count, words)) {
		help_command(inv->command, inv->out);
		return EXIT_DONE;
	}
	inv->arguments = calloc(count + 1, sizeof *inv->arguments);
	if (!inv->arguments) {
		err_set(&e, ERR_NOMEM, "there is not enough memory");
		return invocation_fail(inv, &e);
	}
	int status =
	    options_read(inv, count, words, &e) ? run_configured(inv) : invocation_fail(inv, &e);
	free(inv->arguments);
	return status;
}

int command_run(int argc, const char *const *argv, const struct streams *streams)
{
	if (argc < 2) {
		help_overview(streams->err);
		return EXIT_USAGE;
	}
	int words;
	const struct command *c = command_of(argc, argv, &words);
	if (!c)
		return unknown_command(argc, argv, streams->err);
	struct invocation inv = {
		.command = c, .in = streams->in, .out = streams->out, .err = streams->err
	};
	int status = run_words(&inv, (size_t)(argc - 1 - words), argv + 1 + words);
	if (fflush(streams->out) == 0 && !ferror(streams->out))
		return status;
	fprintf(streams->err, "weir %s: the output could not be written: %s\n", c->name,
	        strerror(errno));
	return status ? status : EXIT_FAILED;
}
