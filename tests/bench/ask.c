// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long it takes to ask for limits: for each way, median and 99th percentile
 * in µs; called by tests/bench/view.
 *
 *	ask		by system calls, and one that asks for nothing of the kind
 *	ask FILE...	by opening, reading and closing a file
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#define TIMES	2000

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

static long ask_sysinfo(const char *name)
{
	struct sysinfo info;

	(void)name;
	return sysinfo(&info);
}

static long ask_affinity(const char *name)
{
	cpu_set_t set;

	(void)name;
	return syscall(SYS_sched_getaffinity, 0, sizeof(set), &set);
}

static long ask_pid(const char *name)
{
	(void)name;
	return syscall(SYS_getppid);
}

static long ask_file(const char *name)
{
	static char text[1 << 16];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	long len = fd < 0 ? -1 : read(fd, text, sizeof(text));

	return fd < 0 || close(fd) < 0 ? -1 : len;
}

static void measure(const char *name, long (*ask)(const char *name))
{
	static double times[TIMES];
	int i;

	for (i = 0; i < TIMES; i++) {
		double start = now_usec();

		if (ask(name) < 0) {
			perror(name);
			exit(1);
		}
		times[i] = now_usec() - start;
	}
	qsort(times, TIMES, sizeof(*times), compare);
	printf("%-24s %7.1f %7.1f\n", name, times[TIMES / 2], times[TIMES * 99 / 100]);
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		measure(argv[i], ask_file);
	if (argc == 1) {
		measure("sched_getaffinity(2)", ask_affinity);
		measure("sysinfo(2)", ask_sysinfo);
		measure("getppid(2)", ask_pid);
	}
	return 0;
}
