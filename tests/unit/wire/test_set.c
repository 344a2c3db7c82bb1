#include "core/wire/set.h"

#include "support/unit.h"
#include "support/wire.h"

/* The next set of a message of this protocol whose body is this hex text. */
static enum wire_rc next_set(enum wire_protocol protocol, const char *hex, size_t slack,
                             struct set *ret)
{
	static struct bytes b;
	b = (struct bytes){ 0 };
	hex_add(&b, hex);
	struct message m = { .protocol = protocol,
		             .slack = slack,
		             .body = cur_of(b.b, b.len - slack) };
	return set_next(&m, ret);
}

static void set_length_is_checked_both_ways(void **state)
{
	(void)state;
	static const struct {
		const char *what, *hex;
		enum wire_rc rc;
	} cases[] = {
		{ "an empty set is legal", "0100 0004", WIRE_OK },
		{ "shorter than its header", "0100 0003", WIRE_BAD_SET_LENGTH },
		{ "one octet past the end", "0100 0006 ff", WIRE_TRUNCATED_SET },
		{ "half a header left over", "0100", WIRE_SHORT_SET_HEADER },
		{ "nothing left", "", WIRE_END },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct set set;
		enum wire_rc rc = next_set(WIRE_IPFIX, cases[i].hex, 0, &set);
		if (rc != cases[i].rc)
			fail_msg("%s: %s", cases[i].what, wire_rc_name(rc));
	}
}

static void zeros_end_a_v9_message(void **state)
{
	(void)state;
	struct set set;
	assert_int_equal(next_set(WIRE_NETFLOW9, "0000 0000 0000", 0, &set), WIRE_END);
	assert_int_equal(next_set(WIRE_IPFIX, "0000 0000 0000", 0, &set), WIRE_BAD_SET_LENGTH);
}

static void set_ids_differ_between_the_protocols(void **state)
{
	(void)state;
	static const struct {
		enum wire_protocol protocol;
		const char *hex;
		enum set_kind kind;
	} cases[] = {
		{ WIRE_NETFLOW9, "0000 0005 01", SET_TEMPLATE },
		{ WIRE_NETFLOW9, "0001 0005 01", SET_OPTIONS_TEMPLATE },
		{ WIRE_NETFLOW9, "0002 0005 01", SET_RESERVED },
		{ WIRE_IPFIX, "0002 0005 01", SET_TEMPLATE },
		{ WIRE_IPFIX, "0003 0005 01", SET_OPTIONS_TEMPLATE },
		{ WIRE_IPFIX, "00ff 0005 01", SET_RESERVED },
		{ WIRE_IPFIX, "0100 0005 01", SET_DATA },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct set set;
		assert_int_equal(next_set(cases[i].protocol, cases[i].hex, 0, &set), WIRE_OK);
		assert_int_equal(set.kind, cases[i].kind);
	}
}

static void a_set_may_end_behind_a_message_that_counts_itself_too_short(void **state)
{
	(void)state;
	struct set set;
	assert_int_equal(next_set(WIRE_IPFIX, "0100 0008 01020304", 2, &set), WIRE_OK);
	assert_int_equal(cur_left(&set.body), 4);
	assert_int_equal(next_set(WIRE_IPFIX, "0100 0009 01020304", 2, &set), WIRE_TRUNCATED_SET);
}

static enum wire_rc next_template(enum wire_protocol protocol, enum set_kind kind, const char *hex,
                                  struct template_record *ret)
{
	static struct bytes b;
	b = (struct bytes){ 0 };
	hex_add(&b, hex);
	struct cur set = cur_of(b.b, b.len);
	return template_next(&set, protocol, kind, ret);
}

static void templates_are_cut_whole_or_not_at_all(void **state)
{
	(void)state;
	static const struct {
		const char *what, *hex;
		enum wire_protocol protocol;
		enum set_kind kind;
		enum wire_rc rc;
	} cases[] = {
		{ "one field", "0100 0001 00080004", WIRE_IPFIX, SET_TEMPLATE, WIRE_OK },
		{ "a field is missing", "0100 0002 00080004", WIRE_IPFIX, SET_TEMPLATE,
		  WIRE_TRUNCATED_TEMPLATE },
		{ "its enterprise number is missing", "0100 0001 80080004", WIRE_IPFIX,
		  SET_TEMPLATE, WIRE_TRUNCATED_TEMPLATE },
		{ "v9 has no enterprise bit", "0100 0001 80080004", WIRE_NETFLOW9, SET_TEMPLATE,
		  WIRE_OK },
		{ "65,535 fields in four octets", "0100 ffff 00080004", WIRE_NETFLOW9, SET_TEMPLATE,
		  WIRE_TRUNCATED_TEMPLATE },
		{ "an id of sets", "00ff 0001 00080004", WIRE_IPFIX, SET_TEMPLATE,
		  WIRE_BAD_TEMPLATE_ID },
		{ "padding", "000000", WIRE_IPFIX, SET_TEMPLATE, WIRE_END },
		{ "zeros", "00000000 0000", WIRE_NETFLOW9, SET_TEMPLATE, WIRE_END },
		{ "IPFIX options count fields", "0100 0002 0001 00950004 00220004", WIRE_IPFIX,
		  SET_OPTIONS_TEMPLATE, WIRE_OK },
		{ "IPFIX options need a scope", "0100 0002 0000 00950004 00220004", WIRE_IPFIX,
		  SET_OPTIONS_TEMPLATE, WIRE_BAD_SCOPE },
		{ "more scopes than fields", "0100 0002 0003 00950004 00220004", WIRE_IPFIX,
		  SET_OPTIONS_TEMPLATE, WIRE_BAD_SCOPE },
		{ "v9 options count octets", "0100 0004 0004 00010004 00220004", WIRE_NETFLOW9,
		  SET_OPTIONS_TEMPLATE, WIRE_OK },
		{ "half a field of scope", "0100 0006 0004 00010004 00220004", WIRE_NETFLOW9,
		  SET_OPTIONS_TEMPLATE, WIRE_BAD_SCOPE },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct template_record t;
		enum wire_rc rc = next_template(cases[i].protocol, cases[i].kind, cases[i].hex, &t);
		if (rc != cases[i].rc)
			fail_msg("%s: %s", cases[i].what, wire_rc_name(rc));
		if (rc == WIRE_TRUNCATED_TEMPLATE)
			assert_int_equal(t.id, 256);
	}
}

static void fields_keep_their_enterprise(void **state)
{
	(void)state;
	struct template_record t;
	assert_int_equal(
	    next_template(WIRE_IPFIX, SET_TEMPLATE, "0100 0002 8089ffff 00000a4c 00080004", &t),
	    WIRE_OK);
	struct field_spec juniper = field_next(&t, WIRE_IPFIX, 0);
	assert_int_equal(juniper.pen, 2636);
	assert_int_equal(juniper.id, 137);
	assert_int_equal(juniper.length, FIELD_VARIABLE);
	struct field_spec source = field_next(&t, WIRE_IPFIX, 1);
	assert_int_equal(source.pen, 0);
	assert_int_equal(source.id, 8);
	assert_int_equal(next_template(WIRE_NETFLOW9, SET_TEMPLATE, "0100 0001 80e80002", &t),
	                 WIRE_OK);
	assert_int_equal(field_next(&t, WIRE_NETFLOW9, 0).id, 33000);
}

static void a_field_count_of_zero_withdraws(void **state)
{
	(void)state;
	struct template_record t;
	assert_int_equal(next_template(WIRE_IPFIX, SET_TEMPLATE, "0100 0000", &t), WIRE_OK);
	assert_true(t.withdrawal);
	assert_int_equal(next_template(WIRE_IPFIX, SET_TEMPLATE, "0002 0000", &t), WIRE_OK);
	assert_true(t.withdrawal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_length_is_checked_both_ways),
		cmocka_unit_test(zeros_end_a_v9_message),
		cmocka_unit_test(set_ids_differ_between_the_protocols),
		cmocka_unit_test(a_set_may_end_behind_a_message_that_counts_itself_too_short),
		cmocka_unit_test(templates_are_cut_whole_or_not_at_all),
		cmocka_unit_test(fields_keep_their_enterprise),
		cmocka_unit_test(a_field_count_of_zero_withdraws),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
