#include <string.h>

#include "query/reference.h"
#include "weir/command.h"
#include "weir/commands.h"
#include "weir/config_schema.h"
#include "weir/help.h"

int cmd_version(struct invocation *inv)
{
	fputs("weir " WEIR_VERSION "\n", inv->out);
	return EXIT_DONE;
}

static int help_config(struct invocation *inv)
{
	struct buf text = { 0 };
	config_reference(&text);
	fputs(buf_text(&text), inv->out);
	buf_done(&text);
	return EXIT_DONE;
}

static int help_word(struct invocation *inv, const char *word)
{
	struct buf text = { 0 };
	struct err e;
	const char *near = NULL;
	bool found = reference_word(word, &text, &near);
	if (found)
		fputs(buf_text(&text), inv->out);
	buf_done(&text);
	if (found)
		return EXIT_DONE;
	err_set(&e, ERR_USAGE, "KQL has no \"%s\"%s%s%s", word, near ? "; did you mean \"" : "",
	        near ? near : "", near ? "\"?" : "");
	return invocation_fail(inv, &e);
}

static int help_kql(struct invocation *inv)
{
	if (inv->argument_count == 2)
		return help_word(inv, inv->arguments[1]);
	struct buf text = { 0 };
	reference_page(&text);
	fputs(buf_text(&text), inv->out);
	buf_done(&text);
	return EXIT_DONE;
}

/* All commands of which `word` is the first of two. */
static bool help_family(const char *word, FILE *out)
{
	size_t len = strlen(word);
	bool found = false;
	for (const struct command *c = commands; c->name; c++) {
		if (strncmp(c->name, word, len) != 0 || c->name[len] != ' ')
			continue;
		fputs(found ? "\n" : "", out);
		help_command(c, out);
		found = true;
	}
	return found;
}

int cmd_help(struct invocation *inv)
{
	if (inv->argument_count == 0) {
		help_overview(inv->out);
		return EXIT_DONE;
	}
	if (inv->argument_count == 1 && strcmp(inv->arguments[0], "config") == 0)
		return help_config(inv);
	if (inv->argument_count <= 2 && strcmp(inv->arguments[0], "kql") == 0)
		return help_kql(inv);

	char name[64] = "";
	for (size_t i = 0; i < inv->argument_count; i++)
		snprintf(name + strlen(name), sizeof name - strlen(name), "%s%s", i ? " " : "",
		         inv->arguments[i]);
	const struct command *c = command_find(name);
	if (c)
		help_command(c, inv->out);
	if (c || help_family(name, inv->out))
		return EXIT_DONE;
	struct err e;
	err_set(&e, ERR_USAGE, "there is no command \"%s\" (see weir help)", name);
	return invocation_fail(inv, &e);
}
