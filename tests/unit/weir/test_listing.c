#include "weir/listing.h"

#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

static const struct listing_column columns[] = { { "name", false },
	                                         { "rows", true },
	                                         { "path", false } };

static void assert_printed(const struct listing *l, const char *format, const char *want)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	assert_non_null(out);
	struct err e;
	assert_true(listing_print(l, format, out, &e));
	fclose(out);
	assert_string_equal(text, want);
	free(text);
}

static struct listing two_rows(void)
{
	struct listing l;
	listing_init(&l, columns, ARRAY_LEN(columns));
	listing_text(&l, "Z\xc3\xbcrich");
	listing_number(&l, -5);
	listing_text(&l, "a,\"b\"");
	listing_text(&l, "x");
	listing_text(&l, "");
	listing_text(&l, "");
	return l;
}

static void a_table_is_aligned_by_characters(void **state)
{
	(void)state;
	struct listing l = two_rows();
	assert_printed(&l, "table",
	               "name    rows  path\n"
	               "Z\xc3\xbcrich    -5  a,\"b\"\n"
	               "x             \n");
	listing_done(&l);
}

static void json_is_an_array_of_objects(void **state)
{
	(void)state;
	struct listing l = two_rows();
	assert_printed(&l, "json",
	               "[\n"
	               "  {\"name\": \"Z\xc3\xbcrich\", \"rows\": -5, \"path\": \"a,\\\"b\\\"\"},\n"
	               "  {\"name\": \"x\", \"rows\": null, \"path\": \"\"}\n"
	               "]\n");
	listing_done(&l);
}

static void csv_quotes_as_rfc_4180_says(void **state)
{
	(void)state;
	struct listing l = two_rows();
	assert_printed(&l, "csv",
	               "name,rows,path\r\n"
	               "Z\xc3\xbcrich,-5,\"a,\"\"b\"\"\"\r\n"
	               "x,,\r\n");
	listing_done(&l);
}

static void an_empty_listing_still_has_its_header(void **state)
{
	(void)state;
	struct listing l;
	listing_init(&l, columns, ARRAY_LEN(columns));
	assert_printed(&l, "table", "name  rows  path\n");
	assert_printed(&l, "json", "[]\n");
	assert_printed(&l, "csv", "name,rows,path\r\n");
	listing_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_aligned_by_characters),
		cmocka_unit_test(json_is_an_array_of_objects),
		cmocka_unit_test(csv_quotes_as_rfc_4180_says),
		cmocka_unit_test(an_empty_listing_still_has_its_header),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
