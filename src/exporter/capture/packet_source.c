#include "exporter/capture/packet_source.h"

#include <stdlib.h>

#include "core/packet/packet_file.h"

struct packet_source {
	struct packet_file *file;
	struct observer observer;
};

static bool link_is_known(int link)
{
	struct frame f;
	return frame_parse(link, cur_of("", 0), 0, &f) != FRAME_UNKNOWN_LINK;
}

static bool open_source(struct packet_source *s, const char *path, struct err *e)
{
	s->file = packet_file_open(path, e);
	if (!s->file)
		return false;
	s->observer.link = packet_file_link(s->file);
	return link_is_known(s->observer.link) ||
	       err_set(e, ERR_DATA, "'%s' has pcap's link type %d, which cannot be read", path,
	               s->observer.link);
}

struct packet_source *packet_source_open(const char *path, const struct selector_config *sampling,
                                         struct err *e)
{
	struct packet_source *s = calloc(1, sizeof *s);
	if (!s) {
		err_set(e, ERR_NOMEM, "no memory to read '%s'", path);
		return NULL;
	}
	selector_init(&s->observer.selector, sampling);
	if (open_source(s, path, e))
		return s;
	packet_source_close(s);
	return NULL;
}

void packet_source_close(struct packet_source *s)
{
	if (!s)
		return;
	packet_file_close(s->file);
	free(s);
}

bool packet_source_read(struct packet_source *s, unsigned most, struct observed_sink sink,
                        struct err *e)
{
	struct packet p;
	for (unsigned i = 0; i < most; i++) {
		if (!packet_file_next(s->file, &p, e))
			return false;
		struct captured c = { .time = p.time, .bytes = p.bytes, .wire_len = p.wire_len };
		observer_take(&s->observer, &c, sink);
	}
	return true;
}

const struct observer_counts *packet_source_counts(const struct packet_source *s)
{
	return &s->observer.counts;
}
