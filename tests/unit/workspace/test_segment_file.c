/* Segments' files that were changed on their disk, and footers that make no sense. */
#include "workspace/segment_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"
#include "support/unit.h"
#include "workspace/thrift.h"
#include "workspace/thrift_read.h"

/* A workspace with one segment of three flow rows; its path, to be freed. */
static char *make_segment(const char *dir)
{
	char *path = NULL;
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	struct flow_row rows[] = { scratch_row(1), scratch_row(1), scratch_row(2) };
	scratch_store(ws, rows, ARRAY_LEN(rows), &(struct constants){ 0 });
	struct segment_list list;
	struct segment_filter filter = SEGMENTS_OF(TABLE_FLOWS);
	assert_true(workspace_segments(ws, &filter, &list, NULL));
	assert_int_equal(list.count, 1);
	assert_true(asprintf(&path, "%s/%s", dir, list.items[0].path) > 0);
	segment_list_done(&list);
	workspace_close(ws);
	return path;
}

static char *read_file(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	char *octets = malloc(1 << 20);
	*ret_len = fread(octets, 1, 1 << 20, f);
	fclose(f);
	return octets;
}

static void write_file(const char *path, const char *octets, size_t len)
{
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(octets, 1, len, f), len);
	fclose(f);
}

static void a_segment_is_whole_as_it_was_written(void **state)
{
	struct segment_file file;
	struct err e = { 0 };
	char *path = make_segment(*state);
	assert_true(segment_file_read(path, &file, &e));
	assert_int_equal(file.rows, 3);
	assert_true(file.has_sum);
	free(path);
}

static void one_flipped_bit_in_any_octet_is_damage(void **state)
{
	struct segment_file file;
	size_t len;
	char *path = make_segment(*state), *octets = read_file(path, &len);
	for (size_t i = 0; i < len; i++) {
		struct err e = { 0 };
		char bit = (char)(1 << i % 8);
		octets[i] ^= bit;
		write_file(path, octets, len);
		if (segment_file_read(path, &file, &e) || e.code != ERR_DATA)
			fail_msg("octet %zu of %zu: %s", i, len, e.text);
		octets[i] ^= bit;
	}
	free(octets);
	free(path);
}

static void a_segment_that_was_cut_anywhere_is_damage(void **state)
{
	struct segment_file file;
	size_t len;
	char *path = make_segment(*state), *octets = read_file(path, &len);
	while (len-- > 0) {
		struct err e = { 0 };
		assert_int_equal(truncate(path, (off_t)len), 0);
		assert_false(segment_file_read(path, &file, &e));
		assert_int_equal(e.code, ERR_DATA);
	}
	unlink(path);
	struct err e = { 0 };
	assert_false(segment_file_read(path, &file, &e));
	assert_string_equal(e.text, "it is missing");
	free(octets);
	free(path);
}

/* ---- the compact protocol ---- */

/* Reads one field of what lies in `octets` and skips it; whether that was possible. */
static bool skips(const void *octets, size_t len)
{
	struct thrift_reader r = { .at = octets, .end = (const uint8_t *)octets + len };
	int type;
	if (!thrift_next(&r, &type))
		return false;
	thrift_skip(&r, type);
	return !r.bad && r.at == r.end;
}
#define SKIPS(...) skips((const uint8_t[]){ __VA_ARGS__ }, sizeof(const uint8_t[]){ __VA_ARGS__ })

/* thrift-compact-protocol.md: 0x1T is field 1 of type T; a list's head is count and type. */
static void values_of_every_type_are_skipped(void **state)
{
	(void)state;
	assert_true(SKIPS(0x11));                               /* true */
	assert_true(SKIPS(0x13, 0x7f));                         /* an octet */
	assert_true(SKIPS(0x15, 0x80, 0x01));                   /* 64 */
	assert_true(SKIPS(0x17, 1, 2, 3, 4, 5, 6, 7, 8));       /* a double */
	assert_true(SKIPS(0x18, 0x02, 'a', 'b'));               /* a text */
	assert_true(SKIPS(0x19, 0x25, 0x02, 0x04));             /* a list of two numbers */
	assert_true(SKIPS(0x19, 0x21, 0x01, 0x02));             /* a list of two truth values */
	assert_true(SKIPS(0x1c, 0x15, 0x02, 0x1c, 0x00, 0x00)); /* a structure in a structure */
}

static void what_ends_early_or_makes_no_sense_is_bad(void **state)
{
	(void)state;
	assert_false(SKIPS(0x15));
	assert_false(SKIPS(0x18, 0x05, 'a'));
	assert_false(SKIPS(0x19, 0xf5, 0xff, 0xff, 0xff, 0x7f));
	assert_false(SKIPS(0x1b, 0x00));
	assert_false(SKIPS(0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01));
	uint8_t deep[64];
	memset(deep, 0x1c, sizeof deep);
	assert_false(skips(deep, sizeof deep));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_segment_is_whole_as_it_was_written, scratch_make,
		                                scratch_remove),
		cmocka_unit_test_setup_teardown(one_flipped_bit_in_any_octet_is_damage,
		                                scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(a_segment_that_was_cut_anywhere_is_damage,
		                                scratch_make, scratch_remove),
		cmocka_unit_test(values_of_every_type_are_skipped),
		cmocka_unit_test(what_ends_early_or_makes_no_sense_is_bad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
