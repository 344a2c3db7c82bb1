/* pages: large stretches of zeroed memory straight from the kernel.
 *
 * Address space is reserved whole and memory taken as it is touched, in huge pages where the kernel
 * has them: tables that are looked up at random are limited by address translation otherwise. */
#pragma once

#include <stddef.h>

#include "core/base/attr.h"

/* len octets of zeros, aligned to 2 MiB, or NULL. */
MUST_CHECK void *pages_reserve(size_t len);

/* Gives back what pages_reserve(len) returned; NULL is fine. */
void pages_release(void *pages, size_t len);
