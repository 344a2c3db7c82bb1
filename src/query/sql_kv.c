/* sql_kv: keys and values that stand in a text, for parse-kv (see sql_functions.h).
 *
 * The answer is a bag of the texts of the keys that are asked for.  A key that stands twice is in
 * it twice, of which k_member takes the first; blanks around keys and values do not count. */
#include <ctype.h>
#include <string.h>

#include "query/sql_json.h"

/* What is between two places of the text, and whether it stood in quotes. */
struct piece {
	const char *at;
	size_t len;
	bool quoted;
};

struct kv {
	struct db_text text, pair, kv;
	struct db_text quotes;  /* pairs of an opening and a closing character */
	struct db_text escapes; /* characters behind which a quote is none */
	bool greedy;
	size_t at;
	struct buf *scratch; /* the bag */
	struct json keys;    /* the array of those asked for */
};

static bool stands_at(const struct kv *k, size_t at, struct db_text what)
{
	return what.len && k->text.len - at >= what.len &&
	       memcmp(k->text.at + at, what.at, what.len) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct piece trimmed(const char *at, size_t len)
{
	while (len && is_blank(*at)) {
		at++;
		len--;
	}
	while (len && is_blank(at[len - 1]))
		len--;
	return (struct piece){ at, len, false };
}

/* The closing character for what stands here, where it opens; or NUL. */
static char closer_at(const struct kv *k, size_t at)
{
	for (size_t i = 0; at < k->text.len && i + 1 < k->quotes.len; i += 2)
		if (k->quotes.at[i] == k->text.at[at])
			return k->quotes.at[i + 1];
	return '\0';
}

static bool is_escape(const struct kv *k, size_t at)
{
	return at + 1 < k->text.len && k->escapes.len &&
	       memchr(k->escapes.at, k->text.at[at], k->escapes.len);
}

/* From behind the opening character to the closing one, or the end. */
static struct piece take_quoted(struct kv *k, char closer)
{
	struct piece piece = { k->text.at + ++k->at, 0, true };
	while (k->at < k->text.len && k->text.at[k->at] != closer)
		k->at += is_escape(k, k->at) ? 2 : 1;
	piece.len = (size_t)(k->text.at + k->at - piece.at);
	k->at += k->at < k->text.len;
	return piece;
}

/* ---- the bag ---- */

static void put_text(struct kv *k, struct piece piece, struct buf *plain)
{
	for (size_t i = 0; i < piece.len; i++) {
		if (piece.quoted && i + 1 < piece.len &&
		    is_escape(k, (size_t)(piece.at - k->text.at) + i))
			i++;
		buf_putc(plain, piece.at[i]);
	}
	buf_json_string(k->scratch, buf_text(plain), plain->len);
	buf_clear(plain);
}

static bool is_wanted(const struct kv *k, struct piece key)
{
	struct json keys = json_inside(k->keys), wanted;
	while (json_next(&keys, &wanted))
		if (json_string_equals(wanted, key.at, key.len))
			return true;
	return false;
}

static void put_pair(struct kv *k, struct piece key, struct piece value)
{
	struct buf plain = { 0 };
	if (!is_wanted(k, key))
		return;
	buf_puts(k->scratch, k->scratch->len > 1 ? "," : "");
	buf_json_string(k->scratch, key.at, key.len);
	buf_putc(k->scratch, ':');
	put_text(k, value, &plain);
	buf_done(&plain);
}

/* ---- delimiters that are told ---- */

static void skip_blanks(struct kv *k)
{
	while (k->at < k->text.len && is_blank(k->text.at[k->at]) &&
	       !stands_at(k, k->at, k->pair) && !stands_at(k, k->at, k->kv))
		k->at++;
}

static void skip_pairs(struct kv *k)
{
	while (k->at < k->text.len && (stands_at(k, k->at, k->pair) || is_blank(k->text.at[k->at])))
		k->at += stands_at(k, k->at, k->pair) ? k->pair.len : 1;
}

/* Up to the delimiter of the pair, or of key and value. */
static struct piece take_key(struct kv *k)
{
	char closer = closer_at(k, k->at);
	if (closer)
		return take_quoted(k, closer);
	size_t start = k->at;
	while (k->at < k->text.len && !stands_at(k, k->at, k->kv) && !stands_at(k, k->at, k->pair))
		k->at++;
	return trimmed(k->text.at + start, k->at - start);
}

/* Up to the delimiter of the pair; greedy, to the last one before the next key. */
static struct piece take_value(struct kv *k)
{
	skip_blanks(k);
	char closer = closer_at(k, k->at);
	if (closer)
		return take_quoted(k, closer);
	size_t start = k->at, next = start, end;
	while (next < k->text.len && !stands_at(k, next, k->greedy ? k->kv : k->pair))
		next++;
	end = next;
	for (size_t at = start; k->greedy && next < k->text.len && at < next; at++)
		if (stands_at(k, at, k->pair))
			end = at;
	k->at = end;
	return trimmed(k->text.at + start, end - start);
}

static void read_delimited(struct kv *k)
{
	for (skip_pairs(k); k->at < k->text.len; skip_pairs(k)) {
		size_t before = k->at;
		struct piece key = take_key(k);
		skip_blanks(k);
		if (stands_at(k, k->at, k->kv)) {
			k->at += k->kv.len;
			put_pair(k, key, take_value(k));
		}
		k->at += k->at == before;
	}
}

/* ---- every character that is neither letter nor digit ---- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* The next word or quoted text. */
static bool take_word(struct kv *k, struct piece *ret)
{
	while (k->at < k->text.len && !is_word(k->text.at[k->at]) && !closer_at(k, k->at))
		k->at++;
	if (k->at == k->text.len)
		return false;
	char closer = closer_at(k, k->at);
	size_t start = k->at;
	if (closer) {
		*ret = take_quoted(k, closer);
		return true;
	}
	while (k->at < k->text.len && is_word(k->text.at[k->at]))
		k->at++;
	*ret = (struct piece){ k->text.at + start, k->at - start, false };
	return true;
}

static void read_words(struct kv *k)
{
	struct piece key, value;
	while (take_word(k, &key))
		if (is_wanted(k, key) && take_word(k, &value))
			put_pair(k, key, value);
}

/* ---- for the database ---- */

/* (text, keys, pair delimiter, key delimiter, quotes, escapes, greedy); delimiters "": any */
SQL(parse_kv)
{
	if (any_null(a, n))
		return;
	struct kv k = {
		.text = a[0].s,
		.keys = cell_json(&a[1]),
		.pair = a[2].s,
		.kv = a[3].s,
		.quotes = a[4].s,
		.escapes = a[5].s,
		.greedy = a[6].b,
		.scratch = &ret->scratch,
	};
	buf_putc(&ret->scratch, '{');
	if (k.kv.len)
		read_delimited(&k);
	else
		read_words(&k);
	buf_putc(&ret->scratch, '}');
	db_answer_scratch(ret);
}

/* (keys that were found, their values, keys asked for): arrays of what a regular expression matched
 */
SQL(kv_pairs)
{
	struct json keys = json_inside(cell_json(a)), values = json_inside(cell_json(&a[1]));
	struct json key, value;
	struct buf name = { 0 }, text = { 0 };
	struct kv k = { .keys = cell_json(&a[2]), .scratch = &ret->scratch };
	if (any_null(a, n))
		return;
	buf_putc(&ret->scratch, '{');
	while (json_next(&keys, &key) && json_next(&values, &value)) {
		buf_clear(&name);
		buf_clear(&text);
		json_string_text(key, &name);
		json_string_text(value, &text);
		put_pair(&k, trimmed(buf_text(&name), name.len),
		         trimmed(buf_text(&text), text.len));
	}
	buf_putc(&ret->scratch, '}');
	buf_done(&name);
	buf_done(&text);
	db_answer_scratch(ret);
}

/* clang-format off */
const struct db_function sql_kv[] = {
	{ "k_parse_kv", "ssssssb", 's', false, parse_kv },
	{ "k_kv_pairs", "sss",        's', false, kv_pairs },
};
/* clang-format on */
const size_t sql_kv_count = ARRAY_LEN(sql_kv);
