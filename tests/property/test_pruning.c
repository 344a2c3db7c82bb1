/* Whatever is asked, the segments that a query leaves unread hold nothing of its answer: queries
 * made by chance give the same over all segments as over those that they choose. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/ip.h"
#include "core/base/ticks.h"
#include "core/flow/nat_event.h"
#include "query/query.h"
#include "support/unit.h"
#include "unit/workspace/scratch.h"

enum { SEGMENTS = 24, ROWS = 12, POOL = 40, QUERIES = 350, START = 29883360 };

static uint64_t seed = 1;

/* Vigna's splitmix64. */
static unsigned chance(unsigned below)
{
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((z ^ z >> 31) % below);
}

/* ---- rows ---- */

static const char *address(unsigned n)
{
	static char text[4][64];
	static unsigned at;
	char *ret = text[at++ % 4];
	if (n % 7 == 6)
		snprintf(ret, 64, "2001:db8::%x", n);
	else
		snprintf(ret, 64, "10.%u.%u.%u", n % 3, n % 5, n);
	return ret;
}

static struct ip ip_of(unsigned n)
{
	struct ip ip;
	assert_true(ip_parse(address(n), &ip));
	return ip;
}

/* Each segment has addresses of a stretch of the pool. */
static unsigned near(unsigned base)
{
	return (base + chance(5)) % POOL;
}

static void store_flows(struct workspace *ws, unsigned base)
{
	struct flow_row rows[ROWS];
	for (size_t i = 0; i < ROWS; i++) {
		uint32_t minute = START + base * 60 + chance(120);
		rows[i] = scratch_row(minute);
		if (chance(9))
			ROW_SET_KEY(&rows[i], SourceIp, src_addr, ip_of(near(base)));
		if (chance(9))
			ROW_SET_KEY(&rows[i], DestinationIp, dst_addr, ip_of(near(base + 9)));
		if (chance(9))
			ROW_SET_KEY(&rows[i], Exporter, exporter, ip_of(base % 3));
		ROW_SET_KEY(&rows[i], SourcePort, src_port, (uint16_t)chance(4));
		if (chance(9))
			ROW_SET(&rows[i], FlowRecordTime, record_time,
			        TICKS_UNIX_EPOCH + minute * TICKS_PER_MINUTE -
			            chance(90) * TICKS_PER_MINUTE);
	}
	scratch_store(ws, rows, ROWS, NULL);
}

static void store_events(struct workspace *ws, unsigned base)
{
	struct err e;
	struct commit *c = commit_begin(ws, &e);
	struct plain_rows *rows = plain_rows_new(&e);
	for (size_t i = 0; i < ROWS; i++) {
		struct nat_event row = { .minute = START + base * 60 + chance(120) };
		row.src_addr = ip_of(near(base));
		row.post_src_addr = ip_of(near(base + 20));
		row.exporter = ip_of(base % 3);
		row.present = UINT64_MAX;
		assert_true(plain_rows_add(rows, TABLE_NAT, &row, 1));
	}
	assert_true(plain_rows_sort(rows, &e) && commit_plain_rows(c, rows, &e));
	plain_rows_free(rows);
	assert_true(commit_end(c, &e));
}

/* Of rows that came from elsewhere an address may be anything. */
static void import_rows(struct workspace *ws, const char *dir, unsigned base)
{
	struct buf json = { 0 };
	for (size_t i = 0; i < ROWS; i++) {
		char minute[TICKS_TEXT_MAX];
		ticks_format(TICKS_UNIX_EPOCH +
		                 (START + base * 60 + chance(120)) * TICKS_PER_MINUTE,
		             minute);
		buf_printf(
		    &json, "{\"TimeGenerated\":\"%s\",\"SourceIp\":\"%s%s\",\"SourcePort\":%u}\n",
		    minute, address(near(base)), base % 2 && chance(2) ? "/24" : "", chance(4));
	}
	scratch_import(ws, dir, TABLE_ATC, buf_text(&json));
	buf_done(&json);
}

static void fill(const char *dir)
{
	struct workspace *ws = scratch_open(dir, WORKSPACE_WRITE);
	for (unsigned i = 0; i < SEGMENTS; i++) {
		unsigned kind = chance(8);
		if (kind < 4)
			store_flows(ws, i * 3);
		else if (kind < 6)
			store_events(ws, i * 3);
		else
			import_rows(ws, dir, i * 3);
	}
	workspace_close(ws);
}

/* ---- queries ---- */

static void put_list(struct buf *kql)
{
	for (unsigned n = chance(3) + 1; n > 0; n--)
		buf_printf(kql, "'%s'%s", address(chance(POOL)), n > 1 ? ", " : "");
}

static void put_time(struct buf *kql)
{
	char text[TICKS_TEXT_MAX];
	ticks_format(TICKS_UNIX_EPOCH + (START + chance(SEGMENTS * 180)) * TICKS_PER_MINUTE, text);
	buf_printf(kql, "datetime(%s)", text);
}

static void put_address_test(struct buf *kql, const char *column)
{
	static const char *const lists[] = { "in", "in", "in", "in~", "!in" };
	const char *other = address(chance(POOL));
	switch (chance(14)) {
	case 0:
	case 1:
	case 2: buf_printf(kql, "%s == '%s'", column, other); break;
	case 3: buf_printf(kql, "'%s' == %s", other, column); break;
	case 4:
	case 5:
		buf_printf(kql, "%s %s (", column, lists[chance(ARRAY_LEN(lists))]);
		put_list(kql);
		buf_puts(kql, ")");
		break;
	case 6: buf_printf(kql, "%s =~ '%s'", column, other); break;
	case 7: buf_printf(kql, "%s != '%s'", column, other); break;
	case 8: buf_printf(kql, "%s == ''", column); break;
	case 9: buf_printf(kql, "%s == One", column); break;
	case 10:
		buf_printf(kql, "%s in (dynamic(['%s', '%s']))", column, other,
		           address(chance(POOL)));
		break;
	default:
		buf_printf(kql, "ipv4_is_in_range(%s, '10.%u.%u.0/%u')", column, chance(3),
		           chance(5), chance(4) * 8 + 8);
	}
}

static void put_test(struct buf *kql, const char *const *names, unsigned depth)
{
	static const char *const compared[] = { "<", ">=", "==", ">", "<=" };
	unsigned kind = chance(depth > 2 ? 7 : 11);
	if (kind < 5) {
		put_address_test(kql, names[chance(3)]);
	} else if (kind == 5) {
		buf_printf(kql, "TimeGenerated %s ", compared[chance(5)]);
		put_time(kql);
	} else if (kind == 6) {
		buf_printf(kql, "SourcePort == %u", chance(4));
	} else {
		buf_puts(kql, chance(8) ? "(" : "not(");
		put_test(kql, names, depth + 1);
		buf_puts(kql, kind < 9 ? " and " : " or ");
		put_test(kql, names, depth + 1);
		buf_puts(kql, ")");
	}
}

static void put_where(struct buf *kql, const char *const *names)
{
	buf_puts(kql, " | where ");
	put_test(kql, names, 0);
}

/* A table made in some way, whose columns are those of Flows; returns what else it has to show. */
static const char *put_source(struct buf *kql, const char *const *names)
{
	static const char *const tables_[] = { "Flows", "ATCExpressRouteCircuitIpfix",
		                               "ATCExpressRouteCircuitIpfix" };
	static const char *const joins[] = { "inner",     "innerunique", "innerunique",
		                             "leftouter", "rightouter",  "fullouter",
		                             "leftsemi",  "leftanti" };
	const char *more = "";
	switch (chance(10)) {
	case 0:
		buf_puts(kql, "(union Flows, NatEvents, ATCExpressRouteCircuitIpfix)");
		more = ", PostNatSourceIp";
		break;
	case 1:
		buf_puts(kql, "(union withsource=Table Flows, (ATCExpressRouteCircuitIpfix");
		put_where(kql, (const char *const[]){ "SourceIp", "DestinationIp", "SourceIp" });
		buf_puts(kql, "))");
		more = ", Table";
		break;
	case 2:
	case 3:
		buf_puts(kql, "(Flows");
		put_where(kql, names);
		buf_printf(kql, " | join kind=%s (Flows", joins[chance(8)]);
		put_where(kql, names);
		buf_puts(kql, " | distinct SourceIp, DestinationIp, Exporter, SourcePort, "
		              "TimeGenerated) on SourceIp)");
		break;
	case 4:
		buf_puts(kql, "(Flows | order by TimeGenerated asc, SourceIp asc, DestinationIp "
		              "asc, SourcePort asc"
		              " | extend Before = prev(SourceIp), N = row_number())");
		more = ", Before, N";
		break;
	case 5:
		buf_puts(kql, "(Flows | summarize by SourceIp, DestinationIp, Exporter, "
		              "SourcePort, TimeGenerated)");
		break;
	case 6: buf_puts(kql, "Once"); break;
	default: buf_puts(kql, tables_[chance(3)]);
	}
	return more;
}

/* A query whose answer is the same however its rows come. */
static void put_query(struct buf *kql)
{
	static const char *const own[] = { "SourceIp", "DestinationIp", "Exporter" };
	static const char *const azure[] = { "SourceIp", "DestinationIp", "SourceIp" };
	buf_clear(kql);
	buf_printf(kql, "let One = '%s'; let Once = materialize(Flows", address(chance(POOL)));
	put_where(kql, own);
	buf_puts(kql, "); ");
	size_t before = kql->len;
	const char *more = put_source(kql, own);
	bool is_azure = strncmp(buf_text(kql) + before, "ATC", 3) == 0;
	if (chance(3) == 0)
		buf_puts(kql, " | extend Copy = SourceIp, Half = SourcePort / 2 | where Half < 2");
	put_where(kql, is_azure ? azure : own);
	if (chance(3) == 0)
		put_where(kql, is_azure ? azure : own);
	buf_printf(
	    kql,
	    " | summarize Rows = count() by SourceIp, DestinationIp, SourcePort, TimeGenerated%s"
	    " | order by SourceIp asc, DestinationIp asc, SourcePort asc, TimeGenerated asc%s",
	    more, more);
}

/* The answer as text; adds how many segments were read. */
static void ask(struct query_session *session, const struct buf *kql, bool read_all,
                struct buf *ret, size_t *segments)
{
	struct query_options options = { .read_all = read_all };
	struct query_error e;
	const struct query_column *columns_;
	struct query_cell cells[16];
	buf_clear(ret);
	struct query_result *r = query_run(session, buf_text(kql), kql->len, &options, &e);
	if (!r)
		fail_msg("%s: %s", buf_text(kql), e.message);
	size_t count = query_columns(r, &columns_);
	assert_true(count <= ARRAY_LEN(cells));
	*segments += query_size(r).segments;
	while (query_next(r, cells, &e)) {
		for (size_t i = 0; i < count; i++) {
			query_cell_text(ret, columns_[i].type, &cells[i]);
			buf_putc(ret, '|');
		}
		buf_putc(ret, '\n');
	}
	query_result_free(r);
	if (e.class != QUERY_OK)
		fail_msg("%s: %s", buf_text(kql), e.message);
}

static void what_is_left_unread_was_not_wanted(void **state)
{
	struct query_limits limits = { .threads = 1, .memory_bytes = 512 << 20 };
	struct buf kql = { 0 }, want = { 0 }, got = { 0 };
	size_t all = 0, chosen = 0, answered = 0;
	struct err err = { 0 };
	fill(*state);
	struct workspace *ws = scratch_open(*state, WORKSPACE_READ);
	struct query_session *session = query_session_new(ws, &limits, &err);
	assert_non_null(session);
	for (int i = 0; i < QUERIES; i++) {
		put_query(&kql);
		ask(session, &kql, true, &want, &all);
		ask(session, &kql, false, &got, &chosen);
		answered += want.len > 0;
		if (strcmp(buf_text(&want), buf_text(&got)) != 0)
			fail_msg("%s\nis not\n%s\nbut\n%s", buf_text(&kql), buf_text(&want),
			         buf_text(&got));
	}
	/* else it would show little */
	assert_true(chosen < all * 3 / 4);
	assert_true(answered > QUERIES / 3);
	query_session_free(session);
	workspace_close(ws);
	buf_done(&kql);
	buf_done(&want);
	buf_done(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_left_unread_was_not_wanted, scratch_make,
		                                scratch_remove),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
