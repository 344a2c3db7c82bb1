#include "collector/decode/step.h"

#include <string.h>

#include "collector/decode/packet_row.h"
#include "core/base/attr.h"
#include "core/base/cursor.h"
#include "core/flow/application.h"
#include "core/wire/element.h"
#include "core/wire/ntp.h"

enum { PROTOCOL_ICMP = 1, PROTOCOL_ICMPV6 = 58 };

/* Walks `record` over the records and `row` over the rows.  What the walk needs is kept in locals,
 * since a store to a row could change anything else as far as the compiler knows. */
#define EACH_RECORD(run, record, row)                                                              \
	const uint8_t *record = (run)->records;                                                    \
	uint8_t *row = (uint8_t *)(run)->rows;                                                     \
	for (size_t left_ = (run)->count, stride_ = (run)->record_len; left_ > 0;                  \
	     left_--, record += stride_, row += sizeof(struct flow_row))

/* Defines three steps: MOVE(to, from) for one field, for two side by side, and for four. */
#define COPY(name, MOVE)                                                                           \
	static void name(const struct step *step, const struct step_run *run)                      \
	{                                                                                          \
		size_t f0 = step->from[0], t0 = step->to[0];                                       \
		EACH_RECORD(run, record, row)                                                      \
		{                                                                                  \
			MOVE(row + t0, record + f0);                                               \
		}                                                                                  \
	}                                                                                          \
	static void name##_x2(const struct step *step, const struct step_run *run)                 \
	{                                                                                          \
		size_t f0 = step->from[0], f1 = step->from[1];                                     \
		size_t t0 = step->to[0], t1 = step->to[1];                                         \
		EACH_RECORD(run, record, row)                                                      \
		{                                                                                  \
			MOVE(row + t0, record + f0);                                               \
			MOVE(row + t1, record + f1);                                               \
		}                                                                                  \
	}                                                                                          \
	static void name##_x4(const struct step *step, const struct step_run *run)                 \
	{                                                                                          \
		size_t f0 = step->from[0], f1 = step->from[1];                                     \
		size_t f2 = step->from[2], f3 = step->from[3];                                     \
		size_t t0 = step->to[0], t1 = step->to[1], t2 = step->to[2], t3 = step->to[3];     \
		EACH_RECORD(run, record, row)                                                      \
		{                                                                                  \
			MOVE(row + t0, record + f0);                                               \
			MOVE(row + t1, record + f1);                                               \
			MOVE(row + t2, record + f2);                                               \
			MOVE(row + t3, record + f3);                                               \
		}                                                                                  \
	}

/* Where field and column of record i are. */
static inline const uint8_t *field_at(const struct step *step, const struct step_run *run, size_t i)
{
	return run->records + step->from[0] + i * run->record_len;
}

static inline void *column_at(const struct step *step, const struct step_run *run, size_t i)
{
	return (uint8_t *)&run->rows[i] + step->to[0];
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

#define MOVE_1_1(to, from)  (*(uint8_t *)(to) = *(from))
#define MOVE_1_2(to, from)  (*(uint16_t *)(void *)(to) = *(from))
#define MOVE_1_4(to, from)  (*(uint32_t *)(void *)(to) = *(from))
#define MOVE_1_8(to, from)  (*(uint64_t *)(void *)(to) = *(from))
#define MOVE_2_2(to, from)  (*(uint16_t *)(void *)(to) = be16(from))
#define MOVE_2_4(to, from)  (*(uint32_t *)(void *)(to) = be16(from))
#define MOVE_2_8(to, from)  (*(uint64_t *)(void *)(to) = be16(from))
#define MOVE_4_4(to, from)  (*(uint32_t *)(void *)(to) = be32(from))
#define MOVE_4_8(to, from)  (*(uint64_t *)(void *)(to) = be32(from))
#define MOVE_8_8(to, from)  (*(uint64_t *)(void *)(to) = be64(from))
#define MOVE_HIGH(to, from) (*(uint8_t *)(to) = (from)[0])
#define MOVE_LOW(to, from)  (*(uint8_t *)(to) = (from)[1])

COPY(copy_1_1, MOVE_1_1)
COPY(copy_1_2, MOVE_1_2)
COPY(copy_1_4, MOVE_1_4)
COPY(copy_1_8, MOVE_1_8)
COPY(copy_2_2, MOVE_2_2)
COPY(copy_2_4, MOVE_2_4)
COPY(copy_2_8, MOVE_2_8)
COPY(copy_4_4, MOVE_4_4)
COPY(copy_4_8, MOVE_4_8)
COPY(copy_8_8, MOVE_8_8)
COPY(copy_high, MOVE_HIGH)
COPY(copy_low, MOVE_LOW)

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

/* An IPv4 address in its mapped form; the first half is zero from the start. */
static inline void move_ipv4(uint8_t *to, const uint8_t *from)
{
	uint8_t mapped[8] = { 0, 0, 0xff, 0xff };
	memcpy(mapped + 4, from, 4);
	memcpy(to + 8, mapped, 8);
}

static inline void move_ipv6(uint8_t *to, const uint8_t *from)
{
	memcpy(to, from, 16);
}

COPY(copy_ipv4, move_ipv4)
COPY(copy_ipv6, move_ipv6)

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

/* ---- applications ---- */

/* An identifier that its column cannot hold is null. */
static void copy_application(const struct step *step, const struct step_run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		uint64_t application;
		if (application_read(field_at(step, run, i), step->length, &application))
			memcpy(column_at(step, run, i), &application, sizeof application);
		else
			set_null(&run->rows[i], step->column);
	}
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

static void copy_uptime(const struct step *step, const struct step_run *run)
{
	if (!run->in->has_uptime) {
		for (size_t i = 0; i < run->count; i++)
			set_null(&run->rows[i], step->column);
		return;
	}
	/* Both clocks wrap at 2^32 ms: the difference is taken modulo 2^32 and read as signed.
	 * Export times lie between 1970 and 2106, so that 25 days more or less stay in range.  Some
	 * exporters send eight octets (Nexus); the upper four are of no use then. */
	int64_t export_time = run->in->export_time;
	uint32_t uptime_ms = run->in->uptime_ms;
	size_t skip = step->length == 8 ? 4 : 0;
	size_t from = step->from[0] + skip, to = step->to[0];
	EACH_RECORD(run, record, row)
	{
		int32_t ago_ms = (int32_t)(uptime_ms - be32(record + from));
		*(int64_t *)(void *)(row + to) = export_time - ago_ms * TICKS_PER_MS;
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
	case STORE_APPLICATION: return copy_application;
	default: return integer_step(length, store);
	}
}

step_fn *step_fused(step_fn *one, size_t lanes)
{
#define FUSED(name)                                                                                \
	{                                                                                          \
		name, name##_x2, name##_x4                                                         \
	}
	static const struct {
		step_fn *one, *two, *four;
	} fused[] = {
		FUSED(copy_1_1),  FUSED(copy_1_2),  FUSED(copy_1_4), FUSED(copy_1_8),
		FUSED(copy_2_2),  FUSED(copy_2_4),  FUSED(copy_2_8), FUSED(copy_4_4),
		FUSED(copy_4_8),  FUSED(copy_8_8),  FUSED(copy_low), FUSED(copy_high),
		FUSED(copy_ipv4), FUSED(copy_ipv6),
	};
#undef FUSED
	for (size_t i = 0; i < ARRAY_LEN(fused); i++)
		if (fused[i].one == one)
			return lanes == 2 ? fused[i].two : lanes == 4 ? fused[i].four : NULL;
	return NULL;
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

void step_flags(const struct step *step, const struct step_run *run)
{
	if (step->length > sizeof run->rows[0].tcp_flags)
		return;
	for (size_t i = 0; i < run->count; i++)
		run->rows[i].tcp_flags |= (uint16_t)be_uint(field_at(step, run, i), step->length);
}

/* A delay that leads past the flow's end is not believed. */
void step_delay(const struct step *step, const struct step_run *run)
{
	if (step->length > 4)
		return;
	for (size_t i = 0; i < run->count; i++) {
		struct flow_row *row = &run->rows[i];
		int64_t ms = (int64_t)be_uint(field_at(step, run, i), step->length);
		int64_t start = row->start_time + ms * TICKS_PER_MS;
		if (row_has(row, COL_FlowStartTime) && row_has(row, COL_FlowEndTime) &&
		    start <= row->end_time)
			row->start_time = start;
	}
}

/* ---- pieces of packets ---- */

/* One packet, of the length that a field told or else of what it says itself. */
static void read_sections(const struct step *step, const struct step_run *run, int link)
{
	for (size_t i = 0; i < run->count; i++) {
		struct flow_row *row = &run->rows[i];
		uint32_t least;
		bool counted = row_has(row, COL_NumberOfBytes);
		bool ip = packet_fill(row, link, cur_of(field_at(step, run, i), step->length),
		                      counted ? row->bytes : 0, &least);
		if (!counted && ip) {
			row->bytes = least;
			row->present |= COLUMN_BIT(NumberOfBytes);
			row->key.present |= COLUMN_BIT(TotalCounters);
		}
		if (!row_has(row, COL_NumberOfPackets)) {
			row->packets = 1;
			row->present |= COLUMN_BIT(NumberOfPackets);
		}
	}
}

void step_frame_section(const struct step *step, const struct step_run *run)
{
	read_sections(step, run, PACKET_ETHERNET);
}

void step_ip_section(const struct step *step, const struct step_run *run)
{
	read_sections(step, run, PACKET_IP);
}
