// SPDX-License-Identifier: LGPL-2.1-or-later
/* Watches files of a cgroup; called by the monitor of a VPS. */
#include "cg_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"

#define FILE_MAX	4096	/* bytes of a file of events */

/* Whoever lacks CAP_SYS_RESOURCE may ask for multiples of this alone, since Linux 6.5. */
#define WINDOW_USEC	2000000u

int cg_watch_open(int cg_fd, const char *file)
{
	int fd = openat(cg_fd, file, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int read_again(int watch_fd, char text[FILE_MAX])
{
	ssize_t len = pread(watch_fd, text, FILE_MAX - 1, 0);

	if (len < 0)
		return -errno;
	text[len] = '\0';
	return 0;
}

int cg_watch_read(int watch_fd, const char *key, uint64_t *ret_value)
{
	char text[FILE_MAX];
	size_t key_len = strlen(key);
	const char *line;
	int r = read_again(watch_fd, text);

	if (r < 0)
		return r;
	for (line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, key, key_len) == 0 && line[key_len] == ' ') {
			*ret_value = strtoull(line + key_len + 1, NULL, 10);
			return 0;
		}
	return -ENODATA;
}

int cg_watch_pressure(int cg_fd, const char *file, unsigned percent)
{
	OWN_FD fd = openat(cg_fd, file, O_RDWR | O_CLOEXEC);
	char trigger[48];
	int len = snprintf(trigger, sizeof(trigger), "some %u %u", percent * (WINDOW_USEC / 100),
			   WINDOW_USEC);

	if (fd < 0 || write(fd, trigger, (size_t)len + 1) < 0)
		return -errno;
	return fd_take(&fd);
}

int cg_watch_total(int watch_fd, uint64_t *ret_usec)
{
	static const char key[] = " total=";	/* of the first line, "some" */
	char text[FILE_MAX];
	const char *at;
	int r = read_again(watch_fd, text);

	if (r < 0)
		return r;
	at = strstr(text, key);
	if (!at)
		return -ENODATA;
	*ret_usec = strtoull(at + sizeof(key) - 1, NULL, 10);
	return 0;
}

static void *close_one(void *fd)
{
	own_close(fd);
	return NULL;
}

void cg_watch_close(int *const fds[], size_t count)
{
	pthread_t threads[CG_WATCHES];
	bool is_closing[CG_WATCHES] = { false };
	size_t i;

	for (i = 0; i < count && i < CG_WATCHES; i++) {
		is_closing[i] = *fds[i] >= 0 &&
				pthread_create(&threads[i], NULL, close_one, fds[i]) == 0;
		if (!is_closing[i])
			own_close(fds[i]);
	}
	for (i = 0; i < count && i < CG_WATCHES; i++)
		if (is_closing[i])
			(void)pthread_join(threads[i], NULL);
}
