// SPDX-License-Identifier: GPL-2.0-or-later
/* The one place of vps-oci that writes to stderr and to the log. */
#include "cli/oci_say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fileio.h"
#include "base/own.h"
#include "cli/text.h"

int oci_say_open(struct oci_cli *cli, struct vps_err *err)
{
	const char *format = cli->global.log_format;

	if (format && strcmp(format, "text") && strcmp(format, "json"))
		return vps_err_say(err, -EINVAL,
				   "--log-format: \"%.60s\" is not known; allowed are text, json", format);
	cli->is_log_json = format && !strcmp(format, "json");
	if (!cli->global.log || !*cli->global.log)
		return 0;
	cli->log_fd = open(cli->global.log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (cli->log_fd < 0)
		return vps_err_set(err, -errno, "cannot open log %s", cli->global.log);
	return 0;
}

/* Quotes and backslashes of an escaped text, made fit for a JSON or logfmt string. */
static void put_quoted(FILE *out, const char *escaped)
{
	for (; *escaped; escaped++) {
		if (*escaped == '"' || *escaped == '\\')
			(void)fputc('\\', out);
		(void)fputc(*escaped, out);
	}
}

/* One line, in one write: several runtimes share an engine's log. */
static void log_line(const struct oci_cli *cli, const char *level, const char *escaped)
{
	OWN_MEM char *line = NULL;
	size_t len = 0;
	struct tm parts;
	char when[40];
	time_t now = time(NULL);
	FILE *out;

	if (cli->log_fd < 0 || !(out = open_memstream(&line, &len)))
		return;
	(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
	if (cli->is_log_json)
		(void)fprintf(out, "{\"level\":\"%s\",\"msg\":\"", level);
	else
		(void)fprintf(out, "time=\"%s\" level=%s msg=\"", when, level);
	put_quoted(out, escaped);
	(void)fputc('"', out);
	if (cli->is_log_json)
		(void)fprintf(out, ",\"time\":\"%s\"}", when);
	(void)fputc('\n', out);
	/* A log that cannot be written is no reason to fail: stderr has said it too. */
	if (fclose(out) == 0)
		(void)fd_write_all(cli->log_fd, line, len);
}

int oci_say_error(const struct oci_cli *cli, const struct vps_err *err)
{
	char text[sizeof(err->text) + 100];
	OWN_MEM char *shown = text_escape(vps_err_message(err, text, sizeof(text)));

	(void)fprintf(stderr, "vps-oci: %s\n", shown ? shown : "no memory left");
	log_line(cli, "error", shown ? shown : "no memory left");
	if (cli->global.is_debug)
		(void)fprintf(stderr, "vps-oci: debug: %s\n", strerrorname_np(-err->code));
	return OCI_FAILED;
}

void oci_say_warning(const struct oci_cli *cli, const char *fmt, ...)
{
	OWN_MEM char *shown = NULL;
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	shown = text_escape(text);
	if (!shown)
		return;
	log_line(cli, "warning", shown);
	if (cli->global.is_debug)
		(void)fprintf(stderr, "vps-oci: warning: %s\n", shown);
}

int oci_say_misuse(const struct oci_cli *cli, const char *fmt, ...)
{
	const char *name = cli->command ? cli->command->name : "";
	const char *gap = *name ? ": " : "", *space = *name ? " " : "";
	struct vps_err err = { 0 };
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)vps_err_say(&err, -EINVAL, "%s%s%s; see 'vps-oci %s%s--help'", name, gap, text, name,
			  space);
	return oci_say_error(cli, &err);
}
