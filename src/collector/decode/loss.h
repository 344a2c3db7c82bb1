/* loss: what a stream's sequence numbers tell (sequence.h), as counts of the decoder.
 *
 * Where datagrams are numbered, the records that were in lost ones are estimated: each is taken to
 * have held as many as that stream's datagrams do on average.  Where records are numbered their
 * number is exact, and how many datagrams they came in is not told. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collector/decode/decode.h"
#include "collector/decode/sequence.h"
#include "collector/decode/stream.h"

/* What a datagram turned out to hold. */
struct carried {
	uint32_t records; /* of every kind */
	uint32_t options; /* of them */
	bool uncertain;   /* there may have been more */
};

/* Takes the stream's next datagram, which is already among its datagrams and records. */
void loss_take(struct stream *stream, const struct message *message, const struct carried *carried,
               int64_t arrival, struct decode_counts *counts);

/* Whether a message of NetFlow v9 is the first one after a restart of its exporter: its uptime and
 * its number have gone back, and the start has moved.  To be asked before loss_take. */
bool loss_restarts(const struct stream *stream, const struct message *message, int64_t arrival);

/* Gives up what is missing by now (sequence_settle). */
void loss_settle(struct stream *stream, int64_t now, struct decode_counts *counts);
