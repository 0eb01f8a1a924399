/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The link of the floor's container, by rtnetlink without a library: floor is linked statically. */
#ifndef TESTS_BENCH_FLOOR_NET_H
#define TESTS_BENCH_FLOOR_NET_H

/* Addresses that the benchmark uses in its own network namespace. */
#define FLOOR_GATEWAY	"10.174.0.1"
#define FLOOR_GUEST	"10.174.0.2"
#define FLOOR_PREFIX	16

/* Make a bridge that is up and has FLOOR_GATEWAY. All of these exit(1) with a message on failure. */
void floor_bridge(const char *name);

/* A veth from the bridge to "eth0" in a network namespace (borrowed), not yet configured there. */
void floor_veth(const char *host_name, const char *bridge, int netns_fd);

/* In that namespace: loopback and eth0 up, FLOOR_GUEST, default route. */
void floor_configure(int netns_fd);

#endif
