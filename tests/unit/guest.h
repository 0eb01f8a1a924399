/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real namespaces for tests of links: the process moves into a network
 * namespace of its own (the "host"), each test gets a guest namespace that
 * belongs to another user namespace, as a VPS's does.
 */
#ifndef TESTS_UNIT_GUEST_H
#define TESTS_UNIT_GUEST_H

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "need.h"
#include "netns/bridge.h"
#include "netns/veth.h"

#define HOST_NAME "vps0123456789ab"

static const char *missing;	/* why the tests cannot run, or NULL */
static struct addr gateway, address;
static const struct mac mac = { { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 } };

/* Decided before any test. */
static int guest_probe(void **state)
{
	struct vps_err err = { 0 };

	(void)state;
	if (addr_parse("10.173.0.1/16", &gateway, &err) < 0 ||
	    addr_parse("10.173.0.2/16", &address, &err) < 0)
		return -1;
	if (geteuid() != 0)
		missing = "root";
	else if (unshare(CLONE_NEWNET) < 0)
		missing = "a network namespace of our own (unshare)";
	return 0;
}

static inline void must(int r, const struct vps_err *err)
{
	if (r < 0)
		fail_msg("%d: %s", r, err->text);
}

/* A network namespace in a user namespace of its own. Its descriptor keeps it alive. */
static inline int guest_open(void)
{
	int ready[2], fd;
	char path[40], byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNET) < 0 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return fd;
}

/* A socket inside of a namespace. */
static inline int socket_in(int netns_fd, int family, int type, int protocol)
{
	OWN_FD own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int fd;

	assert_int_equal(setns(netns_fd, CLONE_NEWNET), 0);
	fd = socket(family, type | SOCK_CLOEXEC, protocol);
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
	assert_true(fd >= 0);
	return fd;
}

static inline int udp_in(int netns_fd)
{
	return socket_in(netns_fd, AF_INET, SOCK_DGRAM, 0);
}

static inline struct sockaddr_in socket_address(const char *text)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(4242) };
	struct vps_err err = { 0 };
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr, &err), 0);
	memcpy(&sa.sin_addr, addr.bytes, 4);
	return sa;
}

static inline bool link_exists(const char *name)
{
	return if_nametoindex(name) != 0;
}

static inline int bridge(void)
{
	struct vps_err err = { 0 };
	int index = 0;

	assert_int_equal(bridge_ensure(BRIDGE_DEFAULT, &gateway, &index, &err), 0);
	assert_true(index > 0);
	return index;
}

static inline struct veth a_veth(void)
{
	struct veth spec = { .host_name = HOST_NAME, .bridge_ifindex = bridge(), .mac = mac,
			     .address = address, .gateway = gateway, .mtu_bytes = 1400 };

	return spec;
}

#endif
