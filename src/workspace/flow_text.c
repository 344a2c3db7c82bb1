#include "workspace/flow_text.h"

#include <stdlib.h>
#include <string.h>

#include "core/flow/application.h"

/* ---- the address that a row's text is made from ---- */

static bool has(const struct column *c, const struct flow_row *row)
{
	return c->role == ROLE_KEY ? row->key.present >> c->bit & 1 : row->present >> c->bit & 1;
}

/* The row's address, masked for a subnet; false for the empty text. */
static bool row_address(const struct flow_text *text, const struct flow_row *row, struct ip *ret)
{
	if (!has(text->address, row) || (text->mask && !has(text->mask, row)))
		return false;
	const char *at = (const char *)row + text->address->offset;
	if (text->is_application) {
		*ret = (struct ip){ 0 };
		memcpy(ret, at, sizeof(uint64_t));
	} else {
		memcpy(ret, at, sizeof *ret);
	}
	if (text->mask)
		*ret = ip_masked(*ret, ((const uint8_t *)row)[text->mask->offset]);
	return true;
}

/* The column whose value is held in that field of struct flow_key. */
static const struct column *key_column(const char *field, size_t len)
{
	static const char *const fields[COLUMN_COUNT] = {
#define COLUMN(id, name, type, role, store, field, bit, value, tables, text) [COL_##id] = #field,
#include "columns.inc"
#undef COLUMN
	};
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		if (strncmp(fields[i], "key.", 4) == 0 && strlen(fields[i] + 4) == len &&
		    memcmp(fields[i] + 4, field, len) == 0)
			return &columns[i];
	return NULL;
}

static size_t format_application(const struct ip *item, char text[IP_TEXT_MAX])
{
	uint64_t application;
	memcpy(&application, item, sizeof application);
	return application_format(application, text);
}

static void find_address(struct flow_text *text, const struct column *c)
{
	text->is_application = c->store == STORE_APPLICATION;
	text->format = text->is_application ? format_application : ip_format;
	if (c->store == STORE_IP || text->is_application)
		text->address = c;
	if (c->role != ROLE_SUBNET)
		return;
	size_t len = strcspn(c->value, " ");
	text->address = key_column(c->value, len);
	text->mask = key_column(c->value + len + 1, strlen(c->value + len + 1));
}

/* ---- numbers ---- */

bool flow_text_init(struct flow_text *text, enum column_id id, size_t rows, struct err *e)
{
	*text = (struct flow_text){ 0 };
	find_address(text, &columns[id]);
	if (!text->address)
		return true;
	text->numbers = malloc(rows * sizeof *text->numbers);
	if (text->numbers && ip_dictionary_init(&text->distinct))
		return true;
	return err_set(e, ERR_NOMEM, "no memory for the addresses of %zu rows", rows);
}

/* The column has too many distinct addresses (or no memory for them): it will be plain text. */
static void give_up(struct flow_text *text)
{
	free(text->numbers);
	text->numbers = NULL;
	ip_dictionary_done(&text->distinct);
}

void flow_text_scan(struct flow_text *text, const struct flow_row *const *rows, size_t first,
                    size_t count)
{
	if (!text->numbers)
		return;
	struct ip ip, last = { 0 };
	uint16_t last_number = 0;
	for (size_t i = first; i < first + count; i++) {
		text->numbers[i] = 0;
		if (!row_address(text, rows[i], &ip))
			continue;
		if (!last_number || !ip_equal(&ip, &last)) {
			last = ip;
			last_number = ip_dictionary_number(&text->distinct, &ip);
		}
		if (!last_number) {
			give_up(text);
			return;
		}
		text->numbers[i] = last_number;
	}
}

bool flow_text_finish(struct flow_text *text, const char *constant, struct err *e)
{
	if (text->numbers)
		return ip_enum_make(&text->distinct, text->format, &text->type, e);
	text->type = text->address ? duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR)
	                           : duckdb_create_enum_type(&constant, 1);
	return true;
}

void flow_text_done(struct flow_text *text)
{
	ip_dictionary_done(&text->distinct);
	free(text->numbers);
	duckdb_destroy_logical_type(&text->type);
	*text = (struct flow_text){ 0 };
}

/* ---- vectors ---- */

static void fill_plain(const struct flow_text *text, const struct flow_row *const *rows,
                       size_t count, duckdb_vector vector)
{
	for (size_t i = 0; i < count; i++) {
		char formatted[IP_TEXT_MAX];
		struct ip ip;
		size_t len = row_address(text, rows[i], &ip) ? text->format(&ip, formatted) : 0;
		duckdb_vector_assign_string_element_len(vector, i, formatted, len);
	}
}

void flow_text_fill(const struct flow_text *text, const struct flow_row *const *rows, size_t first,
                    size_t count, duckdb_vector vector)
{
	if (text->address && !text->numbers) {
		fill_plain(text, rows + first, count, vector);
		return;
	}
	void *cells = duckdb_vector_get_data(vector);
	if (!text->address)
		memset(cells, 0, count);
	else
		ip_enum_fill(text->type, text->numbers + first, count, cells);
}
