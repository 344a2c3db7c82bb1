#include "core/packet/defrag.h"

#include <string.h>

#include "core/base/ticks.h"
#include "support/hex.h"
#include "support/unit.h"

#define START (TICKS_UNIX_EPOCH + 1000 * TICKS_PER_SECOND)

/* A UDP datagram of 8 + 40 octets: header, then 0, 1, 2 … 39. */
static struct bytes datagram(void)
{
	struct bytes d = hex("9c40 0807 0030 0000");
	for (uint8_t i = 0; i < 40; i++)
		d.b[d.len++] = i;
	return d;
}

static struct frame fragment(const struct bytes *d, uint32_t id, uint32_t from, uint32_t to)
{
	struct frame f = {
		.src = ip_from_v4((const uint8_t[]){ 192, 0, 2, 1 }),
		.dst = ip_from_v4((const uint8_t[]){ 192, 0, 2, 2 }),
		.ip_version = 4,
		.protocol = 17,
		.body_protocol = 17,
		.fragment = { .is = true, .more = to < d->len, .id = id, .offset = from },
		.body = cur_of(d->b + from, to - from),
	};
	return f;
}

static bool add(struct defrag *d, struct frame f)
{
	return defrag_add(d, START, &f);
}

static int new_defrag(void **state)
{
	*state = defrag_new(NULL);
	return *state ? 0 : -1;
}

static int free_defrag(void **state)
{
	defrag_free(*state);
	return 0;
}

static void assert_whole(const struct frame *f)
{
	assert_false(f->fragment.is);
	assert_int_equal(f->protocol, 17);
	assert_int_equal(f->src_port, 40000);
	assert_int_equal(f->dst_port, 2055);
	assert_int_equal(cur_left(&f->payload), 40);
	for (uint8_t i = 0; i < 40; i++)
		assert_int_equal(f->payload.at[i], i);
}

static void fragments_make_the_datagram_in_any_order(void **state)
{
	static const unsigned orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		                               { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	static const uint32_t edges[] = { 0, 16, 32, 48 };
	struct bytes d = datagram();
	for (uint32_t i = 0; i < ARRAY_LEN(orders); i++) {
		for (int n = 0; n < 3; n++) {
			unsigned part = orders[i][n];
			struct frame f = fragment(&d, i, edges[part], edges[part + 1]);
			assert_int_equal(defrag_add(*state, START, &f), n == 2);
			if (n == 2)
				assert_whole(&f);
		}
	}
	assert_int_equal(defrag_dropped(*state), 0);
	assert_int_equal(defrag_held(*state), 0);
}

static void a_last_fragment_need_not_be_a_multiple_of_eight(void **state)
{
	struct bytes d = hex("9c40 0807 0009 0000 ff");
	assert_false(add(*state, fragment(&d, 1, 8, 9)));
	struct frame f = fragment(&d, 1, 0, 8);
	assert_true(defrag_add(*state, START, &f));
	assert_int_equal(cur_left(&f.payload), 1);
	assert_int_equal(f.payload.at[0], 0xff);
}

static void datagrams_are_told_apart_by_addresses_id_and_protocol(void **state)
{
	struct bytes d = datagram();
	assert_false(add(*state, fragment(&d, 1, 0, 16)));
	struct frame other[5];
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		other[i] = fragment(&d, 1, 16, 48);
	other[0].fragment.id = 2;
	other[1].src.b[15]++;
	other[2].dst.b[15]++;
	other[3].body_protocol = 6;
	other[4].ip_version = 6;
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		assert_false(add(*state, other[i]));
	struct frame f = fragment(&d, 1, 16, 48);
	assert_true(defrag_add(*state, START, &f));
	assert_whole(&f);
	assert_int_equal(defrag_held(*state), 5);
}

/* RFC 8200 4.5: the first fragment tells what the datagram begins with; here destination options.
 */
static void ipv6_extension_headers_behind_the_fragment_header_are_read(void **state)
{
	struct bytes d = hex("1100 010400000000 9c40 0807 000c 0000 deadbeef");
	struct frame a = fragment(&d, 7, 0, 8), b = fragment(&d, 7, 8, 20);
	a.ip_version = b.ip_version = 6;
	a.body_protocol = 60;
	b.body_protocol = 0;
	assert_false(defrag_add(*state, START, &b));
	assert_true(defrag_add(*state, START, &a));
	assert_int_equal(a.protocol, 17);
	assert_int_equal(a.dst_port, 2055);
	assert_int_equal(cur_left(&a.payload), 4);
}

static void an_exact_copy_of_a_fragment_is_ignored(void **state)
{
	struct bytes d = datagram();
	assert_false(add(*state, fragment(&d, 1, 0, 16)));
	assert_false(add(*state, fragment(&d, 1, 0, 16)));
	assert_false(add(*state, fragment(&d, 1, 32, 48)));
	assert_false(add(*state, fragment(&d, 1, 32, 48)));
	struct frame f = fragment(&d, 1, 16, 32);
	assert_true(defrag_add(*state, START, &f));
	assert_whole(&f);
	assert_int_equal(defrag_dropped(*state), 0);
}

/* RFC 5722 4: the datagram and whatever else comes of it is dropped. */
static void overlapping_fragments_drop_the_datagram(void **state)
{
	struct bytes d = datagram(), forged = datagram();
	forged.b[12] ^= 1;
	const struct frame overlaps[] = {
		fragment(&d, 0, 8, 24),      /* half old, half new */
		fragment(&forged, 1, 0, 16), /* same place, other bytes */
		fragment(&d, 2, 0, 24),      /* more than is there */
	};
	for (uint32_t i = 0; i < ARRAY_LEN(overlaps); i++) {
		assert_false(add(*state, fragment(&d, i, 0, 16)));
		assert_false(add(*state, overlaps[i]));
		assert_int_equal(defrag_dropped(*state), i + 1);
		assert_false(add(*state, fragment(&d, i, 0, 16)));
		assert_false(add(*state, fragment(&d, i, 16, 48)));
	}
	assert_int_equal(defrag_held(*state), 0);
	assert_int_equal(defrag_dropped(*state), ARRAY_LEN(overlaps));
}

static void two_different_ends_drop_the_datagram(void **state)
{
	struct bytes d = datagram();
	struct frame end = fragment(&d, 1, 16, 24), beyond = fragment(&d, 2, 32, 40);
	end.fragment.more = false;
	assert_false(add(*state, fragment(&d, 1, 32, 48)));
	assert_false(add(*state, end)); /* ends before what is there */
	assert_int_equal(defrag_dropped(*state), 1);
	end.fragment.id = 2;
	assert_false(add(*state, end));
	assert_false(add(*state, beyond)); /* goes on behind the end */
	assert_int_equal(defrag_dropped(*state), 2);
}

static void fragments_that_cannot_be_are_counted(void **state)
{
	struct bytes d = datagram();
	struct frame odd = fragment(&d, 1, 0, 12), empty = fragment(&d, 1, 16, 16);
	struct frame far = fragment(&d, 1, 0, 16), cut = fragment(&d, 1, 0, 16);
	far.fragment.offset = 65528;
	cut.cut = true;
	assert_false(add(*state, odd));
	assert_false(add(*state, empty));
	assert_false(add(*state, far));
	assert_false(add(*state, cut));
	assert_int_equal(defrag_dropped(*state), 4);
	assert_int_equal(defrag_held(*state), 0);
}

static void the_longest_datagram_fits(void **state)
{
	struct bytes d = { 0 };
	struct frame f = fragment(&d, 1, 0, 0);
	static uint8_t bytes[65535];
	memcpy(bytes, (const uint8_t[]){ 0, 1, 0, 2, 0xff, 0xff, 0, 0 }, 8);
	for (uint32_t at = 0; at < sizeof bytes; at += 4096) {
		uint32_t len = at + 4096 < sizeof bytes ? 4096 : (uint32_t)sizeof bytes - at;
		f.fragment = (struct fragment){ true, at + len < sizeof bytes, 1, at };
		f.body = cur_of(bytes + at, len);
		assert_int_equal(defrag_add(*state, START, &f), at + len == sizeof bytes);
	}
	assert_int_equal(cur_left(&f.payload), 65527);
}

static void the_oldest_gives_way_and_is_counted(void **state)
{
	struct bytes d = datagram();
	for (uint32_t id = 0; id <= DEFRAG_DATAGRAMS; id++)
		assert_false(add(*state, fragment(&d, id, 0, 16)));
	assert_int_equal(defrag_held(*state), DEFRAG_DATAGRAMS);
	assert_int_equal(defrag_dropped(*state), 1);
	struct frame f = fragment(&d, 1, 16, 48);
	assert_true(defrag_add(*state, START, &f));
	assert_whole(&f);
	assert_false(add(*state, fragment(&d, 0, 16, 48)));
}

static void fragments_far_apart_in_time_are_not_of_one_datagram(void **state)
{
	struct bytes d = datagram();
	int64_t limit = START + DEFRAG_SECONDS * TICKS_PER_SECOND;
	assert_false(add(*state, fragment(&d, 1, 0, 16)));
	assert_false(add(*state, fragment(&d, 2, 0, 16)));
	struct frame in_time = fragment(&d, 1, 16, 48), late = fragment(&d, 2, 16, 48);
	assert_true(defrag_add(*state, limit, &in_time));
	assert_false(defrag_add(*state, limit + 1, &late));
	assert_int_equal(defrag_dropped(*state), 1);
	struct frame first = fragment(&d, 2, 0, 16);
	assert_true(defrag_add(*state, limit + 2, &first));
	assert_whole(&first);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, new_defrag, free_defrag)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(fragments_make_the_datagram_in_any_order),
		CASE(a_last_fragment_need_not_be_a_multiple_of_eight),
		CASE(datagrams_are_told_apart_by_addresses_id_and_protocol),
		CASE(ipv6_extension_headers_behind_the_fragment_header_are_read),
		CASE(an_exact_copy_of_a_fragment_is_ignored),
		CASE(overlapping_fragments_drop_the_datagram),
		CASE(two_different_ends_drop_the_datagram),
		CASE(fragments_that_cannot_be_are_counted),
		CASE(the_longest_datagram_fits),
		CASE(the_oldest_gives_way_and_is_counted),
		CASE(fragments_far_apart_in_time_are_not_of_one_datagram),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
