/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files that parse a vps.json; for nobody else. */
#ifndef RUNTIME_SPEC_PARTS_H
#define RUNTIME_SPEC_PARTS_H

#include "runtime/doc.h"
#include "runtime/spec.h"

/* Tables of the sections; every offset is one within struct spec. */
extern const struct doc_key spec_keys[];
extern const struct doc_key spec_restart_keys[];
extern const struct doc_key spec_elastic_keys[];
extern const struct doc_key spec_network_keys[];
extern const struct doc_key spec_security_keys[];
extern const struct doc_key spec_capabilities_keys[];

/* The value of a limit, a number or a string. text: of a row that is text, copied to the arena. */
int spec_read_amount(const struct doc_node *node, enum resource_id id, uint64_t *ret_value,
		     const char **ret_text);

/* One value of "resources": its key is a row's name. field: struct limits. */
int spec_read_resource(const struct doc_node *node, void *field);

/*
 * Parse a document that is only such a section.
 *
 * arena    owns what limits point to
 * limits   zeroed; half-filled after failure
 */
int spec_parse_resources(const char *text, size_t len, struct arena *arena,
			 struct limits *limits, struct vps_err *err);

/* The sections whole. field: what DOC_FIELD() of the top table says. */
int spec_read_resources(const struct doc_node *node, void *limits);
int spec_read_mounts(const struct doc_node *node, void *spec);
int spec_read_devices(const struct doc_node *node, void *spec);

/* A string among words (NULL-terminated); its index. Else an error that lists them. */
int spec_read_word(const struct doc_node *node, const char *const *words, unsigned *ret_index);

/* A clean absolute path, copied to the arena, or NULL with err set. */
const char *spec_read_path(const struct doc_node *node);

/* The spec as a document that the caller owns, or NULL when memory ran out. */
struct json_t *spec_to_json(const struct spec *spec);

/* Read a document (borrowed) into a zeroed spec, without spec_check(). Empty after failure. */
int spec_read(struct json_t *root, struct spec *spec, struct vps_err *err);

#endif
