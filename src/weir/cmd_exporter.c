#include <inttypes.h>

#include "weir/command.h"
#include "weir/commands.h"
#include "weir/exporter.h"
#include "weir/exporter_nat.h"

static void report_packets(const struct invocation *inv, struct exporter *x)
{
	struct exporter_totals t = exporter_totals(x);
	fprintf(inv->out,
	        "%" PRIu64 " packets sampled, %" PRIu64 " octets, %" PRIu64
	        " flows exported; %" PRIu64 " packets by the %s count\n",
	        t.sampled, t.octets, t.flows, t.observed, t.is_file ? "file's" : "interfaces' own");
	if (t.not_ip + t.unreadable)
		fprintf(inv->out,
		        "%" PRIu64 " sampled frames were not IP, %" PRIu64 " could not be read\n",
		        t.not_ip, t.unreadable);
	if (t.dropped)
		fprintf(inv->out, "%" PRIu64 " frames were dropped before they could be read\n",
		        t.dropped);
	if (t.pushed_out)
		fprintf(inv->out,
		        "%" PRIu64 " flows were exported early for want of room (exporter.flows)\n",
		        t.pushed_out);
}

/* What is not as it should be is told where there is some of it. */
static void report_nat(const struct invocation *inv, const struct exporter_nat *nat)
{
	struct nat_source_counts c = exporter_nat_counts(nat);
	const struct {
		uint64_t count;
		const char *what;
	} lines[] = {
		{ c.suppressed, "events of exhausted ports were above exporter.nat.error_rate" },
		{ c.unconfirmed, "packets found no port though no address was known to be full" },
		{ c.unwanted,
		  "events would have told of destinations (exporter.nat.destinations)" },
		{ c.lost, "times messages of the kernel were lost (exporter.nat.receive_buffer)" },
		{ c.refused, "questions were refused by the kernel" },
		{ c.found, "sessions were found open, or told of by their end alone" },
		{ c.vanished, "sessions were found to have ended" },
		{ c.untracked, "sessions had no room (exporter.nat.sessions)" },
	};
	fprintf(inv->out,
	        "NAT: %" PRIu64 " sessions created, %" PRIu64 " deleted, %" PRIu64 " open; %" PRIu64
	        " events of exhausted ports, %" PRIu64 " of port blocks; %" PRIu64
	        " messages of other connections\n",
	        c.created, c.deleted, c.open, c.exhausted, c.blocks, c.untranslated);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (lines[i].count)
			fprintf(inv->out, "NAT: %" PRIu64 " %s\n", lines[i].count, lines[i].what);
}

/* True where all of it got out of this machine. */
static bool report_feeds(const struct invocation *inv, const struct emit *emit)
{
	bool all = true;
	for (size_t i = 0; i < emit_feeds(emit); i++) {
		struct sender_counts c = emit_counts(emit, i).sent;
		fprintf(inv->out,
		        "%s: %" PRIu64 " messages, %" PRIu64 " records, %" PRIu64 " octets",
		        emit_collector(emit, i), c.messages, c.records, c.octets);
		if (c.lost_messages)
			fprintf(inv->out,
			        "; %" PRIu64 " messages with %" PRIu64 " records could not be sent",
			        c.lost_messages, c.lost_records);
		fputc('\n', inv->out);
		all = all && c.lost_messages == 0;
	}
	return all;
}

int cmd_exporter(struct invocation *inv)
{
	struct err e = { 0 };
	struct exporter_setup setup;
	if (!exporter_setup_read(inv, &setup, &e))
		return invocation_fail(inv, &e);
	setvbuf(inv->err, NULL, _IOLBF, 0);
	struct exporter *x = exporter_start(&setup, &e);
	if (!x)
		return invocation_fail(inv, &e);
	fprintf(inv->err, "exporting\n");
	bool ok = exporter_run(x, &e);
	report_packets(inv, x);
	if (exporter_nat(x))
		report_nat(inv, exporter_nat(x));
	bool sent = report_feeds(inv, exporter_emit(x));
	if (ok && !sent && setup.file)
		ok = err_set(&e, ERR_IO, "not everything could be sent");
	exporter_free(x);
	return ok ? EXIT_DONE : invocation_fail(inv, &e);
}
