/* The order in which flow rows rest, against that of their texts. */
#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "scratch.h"
#include "support/unit.h"
#include "workspace/flow_order.h"

enum { ROWS = 20000, MINUTE = 29388960 };

static struct flow_row rows[ROWS];

static uint32_t next_random(void)
{
	static uint64_t x = 88172645463325252U;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 16);
}

/* Octets of one, two and three digits that begin alike. */
static uint8_t octet(void)
{
	static const uint8_t octets[] = { 0,   1,   2,   10,  11,  19,  20, 25,
		                          100, 101, 110, 199, 200, 250, 255 };
	return octets[next_random() % ARRAY_LEN(octets)];
}

static struct flow_row random_row(void)
{
	struct flow_row row = { .key.minute = MINUTE + next_random() % 3 };
	struct ip ip = ip_from_v4((uint8_t[]){ octet(), octet(), octet(), octet() });
	if (next_random() % 8 == 0)
		ip = ip_from_v6((uint8_t[16]){ 0x20, 1, 0xd, 0xb8, octet(), [15] = octet() });
	if (next_random() % 50)
		ROW_SET_KEY(&row, SourceIp, src_addr, ip);
	return row;
}

static int class_of(const struct flow_row *row)
{
	if (!row_has(row, COL_SourceIp))
		return 0;
	return ip_is_v4(&row->key.src_addr) ? 1 : 2;
}

/* Below 0 where a rests before b by what the order promises. */
static int expected(const struct flow_row *a, const struct flow_row *b)
{
	char x[IP_TEXT_MAX] = "", y[IP_TEXT_MAX] = "";
	int order = class_of(a) - class_of(b);
	if (order)
		return order;
	if (class_of(a)) {
		ip_format(&a->key.src_addr, x);
		ip_format(&b->key.src_addr, y);
	}
	order = class_of(a) == 2 ? strncmp(x, y, 8) : strcmp(x, y);
	if (order || (class_of(a) == 2 && strcmp(x, y) != 0))
		return order;
	return (int)a->key.minute - (int)b->key.minute;
}

static void rows_rest_by_text_then_time_then_as_they_came(void **state)
{
	(void)state;
	static const struct flow_row *sorted[ROWS];
	static bool seen[ROWS];
	struct err e;
	for (size_t i = 0; i < ROWS; i++) {
		rows[i] = random_row();
		sorted[i] = &rows[i];
	}
	assert_true(flow_order_sort(sorted, ROWS, &e));
	for (size_t i = 0; i < ROWS; i++) {
		size_t at = (size_t)(sorted[i] - rows);
		assert_false(seen[at]);
		seen[at] = true;
		if (!i)
			continue;
		int order = expected(sorted[i - 1], sorted[i]);
		assert_true(order <= 0);
		bool same = ip_equal(&sorted[i - 1]->key.src_addr, &sorted[i]->key.src_addr) &&
		            class_of(sorted[i - 1]) == class_of(sorted[i]);
		if (order == 0 && same)
			assert_true(sorted[i - 1] < sorted[i]);
	}
}

/* Of IPv6, too, where more than the first characters must be looked at. */
static void an_address_stands_in_one_place(void **state)
{
	(void)state;
	static const struct flow_row *sorted[ROWS];
	static bool known[256][256];
	struct err e;
	size_t stretches = 0, distinct = 0;
	for (size_t i = 0; i < ROWS; i++) {
		rows[i] = random_row();
		sorted[i] = &rows[i];
		const uint8_t *octets = rows[i].key.src_addr.b;
		if (class_of(&rows[i]) != 2 || known[octets[4]][octets[15]])
			continue;
		known[octets[4]][octets[15]] = true;
		distinct++;
	}
	assert_true(flow_order_sort(sorted, ROWS, &e));
	for (size_t i = 1; i < ROWS; i++)
		stretches += class_of(sorted[i]) == 2 &&
		             !ip_equal(&sorted[i - 1]->key.src_addr, &sorted[i]->key.src_addr);
	assert_true(distinct > 100);
	assert_int_equal(stretches, distinct);
}

static void no_rows_are_sorted_too(void **state)
{
	(void)state;
	struct err e;
	const struct flow_row *none = NULL;
	assert_true(flow_order_sort(&none, 0, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_rest_by_text_then_time_then_as_they_came),
		cmocka_unit_test(an_address_stands_in_one_place),
		cmocka_unit_test(no_rows_are_sorted_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
