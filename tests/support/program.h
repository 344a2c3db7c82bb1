/* program: running a command of weir inside a unit test, and what it said. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weir/command.h"

struct said {
	int status;
	char *out, *err;
};

static inline struct said program_run(const char *input, int argc, const char *const *argv)
{
	struct said said;
	size_t out_len, err_len;
	struct streams streams = {
		tmpfile(),
		open_memstream(&said.out, &out_len),
		open_memstream(&said.err, &err_len),
	};
	fputs(input, streams.in);
	rewind(streams.in);
	said.status = command_run(argc, argv, &streams);
	fclose(streams.in);
	fclose(streams.out);
	fclose(streams.err);
	return said;
}

static inline void said_done(struct said said)
{
	free(said.out);
	free(said.err);
}

/* RUN("check", "a.yaml") and, with something on its standard input, RUN_WITH(text, "check"). */
#define RUN(...) RUN_WITH("", __VA_ARGS__)
#define RUN_WITH(input, ...)                                                                       \
	program_run((input),                                                                       \
	            (int)(sizeof((const char *[]){ "weir", __VA_ARGS__ }) / sizeof(char *)),       \
	            (const char *[]){ "weir", __VA_ARGS__, NULL })
