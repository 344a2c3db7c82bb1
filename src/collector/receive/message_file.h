/* message_file: IPFIX files (RFC 5655 section 7): IPFIX messages one behind the other.
 *
 * A file does not tell who sent its messages: their source is "::", and their arrival is the time
 * of their export.  A file is a transport session of its own (section 5): templates hold to its
 * end. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/base/attr.h"
#include "core/base/err.h"
#include "core/packet/datagram.h"

enum { MESSAGE_FILE_ROOM = 65536 };

/* Whether a file that begins so is one: its first message begins with the version of IPFIX. */
bool message_file_is(const uint8_t *head, size_t len);

/* Reads the next message into `room`, on which *ret stands.  False at the end, and with e set
 * (ERR_DATA) where the file goes on as something else or ends within a message. */
MUST_CHECK bool message_file_next(FILE *file, uint8_t room[MESSAGE_FILE_ROOM], struct datagram *ret,
                                  struct err *e);
