/* session: a translated IPv4 connection as the kernel's connection tracking has it.
 *
 * Addresses are in network order, ports in host order.  ICMP has no ports but the identifier of its
 * queries, which translators treat like one (RFC 5508 section 3.1): it stands as source port, and 0
 * as destination port. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The connection as its first packet came in, and the kernel's number for it.  The number is a hash
 * and alone not unique. */
struct session_key {
	uint32_t id;
	uint32_t src, dst;
	uint16_t src_port, dst_port;
	uint8_t protocol;
	uint8_t pad[7]; /* zero */
};
_Static_assert(sizeof(struct session_key) == 24, "no hidden padding, whole words");

/* And as it is sent on. */
struct session {
	struct session_key key;
	uint32_t post_src, post_dst;
	uint16_t post_src_port, post_dst_port;
	uint32_t generation; /* session_table.h: of the dump that last held it */
	bool dead;           /* session_table.h: its end was told */
	bool silent;         /* tracker.h: the kernel may not tell of its end */
};

static inline bool session_is_source_translated(const struct session *s)
{
	return s->post_src != s->key.src || s->post_src_port != s->key.src_port;
}

static inline bool session_is_destination_translated(const struct session *s)
{
	return s->post_dst != s->key.dst || s->post_dst_port != s->key.dst_port;
}
