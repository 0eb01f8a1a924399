/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One VPS, as list and wait show it. */
#ifndef CLI_INFO_H
#define CLI_INFO_H

#include "cli/emit.h"
#include "cli/table.h"
#include "runtime/vps.h"

/* As a JSON object: the keys that vpsctl(8) lists. */
void info_emit(struct emit *emit, const struct vps_info *info);

/* The heading of a table, and a row of it. */
void info_heading(struct table *table);
void info_row(struct table *table, const struct vps_info *info);

/* "exited with status 3", "stopped", … into buf. Returns buf. */
const char *info_ending(const struct vps_info *info, char *buf, size_t size);

#endif
