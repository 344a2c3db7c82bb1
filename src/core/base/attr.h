/* attr: the compiler attributes that the house uses, behind names that say what they ask for. */
#pragma once

#define MUST_CHECK             __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED                 __attribute__((unused))
#define HOT                    __attribute__((hot))
#define COLD                   __attribute__((cold, noinline))

#define LIKELY(x)              __builtin_expect(!!(x), 1)
#define UNLIKELY(x)            __builtin_expect(!!(x), 0)

#define ARRAY_LEN(a)           (sizeof(a) / sizeof((a)[0]))

/* For a function that mostly moves memory: the widest moves of the machine that it runs on. */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&      \
    !defined(__clang__)
#define WIDE_MOVES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDE_MOVES
#endif
