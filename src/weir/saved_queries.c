#include "weir/saved_queries.h"

#include <string.h>

#include "core/base/nearest.h"

/* Where a row's sampling rate is known its traffic is estimated, else it is as captured. */
#define BYTES   "coalesce(EstimatedBytes, NumberOfBytes)"
#define PACKETS "coalesce(EstimatedPackets, NumberOfPackets)"
#define TRAFFIC "Bytes = sum(" BYTES "), Packets = sum(" PACKETS ")"

const struct saved_query saved_queries[] = {
	{ "top-talkers", "the 20 sources that sent most",
	  "Flows\n| summarize " TRAFFIC ", Flows = count() by SourceIp\n| top 20 by Bytes" },
	{ "top-ports", "the 20 destination ports with most traffic, by protocol",
	  "Flows\n| where isnotnull(DestinationPort)\n"
	  "| summarize " TRAFFIC
	  ", Flows = count() by Protocol, DestinationPort\n| top 20 by Bytes" },
	{ "top-pairs", "the 20 pairs of source and destination with most traffic",
	  "Flows\n| summarize " TRAFFIC ", Flows = count() by SourceIp, DestinationIp\n"
	  "| top 20 by Bytes" },
	{ "circuits", "traffic of each circuit by peering and direction",
	  "Flows\n| summarize " TRAFFIC ", Last = max(TimeGenerated)\n"
	  "    by ExRCircuitId, PeeringType, Direction\n| sort by Bytes" },
	{ "throughput", "bits per second, minute by minute",
	  "Flows\n| summarize BitsPerSecond = sum(" BYTES ") * 8 / 60 by bin(TimeGenerated, 1m)\n"
	  "| sort by TimeGenerated asc\n| render timechart" },
	{ "exporters",
	  "what each exporter sent: flows, traffic, sampling rates, first and last minute",
	  "Flows\n| summarize Flows = count(), Records = sum(RecordCount), " TRAFFIC ",\n"
	  "    Sampling = make_set(SamplingInterval, 8), First = min(TimeGenerated),\n"
	  "    Last = max(TimeGenerated) by Exporter, ObservationDomain\n| sort by Bytes" },
	{ "nat", "NAT and firewall events by kind and exporter, with the first and last of them",
	  "NatEvents\n| summarize Events = count(), First = min(TimeGenerated), Last = "
	  "max(TimeGenerated)\n"
	  "    by NatEvent, Dialect, Exporter\n| sort by Events desc" },
	{ "audit", "the 50 queries that were asked last, by whom, and what became of them",
	  "QueryAudit\n| top 50 by _TimeReceived\n"
	  "| project _TimeReceived, User, Uid, RequestClientApp, State, Rows = ResponseRowCount,\n"
	  "    Ms = ResponseDurationMs, QueryText" },
	{ 0 },
};

const struct saved_query *saved_query_find(const char *name, const char **ret_near)
{
	struct nearest near = nearest_to(name);
	for (const struct saved_query *q = saved_queries; q->name; q++) {
		if (strcmp(q->name, name) == 0)
			return q;
		nearest_offer(&near, q->name);
	}
	if (ret_near)
		*ret_near = near.best;
	return NULL;
}
