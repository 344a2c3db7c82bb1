#include "query/lex.h"

#include <stdio.h>
#include <string.h>

#include "support/unit.h"

/* Tokens as "kind:text" with blanks between; n a name, s a sign, t a text, l a long, r a real, p a
 * timespan, c a typed literal; or the error's code. */
static const char *tokens_of(const char *query, size_t len)
{
	static char text[4096];
	struct arena arena;
	struct token_list list;
	struct query_error e = { 0 };
	arena_init(&arena, 1 << 20);
	size_t at = 0;
	text[0] = '\0';
	if (!lex(query, len, &arena, &list, &e))
		at = (size_t)snprintf(text, sizeof text, "%s at %zu", e.code, e.at);
	for (size_t i = 0; i + 1 < list.count && e.class == QUERY_OK; i++) {
		const struct token *t = &list.items[i];
		at += (size_t)snprintf(text + at, sizeof text - at, "%s%c:", i ? " " : "",
		                       "?nstlrpc"[t->kind]);
		if (t->kind == TOKEN_LONG || t->kind == TOKEN_TIMESPAN)
			at += (size_t)snprintf(text + at, sizeof text - at, "%lld",
			                       (long long)t->number);
		else if (t->kind == TOKEN_REAL)
			at += (size_t)snprintf(text + at, sizeof text - at, "%g", t->real);
		else
			at += (size_t)snprintf(text + at, sizeof text - at, "%.*s",
			                       (int)t->text_len, t->text);
	}
	token_list_done(&list);
	arena_done(&arena);
	return text;
}

#define TOKENS(query, expected) assert_string_equal(tokens_of(query, strlen(query)), expected)

static void words_signs_and_comments(void **state)
{
	(void)state;
	TOKENS("T | where a>=1 // no\n\t!= b", "n:T s:| n:where n:a s:>= l:1 s:!= n:b");
	TOKENS("a..b.c=~d", "n:a s:.. n:b s:. n:c s:=~ n:d");
	TOKENS("$left.x", "n:$left s:. n:x");
	TOKENS("", "");
}

/* Letters behind a number make a timespan where they are a unit, else a name. */
static void numbers_timespans_and_names_that_start_with_digits(void **state)
{
	(void)state;
	TOKENS("7 0x1F 1.5 2e3 1.5e-3", "l:7 l:31 r:1.5 r:2000 r:0.0015");
	TOKENS("1h 24hr 1.5h 10ms 7tick 3microseconds",
	       "p:36000000000 p:864000000000 p:54000000000 p:100000 p:7 p:30");
	TOKENS("5tuple 2x 1w 3d3", "n:5tuple n:2x n:1w n:3d3");
	TOKENS("1..5", "l:1 s:.. l:5");
	TOKENS("1.5x", "SYN0006 at 0");
	TOKENS("99999999999999999999", "SYN0006 at 0");
}

static void strings_of_every_kind(void **state)
{
	(void)state;
	TOKENS("'a' \"b\\tc\" @\"d\\e\"", "t:a t:b\tc t:d\\e");
	TOKENS("@'it''s' h'x' H@\"y\"", "t:it's t:x t:y");
	TOKENS("```a\n\"b```", "t:a\n\"b");
	TOKENS("\"\\u00e9\\x41\\101\"", "t:\xc3\xa9"
	                                "AA");
	TOKENS("\"\\ud83d\\ude00\"", "t:\xf0\x9f\x98\x80");
	TOKENS("\"\\q\"", "SYN0003 at 0");
	TOKENS("x 'abc", "SYN0003 at 2");
	TOKENS("'ab\ncd'", "SYN0003 at 0");
	TOKENS("```a", "SYN0003 at 0");
}

static void typed_literals_are_one_token(void **state)
{
	(void)state;
	TOKENS("datetime(2026-11-05 06:07) dynamic({\"a\":\")\"})",
	       "c:2026-11-05 06:07 c:{\"a\":\")\"}");
	TOKENS("(t:datetime)", "s:( n:t s:: n:datetime s:)");
	TOKENS("datetime(2026", "SYN0003 at 0");
}

static void what_is_no_text_is_refused(void **state)
{
	(void)state;
	assert_string_equal(tokens_of("a\0b", 3), "SYN0004 at 1");
	assert_string_equal(tokens_of("ab\xff", 3), "SYN0004 at 2");
	assert_string_equal(tokens_of("\xed\xa0\x80", 3), "SYN0004 at 0"); /* a surrogate */
	TOKENS("print # x", "SYN0002 at 6");
}

static void the_length_is_bounded(void **state)
{
	(void)state;
	static char query[QUERY_TEXT_MAX + 2];
	memset(query, ' ', sizeof query);
	assert_string_equal(tokens_of(query, QUERY_TEXT_MAX), "");
	assert_string_equal(tokens_of(query, QUERY_TEXT_MAX + 1), "SYN0005 at 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_signs_and_comments),
		cmocka_unit_test(numbers_timespans_and_names_that_start_with_digits),
		cmocka_unit_test(strings_of_every_kind),
		cmocka_unit_test(typed_literals_are_one_token),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(the_length_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
