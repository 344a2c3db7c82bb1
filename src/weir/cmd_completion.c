#include <string.h>

#include "weir/command.h"
#include "weir/commands.h"

/* The words that may follow an option, or nothing: then the shell offers file names. */
static void values_case(const struct option_row *o, FILE *out)
{
	if (!o->argument)
		return;
	fprintf(out, "        --%s", o->name);
	if (o->letter)
		fprintf(out, " | -%c", o->letter);
	fputs(") words='", out);
	if (strchr(o->argument, '|'))
		for (const char *at = o->argument; *at; at++)
			fputc(*at == '|' ? ' ' : *at, out);
	fputs("' ;;\n", out);
}

static void command_case(const struct command *c, FILE *out)
{
	const char *any = strchr(c->name, ' ') ? "" : "' '*";
	fprintf(out, "    '%s'%s)\n        case $before in\n", c->name, any);
	for (const struct option_row *o = c->options; o && o->name; o++)
		values_case(o, out);
	fputs("        *) [[ $word != -* ]] || words='", out);
	for (const struct option_row *o = c->options; o && o->name; o++)
		fprintf(out, "--%s ", o->name);
	fputs("--help' ;;\n        esac\n        ;;\n", out);
}

/* The next word of every command's name that begins with what is there already. */
static void name_words(FILE *out)
{
	fputs("    local names=(", out);
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "'%s' ", c->name);
	fputs(")\n", out);
}

int cmd_completion(struct invocation *inv)
{
	struct err e;
	if (strcmp(inv->arguments[0], "bash") != 0) {
		err_set(&e, ERR_USAGE, "only bash is known: weir completion bash");
		return invocation_fail(inv, &e);
	}
	FILE *out = inv->out;
	fputs("# weir's completion for bash: eval \"$(weir completion bash)\"\n"
	      "_weir() {\n"
	      "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "    local words= name first=${COMP_WORDS[1]}\n",
	      out);
	name_words(out);
	fputs("    if ((COMP_CWORD == 1)); then\n"
	      "        words=${names[*]%% *}\n"
	      "    else\n"
	      "        case \"$first ${COMP_WORDS[2]}\" in\n",
	      out);
	for (const struct command *c = commands; c->name; c++)
		command_case(c, out);
	fputs("        esac\n"
	      "    fi\n"
	      "    if ((COMP_CWORD == 2)); then\n"
	      "        for name in \"${names[@]}\"; do\n"
	      "            [[ $name != \"$first \"* ]] || words+=\" ${name#* }\"\n"
	      "        done\n"
	      "    fi\n"
	      "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
	      "}\n"
	      "complete -o default -F _weir weir\n",
	      out);
	return EXIT_DONE;
}
