#include "collector/decode/naming.h"

#include "core/base/attr.h"
#include "core/base/cursor.h"
#include "core/flow/application.h"
#include "core/wire/element.h"

enum { V9_SCOPE_INTERFACE = 2, IDS = 4, NONE = 0 };

/* clang-format off */
static const struct teller {
	uint16_t ids[IDS];
	uint16_t name, description;
	bool v9_scope; /* may be told by scope Interface */
} tellers[NAME_KINDS] = {
	[NAME_INTERFACE] = {
		{ IE_ingressInterface, IE_egressInterface, IE_ingressPhysicalInterface,
		  IE_egressPhysicalInterface },
		IE_interfaceName, IE_interfaceDescription, true,
	},
	[NAME_VRF] = { { IE_ingressVRFID, IE_egressVRFID }, IE_VRFname, NONE, false },
	[NAME_APPLICATION] = {
		{ IE_applicationId }, IE_applicationName, IE_applicationDescription, false,
	},
};
/* clang-format on */

static bool is_element(const struct field_spec *f, uint16_t element)
{
	return !f->is_v9_scope && f->pen == 0 && element != NONE && f->id == element;
}

static bool is_id(const struct teller *teller, const struct field_spec *f)
{
	if (f->is_v9_scope)
		return teller->v9_scope && f->id == V9_SCOPE_INTERFACE;
	for (size_t i = 0; i < IDS; i++)
		if (is_element(f, teller->ids[i]))
			return true;
	return false;
}

static bool read_id(enum name_kind kind, const uint8_t *at, uint16_t len, uint64_t *ret)
{
	if (kind == NAME_APPLICATION)
		return application_read(at, len, ret);
	if (len < 1 || len > 8)
		return false;
	*ret = be_uint(at, len);
	return true;
}

static bool find_id(enum name_kind kind, const struct template *t, const uint8_t *record,
                    const struct place *places, uint64_t *ret)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (is_id(&tellers[kind], &t->fields[i]))
			return read_id(kind, record + places[i].offset, places[i].length, ret);
	return false;
}

static bool find_text(const struct template *t, uint16_t element, const uint8_t *record,
                      const struct place *places, struct name *ret)
{
	for (size_t i = 0; i < t->field_count; i++)
		if (is_element(&t->fields[i], element))
			return name_set_text(ret, record + places[i].offset, places[i].length);
	return false;
}

bool naming_read(enum name_kind kind, const struct template *t, const uint8_t *record,
                 const struct place *places, struct name *ret)
{
	const struct teller *teller = &tellers[kind];
	if (!find_id(kind, t, record, places, &ret->id))
		return false;
	ret->kind = (uint8_t)kind;
	ret->described = !find_text(t, teller->name, record, places, ret);
	return !ret->described || find_text(t, teller->description, record, places, ret);
}
