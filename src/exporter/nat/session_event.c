#include "exporter/nat/session_event.h"

#include <stdlib.h>
#include <string.h>

#include "core/flow/nat_event.h"
#include "exporter/nat/event.h"

enum { NAT64_PREFIX = 12 /* octets */ };

bool session_event_wanted(const struct session *session, const struct nat_logging *config)
{
	return config->destinations || session_is_source_translated(session);
}

static struct ip ip_of(uint32_t network)
{
	return ip_from_v4((const uint8_t *)&network);
}

static int compare_v4(const void *key, const void *host)
{
	return memcmp(key, &((const struct nat64_host *)host)->ipv4.ip, sizeof(struct ip));
}

static const struct nat64_host *host_behind(const struct session *session,
                                            const struct nat_logging *config)
{
	struct ip source = ip_of(session->key.src);
	if (!config->nat64_host_count || !session_is_source_translated(session))
		return NULL;
	return bsearch(&source, config->nat64_hosts, config->nat64_host_count,
	               sizeof config->nat64_hosts[0], compare_v4);
}

static void set_before(struct nat_event *event, const struct session *session,
                       const struct nat64_host *host, const struct nat_logging *config)
{
	event->src_addr = host ? host->ipv6.ip : ip_of(session->key.src);
	event->dst_addr = ip_of(session->key.dst);
	if (host)
		memcpy(event->dst_addr.b, config->nat64_prefix.b, NAT64_PREFIX);
	event->src_port = session->key.src_port;
	event->dst_port = session->key.dst_port;
	event->protocol = session->key.protocol;
	event->present |= PLAIN_BIT(NAT, SourceIp) | PLAIN_BIT(NAT, DestinationIp) |
	                  PLAIN_BIT(NAT, SourcePort) | PLAIN_BIT(NAT, DestinationPort) |
	                  PLAIN_BIT(NAT, Protocol);
}

static void set_after(struct nat_event *event, const struct session *session,
                      const struct nat_logging *config)
{
	struct ip outside = ip_of(session->post_src);
	event_set_outside(event, &outside, config);
	event->post_src_port = session->post_src_port;
	event->post_dst_addr = ip_of(session->post_dst);
	event->post_dst_port = session->post_dst_port;
	event->present |= PLAIN_BIT(NAT, PostNatSourcePort) | PLAIN_BIT(NAT, PostNatDestinationIp) |
	                  PLAIN_BIT(NAT, PostNatDestinationPort);
}

struct nat_event session_event(const struct session *session, bool begins, int64_t time,
                               const struct nat_logging *config)
{
	const struct nat64_host *host = host_behind(session, config);
	uint8_t code = host ? (begins ? NAT64_SESSION_CREATE : NAT64_SESSION_DELETE)
	                    : (begins ? NAT44_SESSION_CREATE : NAT44_SESSION_DELETE);
	struct nat_event event = event_of(code, time, config);
	set_before(&event, session, host, config);
	set_after(&event, session, config);
	return event;
}
