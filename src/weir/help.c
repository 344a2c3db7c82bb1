#include "weir/help.h"

#include <string.h>

static void row(FILE *out, const char *left, int width, const char *right)
{
	fprintf(out, "  %-*s  %s\n", width, left, right);
}

static int usage(const struct command *c, char *text, size_t room)
{
	return snprintf(text, room, "%s%s%s", c->name, *c->arguments ? " " : "", c->arguments);
}

void help_overview(FILE *out)
{
	char text[80];
	int width = 0;
	for (const struct command *c = commands; c->name; c++) {
		int len = usage(c, text, sizeof text);
		width = len > width ? len : width;
	}
	fputs("weir " WEIR_VERSION ": flow logging for networks\n\n"
	      "usage: weir COMMAND [options] [arguments]\n\n",
	      out);
	for (const struct command *c = commands; c->name; c++) {
		usage(c, text, sizeof text);
		row(out, text, width, c->summary);
	}
	fputs("\nweir help COMMAND shows a command's options, weir help config the configuration,\n"
	      "weir help kql the query language.\n"
	      "Exit status: 0 done, 1 what was asked for failed, 2 wrong usage or configuration.\n",
	      out);
}

static int option_usage(const struct option_row *o, char *text, size_t room)
{
	char letter[] = "    ";
	if (o->letter)
		memcpy(letter, (char[]){ '-', o->letter, ',', ' ' }, 4);
	return snprintf(text, room, "%s--%s%s%s", letter, o->name, o->argument ? " " : "",
	                o->argument ? o->argument : "");
}

static const struct option_row help_row = { .name = "help", .letter = 'h', .help = "prints this" };

void help_command(const struct command *c, FILE *out)
{
	char text[80];
	int width = option_usage(&help_row, text, sizeof text);
	for (const struct option_row *o = c->options; o && o->name; o++) {
		int len = option_usage(o, text, sizeof text);
		width = len > width ? len : width;
	}
	fprintf(out, "weir %s: %s\n\nusage: weir %s %s%s%s\n\n", c->name, c->summary, c->name,
	        c->options ? "[options]" : "", c->options && *c->arguments ? " " : "",
	        c->arguments);
	for (const struct option_row *o = c->options; o && o->name; o++) {
		char help[160];
		option_usage(o, text, sizeof text);
		snprintf(help, sizeof help, o->fallback ? "%s (default %s)" : "%s", o->help,
		         o->fallback);
		row(out, text, width, help);
	}
	option_usage(&help_row, text, sizeof text);
	row(out, text, width, help_row.help);
	if (c->text)
		fprintf(out, "\n%s", c->text);
}
