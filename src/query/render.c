#include "query/render.h"

#include <string.h>

/* KQL's words and the API's; `list` for what may hold several columns. */
static const struct {
	const char *word, *key;
} properties[] = {
	{ "title", "title" },     { "accumulate", "accumulate" },
	{ "kind", "kind" },       { "anomalycolumns", "anomalyColumns" },
	{ "xcolumn", "xColumn" }, { "ycolumns", "yColumns" },
	{ "series", "series" },   { "ysplit", "ySplit" },
	{ "legend", "legend" },   { "xtitle", "xTitle" },
	{ "ytitle", "yTitle" },   { "xaxis", "xAxis" },
	{ "yaxis", "yAxis" },     { "ymin", "yMin" },
	{ "ymax", "yMax" },       { "xmin", "xMin" },
	{ "xmax", "xMax" },       { "by", "by" },
};

static void put_one(struct buf *out, const struct node *value)
{
	const struct value *v = &value->value;
	if (value->kind != NODE_LITERAL)
		buf_json_string(out, value->text, value->text_len);
	else if (v->type == KQL_STRING)
		buf_json_string(out, v->s.at, v->s.len);
	else if (v->type == KQL_BOOL)
		buf_puts(out, v->b ? "true" : "false");
	else if (v->type == KQL_REAL)
		buf_double(out, v->f);
	else
		buf_i64(out, v->i);
}

static void put_value(struct buf *out, const struct node *property)
{
	if (property->count == 1) {
		put_one(out, property->first);
		return;
	}
	buf_putc(out, '[');
	EACH_CHILD(value, property)
	{
		if (value != property->first)
			buf_putc(out, ',');
		put_one(out, value);
	}
	buf_putc(out, ']');
}

void render_json(struct buf *out, const struct render *render)
{
	buf_puts(out, "{\"visualization\":");
	buf_json_string(out, render->visualization, strlen(render->visualization));
	for (size_t i = 0; i < ARRAY_LEN(properties); i++) {
		const struct node *given =
		    render->properties ? node_param(render->properties, properties[i].word) : NULL;
		buf_printf(out, ",\"%s\":", properties[i].key);
		if (given)
			put_value(out, given);
		else if (strcmp(properties[i].word, "kind") == 0)
			buf_puts(out, "\"default\"");
		else
			buf_puts(out,
			         strcmp(properties[i].word, "accumulate") == 0 ? "false" : "null");
	}
	buf_puts(out, ",\"isQuerySorted\":false,\"annotation\":\"\"}");
}
