/* sql_ip: addresses and prefixes (see sql_functions.h).
 *
 * IPv4 functions take "a.b.c.d" and "a.b.c.d/length"; IPv6 functions take both families, IPv4 as
 * mapped into ::ffff:0:0/96.  What cannot be read is null. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "core/base/ip.h"
#include "query/literal.h"
#include "query/sql_json.h"

struct v4 {
	uint32_t ip;
	unsigned bits;
};

static uint32_t v4_mask(unsigned bits)
{
	return bits ? ~UINT32_C(0) << (32 - bits) : 0;
}

/* Splits "address/bits" and checks the bits. */
static bool split_prefix(struct db_text text, char address[IP_TEXT_MAX + 8], unsigned most,
                         unsigned *bits)
{
	const char *slash = text.len ? memchr(text.at, '/', text.len) : NULL;
	size_t len = slash ? (size_t)(slash - text.at) : text.len;
	int64_t number = most;
	if (!len || len >= IP_TEXT_MAX + 8 || memchr(text.at, '\0', len))
		return false;
	if (slash &&
	    (!long_parse(slash + 1, text.len - len - 1, &number) || number < 0 || number > most))
		return false;
	memcpy(address, text.at, len);
	address[len] = '\0';
	*bits = (unsigned)number;
	return true;
}

static bool v4_parse(struct db_text text, struct v4 *ret)
{
	char address[IP_TEXT_MAX + 8];
	struct in_addr in;
	if (!split_prefix(text, address, 32, &ret->bits) || inet_pton(AF_INET, address, &in) != 1)
		return false;
	ret->ip = ntohl(in.s_addr);
	return true;
}

/* A number counts as an address too. */
static bool v4_parse_any(struct db_text text, struct v4 *ret)
{
	int64_t number;
	if (v4_parse(text, ret))
		return true;
	if (!long_parse(text.at, text.len, &number) || number < 0 || number > UINT32_MAX)
		return false;
	*ret = (struct v4){ (uint32_t)number, 32 };
	return true;
}

static void put_v4(struct buf *out, uint32_t ip)
{
	buf_printf(out, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

SQL(ipv4)
{
	struct v4 v4;
	if (!any_null(a, n) && v4_parse(a[0].s, &v4))
		db_answer_i64(ret, v4.ip & v4_mask(v4.bits));
}

/* The shorter of the address's own prefix and the one given. */
static bool v4_cut(const struct db_cell *a, size_t n, struct v4 *ret)
{
	if (any_null(a, n) || !v4_parse_any(a[0].s, ret))
		return false;
	if (n > 1 && (a[1].i < 0 || a[1].i > 32))
		return false;
	if (n > 1 && (unsigned)a[1].i < ret->bits)
		ret->bits = (unsigned)a[1].i;
	ret->ip &= v4_mask(ret->bits);
	return true;
}

SQL(ipv4_masked)
{
	struct v4 v4;
	if (v4_cut(a, n, &v4))
		db_answer_i64(ret, v4.ip);
}

SQL(format_v4)
{
	struct v4 v4;
	if (!v4_cut(a, n, &v4)) {
		answer_empty(ret);
		return;
	}
	put_v4(&ret->scratch, v4.ip);
	db_answer_scratch(ret);
}

SQL(format_v4_mask)
{
	struct v4 v4;
	if (!v4_cut(a, n, &v4)) {
		answer_empty(ret);
		return;
	}
	put_v4(&ret->scratch, v4.ip);
	buf_printf(&ret->scratch, "/%u", v4.bits);
	db_answer_scratch(ret);
}

/* compare(a, b, prefix): up to the shortest of the three */
SQL(v4_compare)
{
	struct v4 x, y;
	if (any_null(a, n) || !v4_parse(a[0].s, &x) || !v4_parse(a[1].s, &y))
		return;
	if (n > 2 && (a[2].i < 0 || a[2].i > 32))
		return;
	unsigned bits = x.bits < y.bits ? x.bits : y.bits;
	if (n > 2 && (unsigned)a[2].i < bits)
		bits = (unsigned)a[2].i;
	uint32_t left = x.ip & v4_mask(bits), right = y.ip & v4_mask(bits);
	db_answer_i64(ret, left < right ? -1 : left > right);
}

/* in(ip, range, …): null where the address or all ranges cannot be read */
SQL(v4_in)
{
	struct v4 ip, range;
	bool known = false, found = false;
	if (a[0].null || !v4_parse(a[0].s, &ip))
		return;
	for (size_t i = 1; i < n && !found; i++) {
		if (a[i].null || !v4_parse(a[i].s, &range))
			continue;
		known = true;
		uint32_t mask = v4_mask(range.bits < ip.bits ? range.bits : ip.bits);
		found = (ip.ip & mask) == (range.ip & mask);
	}
	if (known)
		db_answer_bool(ret, found);
}

/* The texts of an array, one after the other. */
static bool next_text(struct json *inside, struct buf *text, struct db_text *ret)
{
	struct json item;
	if (!json_next(inside, &item))
		return false;
	buf_clear(text);
	if (json_kind(item) == JSON_STRING)
		json_string_text(item, text);
	*ret = (struct db_text){ buf_text(text), text->len };
	return true;
}

static void in_any(const struct db_cell *a, size_t n, struct db_answer *ret, db_row_function *in)
{
	struct json inside = json_inside(cell_json(&a[1]));
	struct db_cell pair[2] = { a[0] };
	struct buf text = { 0 };
	bool known = false, found = false;
	while (!any_null(a, n) && !found && next_text(&inside, &text, &pair[1].s)) {
		struct db_answer one = { .cell.null = true };
		in(pair, 2, &one);
		known |= !one.cell.null;
		found = !one.cell.null && one.cell.b;
	}
	buf_done(&text);
	if (known)
		db_answer_bool(ret, found);
}

SQL(v4_in_any)
{
	in_any(a, n, ret, v4_in);
}

SQL(v4_bits)
{
	struct v4 v4;
	if (!any_null(a, n) && v4_parse(a[0].s, &v4))
		db_answer_i64(ret, v4.bits);
}

SQL(v4_cidrs)
{
	struct v4 from, to;
	if (any_null(a, n) || !v4_parse(a[0].s, &from) || !v4_parse(a[1].s, &to))
		return;
	buf_putc(&ret->scratch, '[');
	for (uint64_t at = from.ip; at <= to.ip;) {
		unsigned bits = 32;
		while (bits && !(at & ~(uint64_t)v4_mask(bits - 1)) &&
		       at + (UINT64_C(1) << (33 - bits)) - 1 <= to.ip)
			bits--;
		buf_puts(&ret->scratch, ret->scratch.len > 1 ? ",\"" : "\"");
		put_v4(&ret->scratch, (uint32_t)at);
		buf_printf(&ret->scratch, "/%u\"", bits);
		at += UINT64_C(1) << (32 - bits);
	}
	buf_putc(&ret->scratch, ']');
	db_answer_scratch(ret);
}

/* ---- IPv6 ---- */

struct v6 {
	struct ip ip;
	unsigned bits; /* of 128 */
};

static bool v6_parse(struct db_text text, struct v6 *ret)
{
	char address[IP_TEXT_MAX + 8];
	bool v4 = text.len && !memchr(text.at, ':', text.len);
	if (!split_prefix(text, address, v4 ? 32 : 128, &ret->bits) || !ip_parse(address, &ret->ip))
		return false;
	if (v4)
		ret->bits += 96;
	return true;
}

/* All 128 bits count, mapped addresses too. */
static void v6_mask(struct ip *ip, unsigned bits)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = bits > i * 8 ? bits - i * 8 : 0;
		if (keep < 8)
			ip->b[i] &= (uint8_t)(0xff00 >> keep);
	}
}

static void answer_v6(struct db_answer *ret, const struct ip *ip)
{
	for (int i = 0; i < 16; i += 2)
		buf_printf(&ret->scratch, "%s%02x%02x", i ? ":" : "", ip->b[i], ip->b[i + 1]);
	db_answer_scratch(ret);
}

SQL(v6_full)
{
	struct v6 v6;
	if (any_null(a, n) || !v6_parse(a[0].s, &v6)) {
		answer_empty(ret);
		return;
	}
	if (n > 1 && (a[1].i < 0 || a[1].i > 128)) {
		answer_empty(ret);
		return;
	}
	if (n > 1 && (unsigned)a[1].i < v6.bits)
		v6.bits = (unsigned)a[1].i;
	v6_mask(&v6.ip, v6.bits);
	answer_v6(ret, &v6.ip);
}

SQL(v6_bits)
{
	struct v6 v6;
	if (!any_null(a, n) && v6_parse(a[0].s, &v6))
		db_answer_i64(ret, v6.bits);
}

SQL(v6_compare)
{
	struct v6 x, y;
	if (any_null(a, n) || !v6_parse(a[0].s, &x) || !v6_parse(a[1].s, &y))
		return;
	if (n > 2 && (a[2].i < 0 || a[2].i > 128))
		return;
	unsigned bits = x.bits < y.bits ? x.bits : y.bits;
	if (n > 2 && (unsigned)a[2].i < bits)
		bits = (unsigned)a[2].i;
	v6_mask(&x.ip, bits);
	v6_mask(&y.ip, bits);
	int order = memcmp(x.ip.b, y.ip.b, 16);
	db_answer_i64(ret, order < 0 ? -1 : order > 0);
}

SQL(v6_in)
{
	struct v6 ip, range;
	bool known = false, found = false;
	if (a[0].null || !v6_parse(a[0].s, &ip))
		return;
	for (size_t i = 1; i < n && !found; i++) {
		if (a[i].null || !v6_parse(a[i].s, &range))
			continue;
		struct ip left = ip.ip;
		unsigned bits = range.bits < ip.bits ? range.bits : ip.bits;
		v6_mask(&left, bits);
		v6_mask(&range.ip, bits);
		known = true;
		found = ip_equal(&left, &range.ip);
	}
	if (known)
		db_answer_bool(ret, found);
}

SQL(v6_in_any)
{
	in_any(a, n, ret, v6_in);
}

/* ---- addresses in texts ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The next address in a text: digits and dots with no letter, digit or dot at its ends. */
static bool next_address(struct db_text text, size_t *at, struct db_text *ret)
{
	while (*at < text.len) {
		size_t start = *at;
		if (!is_digit(text.at[start]) ||
		    (start && (is_word(text.at[start - 1]) || text.at[start - 1] == '.'))) {
			++*at;
			continue;
		}
		size_t end = start;
		while (end < text.len && (is_digit(text.at[end]) || text.at[end] == '.'))
			end++;
		*at = end;
		struct v4 v4;
		*ret = (struct db_text){ text.at + start, end - start };
		/* A full stop may follow. */
		if (ret->len && ret->at[ret->len - 1] == '.')
			ret->len--;
		if ((end == text.len || !is_word(text.at[end])) && v4_parse(*ret, &v4))
			return true;
	}
	return false;
}

static bool text_has_address(struct db_text text, struct db_text wanted)
{
	struct v4 v4;
	struct db_text address;
	if (!v4_parse(wanted, &v4) || memchr(wanted.at, '/', wanted.len))
		return false;
	for (size_t at = 0; next_address(text, &at, &address);)
		if (address.len == wanted.len && memcmp(address.at, wanted.at, wanted.len) == 0)
			return true;
	return false;
}

/* A prefix ends with a dot, or is a whole address. */
static bool text_has_prefix(struct db_text text, struct db_text wanted)
{
	struct db_text address;
	struct v4 v4;
	bool dot = wanted.len && wanted.at[wanted.len - 1] == '.';
	if (!dot && !v4_parse(wanted, &v4))
		return false;
	for (size_t at = 0; next_address(text, &at, &address);)
		if (address.len >= wanted.len && memcmp(address.at, wanted.at, wanted.len) == 0)
			return true;
	return false;
}

typedef bool text_test(struct db_text text, struct db_text wanted);

static void has_one(const struct db_cell *a, size_t n, struct db_answer *ret, text_test *test)
{
	bool found = false;
	for (size_t i = 1; i < n && !found && !a[0].null; i++)
		found = !a[i].null && test(a[0].s, a[i].s);
	db_answer_bool(ret, found);
}

static void has_any(const struct db_cell *a, struct db_answer *ret, text_test *test)
{
	struct json inside = json_inside(cell_json(&a[1]));
	struct db_text wanted;
	struct buf text = { 0 };
	bool found = false;
	while (!a[0].null && !found && next_text(&inside, &text, &wanted))
		found = test(a[0].s, wanted);
	buf_done(&text);
	db_answer_bool(ret, found);
}

SQL(has_v4)
{
	has_one(a, n, ret, text_has_address);
}

SQL(has_v4_prefix)
{
	has_one(a, n, ret, text_has_prefix);
}

SQL(has_any_v4)
{
	(void)n;
	has_any(a, ret, text_has_address);
}

SQL(has_any_v4_prefix)
{
	(void)n;
	has_any(a, ret, text_has_prefix);
}

/* clang-format off */
const struct db_function sql_ip[] = {
	{ "k_ipv4",               "s",    'i', false, ipv4 },
	{ "k_ipv4_masked",        "si",   'i', false, ipv4_masked },
	{ "k_format_ipv4",        "si*",  's', false, format_v4 },
	{ "k_format_ipv4_mask",   "si*",  's', false, format_v4_mask },
	{ "k_ipv4_compare",       "ssi*", 'i', false, v4_compare },
	{ "k_ipv4_in",            "ss*",  'b', false, v4_in },
	{ "k_ipv4_in_any",        "ss",   'b', false, v4_in_any },
	{ "k_ipv4_bits",          "s",    'i', false, v4_bits },
	{ "k_ipv4_cidrs",         "ss",   's', false, v4_cidrs },
	{ "k_ipv6",               "s",    's', false, v6_full },
	{ "k_ipv6_masked",        "si",   's', false, v6_full },
	{ "k_ipv6_bits", "s", 'i', false, v6_bits },
	{ "k_ipv6_compare",       "ssi*", 'i', false, v6_compare },
	{ "k_ipv6_in",            "ss*",  'b', false, v6_in },
	{ "k_ipv6_in_any",        "ss",   'b', false, v6_in_any },
	{ "k_has_ipv4",           "ss*",  'b', false, has_v4 },
	{ "k_has_ipv4_prefix",    "ss*",  'b', false, has_v4_prefix },
	{ "k_has_any_ipv4",       "ss",   'b', false, has_any_v4 },
	{ "k_has_any_ipv4_prefix", "ss",  'b', false, has_any_v4_prefix },
};
/* clang-format on */
const size_t sql_ip_count = ARRAY_LEN(sql_ip);
