/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a container as `state` and `list` print it. */
#ifndef CLI_OCI_SHOW_H
#define CLI_OCI_SHOW_H

#include "cli/emit.h"
#include "cli/oci_box.h"

#define OCI_TIME_SIZE	40
#define OCI_OWNER_SIZE	64

/* When it was created, RFC 3339, into buf. Returns buf. */
const char *oci_show_time(const struct oci_box *box, char buf[OCI_TIME_SIZE]);

/* Name of the user who created it, or "#" and his number, into buf. Returns buf. */
const char *oci_show_owner(const struct oci_box *box, char buf[OCI_OWNER_SIZE]);

/* The state document of the runtime specification, with what engines expect beside it. */
void oci_show_state(const struct oci_box *box, struct emit *emit);

#endif
