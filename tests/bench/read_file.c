// SPDX-License-Identifier: GPL-2.0-or-later
/* How long files take to be opened, read and closed: for each, median and 99th percentile in µs. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define READS	2000

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

static double read_once(const char *path)
{
	static char text[1 << 16];
	double start = now_usec();
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, text, sizeof(text)) < 0) {
		perror(path);
		exit(1);
	}
	(void)close(fd);
	return now_usec() - start;
}

int main(int argc, char **argv)
{
	static double times[READS];
	int i, j;

	for (i = 1; i < argc; i++) {
		for (j = 0; j < READS; j++)
			times[j] = read_once(argv[i]);
		qsort(times, READS, sizeof(*times), compare);
		printf("%-24s %7.1f %7.1f\n", argv[i], times[READS / 2], times[READS * 99 / 100]);
	}
	return 0;
}
