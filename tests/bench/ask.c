// SPDX-License-Identifier: GPL-2.0-or-later
/* How long system calls take that ask for limits: for each, median and 99th percentile in µs. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#define CALLS	2000

static double now_usec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static long ask_sysinfo(void)
{
	struct sysinfo info;

	return sysinfo(&info);
}

static long ask_affinity(void)
{
	cpu_set_t set;

	return syscall(SYS_sched_getaffinity, 0, sizeof(set), &set);
}

static long ask_pid(void)
{
	return syscall(SYS_getppid);
}

static void measure(const char *name, long (*ask)(void))
{
	static double times[CALLS];
	int i;

	for (i = 0; i < CALLS; i++) {
		double start = now_usec();

		if (ask() < 0) {
			perror(name);
			exit(1);
		}
		times[i] = now_usec() - start;
	}
	qsort(times, CALLS, sizeof(*times), compare);
	printf("%-24s %7.1f %7.1f\n", name, times[CALLS / 2], times[CALLS * 99 / 100]);
}

int main(void)
{
	measure("sched_getaffinity(2)", ask_affinity);
	measure("sysinfo(2)", ask_sysinfo);
	measure("getppid(2)", ask_pid);
	return 0;
}
