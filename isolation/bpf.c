// SPDX-License-Identifier: LGPL-2.1-or-later
/* Loads BPF programs, or finds them loaded already; called by devices.c and families.c. */
#include "bpf.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/own.h"
#include "cache.h"

#define PROGRAM_MAX	(1u << 20)

/*
 * Which program it is. Numbers are given again after a boot, and to another
 * program when this one is gone; the tag is a hash of its instructions.
 */
struct identity {
	uint32_t id;
	uint8_t  tag[BPF_TAG_SIZE];
	uint64_t load_time;	/* nanoseconds since boot */
};

int bpf_describe(int fd, struct bpf_prog_info *ret_info)
{
	union bpf_attr attr;

	memset(ret_info, 0, sizeof(*ret_info));
	bpf_clear(&attr);
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(*ret_info);
	attr.info.info = (uintptr_t)ret_info;
	return bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

int bpf_open(uint32_t id)
{
	union bpf_attr attr;

	bpf_clear(&attr);
	attr.prog_id = id;
	return bpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

static bool identify(int fd, struct identity *ret)
{
	struct bpf_prog_info info;

	memset(ret, 0, sizeof(*ret));
	if (bpf_describe(fd, &info) < 0)
		return false;
	ret->id = info.id;
	ret->load_time = info.load_time;
	memcpy(ret->tag, info.tag, sizeof(ret->tag));
	return true;
}

/* The program of these instructions that note() left word of; or FD_NONE. */
static int find_noted(int cache_fd, const char *name, const void *insns, size_t size)
{
	struct identity kept, found;
	OWN_MEM char *bytes = NULL;
	OWN_FD fd = FD_NONE;
	size_t len;

	if (!cache_get(cache_fd, name, PROGRAM_MAX, &bytes, &len) || len != sizeof(kept) + size ||
	    memcmp(bytes + sizeof(kept), insns, size) != 0)
		return FD_NONE;
	memcpy(&kept, bytes, sizeof(kept));
	fd = bpf_open(kept.id);
	if (fd < 0 || !identify(fd, &found) || memcmp(&kept, &found, sizeof(kept)) != 0)
		return FD_NONE;
	return fd_take(&fd);
}

static void note(int cache_fd, const char *name, const void *insns, size_t size, int fd)
{
	struct identity identity;
	OWN_MEM char *bytes = NULL;

	if (cache_fd < 0 || size > PROGRAM_MAX - sizeof(identity) || !identify(fd, &identity))
		return;
	bytes = malloc(sizeof(identity) + size);
	if (!bytes)
		return;
	memcpy(bytes, &identity, sizeof(identity));
	memcpy(bytes + sizeof(identity), insns, size);
	cache_put(cache_fd, name, bytes, sizeof(identity) + size);
}

int bpf_load(union bpf_attr *attr, const char *name, const struct bpf_insn *insns, size_t count,
	     int cache_fd)
{
	static const char license[] = "GPL";
	const size_t size = count * sizeof(*insns);
	int fd = find_noted(cache_fd, name, insns, size);

	if (fd >= 0)
		return fd;
	attr->insns = (uintptr_t)insns;
	attr->insn_cnt = (uint32_t)count;
	attr->license = (uintptr_t)license;
	(void)snprintf(attr->prog_name, sizeof(attr->prog_name), "%s", name);
	fd = bpf(BPF_PROG_LOAD, attr);
	if (fd >= 0)
		note(cache_fd, name, insns, size, fd);
	return fd;
}
