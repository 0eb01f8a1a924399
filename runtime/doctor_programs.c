// SPDX-License-Identifier: LGPL-2.1-or-later
/* Probes of the programs that commands start, ours and others'; called by doctor.c. */
#include "doctor.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "base/which.h"
#include "programs.h"

#define BUSYBOX		"/bin/busybox"		/* the one that images/ takes */

void doctor_own_program(const struct doctor *doctor, const struct check *check,
			struct vps_finding *finding)
{
	char path[PATH_MAX];

	(void)doctor;
	if (program_find(check->subject, path))
		doctor_found(finding, "%.150s", path);
	else
		doctor_lacks(finding, "%.140s is missing", path);
}

void doctor_program(const struct doctor *doctor, const struct check *check,
		    struct vps_finding *finding)
{
	char path[PATH_MAX];

	(void)doctor;
	if (which_program(check->subject, path))
		doctor_found(finding, "%.150s", path);
	else
		doctor_lacks(finding, "not installed");
}

/* Whether an ELF file asks for a dynamic loader. -errno when it is none that we can read. */
static int has_interpreter(int fd)
{
	Elf64_Ehdr head;
	Elf64_Phdr part;
	int i;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64)
		return -ENOEXEC;
	for (i = 0; i < head.e_phnum; i++) {
		off_t at = (off_t)(head.e_phoff + (uint64_t)i * head.e_phentsize);

		if (pread(fd, &part, sizeof(part), at) != sizeof(part))
			return -ENOEXEC;
		if (part.p_type == PT_INTERP)
			return 1;
	}
	return 0;
}

void doctor_busybox(const struct doctor *doctor, const struct check *check,
		    struct vps_finding *finding)
{
	OWN_FD fd = open(BUSYBOX, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : has_interpreter(fd);

	(void)doctor;
	(void)check;
	if (r == 0)
		doctor_found(finding, BUSYBOX);
	else if (r > 0)
		doctor_lacks(finding, BUSYBOX " needs shared libraries, which its image has not");
	else if (r == -ENOENT)
		doctor_lacks(finding, "not installed");
	else
		doctor_lacks(finding, BUSYBOX ": %s", strerror(-r));
}

/* The program, and a kernel that lets it serve. */
void doctor_view(const struct doctor *doctor, const struct check *check,
		 struct vps_finding *finding)
{
	OWN_FD fs_fd = fsopen("fuse", FSOPEN_CLOEXEC);	/* loads the module */
	OWN_FD fuse_fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char path[PATH_MAX];

	(void)doctor;
	if (!program_find(check->subject, path))
		doctor_lacks(finding, "%.140s is missing", path);
	else if (fuse_fd < 0 || fs_fd < 0)
		doctor_lacks(finding, fuse_fd < 0 ? "/dev/fuse cannot be opened" :
						    "this kernel has no FUSE");
	else
		doctor_found(finding, "%.150s", path);
}
