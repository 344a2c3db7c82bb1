/* What exporters tell of their own elements (RFC 5610). */
#include "collector/decode/type_record.h"

#include <stdio.h>
#include <string.h>

#include "core/wire/element.h"
#include "support/decoding.h"

enum { PEN = 32473 }; /* RFC 5612: for examples */

static bool learn(struct type_records *set, uint16_t id, const char *name)
{
	return type_records_learn(set, PEN, id, TYPE_UNSIGNED32, name, strlen(name));
}

static void an_element_is_what_was_told_last(void **state)
{
	(void)state;
	struct type_records set = { 0 };
	assert_true(learn(&set, 7, "seventh"));
	assert_true(learn(&set, 3, "third"));
	assert_false(learn(&set, 7, "seventh"));
	assert_true(type_records_learn(&set, PEN, 7, TYPE_STRING, "label", 5));
	assert_int_equal(set.count, 2);
	const struct type_record *r = type_records_find(&set, PEN, 7);
	assert_non_null(r);
	assert_string_equal(r->name, "label");
	assert_int_equal(r->type, TYPE_STRING);
	assert_string_equal(type_records_find(&set, PEN, 3)->name, "third");
	assert_null(type_records_find(&set, PEN, 8));
	assert_null(type_records_find(&set, PEN + 1, 7));
	type_records_done(&set);
}

static void names_are_taken_with_care(void **state)
{
	(void)state;
	static const struct {
		const char *what, *name, *kept; /* kept: NULL where it is refused */
		size_t len;
	} cases[] = {
		{ "plain", "queueDelay", "queueDelay", 10 },
		{ "padded with zeros", "queueDelay\0\0", "queueDelay", 12 },
		{ "other scripts", "\xc3\xa4", "\xc3\xa4", 2 },
		{ "empty", "", NULL, 0 },
		{ "zeros alone", "\0\0", NULL, 2 },
		{ "a zero inside", "a\0b", NULL, 3 },
		{ "a new line", "a\nb", NULL, 3 },
		{ "an escape", "\x1b[31m", NULL, 5 },
		{ "no UTF-8", "a\xff", NULL, 2 },
		{ "UTF-8 that is cut short", "a\xc3", NULL, 2 },
		{ "IANA's", "octetDeltaCount", NULL, 15 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct type_records set = { 0 };
		bool kept =
		    type_records_learn(&set, PEN, 1, TYPE_UNSIGNED8, cases[i].name, cases[i].len);
		if (kept != (cases[i].kept != NULL) ||
		    (kept && strcmp(set.items[0].name, cases[i].kept) != 0))
			fail_msg("%s", cases[i].what);
		type_records_done(&set);
	}
}

/* 63 letters and then a character of two octets: only the letters fit. */
static void a_long_name_ends_with_a_whole_character(void **state)
{
	(void)state;
	char name[TYPE_NAME_MAX + 8];
	memset(name, 'a', sizeof name);
	memcpy(name + 63, "\xc3\xa4", 2);
	struct type_records set = { 0 };
	assert_true(type_records_learn(&set, PEN, 1, TYPE_UNSIGNED8, name, sizeof name));
	assert_int_equal(strlen(set.items[0].name), 63);
	type_records_done(&set);
}

static void two_elements_never_share_a_name(void **state)
{
	(void)state;
	struct type_records set = { 0 };
	assert_true(learn(&set, 1, "same"));
	assert_false(learn(&set, 2, "same"));
	assert_int_equal(set.count, 1);
	type_records_done(&set);
}

static void ianas_elements_are_what_iana_says(void **state)
{
	(void)state;
	struct type_records set = { 0 };
	assert_false(type_records_learn(&set, 0, 8, TYPE_STRING, "mine", 4));
	assert_false(type_records_learn(&set, PEN_REVERSE, 8, TYPE_STRING, "mine", 4));
	assert_false(type_records_learn(&set, PEN, 8, TYPE_COUNT, "mine", 4));
	assert_int_equal(type_records_memory(&set), 0);
}

static void as_many_are_kept_as_the_bound_says(void **state)
{
	(void)state;
	struct type_records set = { 0 };
	for (unsigned i = 0; i < 4 * TYPE_RECORDS_MAX; i++) {
		char name[16];
		snprintf(name, sizeof name, "n%u", i);
		assert_int_equal(learn(&set, (uint16_t)(65535 - i), name), i < TYPE_RECORDS_MAX);
	}
	assert_int_equal(set.count, TYPE_RECORDS_MAX);
	assert_int_equal(type_records_memory(&set), TYPE_RECORDS_MAX * 72);
	for (unsigned i = 0; i < TYPE_RECORDS_MAX; i++)
		assert_non_null(type_records_find(&set, PEN, (uint16_t)(65535 - i)));
	assert_true(learn(&set, 65535, "known ones may still change"));
	type_records_done(&set);
}

/* An exporter that tells a thousand elements in each of many domains has its share and no more. */
static void what_all_domains_of_an_exporter_tell_is_bounded(void **state)
{
	(void)state;
	struct decoder_config config = { .max_streams = 4096, .template_memory = 1 << 20 };
	struct decoding *d = decoding_new(&config);
	size_t most = 0;
	for (uint32_t domain = 0; domain < 200; domain++) {
		struct bytes m = wire_ipfix((struct wire_header){ .domain = domain });
		wire_set(&m, 3, "0102 0004 0002 015a0004 012f0002 01530001 0155ffff");
		size_t at = m.len;
		wire_set(&m, 258, "");
		for (unsigned i = 0; i < 256; i++) {
			hex_add(&m, "00007ed9");
			wire_u16(&m, i);
			hex_add(&m, "03 03 6e");
			wire_u16(&m, 0x4141 + (i / 16 << 8) + i % 16);
		}
		wire_set_length(&m, at + 2, m.len - at);
		wire_ipfix_end(&m);
		decoding_send(d, &m);
		size_t memory = decoder_memory(d->decoder);
		most = memory > most ? memory : most;
	}
	assert_int_equal(decoder_counts(d->decoder)->options_records, 200 * 256);
	assert_true(most > 0 && most <= decoder_bound(d->decoder));
	struct decoding *empty = decoding_new(&config);
	/* a sixteenth, and what 200 streams take */
	assert_true(most - decoder_memory(empty->decoder) <= (1 << 20) / 16 + 200 * 2048);
	decoding_free(empty);
	decoding_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_element_is_what_was_told_last),
		cmocka_unit_test(names_are_taken_with_care),
		cmocka_unit_test(a_long_name_ends_with_a_whole_character),
		cmocka_unit_test(two_elements_never_share_a_name),
		cmocka_unit_test(ianas_elements_are_what_iana_says),
		cmocka_unit_test(as_many_are_kept_as_the_bound_says),
		cmocka_unit_test(what_all_domains_of_an_exporter_tell_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
