/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What vps-scope does for those who call scope.h: the same functions, on this side of the bus. */
#ifndef ISOLATION_SCOPE_UNIT_H
#define ISOLATION_SCOPE_UNIT_H

#include "isolation/scope.h"

int scope_unit_start(const struct scope *scope, pid_t pid, const struct cg_value *values,
		     size_t count, const struct device_rule *rules, size_t rule_count,
		     char path[PATH_MAX], struct vps_err *err);
int scope_unit_set(const struct scope *scope, const struct cg_value *values, size_t count,
		   const struct device_rule *rules, size_t rule_count, struct vps_err *err);
void scope_unit_stop(const struct scope *scope);

#endif
