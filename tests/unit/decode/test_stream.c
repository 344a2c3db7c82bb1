#include "collector/decode/stream.h"

#include "core/wire/element.h"
#include "support/unit.h"
#include "support/wire.h"

static struct ip address(uint32_t n)
{
	uint8_t four[4] = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
	return ip_from_v4(four);
}

static struct stream *get(struct stream_table *all, uint32_t n)
{
	struct stream_name name = { .from = address(n), .port = 2055, .protocol = WIRE_NETFLOW9 };
	struct stream *s = streams_get(all, &name);
	assert_non_null(s);
	return s;
}

static struct stream_table *streams_of(size_t max_streams, size_t template_memory)
{
	struct err e = { 0 };
	struct stream_table *all =
	    streams_new((struct stream_limits){ .max_streams = max_streams,
	                                        .template_memory = template_memory },
	                &e);
	assert_non_null(all);
	return all;
}

static struct template *template_of(unsigned id)
{
	struct bytes b = { 0 };
	wire_u16(&b, IE_sourceTransportPort);
	wire_u16(&b, 2);
	struct template_record record = { .id = (uint16_t)id,
		                          .field_count = 1,
		                          .fields = cur_of(b.b, b.len) };
	enum wire_rc rc;
	struct template *t = template_new(&record, WIRE_NETFLOW9, &rc);
	assert_non_null(t);
	return t;
}

static void thousands_of_templates_are_found_and_dropped(void **state)
{
	(void)state;
	struct stream_table *all = streams_of(10, 64 << 20);
	struct stream *s = get(all, 1);
	for (unsigned id = 256; id < 5256; id++)
		assert_true(stream_put_template(all, s, template_of(id)));
	for (unsigned id = 256; id < 5256; id += 3)
		stream_drop_template(all, s, (uint16_t)id);
	for (unsigned id = 256; id < 5256; id++) {
		const struct template *t = stream_template(s, (uint16_t)id);
		if ((id - 256) % 3 == 0)
			assert_null(t);
		else
			assert_int_equal(t->id, id);
	}
	streams_free(all);
}

static void strangers_are_forgotten_before_the_proven(void **state)
{
	(void)state;
	struct stream_table *all = streams_of(3, 64 << 20);
	struct stream *good = get(all, 1);
	assert_true(stream_put_template(all, good, template_of(256)));
	stream_prove(all, good);
	for (uint32_t n = 2; n < 100; n++)
		assert_true(stream_put_template(all, get(all, n), template_of(256)));
	assert_int_equal(streams_count(all), 3);
	assert_non_null(stream_template(get(all, 1), 256));
	assert_null(stream_template(get(all, 50), 256));
	streams_free(all);
}

static void a_flood_of_templates_is_bounded(void **state)
{
	(void)state;
	struct stream_table *all = streams_of(100, 4096);
	struct stream *good = get(all, 1);
	assert_true(stream_put_template(all, good, template_of(256)));
	stream_prove(all, good);
	struct stream *bad = get(all, 2);
	unsigned refused = 0;
	for (unsigned id = 256; id < 1256; id++)
		refused += !stream_put_template(all, bad, template_of(id));
	assert_true(refused > 0);
	streams_free(all);
}

static void a_source_serves_all_ports_of_an_address(void **state)
{
	(void)state;
	struct stream_table *all = streams_of(10, 64 << 20);
	struct stream_name a = { address(7), 1, false, WIRE_IPFIX, 5 };
	struct stream_name other_port = { address(7), 2, false, WIRE_NETFLOW9, 5 };
	struct stream_name other_domain = { address(7), 1, false, WIRE_IPFIX, 6 };
	struct source *source = streams_get(all, &a)->source;
	assert_ptr_equal(streams_get(all, &other_port)->source, source);
	assert_ptr_not_equal(streams_get(all, &other_domain)->source, source);
	streams_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousands_of_templates_are_found_and_dropped),
		cmocka_unit_test(strangers_are_forgotten_before_the_proven),
		cmocka_unit_test(a_flood_of_templates_is_bounded),
		cmocka_unit_test(a_source_serves_all_ports_of_an_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
