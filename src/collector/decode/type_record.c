#include "collector/decode/type_record.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/attr.h"
#include "core/base/cursor.h"
#include "core/base/utf8.h"
#include "core/wire/element.h"

void type_records_done(struct type_records *set)
{
	free(set->items);
	*set = (struct type_records){ 0 };
}

/* Room is always the next power of two. */
size_t type_records_memory(const struct type_records *set)
{
	size_t room = set->count ? 1 : 0;
	while (room < set->count)
		room *= 2;
	return room * sizeof set->items[0];
}

/* The place of the element, or the one where it would stand. */
static size_t place_of(const struct type_records *set, uint32_t pen, uint16_t id)
{
	size_t low = 0, high = set->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct type_record *r = &set->items[middle];
		if (r->pen < pen || (r->pen == pen && r->id < id))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct type_records *set, size_t place, uint32_t pen, uint16_t id)
{
	return place < set->count && set->items[place].pen == pen && set->items[place].id == id;
}

const struct type_record *type_records_find(const struct type_records *set, uint32_t pen,
                                            uint16_t id)
{
	size_t place = place_of(set, pen, id);
	return is_at(set, place, pen, id) ? &set->items[place] : NULL;
}

/* ---- names ---- */

/* The octets of a name that count: without NULs behind it, and whole characters only. */
static size_t name_length(const char *name, size_t len)
{
	size_t kept = 0, next;
	while (len > 0 && name[len - 1] == '\0')
		len--;
	for (; kept < len; kept += next) {
		next = utf8_length(name + kept, len - kept);
		if (next == 0 || (unsigned char)name[kept] < 0x20 || name[kept] == 0x7f)
			return 0;
		if (kept + next > TYPE_NAME_MAX)
			break;
	}
	return kept;
}

static bool is_taken(const struct type_records *set, const struct type_record *told)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct type_record *r = &set->items[i];
		if (strcmp(r->name, told->name) == 0 && (r->pen != told->pen || r->id != told->id))
			return true;
	}
	return element_named(told->name);
}

/* ---- learning ---- */

static bool make_room(struct type_records *set)
{
	if (set->count == TYPE_RECORDS_MAX)
		return false;
	if ((set->count & (set->count - 1)) != 0) /* room is the next power of two */
		return true;
	size_t room = set->count ? set->count * 2 : 1;
	struct type_record *items = realloc(set->items, room * sizeof *items);
	if (!items)
		return false;
	set->items = items;
	return true;
}

bool type_records_learn(struct type_records *set, uint32_t pen, uint16_t id, uint8_t type,
                        const char *name, size_t len)
{
	struct type_record told = { .pen = pen, .id = id, .type = type };
	memcpy(told.name, name, name_length(name, len));
	size_t place = place_of(set, pen, id);
	bool known = is_at(set, place, pen, id);
	if (known && memcmp(&set->items[place], &told, sizeof told) == 0)
		return false;
	if (pen == 0 || pen == PEN_REVERSE || type >= TYPE_COUNT || !told.name[0] ||
	    is_taken(set, &told) || (!known && !make_room(set)))
		return false;
	if (!known) {
		memmove(&set->items[place + 1], &set->items[place],
		        (set->count - place) * sizeof set->items[0]);
		set->count++;
	}
	set->items[place] = told;
	return true;
}

enum told {
	TOLD_ENTERPRISE,
	TOLD_ID,
	TOLD_TYPE,
	TOLD_NAME,
	TOLD_COUNT,
};

static int told_by(const struct field_spec *f)
{
	static const uint16_t tellers[TOLD_COUNT] = {
		[TOLD_ENTERPRISE] = IE_privateEnterpriseNumber,
		[TOLD_ID] = IE_informationElementId,
		[TOLD_TYPE] = IE_informationElementDataType,
		[TOLD_NAME] = IE_informationElementName,
	};
	for (int i = 0; i < TOLD_COUNT; i++)
		if (f->pen == 0 && !f->is_v9_scope && f->id == tellers[i])
			return i;
	return -1;
}

static uint64_t number(const uint8_t *record, const struct place *place)
{
	return place->length <= 8 ? be_uint(record + place->offset, place->length) : UINT64_MAX;
}

bool type_records_learn_options(struct type_records *set, const struct template *t,
                                const uint8_t *record, const struct place *places)
{
	const struct place *told[TOLD_COUNT] = { 0 };
	for (size_t i = 0; i < t->field_count; i++) {
		int what = told_by(&t->fields[i]);
		if (what >= 0 && !told[what])
			told[what] = &places[i];
	}
	for (size_t i = 0; i < TOLD_COUNT; i++)
		if (!told[i])
			return false;
	uint64_t pen = number(record, told[TOLD_ENTERPRISE]);
	uint64_t id = number(record, told[TOLD_ID]);
	uint64_t type = number(record, told[TOLD_TYPE]);
	if (pen > UINT32_MAX || id > UINT16_MAX || type > UINT8_MAX)
		return false;
	return type_records_learn(set, (uint32_t)pen, (uint16_t)id, (uint8_t)type,
	                          (const char *)record + told[TOLD_NAME]->offset,
	                          told[TOLD_NAME]->length);
}
