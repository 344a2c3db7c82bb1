/* sequence: what the numbers of an exporter's datagrams tell of those that never came.
 *
 * What is numbered differs: NetFlow v5 tells the flows before this datagram, NetFlow v9 counts
 * datagrams (RFC 3954 section 5.1), IPFIX tells the data records before this message, those of
 * options among them and templates not (RFC 7011 section 3.1), sFlow counts datagrams.  Junos
 * counts flows in v9: which of the two it is shows from the numbers themselves, and nothing is said
 * to be lost while they speak for the other one.
 *
 * The laws, for one stream (exporter address and port, protocol, observation domain):
 *
 *  - A number that was passed over is lost once more than SEQUENCE_WINDOW datagrams with later
 * numbers have come, or SEQUENCE_SECONDS have gone by; a datagram that comes until then is
 * reordered, and nothing of it is lost.
 *  - A number that was there before is a duplicate, whether it was seen or given up.  Where only
 *    records are numbered, a datagram without any has no number of its own: it is neither.
 *  - Numbers are modulo 2^32.
 *  - A datagram of which it is not known how many records it holds (a template is missing, a set is
 *    damaged) leaves open what the next number should be: the next datagram sets it.
 *  - An exporter that has started anew has lost nothing.  It has where its uptime went back, its
 *    start (export time less uptime) has moved, and that start is later than what it sent before or
 *    a few minutes old: an uptime of days that was set back while numbers go on is an exporter's
 *    clock, and no start.  Without an uptime it has where two datagrams in a row have
 *    numbers that lie behind all of the last SEQUENCE_BLOCK ones or more than SEQUENCE_FAR ahead.
 *    One alone is a straggler, and counted as a duplicate.
 *  - What came before the first datagram that was seen, or was on its way at a new start, is not
 *    lost.
 *
 * Bound: a struct sequence, about 650 octets; nothing is allocated.  Each gap was opened or split
 * off by another one of the datagrams behind the lowest gap, and these are SEQUENCE_WINDOW at most:
 * so there is room for all. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SEQUENCE_WINDOW = 32,
	SEQUENCE_SECONDS = 5,
	SEQUENCE_BLOCK = 128,
	SEQUENCE_FAR = 1 << 28,
	SEQUENCE_GAPS = SEQUENCE_WINDOW + 2,
};

enum sequence_unit {
	SEQUENCE_DATAGRAMS,
	SEQUENCE_RECORDS,
	SEQUENCE_UNITS,
};

/* Numbers [from, from + length) were passed over. */
struct gap {
	uint32_t from, length;
	uint32_t opened_ms; /* of arrival, modulo 2^32 */
	uint8_t passed;     /* datagrams with later numbers */
	bool silent;        /* not lost, whatever comes */
};

/* Where in the numbers a datagram lies. */
struct sequence_step {
	uint32_t number, length;
	bool open; /* the length is not known */
};

struct sequence {
	bool begun;
	bool open;               /* `next` is not known: the next datagram sets it */
	bool held;               /* `straggler` waits for a second one of its kind */
	bool either;             /* v9: `unit` is being found out */
	enum sequence_unit unit; /* v9: as far as is known */
	int evidence;            /* v9: for records (more than 0) or for datagrams */
	uint32_t next;           /* number of the next datagram, if it comes in order */
	uint32_t advances;       /* datagrams that came in order or ahead of it */
	uint64_t doubted;        /* v9: lost, if it turns out that datagrams are counted */
	uint32_t floors[2];      /* lowest numbers of this block of advances and the one before */
	struct sequence_step straggler;
	uint32_t last_number, last_records; /* v9: of the datagram that came last */
	bool has_clock;
	uint32_t uptime_ms;
	int64_t time;      /* ticks: export time that goes with it */
	int64_t restarted; /* ticks of arrival, or 0 */
	size_t gap_count;
	struct gap gaps[SEQUENCE_GAPS]; /* in order of numbers, and so of age */
};

/* One datagram, as it arrived. */
struct numbered {
	uint32_t number;
	enum sequence_unit unit;
	bool either;          /* v9: `unit` is to be found out, and does not count */
	bool records_unknown; /* how many records are in it */
	uint32_t records;     /* that are numbered, if records are */
	bool has_uptime;
	uint32_t uptime_ms;
	int64_t time;    /* ticks: export time */
	int64_t arrival; /* ticks */
};

/* What a call has found out; calls add to it. */
struct sequence_found {
	uint64_t lost; /* in the stream's unit */
	uint32_t duplicates, reordered, restarts;
};

/* Zeros make a new sequence.  Takes the next datagram. */
void sequence_take(struct sequence *s, const struct numbered *n, struct sequence_found *found);

/* Whether this datagram is the first one of an exporter that has started anew, by its uptime; to be
 * asked before sequence_take. */
bool sequence_has_restarted(const struct sequence *s, const struct numbered *n);

/* Gives up what has been passed over for SEQUENCE_SECONDS by `now` (INT64_MAX: all of it), where no
 * datagram comes that would do it. */
void sequence_settle(struct sequence *s, int64_t now, struct sequence_found *found);
