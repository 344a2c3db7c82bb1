#include "collector/receive/message_file.h"

#include "core/base/cursor.h"
#include "core/base/ticks.h"

enum { VERSION = 10, HEADER = 16 };

bool message_file_is(const uint8_t *head, size_t len)
{
	return len >= 2 && be16(head) == VERSION;
}

bool message_file_next(FILE *file, uint8_t room[MESSAGE_FILE_ROOM], struct datagram *ret,
                       struct err *e)
{
	size_t got = fread(room, 1, HEADER, file);
	if (got == 0 && !ferror(file))
		return false;
	size_t len = got == HEADER ? be16(room + 2) : 0;
	if (got == HEADER && (!message_file_is(room, got) || len < HEADER))
		return err_set(e, ERR_DATA, "something that is no IPFIX message");
	if (got < HEADER || fread(room + HEADER, 1, len - HEADER, file) < len - HEADER)
		return err_set(e, ERR_DATA, "the beginning of a message");
	*ret = (struct datagram){
		.arrival = TICKS_UNIX_EPOCH + be32(room + 4) * TICKS_PER_SECOND,
		.session = true,
		.payload = room,
		.len = len,
	};
	return true;
}
