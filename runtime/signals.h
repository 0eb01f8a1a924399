/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signals by name and number, as people and images write them. */
#ifndef RUNTIME_SIGNALS_H
#define RUNTIME_SIGNALS_H

/* Number of "9", "KILL", "SIGKILL", "RTMIN+3", "SIGRTMAX-1" (any case), or -EINVAL. */
int signal_parse(const char *text);

#endif
