/* name: what an exporter calls one of its interfaces, VRFs or applications, as options data told.
 *
 * Names travel beside rows, from the decoder (collector/decode/naming.h) through a log to whoever
 * writes rows (collector/enrich/names.h), in the order in which they were told.
 *
 * Bound of a log: it is full at NAME_LOG_FULL names, and takes NAME_LOG_SPARE more, as many as may
 * come with one datagram: 8 MiB in all, of which it keeps 1 MiB when it is cleared.  A name for
 * which there is no room or no memory is dropped: exporters repeat them.  One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/ip.h"

enum {
	NAME_TEXT = 64, /* octets of a text at most; what is longer is cut between two characters */
	NAME_LOG_FULL = 8192,
	NAME_LOG_SPARE = 65536, /* an identifier and a text take two octets of a datagram */
};

enum name_kind {
	NAME_INTERFACE,   /* by SNMP index */
	NAME_VRF,         /* by ingressVRFID or egressVRFID, which number the same */
	NAME_APPLICATION, /* by applicationId (core/flow/application.h) */
	NAME_KINDS,
};

/* "interface", "vrf", "application" */
const char *name_kind_name(enum name_kind kind);

struct name {
	struct ip exporter;
	uint32_t domain;
	uint8_t kind;   /* enum name_kind */
	bool described; /* the text is a description: a proper name goes before it */
	uint64_t id;
	int64_t told; /* ticks: when it arrived */
	char text[NAME_TEXT + 1];
};

/* Takes a text from the wire: up to its first NUL, without the spaces at its end, at most NAME_TEXT
 * octets; what is no UTF-8, and control characters, become U+FFFD.  False where nothing is left. */
MUST_CHECK bool name_set_text(struct name *name, const uint8_t *octets, size_t len);

struct name_log {
	struct name *items;
	size_t count, room;
};

void name_log_add(struct name_log *log, const struct name *name);
bool name_log_is_full(const struct name_log *log);
void name_log_clear(struct name_log *log);
void name_log_done(struct name_log *log); /* zeros are fine */
size_t name_log_memory(const struct name_log *log);
size_t name_log_bound(void);
