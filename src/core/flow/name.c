#include "core/flow/name.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/utf8.h"

enum { NAME_LOG_MOST = NAME_LOG_FULL + NAME_LOG_SPARE };

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

const char *name_kind_name(enum name_kind kind)
{
	static const char *const names[NAME_KINDS] = {
		[NAME_INTERFACE] = "interface",
		[NAME_VRF] = "vrf",
		[NAME_APPLICATION] = "application",
	};
	return names[kind];
}

/* C0, DEL and C1. */
static bool is_control(const char *at, size_t len)
{
	unsigned char first = (unsigned char)at[0], last = (unsigned char)at[len - 1];
	return len == 1 ? first < 0x20 || first == 0x7f : len == 2 && first == 0xc2 && last < 0xa0;
}

bool name_set_text(struct name *name, const uint8_t *octets, size_t len)
{
	const char *from = (const char *)octets;
	size_t used = 0;
	len = strnlen(from, len);
	while (len && from[len - 1] == ' ')
		len--;
	for (size_t at = 0, step; at < len; at += step) {
		size_t length = utf8_length(from + at, len - at);
		bool good = length && !is_control(from + at, length);
		const char *piece = good ? from + at : replacement;
		size_t octets_of_it = good ? length : strlen(replacement);
		step = length ? length : 1;
		if (used + octets_of_it > NAME_TEXT)
			break;
		memcpy(name->text + used, piece, octets_of_it);
		used += octets_of_it;
	}
	name->text[used] = '\0';
	return used > 0;
}

/* ---- log ---- */

void name_log_add(struct name_log *log, const struct name *name)
{
	if (log->count == log->room) {
		size_t room = log->room ? log->room * 2 : 64;
		room = room < NAME_LOG_MOST ? room : NAME_LOG_MOST;
		struct name *items =
		    room > log->count ? realloc(log->items, room * sizeof *items) : NULL;
		if (!items)
			return;
		log->items = items;
		log->room = room;
	}
	log->items[log->count++] = *name;
}

bool name_log_is_full(const struct name_log *log)
{
	return log->count >= NAME_LOG_FULL;
}

void name_log_clear(struct name_log *log)
{
	log->count = 0;
	if (log->room > NAME_LOG_FULL)
		name_log_done(log);
}

void name_log_done(struct name_log *log)
{
	free(log->items);
	*log = (struct name_log){ 0 };
}

size_t name_log_memory(const struct name_log *log)
{
	return log->room * sizeof *log->items;
}

size_t name_log_bound(void)
{
	return NAME_LOG_MOST * sizeof(struct name);
}
