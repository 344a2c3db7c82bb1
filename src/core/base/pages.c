#include "core/base/pages.h"

#include <stdint.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

/* The mapping is made one huge page longer and its ends are cut off, since the kernel aligns
 * mappings to small pages only. */
void *pages_reserve(size_t len)
{
	if (len == 0 || len > SIZE_MAX - 2 * HUGE_PAGE)
		return NULL;
	size_t whole = len + HUGE_PAGE;
	char *at = mmap(NULL, whole, PROT_READ | PROT_WRITE,
	                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	size_t before = -(uintptr_t)at % HUGE_PAGE;
	if (before)
		munmap(at, before);
	at += before;
	size_t page = 4096;
	size_t used = (len + page - 1) / page * page;
	if (whole - before > used)
		munmap(at + used, whole - before - used);
	madvise(at, used, MADV_HUGEPAGE);
	return at;
}

void pages_release(void *pages, size_t len)
{
	if (pages)
		munmap(pages, len);
}
