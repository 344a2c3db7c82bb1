#include "weir/intake.h"

#include "collector/receive/inherited.h"

static bool open_address(const struct intake_config *config, size_t i, struct inherited *inherited,
                         struct intake *intake, struct err *e)
{
	char text[512];
	struct listeners *ret = &intake->of[i];
	struct listen_options options = { .receive_buffer = config->receive_buffer };
	if (!listen_address_parse(config->listen[i], &options.address, e) ||
	    !listeners_open(&options, config->workers, inherited, ret, e))
		return false;
	snprintf(intake->names[i], sizeof intake->names[i], "%s", listener_name(ret->at[0]));
	intake->name_list[i] = intake->names[i];
	intake->count = i + 1;
	fprintf(config->log, "listening on %s, %zu octets of receive buffer\n", intake->names[i],
	        listener_buffer(ret->at[0]));
	if (!listener_has_its_buffer(ret->at[0], text, sizeof text))
		fprintf(config->log, "%s\n", text);
	return true;
}

/* Of inherited sockets there may be any number. */
static bool shares_fit(const struct intake *intake, struct err *e)
{
	size_t most = 0;
	for (size_t i = 0; i < intake->count; i++)
		most += (intake->of[i].count + intake->workers - 1) / intake->workers;
	return most <= WORKER_SOCKETS ||
	       err_set(e, ERR_CONFIG, "%zu sockets for a worker, of at most %d: take more workers",
	               most, WORKER_SOCKETS);
}

bool intake_open(const struct intake_config *config, struct intake *ret, struct err *e)
{
	struct inherited inherited;
	*ret = (struct intake){ .workers = config->workers };
	if (!inherited_find(&inherited, e))
		return false;
	bool ok = true;
	for (size_t i = 0; ok && i < config->listen_count; i++)
		ok = open_address(config, i, &inherited, ret, e);
	ok = ok && inherited_all_taken(&inherited, e) && shares_fit(ret, e);
	if (!ok)
		intake_close(ret);
	return ok;
}

size_t intake_take(struct intake *intake, unsigned worker, struct worker_socket ret[WORKER_SOCKETS])
{
	size_t count = 0;
	for (uint16_t i = 0; i < intake->count; i++)
		for (unsigned k = worker; k < intake->of[i].count; k += intake->workers) {
			ret[count++] = (struct worker_socket){ intake->of[i].at[k], i };
			intake->of[i].at[k] = NULL;
		}
	return count;
}

void intake_close(struct intake *intake)
{
	for (size_t i = 0; i < intake->count; i++)
		for (unsigned k = 0; k < intake->of[i].count; k++) {
			listener_close(intake->of[i].at[k]);
			intake->of[i].at[k] = NULL;
		}
}
