// SPDX-License-Identifier: LGPL-2.1-or-later
/* Refuses socket families to a cgroup by a BPF program; called when a VPS starts. */
#include "families.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/btf.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fileio.h"
#include "base/own.h"
#include "bpf.h"
#include "cache.h"

#ifndef AF_QIPCRTR
#define AF_QIPCRTR 42
#endif

#define PROGRAM_NAME	"vps_families"
#define HOOK		"bpf_lsm_socket_create"
#define TYPES_FILE	"/sys/kernel/btf/vmlinux"
#define TYPES_MAX	(64u << 20)
#define CACHE_FILE	"socket-hook"
#define CACHE_MAX	80
#define FAMILIES_MAX	16
#define ENDS_ROOM	7	/* instructions before and behind the comparisons */

const int families_unheld[] = { AF_VSOCK, AF_QIPCRTR };
const size_t families_unheld_count = ARRAY_LEN(families_unheld);

/* ---- where the hook is: the number of its type ---- */

/* Bytes behind a struct btf_type, Documentation/bpf/btf.rst; SIZE_MAX for a kind that is not known. */
static size_t rest_of(const struct btf_type *type)
{
	const size_t count = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
		return sizeof(uint32_t);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return count * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return count * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return count * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return count * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return count * sizeof(struct btf_var_secinfo);
	}
	return SIZE_MAX;
}

/* The number of the hook among the types in text, which ends with a NUL; or -ENOENT. */
static int find_hook(const char *text, size_t len)
{
	const struct btf_header *head = (const struct btf_header *)text;
	size_t at, end, names;
	int id;

	if (len < sizeof(*head) || head->magic != BTF_MAGIC || head->hdr_len > len)
		return -ENOENT;
	at = head->hdr_len + (size_t)head->type_off;
	end = at + head->type_len;
	names = head->hdr_len + (size_t)head->str_off;
	for (id = 1; at < end && end <= len && names < len; id++) {	/* 0 is void */
		const struct btf_type *type = (const struct btf_type *)(text + at);
		size_t rest = end - at >= sizeof(*type) ? rest_of(type) : SIZE_MAX;

		if (rest > end - at - sizeof(*type))
			break;
		if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC && type->name_off < len - names &&
		    strcmp(text + names + type->name_off, HOOK) == 0)
			return id;
		at += sizeof(*type) + rest;
	}
	return -ENOENT;
}

/* The number that an earlier start found, since this boot; or -ENOENT. */
static int recall_hook(int cache_fd, const char *boot)
{
	OWN_MEM char *line = NULL;
	char since[40];
	size_t len;
	int id;

	if (!cache_get(cache_fd, CACHE_FILE, CACHE_MAX, &line, &len) ||
	    sscanf(line, "%39s %d", since, &id) != 2 || strcmp(since, boot) != 0)
		return -ENOENT;
	return id;
}

static int locate_hook(int cache_fd, struct vps_err *err)
{
	struct vps_err ignored = { 0 };
	OWN_MEM char *text = NULL;
	char boot[40] = "", line[80];
	size_t len;
	int id;

	(void)file_read_line(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot, sizeof(boot));
	id = recall_hook(cache_fd, boot);
	if (id > 0)
		return id;
	if (file_read(AT_FDCWD, TYPES_FILE, TYPES_MAX, &text, &len, &ignored) == 0)
		id = find_hook(text, len);
	if (id < 0)
		return vps_err_say(err, -VPS_EHOST,
				   "this kernel cannot refuse socket families: it was built without CONFIG_BPF_LSM or CONFIG_DEBUG_INFO_BTF");
	len = (size_t)snprintf(line, sizeof(line), "%s %d\n", boot, id);
	cache_put(cache_fd, CACHE_FILE, line, len);
	return id;
}

/* ---- the program ---- */

/* r1 points to the arguments of the hook, the family first. Returns the count of instructions. */
static uint32_t assemble(const int *families, size_t count, struct bpf_insn *code)
{
	uint32_t at = 0;
	size_t i;

	code[at++] = (struct bpf_insn){ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_2,
					.src_reg = BPF_REG_1 };
	for (i = 0; i < count; i++)
		code[at++] = (struct bpf_insn){ .code = BPF_JMP32 | BPF_JEQ | BPF_K,
						.dst_reg = BPF_REG_2, .imm = families[i],
						.off = (int16_t)(count - i + 1) };
	code[at++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0,
					.imm = 1 };
	code[at++] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	/* As where the kernel has no such family, and not EPERM. */
	code[at++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1,
					.imm = -EAFNOSUPPORT };
	code[at++] = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_set_retval };
	code[at++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 };
	code[at++] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	return at;
}

int families_refuse(int cg_fd, const int *families, size_t count, int cache_fd,
		    struct vps_err *err)
{
	struct bpf_insn code[FAMILIES_MAX + ENDS_ROOM];
	int id = locate_hook(cache_fd, err);
	OWN_FD program_fd = FD_NONE;
	union bpf_attr attr;

	assert(count >= 1 && count <= FAMILIES_MAX);
	if (id < 0)
		return id;
	bpf_clear(&attr);
	attr.prog_type = BPF_PROG_TYPE_LSM;
	attr.expected_attach_type = BPF_LSM_CGROUP;
	attr.attach_btf_id = (uint32_t)id;
	program_fd = bpf_load(&attr, PROGRAM_NAME, code, assemble(families, count, code), cache_fd);
	if (program_fd < 0)
		return vps_err_set(err, -errno, "cannot load the program that refuses socket families");
	bpf_clear(&attr);
	attr.target_fd = (uint32_t)cg_fd;
	attr.attach_bpf_fd = (uint32_t)program_fd;
	attr.attach_type = BPF_LSM_CGROUP;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (bpf(BPF_PROG_ATTACH, &attr) < 0)
		return vps_err_set(err, -errno, "cannot refuse socket families to the cgroup");
	return 0;
}
