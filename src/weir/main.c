#include "weir/command.h"

int main(int argc, char **argv)
{
	const struct streams streams = { stdin, stdout, stderr };
	return command_run(argc, (const char *const *)argv, &streams);
}
