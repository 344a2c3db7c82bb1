/* report_layouts: what an exporter tells of itself, as options records.
 *
 * Sampling is announced in every form that collectors are known to look for (RFC 5477, RFC 3954
 * section 8): interval and algorithm by sampler (48, 49, 50; 302, 304, 305, 306, 35), and the
 * interval of the whole domain (34).  The latter is a record of its own, without IE 35, and in the
 * former 306 comes behind 50: nfdump knows a domain's sampling by 34 alone, and takes the last of
 * 34, 50 and 306 for the space between samples.  Interfaces have names (82), the exporter's own
 * counters are those of RFC 7011 section 4.1 and the selector report of RFC 5476 section 6.5.2. */
#pragma once

#include <stdint.h>

#include "core/wire/layout.h"

enum report_kind {
	REPORT_SAMPLER,
	REPORT_INTERFACE,
	REPORT_EXPORTER,
	REPORT_DOMAIN,
	REPORT_KINDS,
};

enum { REPORT_TEMPLATE = 300 /* the first ID */ };

enum {
	/* selectorAlgorithm (IE 304) */
	ALGORITHM_SYSTEMATIC = 1,
	ALGORITHM_UNIFORM = 4,
	/* samplerMode (IE 49), samplingAlgorithm (IE 35) */
	SAMPLER_DETERMINISTIC = 1,
	SAMPLER_RANDOM = 2,
};

/* Of both the sampler and the domain. */
struct sampler_report {
	uint32_t domain;     /* scope */
	uint16_t selector;   /* its number in records */
	uint16_t algorithm;  /* IE 304 */
	uint8_t mode;        /* IE 49, 35 */
	uint32_t interval;   /* packets that one sampled packet stands for */
	uint32_t one, space; /* 1 and interval - 1: IE 305, 306 */
};

/* Of 1:interval, random or every interval-th packet. */
struct sampler_report sampler_report_of(uint32_t domain, uint16_t selector, uint32_t interval,
                                        bool random);

enum { INTERFACE_NAME_MAX = 32 };

struct interface_report {
	uint32_t index;
	char name[INTERFACE_NAME_MAX]; /* NUL-terminated */
};

/* No sampler's number is in it: pmacct would take it for one whose rate is 0. */
struct exporter_report {
	uint32_t domain;
	uint64_t messages, records, octets; /* sent to this collector: IE 41, 42, 40 */
	uint64_t not_sent;                  /* records that could not be sent: IE 166 */
	uint64_t observed, selected;        /* packets: IE 318, 319 */
};

struct report_layouts {
	struct layout rows[REPORT_KINDS];
};

/* Makes all of them for WIRE_NETFLOW9 or WIRE_IPFIX. */
void report_layouts_init(struct report_layouts *set, enum wire_protocol protocol);
