/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files that compile a spec to a config.json; for nobody else. */
#ifndef RUNTIME_COMPILE_PARTS_H
#define RUNTIME_COMPILE_PARTS_H

#include "runtime/compile.h"
#include "runtime/writer.h"

/* A compilation under way. */
struct compile {
	const struct spec          *spec;
	const struct compile_input *input;
	struct writer               w;
	struct vps_err             *err;
};

/* Each puts its part into the object. 0, or -errno with err set; memory is the writer's to tell. */
void compile_mounts(struct compile *c, struct json_t *root);
void compile_paths(struct compile *c, struct json_t *linux_part);
int compile_process(struct compile *c, struct json_t *root);
int compile_devices(struct compile *c, struct json_t *linux_part, struct json_t *resources_part);
int compile_seccomp(struct compile *c, struct json_t *linux_part);

#endif
