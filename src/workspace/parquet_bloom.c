#include "workspace/parquet_bloom.h"

#include <stdlib.h>

#include "core/base/buf.h"
#include "workspace/bloom_block.h"
#include "workspace/thrift.h"

enum { BLOCKS_MAX = 16384 };

void parquet_bloom_done(struct parquet_bloom *b)
{
	free(b->hashes);
	*b = (struct parquet_bloom){ 0 };
}

static bool grow(struct parquet_bloom *b)
{
	size_t room = b->room ? b->room * 2 : 1024;
	uint64_t *hashes = realloc(b->hashes, room * sizeof *hashes);
	b->failed |= !hashes;
	if (!hashes)
		return false;
	b->hashes = hashes;
	b->room = room;
	return true;
}

void parquet_bloom_add(struct parquet_bloom *b, uint64_t hash)
{
	if (b->count && hash == b->last)
		return;
	if (b->count == b->room && !grow(b))
		return;
	b->hashes[b->count++] = b->last = hash;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void make_distinct(struct parquet_bloom *b)
{
	size_t kept = 0;
	if (b->count)
		qsort(b->hashes, b->count, sizeof *b->hashes, by_value);
	for (size_t i = 0; i < b->count; i++)
		if (!kept || b->hashes[i] != b->hashes[kept - 1])
			b->hashes[kept++] = b->hashes[i];
	b->count = kept;
}

/* A union of which this member, an empty structure, is set. */
static void add_choice(struct thrift *t, int field)
{
	struct thrift choice = thrift_struct(t, field);
	struct thrift empty = thrift_struct(&choice, 1);
	thrift_end(&empty);
	thrift_end(&choice);
}

static void add_header(struct buf *head, size_t octets)
{
	struct thrift t = thrift_begin(head);
	thrift_i32(&t, 1, (int32_t)octets);
	add_choice(&t, 2); /* split blocks */
	add_choice(&t, 3); /* XXH64 */
	add_choice(&t, 4); /* not compressed */
	thrift_end(&t);
}

size_t parquet_bloom_write(struct parquet_bloom *b, FILE *file)
{
	make_distinct(b);
	size_t blocks = b->count * PARQUET_BLOOM_BITS / 8 / BLOOM_BLOCK_OCTETS + 1;
	if (blocks > BLOCKS_MAX)
		blocks = BLOCKS_MAX;
	uint8_t *filter = calloc(blocks, BLOOM_BLOCK_OCTETS);
	struct buf head = { 0 };
	add_header(&head, blocks * BLOOM_BLOCK_OCTETS);
	bool ok = filter && !head.failed && !b->failed;
	for (size_t i = 0; ok && i < b->count; i++)
		bloom_block_set(filter + ((b->hashes[i] >> 32) * blocks >> 32) * BLOOM_BLOCK_OCTETS,
		                (uint32_t)b->hashes[i]);
	if (ok) {
		fwrite(buf_text(&head), 1, head.len, file);
		fwrite(filter, BLOOM_BLOCK_OCTETS, blocks, file);
	}
	size_t octets = head.len + blocks * BLOOM_BLOCK_OCTETS;
	free(filter);
	buf_done(&head);
	b->count = 0;
	return ok ? octets : 0;
}
