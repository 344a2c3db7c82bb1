/* The two numberings of natEvent. */
#include "core/flow/nat_event.h"

#include "support/unit.h"

static const char *iana(uint64_t code)
{
	return nat_event_names[nat_event_find(NAT_DIALECT_IANA, code)];
}

static const char *junos(uint64_t code)
{
	return nat_event_names[nat_event_find(NAT_DIALECT_JUNOS, code)];
}

/* RFC 8158 Table 2. */
static void iana_numbers_are_those_of_rfc_8158(void **state)
{
	(void)state;
	static const char *const table[] = {
		"",
		"NAT translation create",
		"NAT translation delete",
		"NAT addresses exhausted",
		"NAT44 session create",
		"NAT44 session delete",
		"NAT64 session create",
		"NAT64 session delete",
		"NAT44 BIB create",
		"NAT44 BIB delete",
		"NAT64 BIB create",
		"NAT64 BIB delete",
		"NAT ports exhausted",
		"Quota exceeded",
		"Address binding create",
		"Address binding delete",
		"Port block allocation",
		"Port block de-allocation",
		"Threshold reached",
	};
	for (uint64_t code = 0; code < ARRAY_LEN(table); code++)
		assert_string_equal(iana(code), table[code]);
	assert_string_equal(iana(19), "");
	assert_string_equal(iana(UINT64_C(256) + 4), "");
}

/* "Configure Active Flow Monitoring Logs for NAT44/NAT64": the 15 values of the draft. */
static void junos_numbers_are_those_of_the_draft(void **state)
{
	(void)state;
	assert_string_equal(junos(1), "NAT44 session create");
	assert_string_equal(junos(2), "NAT44 session delete");
	assert_string_equal(junos(3), "NAT addresses exhausted");
	assert_string_equal(junos(4), "NAT64 session create");
	assert_string_equal(junos(5), "NAT64 session delete");
	assert_string_equal(junos(6), "NAT44 BIB create");
	assert_string_equal(junos(7), "NAT44 BIB delete");
	assert_string_equal(junos(8), "NAT64 BIB create");
	assert_string_equal(junos(9), "NAT64 BIB delete");
	assert_string_equal(junos(10), "NAT ports exhausted");
	assert_string_equal(junos(11), "Quota exceeded");
	assert_string_equal(junos(12), "Address binding create");
	assert_string_equal(junos(13), "Address binding delete");
	assert_string_equal(junos(14), "Port block allocation");
	assert_string_equal(junos(15), "Port block de-allocation");
	assert_string_equal(junos(18), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iana_numbers_are_those_of_rfc_8158),
		cmocka_unit_test(junos_numbers_are_those_of_the_draft),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
