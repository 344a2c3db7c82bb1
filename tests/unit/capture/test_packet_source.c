#include "exporter/capture/packet_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/ticks.h"
#include "support/hex.h"
#include "support/unit.h"

/* Layouts: draft-ietf-opsawg-pcap, RFC 791, RFC 768.  A record is seconds, microseconds, octets
 * captured, octets on the wire, little-endian. */
#define PCAP(link) "d4c3b2a1 0200 0400 00000000 00000000 00000400 " link
#define ETHER      "01000000 "
#define FRAME(ip_len)                                                                              \
	"020000000001 020000000002 0800 4500 " ip_len                                              \
	" 0007 0000 40 11 0000 c0000201 c6336407 9c40 0807 "
#define WHOLE                                                                                      \
	"01000000 02000000 2e000000 2e000000 " FRAME("0020") "000c 0000 deadbeef " /* 46 octets */
#define CUT       "02000000 00000000 26000000 ea050000 " FRAME("05dc")             /* 38 of 1514 */
#define ARP       "03000000 00000000 12000000 2a000000 ffffffffffff 020000000002 0806 00010800 "
#define NO_HEADER "03000000 00000000 0f000000 ea050000 020000000001 020000000002 0800 45 "
#define BAD       "03000000 00000000 22000000 22000000 " BAD_FRAME
#define BAD_FRAME "020000000001 020000000002 0800 4300 0020 0007 0000 40 11 0000 c0000201 c6336407 "

struct seen {
	unsigned calls;
	uint64_t packets, bytes, squares;
	struct observed last;
};

static void take(void *context, const struct observed *o)
{
	struct seen *seen = context;
	seen->calls++;
	seen->packets += o->packets;
	seen->bytes += o->bytes;
	seen->squares += o->squares;
	seen->last = *o;
}

static const struct selector_config all = { .algorithm = SELECTOR_RANDOM, .interval = 1 };

/* What was seen of a file of these octets, read in turns of 2 frames. */
static struct seen seen_of(const char *text, const struct selector_config *sampling,
                           struct observer_counts *ret_counts, struct err *e)
{
	char path[] = "/tmp/weir-test-XXXXXX";
	struct bytes bytes = hex(text);
	struct seen seen = { 0 };
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.b, bytes.len), bytes.len);
	close(fd);
	struct packet_source *source = packet_source_open(path, sampling, e);
	if (source) {
		while (packet_source_read(source, 2, (struct observed_sink){ take, &seen }, e))
			;
		*ret_counts = *packet_source_counts(source);
	}
	packet_source_close(source);
	unlink(path);
	return seen;
}

static void packets_have_the_times_and_lengths_of_the_file(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct observer_counts n;
	struct seen seen = seen_of(PCAP(ETHER) WHOLE, &all, &n, &e);
	assert_string_equal(e.text, "");
	assert_int_equal(seen.calls, 1);
	assert_int_equal(seen.last.time, TICKS_UNIX_EPOCH + TICKS_PER_SECOND + 20);
	assert_int_equal(seen.last.packets, 1);
	assert_int_equal(seen.last.bytes, 32);
	assert_int_equal(seen.last.squares, 1024);
	assert_int_equal(seen.last.interface, 0);
	assert_int_equal(seen.last.direction, OBSERVED_INGRESS);
	assert_int_equal(seen.last.frame.src_port, 40000);
	assert_int_equal(n.frames, 1);
	assert_int_equal(n.octets, 32);
}

static void a_packet_that_was_cut_counts_whole(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct observer_counts n;
	struct seen seen = seen_of(PCAP(ETHER) CUT WHOLE CUT, &all, &n, &e);
	assert_string_equal(e.text, "");
	assert_int_equal(seen.packets, 3);
	assert_int_equal(seen.bytes, 1500 + 32 + 1500);
	assert_int_equal(seen.squares, 2250000 + 1024 + 2250000);
	assert_int_equal(seen.last.frame.dst_port, 2055);
	assert_int_equal(n.packets, 3);
}

static void what_is_no_packet_is_counted_by_its_cause(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct observer_counts n;
	struct seen seen = seen_of(PCAP(ETHER) ARP WHOLE NO_HEADER ARP BAD, &all, &n, &e);
	assert_string_equal(e.text, "");
	assert_int_equal(seen.calls, 1);
	assert_int_equal(n.frames, 5);
	assert_int_equal(n.sampled, 5);
	assert_int_equal(n.packets, 1);
	assert_int_equal(n.not_ip, 2);
	assert_int_equal(n.too_short, 1);
	assert_int_equal(n.bad, 1);
}

static void every_second_frame_of_six_is_three(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct observer_counts n;
	for (uint64_t seed = 0; seed < 8; seed++) {
		struct selector_config second = { SELECTOR_SYSTEMATIC, 2, true, seed };
		struct seen seen =
		    seen_of(PCAP(ETHER) CUT WHOLE CUT WHOLE CUT WHOLE, &second, &n, &e);
		assert_int_equal(seen.packets, 3);
		assert_true(seen.bytes == 3 * 32 || seen.bytes == 3 * 1500);
		assert_int_equal(n.frames, 6);
		assert_int_equal(n.sampled, 3);
	}
}

static void a_file_that_cannot_be_read_is_one_line(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct observer_counts n;
	assert_null(packet_source_open("/nonexistent/file", &all, &e));
	assert_int_equal(e.code, ERR_IO);
	assert_int_equal(seen_of("00112233", &all, &n, &e).calls, 0);
	assert_int_equal(e.code, ERR_DATA);
	assert_int_equal(seen_of(PCAP("69000000") WHOLE, &all, &n, &e).calls, 0); /* 802.11 */
	assert_non_null(strstr(e.text, "has pcap's link type 105, which cannot be read"));

	/* and what comes before the damage counts */
	e = (struct err){ 0 };
	assert_int_equal(
	    seen_of(PCAP(ETHER) WHOLE "01000000 02000000 2e000000 2e000000 0200", &all, &n, &e)
		.packets,
	    1);
	assert_int_equal(e.code, ERR_DATA);
	assert_non_null(strstr(e.text, "is damaged after packet 1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_have_the_times_and_lengths_of_the_file),
		cmocka_unit_test(a_packet_that_was_cut_counts_whole),
		cmocka_unit_test(what_is_no_packet_is_counted_by_its_cause),
		cmocka_unit_test(every_second_frame_of_six_is_three),
		cmocka_unit_test(a_file_that_cannot_be_read_is_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
