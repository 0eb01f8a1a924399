// SPDX-License-Identifier: LGPL-2.1-or-later
/* Gives memory back that was needed once; called by the monitor before it waits. */
#include "shed.h"

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static void shed(uintptr_t start, uintptr_t end)
{
	(void)madvise((void *)start, end - start, MADV_DONTNEED);
}

/* It looks at whole pages, at the gaps between variables as well: no sanitizer, and no memcmp(3). */
__attribute__((no_sanitize("address")))
static bool is_zero(const uint64_t *words, size_t count)
{
	while (count > 0 && *words == 0) {
		words++;
		count--;
	}
	return count == 0;
}

/* A page of zeros that no file is behind is one of zeros again when it is touched. */
static void shed_zeros(uintptr_t at, uintptr_t end, uintptr_t page)
{
	for (; at < end; at += page)
		if (is_zero((const uint64_t *)at, page / sizeof(uint64_t)))
			shed(at, at + page);
}

static int shed_object(struct dl_phdr_info *object, size_t size, void *arg)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	int i;

	(void)size;
	(void)arg;
	for (i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uintptr_t start = object->dlpi_addr + segment->p_vaddr;
		uintptr_t end = start + segment->p_memsz;

		if (segment->p_type != PT_LOAD)
			continue;
		/* What cannot be written was never changed, so nothing is lost, madvise(2). */
		if (!(segment->p_flags & PF_W))
			shed(start & ~(page - 1), end);
		else
			shed_zeros((start + segment->p_filesz + page - 1) & ~(page - 1),
				   end & ~(page - 1), page);
	}
	return 0;
}

void shed_memory(void)
{
	(void)dl_iterate_phdr(shed_object, NULL);
}
