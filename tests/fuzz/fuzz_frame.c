/* Laws, whatever is in frames: what is read of one lies within the octets that were captured; one
 * that could not be read has no IP version; and what was put together of fragments is an IP
 * packet's length at most, of octets that came at that place of one of them.
 *
 * The input: an octet that chooses the link type, and frames: 12 bits of captured length, four that
 * say how much longer each was on the wire. */
#include "fuzz.h"

#include "core/base/ticks.h"
#include "core/packet/defrag.h"
#include "core/packet/frame.h"

enum { BODY_MAX = 65535, FRAMES_MAX = 64 };

/* LINKTYPE_NULL, ETHERNET, RAW, LOOP, LINUX_SLL, IPV4, IPV6, MPLS, LINUX_SLL2, and one unknown. */
static const int links[] = { 0, 1, 12, 101, 108, 113, 228, 229, 219, 276, 147 };

static bool lies_within(const struct cur *part, const struct cur *whole)
{
	return part->at >= whole->at && part->at <= part->end && part->end <= whole->end;
}

/* Fragments so far, and where what was put together must have come from. */
struct fragments {
	struct defrag *defrag; /* NULL until the first came */
	struct {
		uint32_t offset;
		struct cur octets;
	} seen[FRAMES_MAX];
	size_t count;
};

/* Whether a fragment had this octet at this place. */
static bool octet_came(const struct fragments *all, uint32_t offset, uint8_t octet)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct cur *octets = &all->seen[i].octets;
		uint32_t from = all->seen[i].offset;
		if (offset >= from && offset - from < cur_left(octets) &&
		    octets->at[offset - from] == octet)
			return true;
	}
	return false;
}

static void add_fragment(struct fragments *all, struct frame *f, int64_t now)
{
	if (!all->defrag)
		all->defrag = defrag_new(NULL);
	assert(all->defrag && all->count < FRAMES_MAX);
	all->seen[all->count].offset = f->fragment.offset;
	all->seen[all->count++].octets = f->body;
	bool whole = defrag_add(all->defrag, now, f);
	assert(defrag_held(all->defrag) <= DEFRAG_DATAGRAMS);
	if (!whole)
		return;
	assert(!f->fragment.is && cur_left(&f->body) <= BODY_MAX);
	for (uint32_t i = 0; i < cur_left(&f->body); i++)
		assert(octet_came(all, i, f->body.at[i]));
	assert(!f->payload.at || lies_within(&f->payload, &f->body));
}

static void read_frame(struct fragments *all, int link, struct cur bytes, size_t wire_len,
                       int64_t now)
{
	struct frame f;
	enum frame_rc rc = frame_parse(link, bytes, wire_len, &f);
	if (rc != FRAME_OK) {
		assert(f.ip_version == 0 && !f.body.at && !f.payload.at);
		return;
	}
	assert(f.ip_version == 4 || f.ip_version == 6);
	assert(lies_within(&f.body, &bytes) && f.extensions <= FRAME_EXTENSIONS_MAX);
	assert(!f.payload.at || lies_within(&f.payload, &f.body));
	assert(!f.fragment.is || !f.payload.at);
	if (f.fragment.is)
		add_fragment(all, &f, now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur input = cur_of(data, size), octets;
	const uint8_t *link = cur_take(&input, 1);
	uint8_t *frames[FRAMES_MAX];
	size_t count = 0;
	unsigned longer;
	struct fragments all = { .defrag = NULL };
	while (link && count < FRAMES_MAX && part_next(&input, 12, &octets, &longer)) {
		size_t len = cur_left(&octets);
		frames[count] = exact_copy(octets);
		read_frame(&all, links[*link % ARRAY_LEN(links)], cur_of(frames[count], len),
		           len + longer, (int64_t)count * TICKS_PER_SECOND);
		count++;
	}
	defrag_free(all.defrag);
	while (count > 0)
		free(frames[--count]);
	return 0;
}
