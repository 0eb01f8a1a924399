// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the view's server and its clients share: the files, the page, the messages. */
#include "view.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/fdpass.h"
#include "base/own.h"

const struct view_file_info view_files[VIEW_FILES] = {
	[VIEW_CPUINFO]		= { "cpuinfo",		"/proc/cpuinfo" },
	[VIEW_DISKSTATS]	= { "diskstats",	"/proc/diskstats" },
	[VIEW_LOADAVG]		= { "loadavg",		"/proc/loadavg" },
	[VIEW_MEMINFO]		= { "meminfo",		"/proc/meminfo" },
	[VIEW_STAT]		= { "stat",		"/proc/stat" },
	[VIEW_SWAPS]		= { "swaps",		"/proc/swaps" },
	[VIEW_UPTIME]		= { "uptime",		"/proc/uptime" },
	[VIEW_PRESSURE_CPU]	= { "pressure.cpu",	"/proc/pressure/cpu" },
	[VIEW_PRESSURE_IO]	= { "pressure.io",	"/proc/pressure/io" },
	[VIEW_PRESSURE_IRQ]	= { "pressure.irq",	"/proc/pressure/irq" },
	[VIEW_PRESSURE_MEMORY]	= { "pressure.memory",	"/proc/pressure/memory" },
	[VIEW_CPU_ONLINE]	= { "cpu.online",	"/sys/devices/system/cpu/online" },
};

_Static_assert(VIEW_FILES <= FDPASS_MAX, "a view goes in one message");

int view_send(int fd, enum view_word word, const char *name, const int *fds, size_t count)
{
	struct view_message message = { .word = word };
	ssize_t sent;

	if (name)
		strncpy(message.name, name, sizeof(message.name) - 1);
	sent = fdpass_send(fd, &message, sizeof(message), fds, count);
	return sent < 0 ? (int)sent : 0;
}

int view_receive(int fd, struct view_message *ret_message, int *ret_fds, size_t count)
{
	ssize_t got = fdpass_receive(fd, ret_message, sizeof(*ret_message), ret_fds, count);
	size_t i;

	if (got == (ssize_t)sizeof(*ret_message))
		return 0;
	for (i = 0; i < count; i++)
		own_close(&ret_fds[i]);
	return got < 0 ? (int)got : got == 0 ? -ECONNRESET : -EBADMSG;
}

struct view_page *view_map(int page_fd)
{
	struct view_page *page;
	struct stat st;

	if (fstat(page_fd, &st) < 0)
		return NULL;
	if ((size_t)st.st_size < sizeof(*page)) {
		errno = EBADMSG;
		return NULL;
	}
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, page_fd, 0);
	if (page == MAP_FAILED)
		return NULL;
	if (page->version == VIEW_PAGE_VERSION)
		return page;
	(void)munmap(page, sizeof(*page));
	errno = EBADMSG;
	return NULL;
}
