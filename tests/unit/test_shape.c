// SPDX-License-Identifier: GPL-2.0-or-later
/* Limits and counters of a link on real namespaces: what comes back, what passes, what is left. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <poll.h>

#include "guest.h"
#include "netns/link.h"
#include "netns/netlink.h"
#include "netns/shape.h"
#include "netns/traffic.h"

#define OUT_NAME "out0123456789ab"
#define VIA_NAME "via0123456789ab"
#define ETHERTYPE 0x88b5	/* for experiments */

static const struct shape no_limit = { UINT64_MAX, 0 };
static const struct shape slow = { 1000000, SHAPE_BURST_LOWEST };

static unsigned receive_all(int udp)
{
	struct pollfd poll_fd = { .fd = udp, .events = POLLIN };
	char data[2000];
	unsigned count = 0;

	while (poll(&poll_fd, 1, 500) > 0)
		count += recv(udp, data, sizeof(data), 0) >= 0;
	return count;
}

/* The bridge takes a moment to let packets pass that nobody waits for. */
static int wait_for_link(int netns_fd)
{
	struct sockaddr_in to = socket_address("10.173.0.2");
	OWN_FD host = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), guest = udp_in(netns_fd);
	struct pollfd poll_fd = { .fd = guest, .events = POLLIN };
	int i;

	assert_int_equal(bind(guest, (struct sockaddr *)&to, sizeof(to)), 0);
	for (i = 0; i < 100; i++) {
		(void)sendto(host, "", 0, 0, (struct sockaddr *)&to, sizeof(to));
		if (poll(&poll_fd, 1, 100) > 0)
			return 0;
	}
	return -1;
}

/* Without IPv6, which would send frames of its own. */
static void be_quiet(int guest)
{
	OWN_FD own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), fd = FD_NONE;

	assert_int_equal(setns(guest, CLONE_NEWNET), 0);
	fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);
	assert_true(fd < 0 || write(fd, "1", 1) == 1);
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
}

/* A guest with its link, and both ways without a limit. */
static int make_guest(void **state)
{
	static int guest;
	struct vps_err err = { 0 };
	struct veth spec;

	if (missing)
		return 0;
	guest = guest_open();
	be_quiet(guest);
	spec = a_veth();
	*state = &guest;
	return veth_up(&spec, guest, &err) < 0 ? -1 : wait_for_link(guest);
}

static int drop_guest(void **state)
{
	struct vps_err err = { 0 };

	if (missing)
		return 0;
	close(*(int *)*state);
	if (veth_down(HOST_NAME, &err) < 0 || shape_clear(HOST_NAME, &err) < 0)
		return -1;
	return link_exists(OUT_NAME) || link_exists(VIA_NAME) ? -1 : 0;
}

static void set(enum shape_way way, struct shape shape)
{
	struct vps_err err = { 0 };

	must(shape_set(HOST_NAME, &mac, way, &shape, &err), &err);
}

static void is(enum shape_way way, struct shape wanted)
{
	struct vps_err err = { 0 };
	struct shape got;

	must(shape_get(HOST_NAME, way, &got, &err), &err);
	assert_int_equal(got.rate_bits, wanted.rate_bits);
	assert_int_equal(got.burst_bytes, wanted.burst_bytes);
}

static void what_is_set_is_read_back_to_the_bit_and_byte(void **state)
{
	static const uint64_t rates[] = {
		SHAPE_RATE_LOWEST, 100008, 1000000, 20000000, 1000000000, 12345678904,
		34359738360 /* the most that 32 bits hold */, 34359738368, 40000000000,
		SHAPE_RATE_HIGHEST,
	};
	static const enum shape_way ways[] = { SHAPE_IN, SHAPE_OUT };
	size_t i, k;

	need(missing);
	(void)state;
	for (k = 0; k < ARRAY_LEN(ways); k++) {
		is(ways[k], no_limit);
		for (i = 0; i < ARRAY_LEN(rates); i++) {
			uint64_t most = rates[i] / 8 * SHAPE_BURST_SEC / 1024 * 1024;
			struct shape shape = { rates[i], SHAPE_BURST_LOWEST };

			set(ways[k], shape);
			is(ways[k], shape);
			shape.burst_bytes = most > SHAPE_BURST_HIGHEST ? SHAPE_BURST_HIGHEST : most;
			set(ways[k], shape);
			is(ways[k], shape);
			shape.burst_bytes = SHAPE_BURST_LOWEST + 1024;
			set(ways[k], shape);
			is(ways[k], shape);
		}
		set(ways[k], no_limit);
		is(ways[k], no_limit);
		set(ways[k], no_limit);		/* again is harmless */
	}
}

static void one_way_is_no_business_of_the_other(void **state)
{
	const struct shape fast = { 2000000000, 4 << 20 };

	need(missing);
	(void)state;
	set(SHAPE_OUT, slow);
	is(SHAPE_IN, no_limit);
	set(SHAPE_IN, fast);
	is(SHAPE_OUT, slow);
	set(SHAPE_OUT, no_limit);
	is(SHAPE_IN, fast);
}

/* ---- what passes ---- */

/* Everything that arrives at or leaves a link of the host. */
static int tap(const char *name)
{
	struct sockaddr_ll sa = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_true(sa.sll_ifindex > 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

/* Send a frame out of the guest's eth0. */
static void send_as(int guest, const struct mac *from, const uint8_t to[ETH_ALEN], uint16_t type,
		    const void *bytes, size_t len)
{
	OWN_FD fd = socket_in(guest, AF_PACKET, SOCK_RAW, 0);
	OWN_FD own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct sockaddr_ll sa = { .sll_family = AF_PACKET };
	unsigned char frame[SHAPE_BURST_LOWEST];
	const uint16_t type_be = htons(type);

	memcpy(frame, to, ETH_ALEN);
	memcpy(frame + ETH_ALEN, from->bytes, ETH_ALEN);
	memcpy(frame + 2 * ETH_ALEN, &type_be, sizeof(type_be));
	memcpy(frame + ETH_HLEN, bytes, len);
	assert_int_equal(setns(guest, CLONE_NEWNET), 0);
	sa.sll_ifindex = (int)if_nametoindex(VETH_GUEST_NAME);
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
	assert_int_equal(sendto(fd, frame, ETH_HLEN + len, 0, (struct sockaddr *)&sa, sizeof(sa)),
			 (ssize_t)(ETH_HLEN + len));
}

static void send_bytes(int guest, const uint8_t to[ETH_ALEN], uint16_t type, const void *bytes,
		       size_t len)
{
	send_as(guest, &mac, to, type, bytes, len);
}

static void send_frame(int guest, const uint8_t to[ETH_ALEN], uint16_t type, size_t len)
{
	static const char zeros[SHAPE_BURST_LOWEST];

	send_bytes(guest, to, type, zeros, len);
}

/* Of the kernel, which asks who has an address; ours have nothing but zeros. */
static bool is_arp(const unsigned char *frame)
{
	return frame[2 * ETH_ALEN] == 0x08 && frame[2 * ETH_ALEN + 1] == 0x06 &&
	       frame[ETH_HLEN + 1] != 0;
}

/* How many frames from an address a tap sees, until half a second brings none. */
static unsigned count_frames_of(int fd, const struct mac *from)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	unsigned char frame[2048];
	unsigned count = 0;

	while (poll(&poll_fd, 1, 500) > 0)
		count += recv(fd, frame, sizeof(frame), 0) >= ETH_HLEN &&
			 memcmp(frame + ETH_ALEN, from->bytes, ETH_ALEN) == 0 && !is_arp(frame);
	return count;
}

static unsigned count_frames(int fd)
{
	return count_frames_of(fd, &mac);
}

static const uint8_t everybody[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t nobody[] = { 0x02, 0, 0, 0, 0, 0x99 };

/* Also those that a filter with a key would not look into, and those that are no IP. */
static const struct { uint16_t type; size_t len; } frames[] = {
	{ ETHERTYPE, 0 }, { ETHERTYPE, 3 }, { ETHERTYPE, 1400 }, { ETH_P_IPV6, 40 }, { ETH_P_ARP, 28 },
	{ ETH_P_8021Q, 60 }, { ETH_P_8021AD, 60 }, { 0x0003, 3 } /* 802.3 with LLC */,
};

static void every_frame_takes_the_detour(void **state)
{
	OWN_FD via = FD_NONE;
	size_t i;

	need(missing);
	set(SHAPE_OUT, slow);
	via = tap(VIA_NAME);
	for (i = 0; i < ARRAY_LEN(frames); i++) {
		send_frame(*(int *)*state, everybody, frames[i].type, frames[i].len);
		send_frame(*(int *)*state, nobody, frames[i].type, frames[i].len);
	}
	assert_int_equal(count_frames(via), 2 * ARRAY_LEN(frames));
}

static void the_longest_frame_fits_in_the_smallest_burst(void **state)
{
	const struct shape slowest = { SHAPE_RATE_LOWEST, SHAPE_BURST_LOWEST };
	struct vps_err err = { 0 };
	struct traffic traffic;
	OWN_FD via = FD_NONE;
	struct veth spec;

	need(missing);
	must(veth_down(HOST_NAME, &err), &err);
	spec = a_veth();
	spec.mtu_bytes = SHAPE_MTU_HIGHEST;
	must(veth_up(&spec, *(int *)*state, &err), &err);
	set(SHAPE_OUT, slowest);
	via = tap(VIA_NAME);
	send_frame(*(int *)*state, nobody, ETH_P_8021Q, SHAPE_MTU_HIGHEST + 4);
	assert_int_equal(count_frames(via), 1);
	must(traffic_read(HOST_NAME, &traffic, &err), &err);
	assert_int_equal(traffic.out_dropped, 0);
}

static void take_redirect_away(void)
{
	const struct tcmsg header = { .tcm_ifindex = (int)if_nametoindex(HOST_NAME),
				      .tcm_parent = TC_H_INGRESS };
	struct vps_err err = { 0 };
	OWN_FD fd = nl_open(&err);
	struct nl_request rq;

	nl_begin(&rq);
	nl_message(&rq, RTM_DELQDISC, 0, &header, sizeof(header), "redirect");
	must(nl_send(fd, &rq, &err), &err);
}

/* Root of a VPS cannot take another's traffic by sending as him, however his link is limited. */
static void frames_from_another_address_go_nowhere(void **state)
{
	static const struct mac other = { { 0x02, 0, 0, 0, 0, 0x77 } };
	static const struct shape *const shapes[] = { &no_limit, &slow, &no_limit };
	OWN_FD bridge_fd = FD_NONE;
	size_t i;

	need(missing);
	bridge_fd = tap(BRIDGE_DEFAULT);
	for (i = 0; i < ARRAY_LEN(shapes); i++) {
		set(SHAPE_OUT, *shapes[i]);
		send_as(*(int *)*state, &other, everybody, ETHERTYPE, "", 1);
		assert_int_equal(count_frames_of(bridge_fd, &other), 0);
		send_frame(*(int *)*state, everybody, ETHERTYPE, 60);
		assert_int_equal(count_frames(bridge_fd), 1);
	}
}

/* A UDP datagram for port 4242 of the host, without a byte. Its checksum is that of these addresses. */
static const uint8_t datagram[] = {
	0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0x65, 0x75, 10, 173, 0, 2, 10, 173, 0, 1,
	0x10, 0x92, 0x10, 0x92, 0, 8, 0, 0,
};

/* As of the root of a VPS who knows how to make a frame invisible to the ingress qdisc. */
static void what_the_ingress_qdisc_does_not_see_goes_nowhere(void **state)
{
	struct sockaddr_in host = socket_address("10.173.0.1");
	uint8_t group[] = { 0x01, 0x80, 0xc2, 0x00, 0x00, 0x00 };
	OWN_FD udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	OWN_FD bridge_fd = FD_NONE, other_fd = FD_NONE, other = FD_NONE;
	struct vps_err err = { 0 };
	struct veth spec;
	size_t i;

	need(missing);
	assert_int_equal(bind(udp, (struct sockaddr *)&host, sizeof(host)), 0);
	send_bytes(*(int *)*state, everybody, ETH_P_IP, datagram, sizeof(datagram));
	assert_int_equal(receive_all(udp), 1);		/* so far he is seen, and known */
	set(SHAPE_OUT, slow);
	other = guest_open();
	spec = a_veth();
	spec.host_name = "vpsother";
	spec.mac.bytes[5]++;
	must(veth_up(&spec, other, &err), &err);
	other_fd = tap("vpsother");
	bridge_fd = tap(BRIDGE_DEFAULT);
	take_redirect_away();
	for (i = 0; i < ARRAY_LEN(frames); i++) {
		send_frame(*(int *)*state, everybody, frames[i].type, frames[i].len);
		send_frame(*(int *)*state, spec.mac.bytes, frames[i].type, frames[i].len);
	}
	for (group[5] = 0; group[5] < 0x10; group[5]++)
		send_bytes(*(int *)*state, group, ETH_P_IP, datagram, sizeof(datagram));
	assert_int_equal(receive_all(udp), 0);
	assert_int_equal(count_frames(other_fd), 0);
	assert_int_equal(count_frames(bridge_fd), 0);
	must(veth_down("vpsother", &err), &err);
}

/* Beyond the burst, 25 datagrams have to wait, and two seconds would be over before the last. */
static void a_change_of_the_rate_loses_nothing_that_waits(void **state)
{
	enum { COUNT = 16 + 25 };
	const struct shape slowest = { SHAPE_RATE_LOWEST, SHAPE_BURST_LOWEST };
	struct sockaddr_in to = socket_address("10.173.0.2");
	OWN_FD host = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), guest = FD_NONE;
	const int room = 4 << 20;
	char data[958] = { 0 };		/* with its headers a frame of 1000 */
	int i;

	need(missing);
	guest = udp_in(*(int *)*state);
	assert_int_equal(bind(guest, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(setsockopt(guest, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)), 0);
	assert_int_equal(setsockopt(host, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)), 0);
	set(SHAPE_IN, slowest);
	for (i = 0; i < COUNT; i++)
		assert_true(sendto(host, data, sizeof(data), 0, (struct sockaddr *)&to, sizeof(to)) > 0);
	set(SHAPE_IN, (struct shape){ 1000000000, 2 << 20 });
	assert_int_equal(receive_all(guest), COUNT);
}

static void traffic_is_counted_as_the_guest_sees_it(void **state)
{
	const struct shape slowest = { SHAPE_RATE_LOWEST, SHAPE_BURST_LOWEST };
	struct traffic before, after;
	struct vps_err err = { 0 };
	int i;

	need(missing);
	must(traffic_read(HOST_NAME, &before, &err), &err);
	assert_int_equal(before.in_dropped + before.out_dropped, 0);
	for (i = 0; i < 10; i++)
		send_frame(*(int *)*state, nobody, ETHERTYPE, 1000);
	must(traffic_read(HOST_NAME, &after, &err), &err);
	assert_in_range(after.out_packets - before.out_packets, 10, 20);
	assert_in_range(after.out_bytes - before.out_bytes, 10 * 1014, 10 * 1014 + 2000);
	/* a burst passes, a queue is filled, the rest is dropped */
	set(SHAPE_OUT, slowest);
	for (i = 0; i < 600; i++)
		send_frame(*(int *)*state, nobody, ETHERTYPE, 1000);
	must(traffic_read(HOST_NAME, &after, &err), &err);
	assert_in_range(after.out_dropped, 100, 600);
	assert_int_equal(after.in_dropped, 0);
	assert_int_equal(traffic_read("vpsnone", &after, &err), -ENODEV);
}

/* ---- what fails, and what is left ---- */

static void a_detour_that_is_not_whole_is_built_anew(void **state)
{
	OWN_FD via = FD_NONE;
	unsigned before;

	need(missing);
	set(SHAPE_OUT, slow);
	before = if_nametoindex(OUT_NAME);
	set(SHAPE_OUT, slow);
	assert_int_equal(if_nametoindex(OUT_NAME), before);	/* a whole one is kept */
	take_redirect_away();
	set(SHAPE_OUT, slow);
	assert_int_not_equal(if_nametoindex(OUT_NAME), before);
	via = tap(VIA_NAME);
	send_frame(*(int *)*state, everybody, ETHERTYPE, 60);
	assert_int_equal(count_frames(via), 1);
}

/* Somebody removes it by hand: the VPS is cut off, and a limit or none mends that. */
static void a_detour_that_is_gone_is_built_anew_or_forgotten(void **state)
{
	OWN_FD via = FD_NONE, bridge_fd = FD_NONE;
	struct vps_err err = { 0 };

	need(missing);
	set(SHAPE_OUT, slow);
	must(shape_clear(HOST_NAME, &err), &err);
	set(SHAPE_OUT, slow);
	via = tap(VIA_NAME);
	send_frame(*(int *)*state, everybody, ETHERTYPE, 60);
	assert_int_equal(count_frames(via), 1);
	must(shape_clear(HOST_NAME, &err), &err);
	set(SHAPE_OUT, no_limit);
	bridge_fd = tap(BRIDGE_DEFAULT);
	send_frame(*(int *)*state, everybody, ETHERTYPE, 60);
	assert_int_equal(count_frames(bridge_fd), 1);
}

static void without_a_limit_the_port_is_as_it_was(void **state)
{
	OWN_FD bridge_fd = FD_NONE;

	need(missing);
	set(SHAPE_OUT, slow);
	set(SHAPE_OUT, no_limit);
	assert_false(link_exists(OUT_NAME));
	assert_false(link_exists(VIA_NAME));
	bridge_fd = tap(BRIDGE_DEFAULT);
	send_frame(*(int *)*state, everybody, ETHERTYPE, 60);
	assert_int_equal(count_frames(bridge_fd), 1);
}

static void a_link_that_cannot_be_limited_is_named(void **state)
{
	struct vps_err err = { 0 };
	struct shape got;

	need(missing);
	(void)state;
	assert_int_equal(shape_set("vpsnone", NULL, SHAPE_IN, &slow, &err), -ENODEV);
	assert_non_null(strstr(err.text, "\"vpsnone\""));
	err = (struct vps_err){ 0 };
	assert_int_equal(shape_get("vpsnone", SHAPE_IN, &got, &err), -ENODEV);
	err = (struct vps_err){ 0 };
	assert_int_equal(shape_set(BRIDGE_DEFAULT, NULL, SHAPE_OUT, &slow, &err), -ENOTCONN);
	assert_non_null(strstr(err.text, "is no port of a bridge"));
	err = (struct vps_err){ 0 };
	assert_int_equal(shape_set("no/name", NULL, SHAPE_OUT, &slow, &err), -VPS_EMISUSE);
}

static void delete(int index)
{
	struct vps_err err = { 0 };
	OWN_FD fd = nl_open(&err);
	struct nl_request rq;

	nl_begin(&rq);
	link_put_delete(&rq, index, "link");
	must(nl_send(fd, &rq, &err), &err);
}

static void a_link_of_another_kind_is_left_alone(void **state)
{
	struct addr none = { 0 };
	struct vps_err err = { 0 };
	int index;

	need(missing);
	(void)state;
	must(bridge_ensure(OUT_NAME, &none, &index, &err), &err);
	assert_int_equal(shape_set(HOST_NAME, &mac, SHAPE_OUT, &slow, &err), -VPS_EEXIST);
	assert_string_equal(err.text, "link \"" OUT_NAME "\" is no veth, and is left alone");
	assert_true(link_exists(OUT_NAME));
	assert_false(link_exists(VIA_NAME));
	err = (struct vps_err){ 0 };
	assert_int_equal(shape_clear(HOST_NAME, &err), -VPS_EEXIST);
	delete(index);
}

static void a_detour_that_cannot_be_made_leaves_nothing(void **state)
{
	struct addr none = { 0 };
	struct vps_err err = { 0 };
	OWN_FD bridge_fd = FD_NONE;
	int index;

	need(missing);
	must(bridge_ensure(VIA_NAME, &none, &index, &err), &err);	/* in its way */
	assert_int_equal(shape_set(HOST_NAME, &mac, SHAPE_OUT, &slow, &err), -EEXIST);
	assert_non_null(strstr(err.text, "\"" VIA_NAME "\""));
	assert_false(link_exists(OUT_NAME));
	bridge_fd = tap(BRIDGE_DEFAULT);
	send_frame(*(int *)*state, everybody, ETHERTYPE, 60);
	assert_int_equal(count_frames(bridge_fd), 1);
	delete(index);
}

static void the_probe_says_yes_and_leaves_nothing_here(void **state)
{
	struct vps_err err = { 0 };

	need(missing);
	(void)state;
	must(shape_probe(&err), &err);
	assert_false(link_exists("vpsprobe"));
	assert_true(link_exists(HOST_NAME));	/* and is back in our namespace */
}

#define guest_test(f) cmocka_unit_test_setup_teardown(f, make_guest, drop_guest)

int main(void)
{
	const struct CMUnitTest tests[] = {
		guest_test(what_is_set_is_read_back_to_the_bit_and_byte),
		guest_test(one_way_is_no_business_of_the_other),
		guest_test(every_frame_takes_the_detour),
		guest_test(the_longest_frame_fits_in_the_smallest_burst),
		guest_test(what_the_ingress_qdisc_does_not_see_goes_nowhere),
		guest_test(frames_from_another_address_go_nowhere),
		guest_test(a_change_of_the_rate_loses_nothing_that_waits),
		guest_test(traffic_is_counted_as_the_guest_sees_it),
		guest_test(a_detour_that_is_not_whole_is_built_anew),
		guest_test(a_detour_that_is_gone_is_built_anew_or_forgotten),
		guest_test(without_a_limit_the_port_is_as_it_was),
		guest_test(a_link_that_cannot_be_limited_is_named),
		guest_test(a_link_of_another_kind_is_left_alone),
		guest_test(a_detour_that_cannot_be_made_leaves_nothing),
		guest_test(the_probe_says_yes_and_leaves_nothing_here),
	};

	return cmocka_run_group_tests(tests, guest_probe, NULL);
}
