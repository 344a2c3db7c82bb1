#include "year_oracle.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MINUTES_PER_DAY = 24 * 60 };

static uint64_t *map_file(const char *path, size_t octets)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	void *at = MAP_FAILED;
	if (fd >= 0 && ftruncate(fd, (off_t)octets) == 0)
		at = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	close(fd);
	return at;
}

void oracle_open(struct oracle *o, const char *path, struct oracle_header header)
{
	size_t flows = header.days * header.groups * ORACLE_FLOW_COUNTS;
	size_t sources = header.days * header.sources;
	size_t ledger = header.days * header.exporters * ORACLE_LEDGER_COUNTS;
	size_t nat = header.days * ORACLE_NAT_COUNTS;
	uint64_t *at = map_file(path, sizeof header + (flows + sources + ledger + nat) * 8);
	o->header = (struct oracle_header *)at;
	*o->header = header;
	o->flows = at + sizeof header / 8;
	o->sources = o->flows + flows;
	o->ledger = o->sources + sources;
	o->nat = o->ledger + ledger;
}

static size_t day_of(const struct oracle *o, uint32_t minute)
{
	size_t day = minute / MINUTES_PER_DAY - o->header->first_day;
	assert(day < o->header->days);
	return day;
}

void oracle_flow(struct oracle *o, const struct oracle_flow *flow)
{
	size_t day = day_of(o, flow->minute);
	uint64_t *counts = o->flows + (day * o->header->groups + flow->group) * ORACLE_FLOW_COUNTS;
	counts[0]++;
	counts[1] += flow->bytes;
	counts[2] += flow->packets;
	o->sources[day * o->header->sources + flow->source] += flow->bytes * flow->sampling;
}

void oracle_datagrams(struct oracle *o, uint32_t minute, uint32_t exporter, uint64_t datagrams,
                      uint64_t records)
{
	size_t row = day_of(o, minute) * o->header->exporters + exporter;
	o->ledger[row * ORACLE_LEDGER_COUNTS] += datagrams;
	o->ledger[row * ORACLE_LEDGER_COUNTS + 1] += records;
}

void oracle_nat(struct oracle *o, uint32_t minute, uint64_t events, uint64_t ended)
{
	uint64_t *counts = o->nat + day_of(o, minute) * ORACLE_NAT_COUNTS;
	counts[0] += events;
	counts[1] += ended;
}
