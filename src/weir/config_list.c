#include "weir/config_list.h"

#include <stdlib.h>
#include <string.h>

#include "collector/receive/listen_address.h"
#include "core/flow/sampling.h"

/* An item and where it was written. */
struct placed {
	struct sampling_override override;
	struct position position;
};

static int by_prefix(const void *left, const void *right)
{
	const struct placed *a = left, *b = right;
	const struct ip_prefix *p = &a->override.prefix, *q = &b->override.prefix;
	if (p->bits != q->bits)
		return p->bits > q->bits ? -1 : 1;
	return memcmp(p->ip.b, q->ip.b, sizeof p->ip.b);
}

static int by_prefix_and_place(const void *left, const void *right)
{
	int order = by_prefix(left, right);
	if (order)
		return order;
	const struct placed *a = left, *b = right;
	return a->position.line < b->position.line ? -1 : a->position.line > b->position.line;
}

static void find_doubles(const struct placed *sorted, size_t count, struct problems *problems)
{
	for (size_t i = 1; i < count; i++) {
		if (by_prefix(&sorted[i - 1], &sorted[i]) != 0)
			continue;
		char text[IP_TEXT_MAX];
		ip_format(&sorted[i].override.prefix.ip, text);
		problem_add(problems, sorted[i].position, "exporters",
		            "%s/%u is given twice; first on line %u", text,
		            sorted[i].override.prefix.bits, sorted[i - 1].position.line);
	}
}

static const struct {
	const char *name;
	enum nat_dialect dialect;
} dialects[] = {
	{ "auto", NAT_DIALECT_NONE },
	{ "iana", NAT_DIALECT_IANA },
	{ "junos", NAT_DIALECT_JUNOS },
};

static void find_dialect(struct sampling_override *override, struct position position,
                         struct problems *problems)
{
	for (size_t i = 0; i < ARRAY_LEN(dialects); i++)
		if (strcmp(dialects[i].name, override->nat_name) == 0) {
			override->nat = dialects[i].dialect;
			return;
		}
	problem_add(problems, position, "exporters",
	            "nat_dialect \"%s\" is none of auto, iana, junos", override->nat_name);
}

void exporters_finish(const struct node *list, void *items, struct problems *problems)
{
	struct sampling_override *overrides = items;
	struct placed *placed = calloc(list->count + 1, sizeof *placed);
	if (!placed) {
		problem_add(problems, list->position, "exporters", "there is not enough memory");
		return;
	}
	size_t n = 0;
	for (const struct node *item = list->first; item; item = item->next, n++) {
		find_dialect(&overrides[n], item->position, problems);
		placed[n] = (struct placed){ overrides[n], item->position };
	}
	qsort(placed, n, sizeof *placed, by_prefix_and_place);
	for (size_t i = 0; i < n; i++)
		overrides[i] = placed[i].override;
	find_doubles(placed, n, problems);
	free(placed);
}

void listen_finish(const struct node *list, void *items, struct problems *problems)
{
	const char *const *texts = items;
	size_t n = 0;
	for (const struct node *item = list->first; item; item = item->next, n++) {
		struct listen_address unused;
		struct err e;
		if (!listen_address_parse(texts[n], &unused, &e))
			problem_add(problems, item->position, "collector.listen", "%s", e.text);
	}
}
