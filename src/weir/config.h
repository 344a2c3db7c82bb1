/* config: what the configuration file says, checked and complete.
 *
 * A file is YAML: nested mappings whose keys are rows of one table (config_schema.h), which holds
 * each key's type, default, range and help.  It is read whole; a file with any problem in it yields
 * no configuration, and every problem is reported with line and column, not only the first.  Keys
 * that are not given have their defaults, so that an empty file is a valid one.
 *
 * Bounds: a file of 8 MiB, 16 levels, 10 000 items a list, PROBLEMS_MAX problems told.
 * Anchors, aliases, tags and several documents are refused.  A struct config never changes once it
 * is made and may be read by any thread; whoever made it frees it after its last reader. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "collector/decode/decode.h"
#include "collector/enrich/enrich.h"
#include "core/base/arena.h"
#include "core/base/attr.h"
#include "core/base/ticks.h"
#include "core/flow/sampling.h"
#include "exporter/emit/emit.h"
#include "exporter/nat/nat_logging.h"
#include "weir/problems.h"
#include "workspace/retention.h"
#include "workspace/workspace.h"

struct text_list {
	const char *const *items;
	size_t count;
};

struct prefix_list {
	const struct ip_prefix *items;
	size_t count;
};

/* `collector`: what `weir collector` is told beside its command line. */
struct collector_config {
	struct text_list listen; /* none: the usual ports */
	struct prefix_list allow;
	uint32_t workers, ring_mib, buffer_mib;
	const char *user; /* "": stays who it is */
};

/* `exporter`: what `weir exporter` is told beside its command line. */
#define EXPORTER_DIRECTIONS    "both|ingress|egress" /* enum kernel_filter_direction */
#define EXPORTER_DISTRIBUTIONS "replicate|share"     /* enum emit_distribution */
#define EXPORTER_PROTOCOLS     "netflow9|ipfix"

enum { EXPORTER_INTERFACES_MAX = 16 };

/* `exporter.nat`: see exporter/nat/nat_logging.h. */
#define EXPORTER_NAT_EVENTS       "off|on"
#define EXPORTER_NAT_DIALECTS     "iana|junos"
#define EXPORTER_NAT_DESTINATIONS "no|yes"

struct exporter_nat_config {
	const char *events, *dialect, *destinations; /* words of the above */
	uint32_t error_rate, sessions, receive_buffer_mib, blocks_again_s;
	struct {
		const struct nat_pool *items;
		size_t count;
	} pools;
	struct {
		const struct nat_block_map *items;
		size_t count;
	} port_blocks;
	struct ip_prefix nat64_prefix;
	struct {
		const struct nat64_host *items; /* by rising ipv4 */
		size_t count;
	} nat64_hosts;
};

struct exporter_config {
	struct text_list interfaces; /* none: that of the default route */
	struct text_list collectors;
	const char *direction, *distribution, *protocol; /* words of the above */
	uint32_t sampling, domain;
	uint32_t refresh_packets, refresh_seconds;
	uint32_t active_s, idle_s;
	uint32_t flows_max;
	const char *user; /* "": stays who it is */
	struct exporter_nat_config nat;
};

/* `nat`: bindings that are open (collector/minute/nat_bindings.h). */
struct nat_config {
	uint32_t bindings, timeout_s;
};

static inline int64_t nat_timeout_ticks(const struct nat_config *nat)
{
	return nat->timeout_s * TICKS_PER_SECOND;
}

/* `retention`: how long rows stay (workspace/retention.h). */
struct retention_config {
	/* days; 0: for ever */
	uint32_t flows, nat_events, nat_bindings, sflow_counters, ledger, flows_hourly, flows_daily,
	    query_audit;
	uint32_t size_gib; /* 0: no limit */
	uint32_t free_mib; /* 0: the usual */
};

/* `audit`: whether queries become rows of QueryAudit. */
#define AUDIT_QUERIES "off|on"

struct audit_config {
	const char *queries; /* a word of the above */
};

struct config {
	struct collector_config collector;
	struct exporter_config exporter;
	struct constants constants;          /* `constants`: of ROLE_CONSTANT columns, never NULL */
	struct sampling_overrides exporters; /* `exporters`: longest prefix first, none twice */
	uint32_t sampling_default;           /* `sampling_default`; 0: leave it null */
	uint32_t template_lifetime;          /* `templates.lifetime`, s */
	uint32_t parking_time;               /* `templates.wait`, s */
	uint32_t parking_mib;                /* `templates.parking` */
	struct enrich_config enrich;         /* `circuits`, `local` */
	const char *watchlists;              /* `watchlists`: folder of CSV files, "" for none */
	uint64_t flows_max;                  /* `flows.max`: flows held in memory at once */
	struct nat_config nat;
	struct retention_config retention;
	struct audit_config audit;
	const char *summary; /* what the file set, in one line; never NULL */
	struct arena memory; /* holds all of the above */
};

/* Every key's default.  NULL where there is no memory. */
MUST_CHECK struct config *config_defaults(void);

/* Reads a configuration; NULL and at least one problem where anything is wrong with it. */
MUST_CHECK struct config *config_parse(const char *text, size_t len, struct problems *ret);

/* The same for an open file, or for one that is named; not to be readable is a problem too. */
MUST_CHECK struct config *config_read(FILE *file, struct problems *ret);
MUST_CHECK struct config *config_load(const char *path, struct problems *ret);

/* What the configuration says of how long rows stay. */
struct retention_policy config_retention(const struct config *config);

/* What the configuration says to a decoder, which borrows it. */
struct decoder_config config_decoder(const struct config *config);

void config_free(struct config *config); /* NULL is fine */
