#include "collector/decode/nat_value.h"

#include <string.h>

#include "core/base/attr.h"
#include "core/base/cursor.h"
#include "core/base/ticks.h"
#include "core/flow/plain.h"
#include "core/wire/element.h"
#include "core/wire/ntp.h"
#include "core/wire/set.h"

/* ---- integers ---- */

/* A reader of unsigned integers of 1 to 8 octets (RFC 7011 section 6.2) into a `type`. */
#define READ_UINT(name, type, max)                                                                 \
	static bool name(const uint8_t *from, uint16_t len, const struct nat_value_clock *clock,   \
	                 void *to)                                                                 \
	{                                                                                          \
		(void)clock;                                                                       \
		uint64_t v = len >= 1 && len <= 8 ? be_uint(from, len) : UINT64_MAX;               \
		bool fits = len >= 1 && len <= 8 && v <= (max);                                    \
		if (fits)                                                                          \
			*(type *)to = (type)v;                                                     \
		return fits;                                                                       \
	}

READ_UINT(read_u8, uint8_t, UINT8_MAX)
READ_UINT(read_u16, uint16_t, UINT16_MAX)
READ_UINT(read_u32, uint32_t, UINT32_MAX)
READ_UINT(read_u64, uint64_t, UINT64_MAX)

static bool read_high(const uint8_t *from, uint16_t len, const struct nat_value_clock *clock,
                      void *to)
{
	return read_u8(from, len ? 1 : 0, clock, to);
}

static bool read_low(const uint8_t *from, uint16_t len, const struct nat_value_clock *clock,
                     void *to)
{
	return read_u8(from + 1, len == 2, clock, to);
}

/* ---- addresses and texts ---- */

static bool read_ip(const uint8_t *from, uint16_t len, const struct nat_value_clock *clock,
                    void *to)
{
	(void)clock;
	if (len != 4 && len != 16)
		return false;
	struct ip ip = len == 4 ? ip_from_v4(from) : ip_from_v6(from);
	memcpy(to, &ip, sizeof ip);
	return true;
}

static bool read_text(const uint8_t *from, uint16_t len, const struct nat_value_clock *clock,
                      void *to)
{
	(void)clock;
	*(struct row_text *)to = (struct row_text){ (const char *)from, len };
	return true;
}

/* ---- times ---- */

static bool put_time(int64_t ticks, void *to)
{
	bool good = ticks >= 0 && ticks <= TICKS_MAX;
	if (good)
		*(int64_t *)to = ticks;
	return good;
}

static bool read_seconds(const uint8_t *from, uint16_t len, const struct nat_value_clock *clock,
                         void *to)
{
	(void)clock;
	uint64_t s = len >= 1 && len <= 8 ? be_uint(from, len) : UINT64_MAX;
	return s <= UINT32_MAX && put_time(TICKS_UNIX_EPOCH + (int64_t)s * TICKS_PER_SECOND, to);
}

static bool read_milliseconds(const uint8_t *from, uint16_t len,
                              const struct nat_value_clock *clock, void *to)
{
	(void)clock;
	uint64_t ms = len >= 1 && len <= 8 ? be_uint(from, len) : UINT64_MAX;
	return ms <= (uint64_t)(TICKS_MAX / TICKS_PER_MS) &&
	       put_time(ticks_from_unix_ms((int64_t)ms), to);
}

static bool read_ntp(const uint8_t *from, uint16_t len, const struct nat_value_clock *clock,
                     void *to)
{
	(void)clock;
	return len == 8 && put_time(ntp_ticks(be64(from)), to);
}

static bool read_delta(const uint8_t *from, uint16_t len, const struct nat_value_clock *clock,
                       void *to)
{
	uint64_t us = len >= 1 && len <= 8 ? be_uint(from, len) : UINT64_MAX;
	return us <= UINT32_MAX && put_time(clock->export_time - (int64_t)us * TICKS_PER_US, to);
}

/* Modulo 2^32 and signed, as step.c does it. */
static bool read_uptime(const uint8_t *from, uint16_t len, const struct nat_value_clock *clock,
                        void *to)
{
	if (!clock->has_uptime || (len != 4 && len != 8))
		return false;
	int32_t ago_ms = (int32_t)(clock->uptime_ms - be32(from + len - 4));
	return put_time(clock->export_time - ago_ms * TICKS_PER_MS, to);
}

/* clang-format off */
static const struct {
	uint16_t element;
	nat_value_fn *read;
} times[] = {
	{ IE_observationTimeSeconds,      read_seconds },
	{ IE_observationTimeMilliseconds, read_milliseconds },
	{ IE_observationTimeMicroseconds, read_ntp },
	{ IE_observationTimeNanoseconds,  read_ntp },
	{ IE_flowStartSeconds,            read_seconds },
	{ IE_flowEndSeconds,              read_seconds },
	{ IE_flowStartMilliseconds,       read_milliseconds },
	{ IE_flowEndMilliseconds,         read_milliseconds },
	{ IE_flowStartMicroseconds,       read_ntp },
	{ IE_flowEndMicroseconds,         read_ntp },
	{ IE_flowStartNanoseconds,        read_ntp },
	{ IE_flowEndNanoseconds,          read_ntp },
	{ IE_flowStartDeltaMicroseconds,  read_delta },
	{ IE_flowEndDeltaMicroseconds,    read_delta },
	{ IE_flowStartSysUpTime,          read_uptime },
	{ IE_flowEndSysUpTime,            read_uptime },
};
/* clang-format on */

static nat_value_fn *time_reader(uint16_t element)
{
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if (times[i].element == element)
			return times[i].read;
	return NULL;
}

nat_value_fn *nat_value_of(uint16_t element, enum element_part part, enum column_store store,
                           uint16_t length)
{
	static nat_value_fn *const readers[] = {
		[STORE_U8] = read_u8,   [STORE_U16] = read_u16, [STORE_U32] = read_u32,
		[STORE_U64] = read_u64, [STORE_IP] = read_ip,   [STORE_TEXT] = read_text,
	};
	bool number = store != STORE_TEXT && store != STORE_IP;
	if (number && length != FIELD_VARIABLE && (length < 1 || length > 8))
		return NULL;
	if (store == STORE_IP && length != FIELD_VARIABLE && length != 4 && length != 16)
		return NULL;
	if (part != PART_WHOLE)
		return length != 2 ? NULL : part == PART_HIGH ? read_high : read_low;
	return store == STORE_TIME ? time_reader(element) : readers[store];
}
