#include "weir/captures.h"

#include <inttypes.h>

#include "collector/receive/capture_file.h"
#include "core/base/buf.h"

bool capture_read(const struct invocation *inv, const char *path,
                  bool (*take)(void *context, const struct datagram *, struct err *), void *context,
                  struct err *e)
{
	struct capture *capture = capture_open(path, e);
	if (!capture)
		return false;
	struct datagram datagram;
	struct err end = { 0 };
	bool ok = true;
	while (ok && capture_next(capture, &datagram, &end))
		ok = take(context, &datagram, e);
	if (end.code)
		fprintf(inv->err, "weir %s: %s; what came before it counts\n", inv->command->name,
		        end.text);
	struct capture_counts counts = capture_counts(capture);
	if (counts.cut)
		fprintf(inv->err, "weir %s: %s: %" PRIu64 " datagrams were captured in part only\n",
		        inv->command->name, path, counts.cut);
	if (counts.dropped)
		fprintf(inv->err,
		        "weir %s: %s: %" PRIu64 " datagrams lack some of their fragments\n",
		        inv->command->name, path, counts.dropped);
	capture_close(capture);
	return ok;
}

/* What may wait for its template while files are read: the templates may stand at their end. */
enum { PARKED_OCTETS = 1 << 30 };

static bool decode(void *context, const struct datagram *datagram, struct err *e)
{
	return decoder_read(context, datagram, e);
}

bool captures_decode(const struct invocation *inv, struct decoder *decoder, struct err *e)
{
	for (size_t i = 0; i < inv->argument_count; i++)
		if (!capture_read(inv, inv->arguments[i], decode, decoder, e))
			return false;
	return decoder_end(decoder, e);
}

void captures_patience(struct decoder_config *config)
{
	config->keep_unrepeated = true;
	config->parking_time = 0;
	config->parking_memory = PARKED_OCTETS;
}

void captures_causes(struct buf *out, const struct decode_counts *counts)
{
	for (enum wire_rc rc = 0; rc < WIRE_RC_COUNT; rc++)
		if (counts->outcomes[rc])
			buf_printf(out, "  %" PRIu64 " %s: %s\n", counts->outcomes[rc],
			           wire_rc_name(rc), wire_rc_help(rc));
}
