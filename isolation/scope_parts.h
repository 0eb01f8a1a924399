/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of scope.h share among themselves; nobody else includes it. */
#ifndef ISOLATION_SCOPE_PARTS_H
#define ISOLATION_SCOPE_PARTS_H

#include <systemd/sd-bus.h>

#include "isolation/scope.h"

#define SYSTEMD_NAME	"org.freedesktop.systemd1"
#define SYSTEMD_PATH	"/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER	"org.freedesktop.systemd1.Manager"

/* Every function of libsystemd that is used. */
#define BUS_CALLS(CALL)										\
	CALL(sd_bus_open_system)								\
	CALL(sd_bus_open_user)									\
	CALL(sd_bus_flush_close_unref)								\
	CALL(sd_bus_message_new_method_call)							\
	CALL(sd_bus_message_append)								\
	CALL(sd_bus_message_append_array)							\
	CALL(sd_bus_message_open_container)							\
	CALL(sd_bus_message_close_container)							\
	CALL(sd_bus_message_read)								\
	CALL(sd_bus_message_unref)								\
	CALL(sd_bus_call)									\
	CALL(sd_bus_get_property_string)							\
	CALL(sd_bus_match_signal)								\
	CALL(sd_bus_process)									\
	CALL(sd_bus_wait)									\
	CALL(sd_bus_error_free)									\
	CALL(sd_bus_error_get_errno)								\
	CALL(sd_bus_error_has_name)

struct bus_calls {
#define BUS_MEMBER(name) __typeof__(&name) name;
	BUS_CALLS(BUS_MEMBER)
#undef BUS_MEMBER
};

/* The functions, loaded once; NULL with err set when the library is not there. */
const struct bus_calls *bus_calls(struct vps_err *err);

/*
 * Append to a message, whose array "a(sv)" is open, the properties of every
 * value that systemd has one for. 0 or -errno.
 */
int scope_put_values(const struct bus_calls *bus, sd_bus_message *message,
		     const struct cg_value *values, size_t count);

/* The same for device rules; none where they say what DeviceAllow= cannot. */
int scope_put_rules(const struct bus_calls *bus, sd_bus_message *message,
		    const struct device_rule *rules, size_t count);

#endif
