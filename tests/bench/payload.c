// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What tests/bench/oci runs in its containers: ends at once or, with an
 * argument, waits to be killed. Without a C library, whose start-up takes
 * longer than that of a small container's namespaces.
 */
#include <sys/syscall.h>

static long call(long number, long first)
{
	long r;

	__asm__ volatile("syscall" : "=a"(r) : "a"(number), "D"(first) : "rcx", "r11", "memory");
	return r;
}

/* argc is where the kernel puts it: on top of the stack. */
__attribute__((used)) _Noreturn static void run(const long *stack)
{
	if (*stack > 1)
		(void)call(SYS_pause, 0);
	for (;;)
		(void)call(SYS_exit_group, 0);
}

__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall run\n");
