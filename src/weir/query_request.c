#include "weir/query_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/base/ticks.h"
#include "query/literal.h"
#include "query/time_window.h"
#include "weir/config.h"
#include "weir/input.h"
#include "weir/saved_queries.h"

#ifndef __has_feature
#define __has_feature(x) 0
#endif

enum { QUERY_BYTES_MAX = 2 << 20, MEMORY_LEAST_MIB = 64 };

/* ---- limits ---- */

static bool number_option(const struct invocation *inv, const char *option, int64_t least,
                          int64_t most, int64_t *ret, struct err *e)
{
	const char *text = invocation_value(inv, option);
	if (!text)
		return true;
	int64_t value;
	if (!long_parse(text, strlen(text), &value) || value < least || value > most)
		return err_set(e, ERR_USAGE, "--%s cannot be \"%s\": a number from %lld to %lld",
		               option, text, (long long)least, (long long)most);
	*ret = value;
	return true;
}

/* Half of the machine's memory. */
static int64_t default_memory_mib(void)
{
	int64_t pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	int64_t mib = pages > 0 && size > 0 ? pages / 2 * size >> 20 : 1024;
	return mib < MEMORY_LEAST_MIB ? MEMORY_LEAST_MIB : mib;
}

static bool limits_read(const struct invocation *inv, struct query_request *r, struct err *e)
{
	int64_t memory = default_memory_mib(), seconds = 180, rows = 500000;
	if (!number_option(inv, "memory", MEMORY_LEAST_MIB, INT64_C(1) << 24, &memory, e) ||
	    !number_option(inv, "time", 1, 86400, &seconds, e) ||
	    !number_option(inv, "rows", 1, INT64_C(1) << 40, &rows, e))
		return false;
	const char *spill = invocation_value(inv, "spill"), *temporary = getenv("TMPDIR");
	int len = snprintf(r->spill, sizeof r->spill, "%s/weir-query-%ld.spill",
	                   spill                     ? spill
	                   : temporary && *temporary ? temporary
	                                             : "/tmp",
	                   (long)getpid());
	if (len >= (int)sizeof r->spill)
		return err_set(e, ERR_USAGE, "the name of the spill folder is too long");
	r->limits = (struct query_limits){
		.memory_bytes = (uint64_t)memory << 20,
		.spill_dir = r->spill,
		.max_rows = rows,
		.max_bytes = invocation_given(inv, "rows") ? SIZE_MAX : 0,
		.time_ms = seconds * 1000,
	};
	return true;
}

/* ---- time ---- */

static bool range_read(const struct invocation *inv, struct query_request *r, struct err *e)
{
	const char *window = invocation_value(inv, "timespan"),
		   *since = invocation_value(inv, "since");
	int64_t span;
	if (window && since)
		return err_set(e, ERR_USAGE, "--timespan and --since are two ways to say the same");
	if (window && !time_window_parse(window, strlen(window), r->options.now, &r->options.time))
		return err_set(e, ERR_USAGE,
		               "--timespan cannot be \"%s\": P1D, PT12H, START/END, START/PT1H or "
		               "PT1H/END",
		               window);
	if (!since)
		return true;
	if (!timespan_parse(since, strlen(since), &span) || span < 0 || span > r->options.now)
		return err_set(e, ERR_USAGE, "--since cannot be \"%s\": 10m, 2h, 1d or 1.5h",
		               since);
	r->options.time = (struct time_range){ r->options.now - span, TICKS_MAX };
	return true;
}

/* The zone's file, so that a misspelt name is no silent UTC. */
static bool zone_exists(const char *name)
{
	static const char folder[] = "/usr/share/zoneinfo";
	char path[256];
	if (strstr(name, "..") || *name == '/' || *name == ':')
		return false;
	return snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path &&
	       access(path, R_OK) == 0;
}

static bool zone_read(const struct invocation *inv, struct query_request *r, struct err *e)
{
	const char *zone = invocation_value(inv, "timezone");
	if (strcmp(zone, "UTC") == 0)
		return true;
	r->options.local_times = true;
	if (strcmp(zone, "local") != 0) {
		if (!zone_exists(zone))
			return err_set(e, ERR_USAGE,
			               "there is no time zone \"%s\": local, UTC, Europe/Berlin, …",
			               zone);
		setenv("TZ", zone, 1);
	}
	tzset();
	return true;
}

/* ---- all ---- */

static enum query_format format_read(const struct invocation *inv)
{
	static const struct {
		const char *word;
		enum query_format format;
	} words[] = {
		{ "table", QUERY_TABLE },   { "json", QUERY_JSON },   { "csv", QUERY_CSV },
		{ "ndjson", QUERY_NDJSON }, { "chart", QUERY_CHART }, { "parquet", QUERY_PARQUET },
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (invocation_chose(inv, "format", words[i].word))
			return words[i].format;
	return QUERY_TABLE;
}

bool query_request_read(const struct invocation *inv, struct query_request *ret, struct err *e)
{
	*ret = (struct query_request){ .options.now = ticks_now() };
	ret->format = format_read(inv);
	ret->json = ret->format == QUERY_JSON;
	ret->options.watchlists = inv->config->watchlists;
	ret->explain = invocation_given(inv, "explain");
	return limits_read(inv, ret, e) && range_read(inv, ret, e) && zone_read(inv, ret, e);
}

void query_request_confine(const struct query_request *request)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    __has_feature(address_sanitizer)
	/* its shadow memory alone is larger than any limit */
	(void)request;
#else
	rlim_t most = request->limits.memory_bytes + REQUEST_SLACK;
	struct rlimit limit;
	if (getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur > most)
		setrlimit(RLIMIT_DATA, &(struct rlimit){ most, limit.rlim_max });
#endif
}

static bool saved_text(const char *name, struct buf *ret, struct err *e)
{
	const char *near = NULL;
	const struct saved_query *saved = saved_query_find(name, &near);
	if (!saved)
		return err_set(e, ERR_USAGE, "there is no saved query \"@%s\"%s%s%s", name,
		               near ? "; did you mean \"@" : " (see weir help query)",
		               near ? near : "", near ? "\"?" : "");
	buf_puts(ret, saved->kql);
	return true;
}

static bool file_text(const char *path, struct buf *ret, struct err *e)
{
	FILE *in = fopen(path, "rb");
	if (!in)
		return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
	bool ok = read_whole(in, QUERY_BYTES_MAX, ret, e);
	fclose(in);
	return ok || err_wrap(e, "reading %s", path);
}

bool query_request_text(const struct invocation *inv, struct buf *ret, struct err *e)
{
	const char *file = invocation_value(inv, "file");
	if (file && inv->argument_count)
		return err_set(e, ERR_USAGE, "the query is either in --file or an argument");
	if (file)
		return file_text(file, ret, e);
	if (inv->argument_count == 0)
		return read_whole(inv->in, QUERY_BYTES_MAX, ret, e);
	if (inv->arguments[0][0] == '@')
		return saved_text(inv->arguments[0] + 1, ret, e);
	buf_puts(ret, inv->arguments[0]);
	return !ret->failed || err_set(e, ERR_NOMEM, "no memory for the query");
}
