// SPDX-License-Identifier: GPL-2.0-or-later
/* What is shown of a VPS by cmd_list.c and cmd_wait.c. */
#include "cli/info.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void emit_text_or_null(struct emit *emit, const char *key, const char *text)
{
	emit_text(emit, key, *text ? text : NULL);
}

/* 0 means that there is none. */
static void emit_positive(struct emit *emit, const char *key, int64_t number)
{
	if (number > 0)
		emit_number(emit, key, number);
	else
		emit_null(emit, key);
}

void info_emit(struct emit *emit, const struct vps_info *info)
{
	bool has_ended = info->ended_sec > 0;

	emit_object(emit, NULL);
	emit_text(emit, "name", info->name);
	emit_text(emit, "status", vps_status_name(info->status));
	emit_text_or_null(emit, "image", info->image);
	emit_text_or_null(emit, "address", info->address);
	emit_positive(emit, "init_pid", info->init_pid);
	emit_positive(emit, "monitor_pid", info->monitor_pid);
	emit_positive(emit, "created_sec", info->created_sec);
	emit_positive(emit, "started_sec", info->started_sec);
	emit_positive(emit, "ended_sec", info->ended_sec);
	if (has_ended && info->exit_status >= 0)
		emit_number(emit, "exit_status", info->exit_status);
	else
		emit_null(emit, "exit_status");
	emit_text_or_null(emit, "reason", has_ended ? info->reason : "");
	emit_number(emit, "restarts", info->restarts);
	emit_text_or_null(emit, "error", info->error);
	emit_end(emit, '}');
}

void info_heading(struct table *table)
{
	static const char *const heading[] = { "NAME",    "STATUS", "IMAGE", "ADDRESS",
					       "PID",     "UPTIME", NULL };

	table_row(table, heading);
}

/* The two largest units: "3d 4h", "12m 5s". */
static void format_uptime(int64_t sec, char *buf, size_t size)
{
	if (sec >= 86400)
		(void)snprintf(buf, size, "%" PRId64 "d %dh", sec / 86400,
			       (int)(sec % 86400 / 3600));
	else if (sec >= 3600)
		(void)snprintf(buf, size, "%dh %dm", (int)(sec / 3600), (int)(sec % 3600 / 60));
	else if (sec >= 60)
		(void)snprintf(buf, size, "%dm %ds", (int)(sec / 60), (int)(sec % 60));
	else
		(void)snprintf(buf, size, "%ds", (int)(sec > 0 ? sec : 0));
}

void info_row(struct table *table, const struct vps_info *info)
{
	char pid[16] = "", uptime[40] = "";
	const char *cells[] = { info->name,    vps_status_name(info->status), info->image,
				info->address, pid, uptime, NULL };

	if (info->init_pid > 0) {
		(void)snprintf(pid, sizeof(pid), "%d", (int)info->init_pid);
		format_uptime(time(NULL) - info->started_sec, uptime, sizeof(uptime));
	}
	table_row(table, cells);
}

const char *info_ending(const struct vps_info *info, char *buf, size_t size)
{
	if (info->ended_sec <= 0)
		(void)snprintf(buf, size, "never started");
	else if (!strcmp(info->reason, "exited") && info->exit_status >= 0)
		(void)snprintf(buf, size, "exited with status %d", info->exit_status);
	else
		(void)snprintf(buf, size, "%s", *info->reason ? info->reason : "ended");
	return buf;
}
