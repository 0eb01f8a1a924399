/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ownership by scope: declare an owner, initialise it there, and leaving the
 * scope releases it. A release never changes errno. fd_take() and mem_take()
 * are the only ways for ownership to leave a scope.
 */
#ifndef BASE_OWN_H
#define BASE_OWN_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define FD_NONE		(-EBADF)	/* no descriptor; using it by mistake fails as EBADF */

static inline void own_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = FD_NONE;
	errno = saved;		/* releasing must not rewrite the reason for failing */
}

static inline void own_free(void *mem)
{
	int saved = errno;
	void **p = mem;

	free(*p);
	*p = NULL;
	errno = saved;
}

static inline void own_fclose(FILE **file)
{
	int saved = errno;

	if (*file)
		(void)fclose(*file);
	*file = NULL;
	errno = saved;
}

static inline void own_closedir(DIR **dir)
{
	int saved = errno;

	if (*dir)
		(void)closedir(*dir);
	*dir = NULL;
	errno = saved;
}

#define OWN_FD		__attribute__((cleanup(own_close))) int
#define OWN_MEM		__attribute__((cleanup(own_free)))	/* OWN_MEM char *text = NULL; */
#define OWN_FILE	__attribute__((cleanup(own_fclose))) FILE
#define OWN_DIR		__attribute__((cleanup(own_closedir))) DIR

/* Hand over a descriptor: the caller of this owns it from here. */
static inline int fd_take(int *fd)
{
	int taken = *fd;

	*fd = FD_NONE;
	return taken;
}

/* Hand over memory: the caller of this owns it from here. */
#define mem_take(p)				\
	__extension__({				\
		__typeof__(*(p)) taken_ = *(p);	\
		*(p) = NULL;			\
		taken_;				\
	})

#endif
