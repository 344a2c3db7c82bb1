/* call_rules: which system calls a process may make, by seccomp.
 *
 * A list of what is allowed: what weir's own code, SQLite and the database library need to compute,
 * to keep time, to use files and what is open.  Calls that would do harm (another program, another
 * process' memory, a new socket, a datagram to wherever) fail with EPERM, calls that the list does
 * not know with ENOSYS, as on an older kernel, for which the C library has ways around.  An error
 * and not a signal: what is refused does not happen either way, but a library that tries something
 * unforeseen must not end a collector whose traffic nobody else receives.  Calls of another
 * architecture (32 bits) do end it. */
#pragma once

#include <stdbool.h>

#include "core/base/attr.h"
#include "core/base/err.h"

/* `allow` is of enum isolation_allow.  *ret_filtered is false where the kernel has no seccomp. */
MUST_CHECK bool call_rules_enforce(unsigned allow, bool *ret_filtered, struct err *e);
