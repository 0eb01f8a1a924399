/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small files read whole within a bound, written whole, replaced atomically. */
#ifndef BASE_FILEIO_H
#define BASE_FILEIO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Read a file whole.
 *
 * dir_fd    where path is relative to, or AT_FDCWD; borrowed
 * max       most bytes accepted; a larger file fails with EFBIG
 * ret_text  malloc()ed, a NUL behind the last byte; the caller frees it
 * ret_len   bytes read, without that NUL; may be NULL
 *
 * Returns 0, or -errno with err set and the outputs untouched.
 */
int file_read(int dir_fd, const char *path, size_t max, char **ret_text, size_t *ret_len,
	      struct vps_err *err) __attribute__((nonnull(2, 4, 6)));

/* The same of a regular file: waits for no writer of a FIFO, reads from no device. */
int file_read_regular(int dir_fd, const char *path, size_t max, char **ret_text,
		      size_t *ret_len, struct vps_err *err) __attribute__((nonnull(2, 4, 6)));

/* The same from an open descriptor (borrowed); name is for the message. */
int file_read_fd(int fd, const char *name, size_t max, char **ret_text, size_t *ret_len,
		 struct vps_err *err) __attribute__((nonnull(2, 4, 6)));

/*
 * Read a kernel file of one short line into a buffer, without its newline.
 * Returns the length, or -errno (no sentence: callers differ too much).
 */
ssize_t file_read_line(int dir_fd, const char *path, char *buf, size_t size)
	__attribute__((nonnull));

/*
 * Write text to an existing file (procfs, sysfs, cgroupfs) in one write().
 * Returns 0, or -errno with err set; what was written before is the kernel's.
 */
int file_write(int dir_fd, const char *path, const char *text, struct vps_err *err)
	__attribute__((nonnull));

/* Write all of a buffer to a descriptor, through EINTR and short writes. 0 or -errno. */
int fd_write_all(int fd, const void *buf, size_t len);

/*
 * In a child that may hang: close all descriptors but standard input, output,
 * error and these. What it inherited would stay open, and locked, as long.
 */
void fd_keep_only(const int *fds, size_t count);

/*
 * Replace a file atomically: temporary, write, rename. Readers see old or new.
 *
 * dir_fd      directory of the file, borrowed; not AT_FDCWD
 * name        no slash
 * mode        of the new file
 * is_durable  also fsync() the file and the directory, so that a power cut
 *             leaves old or new too; pointless on tmpfs
 *
 * Returns 0, or -errno with err set; on failure the old file stands.
 */
int file_replace(int dir_fd, const char *name, const void *text, size_t len, mode_t mode,
		 bool is_durable, struct vps_err *err) __attribute__((nonnull));

/*
 * Remove the temporaries that killed file_replace()s left in a directory. For
 * whoever holds the lock under which its files are replaced.
 */
void file_sweep(int dir_fd);

/*
 * Make a directory and its missing parents (each with mode) and open it.
 * path must be ours alone: it is followed like any path, symlinks included.
 *
 * Returns an O_PATH-less directory descriptor that the caller owns, or -errno.
 */
int dir_make(int dir_fd, const char *path, mode_t mode, struct vps_err *err)
	__attribute__((nonnull));

/*
 * Delete name below dir_fd with everything in it, never following a symlink
 * and never leaving the mount. Missing is success.
 *
 * Returns 0, or -errno with err set and part of the tree possibly gone.
 */
int tree_remove(int dir_fd, const char *name, struct vps_err *err) __attribute__((nonnull));

#endif
