/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A spec, put together from a file and the command line. */
#ifndef CLI_SPEC_BUILD_H
#define CLI_SPEC_BUILD_H

#include "base/err.h"
#include "cli/options.h"
#include "runtime/spec.h"

#define SPEC_BUILD_IMAGE	"busybox"	/* when nobody names one */

/*
 * Read a spec.
 *
 * path  a file, "-" for standard input, or NULL: a spec that asks for nothing
 * spec  zeroed; filled on success, spec_free() it
 * Returns 0, or -errno with err set.
 */
int spec_build_read(const char *path, struct spec *spec, struct vps_err *err);

/* Set each KEY=VALUE of the list in turn. Returns 0, or -EINVAL with err set. */
int spec_build_set(struct spec *spec, char *const *pairs, size_t count, struct vps_err *err);

/* Add labels, or replace those of the same key. Returns 0, -EINVAL or -ENOMEM with err set. */
int spec_build_labels(struct spec *spec, const struct text_list *pairs, struct vps_err *err);

/* The same for the environment of init. */
int spec_build_env(struct spec *spec, const struct text_list *pairs, struct vps_err *err);

/*
 * Hold a changed spec against the rules for files: print and parse it again.
 * Returns 0, or what spec_parse() says.
 */
int spec_build_check(const struct spec *spec, struct vps_err *err);

#endif
