// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads victims of the OOM killer from /dev/kmsg; called by alarms.c.
 *
 * No file of a cgroup names them. A record is "PRIORITY,NUMBER,TIME,FLAGS;TEXT"
 * (Documentation/ABI/testing/dev-kmsg), the text of mm/oom_kill.c
 * "Memory cgroup out of memory: Killed process 42 (awk) total-vm:64kB,
 * anon-rss:32kB, file-rss:4kB, shmem-rss:0kB, UID:1000 pgtables:16kB ...".
 */
#include "oom.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own.h"

#define RECORD_MAX	8192	/* bytes: the kernel's own bound */
#define FACILITY(priority)	((priority) >> 3)	/* 0: the kernel; nobody else can write that */

static const char *behind(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/* The last one: a process may call itself ") total-vm:". */
static const char *find_last(const char *text, const char *word)
{
	const char *found = NULL;

	while ((text = strstr(text, word)))
		found = text++;
	return found;
}

static uint64_t number_behind(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at ? strtoull(at + strlen(word), NULL, 10) : 0;
}

bool oom_parse(const char *record, struct oom_victim *ret_victim)
{
	const char *text = strchr(record, ';'), *at, *sizes;
	struct oom_victim victim = { 0 };
	char *name;

	if (!text || FACILITY(strtoul(record, NULL, 10)) != 0)
		return false;
	at = behind(text + 1, "Memory cgroup out of memory: Killed process ");
	if (!at) {
		at = behind(text + 1, "Out of memory: Killed process ");
		victim.is_host = true;
	}
	if (!at)
		return false;
	victim.pid = (pid_t)strtol(at, &name, 10);
	sizes = find_last(name, ") total-vm:");
	if (victim.pid <= 0 || strncmp(name, " (", 2) != 0 || !sizes || sizes < name + 2)
		return false;
	(void)snprintf(victim.name, sizeof(victim.name), "%.*s", (int)(sizes - (name + 2)), name + 2);
	victim.anon_bytes = number_behind(sizes, " anon-rss:") * 1024;
	victim.file_bytes = number_behind(sizes, " file-rss:") * 1024;
	victim.shmem_bytes = number_behind(sizes, " shmem-rss:") * 1024;
	victim.uid = (uid_t)number_behind(sizes, " UID:");
	*ret_victim = victim;
	return true;
}

int oom_open(void)
{
	OWN_FD fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0)
		return -errno;
	return fd_take(&fd);
}

static bool wait_for_record(int log_fd, int64_t until_msec)
{
	struct pollfd fd = { .fd = log_fd, .events = POLLIN };
	int64_t left = until_msec - clock_msec();

	return left > 0 && poll(&fd, 1, (int)left) > 0;
}

bool oom_next(int log_fd, int64_t until_msec, struct oom_victim *ret_victim)
{
	char record[RECORD_MAX];
	ssize_t len;

	for (;;) {
		len = read(log_fd, record, sizeof(record) - 1);
		if (len < 0 && (errno == EPIPE || errno == EINTR))	/* EPIPE: some were overwritten */
			continue;
		if (len < 0 && errno == EAGAIN && wait_for_record(log_fd, until_msec))
			continue;
		if (len <= 0)
			return false;
		record[len] = '\0';
		if (oom_parse(record, ret_victim))
			return true;
	}
}
