/* checksum: 64 bits that tell whether octets are still those that were written.
 *
 * Eight lanes of 16 octets are filled by rounds of AES (FIPS 197 section 5), since processors do
 * two of those a cycle.  It is neither a cipher nor a signature: it finds damage of every kind,
 * not the work of one who chooses octets to deceive it.  The same on every machine. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { CHECKSUM_UNIT = 16 }; /* octets */

struct checksum_way {
	const char *name;
	uint64_t (*sum)(const void *octets, size_t units, uint64_t seed);
};

/* The ways in which this machine can do it, fastest first, NULL behind the last; there is always
 * one.  All give the same value. */
const struct checksum_way *checksum_way(size_t i);
