// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl logs: prints what a VPS wrote to its console. */
#include <stdint.h>
#include <unistd.h>

#include "base/fileio.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/screen.h"
#include "runtime/vps.h"

struct logs_values {
	bool   is_followed;
	size_t lines;
};

static const struct option_row options[] = {
	{ 'f', "follow", NULL, OPTION_SWITCH, offsetof(struct logs_values, is_followed),
	  "go on as it grows, until the VPS is stopped" },
	{ 'n', "lines", "N", OPTION_COUNT, offsetof(struct logs_values, lines),
	  "only the last N lines" },
	{ 0 },
};

static int put(const char *data, size_t len, void *arg)
{
	(void)arg;
	return fd_write_all(STDOUT_FILENO, data, len);
}

static int put_on_screen(const char *data, size_t len, void *screen)
{
	return screen_show(screen, data, len);
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	const struct logs_values *logs = values;
	struct screen screen = { .fd = STDOUT_FILENO };
	bool is_screen = isatty(STDOUT_FILENO);
	struct vps_err err = { 0 };
	int r = vps_logs(cli->host, args[0], logs->lines, logs->is_followed,
			 is_screen ? put_on_screen : put, &screen, &err);

	(void)count;
	if (is_screen)
		screen_end(&screen);
	return r < 0 ? say_error(cli, args[0], &err) : EXIT_DONE;
}

const struct command cmd_logs = {
	.name = "logs",
	.args = "NAME",
	.summary = "print what a VPS wrote to its console",
	.min_args = 1,
	.max_args = 1,
	.flags = CMD_HOST,
	.options = options,
	.defaults = &(const struct logs_values){ .lines = SIZE_MAX },
	.values_size = sizeof(struct logs_values),
	.run = run,
};
