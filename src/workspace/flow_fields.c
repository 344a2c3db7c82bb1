#include "workspace/flow_fields.h"

#include <string.h>

#include "core/base/attr.h"
#include "core/base/ticks.h"
#include "core/flow/application.h"

static bool is_null(const struct cell_run *run, size_t i)
{
	const uint64_t *validity = run->vector.validity;
	size_t at = run->first + i;
	return validity && !(validity[at / 64] >> at % 64 & 1);
}

static void set_field(struct flow_row *row, const struct column *column, const void *field,
                      size_t size)
{
	uint64_t *present = column->role == ROLE_KEY ? &row->key.present : &row->present;
	*present |= UINT64_C(1) << column->bit;
	memcpy((char *)row + column->offset, field, size);
}

/* A function that reads a `from`, v, and sets a field of type `to` where v fits. */
#define READ(name, from, to, fits, value)                                                          \
	static size_t name(const struct cell_run *run, const struct column *column,                \
	                   struct flow_row *rows)                                                  \
	{                                                                                          \
		const from *cells = (const from *)run->vector.cells + run->first;                  \
		for (size_t i = 0; i < run->count; i++) {                                          \
			if (is_null(run, i))                                                       \
				continue;                                                          \
			from v = cells[i];                                                         \
			if (!(fits))                                                               \
				return i;                                                          \
			to field = (to)(value);                                                    \
			set_field(&rows[i], column, &field, sizeof field);                         \
		}                                                                                  \
		return run->count;                                                                 \
	}

/* A minute since 1970 that begins at that tick. */
static bool is_minute(int64_t ticks)
{
	return ticks >= TICKS_UNIX_EPOCH && (ticks - TICKS_UNIX_EPOCH) % TICKS_PER_MINUTE == 0 &&
	       (ticks - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE <= UINT32_MAX;
}

READ(read_u8, int32_t, uint8_t, v >= 0 && v <= UINT8_MAX, v)
READ(read_u16, int32_t, uint16_t, v >= 0 && v <= UINT16_MAX, v)
READ(read_u32, int64_t, uint32_t, v >= 0 && v <= UINT32_MAX, v)
READ(read_u64, int64_t, uint64_t, v >= 0, v)
READ(read_time, int64_t, int64_t, true, v)
READ(read_minute, int64_t, uint32_t, is_minute(v), (v - TICKS_UNIX_EPOCH) / TICKS_PER_MINUTE)
READ(read_bool, bool, uint8_t, true, v)

static bool parse(struct db_text text, struct ip *ret)
{
	char whole[IP_TEXT_MAX];
	if (text.len >= sizeof whole)
		return false;
	memcpy(whole, text.at, text.len);
	whole[text.len] = '\0';
	return strlen(whole) == text.len && ip_parse(whole, ret);
}

/* Many rows have the address of the row before. */
static size_t read_ip(const struct cell_run *run, const struct column *column,
                      struct flow_row *rows)
{
	const duckdb_string_t *cells = (const duckdb_string_t *)run->vector.cells + run->first;
	struct db_text last = { "", 0 };
	struct ip ip = { 0 };
	for (size_t i = 0; i < run->count; i++) {
		if (is_null(run, i))
			continue;
		struct db_text text = db_text_of(&cells[i]);
		if (!text.len)
			continue;
		if (text.len != last.len || memcmp(text.at, last.at, text.len) != 0) {
			if (!parse(text, &ip))
				return i;
			last = text;
		}
		set_field(&rows[i], column, &ip, sizeof ip);
	}
	return run->count;
}

static size_t read_application(const struct cell_run *run, const struct column *column,
                               struct flow_row *rows)
{
	const duckdb_string_t *cells = (const duckdb_string_t *)run->vector.cells + run->first;
	for (size_t i = 0; i < run->count; i++) {
		if (is_null(run, i))
			continue;
		struct db_text text = db_text_of(&cells[i]);
		uint64_t application;
		if (!text.len)
			continue;
		if (!application_parse(text.at, text.len, &application))
			return i;
		set_field(&rows[i], column, &application, sizeof application);
	}
	return run->count;
}

flow_fields_read *flow_fields_of(enum column_id id)
{
	static const struct {
		enum column_store store;
		enum kql_type type;
		flow_fields_read *read;
	} readers[] = {
		{ STORE_U8, KQL_INT, read_u8 },
		{ STORE_U16, KQL_INT, read_u16 },
		{ STORE_U32, KQL_LONG, read_u32 },
		{ STORE_U64, KQL_LONG, read_u64 },
		{ STORE_TIME, KQL_DATETIME, read_time },
		{ STORE_MINUTE, KQL_DATETIME, read_minute },
		{ STORE_U8, KQL_BOOL, read_bool },
		{ STORE_IP, KQL_STRING, read_ip },
		{ STORE_APPLICATION, KQL_STRING, read_application },
	};
	for (size_t i = 0; column_in_flow_rows(id) && i < ARRAY_LEN(readers); i++)
		if (readers[i].store == columns[id].store && readers[i].type == columns[id].type)
			return readers[i].read;
	return NULL;
}
