/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that stop and restart share. */
#ifndef CLI_STOP_OPTIONS_H
#define CLI_STOP_OPTIONS_H

#include <stdbool.h>

#include "cli/options.h"

struct stop_values {
	bool is_all, is_killed;
	int  timeout_msec;
};

extern const struct option_row stop_options[];
extern const struct stop_values stop_defaults;

/* The time that init gets, as vps_stop() takes it. */
int stop_timeout(const struct stop_values *values) __attribute__((nonnull));

#endif
