// SPDX-License-Identifier: GPL-2.0-or-later
/* Descriptors between two ends of a socket, and where they stay. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdpass.h"
#include "base/own.h"
#include "need.h"

static int count_fds(void)
{
	OWN_DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	return count;
}

static void what_was_asked_for_comes_and_the_rest_is_closed(void **state)
{
	int fds[2], sent[3], got[FDPASS_MAX], before, i;
	char byte;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	for (i = 0; i < 3; i++)
		sent[i] = open("/", O_PATH | O_CLOEXEC);
	before = count_fds();
	for (i = 0; i < 3; i++) {
		int j;

		assert_int_equal(fdpass_send(fds[0], "x", 1, sent, 3), 1);
		assert_int_equal(fdpass_receive(fds[1], &byte, 1, got, (size_t)i), 1);
		assert_int_equal(byte, 'x');
		assert_int_equal(count_fds(), before + i);
		for (j = 0; j < i; j++) {
			assert_int_equal(fcntl(got[j], F_GETFD), FD_CLOEXEC);
			own_close(&got[j]);
		}
	}
	assert_int_equal(fdpass_send(fds[0], "x", 1, sent, 1), 1);
	assert_int_equal(fdpass_receive(fds[1], &byte, 1, got, 3), 1);
	assert_true(got[0] >= 0);
	assert_int_equal(got[1], FD_NONE);
	assert_int_equal(got[2], FD_NONE);
	own_close(&got[0]);
	for (i = 0; i < 3; i++)
		own_close(&sent[i]);
	own_close(&fds[0]);
	assert_int_equal(fdpass_receive(fds[1], &byte, 1, got, 1), 0);
	assert_int_equal(got[0], FD_NONE);
	own_close(&fds[1]);
	assert_int_equal(fdpass_receive(fds[1], &byte, 1, got, 1), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_asked_for_comes_and_the_rest_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
