// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The system calls of a system container as a table; compiled for every VPS
 * whose spec does not bring a profile of its own.
 *
 * What is not listed does not exist (ENOSYS): a program that is newer than the
 * table then takes the path that it has for older kernels, as glibc does.
 */
#include "syscalls.h"

#include <asm/ioctls.h>
#include <errno.h>

#include "base/own.h"

static const char *const allowed[] = {
	/* files: open, read, write, map, close */
	"access", "chdir", "chmod", "chown", "chown32", "close", "close_range",
	"copy_file_range", "creat", "dup", "dup2", "dup3", "faccessat", "faccessat2",
	"fadvise64", "fadvise64_64", "fallocate", "fchdir", "fchmod", "fchmodat", "fchmodat2",
	"fchown", "fchown32", "fchownat", "fcntl", "fcntl64", "fdatasync", "file_getattr",
	"file_setattr", "flock", "fstat", "fstat64", "fstatat64", "fstatfs", "fstatfs64",
	"fsync", "ftruncate", "ftruncate64", "futimesat", "getcwd", "getdents", "getdents64",
	"lchown", "lchown32", "link", "linkat", "_llseek", "lseek", "lstat", "lstat64", "mkdir",
	"mkdirat", "mknod", "mknodat", "name_to_handle_at", "newfstatat", "oldfstat",
	"oldlstat", "oldstat", "open", "openat", "openat2", "pread64", "preadv", "preadv2",
	"pwrite64", "pwritev", "pwritev2", "read", "readahead", "readdir", "readlink",
	"readlinkat", "readv", "rename", "renameat", "renameat2", "rmdir", "sendfile",
	"sendfile64", "splice", "stat", "stat64", "statfs", "statfs64", "statx", "symlink",
	"symlinkat", "sync", "sync_file_range", "syncfs", "tee", "truncate", "truncate64",
	"umask", "unlink", "unlinkat", "utime", "utimensat", "utimensat_time64", "utimes",
	"vmsplice", "write", "writev",
	/* extended attributes, watches */
	"fanotify_init", "fanotify_mark", "fgetxattr", "flistxattr", "fremovexattr",
	"fsetxattr", "getxattr", "getxattrat", "inotify_add_watch", "inotify_init",
	"inotify_init1", "inotify_rm_watch", "lgetxattr", "listxattr", "listxattrat",
	"llistxattr", "lremovexattr", "lsetxattr", "removexattr", "removexattrat", "setxattr",
	"setxattrat",
	/* waiting for many, pipes, asynchronous I/O of the old kind */
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2",
	"epoll_wait", "eventfd", "eventfd2", "io_cancel", "io_destroy", "io_getevents",
	"io_pgetevents", "io_pgetevents_time64", "io_setup", "io_submit", "_newselect", "pipe",
	"pipe2", "poll", "ppoll", "ppoll_time64", "pselect6", "pselect6_time64", "select",
	"signalfd", "signalfd4",
	/* memory */
	"brk", "cachestat", "get_mempolicy", "madvise", "map_shadow_stack", "mbind",
	"membarrier", "memfd_create", "memfd_secret", "migrate_pages", "mincore", "mlock",
	"mlock2", "mlockall", "mmap", "mmap2", "move_pages", "mprotect", "mremap", "mseal",
	"msync", "munlock", "munlockall", "munmap", "pkey_alloc", "pkey_free", "pkey_mprotect",
	"process_madvise", "process_mrelease", "remap_file_pages", "set_mempolicy",
	"set_mempolicy_home_node",
	/* processes and threads */
	"arch_prctl", "clone", "clone3", "execve", "execveat", "exit", "exit_group", "fork",
	"futex", "futex_requeue", "futex_time64", "futex_wait", "futex_waitv", "futex_wake",
	"get_robust_list", "get_thread_area", "getcpu", "getpgid", "getpgrp", "getpid",
	"getppid", "getpriority", "getrlimit", "getrusage", "getsid", "gettid", "ioprio_get",
	"ioprio_set", "kcmp", "modify_ldt", "nice", "personality", "pidfd_getfd", "pidfd_open",
	"pidfd_send_signal", "prctl", "prlimit64", "process_vm_readv", "process_vm_writev",
	"ptrace", "restart_syscall", "rseq", "sched_get_priority_max", "sched_get_priority_min",
	"sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler",
	"sched_rr_get_interval", "sched_rr_get_interval_time64", "sched_setaffinity",
	"sched_setattr", "sched_setparam", "sched_setscheduler", "sched_yield",
	"set_robust_list", "set_thread_area", "set_tid_address", "setpgid", "setpriority",
	"setrlimit", "setsid", "times", "ugetrlimit", "vfork", "wait4", "waitid", "waitpid",
	/* signals */
	"kill", "pause", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo",
	"rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_sigtimedwait_time64",
	"rt_tgsigqueueinfo", "sgetmask", "sigaction", "sigaltstack", "signal", "sigpending",
	"sigprocmask", "sigreturn", "sigsuspend", "ssetmask", "tgkill", "tkill",
	/* users, rights, sandboxes of their own */
	"capget", "capset", "chroot", "getegid", "getegid32", "geteuid", "geteuid32", "getgid",
	"getgid32", "getgroups", "getgroups32", "getresgid", "getresgid32", "getresuid",
	"getresuid32", "getuid", "getuid32", "landlock_add_rule", "landlock_create_ruleset",
	"landlock_restrict_self", "lsm_get_self_attr", "lsm_list_modules", "lsm_set_self_attr",
	"seccomp", "setfsgid", "setfsgid32", "setfsuid", "setfsuid32", "setgid", "setgid32",
	"setgroups", "setgroups32", "setregid", "setregid32", "setresgid", "setresgid32",
	"setresuid", "setresuid32", "setreuid", "setreuid32", "setuid", "setuid32",
	/* time; that it cannot be set the kernel sees to in adjtimex */
	"adjtimex", "alarm", "clock_adjtime", "clock_adjtime64", "clock_getres",
	"clock_getres_time64", "clock_gettime", "clock_gettime64", "clock_nanosleep",
	"clock_nanosleep_time64", "getitimer", "gettimeofday", "nanosleep", "setitimer", "time",
	"timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_gettime64",
	"timer_settime", "timer_settime64", "timerfd_create", "timerfd_gettime",
	"timerfd_gettime64", "timerfd_settime", "timerfd_settime64",
	/* sockets, System V and POSIX IPC */
	"accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt",
	"ipc", "listen", "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive",
	"mq_timedreceive_time64", "mq_timedsend", "mq_timedsend_time64", "mq_unlink", "msgctl",
	"msgget", "msgrcv", "msgsnd", "recvfrom", "recvmmsg", "recvmmsg_time64", "recvmsg",
	"semctl", "semget", "semop", "semtimedop", "semtimedop_time64", "sendmmsg", "sendmsg",
	"sendto", "setsockopt", "shmat", "shmctl", "shmdt", "shmget", "shutdown", "socket",
	"socketcall", "socketpair",
	/* the machine it believes to be: mounts, names, containers inside, the end */
	"fsconfig", "fsmount", "fsopen", "fspick", "getrandom", "listmount", "mount",
	"mount_setattr", "move_mount", "oldolduname", "olduname", "open_tree", "open_tree_attr",
	"pivot_root", "reboot", "setdomainname", "sethostname", "setns", "statmount", "sysinfo",
	"umount", "umount2", "uname", "unshare", "vhangup",
	/* keys: named per user namespace; runc in a VPS cannot start without them */
	"add_key", "keyctl",
};

/* Known, and refused as a kernel refuses one who lacks the right (EPERM). */
static const char *const refused[] = {
	/* another kernel, or code in this one */
	"delete_module", "finit_module", "init_module", "kexec_file_load", "kexec_load", "bpf",
	/* the host's hardware: ports, the x86's virtual 8086 mode, its swap */
	"ioperm", "iopl", "swapoff", "swapon", "vm86", "vm86old",
	/* the host's clock; adjtimex() stays for those who only ask */
	"clock_settime", "clock_settime64", "settimeofday", "stime",
	/* what other tenants do: the kernel's log, samples of every process, accounting */
	"acct", "perf_event_open", "syslog",
	/* the limits that hold a VPS: quotas of the disk that all of them share */
	"quotactl", "quotactl_fd",
	/* opens any file of a file system by number, past mounts and roots ("shocker") */
	"open_by_handle_at",
	/* stops the kernel in the middle of a copy: of use mostly to exploits */
	"userfaultfd",
};

/*
 * TIOCSTI types into the terminal that a process was given, which may be its
 * administrator's. The kernel looks at the low half of the argument, so it is
 * compared bit by bit: "not equal" would let it through with a bit set above.
 */
#define IF_BIT_DIFFERS(bit)								\
	{										\
		.names = (const char *const[]){ "ioctl" },				\
		.name_count = 1,							\
		.action = "SCMP_ACT_ALLOW",						\
		.args = (const struct syscalls_arg[]){ {				\
			1, "SCMP_CMP_MASKED_EQ", 1u << (bit), ~TIOCSTI & 1u << (bit),	\
		} },									\
		.arg_count = 1,								\
	}
#define IF_BITS_DIFFER(bit)								\
	IF_BIT_DIFFERS(bit), IF_BIT_DIFFERS((bit) + 1), IF_BIT_DIFFERS((bit) + 2),	\
	IF_BIT_DIFFERS((bit) + 3), IF_BIT_DIFFERS((bit) + 4), IF_BIT_DIFFERS((bit) + 5),	\
	IF_BIT_DIFFERS((bit) + 6), IF_BIT_DIFFERS((bit) + 7)

static const struct syscalls_rule rules[] = {
	{ .names = allowed, .name_count = ARRAY_LEN(allowed), .action = "SCMP_ACT_ALLOW" },
	{ .names = refused, .name_count = ARRAY_LEN(refused), .action = "SCMP_ACT_ERRNO",
	  .has_errno = true, .errno_ret = EPERM },
	{ .names = (const char *const[]){ "ioctl" }, .name_count = 1, .action = "SCMP_ACT_ERRNO",
	  .has_errno = true, .errno_ret = EPERM,
	  .args = (const struct syscalls_arg[]){ { 1, "SCMP_CMP_MASKED_EQ", UINT32_MAX, TIOCSTI } },
	  .arg_count = 1 },
	IF_BITS_DIFFER(0), IF_BITS_DIFFER(8), IF_BITS_DIFFER(16), IF_BITS_DIFFER(24),
	/* With callout data it would start the host's /sbin/request-key; kernels >= 5.3 */
	{ .names = (const char *const[]){ "request_key" }, .name_count = 1,
	  .action = "SCMP_ACT_ALLOW",
	  .args = (const struct syscalls_arg[]){ { 2, "SCMP_CMP_EQ", 0, 0 } }, .arg_count = 1 },
	/*
	 * Deliberately in no row, so that they do not exist:
	 *
	 *	io_uring_*		opens, connects and sends without a system call that a
	 *				filter could see, and has had more holes than any other
	 *				part; programs fall back on ENOSYS
	 *	lookup_dcookie, sysfs, ustat, uselib, nfsservctl, _sysctl, create_module,
	 *	get_kernel_syms, query_module, bdflush and others without a body
	 *				old ways to learn about the host, or nothing at all
	 *	every call of x32	no distribution is built for it, and its numbers have
	 *				slipped past filters
	 *
	 * Deliberately allowed, though engines for single programs refuse them:
	 *
	 *	mount and its family, unshare, clone, setns, pivot_root, chroot
	 *				a system has containers and sandboxes of its own
	 *	reboot			in a pid namespace it ends the VPS and nothing else; a
	 *				profile for a shared pid namespace must not have it
	 *	ptrace, process_vm_*, kcmp, personality, modify_ldt
	 *				debuggers, setarch, 32-bit emulators
	 *
	 * Not possible here: keeping AF_VSOCK away. The family can be compared in socket(),
	 * but 32-bit programs pass it in memory, by socketcall(): families.c does it.
	 */
};

const struct syscalls_profile syscalls_system_container = {
	.default_action = "SCMP_ACT_ERRNO",
	.has_default_errno = true,
	.default_errno = ENOSYS,
#if defined(__x86_64__)
	.archs = (const char *const[]){ "SCMP_ARCH_X86_64", "SCMP_ARCH_X86" },
	.arch_count = 2,
#elif defined(__aarch64__)
	.archs = (const char *const[]){ "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM" },
	.arch_count = 2,
#endif
	.rules = rules,
	.rule_count = ARRAY_LEN(rules),
};
