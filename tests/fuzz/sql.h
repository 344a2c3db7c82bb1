/* sql: whether SQL is ours alone, for targets whose input must not get into it as such. */
#pragma once

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The words in the texts of the program that makes SQL, in order (sql_words.py). */
extern const char *const sql_words[];
extern const size_t sql_word_count;

static inline int sql_word_compare(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

/* Past the quoted text or name that starts at sql[at]; a doubled mark does not end it. */
static inline size_t sql_quoted_end(const char *sql, size_t at)
{
	char mark = sql[at++];
	for (;; at++) {
		assert(sql[at]);
		if (sql[at] == mark && sql[at + 1] == mark)
			at++;
		else if (sql[at] == mark)
			return at + 1;
	}
}

/* Past the word that starts there, which is one of ours, or letters and a number, as in c12. */
static inline size_t sql_word_end(const char *sql, size_t at)
{
	char word[64];
	size_t len = 0;
	while (isalnum((unsigned char)sql[at + len]) || sql[at + len] == '_')
		len++;
	assert(len < sizeof word);
	memcpy(word, sql + at, len);
	word[len] = '\0';
	size_t letters = strcspn(word, "0123456789");
	bool numbered = letters <= 2 && strspn(word + letters, "0123456789") == len - letters;
	assert(numbered ||
	       bsearch(word, sql_words, sql_word_count, sizeof *sql_words, sql_word_compare));
	return at + len;
}

/* Past the number that starts there. */
static inline size_t sql_number_end(const char *sql, size_t at)
{
	char *end;
	strtod(sql + at, &end);
	return (size_t)(end - sql);
}

/* All quotes and parentheses are closed, and outside of quotes there are numbers and our own words:
 * ASCII, no separator of statements and no comment, so that nothing else can be read as SQL. */
static inline void sql_is_ours(const char *sql)
{
	long depth = 0;
	for (size_t at = 0; sql[at];) {
		unsigned char c = (unsigned char)sql[at];
		assert(c < 0x80 && c != ';' && c != '\\' && c != '`' && c != '$');
		assert(strncmp(sql + at, "--", 2) != 0 && strncmp(sql + at, "/*", 2) != 0);
		depth += (c == '(') - (c == ')');
		assert(depth >= 0);
		if (c == '\'' || c == '"')
			at = sql_quoted_end(sql, at);
		else if (isalpha(c) || c == '_')
			at = sql_word_end(sql, at);
		else if (isdigit(c))
			at = sql_number_end(sql, at);
		else
			at++;
	}
	assert(depth == 0);
}
