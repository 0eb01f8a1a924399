// SPDX-License-Identifier: GPL-2.0-or-later
/* Bridge and veth on real namespaces. */
#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

#include "guest.h"
#include "netns/link.h"
#include "netns/netlink.h"

static ino_t own_namespace(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	return st.st_ino;
}

static void bridge_ensure_is_idempotent_and_keeps_its_mac(void **state)
{
	OWN_FD sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq first = { .ifr_name = BRIDGE_DEFAULT }, second = first;
	OWN_FD guest = FD_NONE;
	struct vps_err err = { 0 };
	struct veth spec;
	int index;

	(void)state;
	need(missing);
	index = bridge();
	assert_int_equal(bridge(), index);
	assert_int_equal(ioctl(sock, SIOCGIFFLAGS, &first), 0);
	assert_true(first.ifr_flags & IFF_UP);
	assert_int_equal(ioctl(sock, SIOCGIFHWADDR, &first), 0);
	guest = guest_open();
	spec = a_veth();
	assert_int_equal(veth_up(&spec, guest, &err), 0);
	assert_int_equal(ioctl(sock, SIOCGIFHWADDR, &second), 0);
	assert_memory_equal(first.ifr_hwaddr.sa_data, second.ifr_hwaddr.sa_data, 6);
	assert_int_equal(veth_down(HOST_NAME, &err), 0);
}

static void bridge_ensure_by_many_at_once_makes_one(void **state)
{
	enum { CHILDREN = 16 };
	int i, status, failed = 0;

	(void)state;
	need(missing);
	for (i = 0; i < CHILDREN; i++)
		if (fork() == 0) {
			struct vps_err err = { 0 };
			int index;

			_exit(bridge_ensure("vpsrace", &gateway, &index, &err) < 0);
		}
	while (wait(&status) > 0)
		failed += status != 0;
	assert_int_equal(failed, 0);
}

static void bridge_ensure_refuses_a_name_that_is_something_else(void **state)
{
	struct vps_err err = { 0 };
	int index = -7;

	(void)state;
	need(missing);
	assert_int_equal(bridge_ensure("lo", &gateway, &index, &err), -VPS_EEXIST);
	assert_non_null(strstr(err.text, "\"lo\" is no bridge"));
	assert_int_equal(index, -7);
}

static void veth_up_carries_packets_both_ways(void **state)
{
	struct sockaddr_in sa = socket_address("10.173.0.2"), from;
	OWN_FD host = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t from_len = sizeof(from);
	OWN_FD guest = FD_NONE, udp = FD_NONE;
	struct vps_err err = { 0 };
	ino_t before = 0;
	struct pollfd poll_fd;
	struct veth spec;
	char byte;

	(void)state;
	need(missing);
	before = own_namespace();
	guest = guest_open();
	spec = a_veth();
	if (veth_up(&spec, guest, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(own_namespace(), before);

	udp = udp_in(guest);
	assert_int_equal(bind(udp, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(sendto(host, "x", 1, 0, (struct sockaddr *)&sa, sizeof(sa)), 1);
	poll_fd = (struct pollfd){ .fd = udp, .events = POLLIN };
	assert_int_equal(poll(&poll_fd, 1, 3000), 1);
	assert_int_equal(recvfrom(udp, &byte, 1, 0, (struct sockaddr *)&from, &from_len), 1);
	assert_int_equal(sendto(udp, "y", 1, 0, (struct sockaddr *)&from, from_len), 1);
	poll_fd.fd = host;
	assert_int_equal(poll(&poll_fd, 1, 3000), 1);
	assert_int_equal(veth_down(HOST_NAME, &err), 0);
}

static void veth_up_sets_mac_mtu_loopback_and_default_route(void **state)
{
	struct sockaddr_in far = socket_address("192.0.2.1"), local = socket_address("127.0.0.1");
	struct ifreq guest_link = { .ifr_name = "eth0" };
	OWN_FD guest = FD_NONE, udp = FD_NONE;
	struct vps_err err = { 0 };
	struct veth spec;

	(void)state;
	need(missing);
	guest = guest_open();
	spec = a_veth();
	assert_int_equal(veth_up(&spec, guest, &err), 0);
	udp = udp_in(guest);
	assert_int_equal(ioctl(udp, SIOCGIFHWADDR, &guest_link), 0);
	assert_memory_equal(guest_link.ifr_hwaddr.sa_data, &mac, sizeof(mac));
	assert_int_equal(ioctl(udp, SIOCGIFMTU, &guest_link), 0);
	assert_int_equal(guest_link.ifr_mtu, 1400);
	assert_int_equal(connect(udp, (struct sockaddr *)&far, sizeof(far)), 0);
	assert_int_equal(connect(udp, (struct sockaddr *)&local, sizeof(local)), 0);
	assert_int_equal(veth_down(HOST_NAME, &err), 0);
}

static void veth_up_takes_a_second_family(void **state)
{
	OWN_FD guest = FD_NONE;
	struct vps_err err = { 0 };
	struct veth spec;

	(void)state;
	need(missing);
	if (access("/proc/net/if_inet6", F_OK) < 0)
		skip();
	guest = guest_open();
	spec = a_veth();
	assert_int_equal(addr_parse("fd00::2/64", &spec.address6, &err), 0);
	assert_int_equal(addr_parse("fd00::1/64", &spec.gateway6, &err), 0);
	if (veth_up(&spec, guest, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(veth_down(HOST_NAME, &err), 0);
}

static void veth_up_that_fails_leaves_nothing(void **state)
{
	OWN_FD guest = FD_NONE;
	struct vps_err err = { 0 };
	struct veth spec;

	(void)state;
	need(missing);
	guest = guest_open();
	spec = a_veth();
	spec.gateway = addr_from_ipv4(0xc0000201, 32);	/* in nobody's network */
	assert_int_equal(veth_up(&spec, guest, &err), -ENETUNREACH);
	/* Which message, and the kernel's own words. */
	assert_non_null(strstr(err.text, "default route by 192.0.2.1: "));
	assert_false(link_exists(HOST_NAME));
}

/* As when a VPS is started again before the kernel has cleaned up after its last run. */
static void veth_up_takes_the_name_from_an_earlier_pair(void **state)
{
	OWN_FD first = FD_NONE, second = FD_NONE;
	struct vps_err err = { 0 };
	unsigned int old_index;
	char name[IF_NAMESIZE];
	struct veth spec;

	(void)state;
	need(missing);
	first = guest_open();
	second = guest_open();
	spec = a_veth();
	must(veth_up(&spec, first, &err), &err);
	old_index = if_nametoindex(HOST_NAME);
	must(veth_up(&spec, second, &err), &err);
	assert_int_not_equal(if_nametoindex(HOST_NAME), old_index);
	assert_non_null(if_indextoname(old_index, name));
	must(veth_down(name, &err), &err);
	must(veth_down(HOST_NAME, &err), &err);
}

static void veth_up_refuses_the_name_of_another_kind_of_link(void **state)
{
	OWN_FD guest = FD_NONE;
	struct vps_err err = { 0 };
	struct veth spec;

	(void)state;
	need(missing);
	guest = guest_open();
	spec = a_veth();
	spec.host_name = BRIDGE_DEFAULT;
	assert_int_equal(veth_up(&spec, guest, &err), -VPS_EEXIST);
	assert_non_null(strstr(err.text, "\"vps0\" is no veth"));
}

static void veth_down_is_idempotent_and_deletes_only_veths(void **state)
{
	struct vps_err err = { 0 };

	(void)state;
	need(missing);
	(void)bridge();
	assert_int_equal(veth_down(HOST_NAME, &err), 0);
	assert_int_equal(veth_down(BRIDGE_DEFAULT, &err), -VPS_EEXIST);
	assert_true(link_exists(BRIDGE_DEFAULT));
}

static void the_namespace_takes_its_veth_along(void **state)
{
	const struct timespec pause_10ms = { .tv_nsec = 10000000 };
	struct vps_err err = { 0 };
	struct veth spec;
	int guest, i;

	(void)state;
	need(missing);
	guest = guest_open();
	spec = a_veth();
	assert_int_equal(veth_up(&spec, guest, &err), 0);
	close(guest);
	for (i = 0; i < 300 && link_exists(HOST_NAME); i++)
		(void)nanosleep(&pause_10ms, NULL);
	assert_false(link_exists(HOST_NAME));
}

static void loopback_up_needs_no_other_link(void **state)
{
	struct sockaddr_in local = socket_address("127.0.0.1");
	OWN_FD guest = FD_NONE, udp = FD_NONE;
	struct vps_err err = { 0 };

	(void)state;
	need(missing);
	guest = guest_open();
	udp = udp_in(guest);
	assert_int_equal(connect(udp, (struct sockaddr *)&local, sizeof(local)), -1);
	assert_int_equal(loopback_up(guest, &err), 0);
	assert_int_equal(connect(udp, (struct sockaddr *)&local, sizeof(local)), 0);
}

static void a_descriptor_that_is_no_namespace_is_refused(void **state)
{
	struct vps_err err = { 0 };
	struct veth spec;

	(void)state;
	need(missing);
	spec = a_veth();
	assert_true(veth_up(&spec, FD_NONE, &err) < 0);
	assert_false(link_exists(HOST_NAME));
	err = (struct vps_err){ 0 };
	assert_true(loopback_up(STDIN_FILENO, &err) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bridge_ensure_is_idempotent_and_keeps_its_mac),
		cmocka_unit_test(bridge_ensure_by_many_at_once_makes_one),
		cmocka_unit_test(bridge_ensure_refuses_a_name_that_is_something_else),
		cmocka_unit_test(veth_up_carries_packets_both_ways),
		cmocka_unit_test(veth_up_sets_mac_mtu_loopback_and_default_route),
		cmocka_unit_test(veth_up_takes_a_second_family),
		cmocka_unit_test(veth_up_that_fails_leaves_nothing),
		cmocka_unit_test(veth_up_takes_the_name_from_an_earlier_pair),
		cmocka_unit_test(veth_up_refuses_the_name_of_another_kind_of_link),
		cmocka_unit_test(veth_down_is_idempotent_and_deletes_only_veths),
		cmocka_unit_test(the_namespace_takes_its_veth_along),
		cmocka_unit_test(loopback_up_needs_no_other_link),
		cmocka_unit_test(a_descriptor_that_is_no_namespace_is_refused),
	};

	return cmocka_run_group_tests(tests, guest_probe, NULL);
}
