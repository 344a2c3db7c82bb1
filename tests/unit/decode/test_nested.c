/* Lists in records: what is wrong with them is counted, what they tell fills empty columns. */
#include "collector/decode/nested.h"

#include "support/decoding.h"

/* 256: source address, protocol, octets, subTemplateMultiList; 257: ports; 258: protocol and
 * subTemplateList; 259: a basicList; 260: sequence number and YAF's flags; 261: octets */
#define TEMPLATES                                                                                  \
	"0100 0004 00080004 00040001 00010004 0125ffff  0101 0002 00070002 000b0002 "              \
	"0102 0002 00040001 0124ffff  0103 0002 00080004 0123ffff "                                \
	"0104 0003 00b80004 800e0001 00001ad7 800f0001 00001ad7  0105 0001 00010004"

/* Sends a message of this data set. */
static struct decoding *decoded(unsigned set, const char *body)
{
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, TEMPLATES);
	wire_set(&m, set, body);
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	return d;
}

static void records_in_lists_fill_empty_columns(void **state)
{
	(void)state;
	struct decoding *d = decoded(256, "0a000001 06 00000064 1b 03"
	                                  "0101 0008 04010050"
	                                  "0104 000a 00000007 02 10"
	                                  "0105 0008 ffffffff");
	assert_int_equal(counts(d)->malformed, 0);
	assert_int_equal(d->count, 1);
	const struct flow_row *r = &d->rows[0];
	assert_int_equal(r->key.src_port, 1025);
	assert_int_equal(r->key.dst_port, 80);
	assert_true(row_has(r, COL_SourcePort));
	assert_int_equal(r->tcp_flags, 0x12); /* SYN, and ACK among the others */
	assert_true(row_has(r, COL_TcpFlag));
	assert_int_equal(r->bytes, 100); /* the record's own, not the list's */
	assert_int_equal(r->records, 1);
	decoding_free(d);
}

static void what_several_tell_differently_is_nobodys(void **state)
{
	(void)state;
	struct decoding *d = decoded(256, "0a000001 06 00000064 0d 03 0101 000c 04010050 04020050");
	assert_int_equal(counts(d)->malformed, 0);
	assert_false(row_has(&d->rows[0], COL_SourcePort));
	assert_int_equal(d->rows[0].key.src_port, 0);
	assert_int_equal(d->rows[0].key.dst_port, 80);
	decoding_free(d);
}

/* The record says ICMP, its list "ports": type 8, code 0. */
static void ports_of_icmp_in_a_list_are_type_and_code(void **state)
{
	(void)state;
	struct decoding *d = decoded(256, "0a000001 01 00000064 09 03 0101 0008 00000800");
	const struct flow_row *r = &d->rows[0];
	assert_true(row_has(r, COL_IcmpType));
	assert_int_equal(r->key.icmp_type, 8);
	assert_false(row_has(r, COL_DestinationPort));
	decoding_free(d);
}

/* Octets of a list alone, as 261's: what counts them comes with them. */
static void counters_of_a_list_say_that_they_are_no_totals(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, TEMPLATES "0106 0002 00080004 0124ffff");
	wire_set(&m, 262,
	         "0a000001 07 03 0105 00000064"
	         "0a000001 0b 03 0105 00000064 00000065");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(d->rows[0].bytes, 100);
	assert_true(row_has(&d->rows[0], COL_TotalCounters));
	assert_false(row_has(&d->rows[1], COL_NumberOfBytes));
	assert_false(row_has(&d->rows[1], COL_TotalCounters));
	decoding_free(d);
}

/* A basicList of basicLists, none. */
#define EMPTY "03 0123 ffff"

static void faults_of_lists_are_counted_and_their_records_kept(void **state)
{
	(void)state;
	static const struct {
		const char *what, *body;
		unsigned set;
		enum wire_rc rc;
	} cases[] = {
		{ "right", "0a000001 06 00000064 01 03", 256, WIRE_OK },
		{ "no octets", "0a000001 06 00000064 00", 256, WIRE_OK },
		{ "half a record", "0a000001 06 00000064 07 03 0101 0006 0401", 256,
		  WIRE_BAD_LIST },
		{ "past the end", "0a000001 06 00000064 05 03 0101 0009", 256, WIRE_BAD_LIST },
		{ "not known", "0a000001 06 00000064 06 03 03e7 0005 00", 256, WIRE_LIST_TEMPLATE },
		{ "not known, then broken", "0a000001 06 00000064 07 03 03e7 0005 00 01", 256,
		  WIRE_BAD_LIST },
		{ "broken inside", "0a000001 06 00000064 09 03 0102 0008 06 02 03 01", 256,
		  WIRE_BAD_LIST },
		{ "broken values", "0a000001 06 03 000e 0004 00", 259, WIRE_BAD_LIST },
		{ "broken four deep",
		  "0a000001 13 03 0123 ffff 0d 03 0123 ffff 07 03 0123 ffff 01 03", 259,
		  WIRE_BAD_LIST },
		{ "four deep", "0a000001 17 03 0123 ffff 11 03 0123 ffff 0b 03 0123 ffff 05" EMPTY,
		  259, WIRE_OK },
		{ "five deep",
		  "0a000001 1d 03 0123 ffff 17 03 0123 ffff 11 03 0123 ffff 0b 03 0123 ffff "
		  "05" EMPTY,
		  259, WIRE_LIST_LIMIT },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct decoding *d = decoded(cases[i].set, cases[i].body);
		bool right = cases[i].rc == WIRE_OK;
		if (counts(d)->malformed != !right || counts(d)->records != 1 || d->count != 1 ||
		    (!right && counts(d)->outcomes[cases[i].rc] != 1))
			fail_msg("%s: %u malformed, %u so", cases[i].what,
			         (unsigned)counts(d)->malformed,
			         (unsigned)counts(d)->outcomes[cases[i].rc]);
		decoding_free(d);
	}
}

/* Records of one octet and two thousand fields without any: what they cost ends at the bound. */
static void values_of_one_message_are_bounded(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	char fields[8 * 512 + 1] = "";
	for (size_t i = 0; i < 512; i++)
		memcpy(fields + 8 * i, i ? "00520000" : "00040001", 9);
	wire_set(&m, 2, TEMPLATES);
	size_t at = m.len;
	wire_set(&m, 2, "0107 0200");
	hex_add(&m, fields);
	wire_set_length(&m, at + 2, m.len - at);
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	/* 128 records of 512 values are 65,536; one more is too many */
	for (size_t records = 128; records <= 129; records++) {
		m = wire_ipfix((struct wire_header)HEADER);
		at = m.len;
		wire_set(&m, 256, "0a000001 06 00000064");
		wire_u16(&m, 0xff00);
		m.b[m.len++] = (uint8_t)(5 + records);
		hex_add(&m, "03 0107");
		wire_u16(&m, (unsigned)(4 + records));
		m.len += records;
		wire_set_length(&m, at + 2, m.len - at);
		wire_ipfix_end(&m);
		decoding_send(d, &m);
		assert_int_equal(counts(d)->outcomes[WIRE_LIST_LIMIT], records - 128);
	}
	assert_int_equal(counts(d)->records, 2);
	decoding_free(d);
}

/* RFC 8549: communities of a route, standard, extended and large. */
static void communities_in_lists_are_no_trouble(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	struct bytes m = wire_ipfix((struct wire_header)HEADER);
	wire_set(&m, 2, "0100 0005 00080004 00010004 01e4ffff 01e7ffff 01eaffff");
	wire_set(&m, 256,
	         "0a000001 00000064 0d 03 01e3 0004 fbf40001 fbf40002"
	         "0d 03 01e6 0008 0002fbf400000001 11 03 01e9 000c 0000fbf40000000100000002");
	wire_ipfix_end(&m);
	decoding_send(d, &m);
	assert_int_equal(counts(d)->malformed, 0);
	assert_int_equal(d->rows[0].bytes, 100);
	decoding_free(d);
}

/* The template of the list comes with the next datagram, and from then on is known. */
static void a_list_knows_the_templates_of_its_stream(void **state)
{
	(void)state;
	struct decoding *d = decoding_new(NULL);
	for (int i = 0; i < 2; i++) {
		struct bytes m = wire_ipfix((struct wire_header)HEADER);
		wire_set(&m, 2, "0100 0002 00080004 0124ffff");
		wire_set(&m, 256, "0a000001 07 03 0101 04010050");
		wire_set(&m, 2, "0101 0002 00070002 000b0002");
		wire_ipfix_end(&m);
		decoding_send(d, &m);
	}
	assert_int_equal(counts(d)->outcomes[WIRE_LIST_TEMPLATE], 1);
	assert_false(row_has(&d->rows[0], COL_SourcePort));
	assert_int_equal(d->rows[1].key.src_port, 1025);
	decoding_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_in_lists_fill_empty_columns),
		cmocka_unit_test(what_several_tell_differently_is_nobodys),
		cmocka_unit_test(ports_of_icmp_in_a_list_are_type_and_code),
		cmocka_unit_test(counters_of_a_list_say_that_they_are_no_totals),
		cmocka_unit_test(faults_of_lists_are_counted_and_their_records_kept),
		cmocka_unit_test(values_of_one_message_are_bounded),
		cmocka_unit_test(communities_in_lists_are_no_trouble),
		cmocka_unit_test(a_list_knows_the_templates_of_its_stream),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
