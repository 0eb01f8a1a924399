// SPDX-License-Identifier: GPL-2.0-or-later
/* The one place of vps-oci that writes to stderr and to the log. */
#include "cli/oci_say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "cli/text.h"

/* The levels of engines, of which we have fewer. */
static const struct {
	const char    *name;
	enum oci_level level;
} levels[] = {
	{ "panic", OCI_ERRORS },     { "fatal", OCI_ERRORS },	{ "error", OCI_ERRORS },
	{ "warning", OCI_WARNINGS }, { "warn", OCI_WARNINGS },	{ "info", OCI_INFO },
	{ "debug", OCI_DEBUG },	     { "trace", OCI_DEBUG },
};

static int set_level(struct oci_cli *cli, struct vps_err *err)
{
	const char *name = cli->global.log_level;
	size_t i;

	cli->level = cli->global.is_debug ? OCI_DEBUG : OCI_WARNINGS;
	if (!name)
		return 0;
	for (i = 0; i < ARRAY_LEN(levels) && strcasecmp(levels[i].name, name); i++)
		;
	if (i == ARRAY_LEN(levels))
		return vps_err_say(err, -EINVAL,
				   "--log-level: \"%.60s\" is not known; allowed are error, warning, info, debug",
				   name);
	if (!cli->global.is_debug)
		cli->level = levels[i].level;
	return 0;
}

int oci_say_open(struct oci_cli *cli, struct vps_err *err)
{
	const char *format = cli->global.log_format;

	if (set_level(cli, err) < 0)
		return err->code;
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
static void write_line(int fd, bool is_json, const char *level, const char *escaped)
{
	OWN_MEM char *line = NULL;
	size_t len = 0;
	struct tm parts;
	char when[40];
	time_t now = time(NULL);
	FILE *out = open_memstream(&line, &len);

	if (!out)
		return;
	(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &parts));
	if (is_json)
		(void)fprintf(out, "{\"level\":\"%s\",\"msg\":\"", level);
	else
		(void)fprintf(out, "time=\"%s\" level=%s msg=\"", when, level);
	put_quoted(out, escaped);
	(void)fputc('"', out);
	if (is_json)
		(void)fprintf(out, ",\"time\":\"%s\"}", when);
	(void)fputc('\n', out);
	/* A log that cannot be written is no reason to fail: stderr has said it too. */
	if (fclose(out) == 0)
		(void)fd_write_all(fd, line, len);
}

/* In the engine's log, where there is one, and on stderr: without a log in the log's format. */
static void say(const struct oci_cli *cli, enum oci_level level, const char *text)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	OWN_MEM char *escaped = text_escape(text);
	const char *shown = escaped ? escaped : "no memory left";

	if (level > cli->level)
		return;
	if (cli->log_fd >= 0)
		write_line(cli->log_fd, cli->is_log_json, names[level], shown);
	if (cli->log_fd < 0 && cli->is_log_json)
		write_line(STDERR_FILENO, true, names[level], shown);
	else if (level == OCI_ERRORS)
		(void)fprintf(stderr, "vps-oci: %s\n", shown);
	else if (cli->level == OCI_DEBUG)	/* below that, only who reads a log wants to know */
		(void)fprintf(stderr, "vps-oci: %s: %s\n", names[level], shown);
}

int oci_say_error(const struct oci_cli *cli, const struct vps_err *err)
{
	char text[sizeof(err->text) + 100];

	say(cli, OCI_ERRORS, vps_err_message(err, text, sizeof(text)));
	oci_say_debug(cli, "%s", strerrorname_np(-err->code));
	return OCI_FAILED;
}

__attribute__((format(printf, 3, 0)))
static void say_formatted(const struct oci_cli *cli, enum oci_level level, const char *fmt,
			  va_list ap)
{
	char text[600];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	say(cli, level, text);
}

void oci_say_warning(const struct oci_cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_formatted(cli, OCI_WARNINGS, fmt, ap);
	va_end(ap);
}

void oci_say_debug(const struct oci_cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_formatted(cli, OCI_DEBUG, fmt, ap);
	va_end(ap);
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
