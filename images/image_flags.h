/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person says about an image on a command line, checked and made a configuration. */
#ifndef IMAGES_IMAGE_FLAGS_H
#define IMAGES_IMAGE_FLAGS_H

#include <stddef.h>

#include "base/err.h"
#include "images/image.h"

/* Each NULL when it was not said. */
struct image_flags {
	const char *entrypoint;		/* a JSON array of strings */
	const char *cmd;
	const char *stop_signal;
	const char *working_dir;
	const char *user;
	const char *const *env;		/* "NAME=value" */
	size_t env_len;
	const char *const *labels;	/* "key=value" */
	size_t labels_len;
};

/*
 * Check the flags and make a configuration of them.
 *
 * arena       what the configuration is in, besides the flags' own strings
 * ret_config  /sbin/init is run when the flags do not say what
 *
 * Returns 0; or -VPS_EMISUSE with err naming the flag, or -ENOMEM, and
 * ret_config untouched.
 */
int image_flags_read(const struct image_flags *flags, struct arena *arena,
		     struct image_config *ret_config, struct vps_err *err)
	__attribute__((nonnull));

#endif
