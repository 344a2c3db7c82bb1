#include "collector/receive/capture_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/receive/message_file.h"
#include "core/packet/defrag.h"
#include "core/packet/frame.h"
#include "core/packet/gzip_file.h"
#include "core/packet/packet_file.h"

struct capture {
	struct packet_file *packets; /* or NULL, and … */
	FILE *messages;              /* … this is an IPFIX file, and … */
	uint8_t *message;            /* … this the room for one of its messages */
	char *path;
	struct defrag *defrag; /* NULL until the first fragment */
	struct capture_counts counts;
	char buffer[CAPTURE_BUFFER]; /* of an IPFIX file */
};

static bool open_messages(struct capture *c, const char *path, struct err *e)
{
	c->messages = gzip_file_open(path, e);
	if (!c->messages)
		return false;
	setvbuf(c->messages, c->buffer, _IOFBF, sizeof c->buffer);
	c->message = malloc(MESSAGE_FILE_ROOM);
	return c->message || err_set(e, ERR_NOMEM, "no memory to read '%s'", path);
}

static bool open_packets(struct capture *c, const char *path, struct err *e)
{
	c->packets = packet_file_open(path, e);
	return c->packets || err_wrap(e, "no IPFIX file");
}

/* Which of the two it is: looked at in an opening of its own, since what gunzips cannot go back. */
static bool find_kind(const char *path, bool *ret_messages, struct err *e)
{
	FILE *file = gzip_file_open(path, e);
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
	if (!find_kind(c->path, &messages, e))
		return false;
	return messages ? open_messages(c, c->path, e) : open_packets(c, c->path, e);
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
	packet_file_close(c->packets);
	if (c->messages)
		fclose(c->messages);
	free(c->message);
	defrag_free(c->defrag);
	free(c->path);
	free(c);
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
static bool datagram_of(struct capture *c, const struct packet *p, struct datagram *ret)
{
	struct frame f;
	c->counts.frames++;
	bool ip = frame_parse(packet_file_link(c->packets), p->bytes, p->wire_len, &f) == FRAME_OK;
	if (ip && f.fragment.is && !whole(c, p->time, &f))
		return false;
	if (!ip || !f.payload.at) {
		c->counts.other++;
		return false;
	}
	c->counts.datagrams++;
	c->counts.cut += f.cut;
	*ret = (struct datagram){
		.arrival = p->time,
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
	struct packet p;
	while (packet_file_next(c->packets, &p, e))
		if (datagram_of(c, &p, ret))
			return true;
	if (c->defrag)
		c->counts.dropped = defrag_dropped(c->defrag) + defrag_held(c->defrag);
	return false;
}

struct capture_counts capture_counts(const struct capture *c)
{
	return c->counts;
}
