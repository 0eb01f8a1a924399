/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths that a tenant can influence: resolved inside a root, used by descriptor. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * openat2(2): glibc has no wrapper. resolve is a set of RESOLVE_* flags.
 * Retries EAGAIN, which a concurrent rename inside the tree causes.
 * O_CLOEXEC and O_NOCTTY are added. Returns a descriptor, or -errno.
 */
int path_open(int dir_fd, const char *path, int flags, mode_t mode, uint64_t resolve);

/*
 * Open path as a process chrooted to root_fd would see it, so that ".." and
 * absolute symlinks stay inside; magic links (/proc/…/fd/N) are refused.
 *
 * root_fd   the root, borrowed
 * path      absolute or relative, the same
 *
 * Returns a descriptor, or -errno.
 */
int path_open_in_root(int root_fd, const char *path, int flags, mode_t mode);

/*
 * Open a directory inside the root, making each missing part with mode.
 * Parts are resolved one by one; a part that is a symlink to something missing
 * fails with ENOENT rather than being made.
 *
 * Returns an O_PATH descriptor that the caller owns, or -errno.
 */
int path_make_dir_in_root(int root_fd, const char *path, mode_t mode);

/* The same for a regular file (created empty when missing) and its parents; O_PATH or to be written. */
int path_make_file_in_root(int root_fd, const char *path, mode_t mode);

/*
 * "/proc/self/fd/N" into buf (at least 32 bytes) for the few calls that take
 * only a path. Returns buf.
 */
const char *path_of_fd(int fd, char buf[32]);

#endif
