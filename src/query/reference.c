#include "query/reference.h"

#include <string.h>

#include "core/base/nearest.h"
#include "query/ast.h"
#include "query/example.h"
#include "query/function.h"
#include "query/parse.h"
#include "query/stored_function.h"

enum { ENTRIES_MAX = 1024 };

enum section {
	SECTION_OPERATOR,
	SECTION_BINARY,
	SECTION_SCALAR,
	SECTION_AGGREGATE,
	SECTION_WINDOW,
	SECTION_PLUGIN,
	SECTION_COUNT,
};

/* Entries of one name stand together; `function` where it is one. */
struct entry {
	enum section section;
	const char *name, *usage, *help;
	const struct function *function;
};

static struct entry entries[ENTRIES_MAX];
static size_t entry_count;

static void put(struct entry entry)
{
	if (entry_count < ENTRIES_MAX)
		entries[entry_count++] = entry;
}

static void gather(void)
{
	static const enum section sections[] = {
		[FUNCTION_SCALAR] = SECTION_SCALAR,
		[FUNCTION_AGGREGATE] = SECTION_AGGREGATE,
		[FUNCTION_WINDOW] = SECTION_WINDOW,
		[FUNCTION_PLUGIN] = SECTION_PLUGIN,
	};
	const struct operator_name *operators;
	const struct function *rows;
	const struct plugin_name *plugins;
	for (size_t i = 0, n = operator_names(&operators); i < n; i++)
		if (operators[i].usage)
			put((struct entry){ SECTION_OPERATOR, operators[i].name, operators[i].usage,
			                    operators[i].help, NULL });
	for (size_t i = 0; i < BINARY_COUNT; i++)
		put((struct entry){ SECTION_BINARY, binary_rows[i].text, NULL, binary_rows[i].help,
		                    NULL });
	for (size_t i = 0, n = functions(&rows); i < n; i++)
		put((struct entry){ sections[rows[i].kind], rows[i].name, NULL, rows[i].help,
		                    &rows[i] });
	for (size_t i = 0, n = plugin_names(&plugins); i < n; i++)
		put((struct entry){ SECTION_PLUGIN, plugins[i].name, plugins[i].usage,
		                    plugins[i].help, NULL });
}

static size_t all(void)
{
	if (!entry_count)
		gather();
	return entry_count;
}

/* ---- examples ---- */

static const struct example *find_in(const struct example *rows, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

/* Some names are those of an operator and of a function. */
static const struct example *example_of(const struct entry *e)
{
	const struct example *found = NULL;
	if (e->section != SECTION_OPERATOR)
		found = find_in(scalar_examples, scalar_example_count, e->name);
	if (!found && e->section != SECTION_OPERATOR)
		found = find_in(table_examples, table_example_count, e->name);
	return found ? found : find_in(operator_examples, operator_example_count, e->name);
}

static void put_example(struct buf *out, const struct entry *e)
{
	const struct example *example = example_of(e);
	if (!example)
		return;
	bool table = strstr(example->kql, "T |") || strstr(example->kql, "(T");
	buf_printf(out, "\n%s%s\n    → %s\n\n", table ? EXAMPLE_TABLE : "", example->kql,
	           example->answer);
}

/* ---- one entry ---- */

/* "value:long times:long? more:text*" as "value: long, [times: long], more: text, …" */
static void put_params(struct buf *out, const char *params)
{
	if (strncmp(params, "raw ", 4) == 0) {
		buf_puts(out, params + 4);
		return;
	}
	const char *comma = "";
	for (const char *at = params; *at; at += strspn(at, " "), comma = ", ") {
		size_t len = strcspn(at, " ");
		bool optional = at[len - 1] == '?', repeated = at[len - 1] == '*';
		size_t name = strcspn(at, ":"), type = len - name - 1 - (optional || repeated);
		buf_printf(out, "%s%s%.*s: %.*s%s%s", comma, optional ? "[" : "", (int)name, at,
		           (int)type, at + name + 1, optional ? "]" : "", repeated ? ", …" : "");
		at += len;
	}
}

static const char *result_words(const char *result)
{
	static const char *const words[][2] = {
		{ "same", "as its first argument" },   { "common", "the type of its arguments" },
		{ "widest", "as its first argument" }, { "typeof", "the type named, else string" },
		{ "any", "as its arguments" },
	};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i][0], result) == 0)
			return words[i][1];
	return result;
}

static void put_usage(struct buf *out, const struct entry *e)
{
	if (e->usage) {
		buf_puts(out, e->usage);
	} else if (e->function) {
		buf_printf(out, "%s(", e->name);
		put_params(out, e->function->params);
		buf_puts(out, ")");
	} else {
		buf_printf(out, "A %s B", e->name);
	}
}

/* In a cell of a table of Markdown a bar would end it. */
static void put_code(struct buf *out, const char *text)
{
	buf_puts(out, "`");
	for (; *text; text++)
		buf_printf(out, *text == '|' ? "\\%c" : "%c", *text);
	buf_puts(out, "`");
}

static bool is_first(size_t i)
{
	return i == 0 || strcmp(entries[i - 1].name, entries[i].name) != 0 ||
	       entries[i - 1].section != entries[i].section;
}

static void put_row(struct buf *out, size_t i)
{
	const struct entry *e = &entries[i];
	const struct example *example = is_first(i) ? example_of(e) : NULL;
	struct buf usage = { 0 };
	put_usage(&usage, e);
	buf_puts(out, "| ");
	put_code(out, buf_text(&usage));
	buf_puts(out, " | ");
	if (e->function)
		buf_printf(out, "%s | ", result_words(e->function->result));
	buf_printf(out, "%s | ", e->help);
	if (example) {
		put_code(out, example->kql);
		buf_puts(out, " | ");
		if (*example->answer)
			put_code(out, example->answer);
	} else {
		buf_puts(out, "|");
	}
	buf_puts(out, " |\n");
	buf_done(&usage);
}

/* ---- the page ---- */

static const struct {
	const char *title;
	bool gives;
} sections[SECTION_COUNT] = {
	[SECTION_OPERATOR] = { "Operators", false },
	[SECTION_BINARY] = { "Scalar operators", false },
	[SECTION_SCALAR] = { "Functions", true },
	[SECTION_AGGREGATE] = { "Aggregates", true },
	[SECTION_WINDOW] = { "Functions of neighbouring rows", true },
	[SECTION_PLUGIN] = { "Plugins of evaluate", false },
};

static const char opening[] =
    "# KQL\n\n"
    "<!-- Made by `make docs` from the tables in src/query; do not edit. -->\n\n"
    "What weir speaks of the Kusto Query Language, with the semantics that its documentation\n"
    "gives it. `weir help kql NAME` shows one entry. Beside the operators there are `let` "
    "(values,\n"
    "tables, functions), `set` (of whose properties `query_now` alone has an effect), `declare\n"
    "query_parameters`, comments, and hints, which change nothing. What Azure has and weir has not "
    "is refused by name.\n\n"
    "Types of parameters: `any` any scalar; `text` any scalar, as its text; `string` a string or\n"
    "dynamic; `integer` int or long; `number` int, long, real or decimal; `real` any number, as\n"
    "real; `summable` a number, datetime or timespan; `ordered` neither dynamic nor decimal;\n"
    "`plain` a string alone; `json` any scalar, as dynamic; `common` arguments of one type; "
    "`type`\n"
    "a typeof(…); `part`, `part_of` and `mode` a constant word. `[…]` may be left out.\n\n"
    "Examples are run by a test. In an answer, cells stand between commas and rows between\n"
    "slashes. T is this table:\n\n```\n" EXAMPLE_TABLE "```\n\n"
    "Limits, beyond which a query is refused or its answer is partial: see `weir help query`.\n";

void reference_page(struct buf *out)
{
	size_t count = all();
	buf_puts(out, opening);
	for (size_t s = 0; s < SECTION_COUNT; s++) {
		bool gives = sections[s].gives;
		buf_printf(out, "\n## %s\n\n| | %swhat it does | example | answer |\n",
		           sections[s].title, gives ? "gives | " : "");
		buf_printf(out, "| --- | %s--- | --- | --- |\n", gives ? "--- | " : "");
		for (size_t i = 0; i < count; i++)
			if (entries[i].section == s)
				put_row(out, i);
	}
	const struct stored_function *stored;
	size_t stored_count = stored_functions(&stored);
	buf_puts(out, "\n## Functions that give a table\n\n| | what it gives |\n| --- | --- |\n");
	for (size_t i = 0; i < stored_count; i++)
		buf_printf(out, "| `%s` | %s |\n", stored[i].usage, stored[i].help);
}

bool reference_word(const char *name, struct buf *out, const char **ret_near)
{
	struct nearest near = nearest_to(name);
	bool found = false;
	for (size_t i = 0, n = all(); i < n; i++) {
		const struct entry *e = &entries[i];
		nearest_offer(&near, e->name);
		if (strcmp(e->name, name) != 0)
			continue;
		found = true;
		put_usage(out, e);
		if (e->function)
			buf_printf(out, " → %s", result_words(e->function->result));
		buf_printf(out, "\n    %s\n", e->help);
		if (i + 1 == n || is_first(i + 1))
			put_example(out, e);
	}
	if (!found && ret_near)
		*ret_near = near.best;
	return found;
}

static bool is_among(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

size_t reference_words(const char *const **ret)
{
	static const char *words[ENTRIES_MAX];
	static size_t count;
	for (size_t i = 0, n = count ? 0 : all(); i < n; i++)
		if (!is_among(words, count, entries[i].name))
			words[count++] = entries[i].name;
	*ret = words;
	return count;
}
