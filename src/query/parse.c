#include "query/parse.h"

#include <string.h>

#include "query/parse_internal.h"

/* ---- tokens ---- */

const struct token *peek(const struct parser *p, size_t ahead)
{
	const struct token *token = &p->tokens[p->at];
	while (ahead-- && token->kind != TOKEN_END)
		token++;
	return token;
}

void parser_advance(struct parser *p)
{
	if (p->tokens[p->at].kind != TOKEN_END)
		p->at++;
}

static bool text_is(const struct token *token, const char *text)
{
	return token->text_len == strlen(text) && memcmp(token->text, text, token->text_len) == 0;
}

bool sign_at(const struct parser *p, size_t ahead, const char *sign)
{
	const struct token *token = peek(p, ahead);
	return token->kind == TOKEN_SIGN && text_is(token, sign);
}

bool word_at(const struct parser *p, size_t ahead, const char *word)
{
	const struct token *token = peek(p, ahead);
	return token->kind == TOKEN_NAME && text_is(token, word);
}

bool next_is_sign(const struct parser *p, const char *sign)
{
	return sign_at(p, 0, sign);
}

bool next_is_word(const struct parser *p, const char *word)
{
	return word_at(p, 0, word);
}

bool adjacent(const struct parser *p, size_t ahead)
{
	const struct token *token = peek(p, ahead);
	if (token == p->tokens)
		return false;
	return token[-1].at + token[-1].len == token->at;
}

bool take_sign(struct parser *p, const char *sign)
{
	if (!next_is_sign(p, sign))
		return false;
	parser_advance(p);
	return true;
}

bool take_word(struct parser *p, const char *word)
{
	if (!next_is_word(p, word))
		return false;
	parser_advance(p);
	return true;
}

void *syntax_error(struct parser *p, const char *expected)
{
	const struct token *token = peek(p, 0);
	if (token->kind == TOKEN_END)
		query_error_set(p->e, QUERY_SYNTAX, "SYN0001", token->at, 0,
		                "The query ends where %s is expected", expected);
	else
		query_error_set(p->e, QUERY_SYNTAX, "SYN0002", token->at, token->len,
		                "Query could not be parsed at '%.*s': %s is expected",
		                token->len < 64 ? (int)token->len : 64, p->query + token->at,
		                expected);
	return NULL;
}

bool expect_sign(struct parser *p, const char *sign)
{
	if (take_sign(p, sign))
		return true;
	syntax_error(p, sign);
	return false;
}

bool expect_word(struct parser *p, const char *word)
{
	if (take_word(p, word))
		return true;
	syntax_error(p, word);
	return false;
}

bool enter(struct parser *p)
{
	if (++p->depth <= AST_DEPTH_MAX)
		return true;
	const struct token *token = peek(p, 0);
	return query_error_set(p->e, QUERY_SYNTAX, "SYN0007", token->at, token->len,
	                       "The query is nested deeper than %d levels", AST_DEPTH_MAX);
}

void leave(struct parser *p)
{
	p->depth--;
}

/* ---- nodes ---- */

static bool no_memory(struct parser *p)
{
	return query_error_set(p->e, QUERY_LIMIT, "SYN0005", peek(p, 0)->at, 0,
	                       "The query is too large");
}

struct node *node_new(struct parser *p, enum node_kind kind)
{
	struct node *node = ARENA_NEW(p->arena, struct node);
	if (!node) {
		no_memory(p);
		return NULL;
	}
	node->kind = kind;
	node->at = peek(p, 0)->at;
	node->len = peek(p, 0)->len;
	node->text = "";
	node->type = KQL_TYPE_COUNT;
	node->depth = 1;
	return node;
}

struct node *node_named(struct parser *p, enum node_kind kind, const char *text, size_t len)
{
	struct node *node = node_new(p, kind);
	if (!node)
		return NULL;
	node->text = arena_strndup(p->arena, text, len);
	node->text_len = len;
	if (!node->text) {
		no_memory(p);
		return NULL;
	}
	return node;
}

bool node_add(struct parser *p, struct node *parent, struct node *child)
{
	if (!parent || !child)
		return false;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	parent->count++;
	if (parent->depth <= child->depth)
		parent->depth = child->depth + 1;
	if (parent->depth <= AST_DEPTH_MAX * 4)
		return true;
	return query_error_set(p->e, QUERY_SYNTAX, "SYN0007", child->at, child->len,
	                       "The query is nested too deeply here");
}

struct node *node_end(struct parser *p, struct node *node)
{
	if (node && p->at) {
		const struct token *last = &p->tokens[p->at - 1];
		if (last->at + last->len > node->at)
			node->len = last->at + last->len - node->at;
	}
	return node;
}

/* ---- statements ---- */

/* ( a:long, T:(x:long), b:string = "x" ) { body } */
static struct node *parse_parameter(struct parser *p)
{
	size_t tokens;
	if (!name_follows(p, 0, &tokens))
		return syntax_error(p, "a parameter's name");
	if (!sign_at(p, tokens, ":") || !sign_at(p, tokens + 1, "("))
		return parse_column(p);
	struct node *name = parse_name(p);
	if (!name)
		return NULL;
	name->kind = NODE_TABLE;
	parser_advance(p);
	if (sign_at(p, 1, "*")) {
		parser_advance(p);
		parser_advance(p);
		return expect_sign(p, ")") ? name : NULL;
	}
	return parse_columns(p, name) ? name : NULL;
}

static bool function_follows(const struct parser *p)
{
	size_t at = next_is_word(p, "view"), tokens;
	if (!sign_at(p, at, "("))
		return false;
	if (sign_at(p, at + 1, ")"))
		return sign_at(p, at + 2, "{");
	return name_follows(p, at + 1, &tokens) && sign_at(p, at + 1 + tokens, ":");
}

static struct node *parse_function(struct parser *p)
{
	struct node *function = node_new(p, NODE_FUNCTION);
	if (function && take_word(p, "view"))
		function->text = "view";
	parser_advance(p);
	if (!next_is_sign(p, ")") && !parse_list(p, function, parse_parameter))
		return NULL;
	if (!expect_sign(p, ")") || !expect_sign(p, "{") || !enter(p))
		return NULL;
	struct node *body = node_new(p, NODE_BODY);
	if (!body || !parse_statements(p, body, "}") || !expect_sign(p, "}") ||
	    !node_add(p, function, body))
		return NULL;
	leave(p);
	return node_end(p, function);
}

static struct node *parse_let(struct parser *p)
{
	parser_advance(p);
	struct node *let = parse_name(p);
	if (!let || !expect_sign(p, "="))
		return NULL;
	let->kind = NODE_LET;
	struct node *value = function_follows(p) ? parse_function(p) : parse_argument(p);
	return node_add(p, let, value) ? let : NULL;
}

static struct node *parse_set(struct parser *p)
{
	parser_advance(p);
	struct node *set = parse_name(p);
	if (!set)
		return NULL;
	set->kind = NODE_SET;
	if (take_sign(p, "=") && !node_add(p, set, parse_expression(p)))
		return NULL;
	return set;
}

static struct node *parse_declare(struct parser *p)
{
	struct node *declare = node_new(p, NODE_DECLARE);
	parser_advance(p);
	if (!declare || !expect_word(p, "query_parameters") || !parse_columns(p, declare))
		return NULL;
	return declare;
}

static struct node *parse_statement(struct parser *p)
{
	size_t tokens;
	bool named = peek(p, 0)->kind == TOKEN_NAME && name_follows(p, 1, &tokens);
	if (named && next_is_word(p, "let"))
		return parse_let(p);
	if (named && next_is_word(p, "set"))
		return parse_set(p);
	if (next_is_word(p, "declare"))
		return parse_declare(p);
	struct node *node = parse_argument(p);
	return node_end(p, node);
}

bool parse_statements(struct parser *p, struct node *body, const char *closer)
{
	for (;;) {
		if (body->count)
			take_sign(p, ";");
		if (*closer ? next_is_sign(p, closer) : peek(p, 0)->kind == TOKEN_END)
			return true;
		if (!node_add(p, body, parse_statement(p)))
			return false;
		if (*closer ? next_is_sign(p, closer) : peek(p, 0)->kind == TOKEN_END)
			return true;
		if (!next_is_sign(p, ";")) {
			syntax_error(p, *closer ? "; or }" : "| or ;");
			return false;
		}
	}
}

struct node *parse(const char *query, const struct token_list *tokens, struct arena *arena,
                   struct query_error *e)
{
	struct parser p = { .query = query, .tokens = tokens->items, .arena = arena, .e = e };
	struct node *body = node_new(&p, NODE_BODY);
	if (!body || !parse_statements(&p, body, ""))
		return NULL;
	if (!body->count)
		return syntax_error(&p, "a query");
	return node_end(&p, body);
}
