#include "collector/decode/counters.h"

#include "support/decoding.h"
#include "support/sflow.h"

static struct sflow_counters row;
static bool any;

/* A counter sample of so many records; `add` adds them. */
static enum wire_rc fill(uint32_t records, void (*add)(struct bytes *m))
{
	struct bytes m = sflow_begin(1);
	size_t at = sflow_sample(&m, 2, "00000006 00000003");
	wire_u32(&m, records);
	add(&m);
	sflow_end(&m, at);
	struct message message;
	struct sflow_sample sample;
	assert_int_equal(message_read(hex_cur(&m), &message), WIRE_OK);
	assert_int_equal(sflow_next_sample(&message, &sample), WIRE_OK);
	row = (struct sflow_counters){ 0 };
	return counters_fill(&row, &sample, &any);
}

#define HAS(column) ((row.present & PLAIN_BIT(COUNTERS, column)) != 0)

/* if_counters of 88 octets, each member another number */
#define IF_COUNTERS                                                                                \
	"00000003 00000006 000000003b9aca00 00000001 00000003 0000000100000002"                    \
	"00000007 00000008 00000009 0000000a 0000000b ffffffff 0000000300000004"                   \
	"0000000e 0000000f 00000010 00000011 00000012 00000002"

static void add_interface(struct bytes *m)
{
	sflow_record(m, 1, IF_COUNTERS);
	sflow_record(m, 2,
	             "00000001 00000002 00000003 00000004 00000005 00000006 00000007 00000008 "
	             "00000009 0000000a 0000000b 0000000c 0000000d");
}

static void interface_counters_fill_their_columns(void **state)
{
	(void)state;
	assert_int_equal(fill(2, add_interface), WIRE_OK);
	assert_true(any);
	assert_int_equal(row.if_index, 3);
	assert_int_equal(row.if_speed, 1000000000);
	assert_int_equal(row.if_status, 3);
	assert_int_equal(row.if_in_octets, 0x100000002);
	assert_int_equal(row.if_in_ucast_pkts, 7);
	assert_int_equal(row.if_in_errors, 11);
	assert_false(HAS(IfInUnknownProtos)); /* the largest value: the agent does not have it */
	assert_int_equal(row.if_out_octets, 0x300000004);
	assert_int_equal(row.if_out_errors, 18);
	assert_int_equal(row.if_promiscuous_mode, 2);
	assert_int_equal(row.dot3_stats_alignment_errors, 1);
	assert_int_equal(row.dot3_stats_symbol_errors, 13);
	assert_true(HAS(IfPromiscuousMode));
	assert_true(HAS(Dot3StatsSymbolErrors));
	assert_false(HAS(VlanId));
	assert_false(HAS(Cpu5s));
}

static void add_processor_and_vlan(struct bytes *m)
{
	sflow_record(m, 1001, "ffffffff 00000064 00000065 0000000000000400 ffffffffffffffff");
	sflow_record(m, 0x9001, "01");
	sflow_record(m, 5,
	             "00000064 0000000100000000 00000002 00000003 00000004 00000005 99999999");
}

/* Structures may be longer than is known (the VLAN's is here). */
static void processors_and_vlans_do_too(void **state)
{
	(void)state;
	assert_int_equal(fill(3, add_processor_and_vlan), WIRE_OK);
	assert_false(HAS(Cpu5s)); /* -1: not known */
	assert_int_equal(row.cpu1m, 100);
	assert_int_equal(row.total_memory, 1024);
	assert_false(HAS(FreeMemory));
	assert_int_equal(row.vlan_id, 100);
	assert_int_equal(row.vlan_octets, 0x100000000);
	assert_int_equal(row.vlan_discards, 5);
}

static void add_cut(struct bytes *m)
{
	sflow_record(m, 5, "00000064 00000001");
	sflow_record(m, 1001, "00000063 00000064 00000065 0000000000000400 0000000000000200");
}

static void what_is_whole_of_a_cut_structure_is_kept(void **state)
{
	(void)state;
	assert_int_equal(fill(2, add_cut), WIRE_SHORT_SAMPLE_RECORD);
	assert_int_equal(row.vlan_id, 100);
	assert_false(HAS(VlanOctets));
	assert_int_equal(row.cpu5s, 99);
	assert_int_equal(fill(3, add_cut), WIRE_TRUNCATED_SAMPLE_RECORD);
}

static void add_strange(struct bytes *m)
{
	sflow_record(m, 2001, "00000001");
}

static void a_sample_of_strange_structures_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(fill(1, add_strange), WIRE_OK);
	assert_false(any);
	assert_int_equal(row.present, 0);
}

static bool take_plain(void *context, enum table_id table, const void *rows, size_t count,
                       struct err *e)
{
	(void)e;
	assert_int_equal(table, TABLE_COUNTERS);
	assert_int_equal(count, 1);
	*(struct sflow_counters *)context = *(const struct sflow_counters *)rows;
	return true;
}

static bool take_rows(void *context, struct batch *batch, struct err *e)
{
	(void)context, (void)batch, (void)e;
	return true;
}

static void a_row_says_whose_counters_they_are(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct sflow_counters got = { 0 };
	struct decode_sink sink = { .rows = take_rows, .plain = take_plain, .context = &got };
	struct decoder_config config = { 0 };
	struct decoder *d = decoder_new(&config, &sink, &e);
	struct bytes m = sflow_begin(2);
	sflow_end(&m, sflow_sample(&m, 2, "00000006 00000003 00000000"));
	size_t at = sflow_sample(&m, 4, "00000007 00000001 00000064 00000001");
	sflow_record(&m, 1, IF_COUNTERS);
	sflow_end(&m, at);
	struct datagram datagram = {
		.arrival = ticks_from_date((struct date){ 2026, 11, 22 }) + 90 * TICKS_PER_SECOND,
		.payload = m.b,
		.len = m.len,
	};
	assert_true(decoder_read(d, &datagram, &e));
	assert_int_equal(decoder_counts(d)->counter_samples, 2);
	assert_int_equal(got.sample_sequence, 7);
	assert_int_equal(got.source_type, 1);
	assert_int_equal(got.source_index, 100);
	assert_int_equal(got.domain, 7);
	assert_int_equal(got.sequence, (1000 << 16) + 1);
	assert_int_equal(got.record_time, datagram.arrival);
	assert_int_equal(got.exporter.b[15], 9);
	assert_int_equal(got.if_index, 3);
	decoder_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interface_counters_fill_their_columns),
		cmocka_unit_test(processors_and_vlans_do_too),
		cmocka_unit_test(what_is_whole_of_a_cut_structure_is_kept),
		cmocka_unit_test(a_sample_of_strange_structures_is_nothing),
		cmocka_unit_test(a_row_says_whose_counters_they_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
