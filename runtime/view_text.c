// SPDX-License-Identifier: LGPL-2.1-or-later
/* Makes the text of a file of the view; called by view_fuse.c for each reading. */
#include "view_text.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fileio.h"
#include "base/own.h"

#define FILE_MAX	(1u << 20)	/* bytes of a file of the kernel's that is read */
#define ROOM_FIRST	4096

static bool make_room(struct view_text *text, size_t more)
{
	size_t room = text->room ? text->room : ROOM_FIRST;
	char *data;

	while (room - text->len <= more)
		room *= 2;
	if (room == text->room)
		return true;
	data = realloc(text->data, room);
	if (!data) {
		text->is_failed = true;
		return false;
	}
	text->data = data;
	text->room = room;
	return true;
}

void view_put_bytes(struct view_text *text, const char *data, size_t len)
{
	if (text->is_failed || !make_room(text, len))
		return;
	memcpy(text->data + text->len, data, len);
	text->len += len;
}

void view_put(struct view_text *text, const char *fmt, ...)
{
	char line[512];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (len > 0)
		view_put_bytes(text, line, (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1);
}

void view_put_host(struct view_text *text, const char *path)
{
	OWN_MEM char *data = NULL;
	struct vps_err ignored = { 0 };
	size_t len;

	if (file_read(AT_FDCWD, path, FILE_MAX, &data, &len, &ignored) == 0)
		view_put_bytes(text, data, len);
}

char *view_cgroup(const struct view *view, const char *file)
{
	struct vps_err ignored = { 0 };
	char *data;

	return file_read(view->cg_fd, file, FILE_MAX, &data, NULL, &ignored) == 0 ? data : NULL;
}

pid_t view_inner_pid(pid_t pid)
{
	char path[32];
	OWN_MEM char *text = NULL;
	struct vps_err ignored = { 0 };
	const char *line, *last;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if (file_read(AT_FDCWD, path, 16384, &text, NULL, &ignored) < 0)
		return 0;
	line = strstr(text, "\nNSpid:");
	if (!line)
		return 0;
	for (last = line += strlen("\nNSpid:"); *line && *line != '\n'; line++)
		if (*line == '\t')
			last = line + 1;
	return (pid_t)strtol(last, NULL, 10);
}

int64_t view_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* The cgroup's own stall times; its files have the form of the host's. */
static void put_pressure(const struct view *view, const char *file, const char *path,
			 struct view_text *text)
{
	OWN_MEM char *data = view_cgroup(view, file);

	if (data)
		view_put_bytes(text, data, strlen(data));
	else
		view_put_host(text, path);
}

void view_render(struct view *view, enum view_file file, struct view_text *text)
{
	static const struct {
		void (*render)(struct view *view, struct view_text *text);
		const char *cgroup_file;	/* that is shown as it is */
	} rows[VIEW_FILES] = {
		[VIEW_CPUINFO]		= { view_cpuinfo, NULL },
		[VIEW_DISKSTATS]	= { view_diskstats, NULL },
		[VIEW_LOADAVG]		= { view_loadavg, NULL },
		[VIEW_MEMINFO]		= { view_meminfo, NULL },
		[VIEW_STAT]		= { view_stat, NULL },
		[VIEW_SWAPS]		= { view_swaps, NULL },
		[VIEW_UPTIME]		= { view_uptime, NULL },
		[VIEW_PRESSURE_CPU]	= { NULL, "cpu.pressure" },
		[VIEW_PRESSURE_IO]	= { NULL, "io.pressure" },
		[VIEW_PRESSURE_IRQ]	= { NULL, "irq.pressure" },
		[VIEW_PRESSURE_MEMORY]	= { NULL, "memory.pressure" },
		[VIEW_CPU_ONLINE]	= { view_cpu_online, NULL },
	};

	if (rows[file].render)
		rows[file].render(view, text);
	else
		put_pressure(view, rows[file].cgroup_file, view_files[file].path, text);
}
