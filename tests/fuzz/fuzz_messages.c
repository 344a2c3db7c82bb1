/* Law: of whatever is taken for an IPFIX file, those messages are yielded with which it begins, by
 * their own lengths, and then either it ends there or one sentence says why it does not. */
#include "fuzz.h"

#include "collector/receive/message_file.h"

static bool is_message(struct cur rest)
{
	return cur_left(&rest) >= 16 && be16(rest.at) == 10 && be16(rest.at + 2) >= 16 &&
	       be16(rest.at + 2) <= cur_left(&rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t room[MESSAGE_FILE_ROOM];
	struct err e = { 0 };
	struct cur rest = cur_of(data, size), message;
	struct datagram datagram;
	FILE *file =
	    size ? fmemopen((void *)(uintptr_t)data, size, "rb") : fopen("/dev/null", "rb");
	assert(file);
	while (message_file_next(file, room, &datagram, &e)) {
		bool is = is_message(rest) && cur_split(&rest, be16(rest.at + 2), &message);
		assert(is && datagram.session && datagram.payload == room);
		assert(datagram.len == cur_left(&message));
		assert(memcmp(room, message.at, datagram.len) == 0);
	}
	assert(!is_message(rest));
	assert(cur_left(&rest) ? e.code == ERR_DATA && *e.text : e.code == ERR_NONE);
	fclose(file);
	return 0;
}
