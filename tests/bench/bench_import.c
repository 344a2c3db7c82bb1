/* bench_import: what each stage of an import costs, on a capture.
 *
 *     bench_import read|decode|merge FILE
 *
 * Each stage includes those before it: reading the file into datagrams, decoding them into rows,
 * merging the rows in the flow table.  Prints one JSON object: datagrams, records, rows (of the
 * table), CPU seconds of this process (user and system), the table's octets, the process' largest
 * resident size in octets. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "collector/decode/decode.h"
#include "collector/receive/capture_file.h"
#include "core/flow/table.h"

enum { MAX_ROWS = 1 << 24 };

enum stage { STAGE_READ, STAGE_DECODE, STAGE_MERGE, STAGE_COUNT };

static const char *const stage_names[STAGE_COUNT] = { "read", "decode", "merge" };

struct bench {
	enum stage stage;
	struct capture *capture;
	struct decoder *decoder;
	struct flow_table *table;
	uint64_t octets; /* of payloads: makes reading touch something */
};

static bool take_rows(void *context, struct batch *batch, struct err *e)
{
	struct bench *b = context;
	if (b->stage < STAGE_MERGE)
		return true;
	if (flow_table_merge(b->table, batch->rows, batch->count) < batch->count)
		return err_set(e, ERR_NOMEM, "the flow table is full");
	return true;
}

static bool bench_open(struct bench *b, const char *path, struct err *e)
{
	static const struct decoder_config config = { 0 };
	const struct decode_sink sink = { .rows = take_rows, .context = b };
	b->capture = capture_open(path, e);
	b->decoder = b->capture ? decoder_new(&config, &sink, e) : NULL;
	b->table = b->decoder ? flow_table_new(MAX_ROWS, e) : NULL;
	return b->table != NULL;
}

static bool bench_run(struct bench *b, struct err *e)
{
	struct datagram d;
	while (capture_next(b->capture, &d, e)) {
		b->octets += d.len;
		if (b->stage >= STAGE_DECODE && !decoder_read(b->decoder, &d, e))
			return false;
	}
	return e->code == ERR_NONE && decoder_flush(b->decoder, e);
}

static void bench_close(struct bench *b)
{
	flow_table_free(b->table);
	decoder_free(b->decoder);
	capture_close(b->capture);
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void report(const struct bench *b)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	printf("{\"stage\":\"%s\",\"datagrams\":%" PRIu64 ",\"octets\":%" PRIu64
	       ",\"records\":%" PRIu64
	       ",\"rows\":%zu,\"cpu\":%.6f,\"table\":%zu,\"resident\":%ld}\n",
	       stage_names[b->stage], capture_counts(b->capture).datagrams, b->octets,
	       decoder_counts(b->decoder)->records, flow_table_count(b->table),
	       seconds(usage.ru_utime) + seconds(usage.ru_stime), flow_table_memory(b->table),
	       usage.ru_maxrss * 1024);
}

static enum stage stage_of(const char *name)
{
	enum stage stage = 0;
	while (stage < STAGE_COUNT && strcmp(stage_names[stage], name) != 0)
		stage++;
	return stage;
}

int main(int argc, char **argv)
{
	struct bench b = { .stage = argc == 3 ? stage_of(argv[1]) : STAGE_COUNT };
	struct err e = { 0 };
	if (b.stage == STAGE_COUNT) {
		fprintf(stderr, "usage: %s read|decode|merge FILE\n", argv[0]);
		return 2;
	}
	bool ok = bench_open(&b, argv[2], &e) && bench_run(&b, &e);
	if (ok)
		report(&b);
	else
		fprintf(stderr, "bench_import: %s\n", e.text);
	bench_close(&b);
	return ok ? 0 : 1;
}
