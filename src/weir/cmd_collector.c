#include <errno.h>
#include <stdlib.h>

#include "weir/collector.h"
#include "weir/command.h"
#include "weir/commands.h"

enum { RECEIVE_BUFFER = 32 << 20 };

/* A number of an option, within its bounds. */
static bool number_of(const struct invocation *inv, const char *option, unsigned long least,
                      unsigned long most, unsigned long *ret, struct err *e)
{
	const char *text = invocation_value(inv, option);
	char *end;
	errno = 0;
	*ret = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || *ret < least || *ret > most)
		return err_set(e, ERR_USAGE, "--%s takes a number from %lu to %lu, not \"%s\"",
		               option, least, most, text);
	return true;
}

static bool read_setup(const struct invocation *inv, struct collector_setup *ret, struct err *e)
{
	static const char *const usual[] = { "2055", "4739" };
	unsigned long workers, ring;
	if (!number_of(inv, "workers", 1, COLLECTOR_WORKERS, &workers, e) ||
	    !number_of(inv, "ring", 4, 65536, &ring, e))
		return false;
	if (ring & (ring - 1))
		return err_set(e, ERR_USAGE, "--ring takes a power of two, not %lu", ring);
	*ret = (struct collector_setup){
		.workspace = invocation_value(inv, "workspace"),
		.listen = inv->repeat_count ? inv->repeats : usual,
		.listen_count = inv->repeat_count ? inv->repeat_count : ARRAY_LEN(usual),
		.workers = (unsigned)workers,
		.ring_size = (uint64_t)ring << 20,
		.receive_buffer = RECEIVE_BUFFER,
		.config = inv->config,
		.log = inv->err,
	};
	return true;
}

int cmd_collector(struct invocation *inv)
{
	struct err e = { 0 };
	struct collector_setup setup;
	if (!read_setup(inv, &setup, &e))
		return invocation_fail(inv, &e);
	setvbuf(inv->err, NULL, _IOLBF, 0);
	struct collector *collector = collector_start(&setup, &e);
	if (!collector)
		return invocation_fail(inv, &e);
	fprintf(inv->err, "collecting into %s\n", setup.workspace);
	bool ok = collector_run(collector, &e);
	collector_free(collector);
	return ok ? EXIT_DONE : invocation_fail(inv, &e);
}
