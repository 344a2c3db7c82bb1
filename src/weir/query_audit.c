#include "weir/query_audit.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/ticks.h"
#include "core/flow/audit_state.h"
#include "weir/audit_message.h"
#include "weir/auditing.h"

enum { ANSWERED = 200, REFUSED = 400, NOT_ANSWERED = 500 }; /* as HTTP has them */

/* ---- time ---- */

static int64_t ticks_of(struct timeval t)
{
	return t.tv_sec * TICKS_PER_SECOND + t.tv_usec * (TICKS_PER_MS / 1000);
}

struct query_audit_clock query_audit_clock(void)
{
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	return (struct query_audit_clock){ ticks_steady(),
		                           ticks_of(used.ru_utime) + ticks_of(used.ru_stime) };
}

/* ---- the row ---- */

static struct row_text text_of(const char *text)
{
	return (struct row_text){ text, strlen(text) };
}

static enum audit_state state_of(const struct query_told *told)
{
	if (told->error->class == QUERY_OK)
		return told->broken_off ? AUDIT_PARTIAL : AUDIT_COMPLETED;
	return told->facts.rows ? AUDIT_PARTIAL : AUDIT_FAILED;
}

static uint16_t response_code(const struct query_told *told)
{
	if (state_of(told) != AUDIT_FAILED)
		return ANSWERED;
	enum query_error_class class = told->error->class;
	return class == QUERY_SYNTAX || class == QUERY_SEMANTIC ? REFUSED : NOT_ANSWERED;
}

static void add_range(struct query_audit *row, struct time_range time)
{
	if (time.from >= 0 && time.from <= TICKS_MAX) {
		row->range_start = time.from;
		row->present |= PLAIN_BIT(AUDIT, QueryTimeRangeStart);
	}
	if (time.to >= 0 && time.to < TICKS_MAX) {
		row->range_end = time.to;
		row->present |= PLAIN_BIT(AUDIT, QueryTimeRangeEnd);
	}
}

static void add_error(struct query_audit *row, const struct query_told *told)
{
	if (told->error->class != QUERY_OK) {
		row->error_code = text_of(told->error->code);
		row->error_text = text_of(told->error->message);
	} else if (told->broken_off) {
		row->error_text = text_of("The answer was not read to its end");
	}
	row->present |= PLAIN_BIT(AUDIT, ErrorCode) | PLAIN_BIT(AUDIT, Error);
}

static void add_cost(struct query_audit *row, const struct query_told *told)
{
	struct query_audit_clock now = query_audit_clock();
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	row->response_ms = (uint64_t)((now.begun - told->begun.begun) / TICKS_PER_MS);
	row->cpu_ms = (uint64_t)((now.cpu - told->begun.cpu) / TICKS_PER_MS);
	row->processed_kb = (uint64_t)told->facts.size.bytes >> 10;
	row->processed_rows = (uint64_t)told->facts.size.rows;
	row->segment_count = (uint32_t)told->facts.size.segments;
	row->memory_kb = (uint64_t)used.ru_maxrss;
	row->present |= PLAIN_BIT(AUDIT, ResponseDurationMs) | PLAIN_BIT(AUDIT, StatsCPUTimeMs) |
	                PLAIN_BIT(AUDIT, StatsDataProcessedKB) |
	                PLAIN_BIT(AUDIT, StatsRowsProcessed) | PLAIN_BIT(AUDIT, StatsSegmentCount) |
	                PLAIN_BIT(AUDIT, StatsMemoryPeakKB);
}

static struct query_audit row_of(const struct query_told *told)
{
	struct query_audit row = {
		.present = PLAIN_BIT(AUDIT, RequestClientApp) | PLAIN_BIT(AUDIT, QueryText) |
		           PLAIN_BIT(AUDIT, State) | PLAIN_BIT(AUDIT, ResponseCode) |
		           PLAIN_BIT(AUDIT, ResponseRowCount) | PLAIN_BIT(AUDIT, ResponseBytes),
		.client_app = text_of(told->client),
		.query_text = { told->text, told->len },
		.audit_state = (uint8_t)state_of(told),
		.response_code = response_code(told),
		.response_rows = (uint64_t)told->facts.rows,
		.response_bytes = told->octets,
	};
	add_range(&row, told->facts.time);
	add_error(&row, told);
	add_cost(&row, told);
	return row;
}

/* ---- sending ---- */

/* The kernel keeps some datagrams for a collector that is busy. */
static void send_within(int fd, const struct buf *message, int milliseconds)
{
	int64_t until = ticks_steady() + milliseconds * TICKS_PER_MS, left;
	while (send(fd, message->text, message->len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		left = (until - ticks_steady()) / TICKS_PER_MS;
		if (errno != EAGAIN || left <= 0 || poll(&p, 1, (int)left) <= 0)
			return;
	}
}

void query_audit_tell(const char *workspace, const struct query_told *told)
{
	bool running;
	struct err unused;
	struct buf message = { 0 };
	int fd = run_socket_connect(workspace, &auditing_socket, &running, &unused);
	if (fd < 0)
		return;
	struct query_audit row = row_of(told);
	audit_message_write(&row, &message);
	if (!message.failed)
		send_within(fd, &message, QUERY_AUDIT_MS);
	buf_done(&message);
	close(fd);
}
