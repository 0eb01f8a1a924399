// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where vps-oci begins, before the C library does: a command that enters a
 * container moves to a place where nobody can write to the program.
 *
 * Until its execve(), a process on its way into a container shows this program
 * as /proc/PID/exe; if what it executes is a link to /proc/self/exe, it even
 * becomes this program, inside. Root of a container without a user namespace
 * is root of the host: he would keep the file open, and write to it as soon as
 * nobody runs it (CVE-2019-5736). Through a read-only mount he cannot; and this
 * one is in no mount namespace, so that nobody can find it to change it.
 *
 * So early, nothing has been written to yet: the program can be mapped anew,
 * from that mount, below its own feet, and have the kernel show that one
 * (PR_SET_MM_MAP). Where that is not possible it is executed once more from
 * there, which takes longer.
 * Nothing here may need a relocation, a canary or a function of the library:
 * CMakeLists.txt has the flags. What cannot be done is left to oci_exe_check(),
 * which has words.
 */
#include <elf.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
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

/* The linker's: where the program begins. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

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

static inline long call6(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static inline long call(long number, long a, long b, long c, long d, long e)
{
	return call6(number, a, b, c, d, e, 0);
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
static long open_readonly(long exe_fd)
{
	struct mount_attr attr;
	long fd = call(SYS_open_tree, exe_fd, (long)"",
		       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH, 0, 0);

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

/* The same, for reading: what is cloned is only a path. */
static long open_for_reading(long path_fd)
{
	char name[] = "/proc/self/fd/\0\0\0\0\0\0\0\0\0\0";
	char *at = name + sizeof("/proc/self/fd/") - 1;
	long unit = 1;

	if (path_fd < 0)
		return path_fd;
	while (path_fd / unit >= 10)
		unit *= 10;
	for (; unit > 0; unit /= 10)
		*at++ = (char)('0' + path_fd / unit % 10);
	return call(SYS_openat, AT_FDCWD, (long)name, O_RDONLY | O_CLOEXEC, 0, 0);
}

static uintptr_t find_auxiliary(char *const *env, uintptr_t type)
{
	const uintptr_t *entry;

	while (*env)
		env++;
	for (entry = (const uintptr_t *)(env + 1); entry[0] != AT_NULL; entry += 2)
		if (entry[0] == type)
			return entry[1];
	return 0;
}

/*
 * As the kernel has mapped it, all bytes of the file being where they were. The
 * pages of what is written are there at once: relocations write to nearly all.
 */
static bool map_segment(const Elf64_Phdr *segment, uintptr_t base, long fd)
{
	const uintptr_t page = 4096;
	uintptr_t start = base + segment->p_vaddr, end = start + segment->p_filesz;
	uintptr_t skipped = start % page;
	int protection = (segment->p_flags & PF_R ? PROT_READ : 0) |
			 (segment->p_flags & PF_W ? PROT_WRITE : 0) |
			 (segment->p_flags & PF_X ? PROT_EXEC : 0);
	int populated = segment->p_flags & PF_W ? MAP_POPULATE : 0;
	long at = call6(SYS_mmap, (long)(start - skipped), (long)(end - start + skipped), protection,
			MAP_PRIVATE | MAP_FIXED | populated, fd, (long)(segment->p_offset - skipped));

	if (at < 0)
		return false;
	/* Behind the bytes of the file .bss begins. */
	if (segment->p_flags & PF_W)
		for (; end % page; end++)
			*(volatile char *)end = 0;
	return true;
}

static const char *end_of(const char *text)
{
	while (*text)
		text++;
	return text + 1;
}

/*
 * Map the program anew from fd, and have that for /proc/self/exe. False: the
 * kernel shows what it did before. The other numbers that it wants are those of
 * /proc/self/stat and cmdline, and stay what they are.
 */
static bool move_to(long fd, uintptr_t *stack, char *const *argv, char *const *env)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)__ehdr_start;
	const Elf64_Phdr *segment = (const Elf64_Phdr *)(const void *)(__ehdr_start + header->e_phoff);
	const Elf64_Phdr *last = segment + header->e_phnum;
	uintptr_t base = (uintptr_t)__ehdr_start;
	struct prctl_mm_map map;
	char *const *each;

	/* With a dynamic linker, relocations have been made by now. */
	if (fd < 0 || header->e_type != ET_DYN || find_auxiliary(env, AT_BASE) || !*argv)
		return false;
	map.start_stack = (uintptr_t)stack;
	map.start_brk = map.brk = (uintptr_t)call(SYS_brk, 0, 0, 0, 0, 0);
	map.arg_start = map.arg_end = (uintptr_t)*argv;
	for (each = argv; *each; each++)
		map.arg_end = (uintptr_t)end_of(*each);
	map.env_start = map.env_end = map.arg_end;
	for (each = env; *each; each++)
		map.env_end = (uintptr_t)end_of(*each);
	map.auxv = NULL;
	map.auxv_size = 0;
	map.exe_fd = (unsigned)fd;
	for (; segment < last; segment++) {
		if (segment->p_type != PT_LOAD)
			continue;
		if (!map_segment(segment, base, fd))
			return false;
		if (segment->p_flags & PF_X) {
			map.start_code = base + segment->p_vaddr;
			map.end_code = map.start_code + segment->p_filesz;
		}
		if (segment->p_flags & PF_W) {
			map.start_data = base + segment->p_vaddr;
			map.end_data = map.start_data + segment->p_filesz;
		}
	}
	return call(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, (long)&map, sizeof(map), 0) == 0;
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
		long readonly_fd = open_readonly(exe_fd);
		long fd = open_for_reading(readonly_fd);

		if (!move_to(fd, stack, argv, env)) {
			execute(readonly_fd, argv, env);
			execute(open_copy(), argv, env);
		}
		/*
		 * This waits for a grace period of RCU. Not later: until then
		 * the mount is in a namespace of its own, and who has a file
		 * of it and CAP_SYS_ADMIN could make it writable.
		 */
		(void)call(SYS_close, readonly_fd, 0, 0, 0, 0);
		(void)call(SYS_close, fd, 0, 0, 0, 0);
	}
	(void)call(SYS_close, exe_fd, 0, 0, 0, 0);
}
