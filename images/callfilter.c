// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A seccomp filter small enough to be written by hand: one architecture, one
 * list, no arguments looked at. Called by confine.
 */
#include "callfilter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/own.h"

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#error "say here what seccomp calls this architecture"
#endif

/* AddressSanitizer looks around in ways that nobody would allow a stranger. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

#ifdef IS_SANITIZED
/* LeakSanitizer reads /proc when a program ends, and there is none in here any more. */
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return 1;
}
#endif

/*
 * The most frequent first: the list is read from its top for each call.
 *
 * Deliberately not here: execve, clone, ptrace, process_vm_*; mount, open_tree,
 * move_mount, pivot_root, chroot, unshare, setns; socket and all that follows;
 * open_by_handle_at, name_to_handle_at; bpf, perf_event_open, io_uring_*, keyctl,
 * userfaultfd; capset, prctl, seccomp; setuid and its family; kill, tgkill and
 * prlimit64, which reach other processes of root; ioctl, which types on terminals.
 */
static const int allowed[] = {
	SYS_read, SYS_write, SYS_pwrite64, SYS_openat, SYS_close, SYS_fchown, SYS_fchmod,
	SYS_utimensat, SYS_openat2, SYS_ftruncate, SYS_fsetxattr, SYS_mkdirat, SYS_symlinkat,
	SYS_linkat, SYS_mknodat, SYS_unlinkat, SYS_renameat, SYS_renameat2, SYS_fchownat,
	SYS_fchmodat, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_faccessat, SYS_faccessat2,
	SYS_fstatfs, SYS_lseek, SYS_pread64, SYS_getdents64, SYS_fcntl, SYS_flock, SYS_dup,
	SYS_fsync, SYS_fdatasync, SYS_syncfs, SYS_readlinkat, SYS_writev, SYS_readv,
	SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_futex,
	SYS_getrandom, SYS_clock_gettime, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday,
	SYS_getpid, SYS_gettid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_sysinfo,
	SYS_sched_yield, SYS_sched_getaffinity, SYS_rseq, SYS_wait4, SYS_waitid,
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_restart_syscall,
	SYS_umask, SYS_exit, SYS_exit_group,
#ifdef SYS_dup2		/* architectures older than openat() have these beside their successors */
	SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_dup2, SYS_unlink, SYS_readlink,
#endif
};

#define HEAD_LEN 4	/* instructions before the list */

static int install(const struct sock_fprog *program, struct vps_err *err)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program) < 0)
		return vps_err_set(err, -errno, "cannot filter system calls");
	return 0;
}

int callfilter_install(struct vps_err *err)
{
	struct sock_filter code[HEAD_LEN + ARRAY_LEN(allowed) + 2];
	const struct sock_fprog program = { ARRAY_LEN(code), code };
	size_t i, at = 0;

	/* Another architecture has other numbers, and x32 has ours with bit 30: none matches. */
	code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						  offsetof(struct seccomp_data, arch));
	code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						  offsetof(struct seccomp_data, nr));
	for (i = 0; i < ARRAY_LEN(allowed); i++) {
		unsigned char to_allow = (unsigned char)(ARRAY_LEN(allowed) - i);

		code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							  (unsigned int)allowed[i], to_allow, 0);
	}
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	_Static_assert(ARRAY_LEN(allowed) < 255, "a jump reaches 255 instructions");
#ifdef IS_SANITIZED
	(void)install;
	(void)program;
	(void)err;
	return 0;
#else
	return install(&program, err);
#endif
}
