/* parse_expression: scalar expressions, names, types and declarations of columns. */
#include <string.h>

#include "query/json.h"
#include "query/parse_internal.h"

/* ---- names and types ---- */

bool name_follows(const struct parser *p, size_t ahead, size_t *ret_tokens)
{
	if (peek(p, ahead)->kind == TOKEN_NAME) {
		*ret_tokens = 1;
		return true;
	}
	*ret_tokens = 3;
	return sign_at(p, ahead, "[") && peek(p, ahead + 1)->kind == TOKEN_STRING &&
	       sign_at(p, ahead + 2, "]");
}

struct node *parse_name(struct parser *p)
{
	size_t tokens;
	if (!name_follows(p, 0, &tokens))
		return syntax_error(p, "a name");
	const struct token *token = peek(p, tokens == 1 ? 0 : 1);
	struct node *node = node_named(p, NODE_NAME, token->text, token->text_len);
	while (tokens--)
		parser_advance(p);
	return node_end(p, node);
}

/* Words and stars that touch: src*, *Ip, *. */
struct node *parse_pattern(struct parser *p)
{
	size_t start = p->at, tokens;
	if (sign_at(p, 0, "["))
		return parse_name(p);
	bool star = false;
	while (peek(p, 0)->kind == TOKEN_NAME || next_is_sign(p, "*") ||
	       (p->at > start && peek(p, 0)->kind == TOKEN_LONG)) {
		if (p->at > start && !adjacent(p, 0))
			break;
		star |= next_is_sign(p, "*");
		parser_advance(p);
	}
	tokens = p->at - start;
	if (!tokens)
		return syntax_error(p, "a name");
	const struct token *first = &p->tokens[start], *last = &p->tokens[p->at - 1];
	p->at = start;
	struct node *node = node_named(p, star ? NODE_PATTERN : NODE_NAME, p->query + first->at,
	                               last->at + last->len - first->at);
	p->at += tokens;
	return node_end(p, node);
}

bool parse_type(struct parser *p, enum kql_type *ret)
{
	const struct token *token = peek(p, 0);
	enum kql_type type =
	    token->kind == TOKEN_NAME ? type_of_name(token->text, token->text_len) : KQL_TYPE_COUNT;
	if (type == KQL_TYPE_COUNT) {
		syntax_error(p, "a type such as long or string");
		return false;
	}
	*ret = type;
	parser_advance(p);
	return true;
}

struct node *parse_column(struct parser *p)
{
	struct node *column = parse_name(p);
	if (!column)
		return NULL;
	column->kind = NODE_COLUMN;
	if (!expect_sign(p, ":") || !parse_type(p, &column->type))
		return NULL;
	if (take_sign(p, "=") && !node_add(p, column, parse_expression(p)))
		return NULL;
	return node_end(p, column);
}

bool parse_columns(struct parser *p, struct node *into)
{
	if (!expect_sign(p, "("))
		return false;
	if (take_sign(p, ")"))
		return true;
	return parse_list(p, into, parse_column) && expect_sign(p, ")");
}

struct node *parse_typeof(struct parser *p)
{
	struct node *node = node_new(p, NODE_TYPEOF);
	if (!node || !expect_word(p, "typeof"))
		return NULL;
	if (sign_at(p, 2, ":")) {
		if (!parse_columns(p, node))
			return NULL;
	} else if (!expect_sign(p, "(") || !parse_type(p, &node->type) || !expect_sign(p, ")")) {
		return NULL;
	}
	return node_end(p, node);
}

bool parse_list(struct parser *p, struct node *into, struct node *(*item)(struct parser *))
{
	do {
		if (!node_add(p, into, item(p)))
			return false;
	} while (take_sign(p, ","));
	return true;
}

/* ---- literals ---- */

static struct node *bad_literal(struct parser *p, const struct token *token)
{
	query_error_set(p->e, QUERY_SYNTAX, "SYN0008", token->at, token->len,
	                "'%.*s' is not a value of type %.*s",
	                token->text_len < 64 ? (int)token->text_len : 64, token->text,
	                (int)token->name_len, p->query + token->at);
	return NULL;
}

static bool text_value(struct parser *p, struct value *v, const char *text, size_t len)
{
	v->s.at = arena_strndup(p->arena, text, len);
	v->s.len = len;
	return v->s.at;
}

static bool dynamic_value(struct parser *p, struct value *v, const char *text, size_t len)
{
	struct buf json = { 0 };
	bool ok =
	    json_canonical(&json, text, len, true) && text_value(p, v, buf_text(&json), json.len);
	v->null = ok && strcmp(v->s.at, "null") == 0;
	buf_done(&json);
	return ok;
}

static bool decimal_value(struct parser *p, struct value *v, const char *text, size_t len)
{
	double number;
	return real_parse(text, len, &number) && text_value(p, v, text, len);
}

/* The inside of type(…); quotes around it are let go. */
static bool typed_value(struct parser *p, const char *text, size_t len, struct value *v)
{
	char guid[GUID_TEXT_LEN + 1];
	switch (v->type) {
	case KQL_BOOL: return bool_parse(text, len, &v->b);
	case KQL_INT: return long_parse(text, len, &v->i) && v->i == (int32_t)v->i;
	case KQL_LONG: return long_parse(text, len, &v->i);
	case KQL_REAL: return real_parse(text, len, &v->f);
	case KQL_DECIMAL: return decimal_value(p, v, text, len);
	case KQL_DATETIME: return datetime_parse(text, len, &v->i);
	case KQL_TIMESPAN: return timespan_parse(text, len, &v->i);
	case KQL_GUID: return guid_parse(text, len, guid) && text_value(p, v, guid, GUID_TEXT_LEN);
	case KQL_DYNAMIC: return dynamic_value(p, v, text, len);
	default: return false;
	}
}

static struct node *parse_typed_literal(struct parser *p)
{
	const struct token *token = peek(p, 0);
	struct node *node = node_new(p, NODE_LITERAL);
	if (!node)
		return NULL;
	const char *text = token->text;
	size_t len = token->text_len;
	while (len && strchr(" \t\r\n", text[0])) {
		text++;
		len--;
	}
	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	node->value.type = type_of_name(p->query + token->at, token->name_len);
	if (node->value.type != KQL_DYNAMIC && len >= 2 && strchr("\"'", text[0]) &&
	    text[len - 1] == text[0]) {
		text++;
		len -= 2;
	}
	if (len == 4 && memcmp(text, "null", 4) == 0)
		node->value.null = true;
	else if (!typed_value(p, text, len, &node->value))
		return bad_literal(p, token);
	parser_advance(p);
	return node;
}

/* "ab" "cd" is one text. */
static struct node *parse_strings(struct parser *p)
{
	struct node *node = node_new(p, NODE_LITERAL);
	struct buf text = { 0 };
	while (peek(p, 0)->kind == TOKEN_STRING) {
		buf_add(&text, peek(p, 0)->text, peek(p, 0)->text_len);
		parser_advance(p);
	}
	bool ok = node && !text.failed && text_value(p, &node->value, buf_text(&text), text.len);
	buf_done(&text);
	if (!ok)
		return syntax_error(p, "a shorter text");
	node->value.type = KQL_STRING;
	return node_end(p, node);
}

static struct node *parse_number(struct parser *p)
{
	const struct token *token = peek(p, 0);
	struct node *node = node_new(p, NODE_LITERAL);
	if (!node)
		return NULL;
	if (token->kind == TOKEN_REAL)
		node->value = (struct value){ .type = KQL_REAL, .f = token->real };
	else
		node->value = (struct value){
			.type = token->kind == TOKEN_LONG ? KQL_LONG : KQL_TIMESPAN,
			.i = token->number,
		};
	parser_advance(p);
	return node;
}

static bool is_bool_word(const struct parser *p)
{
	return next_is_word(p, "true") || next_is_word(p, "false") || next_is_word(p, "True") ||
	       next_is_word(p, "False") || next_is_word(p, "TRUE") || next_is_word(p, "FALSE");
}

static struct node *parse_bool(struct parser *p)
{
	struct node *node = node_new(p, NODE_LITERAL);
	if (node)
		node->value =
		    (struct value){ .type = KQL_BOOL, .b = (peek(p, 0)->text[0] | 0x20) == 't' };
	parser_advance(p);
	return node;
}

/* ---- primaries ---- */

static struct node *parse_call_argument(struct parser *p)
{
	if (next_is_sign(p, "*") && (sign_at(p, 1, ",") || sign_at(p, 1, ")"))) {
		struct node *star = node_new(p, NODE_STAR);
		parser_advance(p);
		return star;
	}
	size_t tokens;
	if (name_follows(p, 0, &tokens) && sign_at(p, tokens, "=")) {
		struct node *named = parse_name(p);
		if (!named)
			return NULL;
		named->kind = NODE_NAMED;
		parser_advance(p);
		return node_add(p, named, parse_argument(p)) ? named : NULL;
	}
	if (next_is_word(p, "typeof"))
		return parse_typeof(p);
	return parse_argument(p);
}

static struct node *parse_call(struct parser *p)
{
	struct node *call = parse_name(p);
	if (!call || !expect_sign(p, "("))
		return NULL;
	call->kind = NODE_CALL;
	if (!next_is_sign(p, ")") && !parse_list(p, call, parse_call_argument))
		return NULL;
	if (!expect_sign(p, ")"))
		return NULL;
	return node_end(p, call);
}

static bool is_reserved(const struct parser *p)
{
	static const char *const words[] = { "and",      "or",      "by",       "in",
		                             "between",  "has",     "contains", "startswith",
		                             "endswith", "matches", "where" };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (next_is_word(p, words[i]))
			return true;
	return false;
}

static struct node *parse_parenthesised(struct parser *p)
{
	uint32_t at = peek(p, 0)->at;
	parser_advance(p);
	struct node *node = parse_argument(p);
	if (!node || !expect_sign(p, ")"))
		return NULL;
	node->parenthesised = true;
	node->at = at;
	return node_end(p, node);
}

static struct node *parse_atom(struct parser *p)
{
	size_t tokens;
	switch (peek(p, 0)->kind) {
	case TOKEN_LONG:
	case TOKEN_REAL:
	case TOKEN_TIMESPAN: return parse_number(p);
	case TOKEN_STRING: return parse_strings(p);
	case TOKEN_LITERAL: return parse_typed_literal(p);
	default: break;
	}
	if (next_is_sign(p, "("))
		return parse_parenthesised(p);
	if (is_bool_word(p) && !sign_at(p, 1, "("))
		return parse_bool(p);
	if (!name_follows(p, 0, &tokens) || is_reserved(p))
		return syntax_error(p, "an expression");
	return sign_at(p, tokens, "(") ? parse_call(p) : parse_name(p);
}

static struct node *parse_index(struct parser *p, struct node *base)
{
	struct node *index = node_new(p, NODE_INDEX);
	if (!index || !node_add(p, index, base) || !node_add(p, index, parse_expression(p)) ||
	    !expect_sign(p, "]"))
		return NULL;
	index->at = base->at;
	return node_end(p, index);
}

/* .name, .["name"], .function() of workspace("x").T */
static struct node *parse_member(struct parser *p, struct node *base)
{
	size_t tokens;
	if (next_is_sign(p, "[") && peek(p, 1)->kind != TOKEN_STRING) {
		parser_advance(p);
		return parse_index(p, base);
	}
	if (!name_follows(p, 0, &tokens))
		return syntax_error(p, "a property's name");
	struct node *member = parse_name(p);
	if (!member)
		return NULL;
	member->kind = NODE_MEMBER;
	member->at = base->at;
	return node_add(p, member, base) ? node_end(p, member) : NULL;
}

struct node *parse_primary(struct parser *p)
{
	if (!enter(p))
		return NULL;
	struct node *node = parse_atom(p);
	while (node) {
		if (take_sign(p, "."))
			node = parse_member(p, node);
		else if (next_is_sign(p, "[") && node->kind != NODE_PIPELINE) {
			parser_advance(p);
			node = parse_index(p, node);
		} else {
			break;
		}
	}
	leave(p);
	return node;
}

/* ---- operators ---- */

static struct node *parse_unary(struct parser *p)
{
	if (!next_is_sign(p, "-") && !next_is_sign(p, "+"))
		return parse_primary(p);
	struct node *node = node_new(p, NODE_MINUS);
	bool minus = next_is_sign(p, "-");
	parser_advance(p);
	if (!node || !enter(p))
		return NULL;
	struct node *inner = parse_unary(p);
	leave(p);
	if (!inner)
		return NULL;
	node->text = minus ? "-" : "+";
	return node_add(p, node, inner) ? node_end(p, node) : NULL;
}

/* Joins the tokens of an operator: "!" "in" "~", "matches" "regex"; 0 where none follows. */
static size_t operator_text(const struct parser *p, char *text, size_t room)
{
	size_t tokens = 0, len = 0;
	do {
		const struct token *token = peek(p, tokens);
		if (token->kind != TOKEN_SIGN && token->kind != TOKEN_NAME)
			return 0;
		if (len + token->text_len + 2 > room)
			return 0;
		memcpy(text + len, token->text, token->text_len);
		len += token->text_len;
		tokens++;
	} while (tokens < 3 && adjacent(p, tokens) &&
	         ((len == 1 && text[0] == '!') || sign_at(p, tokens, "~")));
	text[len] = '\0';
	if (strcmp(text, "matches") == 0 && word_at(p, tokens, "regex")) {
		strcpy(text + len, " regex");
		tokens++;
	}
	return tokens;
}

static bool binary_follows(const struct parser *p, enum binary_op *ret, size_t *ret_tokens)
{
	char text[40];
	if (p->search && next_is_sign(p, ":")) {
		*ret = p->colon;
		*ret_tokens = 1;
		return true;
	}
	*ret_tokens = operator_text(p, text, sizeof text - 8);
	for (int op = 0; *ret_tokens && op < BINARY_COUNT; op++) {
		if (strcmp(binary_rows[op].text, text) == 0) {
			*ret = (enum binary_op)op;
			return true;
		}
	}
	return false;
}

/* ( items ) of in, has_any, … */
static struct node *parse_in_list(struct parser *p)
{
	struct node *list = node_new(p, NODE_LIST);
	if (!list || !expect_sign(p, "("))
		return NULL;
	if (!next_is_sign(p, ")") && !parse_list(p, list, parse_argument))
		return NULL;
	return expect_sign(p, ")") ? node_end(p, list) : NULL;
}

/* ( low .. high ) */
static struct node *parse_between_list(struct parser *p)
{
	struct node *list = node_new(p, NODE_LIST);
	if (!list || !expect_sign(p, "(") || !node_add(p, list, parse_expression(p)) ||
	    !expect_sign(p, "..") || !node_add(p, list, parse_expression(p)) ||
	    !expect_sign(p, ")"))
		return NULL;
	return node_end(p, list);
}

static struct node *parse_level(struct parser *p, int level);

static struct node *parse_right(struct parser *p, enum binary_op op)
{
	switch (op) {
	case BINARY_IN:
	case BINARY_NOT_IN:
	case BINARY_IN_CI:
	case BINARY_NOT_IN_CI:
	case BINARY_HAS_ANY:
	case BINARY_HAS_ALL: return parse_in_list(p);
	case BINARY_BETWEEN:
	case BINARY_NOT_BETWEEN: return parse_between_list(p);
	default: return parse_level(p, binary_rows[op].level + 1);
	}
}

/* Left to right all operators that bind at least as tightly as `level`. */
static struct node *parse_level(struct parser *p, int level)
{
	struct node *left;
	if (next_is_sign(p, "*")) {
		left = node_new(p, NODE_STAR);
		parser_advance(p);
	} else {
		left = parse_unary(p);
	}
	enum binary_op op;
	size_t tokens;
	while (left && binary_follows(p, &op, &tokens) && binary_rows[op].level >= level) {
		struct node *binary = node_new(p, NODE_BINARY);
		if (!binary)
			return NULL;
		binary->op = op;
		binary->text = binary_rows[op].text;
		while (tokens--)
			parser_advance(p);
		node_end(p, binary);
		if (!node_add(p, binary, left) || !enter(p))
			return NULL;
		struct node *right = parse_right(p, op);
		leave(p);
		if (!node_add(p, binary, right))
			return NULL;
		left = binary;
	}
	return left;
}

struct node *parse_expression(struct parser *p)
{
	return parse_level(p, 1);
}

struct node *parse_argument(struct parser *p)
{
	if (pipeline_starts(p))
		return parse_pipeline(p);
	struct node *node = parse_expression(p);
	if (node && next_is_sign(p, "|"))
		return parse_pipeline_from(p, node);
	return node;
}

/* ---- named expressions ---- */

/* How many tokens "( a, b ) =" takes, or 0. */
static size_t tuple_tokens(const struct parser *p)
{
	size_t at = 1, tokens;
	if (!sign_at(p, 0, "("))
		return 0;
	while (name_follows(p, at, &tokens)) {
		at += tokens;
		if (!sign_at(p, at, ","))
			break;
		at++;
	}
	return sign_at(p, at, ")") && sign_at(p, at + 1, "=") ? at + 2 : 0;
}

static struct node *parse_tuple(struct parser *p)
{
	struct node *tuple = node_new(p, NODE_TUPLE);
	parser_advance(p);
	if (!tuple || !parse_list(p, tuple, parse_name) || !expect_sign(p, ")") ||
	    !expect_sign(p, "=") || !node_add(p, tuple, parse_expression(p)))
		return NULL;
	return node_end(p, tuple);
}

struct node *parse_named(struct parser *p)
{
	size_t tokens;
	if (tuple_tokens(p))
		return parse_tuple(p);
	if (!name_follows(p, 0, &tokens) || !sign_at(p, tokens, "="))
		return parse_expression(p);
	struct node *named = parse_name(p);
	if (!named)
		return NULL;
	named->kind = NODE_NAMED;
	parser_advance(p);
	return node_add(p, named, parse_expression(p)) ? named : NULL;
}
