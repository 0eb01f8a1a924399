/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The limits of `update` as words of its command line. */
#ifndef CLI_OCI_LIMITS_H
#define CLI_OCI_LIMITS_H

#include <stddef.h>

#include "base/err.h"
#include "cli/options.h"

/* Every one is a member of the resources document of the runtime specification. */
enum limit {
	LIMIT_MEMORY, LIMIT_SWAP, LIMIT_RESERVATION, LIMIT_SHARES, LIMIT_QUOTA, LIMIT_PERIOD,
	LIMIT_BURST, LIMIT_IDLE, LIMIT_RT_PERIOD, LIMIT_RT_RUNTIME, LIMIT_CPUS, LIMIT_MEMS,
	LIMIT_PIDS, LIMIT_WEIGHT, LIMITS,
};

/* Lists of "DEVICE:RATE". */
enum rate { RATE_READ_BPS, RATE_WRITE_BPS, RATE_READ_IOPS, RATE_WRITE_IOPS, RATES };

struct limits {
	const char      *limits[LIMITS];
	struct text_list rates[RATES];
};

/*
 * The resources document that these words mean.
 *
 * ret_text   malloc()ed, also after failure; the caller frees it
 * Returns 0, or -errno with err naming the option and its value.
 */
int limits_document(const struct limits *limits, char **ret_text, size_t *ret_len,
		    struct vps_err *err);

#endif
