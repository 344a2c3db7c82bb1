#include "weir/config_schema.h"

#include <string.h>

#include "core/base/nearest.h"
#include "exporter/nat/session_table.h"
#include "weir/config.h"
#include "weir/config_circuits.h"
#include "weir/config_list.h"
#include "weir/config_nat.h"

#define MEMBER(type, member) offsetof(type, member), sizeof(((type *)NULL)->member)

#define SECTION(path, help)                                                                        \
	{                                                                                          \
		path, 0, 0, 0, 0, NULL, NULL, help, NULL, CONFIG_SECTION, 0                        \
	}

/* clang-format off */
#define CONSTANT(name, column, fallback, help) \
	{ "constants." name, MEMBER(struct config, constants.text[COL_##column]), 0, 1024, fallback, NULL, \
	  help " Column " #column ".", NULL, CONFIG_TEXT, 0 }

#define MATCHED(name, most, unit, help) \
	{ "circuits[]." #name, MEMBER(struct circuit, name), 0, most, NULL, unit, help " Any, where it is left out.", \
	  NULL, CONFIG_NUMBER, 0 }
#define CIRCUIT_TEXT(name, column, help) \
	{ "circuits[]." #name, MEMBER(struct circuit, name), 0, 1024, "", NULL, help " Column " #column ".", \
	  NULL, CONFIG_TEXT, 0 }

#define DAYS(name, member, fallback, help) \
	{ "retention." name, MEMBER(struct config, retention.member), 0, 36500, fallback, "days", \
	  "Rows of " help ". 0: for ever.", NULL, CONFIG_NUMBER, 0 }

const struct config_key config_keys[] = {
	SECTION("constants", "Values that every row carries, so that queries and workbooks written for Azure find "
	        "what they filter by. They apply to rows stored from then on."),
	CONSTANT("atc_region",      ATCRegion,       "",    "Region of the traffic collector, such as westeurope."),
	CONSTANT("atc_resource_id", ATCResourceId,   "",    "Resource ID of the traffic collector."),
	CONSTANT("operation_name",  OperationName,   "ExpressRouteCircuitIpfix",
	                                                    "What produced the row; the default is the name of Azure's log category."),
	CONSTANT("schema_version",  SchemaVersion,   "1.0", "Version of the row's schema."),
	CONSTANT("source_system",   SourceSystem,    "weir", "System that collected the row."),
	CONSTANT("subscription_id", _SubscriptionId, "",    "Subscription that the row is associated with."),
	CONSTANT("tenant_id",       TenantId,        "",    "ID of the workspace."),

	SECTION("collector", "The daemon `weir collector`. Options of its command line go before these keys. What is said "
	        "to be read at the start is not changed by SIGHUP; everything else in this file is."),
	{ "collector.listen", offsetof(struct config, collector.listen), sizeof(const char *), 0, 16, NULL, NULL,
	  "Where datagrams are received: addresses with ports, \"192.0.2.1:2055\", \"[2001:db8::1]:4739\", or ports alone. "
	  "With \"tcp:\" in front, IPFIX over TCP is accepted there. Without it, ports 2055, 4739 and 6343 of every address, and "
	  "tcp:4739.", listen_finish, CONFIG_LIST, CONFIG_FIXED },
	{ "collector.listen[]", 0, sizeof(const char *), 1, 64, NULL, NULL, "An address with its port, or a port; \"tcp:\" in front of it: IPFIX over TCP.",
	  NULL, CONFIG_TEXT, 0 },
	{ "collector.allow", offsetof(struct config, collector.allow), sizeof(struct ip_prefix), 0, 10000, NULL, NULL,
	  "Exporters that may send; datagrams of all others are counted as DatagramsNotAllowed and dropped. Without it, "
	  "everyone may. A firewall does the same at less cost.", NULL, CONFIG_LIST, 0 },
	{ "collector.allow[]", 0, sizeof(struct ip_prefix), 0, 0, NULL, NULL, "192.0.2.0/24, 2001:db8::/32 or a single address.",
	  NULL, CONFIG_PREFIX, 0 },
	{ "collector.workers", MEMBER(struct config, collector.workers), 1, 16, "1", "workers",
	  "Workers, among which exporters are spread by their addresses; each has a journal, a thread that receives and one "
	  "that decodes. One takes some three million records a second.", NULL, CONFIG_NUMBER, CONFIG_FIXED },
	{ "collector.ring", MEMBER(struct config, collector.ring_mib), 4, 65536, "256", "MiB",
	  "Size of each worker's journal, rounded up to a power of two. It is reserved on disk and held in memory, and bridges "
	  "the time that a commit takes: 256 MiB are about a second at three million records a second.", NULL, CONFIG_NUMBER, CONFIG_FIXED },
	{ "collector.receive_buffer", MEMBER(struct config, collector.buffer_mib), 1, 1024, "32", "MiB",
	  "Receive buffer asked for at each socket. Without CAP_NET_ADMIN the kernel gives at most net.core.rmem_max; what "
	  "it gives is told at the start.", NULL, CONFIG_NUMBER, CONFIG_FIXED },
	{ "collector.user", MEMBER(struct config, collector.user), 0, 64, "", NULL,
	  "User to become, where started as root, once sockets are open. Empty: stays who it is.", NULL, CONFIG_TEXT, CONFIG_FIXED },

	{ "sampling_default", MEMBER(struct config, sampling_default), 1, UINT32_MAX, NULL, "packets",
	  "How many packets one captured packet stands for where an exporter never tells it. Without this key such "
	  "rows have no SamplingInterval and no estimates.", NULL, CONFIG_NUMBER, 0 },
	{ "exporters", offsetof(struct config, exporters), sizeof(struct sampling_override), 0, 10000, NULL, NULL,
	  "What is known about exporters beforehand, by prefix of their addresses. The longest prefix that holds "
	  "an exporter's address counts; none may be given twice.", exporters_finish, CONFIG_LIST, 0 },
	{ "exporters[].prefix", MEMBER(struct sampling_override, prefix), 0, 0, NULL, NULL,
	  "Exporters' addresses: 192.0.2.0/24, 2001:db8::/32 or a single address.", NULL, CONFIG_PREFIX, CONFIG_REQUIRED },
	{ "exporters[].sampling", MEMBER(struct sampling_override, interval), 1, UINT32_MAX, NULL, "packets",
	  "How many packets one captured packet stands for, whatever these exporters tell.", NULL, CONFIG_NUMBER, 0 },
	{ "exporters[].nat_dialect", MEMBER(struct sampling_override, nat_name), 0, 8, "auto", NULL,
	  "Whose numbering the events of these exporters' NAT are in (natEvent): iana (RFC 8158), junos "
	  "(draft-ietf-behave-ipfix-nat-logging-02), or auto: told apart by what the records carry.", NULL, CONFIG_TEXT, 0 },

	SECTION("exporter", "The daemon `weir exporter`, which meters what passes this machine's interfaces and exports it. Options of "
	        "its command line go before these keys. All of them are read at the start."),
	{ "exporter.interfaces", offsetof(struct config, exporter.interfaces), sizeof(const char *), 0, EXPORTER_INTERFACES_MAX, NULL, NULL,
	  "Interfaces whose packets are metered. Without it, that of the default route.", NULL, CONFIG_LIST, CONFIG_FIXED },
	{ "exporter.interfaces[]", 0, sizeof(const char *), 1, 15, NULL, NULL, "Name of an interface.", NULL, CONFIG_TEXT, 0 },
	{ "exporter.direction", MEMBER(struct config, exporter.direction), 0, 16, "both", EXPORTER_DIRECTIONS,
	  "Which packets count: those that come in at an interface, those that go out, or both. Where a packet passes two "
	  "interfaces that are metered, as on a router or a bridge, `ingress` counts it once. A loopback interface shows "
	  "each packet twice and is always metered by ingress alone.", NULL, CONFIG_TEXT, CONFIG_FIXED },
	{ "exporter.sampling", MEMBER(struct config, exporter.sampling), 1, UINT32_MAX, "4096", "packets",
	  "One packet of so many is sampled, at random and independently of all others. 1: every packet. ExpressRoute Traffic "
	  "Collector samples at 4096.", NULL, CONFIG_NUMBER, CONFIG_FIXED },
	{ "exporter.collectors", offsetof(struct config, exporter.collectors), sizeof(const char *), 0, EMIT_COLLECTORS_MAX, NULL, NULL,
	  "Where flows are exported to: names or addresses with ports, over UDP; with \"tcp:\" in front over TCP (IPFIX alone). "
	  "Names are looked up at the start.", NULL, CONFIG_LIST, CONFIG_FIXED },
	{ "exporter.collectors[]", 0, sizeof(const char *), 1, 255, NULL, NULL, "192.0.2.1:2055, [2001:db8::1]:4739, flows.example.net:2055.",
	  NULL, CONFIG_TEXT, 0 },
	{ "exporter.distribution", MEMBER(struct config, exporter.distribution), 0, 16, "replicate", EXPORTER_DISTRIBUTIONS,
	  "What several collectors get: each everything, or each its share of the hosts, chosen by the source address before "
	  "translation, so that begin and end of a session meet. Templates go to all.", NULL, CONFIG_TEXT, CONFIG_FIXED },
	{ "exporter.protocol", MEMBER(struct config, exporter.protocol), 0, 16, "netflow9", EXPORTER_PROTOCOLS,
	  "What is exported: NetFlow v9 (RFC 3954) or IPFIX (RFC 7011).", NULL, CONFIG_TEXT, CONFIG_FIXED },
	{ "exporter.domain", MEMBER(struct config, exporter.domain), 0, UINT32_MAX, "1", "(ID)",
	  "Source ID of NetFlow v9, observation domain of IPFIX. Two exporters on one machine need different ones.", NULL, CONFIG_NUMBER, CONFIG_FIXED },
	{ "exporter.refresh_packets", MEMBER(struct config, exporter.refresh_packets), 1, 48000, "4800", "packets",
	  "After so many export packets all templates are told again.", NULL, CONFIG_NUMBER, CONFIG_FIXED },
	{ "exporter.refresh_seconds", MEMBER(struct config, exporter.refresh_seconds), 10, 1800, "1800", "s",
	  "After so many seconds all templates are told again, at the latest.", NULL, CONFIG_NUMBER, CONFIG_FIXED },
	{ "exporter.active_timeout", MEMBER(struct config, exporter.active_s), 1, 3600, "60", "s",
	  "A flow that goes on is exported after so long, and another one begins.", NULL, CONFIG_NUMBER, CONFIG_FIXED },
	{ "exporter.idle_timeout", MEMBER(struct config, exporter.idle_s), 1, 3600, "15", "s",
	  "A flow that was silent for so long is exported.", NULL, CONFIG_NUMBER, CONFIG_FIXED },
	{ "exporter.flows", MEMBER(struct config, exporter.flows_max), 100, 16777216, "262144", "flows",
	  "Most flows that are metered at once, 150 octets each; where there are more, those that were silent longest are "
	  "exported early.", NULL, CONFIG_NUMBER, CONFIG_FIXED },
	{ "exporter.user", MEMBER(struct config, exporter.user), 0, 64, "", NULL,
	  "User to become, where started as root, once interfaces are open. Empty: stays who it is.", NULL, CONFIG_TEXT, CONFIG_FIXED },

	SECTION("exporter.nat", "Logging of the address translations that this machine does (Linux' NAT), as RFC 8158 has it: sessions when "
	        "they are created and deleted, addresses that have run out of ports, blocks of ports. They are exported as they happen, to the "
	        "same collectors as flows. Needs CAP_NET_ADMIN, which is kept. Where net.netfilter.nf_conntrack_timestamp is 0 the "
	        "end of a session is known up to minutes late."),
	{ "exporter.nat.events", MEMBER(struct config, exporter.nat.events), 0, 8, "off", EXPORTER_NAT_EVENTS,
	  "Whether they are logged. `weir exporter --nat` is the same as `on`.", NULL, CONFIG_TEXT, CONFIG_FIXED },
	{ "exporter.nat.dialect", MEMBER(struct config, exporter.nat.dialect), 0, 8, "iana", EXPORTER_NAT_DIALECTS,
	  "Numbers and fields of events: of RFC 8158, or those that Junos documents (draft-ietf-behave-ipfix-nat-logging-02). A "
	  "collector should be told of the latter (exporters[].nat_dialect).", NULL, CONFIG_TEXT, CONFIG_FIXED },
	{ "exporter.nat.destinations", MEMBER(struct config, exporter.nat.destinations), 0, 8, "no", EXPORTER_NAT_DESTINATIONS,
	  "Whether destinations are logged, which RFC 8158 (section 4.1) advises against. Without them a session of which only the "
	  "destination is translated is not told of.", NULL, CONFIG_TEXT, CONFIG_FIXED },
	{ "exporter.nat.error_rate", MEMBER(struct config, exporter.nat.error_rate), 1, 2147483647, "10000", "events/s",
	  "Most events a second that tell of a lack: ports exhausted. What is above is counted.", NULL, CONFIG_NUMBER, CONFIG_FIXED },
	{ "exporter.nat.sessions", MEMBER(struct config, exporter.nat.sessions), 1000, SESSION_TABLE_MOST, "1048576", "sessions",
	  "Most sessions that are kept track of, 60 octets each, so that an end of which the kernel's message was lost is found. "
	  "More than these are told of all the same.", NULL, CONFIG_NUMBER, CONFIG_FIXED },
	{ "exporter.nat.receive_buffer", MEMBER(struct config, exporter.nat.receive_buffer_mib), 1, 1024, "8", "MiB",
	  "Receive buffer for the kernel's messages.", NULL, CONFIG_NUMBER, CONFIG_FIXED },
	{ "exporter.nat.pools", offsetof(struct config, exporter.nat.pools), sizeof(struct nat_pool), 0, NAT_POOLS_MAX, NULL, NULL,
	  "Addresses that are translated to, with their ports, as the rules of NAT have them (`snat to 203.0.113.10:1024-1027`). Needed for "
	  "telling that ports are exhausted where a rule names ports, and for the names of pools, which the dialect junos has. The "
	  "first pool that holds an address counts.", nat_pools_finish, CONFIG_LIST, CONFIG_FIXED },
	{ "exporter.nat.pools[].addresses", MEMBER(struct nat_pool, addresses), 0, 0, NULL, NULL, "203.0.113.0/28 or a single address.",
	  NULL, CONFIG_PREFIX, CONFIG_REQUIRED },
	{ "exporter.nat.pools[].first_port", MEMBER(struct nat_pool, first_port), 0, 65535, "1024", "(port)", "The first port.", NULL, CONFIG_NUMBER, 0 },
	{ "exporter.nat.pools[].last_port", MEMBER(struct nat_pool, last_port), 0, 65535, "65535", "(port)", "The last port.", NULL, CONFIG_NUMBER, 0 },
	{ "exporter.nat.pools[].name", MEMBER(struct nat_pool, name), 0, 64, "", NULL, "natPoolName.", NULL, CONFIG_TEXT, 0 },
	{ "exporter.nat.port_blocks", offsetof(struct config, exporter.nat.port_blocks), sizeof(struct nat_block_map), 0, NAT_BLOCK_MAPS_MAX, NULL, NULL,
	  "Deterministic blocks of ports (RFC 7422), as rules of NAT allot them by a map: each inside address has one, in order; the first "
	  "begins at first_port of the first outside address. All are told of as allocated at the start, and as de-allocated at "
	  "the end.", nat_block_maps_finish, CONFIG_LIST, CONFIG_FIXED },
	{ "exporter.nat.port_blocks[].inside", MEMBER(struct nat_block_map, inside), 0, 0, NULL, NULL, "Subscribers: 100.64.0.0/20.",
	  NULL, CONFIG_PREFIX, CONFIG_REQUIRED },
	{ "exporter.nat.port_blocks[].outside", MEMBER(struct nat_block_map, outside), 0, 0, NULL, NULL, "What they are translated to: 203.0.113.0/26.",
	  NULL, CONFIG_PREFIX, CONFIG_REQUIRED },
	{ "exporter.nat.port_blocks[].first_port", MEMBER(struct nat_block_map, first_port), 1, 65535, "1024", "(port)",
	  "The first port of each outside address.", NULL, CONFIG_NUMBER, 0 },
	{ "exporter.nat.port_blocks[].size", MEMBER(struct nat_block_map, block_size), 1, 65535, NULL, "ports", "Ports of a block.",
	  NULL, CONFIG_NUMBER, CONFIG_REQUIRED },
	{ "exporter.nat.blocks_again", MEMBER(struct config, exporter.nat.blocks_again_s), 0, 604800, "3600", "s",
	  "After so long all blocks are told of again, with the same times, as a datagram may have been lost. 0: never.", NULL, CONFIG_NUMBER, CONFIG_FIXED },
	{ "exporter.nat.nat64_prefix", MEMBER(struct config, exporter.nat.nat64_prefix), 0, 0, NULL, NULL,
	  "Prefix of 96 bits by which a translator in user space (tayga) reaches IPv4. Without it, 64:ff9b::/96.", NULL, CONFIG_PREFIX, CONFIG_FIXED },
	{ "exporter.nat.nat64_hosts", offsetof(struct config, exporter.nat.nat64_hosts), sizeof(struct nat64_host), 0, NAT64_HOSTS_MAX, NULL, NULL,
	  "Hosts behind such a translator, whose map is static. Their sessions are then told of as NAT64, those of other hosts as "
	  "NAT44 of the IPv4 address that the translator gave them.", nat64_hosts_finish, CONFIG_LIST, CONFIG_FIXED },
	{ "exporter.nat.nat64_hosts[].ipv4", MEMBER(struct nat64_host, ipv4), 0, 0, NULL, NULL, "The IPv4 address that the translator gives it.",
	  NULL, CONFIG_PREFIX, CONFIG_REQUIRED },
	{ "exporter.nat.nat64_hosts[].ipv6", MEMBER(struct nat64_host, ipv6), 0, 0, NULL, NULL, "Its own address.", NULL, CONFIG_PREFIX, CONFIG_REQUIRED },

	SECTION("templates", "What is kept of NetFlow v9's and IPFIX's templates, without which data cannot be read."),
	{ "templates.lifetime", MEMBER(struct config, template_lifetime), 10, 8640000, "5400", "s",
	  "How long a template is good that its exporter does not repeat; or for three times the interval at which it is seen "
	  "to repeat it, where that is longer. The default is three times the longest interval that Junos can be given. Data of "
	  "an expired template waits until the template is told again.", NULL, CONFIG_NUMBER, 0 },
	{ "templates.wait", MEMBER(struct config, parking_time), 1, 864000, "3600", "s",
	  "How long data waits for a template that is not known or has expired, before it is given up. It is then decoded as "
	  "what arrived when it did. `weir import` lets it wait until the last file has been read, and takes "
	  "a template that the files hold only once for good.", NULL, CONFIG_NUMBER, 0 },
	{ "templates.parking", MEMBER(struct config, parking_mib), 1, 256, "8", "MiB",
	  "Memory of each worker for data that waits; one exporter has an eighth of it at most. It is written with every "
	  "commit in which it changes.", NULL, CONFIG_NUMBER, CONFIG_FIXED },

	{ "circuits", offsetof(struct config, enrich.circuits), sizeof(struct circuit), 0, CIRCUITS_MAX, NULL, NULL,
	  "Which flows belong to which circuit. Of the rules that match a flow the most specific counts: the one that "
	  "states more of exporter, interface, vlan, customer_vlan and vrf; of as many, the one that states "
	  "customer_vlan, or else vlan, interface, vrf; then the one with the longer exporter prefix; then the first. "
	  "A rule that states none of them matches every flow. `weir show circuits` lists flows that no rule matches.",
	  circuits_finish, CONFIG_LIST, 0 },
	{ "circuits[].exporter", MEMBER(struct circuit, exporter), 0, 0, NULL, NULL,
	  "Exporters' addresses: 192.0.2.0/24, 2001:db8::/32 or a single address. Any, where it is left out.",
	  NULL, CONFIG_PREFIX, 0 },
	MATCHED(interface,     UINT32_MAX, "(SNMP index)", "The flow's input or output interface."),
	MATCHED(vlan,          4095, "(VLAN ID)", "The outer VLAN, Dot1qVlanId; in Azure the circuit's."),
	MATCHED(customer_vlan, 4095, "(VLAN ID)", "The inner VLAN, Dot1qCustomerVlanId; in Azure the peering's."),
	MATCHED(vrf,           UINT32_MAX, "(VRF ID)", "The VRF where the flow came in or went out."),
	{ "circuits[].id", MEMBER(struct circuit, id), 1, 1024, NULL, NULL, "Resource ID of the circuit. Column ExRCircuitId.",
	  NULL, CONFIG_TEXT, CONFIG_REQUIRED },
	CIRCUIT_TEXT(direct_port_id, ExRCircuitDirectPortId, "Resource ID of the circuit's direct port."),
	CIRCUIT_TEXT(service_key,    ExRCircuitServiceKey,   "Service key of the circuit."),
	CIRCUIT_TEXT(peering_type,   PeeringType,            "Peering type; Azure's names are AzurePrivatePeering and "
	                                                     "MicrosoftPeering, and any other text will do."),
	{ "circuits[].bandwidth", MEMBER(struct circuit, bandwidth), 1, UINT64_C(1000000000000000), NULL, "bit/s",
	  "Bandwidth of the circuit: 500M, 10G.", NULL, CONFIG_BANDWIDTH, 0 },

	SECTION("local", "Which ends of flows are local. A flow whose destination alone is local is Inbound, one whose "
	        "source alone is local is Outbound (column Direction). By default Azure is the local side, so that Inbound "
	        "is from a site into Azure; list the addresses of virtual networks where exporters tell no ASN. To have it "
	        "seen from your own network, list its ASNs and addresses instead."),
	{ "local.asns", offsetof(struct config, enrich.local.asns), sizeof(uint32_t), 0, LOCAL_MAX, "65515, 12076", NULL,
	  "ASNs of the local side. The default is Azure's: of its gateways, and of Microsoft peering. A list that is given "
	  "takes its place.", NULL, CONFIG_LIST, 0 },
	{ "local.asns[]", 0, sizeof(uint32_t), 1, UINT32_MAX, NULL, "(ASN)", "An ASN.", NULL, CONFIG_NUMBER, 0 },
	{ "local.prefixes", offsetof(struct config, enrich.local.prefixes), sizeof(struct ip_prefix), 0, LOCAL_MAX, NULL, NULL,
	  "Addresses of the local side, whatever their ASN.", NULL, CONFIG_LIST, 0 },
	{ "local.prefixes[]", 0, sizeof(struct ip_prefix), 0, 0, NULL, NULL, "192.0.2.0/24, 2001:db8::/32 or a single address.",
	  NULL, CONFIG_PREFIX, 0 },

	SECTION("flows", "The table in which records of one flow and minute are merged."),
	{ "flows.max", MEMBER(struct config, flows_max), 1000, 100000000, "1000000", "flows",
	  "Most flows held in memory at once; a full table is stored early, which costs rows and no data.",
	  NULL, CONFIG_NUMBER, CONFIG_FIXED },

	SECTION("nat", "Sessions, bindings and port blocks of NAT that are open (table NatBindings)."),
	{ "nat.bindings", MEMBER(struct config, nat.bindings), 1000, 16777216, "262144", "bindings",
	  "Most that may be open at once; where there are more, those that were told of longest ago are closed.", NULL, CONFIG_NUMBER, CONFIG_FIXED },
	{ "nat.timeout", MEMBER(struct config, nat.timeout_s), 60, 31622400, "86400", "seconds",
	  "When a binding is closed whose end nobody tells. NatLookup(ip, port, time) looks for ends as long after `time`; "
	  "of those that are open longer it finds the ones that are still open.", NULL, CONFIG_NUMBER, CONFIG_FIXED },

	SECTION("retention", "How long rows stay. The age of a row counts from its TimeGenerated or from when it was stored (imported), "
	        "whichever is later; rows go by whole files, once the newest of a file is too old. What went, and why, is in "
	        "CollectorLedger. Should the system's clock jump ahead, at most a day's worth of rows goes in an hour. Where no "
	        "collector runs, `weir workspace expire` does the same."),
	DAYS("flows",          flows,          "30",  "Flows, and rows imported into ATCExpressRouteCircuitIpfix"),
	DAYS("nat_events",     nat_events,     "365", "NatEvents"),
	DAYS("nat_bindings",   nat_bindings,   "365", "NatBindings; those that are open stay in any case"),
	DAYS("sflow_counters", sflow_counters, "30",  "SflowCounters"),
	DAYS("ledger",         ledger,         "365", "CollectorLedger"),
	DAYS("flows_hourly",   flows_hourly,   "365", "FlowsHourly; days that are over are in FlowsDaily"),
	DAYS("flows_daily",    flows_daily,    "3650", "FlowsDaily"),
	DAYS("query_audit",    query_audit,    "365", "QueryAudit"),
	{ "retention.size", MEMBER(struct config, retention.size_gib), 1, 1048576, NULL, "GiB",
	  "Most that the files of all tables may take together. Where they are more, the oldest rows of Flows go. Without it, age "
	  "and the disk alone count.", NULL, CONFIG_NUMBER, 0 },
	{ "retention.free", MEMBER(struct config, retention.free_mib), 1, 1073741824, NULL, "MiB",
	  "How much of the disk is left free. Where there is less, the oldest rows of Flows go; if that does not help, nothing is stored "
	  "until there is room again: the journal takes what comes, and once it is full datagrams are refused and counted. Without "
	  "it, 1024 MiB or a twentieth of the disk, whichever is less; never more than half of the disk.", NULL, CONFIG_NUMBER, 0 },

	SECTION("audit", "What is kept of what the workspace is asked."),
	{ "audit.queries", MEMBER(struct config, audit.queries), 0, 8, "on", AUDIT_QUERIES,
	  "Whether queries that the collector is told of become rows of QueryAudit: who asked what and when. `weir query` tells it of each.",
	  NULL, CONFIG_TEXT, 0 },

	{ "watchlists", MEMBER(struct config, watchlists), 0, 4000, "", NULL,
	  "Folder of CSV files: _GetWatchlist('name') in a query is the table NAME.csv, whose first line names its columns, "
	  "all of them texts.", NULL, CONFIG_TEXT, false },
	{ 0 },
};
/* clang-format on */

const struct config_key *config_key_find(const char *path, size_t len)
{
	for (const struct config_key *k = config_keys; k->path; k++)
		if (strlen(k->path) == len && memcmp(k->path, path, len) == 0)
			return k;
	return NULL;
}

const char *config_key_within(const struct config_key *key, const char *parent)
{
	size_t len = strlen(parent);
	if (strncmp(key->path, parent, len) != 0)
		return NULL;
	const char *word = key->path + len;
	if (len && *word++ != '.')
		return NULL;
	return strpbrk(word, ".[") ? NULL : word;
}

const char *config_key_nearest(const char *parent, const char *word)
{
	struct nearest nearest = nearest_to(word);
	for (const struct config_key *k = config_keys; k->path; k++) {
		const char *candidate = config_key_within(k, parent);
		if (candidate)
			nearest_offer(&nearest, candidate);
	}
	return nearest.best;
}

static void describe_range(const struct config_key *k, struct buf *out)
{
	switch (k->type) {
	case CONFIG_NUMBER:
		buf_printf(out, "%ju to %ju %s", (uintmax_t)k->least, (uintmax_t)k->most, k->unit);
		break;
	case CONFIG_TEXT:
		if (k->unit)
			buf_puts(out, k->unit);
		else
			buf_printf(out, "text of at most %ju bytes", (uintmax_t)k->most);
		break;
	case CONFIG_LIST: buf_printf(out, "list of at most %ju items", (uintmax_t)k->most); break;
	case CONFIG_PREFIX: buf_puts(out, "address or prefix"); break;
	case CONFIG_BANDWIDTH:
		buf_puts(out,
		         "bits per second, in thousands with k, millions with M, billions with G");
		break;
	default: break;
	}
}

static void describe_default(const struct config_key *k, struct buf *out)
{
	if (k->flags & CONFIG_REQUIRED)
		buf_puts(out, "; required");
	else if (!k->fallback)
		buf_puts(out, "; none by default");
	else if (k->type == CONFIG_TEXT)
		buf_printf(out, "; default \"%s\"", k->fallback);
	else
		buf_printf(out, "; default %s", k->fallback);
}

/* Breaks lines between words so that none is longer than 78 characters where that can be. */
static void add_wrapped(struct buf *out, const char *text)
{
	size_t column = 0;
	while (*text) {
		size_t len = strcspn(text, " ");
		if (column && column + 1 + len > 78) {
			buf_putc(out, '\n');
			column = 0;
		} else if (column) {
			buf_putc(out, ' ');
			column++;
		}
		buf_add(out, text, len);
		column += len;
		text += len + strspn(text + len, " ");
	}
	buf_putc(out, '\n');
}

static void describe_key(const struct config_key *k, struct buf *out)
{
	buf_printf(out, "\n%s %s\n\n", strchr(k->path, '.') ? "###" : "##", k->path);
	if (k->type != CONFIG_SECTION) {
		describe_range(k, out);
		describe_default(k, out);
		buf_puts(out, "\n\n");
	}
	add_wrapped(out, k->help);
	if (k->flags & CONFIG_FIXED)
		buf_puts(out, "\nRead at the start.\n");
}

void config_reference(struct buf *out)
{
	buf_puts(
	    out,
	    "# Configuration\n\n"
	    "A YAML file, given with `--config FILE`. Every key may be left out; `weir check "
	    "FILE`\n"
	    "says what is wrong with a file, and where. Anchors, aliases and tags are not used.\n\n"
	    "    constants:\n"
	    "        atc_region: westeurope\n"
	    "    sampling_default: 4096\n"
	    "    exporters:\n"
	    "        - prefix: 192.0.2.0/24\n"
	    "          sampling: 1024\n"
	    "    circuits:\n"
	    "        - vlan: 100\n"
	    "          customer_vlan: 200\n"
	    "          id: /subscriptions/…/expressRouteCircuits/frankfurt-1\n"
	    "          peering_type: AzurePrivatePeering\n"
	    "          bandwidth: 10G\n"
	    "    local:\n"
	    "        prefixes: [10.100.0.0/16]\n"
	    "    flows:\n"
	    "        max: 2000000\n");
	for (const struct config_key *k = config_keys; k->path; k++)
		describe_key(k, out);
}
