#include "weir/document.h"

#include <assert.h>
#include <yaml.h>

/* A mapping or list whose end has not come yet. */
struct level {
	struct node *node;
	struct node *last; /* its newest child */
	struct node *key;  /* of a mapping: has come, its value has not */
};

struct reader {
	struct arena *memory;
	struct problems *problems;
	struct node *root;
	struct level open[DOCUMENT_DEPTH];
	size_t depth;
	unsigned documents;
};

static struct position position_of(yaml_mark_t mark)
{
	return (struct position){ (unsigned)mark.line + 1, (unsigned)mark.column + 1 };
}

static struct node *node_new(struct reader *r, const yaml_event_t *event, enum node_kind kind)
{
	struct node *node = ARENA_NEW(r->memory, struct node);
	if (node) {
		node->kind = kind;
		node->position = position_of(event->start_mark);
	}
	return node;
}

/* Hangs a node below the innermost open one.  False where it may not be there. */
static bool attach(struct reader *r, struct node *node)
{
	if (r->depth == 0) {
		r->root = node;
		return true;
	}
	struct level *level = &r->open[r->depth - 1];
	assert(level->node);
	if (level->node->kind == NODE_MAP && !level->key) {
		if (node->kind != NODE_TEXT) {
			problem_add(r->problems, node->position, "", "a key must be a plain word");
			return false;
		}
		level->key = node;
		return true;
	}
	node->key = level->key;
	level->key = NULL;
	if (level->last)
		level->last->next = node;
	else
		level->node->first = node;
	level->last = node;
	level->node->count++;
	return true;
}

static bool add_text(struct reader *r, const yaml_event_t *event)
{
	struct node *node = node_new(r, event, NODE_TEXT);
	if (!node)
		return false;
	node->len = event->data.scalar.length;
	node->text = arena_strndup(r->memory, (const char *)event->data.scalar.value, node->len);
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return node->text && attach(r, node);
}

static bool open_level(struct reader *r, const yaml_event_t *event, enum node_kind kind)
{
	if (r->depth == DOCUMENT_DEPTH) {
		problem_add(r->problems, position_of(event->start_mark), "",
		            "nested deeper than %d levels", DOCUMENT_DEPTH);
		return false;
	}
	struct node *node = node_new(r, event, kind);
	if (!node || !attach(r, node))
		return false;
	r->open[r->depth++] = (struct level){ .node = node };
	return true;
}

/* Whatever YAML has beyond plain trees could hide what a configuration says. */
static void refuse_extras(struct reader *r, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		break;
	default: return;
	}
	if (anchor)
		problem_add(r->problems, position_of(event->start_mark), "",
		            "anchors (&%s) are not allowed", (const char *)anchor);
	if (tag)
		problem_add(r->problems, position_of(event->start_mark), "",
		            "tags (%s) are not allowed", (const char *)tag);
}

/* An alias stands where a node would: an empty text takes its place. */
static bool add_alias(struct reader *r, const yaml_event_t *event)
{
	problem_add(r->problems, position_of(event->start_mark), "",
	            "aliases (*%s) are not allowed; write the value out",
	            (const char *)event->data.alias.anchor);
	struct node *node = node_new(r, event, NODE_TEXT);
	if (node)
		node->text = "";
	return node && attach(r, node);
}

static bool take_event(struct reader *r, const yaml_event_t *event)
{
	refuse_extras(r, event);
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (r->documents++ == 0)
			return true;
		problem_add(r->problems, position_of(event->start_mark), "",
		            "a second document starts here; only one is allowed");
		return false;
	case YAML_ALIAS_EVENT: return add_alias(r, event);
	case YAML_SCALAR_EVENT: return add_text(r, event);
	case YAML_SEQUENCE_START_EVENT: return open_level(r, event, NODE_LIST);
	case YAML_MAPPING_START_EVENT: return open_level(r, event, NODE_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT: r->depth--; return true;
	default: return true;
	}
}

static void add_syntax_problem(struct problems *problems, const yaml_parser_t *parser)
{
	struct position position = position_of(parser->problem_mark);
	if (parser->error == YAML_MEMORY_ERROR)
		problem_add(problems, (struct position){ 0 }, "", "there is not enough memory");
	else if (parser->error == YAML_READER_ERROR)
		problem_add(problems, (struct position){ 0 }, "", "not UTF-8 text: %s (byte %zu)",
		            parser->problem, parser->problem_offset);
	else
		problem_add(problems, position, "", "not YAML: %s%s%s", parser->problem,
		            parser->context ? " " : "", parser->context ? parser->context : "");
}

static void take_events(struct reader *r, yaml_parser_t *parser)
{
	bool more = true;
	while (more) {
		yaml_event_t event;
		if (!yaml_parser_parse(parser, &event)) {
			add_syntax_problem(r->problems, parser);
			return;
		}
		more = take_event(r, &event) && event.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	if (r->memory->exhausted)
		problem_add(r->problems, (struct position){ 0 }, "", "too large to be read");
}

bool document_read(const char *text, size_t len, struct arena *memory, struct node **ret,
                   struct problems *problems)
{
	struct reader r = { .memory = memory, .problems = problems };
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser)) {
		problem_add(problems, (struct position){ 0 }, "", "there is not enough memory");
		return false;
	}
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	size_t before = problems->count;
	take_events(&r, &parser);
	yaml_parser_delete(&parser);
	if (problems->count > before)
		return false;
	*ret = r.root;
	return true;
}
