#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/decode/decode.h"
#include "core/base/ticks.h"
#include "support/program.h"
#include "support/sflow.h"
#include "support/unit.h"
#include "support/wire.h"
#include "weir/recover.h"
#include "workspace/workspace.h"

static char workspace_dir[] = "/tmp/weir-test-exporters-XXXXXX";

static bool no_rows(void *context, struct batch *batch, struct err *e)
{
	(void)context, (void)batch, (void)e;
	return true;
}

static void hear(struct decoder *d, const struct bytes *m, int64_t arrival)
{
	struct datagram datagram = {
		.arrival = arrival, .src_port = 2001, .payload = m->b, .len = m->len
	};
	struct err e;
	assert_true(ip_parse("192.0.2.1", &datagram.src));
	assert_true(decoder_read(d, &datagram, &e));
}

/* Five samples of interface 3, told as 1:512: the pool has grown by 4096 packets for 4 of them, and
 * one more was dropped.  One sample of VLAN 100. */
static void sample(struct decoder *d, int64_t arrival)
{
	struct bytes m = sflow_begin(3);
	sflow_end(&m, sflow_sample(&m, 1,
	                           "00000001 00000003 00000200 00001000 00000000 00000003 "
	                           "00000004 00000000"));
	sflow_end(&m, sflow_sample(&m, 1,
	                           "00000005 00000003 00000200 00002000 00000001 00000003 "
	                           "00000004 00000000"));
	sflow_end(&m, sflow_sample(&m, 1,
	                           "00000001 01000064 00000400 00001000 00000000 00000003 "
	                           "00000004 00000000"));
	hear(d, &m, arrival);
}

/* An element of the exporter's own, which it tells to be "queueDelay", in a template. */
static void tell_type(struct decoder *d, int64_t arrival)
{
	struct bytes m = wire_ipfix((struct wire_header){ .seconds = 1, .domain = 8 });
	wire_set(&m, 3, "0100 0004 0002  015a 0004  012f 0002  0153 0001  0155 ffff");
	wire_set(&m, 256, "00007ed9 0005 03 0a 717565756544656c6179");
	wire_set(&m, 2, "0101 0003  0008 0004  8005 0004 00007ed9  8001 0004 00007279");
	wire_ipfix_end(&m);
	hear(d, &m, arrival);
}

/* A sampling rate of 1:100 by options template 256, and a record of template 257; then, `late`, the
 * record once more. */
static void fill(struct decoder *d, int64_t arrival, bool late)
{
	struct bytes m = wire_v9((struct wire_header){ .seconds = 1, .domain = 7 });
	wire_set(&m, 1, "0100 0004 0004  0001 0000  0022 0004  0000");
	wire_set(&m, 256, "00000064");
	wire_set(&m, 0, "0101 0002  0008 0004  0001 0004");
	wire_set(&m, 257, "0a000001 00000064");
	tell_type(d, arrival);
	hear(d, &m, arrival);
	sample(d, arrival);
	if (!late)
		return;
	m = wire_v9((struct wire_header){ .seconds = 2, .domain = 7 });
	wire_set(&m, 257, "0a000001 00000064");
	hear(d, &m, arrival + TICKS_PER_SECOND);
}

static void store(struct commit *c, unsigned worker, bool late)
{
	static const struct decode_sink sink = { .rows = no_rows };
	static const struct decoder_config config = { 0 };
	struct err e;
	struct buf state = { 0 };
	struct decoder *d = decoder_new(&config, &sink, &e);
	fill(d, ticks_from_date((struct date){ 2026, 11, 27 }), late);
	assert_true(decoder_flush(d, &e));
	decoder_save(d, &state);
	assert_true(recover_note(c, worker, 0, &state, &e));
	buf_done(&state);
	decoder_free(d);
}

/* Two workers know the exporter; what the second one knows is newer. */
static int make_workspace(void **state)
{
	(void)state;
	struct err e;
	if (!mkdtemp(workspace_dir))
		return -1;
	struct workspace *ws = workspace_open(workspace_dir, WORKSPACE_WRITE, &e);
	struct commit *c = ws ? commit_begin(ws, &e) : NULL;
	if (!c)
		return -1;
	store(c, 0, false);
	store(c, 1, true);
	bool ok = commit_end(c, &e);
	workspace_close(ws);
	return ok ? 0 : -1;
}

static int remove_workspace(void **state)
{
	(void)state;
	char command[64];
	snprintf(command, sizeof command, "rm -rf '%s'", workspace_dir);
	return system(command);
}

static void assert_shows(const char *what, const char *text)
{
	struct said said = RUN("show", what, "-w", workspace_dir, "--format", "csv");
	assert_string_equal(said.err, "");
	assert_string_equal(said.out, text);
	assert_int_equal(said.status, 0);
	said_done(said);
}

static void an_exporter_is_shown_as_it_was_heard_last(void **state)
{
	(void)state;
	assert_shows("exporters",
	             "exporter,port,protocol,domain,templates,sampling,datagrams,records,lost,"
	             "restarts,heard\r\n"
	             "192.0.2.1,2001,ipfix,8,2,,1,1,0,0,2026-11-27T00:00:00Z\r\n"
	             "192.0.2.9,2001,sflow5,7,0,,1,3,0,0,2026-11-27T00:00:00Z\r\n"
	             "192.0.2.1,2001,netflow9,7,2,100,2,3,0,0,2026-11-27T00:00:01Z\r\n");
}

static void templates_and_rates_are_shown(void **state)
{
	(void)state;
	assert_shows(
	    "templates",
	    "exporter,port,protocol,domain,id,kind,octets,fields\r\n"
	    "192.0.2.1,2001,ipfix,8,256,options,8,privateEnterpriseNumber(4) "
	    "informationElementId(2) informationElementDataType(1) "
	    "informationElementName(variable)\r\n"
	    "192.0.2.1,2001,ipfix,8,257,flow,12,sourceIPv4Address(4) queueDelay(4) "
	    "reverseOctetDeltaCount(4)\r\n"
	    "192.0.2.1,2001,netflow9,7,256,options,4,scopeSystem(0) samplingInterval(4)\r\n"
	    "192.0.2.1,2001,netflow9,7,257,flow,8,sourceIPv4Address(4) octetDeltaCount(4)\r\n");
	assert_shows(
	    "samplers",
	    "exporter,port,protocol,domain,scope,id,interval,achieved,pool,samples,dropped\r\n"
	    "192.0.2.9,2001,sflow5,7,interface,3,512,1024,4096,4,1\r\n"
	    "192.0.2.9,2001,sflow5,7,vlan,100,1024,,0,0,0\r\n"
	    "192.0.2.1,2001,netflow9,7,domain,,100,,,,\r\n");
}

static void memory_is_a_running_collectors(void **state)
{
	(void)state;
	struct said said = RUN("show", "memory", "-w", workspace_dir);
	assert_int_equal(said.status, 1);
	assert_non_null(strstr(said.err, "no collector runs in workspace"));
	said_done(said);
}

static void a_ledger_without_entries_is_all_zeros(void **state)
{
	(void)state;
	struct said said = RUN("show", "ledger", "-w", workspace_dir, "--format", "csv");
	assert_int_equal(said.status, 0);
	assert_int_equal(strncmp(said.out, "account,entry,count\r\ndatagrams,offered,0\r\n", 42),
	                 0);
	said_done(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exporter_is_shown_as_it_was_heard_last),
		cmocka_unit_test(templates_and_rates_are_shown),
		cmocka_unit_test(memory_is_a_running_collectors),
		cmocka_unit_test(a_ledger_without_entries_is_all_zeros),
	};
	return cmocka_run_group_tests(tests, make_workspace, remove_workspace);
}
