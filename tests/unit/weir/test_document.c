#include "weir/document.h"

#include <stdlib.h>
#include <string.h>

#include "support/unit.h"

struct read {
	struct arena memory;
	struct problems problems;
	struct node *root;
	bool good;
};

static void read_text(struct read *r, const char *text, size_t len)
{
	*r = (struct read){ 0 };
	arena_init(&r->memory, 1 << 20);
	r->good = document_read(text, len, &r->memory, &r->root, &r->problems);
}

static void nodes_know_their_places(void **state)
{
	(void)state;
	struct read r;
	const char *text = "a: 1\nlist:\n  - x\n  - {k: 'v'}\n";
	read_text(&r, text, strlen(text));
	assert_true(r.good);
	assert_int_equal(r.root->kind, NODE_MAP);
	assert_int_equal(r.root->count, 2);

	struct node *a = r.root->first, *list = a->next;
	assert_string_equal(a->key->text, "a");
	assert_string_equal(a->text, "1");
	assert_true(a->plain);
	assert_int_equal(a->position.line, 1);
	assert_int_equal(a->position.column, 4);

	assert_int_equal(list->kind, NODE_LIST);
	assert_int_equal(list->count, 2);
	struct node *value = list->first->next->first;
	assert_string_equal(value->key->text, "k");
	assert_string_equal(value->text, "v");
	assert_false(value->plain);
	assert_int_equal(value->position.line, 4);
	assert_int_equal(value->position.column, 9);
	arena_done(&r.memory);
}

static void nothing_but_comments_is_no_tree(void **state)
{
	(void)state;
	static const char *const empty[] = { "", "# only this\n", "\n\n", "---\n" };
	for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
		struct read r;
		read_text(&r, empty[i], strlen(empty[i]));
		assert_true(r.good);
		assert_true(!r.root || r.root->len == 0);
		arena_done(&r.memory);
	}
}

static void what_a_configuration_does_not_need_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned line, column;
		const char *says;
	} refused[] = {
		{ "a: &x 1\n", 1, 4, "anchors" },
		{ "a: 1\nb: *x\n", 2, 4, "aliases" },
		{ "a: !!int 1\n", 1, 4, "tags" },
		{ "a: 1\n---\nb: 2\n", 2, 1, "second document" },
		{ "? [a, b]\n: 1\n", 1, 3, "key" },
		{ "a: [1\nb: 2\n", 2, 2, "not YAML" },
		{ "a: 1\n\tb: 2\n", 2, 1, "not YAML" },
	};
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct read r;
		read_text(&r, refused[i].text, strlen(refused[i].text));
		assert_false(r.good);
		assert_null(r.root);
		assert_non_null(strstr(r.problems.items[0].text, refused[i].says));
		assert_int_equal(r.problems.items[0].position.line, refused[i].line);
		assert_int_equal(r.problems.items[0].position.column, refused[i].column);
		arena_done(&r.memory);
	}
}

static void depth_is_bounded(void **state)
{
	(void)state;
	char text[2 * (DOCUMENT_DEPTH + 1) + 1] = "";
	struct read r;
	for (size_t depth = DOCUMENT_DEPTH; depth <= DOCUMENT_DEPTH + 1; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		read_text(&r, text, 2 * depth);
		assert_int_equal(r.good, depth == DOCUMENT_DEPTH);
		arena_done(&r.memory);
	}
}

static void a_hostile_number_of_nodes_ends_at_the_arena(void **state)
{
	(void)state;
	size_t len = 1 << 18;
	char *text = malloc(len);
	assert_non_null(text);
	for (size_t i = 0; i < len; i += 2)
		memcpy(text + i, "a,", 2);
	memcpy(text, "[a", 2);
	struct read r;
	read_text(&r, text, len);
	assert_false(r.good);
	assert_non_null(strstr(r.problems.items[0].text, "too large"));
	arena_done(&r.memory);
	free(text);
}

static void a_text_cut_anywhere_is_read_or_refused(void **state)
{
	(void)state;
	const char *text =
	    "a: {b: [1, \"two\", 'three']}\nc:\n  - d: |\n      e\n  - \"\\x01\\u263a\"\n";
	for (size_t len = 0; len <= strlen(text); len++) {
		struct read r;
		read_text(&r, text, len);
		assert_int_equal(r.good, r.problems.count == 0);
		arena_done(&r.memory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_know_their_places),
		cmocka_unit_test(nothing_but_comments_is_no_tree),
		cmocka_unit_test(what_a_configuration_does_not_need_is_refused),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(a_hostile_number_of_nodes_ends_at_the_arena),
		cmocka_unit_test(a_text_cut_anywhere_is_read_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
