/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files that parse a config.json; for nobody else. */
#ifndef RUNTIME_OCI_PARTS_H
#define RUNTIME_OCI_PARTS_H

#include "runtime/doc.h"
#include "runtime/oci.h"

#define OCI_SIZE_MAX	(4u << 20)	/* bytes of a config.json that are read at most */

/* Each reads one property; config is what the whole document goes into. */
int oci_read_process(const struct doc_node *node, void *process);
int oci_read_mounts(const struct doc_node *node, void *config);
int oci_read_hooks(const struct doc_node *node, void *config);
int oci_read_linux(const struct doc_node *node, void *config);
int oci_read_devices(const struct doc_node *node, void *config);
int oci_read_net_devices(const struct doc_node *node, void *config);
int oci_read_sysctls(const struct doc_node *node, void *config);
int oci_read_memory_policy(const struct doc_node *node, void *config);
int oci_read_rdt(const struct doc_node *node, void *rdt);
int oci_read_seccomp(const struct doc_node *node, void *config);
int oci_read_resources(const struct doc_node *node, void *config);

/* A growing list of writes into a cgroup. */
struct oci_values {
	struct cg_value *items;
	size_t           count, room;
};

/* Append one write; the text is copied. 0 or -ENOMEM with err set. */
int oci_put(const struct doc_node *node, struct oci_values *values, const char *file,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

int oci_read_block_io(const struct doc_node *node, void *values);

/* resources.devices */
struct oci_rules {
	const struct device_rule *rules;
	size_t                    count;
};

int oci_read_device_rules(const struct doc_node *node, void *rules);

/* An array of {containerID, hostID, size}. */
int oci_read_ranges(const struct doc_node *node, const struct idmap_range **ret_ranges,
		    size_t *ret_count);

/* A map of strings as an array of pairs. */
int oci_read_pairs(const struct doc_node *node, const struct oci_pair **ret_pairs,
		   size_t *ret_count);

/* A string that is an absolute path; field is const char **. */
int oci_read_absolute(const struct doc_node *node, void *field);

/* An array of such; field is const char *const **. */
int oci_read_absolutes(const struct doc_node *node, void *field);

/* "A=B" strings; field is const char *const **. */
int oci_read_env(const struct doc_node *node, void *field);

/* A flag or name out of a table: word -> value. */
struct oci_word {
	const char   *text;
	unsigned long value;
};

/* The value of a string by a table that ends with NULL; else an error that lists it. */
int oci_read_word(const struct doc_node *node, const struct oci_word *words,
		  unsigned long *ret_value);

/* Check what depends on more than one property. */
int oci_check(const struct oci_config *config, struct vps_err *err);

#endif
