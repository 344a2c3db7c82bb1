#include "weir/problems.h"

#include <stdarg.h>

#include "core/base/err.h"

void problem_add(struct problems *list, struct position position, const char *key,
                 const char *format, ...)
{
	if (list->count == PROBLEMS_MAX) {
		list->more = true;
		return;
	}
	struct problem *p = &list->items[list->count++];
	p->position = position;
	snprintf(p->key, sizeof p->key, "%s", key);
	va_list args;
	va_start(args, format);
	vsnprintf(p->text, sizeof p->text, format, args);
	va_end(args);
	hide_control_characters(p->key);
	hide_control_characters(p->text);
}

void problems_print(const struct problems *list, const char *name, FILE *out)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct problem *p = &list->items[i];
		fprintf(out, "%s:", name);
		if (p->position.line)
			fprintf(out, "%u:%u:", p->position.line, p->position.column);
		fprintf(out, " %s%s%s\n", p->key, *p->key ? ": " : "", p->text);
	}
	if (list->more)
		fprintf(out, "%s: there are more problems; only the first %d are listed\n", name,
		        PROBLEMS_MAX);
}
