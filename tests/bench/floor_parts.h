/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two floors have in common: floor.c for VPSs, floor_oci.c for bundles. All exit on failure. */
#ifndef BENCH_FLOOR_PARTS_H
#define BENCH_FLOOR_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

extern bool has_phases;		/* whether phase() prints */

/* Print how long it took since the last call; without a name, only take the time. */
void phase(const char *name);

int must(int r, const char *what);
void write_file(const char *path, const char *text);

/* Descriptors of detached mounts, put in place. */
int sys_open_tree(int fd, const char *path, unsigned int flags);
void sys_move_mount(int fd, int to_fd, const char *to);
void sys_mount_flags(int fd, const char *path, unsigned long set);

/* The id map of a process: its root is the first of 65536. */
void write_maps(pid_t pid, unsigned int ids);

/*
 * The defaults of the OCI runtime specification, in the current directory.
 *
 * has_userns  device nodes are the host's, bound: they cannot be made
 */
void mount_all(bool has_userns);

/* Make the current directory, a mount, the root, and drop the old one. */
void switch_root(void);

/* When its last process has left it, which is a moment after its parent has heard of its end. */
void remove_cgroup(const char *path);

#endif
