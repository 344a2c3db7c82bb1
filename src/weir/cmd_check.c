#include "weir/command.h"
#include "weir/commands.h"
#include "weir/config.h"

int cmd_check(struct invocation *inv)
{
	const char *path = inv->argument_count ? inv->arguments[0] : NULL;
	struct problems problems;
	struct config *config =
	    path ? config_load(path, &problems) : config_read(inv->in, &problems);
	path = path ? path : "standard input";
	if (!config) {
		problems_print(&problems, path, inv->err);
		return EXIT_USAGE;
	}
	fprintf(inv->out, "%s: good; %s%s\n", path, *config->summary ? "sets " : "sets nothing",
	        config->summary);
	config_free(config);
	return EXIT_DONE;
}
