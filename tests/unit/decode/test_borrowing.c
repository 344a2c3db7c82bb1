/* Templates that come from another UDP port than their data (stream.h). */
#include "support/decoding.h"

static void tell(struct decoding *d, uint16_t port, const char *templates)
{
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, templates);
	wire_ipfix_end(&m);
	decoding_send_from(d, &m, "192.0.2.1", port);
}

static void send_data(struct decoding *d, const char *address, uint16_t port, const char *records)
{
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 256, records);
	wire_ipfix_end(&m);
	decoding_send_from(d, &m, address, port);
}

static void data_of_another_port_borrows_the_template(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	tell(d, 1000, "0100 0001 00070002");
	send_data(d, "192.0.2.1", 2000, "0050");
	assert_int_equal(d->count, 1);
	assert_int_equal(d->rows[0].key.src_port, 0x50);
	send_data(d, "192.0.2.2", 2000, "0050"); /* another exporter */
	assert_int_equal(d->count, 1);
	decoding_free(d);
}

static void data_waits_for_a_template_of_another_port(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	send_data(d, "192.0.2.1", 2000, "0050");
	send_data(d, "192.0.2.2", 2000, "0050");
	tell(d, 1000, "0100 0001 00070002");
	assert_int_equal(d->count, 1);
	decoding_free(d);
}

static void another_protocol_or_domain_lends_nothing(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_v9((struct wire_header)HEADER);
	wire_set(&m, 0, "0100 0001 00070002");
	decoding_send_from(d, &m, "192.0.2.1", 1000);
	m = wire_ipfix((struct wire_header){ .domain = 101 });
	wire_set(&m, 2, "0100 0001 00070002");
	wire_ipfix_end(&m);
	decoding_send_from(d, &m, "192.0.2.1", 1000);
	send_data(d, "192.0.2.1", 2000, "0050");
	assert_int_equal(d->count, 0);
	decoding_free(d);
}

/* pmacct's capture 112: both sockets tell options templates, one of them those of data. */
static void options_templates_do_not_end_the_borrowing_of_data(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	tell(d, 1000, "0100 0001 00070002");
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 3, "0101 0002 0001 00950004 00220004");
	wire_ipfix_end(&m);
	decoding_send_from(d, &m, "192.0.2.1", 2000);
	send_data(d, "192.0.2.1", 2000, "0050");
	assert_int_equal(d->count, 1);
	decoding_free(d);
}

/* Two exporters behind one address, each of which says what its ids mean. */
static void whoever_tells_templates_borrows_none(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	tell(d, 1000, "0100 0001 00070002");
	tell(d, 2000, "0101 0001 000b0002");
	send_data(d, "192.0.2.1", 2000, "0050");
	assert_int_equal(d->count, 0);
	tell(d, 2000, "0100 0001 000b0002");
	assert_int_equal(d->count, 1);
	assert_int_equal(d->rows[0].key.dst_port, 0x50);
	decoding_free(d);
}

static void its_own_template_ends_a_loan_at_once(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	tell(d, 1000, "0100 0001 00070002");
	send_data(d, "192.0.2.1", 2000, "0050");
	tell(d, 2000, "0100 0001 000b0002");
	send_data(d, "192.0.2.1", 2000, "0051");
	assert_int_equal(d->count, 2);
	assert_int_equal(d->rows[1].key.dst_port, 0x51);
	decoding_free(d);
}

static void lenders_that_disagree_lend_nothing(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	tell(d, 1000, "0100 0001 00070002");
	tell(d, 1001, "0100 0001 00070002");
	send_data(d, "192.0.2.1", 2000, "0050");
	assert_int_equal(d->count, 1);
	tell(d, 1001, "0100 0001 000b0002");
	send_data(d, "192.0.2.1", 2000, "0050");
	assert_int_equal(d->count, 1);
	decoding_free(d);
}

static void records_that_do_not_fit_are_not_read(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	tell(d, 1000, "0100 0003 00070002 00010008 00020008");
	send_data(d, "192.0.2.1", 2000, "0050 0000000000000001 0000000000000002 00000000");
	assert_int_equal(d->count, 1); /* padded to a multiple of four */
	send_data(d, "192.0.2.1", 2000, "0050 0000000000000001 0000000000000002 0000000000000000");
	send_data(d, "192.0.2.1", 2000, "0050 0000000000000001");
	assert_int_equal(d->count, 1);
	decoding_free(d);
}

static void an_expired_template_is_not_lent(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(&(struct decoder_config){ .template_lifetime = 60 });
	tell(d, 1000, "0100 0001 00070002");
	d->later = 60 * TICKS_PER_SECOND;
	send_data(d, "192.0.2.1", 2000, "0050");
	assert_int_equal(d->count, 0);
	tell(d, 1000, "0100 0001 00070002");
	assert_int_equal(d->count, 1);
	decoding_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_of_another_port_borrows_the_template),
		cmocka_unit_test(data_waits_for_a_template_of_another_port),
		cmocka_unit_test(another_protocol_or_domain_lends_nothing),
		cmocka_unit_test(options_templates_do_not_end_the_borrowing_of_data),
		cmocka_unit_test(whoever_tells_templates_borrows_none),
		cmocka_unit_test(its_own_template_ends_a_loan_at_once),
		cmocka_unit_test(lenders_that_disagree_lend_nothing),
		cmocka_unit_test(records_that_do_not_fit_are_not_read),
		cmocka_unit_test(an_expired_template_is_not_lent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
