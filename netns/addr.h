/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IP addresses with their prefix and MAC addresses: text to plain struct and back. */
#ifndef NETNS_ADDR_H
#define NETNS_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Zeroed: no address. */
struct addr {
	int	family;		/* 0 for none, AF_INET or AF_INET6 */
	uint8_t	prefix;		/* bits of the network, 0..32 or 0..128 */
	uint8_t	bytes[16];	/* network order; the first 4 for AF_INET */
};

struct mac {
	uint8_t	bytes[6];
};

#define ADDR_TEXT_SIZE	64	/* an IPv6 address, "/128" and the NUL */
#define MAC_TEXT_SIZE	18	/* "02:00:00:00:00:01" and the NUL */

/*
 * Parse "10.173.0.2", "10.89.0.2/16", "fd00::2" or "fd00::2/64".
 *
 * text      whole string; without "/" the prefix is the whole address (32, 128)
 * ret_addr  host bits are kept
 *
 * Returns 0, or -VPS_EMISUSE with err set and *ret_addr untouched.
 */
int addr_parse(const char *text, struct addr *ret_addr, struct vps_err *err)
	__attribute__((nonnull));

/* "10.173.0.2/16" into buf; "" for no address. Returns buf. */
const char *addr_format(const struct addr *addr, char buf[ADDR_TEXT_SIZE]);

/* The same without the prefix: "10.173.0.2". */
const char *addr_format_host(const struct addr *addr, char buf[ADDR_TEXT_SIZE]);

/* Bytes of an address of this family: 4, 16, or 0 for no address. */
size_t addr_size(const struct addr *addr);

/* Whether both are the same host; prefixes are not compared. */
bool addr_is_same_host(const struct addr *a, const struct addr *b);

/* Whether host lies in the network that network's address and prefix describe. */
bool addr_contains(const struct addr *network, const struct addr *host);

/* An IPv4 address from a number in host order, and the number of an IPv4 address. */
struct addr addr_from_ipv4(uint32_t number, uint8_t prefix);
uint32_t addr_to_ipv4(const struct addr *addr);

/*
 * Parse "02:00:00:00:00:01", digits of either case, always six pairs.
 * A group (multicast) address and 00:00:00:00:00:00 are refused: no link can
 * have them. Returns 0, or -VPS_EMISUSE with err set and *ret_mac untouched.
 */
int mac_parse(const char *text, struct mac *ret_mac, struct vps_err *err)
	__attribute__((nonnull));

/* "02:00:00:00:00:01" into buf. Returns buf. */
const char *mac_format(const struct mac *mac, char buf[MAC_TEXT_SIZE]);

/*
 * Make six arbitrary bytes an address that a link may have and that no vendor
 * owns: the group bit cleared, the "locally administered" bit set.
 */
struct mac mac_from_bytes(const uint8_t bytes[6]);

#endif
