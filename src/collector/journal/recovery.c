#include "collector/journal/recovery.h"

#include <inttypes.h>
#include <stdlib.h>

#include "collector/journal/ring_file.h"

struct recovery {
	struct ring_file file;
	uint64_t limit; /* nothing can have been written from here on */
	struct recovery_report report;
};

struct recovery *recovery_open(const char *path, const uint8_t workspace[16], uint64_t from,
                               struct err *e)
{
	struct recovery *r = malloc(sizeof *r);
	if (!r) {
		err_set(e, ERR_NOMEM, "no memory");
		return NULL;
	}
	*r = (struct recovery){ .file.fd = -1 };
	if (from % RING_UNIT != 0 || from > RING_POSITION_MAX) {
		err_set(e, ERR_DATA, "reading ring '%s': %" PRIu64 " is no position", path, from);
		goto fail;
	}
	if (!ring_file_open(path, workspace, &r->file, e))
		goto fail;
	r->report.end = from < r->file.start ? r->file.start : from;
	r->report.worker = r->file.worker;
	r->limit = r->report.end + r->file.size;
	return r;

fail:
	recovery_close(r);
	return NULL;
}

void recovery_close(struct recovery *r)
{
	if (r)
		ring_file_close(&r->file);
	free(r);
}

/* The first position at or behind the end so far at which a whole record stands, or the limit. */
static uint64_t find(const struct recovery *r)
{
	uint64_t at = r->report.end;
	while (at < r->limit && !ring_file_holds(&r->file, at))
		at += RING_UNIT;
	return at;
}

bool recovery_next(struct recovery *r, struct ring_record *ret)
{
	uint64_t at = find(r);
	if (at >= r->limit) {
		r->limit = r->report.end;
		return false;
	}
	if (at > r->report.end) {
		r->report.holes++;
		r->report.hole_octets += at - r->report.end;
	}
	*ret = ring_file_record(&r->file, at);
	r->report.records++;
	r->report.end = ret->end;
	return true;
}

const struct recovery_report *recovery_report(const struct recovery *r)
{
	return &r->report;
}
