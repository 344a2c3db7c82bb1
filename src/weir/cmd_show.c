#include "weir/command.h"
#include "weir/commands.h"

#include "core/base/ticks.h"
#include "weir/listing.h"
#include "workspace/workspace.h"

static void add_time(struct listing *l, int64_t ticks)
{
	char text[TICKS_TEXT_MAX];
	ticks_format(ticks, text);
	listing_text(l, text);
}

static void add_segment(struct listing *l, const struct segment *s)
{
	static const char *const levels[] = {
		[LEVEL_WRITTEN] = "written", [LEVEL_HOUR] = "hour", [LEVEL_DAY] = "day"
	};
	bool timed = s->time.from <= s->time.to;
	listing_text(l, tables[s->table].name);
	listing_number(l, s->commit);
	listing_number(l, s->rows);
	listing_number(l, s->bytes);
	if (timed) {
		add_time(l, s->time.from);
		add_time(l, s->time.to);
	} else {
		listing_text(l, "");
		listing_text(l, "");
	}
	listing_text(l, levels[s->level]);
	listing_text(l, s->path);
}

static bool add_segments(struct listing *l, struct workspace *ws, enum table_id table,
                         struct err *e)
{
	struct segment_filter filter = SEGMENTS_OF(table);
	struct segment_list segments;
	if (!workspace_segments(ws, &filter, &segments, e))
		return false;
	/* a table that is a view of another's rows has those segments listed where they belong */
	for (size_t i = 0; i < segments.count; i++)
		if (segments.items[i].table == table)
			add_segment(l, &segments.items[i]);
	segment_list_done(&segments);
	return true;
}

int cmd_show_segments(struct invocation *inv)
{
	static const struct listing_column shown[] = {
		{ "table", false }, { "commit", true }, { "rows", true },   { "bytes", true },
		{ "from", false },  { "to", false },    { "level", false }, { "path", false },
	};
	struct err e = { 0 };
	struct workspace *ws =
	    workspace_open(invocation_value(inv, "workspace"), WORKSPACE_READ, &e);
	if (!ws)
		return invocation_fail(inv, &e);
	struct listing listing;
	listing_init(&listing, shown, ARRAY_LEN(shown));
	bool good = true;
	for (int table = 0; good && table < TABLE_COUNT; table++)
		good = add_segments(&listing, ws, (enum table_id)table, &e);
	good = good && listing_print(&listing, invocation_value(inv, "format"), inv->out, &e);
	listing_done(&listing);
	workspace_close(ws);
	return good ? EXIT_DONE : invocation_fail(inv, &e);
}
