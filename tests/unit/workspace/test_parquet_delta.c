/* The numbers and their octets are worked out by hand from Parquet's Encodings.md. */
#include "workspace/parquet_delta.h"

#include <string.h>

#include "support/unit.h"
#include "workspace/varint.h"

static void assert_encoded(const int64_t *values, size_t count, bool narrow, const uint8_t *want,
                           size_t len)
{
	struct delta d = { 0 };
	struct buf head = { 0 };
	delta_clear(&d, narrow);
	delta_add(&d, values, count);
	delta_finish(&d, &head);
	buf_add(&head, buf_text(&d.body), d.body.len);
	assert_int_equal(head.len, len);
	assert_memory_equal(buf_text(&head), want, len);
	buf_done(&head);
	delta_done(&d);
}

#define ASSERT_ENCODED(narrow, values, ...)                                                        \
	do {                                                                                       \
		static const int64_t values_[] = values;                                           \
		static const uint8_t want_[] = { __VA_ARGS__ };                                    \
		assert_encoded(values_, ARRAY_LEN(values_), narrow, want_, sizeof want_);          \
	} while (0)
#define VALUES(...)                                                                                \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

/* 128 and 4 a block; count; first value in zigzag; least difference; bits of four miniblocks. */
static void the_formats_own_examples_are_encoded_as_it_says(void **state)
{
	(void)state;
	ASSERT_ENCODED(false, VALUES(1, 2, 3, 4, 5), 0x80, 1, 4, 5, 2, 2, 0, 0, 0, 0);
	/* differences -2 -2 -2 1 1 1 1, above the least 0 0 0 3 3 3 3 in two bits */
	ASSERT_ENCODED(false, VALUES(7, 5, 3, 1, 2, 3, 4, 5), 0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0,
	               0xc0, 0x3f, 0, 0, 0, 0, 0, 0);
}

static void a_single_value_is_all_head(void **state)
{
	(void)state;
	ASSERT_ENCODED(false, VALUES(-3), 0x80, 1, 4, 1, 5);
}

/* 2^31 - 1 less -2^31 is -1 in 32 bits and 2^32 - 1 in 64. */
static void differences_wrap_in_the_width_of_the_column(void **state)
{
	(void)state;
	ASSERT_ENCODED(true, VALUES(INT32_MIN, INT32_MAX), 0x80, 1, 4, 2, 0xff, 0xff, 0xff, 0xff,
	               0x0f, 1, 0, 0, 0, 0);
	ASSERT_ENCODED(false, VALUES(INT32_MIN, INT32_MAX), 0x80, 1, 4, 2, 0xff, 0xff, 0xff, 0xff,
	               0x0f, 0xfe, 0xff, 0xff, 0xff, 0x1f, 0, 0, 0, 0);
}

/* The value of bit number i of packed octets. */
static uint64_t bit_at(const uint8_t *octets, size_t i)
{
	return octets[i / 8] >> i % 8 & 1;
}

static void numbers_of_every_width_are_packed_lowest_bit_first(void **state)
{
	(void)state;
	for (unsigned bits = 1; bits <= 64; bits++) {
		uint64_t numbers[DELTA_MINIBLOCK], x = 88172645463325252u;
		uint8_t octets[DELTA_MINIBLOCK * 8];
		for (size_t i = 0; i < DELTA_MINIBLOCK; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			numbers[i] = x >> (64 - bits);
		}
		bits_pack(numbers, bits, octets);
		for (size_t i = 0; i < DELTA_MINIBLOCK; i++) {
			uint64_t number = 0;
			for (unsigned k = 0; k < bits; k++)
				number |= bit_at(octets, i * bits + k) << k;
			assert_int_equal(number, numbers[i]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_formats_own_examples_are_encoded_as_it_says),
		cmocka_unit_test(a_single_value_is_all_head),
		cmocka_unit_test(differences_wrap_in_the_width_of_the_column),
		cmocka_unit_test(numbers_of_every_width_are_packed_lowest_bit_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
