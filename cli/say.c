// SPDX-License-Identifier: GPL-2.0-or-later
/* The one place of vpsctl that writes to stderr and knows the exit statuses. */
#include "cli/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "cli/text.h"

int say_status(const struct vps_err *err)
{
	static const struct {
		int error, status;
	} statuses[] = {
		{ 0,            EXIT_DONE    },
		{ VPS_EMISUSE,  EXIT_MISUSED },
		{ VPS_ENOENT,   EXIT_MISSING },
		{ VPS_EEXIST,   EXIT_STATE   },
		{ VPS_ESTATE,   EXIT_STATE   },
		{ VPS_ELOCKED,  EXIT_LOCKED  },
		{ VPS_EHOST,    EXIT_HOST    },
		{ VPS_EREFUSED, EXIT_REFUSED },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(statuses); i++)
		if (statuses[i].error == -err->code && (!err->code || vps_err_is_said(err)))
			return statuses[i].status;
	return EXIT_FAILED;
}

/* One line, whatever the text holds. */
static void say_line(const char *subject, const char *text, const char *hint)
{
	OWN_MEM char *shown = text_escape(text);
	OWN_MEM char *about = text_escape(subject);

	(void)fprintf(stderr, "vpsctl: %s%s%s%s\n", about ? about : "", *subject ? ": " : "",
		      shown ? shown : "no memory left", hint);
}

int say_misuse(const struct cli *cli, const char *fmt, ...)
{
	char text[600], hint[120];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)snprintf(hint, sizeof(hint), "; see 'vpsctl %s%s--help'", cli->path,
		       *cli->path ? " " : "");
	say_line(cli->path, text, hint);
	return EXIT_MISUSED;
}

/* Whether the kernel refused what it would allow to root. */
static bool is_roots(const struct vps_err *err)
{
	return err->code == -EACCES && !vps_err_is_said(err) && geteuid() != 0;
}

int say_error(const struct cli *cli, const char *subject, const struct vps_err *err)
{
	char text[sizeof(err->text) + 100];
	int status = say_status(err);

	if (cli->command && cli->command->flags & CMD_RUNS)
		status = EXIT_CANT_RUN;
	say_line(subject ? subject : cli->path, vps_err_message(err, text, sizeof(text)),
		 is_roots(err) ? "; run it with sudo" : "");
	if (cli->is_debug)
		(void)fprintf(stderr, "vpsctl: debug: %s, exit status %d\n",
			      strerrorname_np(-err->code), status);
	return status;
}

int say_output_lost(const struct cli *cli, int code)
{
	struct vps_err err = { 0 };

	(void)vps_err_set(&err, code, "cannot write to standard output");
	return say_error(cli, NULL, &err);
}
