#include "collector/receive/allow_list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* An address as two words in whatever order the machine has them: only equality counts. */
struct words {
	uint64_t w[2];
};

struct allowed {
	struct words prefix, mask;
	bool v4;
};

struct allow_list {
	size_t count;
	struct allowed at[];
};

static struct words words_of(const struct ip *ip)
{
	struct words words;
	memcpy(&words, ip->b, sizeof words);
	return words;
}

struct allow_list *allow_list_new(const struct ip_prefix *prefixes, size_t count)
{
	if (count > ALLOW_MOST)
		return NULL;
	struct allow_list *list = malloc(sizeof *list + count * sizeof list->at[0]);
	if (!list)
		return NULL;
	list->count = count;
	for (size_t i = 0; i < count; i++) {
		bool v4 = ip_is_v4(&prefixes[i].ip);
		unsigned bits = prefixes[i].bits + (v4 ? 96 : 0);
		struct ip mask;
		memset(mask.b, 0xff, sizeof mask.b);
		for (unsigned bit = bits; bit < 128; bit++)
			mask.b[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
		list->at[i] = (struct allowed){ words_of(&prefixes[i].ip), words_of(&mask), v4 };
	}
	return list;
}

void allow_list_free(struct allow_list *list)
{
	free(list);
}

bool allow_list_holds(const struct allow_list *list, const struct ip *from)
{
	if (!list || list->count == 0)
		return true;
	struct words ip = words_of(from);
	bool v4 = ip_is_v4(from);
	for (const struct allowed *a = list->at; a < list->at + list->count; a++)
		if (a->v4 == v4 && (ip.w[0] & a->mask.w[0]) == a->prefix.w[0] &&
		    (ip.w[1] & a->mask.w[1]) == a->prefix.w[1])
			return true;
	return false;
}
