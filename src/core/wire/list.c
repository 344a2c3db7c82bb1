#include "core/wire/list.h"

enum { ENTERPRISE_BIT = 0x8000, GROUP_HEADER = 4 };

const char *list_semantic_name(uint8_t semantic)
{
	static const char *const names[] = { "noneOf", "exactlyOneOf", "oneOrMoreOf", "allOf",
		                             "ordered" };
	if (semantic == LIST_UNDEFINED)
		return "undefined";
	return semantic < ARRAY_LEN(names) ? names[semantic] : NULL;
}

bool basic_list_read(struct cur octets, struct basic_list *ret)
{
	*ret = (struct basic_list){ .semantic = LIST_UNDEFINED, .values = octets };
	if (cur_left(&octets) == 0)
		return true;
	const uint8_t *head = cur_take(&octets, 5);
	if (!head)
		return false;
	uint16_t id = be16(head + 1);
	const uint8_t *pen = id & ENTERPRISE_BIT ? cur_take(&octets, 4) : NULL;
	if (id & ENTERPRISE_BIT && !pen)
		return false;
	ret->semantic = head[0];
	ret->field = (struct field_spec){ .pen = pen ? be32(pen) : 0,
		                          .id = id & (ENTERPRISE_BIT - 1),
		                          .length = be16(head + 3) };
	ret->values = octets;
	return ret->field.length > 0 || cur_left(&octets) == 0;
}

enum wire_rc basic_list_next(struct basic_list *list, struct cur *ret)
{
	uint16_t len = list->field.length;
	if (cur_left(&list->values) == 0)
		return WIRE_END;
	if (len == FIELD_VARIABLE && !field_variable_length(&list->values, &len))
		return WIRE_BAD_LIST;
	return cur_split(&list->values, len, ret) ? WIRE_OK : WIRE_BAD_LIST;
}

struct record_list record_list_of(struct cur octets, enum element_type type)
{
	const uint8_t *semantic = cur_take(&octets, 1);
	return (struct record_list){
		.semantic = semantic ? *semantic : LIST_UNDEFINED,
		.multi = type == TYPE_SUBTEMPLATEMULTILIST,
		.rest = octets,
	};
}

enum wire_rc record_list_next(struct record_list *list, struct record_group *ret)
{
	if (cur_left(&list->rest) == 0)
		return WIRE_END;
	const uint8_t *head = cur_take(&list->rest, list->multi ? GROUP_HEADER : 2);
	if (!head)
		return WIRE_BAD_LIST;
	ret->template_id = be16(head);
	size_t len = list->multi ? be16(head + 2) : GROUP_HEADER + cur_left(&list->rest);
	return len >= GROUP_HEADER && cur_split(&list->rest, len - GROUP_HEADER, &ret->records)
	           ? WIRE_OK
	           : WIRE_BAD_LIST;
}
