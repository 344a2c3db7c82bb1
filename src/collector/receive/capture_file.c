#include "collector/receive/capture_file.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "collector/receive/message_file.h"
#include "core/base/ticks.h"
#include "core/packet/defrag.h"
#include "core/packet/frame.h"

struct capture {
	pcap_t *pcap;     /* owns its FILE; or NULL, and … */
	FILE *messages;   /* … this is an IPFIX file, and … */
	uint8_t *message; /* … this the room for one of its messages */
	int link;
	char *path;
	struct defrag *defrag; /* NULL until the first fragment */
	struct capture_counts counts;
	char buffer[CAPTURE_BUFFER];
};

/* zlib takes a stream that ends too early for its end, unless asked. */
static ssize_t gzip_read(void *cookie, char *into, size_t len)
{
	int n = gzread(cookie, into, (unsigned)(len < INT32_MAX ? len : INT32_MAX));
	int state = Z_OK;
	if (n == 0)
		gzerror(cookie, &state);
	if (n >= 0 && state == Z_OK)
		return n;
	errno = EIO;
	return -1;
}

static int gzip_close(void *cookie)
{
	return gzclose(cookie) == Z_OK ? 0 : EOF;
}

/* Puts gunzip between the descriptor of `plain`, which is closed, and who reads. */
static FILE *gzip_over(FILE *plain)
{
	int fd = dup(fileno(plain));
	fclose(plain);
	if (fd < 0)
		return NULL;
	gzFile gz = lseek(fd, 0, SEEK_SET) == 0 ? gzdopen(fd, "rb") : NULL;
	if (!gz) {
		close(fd);
		return NULL;
	}
	FILE *file = fopencookie(gz, "rb",
	                         (cookie_io_functions_t){ .read = gzip_read, .close = gzip_close });
	if (!file)
		gzclose(gz);
	return file;
}

/* The file from its beginning, gunzipped if it starts as RFC 1952 2.3.1 says. */
static FILE *open_file(const char *path, struct err *e)
{
	FILE *file = fopen(path, "rb");
	if (file) {
		unsigned char magic[2] = { 0 };
		size_t n = fread(magic, 1, sizeof magic, file);
		bool gzip = n == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
		if (ferror(file) || fseek(file, 0, SEEK_SET) != 0) {
			fclose(file);
			file = NULL;
		} else if (gzip) {
			file = gzip_over(file);
		}
	}
	if (!file)
		err_set(e, ERR_IO, "cannot read '%s': %s", path, strerror(errno));
	return file;
}

static bool open_pcap(struct capture *c, FILE *file, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE];
	c->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!c->pcap) {
		fclose(file);
		return err_set(e, ERR_DATA,
		               "'%s' is not a capture (pcap or pcapng) or IPFIX file: %s", c->path,
		               why);
	}
	c->link = pcap_datalink(c->pcap);
	return true;
}

static bool open_messages(struct capture *c, FILE *file, struct err *e)
{
	c->messages = file;
	c->message = malloc(MESSAGE_FILE_ROOM);
	return c->message || err_set(e, ERR_NOMEM, "no memory to read '%s'", c->path);
}

/* Which of the two it is: looked at in an opening of its own, since what gunzips cannot go back. */
static bool find_kind(const char *path, bool *ret_messages, struct err *e)
{
	FILE *file = open_file(path, e);
	if (!file)
		return false;
	uint8_t head[2];
	*ret_messages = message_file_is(head, fread(head, 1, sizeof head, file));
	fclose(file);
	return true;
}

static bool open_kind(struct capture *c, struct err *e)
{
	bool messages;
	FILE *file = find_kind(c->path, &messages, e) ? open_file(c->path, e) : NULL;
	if (!file)
		return false;
	setvbuf(file, c->buffer, _IOFBF, sizeof c->buffer);
	return messages ? open_messages(c, file, e) : open_pcap(c, file, e);
}

struct capture *capture_open(const char *path, struct err *e)
{
	struct capture *c = calloc(1, sizeof *c);
	if (!c || !(c->path = strdup(path)))
		err_set(e, ERR_NOMEM, "no memory to read '%s'", path);
	else if (open_kind(c, e))
		return c;
	capture_close(c);
	return NULL;
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->pcap)
		pcap_close(c->pcap);
	if (c->messages)
		fclose(c->messages);
	free(c->message);
	defrag_free(c->defrag);
	free(c->path);
	free(c);
}

/* The file may claim any time; rows cannot. */
static int64_t arrival_ticks(const struct timeval *ns)
{
	int64_t seconds_max = (TICKS_MAX - TICKS_UNIX_EPOCH) / TICKS_PER_SECOND;
	int64_t seconds = ns->tv_sec;
	if (seconds < 0)
		return TICKS_UNIX_EPOCH;
	if (seconds >= seconds_max || ns->tv_usec < 0 || ns->tv_usec >= 1000000000)
		return TICKS_UNIX_EPOCH +
		       (seconds < seconds_max ? seconds : seconds_max) * TICKS_PER_SECOND;
	return TICKS_UNIX_EPOCH + seconds * TICKS_PER_SECOND + ns->tv_usec / 100;
}

/* Puts a fragment to its datagram; true when that is whole now. */
static bool whole(struct capture *c, int64_t arrival, struct frame *f)
{
	c->counts.fragments++;
	if (!c->defrag)
		c->defrag = defrag_new(NULL);
	return c->defrag && defrag_add(c->defrag, arrival, f);
}

/* False where the frame carries nothing to hand out (yet). */
static bool datagram_of(struct capture *c, const struct pcap_pkthdr *h, const u_char *bytes,
                        struct datagram *ret)
{
	struct frame f;
	int64_t arrival = arrival_ticks(&h->ts);
	c->counts.frames++;
	bool ip = frame_parse(c->link, cur_of(bytes, h->caplen), h->len, &f) == FRAME_OK;
	if (ip && f.fragment.is && !whole(c, arrival, &f))
		return false;
	if (!ip || !f.payload.at) {
		c->counts.other++;
		return false;
	}
	c->counts.datagrams++;
	c->counts.cut += f.cut;
	*ret = (struct datagram){
		.arrival = arrival,
		.src = f.src,
		.dst = f.dst,
		.src_port = f.src_port,
		.dst_port = f.dst_port,
		.payload = f.payload.at,
		.len = cur_left(&f.payload),
	};
	return true;
}

static bool next_message(struct capture *c, struct datagram *ret, struct err *e)
{
	if (message_file_next(c->messages, c->message, ret, e)) {
		c->counts.frames++;
		c->counts.datagrams++;
		return true;
	}
	if (e->code)
		err_wrap(e, "'%s' is damaged: after message %llu comes", c->path,
		         (unsigned long long)c->counts.frames);
	return false;
}

bool capture_next(struct capture *c, struct datagram *ret, struct err *e)
{
	if (c->messages)
		return next_message(c, ret, e);
	struct pcap_pkthdr *h;
	const u_char *bytes;
	int rc;
	while ((rc = pcap_next_ex(c->pcap, &h, &bytes)) == 1)
		if (datagram_of(c, h, bytes, ret))
			return true;
	if (c->defrag)
		c->counts.dropped = defrag_dropped(c->defrag) + defrag_held(c->defrag);
	if (rc == PCAP_ERROR)
		err_set(e, ERR_DATA, "'%s' is damaged after packet %llu: %s", c->path,
		        (unsigned long long)c->counts.frames, pcap_geterr(c->pcap));
	return false;
}

struct capture_counts capture_counts(const struct capture *c)
{
	return c->counts;
}
