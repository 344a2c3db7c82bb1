#include "core/flow/plain_rows.h"

#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

static struct plain_rows *make(void)
{
	struct err e;
	struct plain_rows *rows = plain_rows_new(&e);
	assert_non_null(rows);
	return rows;
}

static void add(struct plain_rows *rows, const struct nat_event *row)
{
	assert_true(plain_rows_add(rows, TABLE_NAT, row, 1));
}

static const struct nat_event *row_of(const struct plain_rows *rows, size_t i)
{
	size_t count;
	const struct nat_event *all = plain_rows_of(rows, TABLE_NAT, &count);
	assert_true(i < count);
	return &all[i];
}

static void rows_stay_as_they_came_equal_ones_too(void **state)
{
	(void)state;
	struct plain_rows *rows = make();
	const struct nat_event some[] = { { .src_port = 7 }, { .src_port = 5 }, { .src_port = 5 } };
	assert_true(plain_rows_add(rows, TABLE_NAT, some, 2));
	add(rows, &some[2]);
	size_t count;
	plain_rows_of(rows, TABLE_NAT, &count);
	assert_int_equal(count, 3);
	assert_int_equal(row_of(rows, 0)->src_port, 7);
	assert_int_equal(row_of(rows, 2)->src_port, 5);
	plain_rows_clear(rows);
	plain_rows_of(rows, TABLE_NAT, &count);
	assert_int_equal(count, 0);
	plain_rows_free(rows);
}

static struct row_text kept(struct plain_rows *rows, const void *octets, size_t len)
{
	void *sent = malloc(len ? len : 1);
	memcpy(sent, octets, len);
	struct nat_event row = { .pool_name = { sent, len } };
	add(rows, &row);
	memset(sent, 'x', len);
	free(sent);
	size_t count;
	plain_rows_of(rows, TABLE_NAT, &count);
	return row_of(rows, count - 1)->pool_name;
}

static void assert_text(struct row_text text, const char *want)
{
	assert_int_equal(text.len, strlen(want));
	if (text.len)
		assert_memory_equal(text.at, want, text.len);
}

static void texts_are_copied_without_what_pads_them(void **state)
{
	(void)state;
	struct plain_rows *rows = make();
	struct row_text first = kept(rows, "pool-1\0\0\0\0", 10);
	assert_text(first, "pool-1");
	assert_text(kept(rows, "pool-2    ", 10), "pool-2");
	assert_text(kept(rows, "\0\0\0\0", 4), "");
	struct row_text again = kept(rows, "pool-1", 6);
	assert_text(again, "pool-1");
	assert_ptr_equal(again.at, first.at);
	plain_rows_free(rows);
}

static void what_is_no_text_becomes_hexadecimal_digits(void **state)
{
	(void)state;
	struct plain_rows *rows = make();
	assert_text(kept(rows, "\xff\x00\x7f", 3), "ff007f");
	assert_text(kept(rows, "a\0b", 3), "610062");
	assert_text(kept(rows, "\xc3\xbc", 2), "\xc3\xbc"); /* u with two dots */
	plain_rows_free(rows);
}

static void sorting_keeps_the_order_within_a_minute(void **state)
{
	(void)state;
	struct plain_rows *rows = make();
	const struct nat_event some[] = {
		{ .minute = 9, .src_port = 1 },
		{ .minute = 8, .src_port = 2 },
		{ .minute = 9, .src_port = 3 },
		{ .minute = 8, .src_port = 4 },
	};
	const uint16_t want[] = { 2, 4, 1, 3 };
	struct err e;
	assert_true(plain_rows_add(rows, TABLE_NAT, some, 4));
	assert_true(plain_rows_sort(rows, &e));
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(row_of(rows, i)->src_port, want[i]);
	plain_rows_free(rows);
}

static void a_full_set_takes_one_more_datagram_and_no_more_than_its_bound(void **state)
{
	(void)state;
	struct plain_rows *rows = make();
	static const struct nat_event row;
	size_t count = 0;
	while (!plain_rows_is_full(rows)) {
		add(rows, &row);
		count++;
	}
	assert_in_range(count * sizeof row, PLAIN_OCTETS, PLAIN_OCTETS + sizeof row);
	size_t more = 0;
	while (more < 2 * PLAIN_SPARE && plain_rows_add(rows, TABLE_NAT, &row, 1))
		more++;
	assert_in_range(more, PLAIN_SPARE - 1, PLAIN_SPARE + 1);
	assert_in_range(plain_rows_memory(rows), PLAIN_OCTETS, plain_rows_bound());
	plain_rows_free(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_stay_as_they_came_equal_ones_too),
		cmocka_unit_test(texts_are_copied_without_what_pads_them),
		cmocka_unit_test(what_is_no_text_becomes_hexadecimal_digits),
		cmocka_unit_test(sorting_keeps_the_order_within_a_minute),
		cmocka_unit_test(a_full_set_takes_one_more_datagram_and_no_more_than_its_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
