/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A directory of a test's own, gone when it ends. */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fileio.h"

struct scratch {
	char path[64];
	int  fd;
};

/* For cmocka_unit_test_setup_teardown(): *state becomes a struct scratch. */
static inline int scratch_make(void **state)
{
	static struct scratch scratch;

	(void)snprintf(scratch.path, sizeof(scratch.path), "/tmp/vps-unit-XXXXXX");
	if (!mkdtemp(scratch.path))
		return -1;
	scratch.fd = open(scratch.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &scratch;
	return scratch.fd < 0 ? -1 : 0;
}

static inline int scratch_drop(void **state)
{
	struct scratch *scratch = *state;
	struct vps_err err = { 0 };

	(void)close(scratch->fd);
	return tree_remove(AT_FDCWD, scratch->path, &err);
}

#define scratch_test(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_drop)

#endif
