/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root file system of a VPS: an overlay of shared layers and its own upper
 * directory, seen through the VPS's id map, as a mount that is attached nowhere.
 *
 * On disk every layer and every upper directory has the ids 0..65535 of the
 * image, so that all VPSs share the layers. The overlay itself cannot be
 * id-mapped; the two directories that it is made of are cloned with the id map
 * and the overlay is made from the clones.
 */
#ifndef IMAGES_OVERLAY_H
#define IMAGES_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define OVERLAY_UPPER	"upper"	/* in the directory of a VPS: what it has written */
#define OVERLAY_LAYERS_MAX	499	/* the kernel stacks 500, one may be an empty one of ours */

/* How the kernel is told of the layers. */
enum overlay_way {
	OVERLAY_ANY,		/* by descriptor where the kernel can (6.15), else by path */
	OVERLAY_BY_FD,
	OVERLAY_BY_PATH,
};

struct overlay {
	int		   layers_fd;	/* ROOT/layers; store_layers_fd() */
	const char *const *diff_ids;	/* 64 hex digits each, lowest first */
	size_t		   diff_ids_len;
	int		   vps_fd;	/* the directory of the VPS, or FD_NONE: a read-only root */
	bool		   is_detached;	/* that is a detached mount of another file system, nobody else's */
	int		   userns_fd;	/* maps 0..65535, or FD_NONE: no id map */
	bool		   is_volatile;	/* no sync, ever: a root that is thrown away */
	uint64_t	   mount_attrs;	/* MOUNT_ATTR_*; NODEV is added when there is an id map */
	enum overlay_way   way;
};

/*
 * Make the directories for what a VPS writes, counted from the first file on.
 *
 * vps_fd   directory of the VPS, borrowed; directories that are there stay as they are
 * project  of quota.h, not 0
 *
 * Returns 0, or -errno with err set and either possibly made.
 */
int overlay_make_upper(int vps_fd, uint32_t project, struct vps_err *err)
	__attribute__((nonnull));

/*
 * Make the root file system of a VPS.
 *
 * overlay       all descriptors borrowed; none of them O_PATH-only is demanded.
 *               upper/ and work/ are made in vps_fd when missing
 * ret_mount_fd  a detached mount, for move_mount(2) into any mount namespace
 * ret_spare_fds NULL, or receives two descriptors (or FD_NONE) that nobody needs
 *               any more: whoever closes one last waits for an RCU grace period
 *               (50 µs each, measured), which is better done when the VPS runs
 *
 * layers_fd and vps_fd were opened in the mount namespace that the caller is
 * in: the kernel clones no other's mounts, nor those that are detached, so
 * that one of these gets the id map itself. Nothing is attached in it. Kernels
 * before 6.15 want the clones attached while they are looked up; there a child
 * with a mount namespace of its own does that, and is gone on return.
 *
 * What the mount shows has the ids of the VPS, and nobody else's can be
 * created in it (EOVERFLOW), root's of the host included: a mount point is
 * made by a process in the VPS's user namespace, or between fsident_enter()
 * and fsident_leave().
 *
 * CAP_SYS_ADMIN and root's file capabilities are needed in the initial user
 * namespace. The file system ids, capabilities, dumpable flag and parent death
 * signal of the calling thread change during the call and are put back.
 *
 * Returns 0, or -errno with err set and nothing mounted.
 */
int overlay_mount(const struct overlay *overlay, int *ret_mount_fd, int ret_spare_fds[2],
		  struct vps_err *err) __attribute__((nonnull(1, 2, 4)));

/*
 * The options of mount(2) for layers reachable as short names: what
 * overlay_mount() uses on older kernels.
 *
 * len       number of layers, 1..OVERLAY_LAYERS_MAX + 1
 * buf       receives it; 4096 bytes are what the kernel takes
 *
 * Returns 0, or -E2BIG when it does not fit.
 */
int overlay_options(const struct overlay *overlay, size_t len, char *buf, size_t size)
	__attribute__((nonnull));

/* The short name of layer i: base 36. Returns buf. */
const char *overlay_short_name(size_t i, char buf[8]) __attribute__((nonnull));

#endif
