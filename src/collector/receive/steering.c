#include "collector/receive/steering.h"

#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/cursor.h"

/* 2^32 divided by the golden ratio: multiplying carries every bit of an address upwards. */
#define SPREAD 0x9e3779b1u

static uint32_t mixed(uint32_t hash, uint32_t word)
{
	return (hash ^ word) * SPREAD;
}

unsigned steering_choose(const struct ip *from, unsigned sockets)
{
	uint32_t hash = 0;
	for (int at = ip_is_v4(from) ? 12 : 0; at < 16; at += 4)
		hash = mixed(hash, be32(from->b + at));
	return (hash >> 16) * sockets >> 16; /* the upper bits: they depend on all others */
}

/* Offsets are counted from the IP header: RFC 791 section 3.1, RFC 8200 section 3. */
#define AT(offset) ((uint32_t)SKF_NET_OFF + (offset))
/* The hash in X, one word of the address: X = A = (X ^ word) * SPREAD. */
#define MIX(offset)                                                                                \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(offset)), BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),    \
	    BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, SPREAD), BPF_STMT(BPF_MISC | BPF_TAX, 0)
enum { MIX_LEN = 4 };

bool steering_attach(int fd, unsigned sockets, struct err *e)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, AT(0)), /* version and header length */
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, MIX_LEN + 1),
		MIX(12),
		BPF_JUMP(BPF_JMP | BPF_JA, 4 * MIX_LEN, 0, 0),
		MIX(8),
		MIX(12),
		MIX(16),
		MIX(20),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
		BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, sockets),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog chosen = { ARRAY_LEN(program), program };
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &chosen, sizeof chosen) == 0)
		return true;
	return err_set(e, ERR_IO, "exporters cannot be kept apart by worker: %s", strerror(errno));
}
