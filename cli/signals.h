/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals as people write them. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

/* "TERM", "SIGTERM", "SIGRTMIN+3", "RTMAX-1", "15": its number, or -EINVAL. */
int signals_parse(const char *text) __attribute__((nonnull));

#endif
