#include "collector/receive/capture_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "core/base/ticks.h"
#include "support/hex.h"
#include "support/unit.h"

/* Layouts: draft-ietf-opsawg-pcap (file header of 24 octets, records of 16 and the packet) and
 * draft-ietf-opsawg-pcapng (section header, interface description, enhanced packet). */
#define PCAP_LE_US     "d4c3b2a1 0200 0400 00000000 00000000 00000400 "
#define PCAP_BE_NS     "a1b23c4d 0002 0004 00000000 00000000 00040000 "
#define RAW_LE         "65000000 "
#define RAW_BE         "00000065 "
#define IP4(len, frag) "4500 " len " 0007 " frag " 40 11 0000 c0000201 c6336407 "
#define PACKET         IP4("0020", "0000") "9c40 0807 000c 0000 deadbeef " /* 32 octets */
#define RECORD_LE      "01000000 02000000 20000000 20000000 " PACKET       /* at 1.000002 s */
#define ARP_LE         "01000000 02000000 04000000 04000000 00000000 "
#define PCAPNG                                                                                     \
	"0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000 "                          \
	"01000000 20000000 6500 0000 00000400 0900 0100 09000000 0000 0000 20000000 "              \
	"06000000 40000000 00000000 00000000 e9d00700 20000000 20000000 " PACKET "40000000 "

struct file {
	char path[64];
	struct capture *capture;
};

static void write_bytes(struct file *f, const uint8_t *bytes, size_t len)
{
	strcpy(f->path, "/tmp/weir-test-XXXXXX");
	int fd = mkstemp(f->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

static struct file file_of(const char *text)
{
	struct file f = { 0 };
	struct bytes bytes = hex(text);
	write_bytes(&f, bytes.b, bytes.len);
	return f;
}

static void open_file(struct file *f)
{
	struct err e = { 0 };
	f->capture = capture_open(f->path, &e);
	assert_string_equal(e.text, "");
	assert_non_null(f->capture);
}

static void done(struct file *f)
{
	capture_close(f->capture);
	unlink(f->path);
}

static void assert_next(struct file *f, int64_t arrival)
{
	struct datagram d;
	struct err e = { 0 };
	char src[IP_TEXT_MAX], dst[IP_TEXT_MAX];
	assert_true(capture_next(f->capture, &d, &e));
	assert_int_equal(d.arrival, arrival);
	ip_format(&d.src, src);
	ip_format(&d.dst, dst);
	assert_string_equal(src, "192.0.2.1");
	assert_string_equal(dst, "198.51.100.7");
	assert_int_equal(d.src_port, 40000);
	assert_int_equal(d.dst_port, 2055);
	assert_int_equal(d.len, 4);
	assert_memory_equal(d.payload, "\xde\xad\xbe\xef", 4);
}

static void assert_end(struct file *f, enum err_code code)
{
	struct datagram d;
	struct err e = { 0 };
	assert_false(capture_next(f->capture, &d, &e));
	assert_int_equal(e.code, code);
}

static void pcap_in_either_byte_order_and_precision(void **state)
{
	(void)state;
	struct file us = file_of(PCAP_LE_US RAW_LE RECORD_LE ARP_LE RECORD_LE);
	open_file(&us);
	assert_next(&us, TICKS_UNIX_EPOCH + TICKS_PER_SECOND + 20);
	assert_next(&us, TICKS_UNIX_EPOCH + TICKS_PER_SECOND + 20);
	assert_end(&us, ERR_NONE);
	assert_end(&us, ERR_NONE);
	struct capture_counts n = capture_counts(us.capture);
	assert_int_equal(n.frames, 3);
	assert_int_equal(n.datagrams, 2);
	assert_int_equal(n.other, 1);
	assert_int_equal(n.cut, 0);
	done(&us);

	/* 123456789 ns are 1234567 whole ticks */
	struct file ns = file_of(PCAP_BE_NS RAW_BE "ffffffff 075bcd15 00000020 00000020" PACKET);
	open_file(&ns);
	assert_next(&ns, TICKS_UNIX_EPOCH + INT64_C(4294967295) * TICKS_PER_SECOND + 1234567);
	done(&ns);
}

static void pcapng_with_nanoseconds(void **state)
{
	(void)state;
	/* if_tsresol 9; 0x7d0e9 ns = 512233 ns */
	struct file f = file_of(PCAPNG);
	open_file(&f);
	assert_next(&f, TICKS_UNIX_EPOCH + 5122);
	assert_end(&f, ERR_NONE);
	done(&f);
}

static void gzip_is_seen_through(void **state)
{
	(void)state;
	struct file f = { 0 };
	write_bytes(&f, NULL, 0);
	struct bytes bytes = hex(PCAP_LE_US RAW_LE RECORD_LE RECORD_LE);
	gzFile gz = gzopen(f.path, "wb");
	assert_non_null(gz);
	assert_int_equal(gzwrite(gz, bytes.b, (unsigned)bytes.len), bytes.len);
	assert_int_equal(gzclose(gz), Z_OK);
	open_file(&f);
	assert_next(&f, TICKS_UNIX_EPOCH + TICKS_PER_SECOND + 20);
	assert_next(&f, TICKS_UNIX_EPOCH + TICKS_PER_SECOND + 20);
	assert_end(&f, ERR_NONE);
	capture_close(f.capture);

	/* its trailer of 8 octets (CRC, length) missing is damage, though all packets are there */
	FILE *file = fopen(f.path, "rb");
	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	long len = ftell(file);
	fclose(file);
	assert_int_equal(truncate(f.path, len - 8), 0);
	open_file(&f);
	assert_next(&f, TICKS_UNIX_EPOCH + TICKS_PER_SECOND + 20);
	assert_next(&f, TICKS_UNIX_EPOCH + TICKS_PER_SECOND + 20);
	assert_end(&f, ERR_DATA);
	done(&f);
}

static void a_file_cut_anywhere_yields_what_is_whole_and_tells(void **state)
{
	(void)state;
	struct bytes bytes = hex(PCAP_LE_US RAW_LE RECORD_LE RECORD_LE);
	for (size_t len = 0; len <= bytes.len; len++) {
		struct file f = { 0 };
		struct err e = { 0 };
		write_bytes(&f, bytes.b, len);
		f.capture = capture_open(f.path, &e);
		assert_int_equal(f.capture != NULL, len >= 24);
		assert_int_equal(e.code, len >= 24 ? ERR_NONE : ERR_DATA);
		if (f.capture) {
			size_t whole = (len - 24) / 48;
			for (size_t i = 0; i < whole; i++)
				assert_next(&f, TICKS_UNIX_EPOCH + TICKS_PER_SECOND + 20);
			assert_end(&f, (len - 24) % 48 ? ERR_DATA : ERR_NONE);
			assert_int_equal(capture_counts(f.capture).datagrams, whole);
		}
		done(&f);
	}
}

static void a_pcapng_cut_anywhere_is_never_more_than_damaged(void **state)
{
	(void)state;
	struct bytes bytes = hex(PCAPNG);
	for (size_t len = 0; len < bytes.len; len++) {
		struct file f = { 0 };
		struct err e = { 0 };
		write_bytes(&f, bytes.b, len);
		f.capture = capture_open(f.path, &e);
		assert_int_equal(e.code, f.capture ? ERR_NONE : ERR_DATA);
		if (f.capture)
			assert_end(&f, len == bytes.len - 64 ? ERR_NONE : ERR_DATA);
		done(&f);
	}
}

static void what_is_no_capture_is_said_with_its_name(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct file f = file_of("7468697320697320 6e6f206361707475 7265206174206161 6c6c2121");
	assert_null(capture_open(f.path, &e));
	assert_int_equal(e.code, ERR_DATA);
	assert_non_null(strstr(e.text, f.path));
	assert_non_null(strstr(e.text, "is not a capture"));
	done(&f);

	e = (struct err){ 0 };
	assert_null(capture_open("/nonexistent/file.pcap", &e));
	assert_int_equal(e.code, ERR_IO);
	assert_non_null(strstr(e.text, "/nonexistent/file.pcap"));
	assert_non_null(strstr(e.text, "No such file"));

	e = (struct err){ 0 };
	assert_null(capture_open("/", &e));
	assert_int_equal(e.code, ERR_IO);
}

static void a_short_snapshot_hands_out_what_there_is(void **state)
{
	(void)state;
	struct file f = file_of(PCAP_LE_US RAW_LE "00000000 00000000 1e000000 20000000" IP4(
	    "0020", "0000") "9c40 0807 000c 0000 dead");
	struct datagram d;
	struct err e = { 0 };
	open_file(&f);
	assert_true(capture_next(f.capture, &d, &e));
	assert_int_equal(d.len, 2);
	assert_int_equal(capture_counts(f.capture).cut, 1);
	done(&f);
}

static void fragments_become_one_datagram(void **state)
{
	(void)state;
	/* the last one first: octets 8 to 12 of the UDP datagram; then its header; then one that
	 * never becomes whole */
	struct file f = file_of(PCAP_LE_US RAW_LE "01000000 00000000 18000000 18000000" IP4(
	    "0018", "0001") "deadbeef "
	                    "02000000 00000000 1c000000 1c000000" IP4(
				"001c", "2000") "9c40 0807 000c 0000 "
	                                        "03000000 00000000 1c000000 1c000000" IP4(
						    "001c", "2000") "9c40 0807 000c 0000 ");
	open_file(&f);
	assert_next(&f, TICKS_UNIX_EPOCH + 2 * TICKS_PER_SECOND);
	assert_end(&f, ERR_NONE);
	struct capture_counts n = capture_counts(f.capture);
	assert_int_equal(n.frames, 3);
	assert_int_equal(n.fragments, 3);
	assert_int_equal(n.dropped, 1);
	assert_int_equal(n.datagrams, 1);
	assert_int_equal(n.other, 0);
	done(&f);
}

/* RFC 7011 section 3.1: two messages, of 20 and of 16 octets. */
#define MESSAGES                                                                                   \
	"000a 0014 00000002 00000000 00000007 01020304 "                                           \
	"000a 0010 00000003 00000001 00000007 "

static void an_ipfix_file_yields_its_messages(void **state)
{
	(void)state;
	struct file f = file_of(MESSAGES);
	open_file(&f);
	struct datagram d;
	struct err e = { 0 };
	static const struct ip nobody;
	assert_true(capture_next(f.capture, &d, &e));
	assert_int_equal(d.len, 20);
	assert_int_equal(d.payload[19], 4);
	assert_int_equal(d.arrival, TICKS_UNIX_EPOCH + 2 * TICKS_PER_SECOND);
	assert_true(d.session);
	assert_true(ip_equal(&d.src, &nobody));
	assert_true(capture_next(f.capture, &d, &e));
	assert_int_equal(d.len, 16);
	assert_false(capture_next(f.capture, &d, &e));
	assert_int_equal(e.code, ERR_NONE);
	assert_int_equal(capture_counts(f.capture).datagrams, 2);
	done(&f);
}

static void an_ipfix_file_that_breaks_off_says_so(void **state)
{
	(void)state;
	static const char *const ends[] = { "000a 0014 00000002 0000",
		                            "000a 000f 00000002 00000000 00000007",
		                            "0009 0014 00000002 00000000 00000007" };
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		char text[256];
		snprintf(text, sizeof text, "%s%s", MESSAGES, ends[i]);
		struct file f = file_of(text);
		open_file(&f);
		struct datagram d;
		struct err e = { 0 };
		assert_true(capture_next(f.capture, &d, &e));
		assert_true(capture_next(f.capture, &d, &e));
		assert_false(capture_next(f.capture, &d, &e));
		assert_int_equal(e.code, ERR_DATA);
		assert_non_null(strstr(e.text, "after message 2"));
		done(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcap_in_either_byte_order_and_precision),
		cmocka_unit_test(pcapng_with_nanoseconds),
		cmocka_unit_test(gzip_is_seen_through),
		cmocka_unit_test(a_file_cut_anywhere_yields_what_is_whole_and_tells),
		cmocka_unit_test(a_pcapng_cut_anywhere_is_never_more_than_damaged),
		cmocka_unit_test(what_is_no_capture_is_said_with_its_name),
		cmocka_unit_test(a_short_snapshot_hands_out_what_there_is),
		cmocka_unit_test(fragments_become_one_datagram),
		cmocka_unit_test(an_ipfix_file_yields_its_messages),
		cmocka_unit_test(an_ipfix_file_that_breaks_off_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
