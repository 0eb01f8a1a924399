// SPDX-License-Identifier: LGPL-2.1-or-later
/* Builds the sentence of a failure in a caller's buffer; called by everything. */
#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A sentence that is complete carries this at its very end, past the NUL. */
#define SAID_MARK	(sizeof(((struct vps_err *)0)->text) - 1)

bool vps_err_is_said(const struct vps_err *err)
{
	return err->text[SAID_MARK] == 1;
}

static int record(struct vps_err *err, int code, bool said, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));

/* What a sentence quotes may be a stranger's: it must not move anybody's cursor. */
static void tame(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

static int record(struct vps_err *err, int code, bool said, const char *fmt, va_list ap)
{
	if (err->code)
		return err->code;
	err->code = code;
	(void)vsnprintf(err->text, SAID_MARK, fmt, ap);
	tame(err->text);
	err->text[SAID_MARK] = said;
	return code;
}

int vps_err_set(struct vps_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	code = record(err, code, false, fmt, ap);
	va_end(ap);
	return code;
}

int vps_err_say(struct vps_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	code = record(err, code, true, fmt, ap);
	va_end(ap);
	return code;
}

int vps_err_in(struct vps_err *err, const char *fmt, ...)
{
	char context[sizeof(err->text)];
	size_t had = strlen(err->text);
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);

	if (len < 0 || (size_t)len + 2 + had >= SAID_MARK)
		return err->code;
	tame(context);
	memmove(err->text + len + 2, err->text, had + 1);
	memcpy(err->text, context, (size_t)len);
	memcpy(err->text + len, ": ", 2);
	return err->code;
}

const char *vps_err_message(const struct vps_err *err, char *buf, unsigned long size)
{
	if (vps_err_is_said(err))
		(void)snprintf(buf, size, "%s", err->text);
	else
		(void)snprintf(buf, size, "%s: %s", err->text, strerror(-err->code));
	return buf;
}
