#include "weir/config_schema.h"

#include <string.h>

#include "core/base/nearest.h"
#include "weir/config.h"
#include "weir/config_circuits.h"
#include "weir/config_list.h"

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
	case CONFIG_TEXT: buf_printf(out, "text of at most %ju bytes", (uintmax_t)k->most); break;
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
