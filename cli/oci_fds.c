// SPDX-License-Identifier: GPL-2.0-or-later
/* What create, run and exec pass on beside the standard descriptors. */
#include "cli/oci_fds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/units.h"
#include "runtime/process.h"

#define PASSED_MAX	1000

size_t oci_fds_listening(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	uint64_t named, listening;

	/* Meant for somebody else, who started us: sd_listen_fds(3). */
	if (!pid || !count || number_parse(pid, 1, INT32_MAX, &named) < 0 ||
	    named != (uint64_t)getpid() || number_parse(count, 0, PASSED_MAX, &listening) < 0)
		return 0;
	return listening;
}

int oci_fds_announce(struct oci_process *process, size_t count, struct arena *arena,
		     struct vps_err *err)
{
	const char *names = getenv("LISTEN_FDNAMES");
	char text[24];

	if (!count)
		return 0;
	(void)snprintf(text, sizeof(text), "%zu", count);
	process->env = process_with_env(arena, process->env, "LISTEN_FDS", text);
	process->env = process_with_env(arena, process->env, "LISTEN_PID", "1");
	if (names)
		process->env = process_with_env(arena, process->env, "LISTEN_FDNAMES", names);
	return process_env(process->env, "LISTEN_PID") ?
		0 : vps_err_set(err, -ENOMEM, "cannot keep the environment");
}

int oci_fds_check(size_t count, struct vps_err *err)
{
	size_t i;

	if (count > PASSED_MAX)
		return vps_err_say(err, -EINVAL, "--preserve-fds: %zu is above %d", count, PASSED_MAX);
	for (i = 3; i < 3 + count; i++) {
		int flags = fcntl((int)i, F_GETFD);

		/* One that closes at execve() did not come through ours: it is our own, the log's. */
		if (flags < 0 || flags & FD_CLOEXEC)
			return vps_err_set(err, -EBADF, "--preserve-fds: descriptor %zu", i);
	}
	return 0;
}
