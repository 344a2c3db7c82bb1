/* ntp: dateTimeMicroseconds and dateTimeNanoseconds (RFC 7011 sections 6.1.9 and 6.1.10).
 *
 * Both are NTP timestamps: 32 bits of seconds since 1900-01-01, 32 bits of fraction. */
#pragma once

#include <stdint.h>

#include "core/base/ticks.h"

#define NTP_UNIX_EPOCH INT64_C(2208988800) /* seconds from 1900-01-01 to 1970-01-01 */

static inline int64_t ntp_ticks(uint64_t ntp)
{
	int64_t seconds = (int64_t)(ntp >> 32) - NTP_UNIX_EPOCH;
	int64_t fraction = (int64_t)((ntp & UINT32_MAX) * (uint64_t)TICKS_PER_SECOND >> 32);
	return TICKS_UNIX_EPOCH + seconds * TICKS_PER_SECOND + fraction;
}
