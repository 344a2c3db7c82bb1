/* op_parse: parse and parse-where: columns cut out of a text.
 *
 * The pattern becomes one regular expression whose groups are the columns; the database's function
 * gives all groups of a match at once.  In simple mode a column whose text does not convert makes
 * the whole row a mismatch, in relaxed mode only itself. */
#include <ctype.h>
#include <string.h>

#include "query/bind_internal.h"

enum { PARSE_COLUMNS_MAX = 64 };

struct pattern {
	bool regex, relaxed;
	const struct node *columns[PARSE_COLUMNS_MAX];
	int groups[PARSE_COLUMNS_MAX]; /* which group of the expression is the column's */
	size_t count;
	int group_count;
	struct buf text;
};

static void put_quoted(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)text[i]) && (unsigned char)text[i] < 0x80)
			buf_putc(out, '\\');
		buf_putc(out, text[i]);
	}
}

/* Groups that a user's expression makes of its own. */
static int groups_in(const char *text)
{
	int groups = 0;
	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		else if (*text == '(')
			groups += text[1] != '?' || text[2] == 'P' || text[2] == '<';
	}
	return groups;
}

/* What a column of that type takes.  A text goes on to what follows, in regex mode to the last
 * place where that fits; what `ends` at a star must tell by itself where it ends. */
static const char *group_of(const struct pattern *p, enum kql_type type, bool ends)
{
	bool numbers = ends || p->regex || !p->relaxed;
	switch (type) {
	case KQL_INT:
	case KQL_LONG:
		if (numbers)
			return p->relaxed ? "([+-]?\\d*)" : "([+-]?\\d+)";
		break;
	case KQL_REAL:
	case KQL_DECIMAL:
		if (numbers)
			return p->relaxed ? "([+-]?[0-9.]*)" : "([+-]?[0-9.]+(?:[eE][+-]?\\d+)?)";
		break;
	case KQL_DATETIME:
		if (ends || p->regex)
			return "([0-9TZ:./ +-]*[0-9Z])";
		break;
	default: break;
	}
	return p->regex ? "(.*)" : "(.*?)";
}

static bool piece_add(struct binder *b, struct pattern *p, const struct node *piece)
{
	if (piece->kind == NODE_STAR) {
		buf_puts(&p->text, ".*?");
		return true;
	}
	if (piece->kind == NODE_LITERAL) {
		if (!p->regex) {
			put_quoted(&p->text, piece->text, piece->text_len);
			return true;
		}
		buf_add(&p->text, piece->text, piece->text_len);
		p->group_count += groups_in(piece->text);
		return true;
	}
	if (p->count == PARSE_COLUMNS_MAX)
		return semantic(b, "SEM0059", piece, "At most %d columns", PARSE_COLUMNS_MAX);
	p->columns[p->count] = piece;
	p->groups[p->count++] = p->group_count++;
	bool ends = piece->next && piece->next->kind == NODE_STAR && piece->next->next;
	buf_puts(&p->text, group_of(p, piece->type, ends));
	return true;
}

/* A column must be told from its neighbour by a text between them; a star takes what a number or a
 * time leaves. */
static bool pieces_check(struct binder *b, const struct node *with)
{
	EACH_CHILD(piece, with)
	{
		const struct node *next = piece->next;
		bool column = piece->kind == NODE_COLUMN;
		bool star =
		    next && column && next->kind == NODE_STAR &&
		    (!next->next || type_is_number(piece->type) || piece->type == KQL_DATETIME);
		if (next && piece->kind != NODE_LITERAL && next->kind != NODE_LITERAL && !star)
			return semantic(b, "SEM0059", next, "A text must stand before this");
	}
	return true;
}

static bool flags_put(struct binder *b, struct pattern *p, const struct node *flags)
{
	buf_puts(&p->text, "(?s");
	for (const char *f = flags ? flags->first->text : ""; *f; f++) {
		if (!strchr("imsU", *f))
			return semantic(b, "SEM0053", flags, "Flags are i, m, s and U");
		if (*f != 's')
			buf_putc(&p->text, *f);
	}
	buf_puts(&p->text, ")^");
	return true;
}

static bool pattern_make(struct binder *b, const struct node *node, struct pattern *p)
{
	const struct node *kind = node_param(node, "kind"), *with = node_group(node, "with");
	const char *name = kind ? kind->first->text : "simple";
	p->regex = strcmp(name, "regex") == 0;
	p->relaxed = strcmp(name, "relaxed") == 0;
	if (!p->regex && !p->relaxed && strcmp(name, "simple") != 0)
		return semantic(b, "SEM0053", kind, "'%s' is no kind of parse", name);
	if (!pieces_check(b, with) || !flags_put(b, p, node_param(node, "flags")))
		return false;
	EACH_CHILD(piece, with)
	if (!piece_add(b, p, piece))
		return false;
	buf_puts(&p->text, "\\z");
	return true;
}

/* Computes the groups of the match as one struct, and whether there is a match. */
static bool match_compute(struct binder *b, const struct node *at, struct rowset *rows,
                          struct expr *text, const struct pattern *p, struct expr **groups,
                          struct expr **matched)
{
	struct buf names = { 0 };
	for (int i = 0; i < p->group_count; i++)
		buf_printf(&names, "%s'g%d'", i ? ", " : "", i);
	const char *sql = arena_printf(b->arena, "regexp_extract($0, $1, [%s])", buf_text(&names));
	struct value pattern = { .type = KQL_STRING,
		                 .s = { arena_strndup(b->arena, buf_text(&p->text), p->text.len),
		                        p->text.len } };
	buf_done(&names);
	if (!sql || !pattern.s.at)
		return bind_no_memory(b);
	struct expr *test =
	    regex_call(b, at, KQL_BOOL, "regexp_matches($0, $1)", text, expr_value(b, pattern));
	struct expr *all =
	    p->group_count ? expr_call2(b, KQL_STRING, sql, text, expr_value(b, pattern)) : text;
	*matched = test ? expr_column(b, rowset_compute(b, rows, test), KQL_BOOL) : NULL;
	*groups = *matched ? expr_column(b, rowset_compute(b, rows, all), KQL_STRING) : NULL;
	return *groups;
}

/* The column's value where the row matches, else null. */
static unsigned column_compute(struct binder *b, struct rowset *rows, const struct pattern *p,
                               size_t i, struct expr *groups, struct expr *matched)
{
	enum kql_type type = p->columns[i]->type;
	const char *sql = arena_printf(b->arena, "struct_extract($0, 'g%d')", p->groups[i]);
	struct expr *text = sql ? expr_call1(b, KQL_STRING, sql, groups) : NULL;
	struct expr *value = convert(b, text, type);
	return rowset_compute(b, rows,
	                      expr_call3(b, type, "(CASE WHEN $0 THEN $1 ELSE $2 END)", matched,
	                                 value, expr_null(b, type)));
}

static bool columns_add(struct binder *b, struct rowset *rows, const struct pattern *p,
                        const unsigned *ids)
{
	for (size_t i = 0; i < p->count; i++) {
		const char *name = p->columns[i]->text;
		struct column_ref *old = rowset_find(rows, name);
		if (old)
			*old = (struct column_ref){ name, p->columns[i]->type, ids[i] };
		else if (!rowset_add(b, rows, name, p->columns[i]->type, ids[i]))
			return false;
	}
	return true;
}

/* In simple mode all columns must have converted. */
static struct expr *all_converted(struct binder *b, struct rowset *rows, const struct pattern *p,
                                  const unsigned *ids, struct expr *matched)
{
	struct expr *parts[PARSE_COLUMNS_MAX + 1] = { matched };
	size_t count = 1;
	for (size_t i = 0; i < p->count; i++)
		if (p->columns[i]->type != KQL_STRING && p->columns[i]->type != KQL_DYNAMIC)
			parts[count++] = expr_call1(b, KQL_BOOL, "($0 IS NOT NULL)",
			                            expr_column(b, ids[i], p->columns[i]->type));
	if (count == 1)
		return matched;
	struct expr *all = expr_call(b, KQL_BOOL, "($&)", parts, count);
	return expr_column(b, rowset_compute(b, rows, all), KQL_BOOL);
}

static bool columns_blank(struct binder *b, struct rowset *rows, const struct pattern *p,
                          unsigned *ids, struct expr *ok)
{
	for (size_t i = 0; i < p->count; i++) {
		enum kql_type type = p->columns[i]->type;
		ids[i] =
		    rowset_compute(b, rows,
		                   expr_call3(b, type, "(CASE WHEN $0 THEN $1 ELSE $2 END)", ok,
		                              expr_column(b, ids[i], type), expr_null(b, type)));
		if (!ids[i])
			return false;
	}
	return true;
}

static struct rowset *parsed(struct binder *b, const struct node *node, struct rowset *rows,
                             const struct pattern *p)
{
	const struct node *at = node_group(node, "")->first;
	unsigned ids[PARSE_COLUMNS_MAX];
	struct expr *text = bind_expr(b, at), *groups = NULL, *matched = NULL;
	if (!text)
		return NULL;
	if (text->type != KQL_STRING && text->type != KQL_DYNAMIC)
		return semantic(b, "SEM0021", at, "What is parsed must be a string, not a %s",
		                kql_type_name(text->type));
	text = expr_column(b, rowset_compute(b, rows, as_text(b, text)), KQL_STRING);
	if (!text || !match_compute(b, node_group(node, "with"), rows, text, p, &groups, &matched))
		return NULL;
	for (size_t i = 0; i < p->count; i++) {
		ids[i] = column_compute(b, rows, p, i, groups, matched);
		if (!ids[i])
			return NULL;
	}
	struct expr *ok =
	    p->regex || p->relaxed ? matched : all_converted(b, rows, p, ids, matched);
	if (!ok || (ok != matched && !columns_blank(b, rows, p, ids, ok)))
		return NULL;
	if (node_is(node, "parse-where") && !rowset_filter(b, rows, ok))
		return NULL;
	return columns_add(b, rows, p, ids) ? rows : NULL;
}

struct rowset *op_parse(struct binder *b, const struct node *node, struct rowset *input)
{
	struct pattern pattern = { 0 };
	struct rowset *rows = rowset_copy(b, input);
	bool ok = rows && pattern_make(b, node, &pattern);
	if (ok && pattern.text.failed)
		ok = bind_no_memory(b);
	rows = ok ? parsed(b, node, rows, &pattern) : NULL;
	buf_done(&pattern.text);
	return rows;
}
