#include "core/wire/list.h"

#include "support/hex.h"
#include "support/unit.h"

static void a_basic_list_is_read_as_rfc_6313_draws_it(void **state)
{
	(void)state;
	/* section 8.1: all of the interfaces 1, 4 and 8, seventeen octets */
	struct bytes b = hex("03 000e 0004 00000001 00000004 00000008");
	struct basic_list list;
	struct cur value;
	assert_int_equal(b.len, 17);
	assert_true(basic_list_read(hex_cur(&b), &list));
	assert_string_equal(list_semantic_name(list.semantic), "allOf");
	assert_int_equal(list.field.pen, 0);
	assert_int_equal(list.field.id, 14);
	static const uint32_t values[] = { 1, 4, 8 };
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		assert_int_equal(basic_list_next(&list, &value), WIRE_OK);
		assert_int_equal(cur_left(&value), 4);
		assert_int_equal(be32(value.at), values[i]);
	}
	assert_int_equal(basic_list_next(&list, &value), WIRE_END);
}

static void an_enterprise_stands_behind_the_length(void **state)
{
	(void)state;
	struct bytes b = hex("04 8002 ffff 00007ed9 02 6162 00 ff0001 63");
	struct basic_list list;
	struct cur value;
	assert_true(basic_list_read(hex_cur(&b), &list));
	assert_string_equal(list_semantic_name(list.semantic), "ordered");
	assert_int_equal(list.field.pen, 32473);
	assert_int_equal(list.field.id, 2);
	static const size_t lengths[] = { 2, 0, 1 };
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		assert_int_equal(basic_list_next(&list, &value), WIRE_OK);
		assert_int_equal(cur_left(&value), lengths[i]);
	}
	assert_int_equal(basic_list_next(&list, &value), WIRE_END);
}

/* How reading a list ends. */
static enum wire_rc end_of_basic(const char *text)
{
	struct bytes b = hex(text);
	struct basic_list list;
	struct cur value;
	enum wire_rc rc = basic_list_read(hex_cur(&b), &list) ? WIRE_OK : WIRE_BAD_LIST;
	while (rc == WIRE_OK)
		rc = basic_list_next(&list, &value);
	return rc;
}

static void lengths_of_a_basic_list_are_checked(void **state)
{
	(void)state;
	static const struct {
		const char *what, *hex;
		enum wire_rc rc;
	} cases[] = {
		{ "nothing at all is a list of nothing", "", WIRE_END },
		{ "no value is a list, too", "03 000e 0004", WIRE_END },
		{ "half a head", "03 000e 00", WIRE_BAD_LIST },
		{ "an enterprise that is cut short", "03 8002 0004 0000", WIRE_BAD_LIST },
		{ "half a value", "03 000e 0004 00000001 0000", WIRE_BAD_LIST },
		{ "a variable value past the end", "03 0052 ffff 02 61", WIRE_BAD_LIST },
		{ "half a variable length", "03 0052 ffff ff00", WIRE_BAD_LIST },
		{ "values of no octets", "03 000e 0000 00", WIRE_BAD_LIST },
		{ "no values of no octets", "03 000e 0000", WIRE_END },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		enum wire_rc rc = end_of_basic(cases[i].hex);
		if (rc != cases[i].rc)
			fail_msg("%s: %s", cases[i].what, wire_rc_name(rc));
	}
}

static void records_are_cut_by_template(void **state)
{
	(void)state;
	struct bytes one = hex("01 0101 04010050"), many = hex("03 0101 0008 04010050 0102 0004");
	struct record_list list = record_list_of(hex_cur(&one), TYPE_SUBTEMPLATELIST);
	struct record_group group;
	assert_string_equal(list_semantic_name(list.semantic), "exactlyOneOf");
	assert_int_equal(record_list_next(&list, &group), WIRE_OK);
	assert_int_equal(group.template_id, 257);
	assert_int_equal(cur_left(&group.records), 4);
	assert_int_equal(record_list_next(&list, &group), WIRE_END);
	list = record_list_of(hex_cur(&many), TYPE_SUBTEMPLATEMULTILIST);
	assert_int_equal(record_list_next(&list, &group), WIRE_OK);
	assert_int_equal(group.template_id, 257);
	assert_int_equal(cur_left(&group.records), 4);
	assert_int_equal(record_list_next(&list, &group), WIRE_OK);
	assert_int_equal(group.template_id, 258);
	assert_int_equal(cur_left(&group.records), 0);
	assert_int_equal(record_list_next(&list, &group), WIRE_END);
}

static void lengths_of_record_lists_are_checked(void **state)
{
	(void)state;
	static const struct {
		const char *what, *hex;
		enum element_type type;
		enum wire_rc rc;
	} cases[] = {
		{ "no octets", "", TYPE_SUBTEMPLATELIST, WIRE_END },
		{ "of no template (YAF)", "03", TYPE_SUBTEMPLATEMULTILIST, WIRE_END },
		{ "half a template id", "03 01", TYPE_SUBTEMPLATELIST, WIRE_BAD_LIST },
		{ "half a head", "03 0101 00", TYPE_SUBTEMPLATEMULTILIST, WIRE_BAD_LIST },
		{ "less than its head", "03 0101 0003", TYPE_SUBTEMPLATEMULTILIST, WIRE_BAD_LIST },
		{ "past the end", "03 0101 0006 00", TYPE_SUBTEMPLATEMULTILIST, WIRE_BAD_LIST },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct bytes b = hex(cases[i].hex);
		struct record_list list = record_list_of(hex_cur(&b), cases[i].type);
		struct record_group group;
		enum wire_rc rc = record_list_next(&list, &group);
		if (rc != cases[i].rc)
			fail_msg("%s: %s", cases[i].what, wire_rc_name(rc));
	}
}

static void semantics_have_names(void **state)
{
	(void)state;
	assert_string_equal(list_semantic_name(0), "noneOf");
	assert_string_equal(list_semantic_name(2), "oneOrMoreOf");
	assert_string_equal(list_semantic_name(255), "undefined");
	assert_null(list_semantic_name(5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_basic_list_is_read_as_rfc_6313_draws_it),
		cmocka_unit_test(an_enterprise_stands_behind_the_length),
		cmocka_unit_test(lengths_of_a_basic_list_are_checked),
		cmocka_unit_test(records_are_cut_by_template),
		cmocka_unit_test(lengths_of_record_lists_are_checked),
		cmocka_unit_test(semantics_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
