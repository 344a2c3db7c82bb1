#include "weir/config_circuits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/enrich/circuit.h"

static unsigned parts_of(const struct node *item)
{
	static const struct {
		const char *key;
		enum circuit_part part;
	} parts[] = {
		{ "exporter", CIRCUIT_EXPORTER }, { "interface", CIRCUIT_INTERFACE },
		{ "vlan", CIRCUIT_VLAN },         { "customer_vlan", CIRCUIT_CUSTOMER_VLAN },
		{ "vrf", CIRCUIT_VRF },
	};
	unsigned stated = 0;
	for (const struct node *value = item->first; value; value = value->next)
		for (size_t i = 0; i < ARRAY_LEN(parts); i++)
			if (strcmp(value->key->text, parts[i].key) == 0)
				stated |= parts[i].part;
	return stated;
}

/* lines and order: of the rules, as many as there are */
static void find_shadowed(const struct circuits *circuits, const struct position *places,
                          uint32_t *order, struct problems *problems)
{
	circuits_order(circuits, order);
	for (size_t i = 1, winner = 0; i < circuits->count; i++) {
		const struct circuit *rules = circuits->items;
		if (!circuit_same_match(&rules[order[winner]], &rules[order[i]])) {
			winner = i;
			continue;
		}
		char key[32];
		snprintf(key, sizeof key, "circuits[%u]", order[i] + 1);
		problem_add(problems, places[order[i]], key,
		            "can never match: the rule on line %u states the same and comes first",
		            places[order[winner]].line);
	}
}

void circuits_finish(const struct node *list, void *items, struct problems *problems)
{
	struct circuit *rules = items;
	struct circuits circuits = { rules, list->count };
	struct position *places = malloc((list->count + 1) * sizeof *places);
	uint32_t *order = malloc((list->count + 1) * sizeof *order);
	size_t n = 0;
	if (places && order) {
		for (const struct node *item = list->first; item; item = item->next, n++) {
			rules[n].parts = parts_of(item);
			places[n] = item->position;
		}
		find_shadowed(&circuits, places, order, problems);
	} else {
		problem_add(problems, list->position, "circuits", "there is not enough memory");
	}
	free(places);
	free(order);
}
