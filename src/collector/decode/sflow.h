/* sflow: the samples of an sFlow datagram to rows.
 *
 * A flow sample is one packet.  It becomes a row contribution of one packet, which merges with
 * others of its flow and minute as records of NetFlow do:
 *
 *     Exporter           the agent's address as the datagram tells it: what identifies a device in
 *                        sFlow, whichever of its interfaces the datagram left by and whatever
 * relayed it.  Where it is not told, or is one that no device is reached by (unspecified, loopback:
 * hosts that were never configured), the address that the datagram came from. ObservationDomain the
 * sub-agent: sequences and data sources are counted for each. FlowRecordTime     arrival: a
 * datagram tells how long its device has run, but no time. Flowsequence       the datagram's
 * sequence x 65536 + the sample's number in it. SamplingInterval   the rate that the sample itself
 * tells; an operator's goes first; 0 is none. NumberOfPackets    1, and NumberOfBytes below: never
 * scaled. InputInterface,    ifIndex.  0 for the device itself (0x3fffffff), as in NetFlow; null
 * where it OutputInterface    is not known (0), the packet was discarded, or left by several. VLANs
 * tags that the agent had removed (extended_vlantunnel) and then those in the header; where there
 * are none, the VLAN of the port (extended_switch). NextHop, masks     extended_router. BgpNextHop,
 * ASNs  extended_gateway: the destination's is the last one of the path's last sequence, and the
 * agent's own where the path is empty.  The specification says 0 for what is not known: null. all
 * others         the packet's own headers (packet_row.h), else sampled_ipv4 or sampled_ipv6.
 *
 * NumberOfBytes is the sampled header's frame_length less `stripped`.  frame_length is what was on
 * the network, frame check sequence included; `stripped` counts what the agent took off, the check
 * sequence (4) of Ethernet and for packets that are sampled as IP (protocol 11 and 12) their whole
 * link header too: what is left is the frame without check sequence, as it is in captures and in
 * interface counters of hosts, or the IP packet.  Agents that count payload they did not send as
 * stripped are known; therefore it is never less than what the packet's own headers say, nor more
 * than frame_length.  sampled_ipv4 and sampled_ipv6 tell the IP packet's length.
 *
 * A sample of counters is a row of SflowCounters (counters.h).  Discarded packets are counted and
 * make no rows: they are told at a limited rate, not sampled, and adding them to traffic would be
 * wrong. */
#pragma once

#include "collector/decode/decode.h"
#include "collector/decode/stream.h"
#include "core/base/attr.h"
#include "core/base/err.h"

/* Who sent it, by the rule above. */
struct ip sflow_exporter(const struct datagram *datagram, const struct message *message);

/* One datagram and where its samples go. */
struct sflow_walk {
	const struct datagram *datagram;
	const struct message *message;
	struct ip exporter;
	uint32_t fixed_rate;   /* the operator's, or 0 */
	uint32_t default_rate; /* where a sample tells none, or 0 */
	struct stream_table *streams;
	struct stream *stream;
	const struct decode_sink *sink;
	struct decode_counts *counts;
	struct batch *batch;
	bool malformed;   /* set where something in it could not be decoded */
	uint32_t samples; /* how many there were, of formats that are known */
};

/* Decodes all samples.  False only where the sink failed. */
MUST_CHECK bool sflow_walk(struct sflow_walk *walk, struct err *e);
