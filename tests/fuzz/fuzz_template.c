/* Laws, whatever a template set holds: each template that is read is the one that was told, has no
 * more fields than the bound and takes the memory that its header states; and the fields of its
 * records lie one behind the other within the octets that are there.
 *
 * The input: an octet that tells protocol and kind of the set, two of its length, the set's body,
 * and then octets to be read as records. */
#include "fuzz.h"

#include "collector/decode/template.h"

enum {
	MEMORY_FIELD = 12 + 40, /* octets, as template.h says */
	MEMORY_BESIDE = 1024,
};

/* Reads records to their end. */
static void places_hold(const struct template *t, struct cur octets)
{
	static struct place places[TEMPLATE_FIELDS];
	uint8_t *exact = exact_copy(octets);
	struct cur records = cur_of(exact, cur_left(&octets));
	const uint8_t *at = records.at;
	while (template_places(t, &records, places)) {
		size_t len = (size_t)(records.at - at), behind = 0;
		assert(len >= t->record_len && len > 0);
		for (size_t i = 0; i < t->field_count; i++) {
			assert(places[i].offset >= behind);
			behind = (size_t)places[i].offset + places[i].length;
		}
		assert(behind <= len);
		at = records.at;
	}
	free(exact);
}

static void template_holds(const struct template_record *record, enum wire_protocol protocol,
                           struct cur octets)
{
	enum wire_rc rc = WIRE_OK;
	struct template *t = template_new(record, protocol, &rc);
	if (!t) {
		assert(rc == WIRE_TEMPLATE_LIMIT || rc == WIRE_EMPTY_TEMPLATE);
		return;
	}
	assert(template_is_same(t, record, protocol) && templates_agree(t, t));
	assert(t->field_count == record->field_count && t->field_count <= TEMPLATE_FIELDS);
	assert(t->scope_count <= t->field_count);
	assert(template_memory(t) <= MEMORY_BESIDE + (size_t)t->field_count * MEMORY_FIELD);
	places_hold(t, octets);
	template_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cur input = cur_of(data, size), octets;
	const uint8_t *head = cur_take(&input, 1);
	unsigned unused;
	if (!head || !part_next(&input, 16, &octets, &unused))
		return 0;
	enum wire_protocol protocol = *head & 1 ? WIRE_IPFIX : WIRE_NETFLOW9;
	enum set_kind kind = *head & 2 ? SET_OPTIONS_TEMPLATE : SET_TEMPLATE;
	uint8_t *exact = exact_copy(octets);
	struct cur set = cur_of(exact, cur_left(&octets));
	struct template_record record;
	while (template_next(&set, protocol, kind, &record) == WIRE_OK)
		if (!record.withdrawal)
			template_holds(&record, protocol, input);
	free(exact);
	return 0;
}
