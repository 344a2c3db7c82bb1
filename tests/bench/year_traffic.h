/* year_traffic: what passes a simulated network, from a seed.
 *
 * Flows have numbers; which addresses, ports and circuit a flow has follows from its number alone,
 * so that it is the same flow whenever it is seen.  Numbers are log-uniform, hosts and circuits in
 * proportion to 1/n: a few flows and hosts are in every minute, most are seen now and then.
 *
 *     hosts      10.0.0.0/8 and 2001:db8:a::/48 are local, 198.18.0.0/15 and 2001:db8:b::/48 are
 *                not; one flow in 16 is of IPv6.  Sources count: local and remote hosts of IPv4,
 *                then of IPv6, `hosts` each.
 *     groups     circuit x 2 + (0 inbound, 1 outbound); each circuit has its pair of VLANs
 *     exporters  192.0.2.1 and so on; a circuit's is its number modulo `exporters` */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/flow/plain.h"
#include "core/flow/row.h"

struct traffic_setup {
	uint64_t seed;
	uint32_t hosts; /* of each of the four kinds, at most 65536 */
	uint32_t circuits, exporters;
	double flows; /* different ones */
};

/* What a row is, to whoever counts. */
struct traffic_row {
	struct flow_row row;
	uint32_t group, source, exporter;
};

/* A translated session that is open. */
struct traffic_session {
	uint32_t ends; /* minute */
	uint32_t host, port;
};

enum { TRAFFIC_SESSIONS = 4096 };

struct traffic {
	struct traffic_setup setup;
	uint64_t random;
	uint64_t sequence; /* of records */
	struct traffic_session sessions[TRAFFIC_SESSIONS];
	size_t session_count;
	uint32_t next_port;
};

void traffic_init(struct traffic *t, const struct traffic_setup *setup);

/* 0 to n - 1. */
uint32_t traffic_below(struct traffic *t, uint32_t n);

/* A record of this minute, seen so many milliseconds after its begin. */
void traffic_row(struct traffic *t, uint32_t minute, uint32_t ms, struct traffic_row *ret);

/* Events of a minute: sessions whose time is over end, then `begin` new ones begin.  Writes at most
 * TRAFFIC_SESSIONS + begin events, returns how many, and how many of them end one. */
size_t traffic_nat(struct traffic *t, uint32_t minute, uint32_t begin, struct nat_event *ret,
                   size_t *ret_ended);

/* Adds the configuration that knows circuits and the local side. */
void traffic_config(const struct traffic_setup *setup, struct buf *out);

struct ip traffic_exporter(uint32_t number);
