#include "query/ast.h"

#include <string.h>

const struct binary_row binary_rows[BINARY_COUNT] = {
#define X(id, text, level, help) { text, level, help },
	BINARY_TABLE(X)
#undef X
};

struct node *node_child(const struct node *node, size_t i)
{
	struct node *child = node->first;
	while (child && i--)
		child = child->next;
	return child;
}

static struct node *find(const struct node *node, enum node_kind kind, const char *text)
{
	struct node *child = node->first;
	while (child && (child->kind != kind || strcmp(child->text, text) != 0))
		child = child->next;
	return child;
}

struct node *node_group(const struct node *operator_node, const char *label)
{
	return find(operator_node, NODE_GROUP, label);
}

struct node *node_param(const struct node *operator_node, const char *name)
{
	return find(operator_node, NODE_PARAM, name);
}

bool node_is(const struct node *node, const char *text)
{
	return strcmp(node->text, text) == 0;
}
