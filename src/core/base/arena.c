#include "core/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16, FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

struct arena_block {
	struct arena_block *next;
	size_t size; /* of data */
	size_t used;
	alignas(ALIGN) char data[];
};

void arena_init(struct arena *a, size_t limit)
{
	*a = (struct arena){ .limit = limit };
}

void arena_done(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *b = a->blocks;
		a->blocks = b->next;
		free(b);
	}
	a->used = 0;
	a->exhausted = false;
}

static struct arena_block *block_add(struct arena *a, size_t len)
{
	size_t size = a->blocks ? a->blocks->size * 2 : FIRST_BLOCK;
	if (size > LARGEST_BLOCK)
		size = LARGEST_BLOCK;
	if (size < len)
		size = len;
	struct arena_block *b = calloc(1, sizeof *b + size);
	if (!b)
		return NULL;
	b->size = size;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t len)
{
	if (len > SIZE_MAX - ALIGN || len > a->limit - a->used) {
		a->exhausted = true;
		return NULL;
	}
	len = (len + ALIGN - 1) / ALIGN * ALIGN;
	struct arena_block *b = a->blocks;
	if (!b || b->size - b->used < len)
		b = block_add(a, len);
	if (!b) {
		a->exhausted = true;
		return NULL;
	}
	void *p = b->data + b->used;
	b->used += len;
	a->used = len > a->limit - a->used ? a->limit : a->used + len;
	return p;
}

void *arena_alloc_array(struct arena *a, size_t n, size_t each)
{
	size_t len;
	if (__builtin_mul_overflow(n, each, &len)) {
		a->exhausted = true;
		return NULL;
	}
	return arena_alloc(a, len);
}

char *arena_strndup(struct arena *a, const char *text, size_t len)
{
	char *copy = len == SIZE_MAX ? NULL : arena_alloc(a, len + 1);
	if (!copy)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
	return arena_strndup(a, text, strlen(text));
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *text = len < 0 ? NULL : arena_alloc(a, (size_t)len + 1);
	if (text)
		vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return text;
}
