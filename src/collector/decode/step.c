#include "collector/decode/step.h"

#include <string.h>

#include "core/base/attr.h"
#include "core/base/cursor.h"
#include "core/wire/element.h"
#include "core/wire/ntp.h"

enum { PROTOCOL_ICMP = 1, PROTOCOL_ICMPV6 = 58 };

/* Where field and column of record i are. */
static inline const uint8_t *field_at(const struct step *step, const struct step_run *run, size_t i)
{
	return run->records + step->from + i * run->record_len;
}

static inline void *column_at(const struct step *step, const struct step_run *run, size_t i)
{
	return (uint8_t *)&run->rows[i] + step->to;
}

static void set_null(struct flow_row *row, enum column_id id)
{
	const struct column *c = &columns[id];
	uint64_t bit = UINT64_C(1) << c->bit;
	if (c->role == ROLE_KEY)
		row->key.present &= ~bit;
	else
		row->present &= ~bit;
}

/* ---- integers ---- */

/* Copies of the usual widths: LOAD reads `length` octets, TYPE is the column's. */
#define COPY(name, LOAD, TYPE)                                                                     \
	static void name(const struct step *step, const struct step_run *run)                      \
	{                                                                                          \
		for (size_t i = 0; i < run->count; i++)                                            \
			*(TYPE *)column_at(step, run, i) = (TYPE)LOAD(field_at(step, run, i));     \
	}
#define LOAD_8(p) (*(p))

COPY(copy_1_1, LOAD_8, uint8_t)
COPY(copy_1_2, LOAD_8, uint16_t)
COPY(copy_1_4, LOAD_8, uint32_t)
COPY(copy_1_8, LOAD_8, uint64_t)
COPY(copy_2_2, be16, uint16_t)
COPY(copy_2_4, be16, uint32_t)
COPY(copy_2_8, be16, uint64_t)
COPY(copy_4_4, be32, uint32_t)
COPY(copy_4_8, be32, uint64_t)
COPY(copy_8_8, be64, uint64_t)

static void store_uint(void *to, enum column_store store, uint64_t value)
{
	switch (store) {
	case STORE_U8: *(uint8_t *)to = (uint8_t)value; break;
	case STORE_U16: *(uint16_t *)to = (uint16_t)value; break;
	case STORE_U32: *(uint32_t *)to = (uint32_t)value; break;
	default: *(uint64_t *)to = value; break;
	}
}

static uint64_t most_of(enum column_store store)
{
	switch (store) {
	case STORE_U8: return UINT8_MAX;
	case STORE_U16: return UINT16_MAX;
	case STORE_U32: return UINT32_MAX;
	default: return UINT64_MAX;
	}
}

/* Any other width; a value that does not fit its column is null. */
static void copy_any(const struct step *step, const struct step_run *run)
{
	enum column_store store = columns[step->column].store;
	for (size_t i = 0; i < run->count; i++) {
		uint64_t value = be_uint(field_at(step, run, i), step->length);
		if (value <= most_of(store))
			store_uint(column_at(step, run, i), store, value);
		else
			set_null(&run->rows[i], step->column);
	}
}

COPY(copy_high, LOAD_8, uint8_t)
#define LOAD_SECOND(p) ((p)[1])
COPY(copy_low, LOAD_SECOND, uint8_t)

static step_fn *integer_step(uint16_t length, enum column_store store)
{
	static step_fn *const usual[9][9] = {
		[1] = { [1] = copy_1_1, [2] = copy_1_2, [4] = copy_1_4, [8] = copy_1_8 },
		[2] = { [2] = copy_2_2, [4] = copy_2_4, [8] = copy_2_8 },
		[4] = { [4] = copy_4_4, [8] = copy_4_8 },
		[8] = { [8] = copy_8_8 },
	};
	static const uint8_t width[] = {
		[STORE_U8] = 1, [STORE_U16] = 2, [STORE_U32] = 4, [STORE_U64] = 8
	};
	if (length < 1 || length > 8)
		return NULL;
	step_fn *step = usual[length][width[store]];
	return step ? step : copy_any;
}

/* ---- addresses ---- */

static void copy_ipv4(const struct step *step, const struct step_run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		uint8_t *to = column_at(step, run, i);
		uint8_t mapped[8] = { 0, 0, 0xff, 0xff };
		memcpy(mapped + 4, field_at(step, run, i), 4);
		memcpy(to + 8, mapped, 8); /* the first half of the prototype is zero */
	}
}

static void copy_ipv6(const struct step *step, const struct step_run *run)
{
	for (size_t i = 0; i < run->count; i++)
		memcpy(column_at(step, run, i), field_at(step, run, i), 16);
}

void step_ipv6_if_set(const struct step *step, const struct step_run *run)
{
	static const uint8_t zero[16];
	if (step->length != 16)
		return;
	for (size_t i = 0; i < run->count; i++)
		if (memcmp(field_at(step, run, i), zero, 16) != 0)
			memcpy(column_at(step, run, i), field_at(step, run, i), 16);
}

static step_fn *address_step(uint16_t element, uint16_t length)
{
	enum element_type type = element_find(0, element)->type;
	if (type == TYPE_IPV4ADDRESS && length == 4)
		return copy_ipv4;
	return type == TYPE_IPV6ADDRESS && length == 16 ? copy_ipv6 : NULL;
}

/* ---- times ---- */

/* A time outside years 1 to 9999 is null. */
static void store_time(const struct step *step, const struct step_run *run, size_t i, int64_t ticks)
{
	if (ticks >= 0 && ticks <= TICKS_MAX)
		*(int64_t *)column_at(step, run, i) = ticks;
	else
		set_null(&run->rows[i], step->column);
}

static void copy_seconds(const struct step *step, const struct step_run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		uint64_t s = be_uint(field_at(step, run, i), step->length);
		store_time(step, run, i,
		           s > UINT32_MAX ? -1 : TICKS_UNIX_EPOCH + (int64_t)s * TICKS_PER_SECOND);
	}
}

static void copy_milliseconds(const struct step *step, const struct step_run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		uint64_t ms = be_uint(field_at(step, run, i), step->length);
		store_time(step, run, i,
		           ms > (uint64_t)(TICKS_MAX / TICKS_PER_MS)
		               ? -1
		               : ticks_from_unix_ms((int64_t)ms));
	}
}

static void copy_ntp(const struct step *step, const struct step_run *run)
{
	for (size_t i = 0; i < run->count; i++)
		store_time(step, run, i, ntp_ticks(be64(field_at(step, run, i))));
}

static void copy_delta_microseconds(const struct step *step, const struct step_run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		uint64_t us = be_uint(field_at(step, run, i), step->length);
		store_time(step, run, i,
		           us > UINT32_MAX ? -1
		                           : run->in->export_time - (int64_t)us * TICKS_PER_US);
	}
}

/* Both clocks wrap at 2^32 ms: the difference is taken modulo 2^32 and read as signed.  Some
 * exporters send eight octets (Nexus); the upper four are of no use then. */
static void copy_uptime(const struct step *step, const struct step_run *run)
{
	size_t skip = step->length == 8 ? 4 : 0;
	for (size_t i = 0; i < run->count; i++) {
		if (!run->in->has_uptime) {
			set_null(&run->rows[i], step->column);
			continue;
		}
		uint32_t at = be32(field_at(step, run, i) + skip);
		int32_t ago_ms = (int32_t)(run->in->uptime_ms - at);
		store_time(step, run, i, run->in->export_time - ago_ms * TICKS_PER_MS);
	}
}

static step_fn *time_step(uint16_t element, uint16_t length)
{
	static const struct {
		uint16_t element;
		uint16_t length, or_length;
		step_fn *step;
	} times[] = {
		{ IE_flowStartSeconds, 4, 8, copy_seconds },
		{ IE_flowEndSeconds, 4, 8, copy_seconds },
		{ IE_flowStartMilliseconds, 8, 6, copy_milliseconds },
		{ IE_flowEndMilliseconds, 8, 6, copy_milliseconds },
		{ IE_flowStartMicroseconds, 8, 8, copy_ntp },
		{ IE_flowEndMicroseconds, 8, 8, copy_ntp },
		{ IE_flowStartNanoseconds, 8, 8, copy_ntp },
		{ IE_flowEndNanoseconds, 8, 8, copy_ntp },
		{ IE_flowStartDeltaMicroseconds, 4, 8, copy_delta_microseconds },
		{ IE_flowEndDeltaMicroseconds, 4, 8, copy_delta_microseconds },
		{ IE_flowStartSysUpTime, 4, 8, copy_uptime },
		{ IE_flowEndSysUpTime, 4, 8, copy_uptime },
	};
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if (times[i].element == element)
			return length == times[i].length || length == times[i].or_length
			           ? times[i].step
			           : NULL;
	return NULL;
}

step_fn *step_for(uint16_t element, enum element_part part, uint16_t length,
                  enum column_store store)
{
	if (part != PART_WHOLE)
		return length != 2 ? NULL : part == PART_HIGH ? copy_high : copy_low;
	switch (store) {
	case STORE_IP: return address_step(element, length);
	case STORE_TIME: return time_step(element, length);
	default: return integer_step(length, store);
	}
}

/* ---- what is worked out ---- */

static bool is_icmp(const struct flow_row *row)
{
	return row->key.protocol == PROTOCOL_ICMP || row->key.protocol == PROTOCOL_ICMPV6;
}

static void forget_ports(struct flow_row *row)
{
	row->key.src_port = 0;
	row->key.dst_port = 0;
	row->key.present &= ~(COLUMN_BIT(SourcePort) | COLUMN_BIT(DestinationPort));
}

void step_icmp_ports(const struct step *step, const struct step_run *run)
{
	(void)step;
	for (size_t i = 0; i < run->count; i++)
		if (UNLIKELY(is_icmp(&run->rows[i])))
			forget_ports(&run->rows[i]);
}

void step_icmp_from_port(const struct step *step, const struct step_run *run)
{
	(void)step;
	for (size_t i = 0; i < run->count; i++) {
		struct flow_row *row = &run->rows[i];
		if (LIKELY(!is_icmp(row)))
			continue;
		if (row->key.present & COLUMN_BIT(DestinationPort)) {
			row->key.icmp_type = (uint8_t)(row->key.dst_port >> 8);
			row->key.icmp_code = (uint8_t)row->key.dst_port;
			row->key.present |= COLUMN_BIT(IcmpType) | COLUMN_BIT(IcmpCode);
		}
		forget_ports(row);
	}
}

void step_ip_version(const struct step *step, const struct step_run *run)
{
	(void)step;
	for (size_t i = 0; i < run->count; i++)
		run->rows[i].key.ip_version = ip_is_v4(&run->rows[i].key.src_addr) ? 4 : 6;
}

void step_sampling_told(const struct step *step, const struct step_run *run)
{
	(void)step;
	const struct plan_input *in = run->in;
	for (size_t i = 0; i < run->count; i++) {
		uint32_t *sampling = &run->rows[i].key.sampling;
		if (in->sampling_is_fixed)
			*sampling = in->prototype.key.sampling;
		else if (*sampling == 0 && row_has(&run->rows[i], COL_SamplingInterval))
			*sampling = 1;
	}
}

void step_sampler(const struct step *step, const struct step_run *run)
{
	const struct plan_input *in = run->in;
	if (in->sampling_is_fixed || step->length < 1 || step->length > 8)
		return;
	uint64_t last_id = 0;
	uint32_t last = sampler_find(in->samplers, SAMPLER_ID, last_id);
	for (size_t i = 0; i < run->count; i++) {
		uint64_t id = be_uint(field_at(step, run, i), step->length);
		if (id != last_id) {
			last_id = id;
			last = sampler_find(in->samplers, SAMPLER_ID, id);
		}
		if (last) {
			run->rows[i].key.sampling = last;
			run->rows[i].key.present |= COLUMN_BIT(SamplingInterval);
		}
	}
}
