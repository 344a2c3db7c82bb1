#include "workspace/flow_order.h"

#include <endian.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct place {
	uint64_t address[3];
	uint32_t minute, row;
};

static uint64_t big(const void *octets)
{
	uint64_t word;
	memcpy(&word, octets, sizeof word);
	return be64toh(word);
}

/* A text of IPv4 fits two words, zeros behind it; of IPv6 the first is followed by the address. */
static void place_address(struct place *p, const struct flow_row *row)
{
	char text[IP_TEXT_MAX] = "";
	memset(p->address, 0, sizeof p->address);
	if (!row_has(row, COL_SourceIp))
		return;
	ip_format(&row->key.src_addr, text);
	p->address[0] = big(text);
	if (ip_is_v4(&row->key.src_addr)) {
		p->address[1] = big(text + sizeof(uint64_t));
		return;
	}
	const char *octets = (const char *)&row->key.src_addr;
	p->address[1] = big(octets);
	p->address[2] = big(octets + sizeof(uint64_t));
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	int order = 0;
	for (size_t i = 0; !order && i < 3; i++)
		order = compare(x->address[i], y->address[i]);
	order = order ? order : compare(x->minute, y->minute);
	return order ? order : compare(x->row, y->row);
}

bool flow_order_sort(const struct flow_row **rows, size_t count, struct err *e)
{
	struct place *places = malloc((count + 1) * sizeof *places);
	const struct flow_row **copy = malloc((count + 1) * sizeof *copy);
	bool ok = places && copy;
	for (size_t i = 0; ok && i < count; i++) {
		place_address(&places[i], rows[i]);
		places[i].minute = rows[i]->key.minute;
		places[i].row = (uint32_t)i;
	}
	if (ok && count) {
		memcpy(copy, rows, count * sizeof *copy);
		qsort(places, count, sizeof *places, by_place);
	}
	for (size_t i = 0; ok && i < count; i++)
		rows[i] = copy[places[i].row];
	free(places);
	free(copy);
	return ok || err_set(e, ERR_NOMEM, "no memory to sort %zu rows", count);
}
