#include "core/wire/message_writer.h"

#include <assert.h>
#include <string.h>

#include "core/base/ticks.h"
#include "core/wire/put.h"
#include "core/wire/set.h"

enum { NF9_VERSION = 9, IPFIX_VERSION = 10, ALIGNMENT = 4 };

static int64_t unix_ms(int64_t ticks)
{
	return (ticks - TICKS_UNIX_EPOCH) / TICKS_PER_MS;
}

static uint8_t *put_nf9_header(const struct message_head *head, uint32_t uptime, uint8_t *out)
{
	out = put_be16(out, NF9_VERSION);
	out = put_be16(out, 0); /* count: message_finish */
	out = put_be32(out, uptime);
	out = put_be32(out, (uint32_t)(unix_ms(head->export_time) / 1000));
	out = put_be32(out, head->sequence);
	return put_be32(out, head->domain);
}

static uint8_t *put_ipfix_header(const struct message_head *head, uint8_t *out)
{
	out = put_be16(out, IPFIX_VERSION);
	out = put_be16(out, 0); /* length: message_finish */
	out = put_be32(out, (uint32_t)(unix_ms(head->export_time) / 1000));
	out = put_be32(out, head->sequence);
	return put_be32(out, head->domain);
}

void message_begin(struct message_writer *w, const struct message_head *head, uint8_t *octets,
                   size_t room)
{
	assert(head->protocol == WIRE_NETFLOW9 || head->protocol == WIRE_IPFIX);
	int64_t now = unix_ms(head->export_time);
	uint32_t uptime = (uint32_t)(now - unix_ms(head->boot));
	*w = (struct message_writer){
		.protocol = head->protocol,
		.octets = octets,
		.room = room,
		/* As a collector works it out from the header, whose time has no fractions. */
		.boot_ms = now / 1000 * 1000 - uptime,
	};
	uint8_t *end = head->protocol == WIRE_IPFIX ? put_ipfix_header(head, octets)
	                                            : put_nf9_header(head, uptime, octets);
	w->len = (size_t)(end - octets);
}

static size_t padding(const struct message_writer *w)
{
	return w->set ? -(w->len - w->set) % ALIGNMENT : 0;
}

static void close_set(struct message_writer *w)
{
	if (!w->set)
		return;
	size_t pad = padding(w);
	memset(w->octets + w->len, 0, pad);
	w->len += pad;
	put_be16(w->octets + w->set + 2, (unsigned)(w->len - w->set));
	w->set = 0;
}

/* Room for `size` octets in a set of that id, which is opened where it is not the open one; NULL
 * where there is none.  The padding that the set may need is accounted for. */
static uint8_t *take(struct message_writer *w, uint16_t set_id, size_t size)
{
	bool open = w->set && w->set_id == set_id;
	size_t before = open ? 0 : padding(w) + SET_HEADER;
	if (w->len + before + size + ALIGNMENT - 1 > w->room)
		return NULL;
	if (!open) {
		close_set(w);
		w->set = w->len;
		w->set_id = set_id;
		put_be16(w->octets + w->len, set_id);
		w->len += SET_HEADER;
	}
	uint8_t *p = w->octets + w->len;
	w->len += size;
	return p;
}

/* RFC 3954 sections 5.2 and 6.1, RFC 7011 section 3.3.2. */
static uint16_t template_set(enum wire_protocol protocol, bool options)
{
	unsigned first = protocol == WIRE_IPFIX ? 2 : 0;
	return (uint16_t)(first + options);
}

/* Of several options templates in a set nfdump 1.7 and pmacct 1.7 read the first only. */
bool message_add_template(struct message_writer *w, const struct layout *layout)
{
	if (layout->options)
		close_set(w);
	uint8_t *p =
	    take(w, template_set(w->protocol, layout->options), layout_template_size(layout));
	if (!p)
		return false;
	layout_encode_template(layout, w->protocol, p);
	w->templates++;
	return true;
}

bool message_add_record(struct message_writer *w, const struct layout *layout, const void *record)
{
	uint8_t *p = take(w, layout->id, layout->record_size);
	if (!p)
		return false;
	layout_encode(layout, record, w->boot_ms, p);
	w->records++;
	return true;
}

size_t message_finish(struct message_writer *w)
{
	close_set(w);
	/* v9 counts records of all kinds (RFC 3954 section 5.1), IPFIX octets (RFC 7011 3.1). */
	put_be16(w->octets + 2,
	         w->protocol == WIRE_IPFIX ? (unsigned)w->len : w->templates + w->records);
	return w->len;
}
