/* ip_dictionary: the distinct addresses of a column, numbered in order of appearance.
 *
 * Number 0 is always "no address".  Holds at most IP_DICTIONARY_MAX (1.3 MiB); not thread-safe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"
#include "core/base/ip.h"

#define IP_DICTIONARY_MAX 32768 /* numbers, 0 included: they fit 16 bits */

struct ip_dictionary {
	struct ip *items; /* by number; [0] is unused */
	uint16_t *slots;  /* numbers by hash, 0: free */
	uint32_t count;   /* of numbers, 0 included */
	uint32_t mask;    /* slots - 1 */
	uint64_t seed;
};

MUST_CHECK bool ip_dictionary_init(struct ip_dictionary *d);
void ip_dictionary_done(struct ip_dictionary *d); /* zeroed ones are fine */

/* The number of an address, new or known; 0 where the dictionary is full or memory is out. */
MUST_CHECK uint16_t ip_dictionary_number(struct ip_dictionary *d, const struct ip *ip);
