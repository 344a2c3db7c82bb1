#include "weir/accounting.h"

#include "collector/decode/decode.h"
#include "core/base/ticks.h"
#include "support/unit.h"
#include "support/wire.h"

static const struct ledger_key any_key = { .minute = 25920000, .listener = 3 };

static bool drop_rows(void *context, struct batch *batch, struct err *e)
{
	(void)context, (void)batch, (void)e;
	return true;
}

static const uint64_t no_events;

static struct accounts books_new(void)
{
	static const struct decoder_config config;
	static const struct decode_sink sink = { .rows = drop_rows };
	struct err e;
	struct accounts b = { decoder_new(&config, &sink, &e), ledger_new(&e), &no_events };
	assert_non_null(b.decoder);
	assert_non_null(b.ledger);
	return b;
}

static void books_free(struct accounts *b)
{
	decoder_free(b->decoder);
	ledger_free(b->ledger);
}

static void read(struct accounts *b, const struct bytes *m)
{
	struct err e;
	struct datagram d = {
		.arrival = TICKS_UNIX_EPOCH + any_key.minute * TICKS_PER_MINUTE + 5,
		.listener = any_key.listener,
		.payload = m->b,
		.len = m->len,
	};
	assert_true(ip_parse("192.0.2.1", &d.src));
	assert_true(accounted_read(b, &d, &e));
}

static uint64_t count_of(struct accounts *b, bool has_domain, uint32_t domain,
                         enum ledger_count count)
{
	struct ledger_key key = any_key;
	key.has_exporter = true;
	key.has_domain = has_domain;
	key.domain = domain;
	assert_true(ip_parse("192.0.2.1", &key.exporter));
	return ledger_counts(b->ledger, &key)[count];
}

static struct bytes v9(uint32_t sequence, uint32_t domain)
{
	struct bytes m = wire_v9((struct wire_header){ 1000000, 0x6b023080, sequence, domain });
	wire_set(&m, 0, "0100 0001 00070002");
	wire_set(&m, 256, "0050 0051 0052 0053");
	return m;
}

static void rows_are_of_domains(void **state)
{
	(void)state;
	struct accounts b = books_new();
	struct bytes m = v9(1, 100);
	read(&b, &m);
	m = v9(1, 200);
	read(&b, &m);
	read(&b, &m);
	assert_int_equal(count_of(&b, true, 100, LEDGER_RecordsStored), 4);
	assert_int_equal(count_of(&b, true, 200, LEDGER_RecordsStored), 8);
	assert_int_equal(count_of(&b, true, 200, LEDGER_Duplicates), 1);
	assert_int_equal(count_of(&b, true, 200, LEDGER_DatagramsOffered), 2);
	books_free(&b);
}

static void what_has_no_header_has_no_domain(void **state)
{
	(void)state;
	struct accounts b = books_new();
	struct bytes m = { .b = { 0, 77 }, .len = 2 };
	read(&b, &m);
	assert_int_equal(count_of(&b, false, 0, LEDGER_DatagramsMalformed), 1);
	assert_int_equal(count_of(&b, false, 0, LEDGER_MalformedUnknownVersion), 1);
	books_free(&b);
}

static void what_is_settled_is_in_the_row_of_its_stream(void **state)
{
	(void)state;
	struct accounts b = books_new();
	struct bytes m = v9(1, 100);
	read(&b, &m);
	m = v9(4, 100);
	read(&b, &m);
	assert_int_equal(count_of(&b, true, 100, LEDGER_LostDatagrams), 0);
	accounted_settle(&b, INT64_MAX);
	assert_int_equal(count_of(&b, true, 100, LEDGER_LostDatagrams), 2);
	assert_int_equal(count_of(&b, true, 100, LEDGER_LostRecords), 8);
	accounted_settle(&b, INT64_MAX);
	assert_int_equal(count_of(&b, true, 100, LEDGER_LostDatagrams), 2);
	books_free(&b);
}

/* Else DatagramsMalformed would not be the sum of its causes. */
static void every_cause_has_a_column_of_its_own(void **state)
{
	(void)state;
	for (int rc = 0; rc < WIRE_RC_COUNT; rc++) {
		enum ledger_count count = accounting_cause((enum wire_rc)rc);
		bool harmless = rc == WIRE_OK || rc == WIRE_END || rc == WIRE_NO_TEMPLATE ||
		                rc == WIRE_OTHER_SAMPLE;
		if (harmless != (count == LEDGER_COUNT))
			print_error("%s\n", wire_rc_name((enum wire_rc)rc));
		assert_int_equal(harmless, count == LEDGER_COUNT);
		for (int other = 0; other < rc && !harmless; other++)
			assert_int_not_equal(accounting_cause((enum wire_rc)other), count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_of_domains),
		cmocka_unit_test(what_has_no_header_has_no_domain),
		cmocka_unit_test(what_is_settled_is_in_the_row_of_its_stream),
		cmocka_unit_test(every_cause_has_a_column_of_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
