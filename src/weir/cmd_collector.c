#include "weir/collector.h"
#include "weir/command.h"
#include "weir/commands.h"
#include "weir/option_number.h"
#include "weir/sanitized.h"

/* The command line's addresses, else the configuration's, else the usual ports. */
static void find_addresses(const struct invocation *inv, struct collector_setup *ret)
{
	static const char *const usual[] = { "2055", "4739", "6343", "tcp:4739" };
	const struct text_list *configured = &inv->config->collector.listen;
	ret->listen = inv->repeat_count   ? inv->repeats
	              : configured->count ? configured->items
	                                  : usual;
	ret->listen_count = inv->repeat_count   ? inv->repeat_count
	                    : configured->count ? configured->count
	                                        : ARRAY_LEN(usual);
}

static uint64_t power_of_two(uint64_t n)
{
	uint64_t power = 1;
	while (power < n)
		power *= 2;
	return power;
}

static bool read_setup(const struct invocation *inv, struct collector_setup *ret, struct err *e)
{
	const struct collector_config *configured = &inv->config->collector;
	uint64_t workers, ring;
	if (!option_number(inv, "workers", (struct number_range){ 1, COLLECTOR_WORKERS },
	                   configured->workers, &workers, e) ||
	    !option_number(inv, "ring", (struct number_range){ 4, 65536 }, configured->ring_mib,
	                   &ring, e))
		return false;
	*ret = (struct collector_setup){
		.workspace = invocation_value(inv, "workspace"),
		.workers = (unsigned)workers,
		.ring_size = power_of_two(ring) << 20,
		.receive_buffer = (size_t)configured->buffer_mib << 20,
		.user = configured->user,
		.config_path = invocation_value(inv, "config"),
		.config = inv->config,
		.isolate = !SANITIZED,
		.log = inv->err,
	};
	find_addresses(inv, ret);
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
