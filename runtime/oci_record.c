// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads and writes state.json of a container of vps-oci; called by the commands of vps-oci. */
#include "oci_record.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/fileio.h"
#include "base/own.h"
#include "doc.h"
#include "state.h"
#include "writer.h"

#define RECORD_MAX	(64u << 10)	/* bytes; three paths and four numbers */

int oci_record_write(int dir_fd, const struct oci_record *record, struct vps_err *err)
{
	struct writer w = { 0 };
	OWN_JSON *object = json_object();
	OWN_MEM char *text = NULL;
	int r;

	writer_string(&w, object, "bundle", record->bundle);
	writer_string(&w, object, "rootfs", record->rootfs);
	writer_string(&w, object, "cgroup", record->cgroup);
	if (record->scope && *record->scope) {
		writer_string(&w, object, "scope", record->scope);
		writer_number(&w, object, "user_scope", record->is_user_scope);
	}
	writer_number(&w, object, "pid", record->init_pid);
	writer_number(&w, object, "start_ticks", (int64_t)record->init_start);
	writer_number(&w, object, "created", record->created_sec);
	writer_number(&w, object, "created_nsec", record->created_nsec);
	writer_number(&w, object, "owner", record->owner);
	writer_true(&w, object, "plain", record->is_plain);
	r = writer_text(&w, object, &text, err);
	if (r < 0)
		return r;
	return file_replace(dir_fd, OCI_RECORD_NAME, text, strlen(text), 0600, false, err);
}

#define FIELD(field)	DOC_FIELD(struct oci_record, field)

static int read_flag(const struct doc_node *node, void *arg)
{
	struct oci_record *record = arg;
	uint64_t value;
	int r = doc_integer(node, 0, 1, &value);

	if (r == 0)
		record->is_user_scope = value;
	return r;
}

static const struct doc_key keys[] = {
	{ "bundle",	  DOC_STRING,  FIELD(bundle), .is_required = true },
	{ "rootfs",	  DOC_STRING,  FIELD(rootfs), .is_required = true },
	{ "cgroup",	  DOC_STRING,  FIELD(cgroup), .is_required = true },
	{ "scope",	  DOC_STRING,  FIELD(scope) },
	{ "user_scope",	  DOC_INTEGER, .highest = 1, .read = read_flag },
	{ "pid",	  DOC_INTEGER, FIELD(init_pid), .highest = INT32_MAX },
	{ "start_ticks",  DOC_INTEGER, FIELD(init_start), .highest = INT64_MAX },
	{ "created",	  DOC_INTEGER, FIELD(created_sec), .highest = INT64_MAX },
	{ "created_nsec", DOC_INTEGER, FIELD(created_nsec), .highest = 999999999 },
	{ "owner",	  DOC_INTEGER, FIELD(owner), .highest = UINT32_MAX },
	{ "plain",	  DOC_BOOL,    FIELD(is_plain) },
	{ 0 },
};

int oci_record_read(int dir_fd, struct arena *arena, struct oci_record *ret_record,
		    struct vps_err *err)
{
	struct oci_record record = { .bundle = "", .rootfs = "", .cgroup = "", .scope = "" };
	struct doc doc = { .arena = arena, .err = err };
	struct vps_err cause = { 0 };
	OWN_MEM char *text = NULL;
	struct doc_node root;
	size_t len;
	int r;

	r = file_read(dir_fd, OCI_RECORD_NAME, RECORD_MAX, &text, &len, &cause);
	if (r < 0 && r != -ENOENT) {
		*err = cause;
		return r;
	}
	if (r == 0) {
		r = doc_open(&doc, text, len, RECORD_MAX, &root);
		if (r == 0) {
			r = doc_object(&root, keys, &record);
			doc_close(&doc);
		}
		if (r < 0)
			return vps_err_in(err, OCI_RECORD_NAME " is damaged");
	}
	*ret_record = record;
	return 0;
}

int oci_record_open_init(const struct oci_record *record)
{
	const struct run_state state = {
		.init_pid = record->init_pid,
		.init_start = record->init_start,
	};
	OWN_FD fd = state_open_init(&state);
	struct pollfd ended = { .fd = fd, .events = POLLIN };

	/* Readable: it has ended, though its parent has not taken note yet. */
	if (fd < 0 || poll(&ended, 1, 0) != 0)
		return FD_NONE;
	return fd_take(&fd);
}
