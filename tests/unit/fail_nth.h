/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fails the Nth allocation of our code and of jansson. Needs the linker's
 * --wrap for malloc, calloc, realloc and mmap (CMake: vps_fail_nth()).
 */
#ifndef TESTS_UNIT_FAIL_NTH_H
#define TESTS_UNIT_FAIL_NTH_H

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

static long fail_countdown;	/* 0: never; 1: the next one */
static bool has_failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset);

static bool is_failing(void)
{
	if (fail_countdown == 0 || --fail_countdown > 0)
		return false;
	has_failed = true;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return is_failing() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return is_failing() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return is_failing() ? NULL : __real_realloc(old, size);
}

void *__wrap_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	return is_failing() ? MAP_FAILED : __real_mmap(at, size, prot, flags, fd, offset);
}

/* Run try(arg) with the first, the second, … allocation failed, until none was left to fail. */
static unsigned fail_every(int (*attempt)(void *arg), void *arg)
{
	unsigned n;

	json_set_alloc_funcs(__wrap_malloc, free);
	for (n = 1;; n++) {
		int r;

		fail_countdown = n;
		has_failed = false;
		r = attempt(arg);
		fail_countdown = 0;
		if (!has_failed) {
			assert_int_equal(r, 0);
			return n - 1;
		}
		assert_int_equal(r, -ENOMEM);
	}
}

#endif
