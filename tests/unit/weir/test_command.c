#include "weir/command.h"

#include "support/program.h"
#include "support/unit.h"

static size_t lines_of(const char *text)
{
	size_t lines = 0;
	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static void rows_are_whole(void **state)
{
	(void)state;
	for (const struct command *c = commands; c->name; c++) {
		assert_ptr_equal(command_find(c->name), c);
		assert_non_null(c->run);
		assert_true(strlen(c->summary) > 0);
		assert_int_not_equal(c->summary[strlen(c->summary) - 1], '.');
		assert_true(!c->text || c->text[strlen(c->text) - 1] == '\n');
		size_t rows = 1;
		for (const struct option_row *o = c->options; o && o->name; o++, rows++) {
			assert_non_null(o->help);
			assert_true(!o->fallback || o->argument);
			assert_int_not_equal(o->letter, 'h');
			for (const struct option_row *p = c->options; p < o; p++) {
				assert_string_not_equal(p->name, o->name);
				assert_true(!o->letter || p->letter != o->letter);
			}
		}
		assert_true(rows <= OPTIONS_MAX);
	}
}

static void help_names_every_command_and_every_option(void **state)
{
	(void)state;
	struct said all = RUN("help");
	assert_int_equal(all.status, 0);
	for (const struct command *c = commands; c->name; c++) {
		assert_non_null(strstr(all.out, c->name));
		assert_non_null(strstr(all.out, c->summary));
		struct said one = RUN("help", c->name);
		assert_int_equal(one.status, 0);
		assert_string_equal(one.err, "");
		for (const struct option_row *o = c->options; o && o->name; o++)
			assert_non_null(strstr(one.out, o->name));
		said_done(one);
	}
	said_done(all);
}

static void help_can_be_asked_for_in_many_ways(void **state)
{
	(void)state;
	struct said want = RUN("help", "check");
	struct said got[] = { RUN("check", "--help"), RUN("check", "-h"),
		              RUN("check", "--banana", "--help") };
	for (size_t i = 0; i < ARRAY_LEN(got); i++) {
		assert_int_equal(got[i].status, 0);
		assert_string_equal(got[i].out, want.out);
		said_done(got[i]);
	}
	said_done(want);
	struct said overview = RUN("help"), dashes = RUN("--help");
	assert_string_equal(overview.out, dashes.out);
	said_done(overview);
	said_done(dashes);
}

static void the_version_is_one_line(void **state)
{
	(void)state;
	struct said word = RUN("version"), dashes = RUN("--version");
	assert_int_equal(word.status, 0);
	assert_string_equal(word.out, "weir " WEIR_VERSION "\n");
	assert_string_equal(dashes.out, word.out);
	said_done(word);
	said_done(dashes);
}

static void wrong_usage_exits_2_and_says_one_line(void **state)
{
	(void)state;
	const struct {
		struct said said;
		const char *says;
	} wrong[] = {
		{ RUN("chekc"), "did you mean \"check\"?" },
		{ RUN("banana"), "weir help" },
		{ RUN("show"), "did you mean \"show " },
		{ RUN("show", "segmens"), "did you mean \"show segments\"?" },
		{ RUN("show", "segments", "-f", "xml"), "table|json|csv" },
		{ RUN("version", "now"), "takes no argument" },
		{ RUN("check", "--fast"), "there is no option --fast" },
		{ RUN("check", "a", "b"), "\"b\"" },
		{ RUN("completion"), "weir completion bash" },
		{ RUN("completion", "fish"), "only bash" },
		{ RUN("help", "banana"), "banana" },
	};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		assert_int_equal(wrong[i].said.status, 2);
		assert_string_equal(wrong[i].said.out, "");
		assert_non_null(strstr(wrong[i].said.err, wrong[i].says));
		assert_int_equal(lines_of(wrong[i].said.err), 1);
		said_done(wrong[i].said);
	}
	const char *alone[] = { "weir", NULL };
	struct said said = program_run("", 1, alone);
	assert_int_equal(said.status, 2);
	assert_string_equal(said.out, "");
	assert_non_null(strstr(said.err, "usage: weir COMMAND"));
	said_done(said);
}

static void check_reports_every_problem_or_what_it_understood(void **state)
{
	(void)state;
	struct said good = RUN_WITH("flows: {max: 5000}\n", "check");
	assert_int_equal(good.status, 0);
	assert_string_equal(good.out, "standard input: good; sets flows.max 5000\n");
	said_done(good);

	struct said bad = RUN_WITH("flow: {max: 5000}\nflows: {max: 5}\n", "check");
	assert_int_equal(bad.status, 2);
	assert_string_equal(bad.out, "");
	assert_string_equal(bad.err,
	                    "standard input:1:1: flow: there is no such key; did you mean "
	                    "\"flows\"?\n"
	                    "standard input:2:14: flows.max: 5 is out of range: 1000 to 100000000 "
	                    "flows\n");
	said_done(bad);

	struct said missing = RUN("check", "/does/not/exist.yaml");
	assert_int_equal(missing.status, 2);
	assert_string_equal(missing.err, "/does/not/exist.yaml: No such file or directory\n");
	said_done(missing);
}

static void output_that_cannot_be_written_is_a_failure(void **state)
{
	(void)state;
	const char *argv[] = { "weir", "help", NULL };
	char *err_text;
	size_t err_len;
	struct streams streams = { stdin, fopen("/dev/full", "w"),
		                   open_memstream(&err_text, &err_len) };
	assert_non_null(streams.out);
	assert_int_equal(command_run(2, argv, &streams), 1);
	fclose(streams.out);
	fclose(streams.err);
	assert_non_null(strstr(err_text, "No space left on device"));
	free(err_text);
}

/* Asks a real bash what it would offer behind "weir `line`". */
static void offered(const char *words, unsigned at, char *ret, size_t room)
{
	struct said script = RUN("completion", "bash");
	assert_int_equal(script.status, 0);
	setenv("WEIR_COMPLETION", script.out, 1);
	char command[256];
	snprintf(command, sizeof command,
	         "bash -c 'eval \"$WEIR_COMPLETION\"; COMP_WORDS=(weir %s); COMP_CWORD=%u; _weir; "
	         "echo \"${COMPREPLY[*]}\"'",
	         words, at);
	FILE *bash = popen(command, "r");
	assert_non_null(bash);
	assert_non_null(fgets(ret, (int)room, bash));
	assert_int_equal(pclose(bash), 0);
	ret[strcspn(ret, "\n")] = '\0';
	said_done(script);
}

static void bash_completes_from_the_rows(void **state)
{
	(void)state;
	char text[1024];
	offered("ch", 1, text, sizeof text);
	assert_string_equal(text, "check");
	offered("check --h", 2, text, sizeof text);
	assert_string_equal(text, "--help");
	offered("show se", 2, text, sizeof text);
	assert_string_equal(text, "segments");
	offered("show segments --f", 3, text, sizeof text);
	assert_string_equal(text, "--format");
	offered("show segments --format \"\"", 4, text, sizeof text);
	assert_string_equal(text, "table json csv");
	offered("show segments -f j", 4, text, sizeof text);
	assert_string_equal(text, "json");
	offered("check weir", 2, text, sizeof text);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(help_names_every_command_and_every_option),
		cmocka_unit_test(help_can_be_asked_for_in_many_ways),
		cmocka_unit_test(the_version_is_one_line),
		cmocka_unit_test(wrong_usage_exits_2_and_says_one_line),
		cmocka_unit_test(check_reports_every_problem_or_what_it_understood),
		cmocka_unit_test(output_that_cannot_be_written_is_a_failure),
		cmocka_unit_test(bash_completes_from_the_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
