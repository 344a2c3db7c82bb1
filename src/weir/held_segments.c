#include "weir/held_segments.h"

#include <stdlib.h>
#include <string.h>

void held_segments_done(struct held_segments *held)
{
	free(held->ids);
	*held = (struct held_segments){ 0 };
}

bool held_segments_add(struct held_segments *held, const int64_t *ids, size_t count, struct err *e)
{
	if (held->room - held->count < count) {
		size_t room = 2 * held->room + count;
		int64_t *more = realloc(held->ids, room * sizeof *more);
		if (!more)
			return err_set(e, ERR_NOMEM, "no memory for %zu segments", room);
		held->ids = more;
		held->room = room;
	}
	if (count)
		memcpy(held->ids + held->count, ids, count * sizeof *ids);
	held->count += count;
	return true;
}

/* The last word of each line is a segment. */
static bool add_lines(struct held_segments *held, const char *text, struct err *e)
{
	for (size_t len; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		size_t word = len;
		while (word && text[word - 1] != ' ')
			word--;
		int64_t id = strtoll(text + word, NULL, 10);
		if (!held_segments_add(held, &id, 1, e))
			return false;
	}
	return true;
}

static int by_id(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

bool held_segments_read(struct held_segments *held, struct workspace *ws, struct err *e)
{
	static const char *const keys[] = { "minute/parts", "nat/bindings" };
	bool ok = true;
	for (size_t i = 0; ok && i < ARRAY_LEN(keys); i++) {
		struct buf text = { 0 };
		ok = workspace_state(ws, keys[i], &text, e) && add_lines(held, buf_text(&text), e);
		buf_done(&text);
	}
	if (held->count)
		qsort(held->ids, held->count, sizeof *held->ids, by_id);
	return ok;
}
