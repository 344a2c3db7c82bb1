/* kql_mutator: new queries from old ones, token by token, for libFuzzer (fuzz_kql).
 *
 * What is not KQL dies in the lexer, so octets that change at random seldom get to the binder. Here
 * whole tokens, arguments in parentheses and stages between pipes are left out, doubled, moved and
 * replaced; new ones come from the words of the language and from the examples in its reference.
 * One time in eight, and where the text has no tokens, octets are changed all the same. */
#include <stdint.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "query/example.h"
#include "query/lex.h"
#include "query/reference.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
                                 uint8_t *out, size_t max_size, unsigned seed);

enum { ARENA_BYTES = 8 << 20 };

static uint64_t state;

/* A number below `below`, which is not 0. */
static size_t any(size_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)(state % below);
}

/* A stretch of a text. */
struct span {
	const char *at;
	size_t len;
};

struct cuts {
	struct arena arena;
	struct token_list tokens;
	const char *text;
	size_t len;
};

static bool cut(struct cuts *c, const uint8_t *data, size_t size)
{
	struct query_error e = { 0 };
	*c = (struct cuts){ .text = (const char *)data, .len = size };
	arena_init(&c->arena, ARENA_BYTES);
	return lex(c->text, size, &c->arena, &c->tokens, &e) && c->tokens.count > 1;
}

static void cuts_done(struct cuts *c)
{
	token_list_done(&c->tokens);
	arena_done(&c->arena);
}

static bool is_sign(const struct token *token, const char *signs)
{
	return token->kind == TOKEN_SIGN && token->text_len == 1 && strchr(signs, *token->text);
}

/* From one token up to another one, which is behind it. */
static struct span between(const struct cuts *c, size_t from, size_t to)
{
	const struct token *first = &c->tokens.items[from], *last = &c->tokens.items[to];
	return (struct span){ c->text + first->at, last->at + last->len - first->at };
}

static struct span some_tokens(const struct cuts *c)
{
	size_t count = c->tokens.count - 1, from = any(count);
	size_t most = count - from < 6 ? count - from : 6;
	return between(c, from, from + any(most));
}

/* From behind a sign to before the next one of those that end such a part, on its own level. */
static struct span some_part(const struct cuts *c, const char *starts, const char *ends)
{
	size_t count = c->tokens.count - 1, from = any(count), depth = 0, to;
	for (size_t tries = 0; tries < count && !is_sign(&c->tokens.items[from], starts); tries++)
		from = (from + 1) % count;
	if (!is_sign(&c->tokens.items[from], starts) || from + 1 >= count)
		return some_tokens(c);
	for (to = from + 1; to < count; to++) {
		const struct token *token = &c->tokens.items[to];
		if (!depth && is_sign(token, ends))
			break;
		if (is_sign(token, "([{"))
			depth++;
		else if (is_sign(token, ")]}"))
			depth -= depth > 0;
	}
	return to > from + 1 ? between(c, from + 1, to - 1) : some_tokens(c);
}

static struct span some_stretch(const struct cuts *c)
{
	switch (any(4)) {
	case 0: return some_part(c, "(,=", "),");
	case 1: return some_part(c, "|(", "|)};");
	case 2: return some_part(c, "|", "|)};");
	default: return some_tokens(c);
	}
}

/* ---- new text ---- */

static struct span span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

static struct span some_word(void)
{
	static const char *const more[] = { "(",
		                            ")",
		                            ",",
		                            "|",
		                            "=",
		                            "==",
		                            "..",
		                            "[0]",
		                            ".a",
		                            "\"x\"",
		                            "1",
		                            "-1",
		                            "0",
		                            "1.5",
		                            "1h",
		                            "null",
		                            "true",
		                            "long(null)",
		                            "*",
		                            "by",
		                            "on",
		                            "asc",
		                            "with",
		                            "kind=inner",
		                            "to typeof(long)",
		                            "Flows",
		                            "datetime(2026-11-05)",
		                            "dynamic([1, \"a\", {\"b\": 2}])",
		                            "dynamic(null)",
		                            "k",
		                            "v",
		                            "t",
		                            "9223372036854775807",
		                            "real(nan)",
		                            "decimal(1.5)",
		                            "as P",
		                            "toscalar(",
		                            "materialize(",
		                            "$left.k == $right.k",
		                            "let f = (x: long) { x + 1 };",
		                            "let T = ",
		                            ";",
		                            "step s: true;" };
	const char *const *words;
	size_t count = reference_words(&words);
	return span_of(any(2) ? more[any(ARRAY_LEN(more))] : words[any(count)]);
}

/* A part of an example: behind one of its pipes, or all of it. */
static struct span some_example(void)
{
	size_t number = any(scalar_example_count + table_example_count + operator_example_count);
	const struct example *from = scalar_examples;
	if (number >= scalar_example_count) {
		number -= scalar_example_count;
		from = number < table_example_count ? table_examples : operator_examples;
		number -= number < table_example_count ? 0 : table_example_count;
	}
	const char *text = from[number].kql, *stage = strstr(text, "| ");
	if (!stage || !any(4))
		return span_of(text);
	const char *end = any(2) ? strstr(stage + 2, " | ") : NULL;
	return end ? (struct span){ stage + 2, (size_t)(end - stage) - 2 } : span_of(stage + 2);
}

static struct span something_new(const struct cuts *from)
{
	switch (any(3)) {
	case 0: return some_word();
	case 1: return some_example();
	default: return some_stretch(from);
	}
}

/* ---- what libFuzzer calls ---- */

/* The text with what stands in `old` replaced: by nothing, by `new`, or by itself and `new`, in
 * parentheses or not. */
static void change(struct buf *out, const struct cuts *c, struct span old, struct span new)
{
	size_t how = any(6), before = (size_t)(old.at - c->text);
	buf_add(out, c->text, before);
	if (how == 4)
		buf_puts(out, "(");
	if (how >= 3)
		buf_add(out, old.at, old.len);
	if (how >= 2)
		buf_puts(out, how == 3 ? " | " : how == 4 ? ")" : " ");
	if (how != 0 && how != 4)
		buf_add(out, new.at, new.len);
	buf_puts(out, " ");
	buf_add(out, old.at + old.len, c->len - before - old.len);
}

static size_t give(struct buf *made, uint8_t *out, size_t max_size)
{
	size_t len = made->len < max_size ? made->len : max_size;
	if (len)
		memcpy(out, buf_text(made), len);
	buf_done(made);
	return len;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	struct cuts c;
	struct buf made = { 0 };
	state = (uint64_t)seed * 0x9e3779b97f4a7c15u + 1;
	bool ours = cut(&c, data, size) && any(8);
	if (ours)
		change(&made, &c, some_stretch(&c), something_new(&c));
	cuts_done(&c);
	return ours ? give(&made, data, max_size) : LLVMFuzzerMutate(data, size, max_size);
}

/* One text with a stretch of another. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size,
                                 uint8_t *out, size_t max_size, unsigned seed)
{
	struct cuts one, other;
	struct buf made = { 0 };
	state = (uint64_t)seed * 0x9e3779b97f4a7c15u + 1;
	bool both = cut(&one, a, a_size);
	both = cut(&other, b, b_size) && both;
	if (both)
		change(&made, &one, some_stretch(&one), some_stretch(&other));
	cuts_done(&one);
	cuts_done(&other);
	return give(&made, out, max_size);
}
