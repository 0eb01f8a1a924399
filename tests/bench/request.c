// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A small service and who asks it; called by tests/bench/neighbour.
 *
 *	request serve PORT FILE			answers on one connection after the other
 *	request ask ADDRESS PORT COUNT GAP_USEC	prints median, 99th percentile and maximum in µs
 *	request flood ADDRESS PORT		sends datagrams without end
 *
 * A request is answered with a sum over a part of FILE, so that it takes some
 * processor time, memory and page cache. Requests are sent at fixed times: one
 * that waits long does not hide those that would have waited behind it.
 */
#include <arpa/inet.h>
#include <error.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PART	16384	/* bytes of the file that a request reads */

static int64_t now_usec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static uint64_t sum_part(int fd, off_t size, uint64_t number)
{
	unsigned char part[PART];
	uint64_t sum = number;
	ssize_t len, i;

	/* A step that has no factor in common with the count of parts comes to all of them. */
	len = pread(fd, part, sizeof(part), (off_t)(number * 7919 % (uint64_t)(size / PART)) * PART);
	for (i = 0; i < len; i++)
		sum = sum * 31 + part[i];
	return sum;
}

static void answer(int connection, int fd, off_t size)
{
	uint64_t number;

	while (recv(connection, &number, sizeof(number), MSG_WAITALL) == sizeof(number)) {
		number = sum_part(fd, size, number);
		if (send(connection, &number, sizeof(number), MSG_NOSIGNAL) != sizeof(number))
			break;
	}
}

static int open_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (fd < 0)
		error(1, errno, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void serve(const char *port, const char *path)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int listening = open_socket(), fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size < PART)
		error(1, errno, "%s", path);
	if (bind(listening, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(listening, 1) < 0)
		error(1, errno, "port %s", port);
	for (;;) {
		int connection = accept(listening, NULL, NULL), one = 1;

		if (connection < 0)
			error(1, errno, "accept");
		(void)setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		answer(connection, fd, st.st_size);
		(void)close(connection);
	}
}

static int compare(const void *a, const void *b)
{
	const int64_t *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

static void sleep_until(int64_t usec)
{
	const struct timespec at = { .tv_sec = usec / 1000000, .tv_nsec = usec % 1000000 * 1000 };

	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void ask(const char *address, const char *port, size_t count, int64_t gap_usec)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int64_t *took = calloc(count, sizeof(*took)), due;
	int fd = open_socket();
	uint64_t number, i;

	if (!took || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		error(1, 0, "%s: no address", address);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		error(1, errno, "%s port %s", address, port);
	due = now_usec();
	for (i = 0; i < count; i++, due += gap_usec) {
		sleep_until(due);
		number = i;
		if (send(fd, &number, sizeof(number), MSG_NOSIGNAL) != sizeof(number) ||
		    recv(fd, &number, sizeof(number), MSG_WAITALL) != sizeof(number))
			error(1, errno, "request %ju", (uintmax_t)i);
		took[i] = now_usec() - due;
	}
	qsort(took, count, sizeof(*took), compare);
	printf("%jd %jd %jd\n", (intmax_t)took[count / 2], (intmax_t)took[count * 99 / 100],
	       (intmax_t)took[count - 1]);
}

static void flood(const char *address, const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	static char datagram[1400];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
		error(1, errno, "%s", address);
	for (;;)	/* ENOBUFS: the queue is full */
		(void)!sendto(fd, datagram, sizeof(datagram), 0, (struct sockaddr *)&to, sizeof(to));
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "serve") == 0)
		serve(argv[2], argv[3]);
	else if (argc == 6 && strcmp(argv[1], "ask") == 0 && atoi(argv[4]) > 0)
		ask(argv[2], argv[3], (size_t)atoi(argv[4]), atoll(argv[5]));
	else if (argc == 4 && strcmp(argv[1], "flood") == 0)
		flood(argv[2], argv[3]);
	else
		error(2, 0, "usage: serve PORT FILE | ask ADDRESS PORT COUNT GAP_USEC | flood ADDRESS PORT");
	return 0;
}
