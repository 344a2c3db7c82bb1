/* Laws, whatever a configuration's text: there is a configuration or there are problems, never
 * both; a problem has a place within the text and says nothing that a terminal would obey; and a
 * text that is a document, written out again in another way, is the same document and the same
 * configuration. */
#include "fuzz.h"

#include <ctype.h>

#include "weir/config.h"
#include "weir/config_schema.h"
#include "weir/document.h"

enum { TREE_LIMIT = 96 << 20, TEXT_MAX = 64 * 1024 };

static void shows_nothing_else(const char *text)
{
	for (; *text; text++)
		assert((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void problems_are_located(const struct problems *problems, struct cur text)
{
	unsigned lines = 1;
	for (const uint8_t *c = text.at; c < text.end; c++)
		lines += *c == '\n' || *c == '\r' || *c >= 0x80; /* YAML has further breaks */
	assert(problems->count <= PROBLEMS_MAX);
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->items[i];
		assert(*p->text && p->position.line <= lines + 1);
		assert((p->position.line == 0) == (p->position.column == 0));
		shows_nothing_else(p->text);
		shows_nothing_else(p->key);
	}
}

/* ---- the same document in other words ---- */

/* Text that means the same without quotes wherever it stands. */
static bool is_word(const struct node *n)
{
	for (size_t i = 0; i < n->len; i++)
		if (!isalnum((unsigned char)n->text[i]) && !strchr("._/~", n->text[i]))
			return false;
	return n->len > 0;
}

static void write_text(struct buf *out, const struct node *n)
{
	if (n->plain && (is_word(n) || n->len == 0)) {
		buf_puts(out, n->len ? n->text : "~");
		return;
	}
	buf_putc(out, '"');
	for (size_t i = 0; i < n->len; i++) {
		unsigned char c = (unsigned char)n->text[i];
		if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
			buf_printf(out, "\\x%02x", c);
		else
			buf_putc(out, (char)c);
	}
	buf_putc(out, '"');
}

static void write_node(struct buf *out, const struct node *n)
{
	if (n->kind == NODE_TEXT) {
		write_text(out, n);
		return;
	}
	buf_putc(out, n->kind == NODE_MAP ? '{' : '[');
	for (const struct node *child = n->first; child; child = child->next) {
		if (child->key) {
			buf_puts(out, "? ");
			write_text(out, child->key);
			buf_puts(out, " : ");
		}
		write_node(out, child);
		buf_puts(out, child->next ? ", " : "");
	}
	buf_putc(out, n->kind == NODE_MAP ? '}' : ']');
}

static bool same_word(const struct node *a, const struct node *b)
{
	bool nothing = a->len == 0 && a->plain && b->len == 1 && *b->text == '~';
	return nothing || (a->len == b->len && memcmp(a->text, b->text, a->len) == 0);
}

static void same_node(const struct node *a, const struct node *b)
{
	assert(a->kind == b->kind && a->count == b->count);
	assert(!a->key == !b->key && (!a->key || same_word(a->key, b->key)));
	assert(a->kind != NODE_TEXT || same_word(a, b));
	const struct node *y = b->first;
	for (const struct node *x = a->first; x; x = x->next, y = y->next)
		same_node(x, y);
	assert(!y);
}

/* Writes the document of the text in *ret; false where it is none. */
static bool rewrite(const char *text, size_t len, struct buf *ret)
{
	struct arena memory, again;
	struct node *root = NULL, *other = NULL;
	struct problems problems = { 0 };
	arena_init(&memory, TREE_LIMIT);
	arena_init(&again, TREE_LIMIT);
	bool ok = document_read(text, len, &memory, &root, &problems) && root;
	assert(memory.used <= TREE_LIMIT);
	if (ok) {
		write_node(ret, root);
		problems = (struct problems){ 0 };
		bool read = document_read(buf_text(ret), ret->len, &again, &other, &problems);
		assert(read && other);
		same_node(root, other);
	}
	arena_done(&memory);
	arena_done(&again);
	return ok;
}

static void same_config(const struct config *a, const struct config *b)
{
	struct buf changes = { 0 };
	config_fixed_changes(a, b, &changes);
	assert(changes.len == 0 && strcmp(a->summary, b->summary) == 0);
	assert(a->flows_max == b->flows_max && a->exporters.count == b->exporters.count);
	assert(a->enrich.circuits.count == b->enrich.circuits.count);
	buf_done(&changes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems problems, none;
	struct buf other = { 0 };
	if (size > TEXT_MAX)
		return 0;
	struct config *config = config_parse((const char *)data, size, &problems);
	assert(!config == (problems.count > 0));
	problems_are_located(&problems, cur_of(data, size));
	bool document = rewrite((const char *)data, size, &other);
	if (document) {
		struct config *again = config_parse(buf_text(&other), other.len, &none);
		assert(!again == !config);
		if (config)
			same_config(config, again);
		config_free(again);
	}
	config_free(config);
	buf_done(&other);
	return 0;
}
