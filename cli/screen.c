// SPDX-License-Identifier: GPL-2.0-or-later
/* Takes out of a console's log what a terminal would obey; called by cmd_logs.c. */
#include "cli/screen.h"

#include <stdbool.h>
#include <string.h>

#include "base/fileio.h"

#define ESCAPE	'\x1b'
#define C1	'\xc2'		/* first byte of UTF-8 for U+0080 to U+00BF: the first half are controls */

static int flush(struct screen *screen)
{
	size_t len = screen->out_len;

	screen->out_len = 0;
	return fd_write_all(screen->fd, screen->out, len);
}

static int put(struct screen *screen, const char *text, size_t len)
{
	int r = screen->out_len + len > sizeof(screen->out) ? flush(screen) : 0;

	memcpy(screen->out + screen->out_len, text, len);
	screen->out_len += len;
	return r;
}

static bool is_control(char c)
{
	return (c >= 0 && c < ' ' && c != '\n' && c != '\t' && c != '\r') || c == 0x7f;
}

/* Whether what is kept, and c behind it, may still become something that is shown as it is. */
static bool is_open(const struct screen *screen, char c)
{
	if (screen->kept_len == 0)
		return c == ESCAPE || c == C1;
	if (screen->kept[0] == C1 || screen->kept_len + 1 == sizeof(screen->kept))
		return false;
	return screen->kept_len == 1 ? c == '[' : (c >= '0' && c <= '9') || c == ';';
}

/* A colour (ECMA-48, SGR) or a character that is no control. */
static bool is_harmless(const struct screen *screen, char c)
{
	if (screen->kept[0] == C1)
		return (unsigned char)c >= 0xa0 && (unsigned char)c <= 0xbf;
	return screen->kept_len > 1 && c == 'm';
}

static int show(struct screen *screen, char c)
{
	int r = 0;

	if (is_open(screen, c)) {
		screen->kept[screen->kept_len++] = c;
		return 0;
	}
	if (screen->kept_len == 0)
		return put(screen, is_control(c) ? "?" : &c, 1);
	if (screen->kept[0] == C1 && !is_harmless(screen, c)) {
		screen->kept_len = 0;
		return put(screen, "?", 1);
	}
	if (!is_harmless(screen, c)) {
		screen->kept[0] = '?';
		r = put(screen, screen->kept, screen->kept_len);
		screen->kept_len = 0;
		return r < 0 ? r : show(screen, c);
	}
	screen->kept[screen->kept_len++] = c;
	r = put(screen, screen->kept, screen->kept_len);
	screen->kept_len = 0;
	return r;
}

int screen_show(struct screen *screen, const char *data, size_t len)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < len; i++)
		r = show(screen, data[i]);
	return r < 0 ? r : flush(screen);
}

void screen_end(struct screen *screen)
{
	static const char reset[] = "\x1b[0m";

	/* Nobody may be there any more, who would see it. */
	(void)fd_write_all(screen->fd, reset, sizeof(reset) - 1);
}
