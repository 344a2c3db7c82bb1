#include "collector/enrich/direction.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;

/* All addresses from one to another, both included. */
struct range {
	u128 from, to;
};

struct local_side {
	size_t asn_count, range_count;
	uint32_t *asns;       /* ascending */
	struct range *ranges; /* ascending, apart from each other */
};

const char *const direction_texts[DIRECTION_COUNT] = { "", "Inbound", "Outbound" };

static u128 number_of(const struct ip *ip)
{
	uint64_t half[2];
	memcpy(half, ip, sizeof half);
	return (u128)be64toh(half[0]) << 64 | be64toh(half[1]);
}

/* IPv4 addresses are numbers of their own, in the midst of IPv6's (core/base/ip.h). */
#define V4_FROM ((u128)0xffff << 32)
#define V4_TO   (V4_FROM | 0xffffffff)

/* Writes the one or two ranges of a prefix: an IPv6 prefix holds no IPv4 address. */
static size_t ranges_of(const struct ip_prefix *prefix, struct range ret[2])
{
	bool v4 = ip_is_v4(&prefix->ip);
	unsigned bits = prefix->bits + (v4 ? 96 : 0);
	u128 from = number_of(&prefix->ip);
	u128 to = from | (bits ? ((u128)1 << (128 - bits)) - 1 : ~(u128)0);
	ret[0] = (struct range){ from, to };
	if (v4 || from > V4_FROM || to < V4_TO)
		return 1;
	ret[0].to = V4_FROM - 1;
	ret[1] = (struct range){ V4_TO + 1, to };
	return 2;
}

static int by_asn(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return a < b ? -1 : a > b;
}

static int by_start(const void *left, const void *right)
{
	const struct range *a = left, *b = right;
	return a->from < b->from ? -1 : a->from > b->from;
}

/* Joins ranges that overlap; prefixes do so only by holding one another. */
static size_t join(struct range *ranges, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		if (kept && ranges[i].from <= ranges[kept - 1].to) {
			if (ranges[i].to > ranges[kept - 1].to)
				ranges[kept - 1].to = ranges[i].to;
		} else {
			ranges[kept++] = ranges[i];
		}
	}
	return kept;
}

struct local_side *local_side_new(const struct local_ends *ends, struct err *e)
{
	size_t asns = ends->asns.count, prefixes = ends->prefixes.count;
	assert(asns <= LOCAL_MAX && prefixes <= LOCAL_MAX);
	struct local_side *side = calloc(1, sizeof *side);
	if (!side)
		goto fail;
	side->asns = malloc((asns + 1) * sizeof *side->asns);
	side->ranges = malloc((prefixes * 2 + 1) * sizeof *side->ranges);
	if (!side->asns || !side->ranges)
		goto fail;
	for (size_t i = 0; i < asns; i++)
		side->asns[side->asn_count++] = ends->asns.items[i];
	for (size_t i = 0; i < prefixes; i++)
		side->range_count +=
		    ranges_of(&ends->prefixes.items[i], side->ranges + side->range_count);
	qsort(side->asns, asns, sizeof *side->asns, by_asn);
	qsort(side->ranges, side->range_count, sizeof *side->ranges, by_start);
	side->range_count = join(side->ranges, side->range_count);
	return side;

fail:
	err_set(e, ERR_NOMEM, "no memory for local ASNs and prefixes");
	local_side_free(side);
	return NULL;
}

void local_side_free(struct local_side *side)
{
	if (!side)
		return;
	free(side->asns);
	free(side->ranges);
	free(side);
}

/* Both searches narrow to the last item that does not come behind the one sought: a step is a
 * conditional move, which no address that a sender chooses can make slower. */
static bool asn_is_local(const struct local_side *side, uint32_t asn)
{
	const uint32_t *at = side->asns;
	for (size_t left = side->asn_count; left > 1; left -= left / 2)
		at = at[left / 2] <= asn ? at + left / 2 : at;
	return side->asn_count && *at == asn;
}

static bool address_is_local(const struct local_side *side, const struct ip *ip)
{
	if (!side->range_count)
		return false;
	u128 number = number_of(ip);
	const struct range *at = side->ranges;
	for (size_t left = side->range_count; left > 1; left -= left / 2)
		at = at[left / 2].from <= number ? at + left / 2 : at;
	return at->from <= number && number <= at->to;
}

enum direction direction_of(const struct local_side *side, const struct flow_row *row)
{
	const struct flow_key *key = &row->key;
	bool src = (key->present & COLUMN_BIT(SrcAsn)) && asn_is_local(side, key->src_asn);
	bool dst = (key->present & COLUMN_BIT(DstAsn)) && asn_is_local(side, key->dst_asn);
	src = src ||
	      ((key->present & COLUMN_BIT(SourceIp)) && address_is_local(side, &key->src_addr));
	dst = dst || ((key->present & COLUMN_BIT(DestinationIp)) &&
	              address_is_local(side, &key->dst_addr));
	if (src == dst)
		return DIRECTION_UNKNOWN;
	return dst ? DIRECTION_INBOUND : DIRECTION_OUTBOUND;
}
