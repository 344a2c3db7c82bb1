#include "query/watchlist.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query/bind_internal.h"
#include "query/csv.h"
#include "query/json.h"

enum { NAME_MAX_LEN = 128, HEADER_MAX = 64 * 1024 };

static bool is_name(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !(name[i] && strchr("_-.", name[i])))
			return false;
	return len && len <= NAME_MAX_LEN && name[0] != '.';
}

/* The nearest name among the files of the folder. */
static void *no_such_list(struct binder *b, const struct node *at, const char *name)
{
	struct nearest near = nearest_to(name);
	char best[NAME_MAX_LEN + 1] = "", own[NAME_MAX_LEN + 1];
	DIR *folder = opendir(b->options->watchlists);
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		size_t len = strlen(entry->d_name);
		if (len < 5 || len - 4 > NAME_MAX_LEN ||
		    strcmp(entry->d_name + len - 4, ".csv") != 0)
			continue;
		unsigned before = near.best ? near.distance : UINT32_MAX;
		snprintf(own, sizeof own, "%.*s", (int)(len - 4), entry->d_name);
		nearest_offer(&near, own);
		if (near.best && near.distance < before)
			strcpy(best, own);
	}
	if (folder)
		closedir(folder);
	return semantic(b, "SEM0110", at, "There is no watchlist '%s'%s%s%s", name,
	                *best ? "; did you mean '" : "", best, *best ? "'?" : "");
}

/* The fields of the first line as JSON, in the arena; NULL and an error where there are none. */
static const char *header_read(struct binder *b, const struct node *at, const char *name,
                               const char *path)
{
	char line[HEADER_MAX];
	struct buf fields = { 0 };
	FILE *in = fopen(path, "rb");
	if (!in)
		return errno == ENOENT ? no_such_list(b, at, name)
		                       : semantic(b, "SEM0110", at, "The watchlist '%s': %s", name,
		                                  strerror(errno));
	bool ok = fgets(line, sizeof line, in);
	fclose(in);
	if (!ok)
		return semantic(b, "SEM0110", at, "The watchlist '%s' is empty", name);
	const char *text = strncmp(line, "\xef\xbb\xbf", 3) == 0 ? line + 3 : line;
	csv_fields(&fields, text, strlen(text));
	const char *kept = arena_strndup(b->arena, buf_text(&fields), fields.len);
	buf_done(&fields);
	return kept ? kept : bind_no_memory(b);
}

/* A column for each field; one without a name is called by its place. */
static struct rowset *columns_make(struct binder *b, struct rel *rel, const char *header)
{
	struct rowset *rows = rowset_new(b, rel, 0);
	struct json inside = json_inside((struct json){ header, strlen(header) }), field;
	while (rows && json_next(&inside, &field)) {
		struct buf text = { 0 };
		json_string_text(field, &text);
		const char *name = text.len ? arena_strndup(b->arena, buf_text(&text), text.len)
		                            : arena_printf(b->arena, "Column%zu", rows->count + 1);
		buf_done(&text);
		if (!name)
			return bind_no_memory(b);
		if (!rowset_add(b, rows, name_unique(b, rows, name), KQL_STRING, b->next_id++))
			return NULL;
	}
	return rows;
}

struct rowset *bind_watchlist(struct binder *b, const struct node *call)
{
	struct value name;
	if (!bind_constant(b, call->first, &name))
		return NULL;
	if (!b->options->watchlists || !*b->options->watchlists)
		return semantic(b, "SEM0110", call,
		                "The configuration names no folder of watchlists");
	if (name.type != KQL_STRING || !is_name(name.s.at, name.s.len))
		return semantic(b, "SEM0110", call->first, "A name of a watchlist is expected");
	struct rel *rel = rel_new(b, REL_FILE, NULL);
	const char *text = arena_strndup(b->arena, name.s.at, name.s.len);
	const char *path = arena_printf(b->arena, "%s/%s.csv", b->options->watchlists, text);
	if (!rel || !path || !text)
		return rel ? bind_no_memory(b) : NULL;
	const char *header = header_read(b, call->first, text, path);
	rel->path = path;
	rel->first_id = b->next_id;
	struct rowset *rows = header ? columns_make(b, rel, header) : NULL;
	if (!rows)
		return NULL;
	rel->count = (int64_t)rows->count;
	rows->source = text;
	return rows;
}
