// SPDX-License-Identifier: LGPL-2.1-or-later
/* The words of linux.seccomp in the OCI specification; walked by check, build and messages. */
#include "syscalls_parts.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>

#include "base/own.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

const struct syscalls_word syscalls_actions[] = {
	{ "SCMP_ACT_ALLOW",        SCMP_ACT_ALLOW        },
	{ "SCMP_ACT_ERRNO",        SCMP_ACT_ERRNO(0)     },
	{ "SCMP_ACT_KILL",         SCMP_ACT_KILL_THREAD  },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD",  SCMP_ACT_KILL_THREAD  },
	{ "SCMP_ACT_LOG",          SCMP_ACT_LOG          },
	{ "SCMP_ACT_NOTIFY",       SCMP_ACT_NOTIFY       },
	{ "SCMP_ACT_TRACE",        SCMP_ACT_TRACE(0)     },
	{ "SCMP_ACT_TRAP",         SCMP_ACT_TRAP         },
	{ NULL, 0 },
};

const struct syscalls_word syscalls_operators[] = {
	{ "SCMP_CMP_EQ",        SCMP_CMP_EQ        },
	{ "SCMP_CMP_GE",        SCMP_CMP_GE        },
	{ "SCMP_CMP_GT",        SCMP_CMP_GT        },
	{ "SCMP_CMP_LE",        SCMP_CMP_LE        },
	{ "SCMP_CMP_LT",        SCMP_CMP_LT        },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
	{ "SCMP_CMP_NE",        SCMP_CMP_NE        },
	{ NULL, 0 },
};

const struct syscalls_word syscalls_archs[] = {
	{ "SCMP_ARCH_AARCH64",     SCMP_ARCH_AARCH64     },
	{ "SCMP_ARCH_ARM",         SCMP_ARCH_ARM         },
#ifdef SCMP_ARCH_LOONGARCH64		/* libseccomp 2.6 */
	{ "SCMP_ARCH_LOONGARCH64", SCMP_ARCH_LOONGARCH64 },
#endif
#ifdef SCMP_ARCH_M68K			/* libseccomp 2.6 */
	{ "SCMP_ARCH_M68K",        SCMP_ARCH_M68K        },
#endif
	{ "SCMP_ARCH_MIPS",        SCMP_ARCH_MIPS        },
	{ "SCMP_ARCH_MIPS64",      SCMP_ARCH_MIPS64      },
	{ "SCMP_ARCH_MIPS64N32",   SCMP_ARCH_MIPS64N32   },
	{ "SCMP_ARCH_MIPSEL",      SCMP_ARCH_MIPSEL      },
	{ "SCMP_ARCH_MIPSEL64",    SCMP_ARCH_MIPSEL64    },
	{ "SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32 },
	{ "SCMP_ARCH_PARISC",      SCMP_ARCH_PARISC      },
	{ "SCMP_ARCH_PARISC64",    SCMP_ARCH_PARISC64    },
	{ "SCMP_ARCH_PPC",         SCMP_ARCH_PPC         },
	{ "SCMP_ARCH_PPC64",       SCMP_ARCH_PPC64       },
	{ "SCMP_ARCH_PPC64LE",     SCMP_ARCH_PPC64LE     },
	{ "SCMP_ARCH_RISCV64",     SCMP_ARCH_RISCV64     },
	{ "SCMP_ARCH_S390",        SCMP_ARCH_S390        },
	{ "SCMP_ARCH_S390X",       SCMP_ARCH_S390X       },
#ifdef SCMP_ARCH_SH			/* libseccomp 2.6 */
	{ "SCMP_ARCH_SH",          SCMP_ARCH_SH          },
	{ "SCMP_ARCH_SHEB",        SCMP_ARCH_SHEB        },
#endif
	{ "SCMP_ARCH_X32",         SCMP_ARCH_X32         },
	{ "SCMP_ARCH_X86",         SCMP_ARCH_X86         },
	{ "SCMP_ARCH_X86_64",      SCMP_ARCH_X86_64      },
	{ NULL, 0 },
};

const struct syscalls_word syscalls_flags[] = {
	{ "SECCOMP_FILTER_FLAG_LOG",                SECCOMP_FILTER_FLAG_LOG                },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW",         SECCOMP_FILTER_FLAG_SPEC_ALLOW         },
	{ "SECCOMP_FILTER_FLAG_TSYNC",              SECCOMP_FILTER_FLAG_TSYNC              },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
	/*
	 * Deliberately excluded: NEW_LISTENER, which follows from an action
	 * SCMP_ACT_NOTIFY; TSYNC_ESRCH, which follows from both.
	 */
	{ NULL, 0 },
};

const struct syscalls_word *syscalls_find(const struct syscalls_word *words, const char *name)
{
	for (; words->name; words++)
		if (strcmp(words->name, name) == 0)
			return words;
	return NULL;
}

uint32_t syscalls_action(const char *name, bool has_errno, uint32_t errno_ret)
{
	const uint32_t action = syscalls_find(syscalls_actions, name)->value;

	if (action == SCMP_ACT_ERRNO(0) || action == SCMP_ACT_TRACE(0))
		return action | (has_errno ? errno_ret : EPERM);
	return action;
}
