// SPDX-License-Identifier: GPL-2.0-or-later
/* What cmd_image_list.c, cmd_image_inspect.c and cmd_image_remove.c share. */
#include "cli/image_store.h"

#include "runtime/vps.h"

int image_store_open(const struct cli *cli, struct store **ret_store, struct vps_err *err)
{
	return store_open_at(vps_host_root_fd(cli->host), true, ret_store, err);
}

void image_store_emit(struct emit *emit, const struct image *image)
{
	emit_text(emit, "reference", image->reference);
	emit_text(emit, "digest", image->digest);
	emit_text(emit, "created", *image->created ? image->created : NULL);
	emit_text(emit, "architecture", image->architecture);
	emit_text(emit, "os", image->os);
	emit_number(emit, "size_bytes", (int64_t)image->size_bytes);
	emit_texts(emit, "layers", (const char *const *)image->diff_ids);
}
