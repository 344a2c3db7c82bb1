/* names_state: all names as octets (contract in names.h).
 *
 * Behind "WEIRNAM1" each name, told longest ago first:
 *
 *     same       1   1: exporter and domain are those of the name before
 *     exporter  16   not there where they are the same
 *     domain     4   likewise
 *     kind       1
 *     described  1
 *     id         8
 *     told       8
 *     length     1   of the text, which follows */
#include <string.h>

#include "collector/enrich/names.h"
#include "core/base/cursor.h"

static const char magic[] = "WEIRNAM1";

enum { ADDRESS_OCTETS = 16, SOURCE_OCTETS = 20, FIXED_OCTETS = 19 };

/* ---- writing ---- */

struct writer {
	struct buf *out;
	struct ip exporter;
	uint32_t domain;
	bool begun;
};

static void put_uint(struct buf *out, uint64_t value, size_t len)
{
	char octets[8];
	for (size_t i = 0; i < len; i++)
		octets[i] = (char)(value >> 8 * (len - 1 - i));
	buf_add(out, octets, len);
}

static void put_name(void *context, const struct name *name)
{
	struct writer *w = context;
	bool same =
	    w->begun && w->domain == name->domain && ip_equal(&w->exporter, &name->exporter);
	put_uint(w->out, same, 1);
	if (!same) {
		buf_add(w->out, (const char *)name->exporter.b, ADDRESS_OCTETS);
		put_uint(w->out, name->domain, 4);
	}
	put_uint(w->out, name->kind, 1);
	put_uint(w->out, name->described, 1);
	put_uint(w->out, name->id, 8);
	put_uint(w->out, (uint64_t)name->told, 8);
	put_uint(w->out, strlen(name->text), 1);
	buf_puts(w->out, name->text);
	w->exporter = name->exporter;
	w->domain = name->domain;
	w->begun = true;
}

void names_save(const struct names *names, struct buf *out)
{
	struct writer w = { .out = out };
	buf_puts(out, magic);
	names_each(names, put_name, &w);
}

/* ---- reading ---- */

/* Whose name it is: told anew, or as in *name. */
static bool get_source(struct cur *in, bool begun, struct name *name)
{
	const uint8_t *same = cur_take(in, 1);
	if (!same || *same > 1 || (*same && !begun))
		return false;
	const uint8_t *source = *same ? NULL : cur_take(in, SOURCE_OCTETS);
	if (source) {
		name->exporter = ip_from_v6(source);
		name->domain = be32(source + ADDRESS_OCTETS);
	}
	return *same || source;
}

static bool get_name(struct cur *in, bool begun, struct name *name)
{
	const uint8_t *fixed = get_source(in, begun, name) ? cur_take(in, FIXED_OCTETS) : NULL;
	if (!fixed || fixed[0] >= NAME_KINDS)
		return false;
	name->kind = fixed[0];
	name->described = fixed[1] != 0;
	name->id = be64(fixed + 2);
	name->told = (int64_t)be64(fixed + 10);
	const uint8_t *text = cur_take(in, fixed[18]);
	return text && name->told >= 0 && name->told <= TICKS_MAX &&
	       name_set_text(name, text, fixed[18]);
}

bool names_load(struct names *names, const void *octets, size_t len, struct err *e)
{
	struct cur in = cur_of(octets, len);
	const uint8_t *head = cur_take(&in, strlen(magic));
	bool good = head && memcmp(head, magic, strlen(magic)) == 0;
	struct name name = { 0 };
	for (bool begun = false; good && cur_left(&in); begun = true) {
		good = get_name(&in, begun, &name);
		if (good)
			names_learn(names, &name, 1);
	}
	return good || err_set(e, ERR_DATA,
	                       "the names of interfaces, VRFs and applications that were kept are "
	                       "damaged: they have to be told again");
}
