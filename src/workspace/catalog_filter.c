#include "workspace/catalog_filter.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { SUM = 8, HEAD = SUM + 1, ROW_OCTETS = HEAD + ADDRESS_PART_OCTETS };

const char catalog_filter_schema[] =
    "CREATE TABLE address_filters (segment INTEGER NOT NULL, name TEXT NOT NULL,"
    " part INTEGER NOT NULL, octets BLOB NOT NULL, PRIMARY KEY (segment, name, part))"
    " WITHOUT ROWID;";

/* Of a row's octets behind it; another row's are not taken for them. */
static uint64_t sum_of(const uint8_t *row, size_t len, int64_t segment, enum column_id column,
                       int64_t part)
{
	const char *name = columns[column].name;
	uint64_t seed = XXH64(name, strlen(name), (uint64_t)segment);
	return htole64(XXH64(row + SUM, len - SUM, seed + (uint64_t)part));
}

/* ---- writing ---- */

static bool keep_part(struct catalog *c, sqlite3_stmt *s, int64_t segment,
                      const struct address_filter *filter, size_t number, struct err *e)
{
	uint8_t row[ROW_OCTETS];
	size_t len = HEAD + filter->part_octets, span = ADDRESS_PARTS / filter->parts;
	int64_t part = (int64_t)(number * span);
	row[SUM] = (uint8_t)span;
	memcpy(row + HEAD, filter->octets + number * filter->part_octets, filter->part_octets);
	uint64_t sum = sum_of(row, len, segment, filter->column, part);
	memcpy(row, &sum, sizeof sum);
	sqlite3_bind_int64(s, 1, segment);
	sqlite3_bind_text(s, 2, columns[filter->column].name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 3, part);
	sqlite3_bind_blob(s, 4, row, (int)len, SQLITE_TRANSIENT);
	bool ok = catalog_step(s) == SQLITE_DONE || catalog_fail(c, e);
	sqlite3_reset(s);
	return ok;
}

bool catalog_filters_keep(struct catalog *c, int64_t segment, const struct address_filters *filters,
                          struct err *e)
{
	sqlite3_stmt *s;
	if (!catalog_prepare(c, "INSERT INTO address_filters VALUES (?, ?, ?, ?)", &s, e))
		return false;
	bool ok = true;
	for (size_t i = 0; i < filters->count; i++)
		for (size_t part = 0; ok && part < filters->items[i].parts; part++)
			ok = keep_part(c, s, segment, &filters->items[i], part, e);
	sqlite3_finalize(s);
	return ok;
}

bool catalog_filters_forget(struct catalog *c, int64_t segment, struct err *e)
{
	sqlite3_stmt *s;
	if (!catalog_prepare(c, "DELETE FROM address_filters WHERE segment = ?", &s, e))
		return false;
	sqlite3_bind_int64(s, 1, segment);
	return catalog_finish(c, s, e);
}

/* ---- reading ---- */

/* The row that was read last, for values that are in the same one. */
struct filter_row {
	struct catalog *catalog;
	sqlite3_stmt *find;
	int64_t segment;
	enum column_id column;
	unsigned first, span; /* of the parts that it holds; span 0: none was read */
	bool is_known;        /* else it says nothing */
	size_t len;
	uint8_t octets[ADDRESS_PART_OCTETS];
};

static bool is_sound(const struct filter_row *row, const uint8_t *octets, size_t len, int64_t part)
{
	uint64_t sum;
	if (len < HEAD + BLOOM_BLOCK_OCTETS || len > ROW_OCTETS ||
	    (len - HEAD) % BLOOM_BLOCK_OCTETS)
		return false;
	memcpy(&sum, octets, sizeof sum);
	return sum == sum_of(octets, len, row->segment, row->column, part);
}

/* Reads the row that holds this part. */
static bool read_row(struct filter_row *row, unsigned part, struct err *e)
{
	sqlite3_stmt *s = row->find;
	sqlite3_reset(s);
	sqlite3_bind_int64(s, 1, row->segment);
	sqlite3_bind_text(s, 2, columns[row->column].name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 3, part);
	int rc = catalog_step(s);
	row->is_known = false;
	row->first = part;
	row->span = 1;
	if (rc == SQLITE_ROW) {
		int64_t first = sqlite3_column_int64(s, 0);
		const uint8_t *octets = sqlite3_column_blob(s, 1);
		size_t len = (size_t)sqlite3_column_bytes(s, 1);
		if (is_sound(row, octets, len, first) && part < first + octets[SUM]) {
			row->is_known = true;
			row->first = (unsigned)first;
			row->span = octets[SUM];
			row->len = len - HEAD;
			memcpy(row->octets, octets + HEAD, row->len);
		}
	}
	return rc == SQLITE_ROW || rc == SQLITE_DONE || catalog_fail(row->catalog, e);
}

static bool may_hold(struct filter_row *row, const struct sought_value *value, bool *ret,
                     struct err *e)
{
	unsigned part = address_part(value->hash);
	if (!row->span || row->column != value->column || part < row->first ||
	    part >= row->first + row->span) {
		row->column = value->column;
		if (!read_row(row, part, e))
			return false;
	}
	*ret = !row->is_known || address_part_may_hold(row->octets, row->len, value->hash);
	return true;
}

/* Whether the segment may have one of these values. */
static bool may_match(struct filter_row *row, const struct sought *sought, bool *ret, struct err *e)
{
	*ret = false;
	for (size_t i = 0; !*ret && i < sought->count; i++)
		if (!may_hold(row, &sought->values[i], ret, e))
			return false;
	return true;
}

static bool may_match_all(struct filter_row *row, const struct segment_filter *filter, bool *ret,
                          struct err *e)
{
	*ret = true;
	for (size_t i = 0; *ret && i < filter->sought_count; i++)
		if (!may_match(row, &filter->sought[i], ret, e))
			return false;
	return true;
}

bool catalog_filters_apply(struct catalog *c, const struct segment_filter *filter,
                           struct segment_list *list, struct err *e)
{
	struct filter_row row = { .catalog = c };
	if (!catalog_prepare(c,
	                     "SELECT part, octets FROM address_filters"
	                     " WHERE segment = ? AND name = ? AND part <= ?"
	                     " ORDER BY part DESC LIMIT 1",
	                     &row.find, e))
		return false;
	bool ok = true, matches;
	size_t kept = 0;
	for (size_t i = 0; i < list->count; i++) {
		row.segment = list->items[i].id;
		row.span = 0;
		ok = ok && may_match_all(&row, filter, &matches, e);
		if (!ok || matches)
			list->items[kept++] = list->items[i];
		else
			segment_done(&list->items[i]);
	}
	list->count = kept;
	sqlite3_finalize(row.find);
	return ok;
}
