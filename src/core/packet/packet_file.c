#include "core/packet/packet_file.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ticks.h"
#include "core/packet/gzip_file.h"

struct packet_file {
	pcap_t *pcap; /* owns its FILE */
	char *path;
	uint64_t packets; /* so far */
	char buffer[PACKET_FILE_BUFFER];
};

static bool open_pcap(struct packet_file *f, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE];
	FILE *file = gzip_file_open(f->path, e);
	if (!file)
		return false;
	setvbuf(file, f->buffer, _IOFBF, sizeof f->buffer);
	f->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (f->pcap)
		return true;
	fclose(file);
	return err_set(e, ERR_DATA, "'%s' is not a capture (pcap or pcapng): %s", f->path, why);
}

struct packet_file *packet_file_open(const char *path, struct err *e)
{
	struct packet_file *f = calloc(1, sizeof *f);
	if (!f || !(f->path = strdup(path)))
		err_set(e, ERR_NOMEM, "no memory to read '%s'", path);
	else if (open_pcap(f, e))
		return f;
	packet_file_close(f);
	return NULL;
}

void packet_file_close(struct packet_file *f)
{
	if (!f)
		return;
	if (f->pcap)
		pcap_close(f->pcap);
	free(f->path);
	free(f);
}

int packet_file_link(const struct packet_file *f)
{
	return pcap_datalink(f->pcap);
}

/* The file may claim any time; rows cannot. */
static int64_t ticks_of(const struct timeval *ns)
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

bool packet_file_next(struct packet_file *f, struct packet *ret, struct err *e)
{
	struct pcap_pkthdr *h;
	const u_char *bytes;
	int rc = pcap_next_ex(f->pcap, &h, &bytes);
	if (rc == PCAP_ERROR)
		err_set(e, ERR_DATA, "'%s' is damaged after packet %llu: %s", f->path,
		        (unsigned long long)f->packets, pcap_geterr(f->pcap));
	if (rc != 1)
		return false;
	f->packets++;
	*ret = (struct packet){
		.time = ticks_of(&h->ts),
		.bytes = cur_of(bytes, h->caplen),
		.wire_len = h->len,
	};
	return true;
}
