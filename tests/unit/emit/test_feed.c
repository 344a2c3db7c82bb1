#include "exporter/emit/emit.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/sockaddr.h"
#include "core/base/ticks.h"
#include "core/wire/element.h"
#include "core/wire/set.h"
#include "exporter/emit/flow_layouts.h"
#include "support/unit.h"

/* What a collector has got so far. */
struct got {
	unsigned messages, templates, options_templates, records;
	unsigned before_data; /* messages that came before the first with a data set of flows */
	unsigned data_only;
	uint32_t last_sequence;
	struct message last;
};

static int collector(char text[64])
{
	struct ip ip = ip_from_v4((uint8_t[]){ 127, 0, 0, 1 });
	struct sockaddr_storage at;
	socklen_t len = sockaddr_of(AF_INET, &ip, 0, &at);
	uint16_t port;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	sockaddr_read(&at, &ip, &port);
	snprintf(text, 64, "127.0.0.1:%u", port);
	return fd;
}

static void read_set(const struct set *set, enum wire_protocol protocol, size_t record_size,
                     struct got *got, bool *ret_other)
{
	struct cur body = set->body;
	struct template_record record;
	if (set->kind == SET_DATA) {
		if (set->id < REPORT_TEMPLATE)
			got->records += (unsigned)(cur_left(&body) / record_size);
		return;
	}
	*ret_other = true;
	while (template_next(&body, protocol, set->kind, &record) == WIRE_OK)
		*(set->kind == SET_TEMPLATE ? &got->templates : &got->options_templates) += 1;
}

/* Reads whatever has come. */
static void receive(int fd, size_t record_size, struct got *got)
{
	uint8_t octets[2048];
	ssize_t n;
	while ((n = recv(fd, octets, sizeof octets, 0)) > 0) {
		struct message m;
		struct set set;
		bool other = false;
		unsigned records = got->records;
		assert_int_equal(message_read(cur_of(octets, (size_t)n), &m), WIRE_OK);
		got->last = m;
		got->messages++;
		while (set_next(&m, &set) == WIRE_OK)
			read_set(&set, m.protocol, record_size, got, &other);
		got->before_data += got->records == 0;
		got->data_only += got->records > records && !other;
	}
}

static const struct metered_flow flow = {
	.key = { .ip_version = 4, .transport = METERED_TCP, .protocol = 6 },
	.packets = 1,
	.start = TICKS_UNIX_EPOCH + TICKS_PER_DAY,
	.end = TICKS_UNIX_EPOCH + TICKS_PER_DAY,
};

static size_t record_size(enum wire_protocol protocol)
{
	struct flow_layouts set;
	flow_layouts_init(&set, protocol);
	return flow_layout_of(&set, &flow.key)->record_size;
}

#define NOW (TICKS_UNIX_EPOCH + 2 * TICKS_PER_DAY)

static struct emit_config config_of(enum wire_protocol protocol, uint32_t packets, uint32_t seconds)
{
	return (struct emit_config){ .feed = { .protocol = protocol,
		                               .domain = 7,
		                               .refresh_packets = packets,
		                               .refresh_seconds = seconds,
		                               .boot = NOW } };
}

static void add_collector(struct emit_config *config, const char *text)
{
	assert_true(
	    sender_address_parse(text, &config->collectors[config->collector_count++], NULL));
}

static void templates_come_first_and_several_times_at_the_start(void **state)
{
	(void)state;
	char text[64];
	int fd = collector(text);
	struct emit_config config = config_of(WIRE_NETFLOW9, 4800, 1800);
	add_collector(&config, text);
	struct emit *emit = emit_new(&config, 0, NULL);
	emit_sampler(emit, 1, 4096, true);
	struct got got = { 0 };
	emit_tick(emit, NOW, 0);
	receive(fd, 1, &got);
	unsigned all = FLOW_FAMILIES * METERED_TRANSPORTS;
	assert_int_equal(got.templates, all);
	assert_int_equal(got.options_templates, 2); /* of the sampler and of the domain */
	assert_int_equal(got.records, 0);
	for (int64_t s = 1; s <= 60; s++)
		emit_tick(emit, NOW + s * TICKS_PER_SECOND, s * TICKS_PER_SECOND);
	receive(fd, 1, &got);
	assert_int_equal(got.templates, 5 * all); /* at 0, 1, 3, 7 and 15 s */
	emit_restart(emit);
	emit_tick(emit, NOW, 61 * TICKS_PER_SECOND);
	receive(fd, 1, &got);
	assert_int_equal(got.templates, 6 * all);
	emit_free(emit);
	close(fd);
}

static void send_flows(struct emit *emit, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		emit_flow(emit, &flow, NOW);
}

static void templates_are_refreshed_by_packets_in_front_of_data(void **state)
{
	(void)state;
	char text[64];
	int fd = collector(text);
	struct emit_config config = config_of(WIRE_NETFLOW9, 10, 1800);
	add_collector(&config, text);
	struct emit *emit = emit_new(&config, 0, NULL);
	struct got got = { 0 };
	size_t size = record_size(WIRE_NETFLOW9);
	for (unsigned i = 0; i < 20; i++) { /* a message each */
		send_flows(emit, 1);
		emit_flush(emit, NOW);
	}
	receive(fd, size, &got);
	assert_int_equal(got.records, 20);
	assert_int_equal(got.messages, 20);
	assert_int_equal(got.templates, 2 * FLOW_FAMILIES * METERED_TRANSPORTS);
	assert_int_equal(got.data_only, 18);
	assert_int_equal(got.last.sequence, 19);
	emit_free(emit);
	close(fd);
}

static void templates_are_refreshed_alone_when_there_is_no_data(void **state)
{
	(void)state;
	char text[64];
	int fd = collector(text);
	struct emit_config config = config_of(WIRE_NETFLOW9, 4800, 100);
	add_collector(&config, text);
	struct emit *emit = emit_new(&config, 0, NULL);
	struct got got = { 0 };
	for (int64_t s = 0; s <= 60; s++)
		emit_tick(emit, NOW, s * TICKS_PER_SECOND);
	receive(fd, 1, &got);
	unsigned before = got.messages;
	for (int64_t s = 61; s < 115; s++)
		emit_tick(emit, NOW, s * TICKS_PER_SECOND);
	receive(fd, 1, &got);
	assert_int_equal(got.messages, before);
	emit_tick(emit, NOW, 115 * TICKS_PER_SECOND); /* 100 s after the last one, at 15 s */
	receive(fd, 1, &got);
	assert_true(got.messages > before);
	emit_free(emit);
	close(fd);
}

static void ipfix_numbers_data_records_and_those_of_options(void **state)
{
	(void)state;
	char text[64];
	int fd = collector(text);
	struct emit_config config = config_of(WIRE_IPFIX, 4800, 1800);
	add_collector(&config, text);
	struct emit *emit = emit_new(&config, 0, NULL);
	emit_sampler(emit, 1, 4096, true);
	emit_tick(emit, NOW, 0); /* two records of options */
	send_flows(emit, 3);
	emit_flush(emit, NOW);
	send_flows(emit, 1);
	emit_flush(emit, NOW);
	struct got got = { 0 };
	receive(fd, record_size(WIRE_IPFIX), &got);
	assert_int_equal(got.last.sequence, 5);
	assert_int_equal(got.last.domain, 7);
	assert_int_equal(emit_counts(emit, 0).sent.records, 4);
	emit_free(emit);
	close(fd);
}

/* Where the field is in a record of that layout. */
static size_t offset_of(const struct layout *layout, uint16_t id)
{
	size_t offset = 0;
	for (size_t i = 0; layout->fields[i].id != id; i++)
		offset += layout->fields[i].length;
	return offset;
}

/* RFC 3954 sections 5.1 and 8: milliseconds modulo 2^32, in the header and in IE 21 and 22. */
static void uptime_goes_round_in_headers_and_in_records(void **state)
{
	(void)state;
	char text[64];
	int fd = collector(text);
	struct emit_config config = config_of(WIRE_NETFLOW9, 4800, 1800);
	config.feed.boot = NOW + (500 - (INT64_C(1) << 32)) * TICKS_PER_MS;
	add_collector(&config, text);
	struct emit *emit = emit_new(&config, 0, NULL);
	struct metered_flow f = flow;
	f.start = NOW - 100 * TICKS_PER_MS;
	f.end = NOW + 700 * TICKS_PER_MS;
	emit_flow(emit, &f, NOW + TICKS_PER_SECOND);
	emit_flush(emit, NOW + TICKS_PER_SECOND);
	uint8_t octets[2048];
	ssize_t n = recv(fd, octets, sizeof octets, 0);
	struct message m;
	struct set set;
	assert_int_equal(message_read(cur_of(octets, (size_t)n), &m), WIRE_OK);
	do
		assert_int_equal(set_next(&m, &set), WIRE_OK);
	while (set.kind != SET_DATA);
	struct flow_layouts layouts;
	flow_layouts_init(&layouts, WIRE_NETFLOW9);
	const struct layout *layout = flow_layout_of(&layouts, &f.key);
	const uint8_t *record = set.body.at;
	assert_int_equal(m.uptime_ms, 500);
	assert_int_equal(be32(record + offset_of(layout, IE_flowStartSysUpTime)), UINT32_MAX - 599);
	assert_int_equal(be32(record + offset_of(layout, IE_flowEndSysUpTime)), 200);
	emit_free(emit);
	close(fd);
}

static void a_message_keeps_within_the_path(void **state)
{
	(void)state;
	char text[64];
	int fd = collector(text);
	struct emit_config config = config_of(WIRE_NETFLOW9, 4800, 1800);
	add_collector(&config, text);
	struct emit *emit = emit_new(&config, 0, NULL);
	send_flows(emit, 100);
	emit_flush(emit, NOW);
	uint8_t octets[65536];
	ssize_t n, most = 0;
	while ((n = recv(fd, octets, sizeof octets, 0)) > 0)
		most = n > most ? n : most;
	assert_in_range(most, SENDER_DATAGRAM_MAX - record_size(WIRE_NETFLOW9) - 8,
	                SENDER_DATAGRAM_MAX);
	emit_free(emit);
	close(fd);
}

static void a_group_gets_copies_or_shares(void **state)
{
	(void)state;
	size_t size = record_size(WIRE_NETFLOW9);
	for (int share = 0; share <= 1; share++) {
		char text[3][64];
		int fds[3];
		struct emit_config config = config_of(WIRE_NETFLOW9, 4800, 1800);
		config.distribution = share ? EMIT_SHARE : EMIT_REPLICATE;
		for (size_t i = 0; i < 3; i++) {
			fds[i] = collector(text[i]);
			add_collector(&config, text[i]);
		}
		close(fds[1]); /* a dead collector */
		struct emit *emit = emit_new(&config, 0, NULL);
		struct metered_flow f = flow;
		for (unsigned host = 0; host < 100; host++)
			for (unsigned k = 0; k < 2; k++) {
				f.key.src.b[15] = (uint8_t)host;
				emit_flow(emit, &f, NOW);
			}
		emit_flush(emit, NOW);
		struct got a = { 0 }, b = { 0 };
		receive(fds[0], size, &a);
		receive(fds[2], size, &b);
		assert_true(a.templates > 0 && b.templates > 0);
		if (!share)
			assert_true(a.records == 200 && b.records == 200);
		else
			assert_true(a.records % 2 == 0 && a.records > 20 && b.records > 20 &&
			            a.records + b.records < 180);
		emit_free(emit);
		close(fds[0]);
		close(fds[2]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates_come_first_and_several_times_at_the_start),
		cmocka_unit_test(templates_are_refreshed_by_packets_in_front_of_data),
		cmocka_unit_test(templates_are_refreshed_alone_when_there_is_no_data),
		cmocka_unit_test(ipfix_numbers_data_records_and_those_of_options),
		cmocka_unit_test(uptime_goes_round_in_headers_and_in_records),
		cmocka_unit_test(a_message_keeps_within_the_path),
		cmocka_unit_test(a_group_gets_copies_or_shares),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
