#include <stdlib.h>
#include <string.h>

#include "collector/enrich/names.h"
#include "core/flow/application.h"
#include "weir/command.h"
#include "weir/commands.h"
#include "weir/committing.h"
#include "weir/control.h"
#include "weir/listing.h"

/* From the collector where one runs, else from the workspace, as of the last commit. */
static bool read_names(const char *workspace, struct buf *ret, struct err *e)
{
	bool running = false;
	if (!control_ask(workspace, "names", ret, &running, e))
		return false;
	if (running)
		return true;
	struct workspace *ws = workspace_open(workspace, WORKSPACE_READ, e);
	bool ok = ws && committing_names(ws, ret, e);
	workspace_close(ws);
	return ok;
}

/* ---- order ---- */

struct found {
	struct name *items;
	size_t count;
};

static void see(void *context, const struct name *name)
{
	struct found *found = context;
	found->items[found->count++] = *name;
}

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int by_number(const void *left, const void *right)
{
	const struct name *a = left, *b = right;
	int order = memcmp(&a->exporter, &b->exporter, sizeof a->exporter);
	order = order ? order : COMPARE(a->domain, b->domain);
	order = order ? order : COMPARE(a->kind, b->kind);
	return order ? order : COMPARE(a->id, b->id);
}

static bool sort_names(const struct names *names, struct found *ret, struct err *e)
{
	size_t count = names_count(names);
	ret->items = malloc((count + 1) * sizeof *ret->items);
	if (!ret->items)
		return err_set(e, ERR_NOMEM, "no memory for %zu names", count);
	names_each(names, see, ret);
	qsort(ret->items, ret->count, sizeof *ret->items, by_number);
	return true;
}

/* ---- listing ---- */

static void add_name(struct listing *l, const struct name *name)
{
	char text[IP_TEXT_MAX], id[APPLICATION_TEXT_MAX], told[TICKS_TEXT_MAX];
	ip_format(&name->exporter, text);
	if (name->kind == NAME_APPLICATION)
		application_format(name->id, id);
	else
		snprintf(id, sizeof id, "%llu", (unsigned long long)name->id);
	ticks_format(name->told, told);
	listing_text(l, text);
	listing_number(l, name->domain);
	listing_text(l, name_kind_name(name->kind));
	listing_text(l, id);
	listing_text(l, name->text);
	listing_text(l, told);
}

static bool list_names(const struct names *names, const char *format, FILE *out, struct err *e)
{
	static const struct listing_column shown[] = {
		{ "exporter", false }, { "domain", true }, { "kind", false },
		{ "id", false },       { "name", false },  { "told", false },
	};
	struct found found = { 0 };
	if (!sort_names(names, &found, e))
		return false;
	struct listing listing;
	listing_init(&listing, shown, ARRAY_LEN(shown));
	for (size_t i = 0; i < found.count; i++)
		add_name(&listing, &found.items[i]);
	bool ok = listing_print(&listing, format, out, e);
	listing_done(&listing);
	free(found.items);
	return ok;
}

int cmd_show_names(struct invocation *inv)
{
	struct err e = { 0 };
	struct buf octets = { 0 };
	struct names *names = names_new(&e);
	bool ok = names && read_names(invocation_value(inv, "workspace"), &octets, &e) &&
	          (octets.len == 0 || names_load(names, octets.text, octets.len, &e)) &&
	          list_names(names, invocation_value(inv, "format"), inv->out, &e);
	names_free(names);
	buf_done(&octets);
	return ok ? EXIT_DONE : invocation_fail(inv, &e);
}
