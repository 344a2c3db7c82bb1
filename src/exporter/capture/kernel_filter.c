#include "exporter/capture/kernel_filter.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>

enum { PACKET_SHIFT = 9 }; /* 512 octets, the least that a packet of a glued frame should have */

uint32_t kernel_filter_accepted(uint32_t interval, uint32_t frame_len)
{
	uint32_t most = (frame_len >> PACKET_SHIFT) + 1;
	return most < interval ? most : interval;
}

#define ANCILLARY(what) (uint32_t)(SKF_AD_OFF + (what))

static const struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);

/* Drops what goes the other way. */
static size_t write_direction(enum kernel_filter_direction direction, struct sock_filter *ret)
{
	bool ingress = direction == KERNEL_FILTER_INGRESS;
	if (direction == KERNEL_FILTER_BOTH)
		return 0;
	ret[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ANCILLARY(SKF_AD_PKTTYPE));
	ret[1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING,
	                                      ingress ? 0 : 1, ingress ? 1 : 0);
	ret[2] = drop;
	return 3;
}

/* Drops a frame unless a random number modulo the interval is below what
 * kernel_filter_accepted says. */
static size_t write_chance(uint32_t interval, struct sock_filter *ret)
{
	bool power_of_two = (interval & (interval - 1)) == 0;
	const struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, PACKET_SHIFT),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ANCILLARY(SKF_AD_RANDOM)),
		power_of_two ? (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, interval - 1)
			     : (struct sock_filter)BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, interval),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_X, 0, 0, 1),
		drop,
	};
	if (interval == 1)
		return 0;
	memcpy(ret, program, sizeof program);
	return ARRAY_LEN(program);
}

size_t kernel_filter_write(const struct kernel_filter *filter,
                           struct sock_filter ret[KERNEL_FILTER_MOST])
{
	size_t n = write_direction(filter->direction, ret);
	n += write_chance(filter->interval, ret + n);
	ret[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, filter->snap_len);
	return n;
}

bool kernel_filter_attach(int fd, const struct kernel_filter *filter, struct err *e)
{
	struct sock_filter code[KERNEL_FILTER_MOST];
	struct sock_fprog program = { (unsigned short)kernel_filter_write(filter, code), code };
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0)
		return true;
	return err_set(e, ERR_IO, "the kernel takes no sampling filter: %s", strerror(errno));
}
