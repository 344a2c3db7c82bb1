#include "workspace/parquet_column.h"

#include <assert.h>
#include <endian.h>
#include <lz4.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#include "core/base/attr.h"
#include "workspace/parquet_internal.h"
#include "workspace/varint.h"

enum { BLOCK = 2048, FIRST_LOOK = 4096, ZSTD_LEVEL = 3 }; /* BLOCK: rows of a vector */

/* ---- limits ---- */

static void see_numbers(struct parquet_column *c, const int64_t *values, size_t count)
{
	int64_t least = c->least, most = c->most;
	for (size_t i = 0; i < count; i++) {
		least = values[i] < least ? values[i] : least;
		most = values[i] > most ? values[i] : most;
	}
	c->least = least;
	c->most = most;
}

static int compare_text(const struct buf *a, const char *text, size_t len)
{
	int order = memcmp(buf_text(a), text, a->len < len ? a->len : len);
	return order ? order : (a->len > len) - (a->len < len);
}

static void keep_text(struct buf *limit, const char *text, size_t len)
{
	buf_clear(limit);
	buf_add(limit, text, len);
}

static void see_text(struct parquet_column *c, const char *text, size_t len, bool first)
{
	if (first || compare_text(&c->least_text, text, len) > 0)
		keep_text(&c->least_text, text, len);
	if (first || compare_text(&c->most_text, text, len) < 0)
		keep_text(&c->most_text, text, len);
}

/* ---- values ---- */

static bool has_bloom(const struct parquet_column *c)
{
	return c->style.dense && c->style.is_sought && parquet_is_text(c);
}

/* Written dense, values are numbered as long as they are few: where a first look finds hardly any
 * twice, no more are. */
static void number_value(struct parquet_column *c, size_t at, const void *value, size_t len,
                         uint64_t hash)
{
	if (at == FIRST_LOOK && c->dictionary.count > FIRST_LOOK / 4 * 3)
		c->is_numbered = false;
	if (c->is_numbered)
		c->is_numbered =
		    parquet_dictionary_number(&c->dictionary, value, len, hash, &c->numbers[at]);
}

static void number_integers(struct parquet_column *c, const int64_t *values, size_t count)
{
	for (size_t i = 0; c->is_numbered && i < count; i++) {
		size_t at = c->present + i;
		uint64_t little = htole64((uint64_t)values[i]);
		if (i && values[i] == values[i - 1])
			c->numbers[at] = c->numbers[at - 1];
		else
			number_value(c, at, &little, c->kind->width,
			             XXH64(&little, sizeof little, 0));
	}
}

static void add_int64(struct parquet_column *c, const void *values, size_t count)
{
	see_numbers(c, values, count);
	number_integers(c, values, count);
	delta_add(&c->delta, values, count);
}

static void add_int32(struct parquet_column *c, const void *values, size_t count)
{
	const int32_t *narrow = values;
	int64_t wide[BLOCK];
	for (size_t i = 0; i < count; i++)
		wide[i] = narrow[i];
	add_int64(c, wide, count);
}

static void add_doubles(struct parquet_column *c, const void *values, size_t count)
{
	const uint64_t *octets = values;
	for (size_t i = 0; i < count; i++) {
		uint64_t little = htole64(octets[i]);
		buf_add(&c->octets, (const char *)&little, sizeof little);
	}
}

/* An octet each, to be packed at the end. */
static void add_bools(struct parquet_column *c, const void *values, size_t count)
{
	const uint8_t *truths = values;
	for (size_t i = 0; i < count; i++)
		see_numbers(c, &(int64_t){ truths[i] }, 1);
	buf_add(&c->octets, values, count);
}

/* Notes a text that rows are looked for by. */
static void see_hash(struct parquet_column *c, uint64_t hash)
{
	if (has_bloom(c))
		parquet_bloom_add(&c->bloom, hash);
	if (c->values)
		address_values_add(c->values, hash);
}

static bool needs_hash(const struct parquet_column *c)
{
	return c->style.dense || (c->values && !c->values->given_up);
}

static void hash_text(struct parquet_column *c, size_t at, const char *text, size_t len)
{
	uint64_t hash = XXH64(text, len, 0);
	number_value(c, at, text, len, hash);
	see_hash(c, hash);
}

static void add_texts(struct parquet_column *c, const void *values, size_t count)
{
	const duckdb_string_t *texts = values;
	int64_t lengths[BLOCK];
	for (size_t i = 0; i < count; i++) {
		const duckdb_string_t *s = &texts[i];
		uint32_t len = s->value.inlined.length;
		const char *text = len <= sizeof s->value.inlined.inlined ? s->value.inlined.inlined
		                                                          : s->value.pointer.ptr;
		lengths[i] = len;
		see_text(c, text, len, c->present + i == 0);
		if (needs_hash(c))
			hash_text(c, c->present + i, text, len);
		buf_add(&c->octets, text, len);
	}
	delta_add(&c->delta, lengths, count);
}

static void add_enum8(struct parquet_column *c, const void *values, size_t count)
{
	const uint8_t *numbers = values;
	for (size_t i = 0; i < count; i++)
		c->numbers[c->present + i] = numbers[i];
}

static void add_enum16(struct parquet_column *c, const void *values, size_t count)
{
	memcpy(c->numbers + c->present, values, count * sizeof *c->numbers);
}

static void finish_numbers(struct parquet_column *c, struct buf *values)
{
	delta_finish(&c->delta, values);
	buf_add(values, buf_text(&c->delta.body), c->delta.body.len);
	values->failed |= c->delta.body.failed;
}

static void finish_texts(struct parquet_column *c, struct buf *values)
{
	finish_numbers(c, values);
	buf_add(values, buf_text(&c->octets), c->octets.len);
}

static void finish_bools(struct parquet_column *c, struct buf *values)
{
	for (size_t i = 0; i < c->present; i += 8) {
		unsigned octet = 0;
		for (size_t k = 0; k < 8 && i + k < c->present; k++)
			octet |= (unsigned)buf_text(&c->octets)[i + k] << k;
		buf_putc(values, (char)octet);
	}
}

static void finish_doubles(struct parquet_column *c, struct buf *values)
{
	buf_add(values, buf_text(&c->octets), c->octets.len);
}

/* Numbers of `bits` bits as one run of RLE_DICTIONARY, or of one value as one repeated. */
static void add_run(struct buf *values, const uint16_t *numbers, size_t count, unsigned bits)
{
	size_t groups = (count + 7) / 8;
	varint_add(values, groups << 1 | 1);
	for (size_t i = 0; i < count; i += DELTA_MINIBLOCK) {
		uint64_t wide[DELTA_MINIBLOCK] = { 0 };
		uint8_t octets[DELTA_MINIBLOCK * sizeof(uint64_t) / 8 * 8];
		size_t n = count - i < DELTA_MINIBLOCK ? count - i : DELTA_MINIBLOCK;
		for (size_t k = 0; k < n; k++)
			wide[k] = numbers[i + k];
		bits_pack(wide, bits, octets);
		buf_add(values, (const char *)octets, (n + 7) / 8 * bits);
	}
}

/* How many bits a number in the dictionary takes. */
static unsigned number_bits(const struct parquet_column *c)
{
	uint32_t count = (uint32_t)c->dictionary.count;
	return count > 2 ? 32 - (unsigned)__builtin_clz(count - 1) : 1;
}

static void finish_numbered(struct parquet_column *c, struct buf *values)
{
	unsigned bits = number_bits(c);
	buf_putc(values, (char)bits);
	if (c->dictionary.count > 1) {
		add_run(values, c->numbers, c->present, bits);
	} else {
		varint_add(values, (uint64_t)c->present << 1);
		buf_putc(values, 0);
	}
}

/* clang-format off */
static const struct parquet_kind kinds[] = {
	{ DUCKDB_TYPE_BOOLEAN,   TYPE_BOOLEAN,    ENCODING_PLAIN,          1,  add_bools,   finish_bools },
	{ DUCKDB_TYPE_INTEGER,   TYPE_INT32,      ENCODING_DELTA,          4,  add_int32,   finish_numbers },
	{ DUCKDB_TYPE_BIGINT,    TYPE_INT64,      ENCODING_DELTA,          8,  add_int64,   finish_numbers },
	{ DUCKDB_TYPE_DOUBLE,    TYPE_DOUBLE,     ENCODING_PLAIN,          8,  add_doubles, finish_doubles },
	{ DUCKDB_TYPE_VARCHAR,   TYPE_BYTE_ARRAY, ENCODING_DELTA_LENGTH,   16, add_texts,   finish_texts },
	{ DUCKDB_TYPE_UTINYINT,  TYPE_BYTE_ARRAY, ENCODING_RLE_DICTIONARY, 1,  add_enum8,   finish_numbered },
	{ DUCKDB_TYPE_USMALLINT, TYPE_BYTE_ARRAY, ENCODING_RLE_DICTIONARY, 2,  add_enum16,  finish_numbered },
};
/* clang-format on */

/* ---- life ---- */

static void begin_group(struct parquet_column *c)
{
	c->rows = c->present = 0;
	c->least = INT64_MAX;
	c->most = INT64_MIN;
	delta_clear(&c->delta, c->kind->type != TYPE_INT64);
	buf_clear(&c->octets);
	parquet_dictionary_clear(&c->dictionary);
	c->is_numbered = c->numbers;
}

bool parquet_column_init(struct parquet_column *c, const char *name, duckdb_logical_type type,
                         struct parquet_style style, struct err *e)
{
	duckdb_type from = duckdb_get_type_id(type);
	bool is_enum = from == DUCKDB_TYPE_ENUM;
	if (is_enum)
		from = duckdb_enum_internal_type(type);
	c->name = name;
	c->type = type;
	c->style = style;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].from == from)
			c->kind = &kinds[i];
	if (!c->kind)
		return err_set(e, ERR_WORKSPACE, "column %s has a type that is not stored", name);
	bool is_integer = c->kind->encoding == ENCODING_DELTA;
	c->dictionary.width = is_integer ? c->kind->width : 0;
	if (is_enum || (style.dense && (is_integer || parquet_is_text(c)))) {
		c->numbers = malloc(PARQUET_GROUP_ROWS * sizeof *c->numbers);
		if (!c->numbers)
			return err_set(e, ERR_NOMEM, "no memory for a column");
	}
	begin_group(c);
	return true;
}

void parquet_column_done(struct parquet_column *c)
{
	delta_done(&c->delta);
	buf_done(&c->octets);
	buf_done(&c->least_text);
	buf_done(&c->most_text);
	parquet_bloom_done(&c->bloom);
	parquet_dictionary_done(&c->dictionary);
	free(c->numbers);
}

/* ---- vectors ---- */

enum { WIDEST = sizeof(duckdb_string_t) };

static bool has_bit(const uint64_t *words, size_t i)
{
	return words[i / 64] >> i % 64 & 1;
}

/* Notes which of `count` rows have a value: whole words where the rows so far fill theirs, as they
 * do but behind a last, short vector. */
static void add_levels(struct parquet_column *c, const uint64_t *validity, size_t count)
{
	if (c->rows % 64 == 0) {
		memcpy(c->levels + c->rows / 64, validity, (count + 63) / 64 * sizeof *validity);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		size_t row = c->rows + i;
		uint64_t word = row % 64 ? c->levels[row / 64] : 0, bit = UINT64_C(1) << row % 64;
		c->levels[row / 64] = has_bit(validity, i) ? word | bit : word & ~bit;
	}
}

/* Puts the values that there are side by side; returns how many. */
static size_t gather(const uint64_t *validity, size_t count, const char *values, size_t width,
                     char *ret)
{
	size_t present = 0;
	for (size_t i = 0; i < count; i++) {
		if (!has_bit(validity, i))
			continue;
		memcpy(ret + present * width, values + i * width, width);
		present++;
	}
	return present;
}

void parquet_column_add(struct parquet_column *c, duckdb_vector vector, size_t count)
{
	static const uint64_t all[BLOCK / 64] = { [0 ... BLOCK / 64 - 1] = UINT64_MAX };
	assert(count <= BLOCK && c->rows + count <= PARQUET_GROUP_ROWS);
	const uint64_t *validity = duckdb_vector_get_validity(vector);
	const char *values = duckdb_vector_get_data(vector);
	char gathered[BLOCK * WIDEST];
	size_t present = count;
	add_levels(c, validity ? validity : all, count);
	if (validity) {
		present = gather(validity, count, values, c->kind->width, gathered);
		values = gathered;
	}
	if (present)
		c->kind->add(c, values, present);
	c->rows += count;
	c->present += present;
}

/* ---- pages ---- */

/* Definition levels, 0 or 1, with their length before them (Data Pages, version 1). */
static void add_definition(const struct parquet_column *c, struct buf *page)
{
	struct buf run = { 0 };
	if (c->present == c->rows || c->present == 0) {
		varint_add(&run, (uint64_t)c->rows << 1);
		buf_putc(&run, c->present ? 1 : 0);
	} else {
		varint_add(&run, (c->rows + 7) / 8 << 1 | 1);
		for (size_t i = 0; i < c->rows; i += 8)
			buf_putc(&run, (char)(c->levels[i / 64] >> i % 64));
	}
	uint32_t len = htole32((uint32_t)run.len);
	buf_add(page, (const char *)&len, sizeof len);
	buf_add(page, buf_text(&run), run.len);
	page->failed |= run.failed;
	buf_done(&run);
}

static void add_page_head(struct buf *head, int page, size_t len, size_t written, size_t values,
                          enum parquet_encoding encoding)
{
	struct thrift t = thrift_begin(head);
	thrift_i32(&t, 1, page);
	thrift_i32(&t, 2, (int32_t)len);
	thrift_i32(&t, 3, (int32_t)written);
	struct thrift inner = thrift_struct(&t, page == PAGE_DATA ? 5 : 7);
	thrift_i32(&inner, 1, (int32_t)values);
	thrift_i32(&inner, 2, (int32_t)encoding);
	if (page == PAGE_DATA) {
		thrift_i32(&inner, 3, ENCODING_RLE);
		thrift_i32(&inner, 4, ENCODING_RLE);
	}
	thrift_end(&inner);
	thrift_end(&t);
}

static size_t press(int codec, const struct buf *page, char *smaller, size_t room)
{
	if (codec == CODEC_LZ4_RAW)
		return (size_t)LZ4_compress_default(buf_text(page), smaller, (int)page->len,
		                                    (int)room);
	size_t len = ZSTD_compress(smaller, room, buf_text(page), page->len, ZSTD_LEVEL);
	return ZSTD_isError(len) ? 0 : len;
}

static bool compress(int codec, struct buf *page)
{
	if (codec == CODEC_NONE)
		return true;
	size_t room = codec == CODEC_LZ4_RAW ? (size_t)LZ4_compressBound((int)page->len)
	                                     : ZSTD_compressBound(page->len);
	char *smaller = malloc(room);
	size_t len = smaller ? press(codec, page, smaller, room) : 0;
	buf_clear(page);
	buf_add(page, smaller, len);
	free(smaller);
	return len > 0;
}

/* Where the writing of a column's pages stands. */
struct pages {
	FILE *file;
	uint64_t *offset;
	size_t plain; /* octets as they would be without compression */
};

/* Writes a page behind its head. */
static bool write_page(const struct parquet_column *c, struct pages *p, int kind, struct buf *page,
                       size_t values, enum parquet_encoding encoding)
{
	struct buf head = { 0 };
	size_t len = page->len;
	if (page->failed || !compress(parquet_codec(c), page))
		return false;
	add_page_head(&head, kind, len, page->len, values, encoding);
	fwrite(buf_text(&head), 1, head.len, p->file);
	fwrite(buf_text(page), 1, page->len, p->file);
	*p->offset += head.len + page->len;
	p->plain += head.len + len;
	bool ok = !head.failed && !page->failed;
	buf_done(&head);
	return ok;
}

/* Adds the name of an ENUM to the dictionary. */
static bool number_name(struct parquet_column *c, uint32_t name, uint16_t *ret)
{
	char *text = duckdb_enum_dictionary_value(c->type, name);
	size_t len = strlen(text);
	uint64_t hash = XXH64(text, len, 0);
	see_text(c, text, len, c->dictionary.count == 0);
	see_hash(c, hash);
	bool ok = parquet_dictionary_number(&c->dictionary, text, len, hash, ret);
	duckdb_free(text);
	return ok;
}

/* From the numbers of an ENUM's names to those of the names that occur. */
static bool renumber(struct parquet_column *c)
{
	uint32_t names = duckdb_enum_dictionary_size(c->type);
	uint16_t *numbers = calloc(names, sizeof *numbers);
	bool *occurs = calloc(names, sizeof *occurs);
	bool ok = numbers && occurs;
	for (size_t i = 0; ok && i < c->present; i++)
		occurs[c->numbers[i]] = true;
	for (uint32_t name = 0; ok && name < names; name++)
		if (occurs[name])
			ok = number_name(c, name, &numbers[name]);
	for (size_t i = 0; ok && i < c->present; i++)
		c->numbers[i] = numbers[c->numbers[i]];
	free(numbers);
	free(occurs);
	return ok;
}

/* A dictionary is worth it where a text occurs twice on average, or where numbers are smaller so
 * than as differences. */
static bool is_dictionary_smaller(const struct parquet_column *c)
{
	size_t count = c->dictionary.count;
	if (!c->is_numbered)
		return false;
	if (parquet_is_text(c))
		return count <= c->present / 2;
	return number_bits(c) * c->present / 8 + c->dictionary.page.len < c->delta.body.len;
}

/* Without a value there is nothing to encode, and PLAIN says so in no octets. */
static const struct parquet_kind *kind_of_group(const struct parquet_column *c)
{
	static const struct parquet_kind none = { .encoding = ENCODING_PLAIN };
	static const struct parquet_kind numbered = { .encoding = ENCODING_RLE_DICTIONARY,
		                                      .finish = finish_numbered };
	if (!c->present)
		return &none;
	return is_dictionary_smaller(c) ? &numbered : c->kind;
}

static bool write_data(struct parquet_column *c, struct pages *p, const struct parquet_kind *kind)
{
	struct buf page = { 0 };
	add_definition(c, &page);
	if (kind->finish)
		kind->finish(c, &page);
	page.failed |= c->octets.failed;
	bool ok = write_page(c, p, PAGE_DATA, &page, c->rows, kind->encoding);
	buf_done(&page);
	return ok;
}

bool parquet_column_write(struct parquet_column *c, FILE *file, uint64_t *offset,
                          struct buf *footer)
{
	bool is_enum = duckdb_get_type_id(c->type) == DUCKDB_TYPE_ENUM;
	bool ok = !is_enum || renumber(c);
	const struct parquet_kind *kind = kind_of_group(c);
	struct parquet_chunk chunk = { .dictionary = *offset, .encoding = kind->encoding };
	struct pages pages = { .file = file, .offset = offset };
	if (ok && kind->encoding == ENCODING_RLE_DICTIONARY)
		ok = write_page(c, &pages, PAGE_DICTIONARY, &c->dictionary.page,
		                c->dictionary.count, ENCODING_PLAIN);
	chunk.data = *offset;
	ok = ok && write_data(c, &pages, kind);
	chunk.end = *offset;
	chunk.plain = pages.plain;
	if (ok && has_bloom(c)) {
		chunk.bloom = parquet_bloom_write(&c->bloom, file);
		*offset += chunk.bloom;
		ok = chunk.bloom > 0;
	}
	parquet_describe(c, &chunk, footer);
	begin_group(c);
	return ok && !c->least_text.failed && !c->most_text.failed && !footer->failed;
}
