#include "workspace/retention.h"

#define FLOOR_MOST ((uint64_t)1 << 30)
enum { FLOOR_PART = 20, FLOOR_MOST_PART = 2 };

uint64_t retention_floor(const struct retention_policy *policy, const struct disk_space *space)
{
	uint64_t part = space->total / FLOOR_PART;
	uint64_t most = space->total / FLOOR_MOST_PART;
	if (policy->free)
		return policy->free < most ? policy->free : most;
	return part < FLOOR_MOST ? part : FLOOR_MOST;
}

int64_t retention_since(const struct segment *s)
{
	return s->time.to > s->committed_at ? s->time.to : s->committed_at;
}

int64_t retention_clock(int64_t reached, int64_t wall, int64_t elapsed)
{
	if (wall <= reached)
		return reached;
	return (wall - reached) / RETENTION_SPEED < elapsed ? wall
	                                                    : reached + elapsed * RETENTION_SPEED;
}

int64_t retention_before(int64_t age, int64_t reached, int64_t wall)
{
	if (age == 0)
		return INT64_MIN;
	return (reached < wall ? reached : wall) - age;
}

static bool is_kept(const struct retention_wish *wish, int64_t id)
{
	size_t from = 0, to = wish->kept_count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (wish->kept[middle] < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from < wish->kept_count && wish->kept[from] == id;
}

size_t retention_choose(const struct segment_list *oldest, const struct retention_wish *wish,
                        size_t *ret)
{
	size_t count = 0;
	uint64_t octets = 0;
	for (size_t i = 0; i < oldest->count && count < wish->most; i++) {
		const struct segment *s = &oldest->items[i];
		if (retention_since(s) >= wish->before && octets >= wish->octets)
			break;
		if (is_kept(wish, s->id))
			continue;
		octets += (uint64_t)s->bytes;
		ret[count++] = i;
	}
	return count;
}
