#include "workspace/db_function.h"

#include <stdlib.h>
#include <string.h>

#include "workspace/db_internal.h"

/* The child vector of a list result grows as rows are added. */
struct db_list {
	duckdb_vector vector;
	size_t used, room;
	bool failed;
};

/* One argument's vector as the loop reads it. */
struct input {
	char letter;
	const void *cells;
	uint64_t *validity;
};

static duckdb_type type_of(char letter)
{
	switch (letter) {
	case 'b': return DUCKDB_TYPE_BOOLEAN;
	case 'i': return DUCKDB_TYPE_BIGINT;
	case 'f': return DUCKDB_TYPE_DOUBLE;
	default: return DUCKDB_TYPE_VARCHAR;
	}
}

static void cell_load(const struct input *in, size_t row, struct db_cell *ret)
{
	ret->null = in->validity && !(in->validity[row / 64] >> row % 64 & 1);
	if (ret->null)
		return;
	switch (in->letter) {
	case 'b': ret->b = ((const bool *)in->cells)[row]; break;
	case 'i': ret->i = ((const int64_t *)in->cells)[row]; break;
	case 'f': ret->f = ((const double *)in->cells)[row]; break;
	default: {
		const duckdb_string_t *text = &((const duckdb_string_t *)in->cells)[row];
		size_t len = text->value.inlined.length;
		bool inlined = len <= sizeof text->value.inlined.inlined;
		ret->s = (struct db_text){ inlined ? text->value.inlined.inlined
			                           : text->value.pointer.ptr,
			                   len };
	}
	}
}

static void null_store(duckdb_vector out, size_t row)
{
	duckdb_vector_ensure_validity_writable(out);
	duckdb_validity_set_row_invalid(duckdb_vector_get_validity(out), row);
}

static void cell_store(duckdb_vector out, char letter, size_t row, const struct db_answer *answer)
{
	const struct db_cell *cell = &answer->cell;
	void *cells = duckdb_vector_get_data(out);
	if (cell->null) {
		null_store(out, row);
		return;
	}
	switch (letter) {
	case 'b': ((bool *)cells)[row] = cell->b; break;
	case 'i': ((int64_t *)cells)[row] = cell->i; break;
	case 'f': ((double *)cells)[row] = cell->f; break;
	case 'L': {
		duckdb_list_entry *entry = &((duckdb_list_entry *)cells)[row];
		entry->offset = (uint64_t)cell->i;
		entry->length = answer->list->used - (uint64_t)cell->i;
		break;
	}
	default: duckdb_vector_assign_string_element_len(out, row, cell->s.at, cell->s.len);
	}
}

void db_answer_list(struct db_answer *ret)
{
	ret->cell = (struct db_cell){ .i = (int64_t)ret->list->used };
}

void db_answer_list_add(struct db_answer *ret, const char *at, size_t len)
{
	struct db_list *list = ret->list;
	if (list->used == list->room) {
		list->room = list->room ? list->room * 2 : 64;
		list->failed |= duckdb_list_vector_reserve(list->vector, list->room) == DuckDBError;
	}
	if (list->failed)
		return;
	duckdb_vector child = duckdb_list_vector_get_child(list->vector);
	if (at)
		duckdb_vector_assign_string_element_len(child, list->used, at, len);
	else
		null_store(child, list->used);
	list->used++;
}

static void rows_call(const struct db_function *function, const struct input *in, size_t arg_count,
                      size_t row_count, duckdb_vector out)
{
	struct db_cell args[DB_FUNCTION_ARGS_MAX];
	struct db_list list = { .vector = out };
	struct db_answer answer = { .list = &list };
	for (size_t row = 0; row < row_count; row++) {
		for (size_t i = 0; i < arg_count; i++)
			cell_load(&in[i], row, &args[i]);
		buf_clear(&answer.scratch);
		answer.cell = (struct db_cell){ .null = true };
		function->call(args, arg_count, &answer);
		cell_store(out, function->result, row, &answer);
	}
	if (function->result == 'L')
		duckdb_list_vector_set_size(out, list.used);
	buf_done(&answer.scratch);
}

static void chunk_call(duckdb_function_info info, duckdb_data_chunk chunk, duckdb_vector out)
{
	const struct db_function *function = duckdb_scalar_function_get_extra_info(info);
	struct input in[DB_FUNCTION_ARGS_MAX];
	size_t count = duckdb_data_chunk_get_column_count(chunk);
	if (count > DB_FUNCTION_ARGS_MAX) {
		duckdb_scalar_function_set_error(info, "too many arguments");
		return;
	}
	const char *letter = function->args;
	for (size_t i = 0; i < count; i++) {
		duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
		in[i] = (struct input){ *letter, duckdb_vector_get_data(vector),
			                duckdb_vector_get_validity(vector) };
		if (letter[1] && letter[1] != '*')
			letter++;
	}
	rows_call(function, in, count, duckdb_data_chunk_get_size(chunk), out);
}

static void types_set(duckdb_scalar_function made, const struct db_function *row)
{
	for (const char *letter = row->args; *letter; letter++) {
		if (*letter == '*')
			break;
		duckdb_logical_type type = duckdb_create_logical_type(type_of(*letter));
		if (letter[1] == '*')
			duckdb_scalar_function_set_varargs(made, type);
		else
			duckdb_scalar_function_add_parameter(made, type);
		duckdb_destroy_logical_type(&type);
	}
	duckdb_logical_type type = duckdb_create_logical_type(type_of(row->result));
	if (row->result == 'L') {
		duckdb_logical_type list = duckdb_create_list_type(type);
		duckdb_destroy_logical_type(&type);
		type = list;
	}
	duckdb_scalar_function_set_return_type(made, type);
	duckdb_destroy_logical_type(&type);
}

static bool row_register(struct db *db, const struct db_function *row, struct err *e)
{
	duckdb_scalar_function made = duckdb_create_scalar_function();
	duckdb_scalar_function_set_name(made, row->name);
	types_set(made, row);
	/* Nulls are the function's business: several of Kusto's answer for them. */
	duckdb_scalar_function_set_special_handling(made);
	if (row->is_volatile)
		duckdb_scalar_function_set_volatile(made);
	duckdb_scalar_function_set_extra_info(made, (void *)(uintptr_t)row, NULL);
	duckdb_scalar_function_set_function(made, chunk_call);
	bool ok = duckdb_register_scalar_function(db->connection, made) == DuckDBSuccess;
	duckdb_destroy_scalar_function(&made);
	return ok || err_set(e, ERR_QUERY, "the database refuses the function %s", row->name);
}

bool db_function_register(struct db *db, const struct db_function *rows, size_t count,
                          struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (!row_register(db, &rows[i], e))
			return false;
	return true;
}
