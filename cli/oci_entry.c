// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where vps-oci begins, before the C library does: a command that enters a
 * container runs the program again from a place where nobody can write to it.
 *
 * Until its execve(), a process on its way into a container shows this program
 * as /proc/PID/exe; if what it executes is a link to /proc/self/exe, it even
 * becomes this program, inside. Root of a container without a user namespace
 * is root of the host: he would keep the file open, and write to it as soon as
 * nobody runs it (CVE-2019-5736). Through a read-only mount he cannot; and this
 * one is in no mount namespace, so that nobody can find it to change it.
 *
 * Most of the time that an execve() takes is the start of the C library, so
 * this comes before it, and the price is some 40 microseconds. Nothing here may
 * need a relocation, a canary or a function of the library: CMakeLists.txt has
 * the flags. What cannot be done is left to oci_exe_check(), which has words.
 */
#include <elf.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef OPEN_TREE_CLONE
#error "the kernel's headers are older than Linux 5.2"
#endif
#define EXECUTABLE	0x10u	/* MFD_EXEC, Linux 6.3 */
#define EXE		"/proc/self/exe"

void oci_entry_protect(uintptr_t *stack) __attribute__((visibility("hidden")));

/* The kernel's stack is the C library's too: it stays where it is, rdx as well (ELF ABI). */
__asm__(".text\n"
	".globl oci_entry\n"
	".hidden oci_entry\n"
	".type oci_entry, @function\n"
	"oci_entry:\n"
	"	endbr64\n"
	"	xorl %ebp, %ebp\n"
	"	movq %rsp, %rdi\n"
	"	pushq %rdx\n"
	"	pushq %rdx\n"
	"	call oci_entry_protect\n"
	"	popq %rdx\n"
	"	popq %rdx\n"
	"	jmp _start\n"
	".size oci_entry, .-oci_entry\n");

static inline long call(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}

static bool is_word(const char *text, const char *word)
{
	while (*text && *text == *word) {
		text++;
		word++;
	}
	return *text == *word;
}

/* Whether a container may be entered. An operand of that name costs a needless round, no more. */
static bool enters_container(char *const *argv)
{
	for (; *argv; argv++)
		if (is_word(*argv, "run") || is_word(*argv, "create") || is_word(*argv, "exec") ||
		    is_word(*argv, "restore"))
			return true;
	return false;
}

/* An ordinary user whose program belongs to another one: his containers hold no id that may write. */
static bool is_out_of_reach(long exe_fd)
{
	long uid = call(SYS_geteuid, 0, 0, 0, 0, 0);
	struct stat st;

	return uid != 0 && call(SYS_fstat, exe_fd, (long)&st, 0, 0, 0) == 0 && st.st_uid != uid &&
	       call(SYS_faccessat2, exe_fd, (long)"", W_OK, AT_EMPTY_PATH | AT_EACCESS, 0) < 0;
}

static bool is_protected(long exe_fd)
{
	struct statfs fs;
	long read_fd, seals;

	if (call(SYS_fstatfs, exe_fd, (long)&fs, 0, 0, 0) < 0 || fs.f_flags & ST_RDONLY)
		return true;
	if (fs.f_type != TMPFS_MAGIC)
		return false;
	read_fd = call(SYS_openat, AT_FDCWD, (long)EXE, O_RDONLY | O_CLOEXEC, 0, 0);
	seals = call(SYS_fcntl, read_fd, F_GET_SEALS, 0, 0, 0);
	(void)call(SYS_close, read_fd, 0, 0, 0, 0);
	return seals > 0 && seals & F_SEAL_WRITE;
}

/* A mount of the program alone. Needs CAP_SYS_ADMIN. */
static long open_readonly(void)
{
	struct mount_attr attr;
	long fd = call(SYS_open_tree, AT_FDCWD, (long)EXE, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC, 0, 0);

	attr.attr_set = MOUNT_ATTR_RDONLY;
	attr.attr_clr = attr.propagation = attr.userns_fd = 0;
	if (fd >= 0 && call(SYS_mount_setattr, fd, (long)"", AT_EMPTY_PATH, (long)&attr,
			    sizeof(attr)) < 0)
		return -1;
	return fd;
}

/* A copy in memory that nobody can change: slower, for whoever may not mount. */
static long open_copy(void)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	long from_fd = call(SYS_openat, AT_FDCWD, (long)EXE, O_RDONLY | O_CLOEXEC, 0, 0);
	long fd = call(SYS_memfd_create, (long)"vps-oci", flags | EXECUTABLE, 0, 0, 0);
	long count;

	if (fd < 0)
		fd = call(SYS_memfd_create, (long)"vps-oci", flags, 0, 0, 0);
	do
		count = call(SYS_sendfile, fd, from_fd, 0, 1 << 20, 0);
	while (count > 0);
	if (count < 0 || call(SYS_fcntl, fd, F_ADD_SEALS,
			      F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, 0, 0) < 0)
		return -1;
	return fd;
}

static void execute(long fd, char *const *argv, char *const *env)
{
	(void)call(SYS_execveat, fd, (long)"", (long)argv, (long)env, AT_EMPTY_PATH);
}

/* Returns when there is nothing to do, or nothing that can be done. */
void oci_entry_protect(uintptr_t *stack)
{
	char *const *argv = (char *const *)(stack + 1);
	char *const *env = argv + *stack + 1;
	long exe_fd;

	if (!enters_container(argv))
		return;
	exe_fd = call(SYS_openat, AT_FDCWD, (long)EXE, O_PATH | O_CLOEXEC, 0, 0);
	if (exe_fd < 0)
		return;
	if (is_protected(exe_fd)) {
		/* What is executed by descriptor is called after its number, before Linux 6.14. */
		(void)call(SYS_prctl, PR_SET_NAME, (long)"vps-oci", 0, 0, 0);
	} else if (!is_out_of_reach(exe_fd)) {
		execute(open_readonly(), argv, env);
		execute(open_copy(), argv, env);
	}
	(void)call(SYS_close, exe_fd, 0, 0, 0, 0);
}
