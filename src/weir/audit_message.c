#include "weir/audit_message.h"

#include <endian.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/ticks.h"
#include "core/base/utf8.h"

#define TOLD_BY_COLLECTOR                                                                          \
	(PLAIN_BIT(AUDIT, TimeGenerated) | PLAIN_BIT(AUDIT, _TimeReceived) |                       \
	 PLAIN_BIT(AUDIT, User) | PLAIN_BIT(AUDIT, Uid))

static bool is_text(const struct plain_column *c)
{
	return columns[c->id].store == STORE_TEXT;
}

static size_t text_bound(const struct plain_column *c)
{
	return c->id == COL_QueryText ? AUDIT_QUERY_MAX : AUDIT_WORD_MAX;
}

/* ---- numbers ---- */

static size_t size_of(const struct plain_column *c)
{
	switch (columns[c->id].store) {
	case STORE_U8: return sizeof(uint8_t);
	case STORE_U16: return sizeof(uint16_t);
	case STORE_U32: return sizeof(uint32_t);
	default: return sizeof(uint64_t);
	}
}

static uint64_t number_of(const struct plain_column *c, const char *field)
{
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	switch (size_of(c)) {
	case sizeof u8: return (uint8_t)*field;
	case sizeof u16: memcpy(&u16, field, sizeof u16); return u16;
	case sizeof u32: memcpy(&u32, field, sizeof u32); return u32;
	default: memcpy(&u64, field, sizeof u64); return u64;
	}
}

static uint64_t most_of(const struct plain_column *c)
{
	if (c->names.count)
		return c->names.count - 1;
	if (columns[c->id].type == KQL_BOOL)
		return 1;
	if (columns[c->id].store == STORE_TIME)
		return TICKS_MAX;
	size_t size = size_of(c);
	return size == sizeof(uint64_t) ? INT64_MAX : (UINT64_C(1) << 8 * size) - 1;
}

static void set_number(const struct plain_column *c, uint64_t v, char *field)
{
	uint8_t u8 = (uint8_t)v;
	uint16_t u16 = (uint16_t)v;
	uint32_t u32 = (uint32_t)v;
	switch (size_of(c)) {
	case sizeof u8: memcpy(field, &u8, sizeof u8); break;
	case sizeof u16: memcpy(field, &u16, sizeof u16); break;
	case sizeof u32: memcpy(field, &u32, sizeof u32); break;
	default: memcpy(field, &v, sizeof v);
	}
}

/* ---- writing ---- */

/* How many octets are kept of a text: whole characters. */
static size_t cut_length(const struct row_text *text, size_t most)
{
	if (text->len <= most)
		return text->len;
	size_t keep = most;
	while (most - keep < 4 && keep > 0 && ((unsigned char)text->at[keep] & 0xc0) == 0x80)
		keep--;
	return utf8_length(text->at + keep, text->len - keep) ? keep : most;
}

static void put_u64(struct buf *out, uint64_t v)
{
	uint64_t be = htobe64(v);
	buf_add(out, (const char *)&be, sizeof be);
}

static void put_text(struct buf *out, const struct row_text *text, size_t most)
{
	uint64_t len = cut_length(text, most);
	buf_putc(out, (char)(len >> 8));
	buf_putc(out, (char)(len & 0xff));
	buf_add(out, text->at, len);
}

void audit_message_write(const struct query_audit *row, struct buf *out)
{
	const struct plain_table *type = &plain_tables[TABLE_AUDIT];
	struct query_audit told = *row;
	told.present &= ~TOLD_BY_COLLECTOR;
	told.query_cut = told.query_text.len > AUDIT_QUERY_MAX;
	told.present |= PLAIN_BIT(AUDIT, QueryTextCut);
	buf_putc(out, AUDIT_VERSION);
	put_u64(out, told.present);
	for (size_t i = 0; i < type->column_count; i++) {
		const struct plain_column *c = &type->columns[i];
		const char *field = (const char *)&told + c->offset;
		if (!(told.present >> c->bit & 1))
			continue;
		if (is_text(c))
			put_text(out, (const struct row_text *)(const void *)field, text_bound(c));
		else
			put_u64(out, number_of(c, field));
	}
}

/* ---- reading ---- */

static bool take_text(struct cur *from, size_t most, struct row_text *ret)
{
	struct cur text;
	const uint8_t *len = cur_take(from, 2);
	if (!len || be16(len) > most || !cur_split(from, be16(len), &text))
		return false;
	*ret = (struct row_text){ (const char *)text.at, cur_left(&text) };
	return true;
}

static bool take_number(struct cur *from, const struct plain_column *c, char *field)
{
	const uint8_t *number = cur_take(from, sizeof(uint64_t));
	if (!number || be64(number) > most_of(c))
		return false;
	set_number(c, be64(number), field);
	return true;
}

static uint64_t all_bits(const struct plain_table *type)
{
	uint64_t bits = 0;
	for (size_t i = 0; i < type->column_count; i++)
		bits |= UINT64_C(1) << type->columns[i].bit;
	return bits;
}

bool audit_message_read(const void *octets, size_t len, struct query_audit *ret)
{
	const struct plain_table *type = &plain_tables[TABLE_AUDIT];
	struct query_audit row = { 0 };
	struct cur from = cur_of(octets, len);
	const uint8_t *head = cur_take(&from, 1 + sizeof row.present);
	if (!head || head[0] != AUDIT_VERSION)
		return false;
	row.present = be64(head + 1);
	if (row.present & (TOLD_BY_COLLECTOR | ~all_bits(type)))
		return false;
	for (size_t i = 0; i < type->column_count; i++) {
		const struct plain_column *c = &type->columns[i];
		char *field = (char *)&row + c->offset;
		if (!(row.present >> c->bit & 1))
			continue;
		if (is_text(c) ? !take_text(&from, text_bound(c), (struct row_text *)(void *)field)
		               : !take_number(&from, c, field))
			return false;
	}
	if (cur_left(&from) > 0)
		return false;
	*ret = row;
	return true;
}
