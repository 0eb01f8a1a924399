/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vps.json -> OCI config.json: the only place where a VPS's defaults are decided. */
#ifndef RUNTIME_COMPILE_H
#define RUNTIME_COMPILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "runtime/spec.h"

/* What compiling needs beyond the spec; strings borrowed. */
struct compile_input {
	const char        *root_path;		/* where the bundle's rootfs would be: "rootfs" */
	const char        *cgroups_path;	/* "vps/web1" */
	uint32_t           id_start;		/* first host id of the 65,536 of this VPS */
	const char *const *image_entrypoint, *const *image_cmd, *const *image_env;	/* NULL-terminated or NULL */
	const char        *image_working_dir;	/* or NULL */
	const char        *uuid;		/* of the VPS, or NULL: systemd makes it its machine id */
	bool               is_for_engine;	/* name our default seccomp profile instead of writing it out */
	const struct resource_places *places;	/* devices that limits are about, or NULL: none */
	const char        *stop_signal;		/* from the image, or NULL: SIGTERM's default by init */
};

/*
 * Instead of linux.seccomp: our own default profile, which the engine has as
 * a table. Written out it is nine tenths of the document and of the time that
 * writing and parsing it takes.
 */
#define SECCOMP_ANNOTATION	"vps.seccomp"
#define SECCOMP_DEFAULT		"default"

/*
 * Compile. Unless is_for_engine, the document is complete: vps-oci run on it brings up the same
 * container, less image, network and restarts, which OCI does not describe.
 *
 * ret_text   malloc()ed JSON, indented
 * Returns 0, or -errno with err set (-EINVAL: spec and image together name no init).
 */
int compile_oci(const struct spec *spec, const struct compile_input *input, char **ret_text,
		struct vps_err *err);

#endif
