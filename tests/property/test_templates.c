/* Laws of templates: the same datagrams in any order give the same rows, and strangers who send
 * templates by the million cost no more than the bound and nobody else a record. */
#include <stdlib.h>
#include <string.h>

#include "support/decoding.h"

enum { SEED = 20261128, DATAGRAMS = 60, SHUFFLES = 300, FLOOD = 1000000 };

static uint64_t state_ = SEED;

static uint32_t draw(uint32_t below)
{
	state_ ^= state_ << 13;
	state_ ^= state_ >> 7;
	state_ ^= state_ << 17;
	return (uint32_t)(state_ >> 33) % below;
}

/* ---- order ---- */

struct sent {
	struct bytes m;
	uint16_t port;
	int64_t arrival;
};

/* Datagram i of an exporter: data of three templates, mixed; every tenth one tells templates, and
 * the last ones too.  Data of IPFIX comes from another port than its templates. */
static struct sent datagram(uint32_t i)
{
	bool ipfix = i % 2, templates = i % 10 < 2;
	struct wire_header h = { 5000000 + i * 1000, 0x6b023080 + i, 100 + i, 7 };
	struct sent s = { .m = ipfix ? wire_ipfix(h) : wire_v9(h),
		          .port = ipfix && !templates ? 2001 : 2000,
		          .arrival = ticks_from_date((struct date){ 2026, 11, 22 }) +
		                     i * 7 * TICKS_PER_SECOND };
	char record[64];
	snprintf(record, sizeof record, "%08x %08x %04x", 0x0a000000 + i % 5, 100 + i, i % 3);
	if (templates)
		wire_set(&s.m, ipfix ? 2 : 0,
		         "0100 0003 00080004 00010004 00070002 0101 0002 000c0004 00020004");
	wire_set(&s.m, 256, record);
	snprintf(record, sizeof record, "%08x %08x", 0x0b000000 + i % 4, i);
	if (!(ipfix && templates))
		wire_set(&s.m, 257, record);
	if (ipfix)
		wire_ipfix_end(&s.m);
	return s;
}

static int by_octets(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct flow_row));
}

/* The rows of these datagrams, sorted, but for their numbers, which tell the order. */
static struct decoding *rows_of(const struct sent *sent, const size_t *order)
{
	struct decoding *d = decoding_new(NULL);
	struct err e = { 0 };
	for (size_t i = 0; i < DATAGRAMS; i++) {
		const struct sent *s = &sent[order[i]];
		struct datagram datagram = { .arrival = s->arrival,
			                     .src_port = s->port,
			                     .payload = s->m.b,
			                     .len = s->m.len };
		assert_true(ip_parse("192.0.2.1", &datagram.src));
		assert_true(decoder_read(d->decoder, &datagram, &e));
	}
	assert_true(decoder_end(d->decoder, &e));
	for (size_t i = 0; i < d->count; i++)
		d->rows[i].sequence = 0;
	qsort(d->rows, d->count, sizeof d->rows[0], by_octets);
	return d;
}

static void any_order_gives_the_same_rows(void **state)
{
	(void)state;
	static struct sent sent[DATAGRAMS];
	size_t order[DATAGRAMS];
	for (uint32_t i = 0; i < DATAGRAMS; i++) {
		sent[i] = datagram(i);
		order[i] = i;
	}
	struct decoding *first = rows_of(sent, order);
	assert_int_equal(first->count, DATAGRAMS * 2 - DATAGRAMS / 10);
	print_message("# seed %d\n", SEED);
	for (int round = 0; round < SHUFFLES; round++) {
		for (uint32_t i = DATAGRAMS - 1; i > 0; i--) {
			size_t k = draw(i + 1), moved = order[i];
			order[i] = order[k];
			order[k] = moved;
		}
		struct decoding *other = rows_of(sent, order);
		assert_int_equal(other->count, first->count);
		assert_memory_equal(other->rows, first->rows, first->count * sizeof first->rows[0]);
		assert_int_equal(other->expired, 0);
		decoding_free(other);
	}
	decoding_free(first);
}

/* ---- flood ---- */

static bool count_rows(void *context, struct batch *batch, struct err *e)
{
	(void)e;
	*(uint64_t *)context += batch->count;
	return true;
}

static void read_from(struct decoder *d, uint32_t address, const struct bytes *m, int64_t arrival)
{
	uint8_t octets[4] = { (uint8_t)(address >> 24), (uint8_t)(address >> 16),
		              (uint8_t)(address >> 8), (uint8_t)address };
	struct datagram datagram = { .arrival = arrival,
		                     .src = ip_from_v4(octets),
		                     .src_port = 2000,
		                     .payload = m->b,
		                     .len = m->len };
	struct err e = { 0 };
	assert_true(decoder_read(d, &datagram, &e));
}

/* A stranger's datagram: a template, perhaps data of it, perhaps rates, perhaps data that waits. */
static struct bytes strange(uint32_t domain)
{
	struct bytes m = wire_v9(
	    (struct wire_header){ draw(UINT32_MAX), draw(UINT32_MAX), draw(UINT32_MAX), domain });
	char text[96];
	uint32_t id = 256 + draw(100);
	snprintf(text, sizeof text, "%04x 0003 00080004 00010004 0007%04x", id, 1 + draw(4));
	wire_set(&m, 0, text);
	if (draw(2))
		wire_set(&m, id, "01010101 00000001 00000000");
	if (draw(4) == 0) {
		wire_set(&m, 1, "0200 0004 0008 00010004 00300004 00220004");
		snprintf(text, sizeof text, "00000001 %08x 00000064", draw(100000));
		wire_set(&m, 512, text);
	}
	wire_set(&m, 400, "01020304");
	return m;
}

static void a_million_templates_of_strangers_cost_the_bound_and_nobody_a_record(void **state)
{
	(void)state;
	struct decoder_config config = { .max_streams = 4096,
		                         .template_memory = 1 << 20,
		                         .parking_memory = 1 << 18,
		                         .parking_time = 60 };
	uint64_t rows = 0, honest = 0;
	struct decode_sink sink = { .rows = count_rows, .context = &rows };
	struct err e = { 0 };
	struct decoder *d = decoder_new(&config, &sink, &e);
	assert_non_null(d);
	const uint32_t real = 0xc0000201;
	struct bytes m = wire_v9((struct wire_header){ 5000000, 0x6b023080, 1, 7 });
	wire_set(&m, 0, "0100 0001 00070002");
	wire_set(&m, 256, "0050");
	int64_t now = ticks_from_date((struct date){ 2026, 11, 22 });
	read_from(d, real, &m, now);
	m = wire_v9((struct wire_header){ 5000000, 0x6b023080, 1, 7 });
	wire_set(&m, 256, "0050");
	read_from(d, real, &m, now += 2 * TICKS_PER_MINUTE);
	for (uint32_t i = 0; i < FLOOD; i++) {
		bool as_real = draw(4) == 0; /* its address, domains that it does not have */
		struct bytes spoofed = strange(as_real ? 8 + draw(100000) : draw(1000));
		now += TICKS_PER_MS;
		read_from(d, as_real ? real : 0x0a000000 + draw(1 << 20), &spoofed, now);
		if (i % 1000 == 0) {
			uint64_t before = decoder_counts(d)->records;
			read_from(d, real, &m, now);
			honest += decoder_counts(d)->records - before;
			assert_true(decoder_memory(d) <= decoder_bound(d));
		}
	}
	assert_int_equal(honest, FLOOD / 1000);
	const struct decode_counts *c = decoder_counts(d);
	assert_true(c->sets_parked >= c->sets_replayed + c->sets_expired);
	decoder_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_gives_the_same_rows),
		cmocka_unit_test(
		    a_million_templates_of_strangers_cost_the_bound_and_nobody_a_record),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
