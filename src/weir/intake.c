#include "weir/intake.h"

#include <fcntl.h>

#include "collector/receive/inherited.h"
#include "collector/receive/listen_socket.h"

/* Where datagrams are received. */
static bool open_listeners(const struct intake_config *config, const struct listen_options *options,
                           struct inherited *inherited, struct intake *intake, struct err *e)
{
	char text[512];
	uint16_t number = (uint16_t)intake->count;
	struct intake_address *address = &intake->of[number];
	struct listeners opened;
	if (!listeners_open(options, config->workers, inherited, &opened, e))
		return false;
	for (unsigned i = 0; i < opened.count; i++)
		address->at[i] =
		    (struct worker_socket){ .listener = opened.at[i], .number = number };
	address->count = opened.count;
	snprintf(intake->names[number], LISTEN_TEXT_MAX, "%s", listener_name(opened.at[0]));
	fprintf(config->log, "listening on %s, %zu octets of receive buffer\n",
	        intake->names[number], listener_buffer(opened.at[0]));
	if (!listener_has_its_buffer(opened.at[0], text, sizeof text))
		fprintf(config->log, "%s\n", text);
	return true;
}

/* Where sessions are accepted.  What was inherited may still block. */
static bool open_entrances(const struct intake_config *config, const struct listen_options *options,
                           struct inherited *inherited, struct intake *intake, struct err *e)
{
	int fds[STEERING_MOST];
	uint16_t number = (uint16_t)intake->count;
	struct intake_address *address = &intake->of[number];
	struct listen_address where = options->address;
	unsigned count = listen_sockets_take(inherited, &where, fds);
	for (unsigned i = 0; i < count; i++)
		(void)fcntl(fds[i], F_SETFL, fcntl(fds[i], F_GETFL) | O_NONBLOCK);
	if (count == 0) {
		count = config->workers;
		if (!listen_sockets_open(&where, 0, fds, count, e))
			return false;
	}
	for (unsigned i = 0; i < count; i++)
		address->at[i] = (struct worker_socket){ .sessions_fd = fds[i], .number = number };
	address->count = count;
	listen_address_format(&where, intake->names[number]);
	fprintf(config->log, "listening on %s\n", intake->names[number]);
	return true;
}

static bool open_address(const struct intake_config *config, const char *text,
                         struct inherited *inherited, struct intake *intake, struct err *e)
{
	struct listen_options options = { .receive_buffer = config->receive_buffer };
	if (!listen_address_parse(text, &options.address, e) ||
	    !(options.address.tcp ? open_entrances : open_listeners)(config, &options, inherited,
	                                                             intake, e))
		return false;
	intake->name_list[intake->count] = intake->names[intake->count];
	intake->count++;
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
		ok = open_address(config, config->listen[i], &inherited, ret, e);
	ret->name_list[ret->count] = "";
	ok = ok && inherited_all_taken(&inherited, e) && shares_fit(ret, e);
	if (!ok)
		intake_close(ret);
	return ok;
}

size_t intake_take(struct intake *intake, unsigned worker, struct worker_socket ret[WORKER_SOCKETS])
{
	static const struct worker_socket taken = { .sessions_fd = -1 };
	size_t count = 0;
	for (size_t i = 0; i < intake->count; i++)
		for (unsigned k = worker; k < intake->of[i].count; k += intake->workers) {
			ret[count++] = intake->of[i].at[k];
			intake->of[i].at[k] = taken;
		}
	return count;
}

void intake_close(struct intake *intake)
{
	for (size_t i = 0; i < intake->count; i++)
		for (unsigned k = 0; k < intake->of[i].count; k++)
			worker_socket_close(intake->of[i].at[k]);
	intake->count = 0;
}
