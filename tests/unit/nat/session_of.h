/* session_of: sessions as tests write them down. */
#pragma once

#include <arpa/inet.h>

#include "exporter/nat/session.h"

/* From inside 10.0.0.0 + host, port `port`, by 203.0.113.10:post_port to 192.0.2.9:53. */
static inline struct session session_of(uint8_t host, uint16_t port, uint16_t post_port)
{
	return (struct session){
		.key = { .id = (uint32_t)port << 8 | host,
		         .src = htonl(0x0a000000U + host),
		         .dst = htonl(0xc0000209U),
		         .src_port = port,
		         .dst_port = 53,
		         .protocol = 17 },
		.post_src = htonl(0xcb00710aU),
		.post_dst = htonl(0xc0000209U),
		.post_src_port = post_port,
		.post_dst_port = 53,
	};
}
