/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A distribution's root file system, made from its packages by mmdebstrap. */
#ifndef IMAGES_BOOTSTRAP_H
#define IMAGES_BOOTSTRAP_H

#include <sys/types.h>

#include "base/err.h"
#include "base/own.h"
#include "images/image.h"

struct bootstrap {
	pid_t pid;		/* 0: nothing runs */
	int   tar_fd;		/* the tar, as it is written */
	int   log_fd;		/* what mmdebstrap said, or FD_NONE: it said it on the terminal */
};

#define BOOTSTRAP_NONE	{ 0, FD_NONE, FD_NONE }
#define OWN_BOOTSTRAP	__attribute__((cleanup(bootstrap_abandon))) struct bootstrap

/*
 * Start mmdebstrap.
 *
 * distribution  "debian:12"; see err for the others
 * mirror        where to get packages, or NULL: the distribution's own
 *
 * When stderr is a terminal, mmdebstrap shows its progress there.
 *
 * Returns 0; -VPS_EMISUSE for a distribution that is not known; -VPS_EHOST
 * when mmdebstrap is missing; or another -errno; with err set.
 */
int bootstrap_start(const char *distribution, const char *mirror,
		    struct bootstrap *ret_bootstrap, struct vps_err *err)
	__attribute__((nonnull(1, 3, 4)));

/*
 * Wait for the end, after the tar was read whole.
 *
 * Returns 0; or -EIO with err saying what mmdebstrap complained of: what was
 * read is not to be used. Nothing runs afterwards in either case.
 */
int bootstrap_finish(struct bootstrap *bootstrap, struct vps_err *err)
	__attribute__((nonnull));

/* Let it run into a closed pipe, and reap it. */
void bootstrap_abandon(struct bootstrap *bootstrap) __attribute__((nonnull));

/* How a VPS with systemd is started and stopped; static. */
const struct image_config *bootstrap_config(void);

#endif
