#include "workspace/parquet_delta.h"

#include <endian.h>
#include <string.h>

#include "workspace/varint.h"

enum { MINIBLOCKS = DELTA_BLOCK / DELTA_MINIBLOCK };

static void put_word(uint8_t *at, uint64_t word)
{
	uint64_t little = htole64(word);
	memcpy(at, &little, sizeof little);
}

void bits_pack(const uint64_t numbers[DELTA_MINIBLOCK], unsigned bits, uint8_t *octets)
{
	uint64_t word = 0;
	unsigned used = 0; /* bits of word */
	for (size_t i = 0; i < DELTA_MINIBLOCK; i++) {
		word |= numbers[i] << used;
		used += bits;
		if (used < 64)
			continue;
		put_word(octets, word);
		octets += sizeof word;
		used -= 64;
		word = used ? numbers[i] >> (bits - used) : 0;
	}
	uint32_t half = htole32((uint32_t)word);
	if (used) /* 32 numbers fill whole words or leave half of one */
		memcpy(octets, &half, sizeof half);
}

void delta_done(struct delta *d)
{
	buf_done(&d->body);
}

void delta_clear(struct delta *d, bool narrow)
{
	d->narrow = narrow;
	d->count = 0;
	d->pending_count = 0;
	buf_clear(&d->body);
}

/* One block: its smallest difference, four numbers of bits, and the miniblocks.  Of a block that is
 * not full, what is missing of a miniblock is zeros, and whole miniblocks are left out. */
static void add_block(struct delta *d)
{
	uint8_t octets[VARINT_MAX + MINIBLOCKS + DELTA_BLOCK * sizeof(uint64_t)];
	uint64_t above[DELTA_BLOCK];
	size_t count = d->pending_count;
	int64_t least = INT64_MAX;
	for (size_t i = 0; i < count; i++)
		least = d->pending[i] < least ? d->pending[i] : least;
	for (size_t i = 0; i < count; i++)
		above[i] = (uint64_t)d->pending[i] - (uint64_t)least;
	for (size_t i = count; i < DELTA_BLOCK; i++)
		above[i] = 0;
	size_t len = varint_put(octets, zigzag(least));
	uint8_t *widths = octets + len;
	len += MINIBLOCKS;
	for (size_t m = 0; m < MINIBLOCKS; m++) {
		uint64_t all = 0;
		for (size_t i = 0; i < DELTA_MINIBLOCK; i++)
			all |= above[m * DELTA_MINIBLOCK + i];
		widths[m] = all ? (uint8_t)(64 - __builtin_clzll(all)) : 0;
		if (!all)
			continue;
		bits_pack(above + m * DELTA_MINIBLOCK, widths[m], octets + len);
		len += 4u * widths[m];
	}
	buf_add(&d->body, (const char *)octets, len);
	d->pending_count = 0;
}

/* Differences wrap, as the format has it. */
static void subtract(struct delta *d, const int64_t *values, size_t count)
{
	int64_t *out = d->pending + d->pending_count;
	out[0] = (int64_t)((uint64_t)values[0] - (uint64_t)d->last);
	for (size_t i = 1; i < count; i++)
		out[i] = (int64_t)((uint64_t)values[i] - (uint64_t)values[i - 1]);
	if (d->narrow)
		for (size_t i = 0; i < count; i++)
			out[i] = (int32_t)out[i];
	d->last = values[count - 1];
	d->pending_count += count;
}

void delta_add(struct delta *d, const int64_t *values, size_t count)
{
	if (count && d->count == 0) {
		d->first = d->last = *values++;
		d->count = 1;
		count--;
	}
	d->count += count;
	while (count) {
		size_t room = DELTA_BLOCK - d->pending_count;
		size_t n = count < room ? count : room;
		subtract(d, values, n);
		if (d->pending_count == DELTA_BLOCK)
			add_block(d);
		values += n;
		count -= n;
	}
}

void delta_finish(struct delta *d, struct buf *head)
{
	if (d->pending_count)
		add_block(d);
	varint_add(head, DELTA_BLOCK);
	varint_add(head, MINIBLOCKS);
	varint_add(head, d->count);
	varint_add(head, zigzag(d->count ? d->first : 0));
}
