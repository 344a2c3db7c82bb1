#include "weir/shell.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include <editline/readline.h>

#include "core/base/buf.h"
#include "core/flow/column.h"
#include "query/reference.h"
#include "weir/saved_queries.h"

enum { HISTORY_MAX = 1000 };

/* ---- completion ---- */

/* Candidate number i: the language, tables, columns, saved queries; NULL behind the last. */
static const char *candidate(size_t i)
{
	static char saved[64];
	const char *const *words;
	size_t count = reference_words(&words);
	if (i < count)
		return words[i];
	i -= count;
	if (i < TABLE_COUNT)
		return tables[i].name;
	i -= TABLE_COUNT;
	if (i < COLUMN_COUNT)
		return columns[i].name;
	i -= COLUMN_COUNT;
	for (const struct saved_query *q = saved_queries; q->name; q++)
		if (i-- == 0) {
			snprintf(saved, sizeof saved, "@%s", q->name);
			return saved;
		}
	return NULL;
}

/* As readline wants it: one match a call, the first with state 0. */
static char *next_match(const char *begun, int state)
{
	static size_t at;
	size_t len = strlen(begun);
	if (state == 0)
		at = 0;
	for (const char *word; (word = candidate(at)); at++)
		if (strncmp(word, begun, len) == 0) {
			at++;
			return strdup(word);
		}
	return NULL;
}

static char **complete(const char *begun, int start, int end)
{
	(void)start;
	(void)end;
	rl_attempted_completion_over = 1;
	return rl_completion_matches(begun, next_match);
}

/* ---- history ---- */

/* ~/.weir_history, or "" where there is no home. */
static void history_path(char *path, size_t room)
{
	const char *home = getenv("HOME");
	if (!home || snprintf(path, room, "%s/.weir_history", home) >= (int)room)
		*path = '\0';
}

static void history_keep(const char *path, const char *text)
{
	add_history(text);
	if (!*path)
		return;
	mode_t mask = umask(077);
	write_history(path);
	umask(mask);
}

/* ---- queries ---- */

bool shell_is_whole(const char *text, size_t len)
{
	long open = 0;
	char last = 0, quote = 0;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (quote) {
			i += c == '\\';
			quote = c == quote || c == '\n' ? 0 : quote;
		} else if (c == '/' && i + 1 < len && text[i + 1] == '/') {
			while (i < len && text[i] != '\n')
				i++;
			continue;
		} else if (c == '\'' || c == '"') {
			quote = c;
		}
		open += !quote && strchr("([{", c) && c;
		open -= !quote && strchr(")]}", c) && c;
		if (!strchr(" \t\r\n", c))
			last = c;
	}
	return last && open <= 0 && !strchr("|,;", last);
}

static bool is_blank(const char *line)
{
	return line[strspn(line, " \t\r")] == '\0';
}

static const char greeting[] =
    "weir " WEIR_VERSION ". An empty line runs the query, Tab completes, \\h NAME explains a word, "
    "\\q leaves.\n";

static void explain_word(const char *line, FILE *out)
{
	struct buf text = { 0 };
	const char *near = NULL, *name = line + 2 + strspn(line + 2, " ");
	if (reference_word(name, &text, &near))
		fputs(buf_text(&text), out);
	else
		fprintf(out, "KQL has no \"%s\"%s%s%s\n", name, near ? "; did you mean \"" : "",
		        near ? near : "", near ? "\"?" : "");
	buf_done(&text);
}

/* One line of the terminal; false where it ends everything. */
static bool line_take(const char *line, struct buf *query, const char *history, FILE *out,
                      shell_answer *answer, void *context)
{
	if (query->len == 0 && strcmp(line, "\\q") == 0)
		return false;
	if (query->len == 0 && strncmp(line, "\\h", 2) == 0) {
		explain_word(line, out);
		return true;
	}
	bool saved = query->len == 0 && line[0] == '@';
	if (!is_blank(line))
		buf_printf(query, "%s%s", query->len ? "\n" : "", line);
	else if (query->len == 0 || !shell_is_whole(buf_text(query), query->len))
		return true;
	if (!is_blank(line) && !saved)
		return true;
	history_keep(history, buf_text(query));
	answer(context, buf_text(query), query->len);
	fflush(out);
	buf_clear(query);
	return true;
}

void shell_run(FILE *in, FILE *out, shell_answer *answer, void *context)
{
	char path[4096];
	struct buf query = { 0 };
	rl_instream = in;
	rl_outstream = out;
	rl_readline_name = "weir";
	rl_attempted_completion_function = complete;
	rl_basic_word_break_characters = " \t\n|,;()[]{}=<>!+*/%\"'";
	using_history();
	stifle_history(HISTORY_MAX);
	history_path(path, sizeof path);
	if (*path)
		read_history(path);
	fputs(greeting, out);
	for (bool more = true; more;) {
		char *line = readline(query.len ? "   | " : "kql> ");
		more = line && line_take(line, &query, path, out, answer, context);
		free(line);
	}
	fputc('\n', out);
	buf_done(&query);
}
