#include "query/function.h"

#include <ctype.h>
#include <string.h>

#include "core/base/buf.h"
#include "support/unit.h"
#include "unit/query/asking.h"

/* A nested call would double its argument's SQL with every level, were it named twice. */
static void a_template_names_each_argument_at_most_once(void **state)
{
	(void)state;
	const struct function *rows;
	size_t count = functions(&rows);
	for (size_t i = 0; i < count; i++) {
		bool all = false, used[10] = { false };
		for (const char *at = rows[i].sql; at && (at = strchr(at, '$')); at++) {
			assert_true(isdigit((unsigned char)at[1]) || strchr("*O", at[1]));
			assert_false(all);
			all = at[1] == '*' || (isdigit((unsigned char)at[1]) && at[2] == '*');
			if (!isdigit((unsigned char)at[1]))
				continue;
			if (used[at[1] - '0'])
				fail_msg("%s: %s", rows[i].name, rows[i].sql);
			used[at[1] - '0'] = true;
		}
	}
}

static void rows_of_one_name_stand_together_and_say_what_they_do(void **state)
{
	(void)state;
	const struct function *rows;
	size_t count = functions(&rows);
	assert_true(count > 250);
	for (size_t i = 0; i < count; i++) {
		assert_true(rows[i].sql || rows[i].bind);
		assert_false(rows[i].sql && rows[i].bind);
		assert_true(strlen(rows[i].help) > 5 &&
		            isupper((unsigned char)rows[i].help[0] | 0x20) == 0);
		assert_ptr_equal(function_find(rows[i].name), function_find(rows[i].name));
		for (size_t k = i + 1; k < count; k++)
			if (strcmp(rows[k].name, rows[i].name) == 0)
				assert_string_equal(rows[k - 1].name, rows[i].name);
	}
}

/* An argument of that type of parameter. */
static const char *sample(const char *type, size_t len)
{
	static const char *const samples[][2] = {
		{ "any", "1" },
		{ "text", "'x'" },
		{ "string", "'x'" },
		{ "plain", "'x'" },
		{ "bool", "true" },
		{ "datetime", "now()" },
		{ "timespan", "1h" },
		{ "int", "int(1)" },
		{ "long", "1" },
		{ "integer", "1" },
		{ "number", "1.5" },
		{ "real", "1.5" },
		{ "summable", "1" },
		{ "ordered", "1" },
		{ "common", "1" },
		{ "json", "1" },
		{ "mode", "'normal'" },
		{ "decimal", "decimal(1.5)" },
		{ "part", "'day'" },
		{ "part_of", "'day'" },
		{ "dynamic", "dynamic([1])" },
		{ "type", "typeof(long)" },
	};
	for (size_t i = 0; i < ARRAY_LEN(samples); i++)
		if (strlen(samples[i][0]) == len && memcmp(samples[i][0], type, len) == 0)
			return samples[i][1];
	fail_msg("no sample for %.*s", (int)len, type);
	return NULL;
}

/* Each parameter once; for a second round those that may be left out are left out. */
static void call_write(struct buf *out, const struct function *row, bool least)
{
	bool some = false;
	buf_printf(out, "%s(", row->name);
	for (const char *at = row->params; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		const char *colon = memchr(at, ':', len);
		bool optional = at[len - 1] == '?', repeated = at[len - 1] == '*';
		size_t type_len = (size_t)(at + len - (colon + 1)) - (optional || repeated);
		if (!(optional && least)) {
			const char *text =
			    strncmp(at, "regex", 5) == 0 || strncmp(at, "group", 5) == 0
				? (at[0] == 'r' ? "'(x)'" : "1")
				: sample(colon + 1, type_len);
			buf_printf(out, "%s%s", some ? ", " : "", text);
			if (repeated)
				buf_printf(out, ", %s", text);
			some = true;
		}
		at += len;
	}
	buf_putc(out, ')');
}

/* Runs every row of the table that says what it takes, with all and with the fewest arguments. */
static void every_function_runs(void **state)
{
	const struct function *rows;
	size_t count = functions(&rows);
	for (size_t i = 0; i < 2 * count; i++) {
		const struct function *row = &rows[i / 2];
		struct buf kql = { 0 };
		if (strncmp(row->params, "raw", 3) == 0 || strstr(row->params, "groups:"))
			continue;
		buf_puts(&kql, row->kind == FUNCTION_AGGREGATE
		                   ? "range x from 1 to 2 step 1 | summarize r="
		                   : "range x from 1 to 2 step 1 | extend r=");
		call_write(&kql, row, i % 2);
		buf_puts(&kql, " | count");
		const char *answer = asking_rows(*state, buf_text(&kql));
		if (strcmp(answer, "1\n") != 0 && strcmp(answer, "2\n") != 0)
			fail_msg("%s: %s", buf_text(&kql), answer);
		buf_done(&kql);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_template_names_each_argument_at_most_once),
		cmocka_unit_test(rows_of_one_name_stand_together_and_say_what_they_do),
		cmocka_unit_test(every_function_runs),
	};
	return cmocka_run_group_tests(tests, asking_start, asking_stop);
}
