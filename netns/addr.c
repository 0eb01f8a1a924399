// SPDX-License-Identifier: LGPL-2.1-or-later
/* Text of addresses, both ways; called by the registry, the spec parser and veth.c. */
#include "netns/addr.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"

static int bad_addr(struct vps_err *err, const char *text)
{
	return vps_err_say(err, -VPS_EMISUSE,
			   "\"%s\" is no address: write it as 10.1.2.3, 10.1.2.3/16 or fd00::2/64",
			   text);
}

int addr_parse(const char *text, struct addr *ret_addr, struct vps_err *err)
{
	struct addr addr = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };
	size_t len = strcspn(text, "/");
	char host[INET6_ADDRSTRLEN];
	uint64_t prefix;

	if (len >= sizeof(host))
		return bad_addr(err, text);
	memcpy(host, text, len);
	host[len] = '\0';
	if (inet_pton(addr.family, host, addr.bytes) != 1)
		return bad_addr(err, text);

	prefix = 8 * addr_size(&addr);
	if (text[len] == '/' && number_parse(text + len + 1, 0, prefix, &prefix) < 0)
		return vps_err_say(err, -VPS_EMISUSE, "\"%s\": the prefix is not 0 to %u", text,
				   (unsigned int)(8 * addr_size(&addr)));
	addr.prefix = (uint8_t)prefix;
	*ret_addr = addr;
	return 0;
}

const char *addr_format_host(const struct addr *addr, char buf[ADDR_TEXT_SIZE])
{
	if (addr->family == 0 ||
	    !inet_ntop(addr->family, addr->bytes, buf, ADDR_TEXT_SIZE))
		buf[0] = '\0';
	return buf;
}

const char *addr_format(const struct addr *addr, char buf[ADDR_TEXT_SIZE])
{
	size_t len = strlen(addr_format_host(addr, buf));

	if (len)
		(void)snprintf(buf + len, ADDR_TEXT_SIZE - len, "/%u", addr->prefix);
	return buf;
}

size_t addr_size(const struct addr *addr)
{
	return addr->family == AF_INET ? 4 : addr->family == AF_INET6 ? 16 : 0;
}

bool addr_is_same_host(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, addr_size(a)) == 0;
}

bool addr_contains(const struct addr *network, const struct addr *host)
{
	size_t whole = network->prefix / 8;
	unsigned int rest = network->prefix % 8;

	if (network->family != host->family || addr_size(network) == 0)
		return false;
	if (memcmp(network->bytes, host->bytes, whole) != 0)
		return false;
	return rest == 0 || (network->bytes[whole] ^ host->bytes[whole]) >> (8 - rest) == 0;
}

struct addr addr_from_ipv4(uint32_t number, uint8_t prefix)
{
	struct addr addr = { .family = AF_INET, .prefix = prefix };

	number = htonl(number);
	memcpy(addr.bytes, &number, sizeof(number));
	return addr;
}

uint32_t addr_to_ipv4(const struct addr *addr)
{
	uint32_t number;

	memcpy(&number, addr->bytes, sizeof(number));
	return ntohl(number);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "xx" and then end: ':' between pairs, NUL after the last. */
static int pair_parse(const char *text, char end)
{
	int high = hex_digit(text[0]);
	int low = high < 0 ? -1 : hex_digit(text[1]);

	return low < 0 || text[2] != end ? -1 : high << 4 | low;
}

int mac_parse(const char *text, struct mac *ret_mac, struct vps_err *err)
{
	static const struct mac zero;
	struct mac mac;
	int i, byte;

	for (i = 0; i < 6; i++) {
		byte = pair_parse(text + 3 * i, i < 5 ? ':' : '\0');
		if (byte < 0)
			return vps_err_say(err, -VPS_EMISUSE,
					   "\"%s\" is no MAC address: write it as 02:00:00:00:00:01",
					   text);
		mac.bytes[i] = (uint8_t)byte;
	}
	if (mac.bytes[0] & 1)
		return vps_err_say(err, -VPS_EMISUSE,
				   "\"%s\" is a group address, which no link can have", text);
	if (memcmp(&mac, &zero, sizeof(mac)) == 0)
		return vps_err_say(err, -VPS_EMISUSE, "\"%s\" stands for no address", text);
	*ret_mac = mac;
	return 0;
}

const char *mac_format(const struct mac *mac, char buf[MAC_TEXT_SIZE])
{
	(void)snprintf(buf, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac->bytes[0],
		       mac->bytes[1], mac->bytes[2], mac->bytes[3], mac->bytes[4], mac->bytes[5]);
	return buf;
}

struct mac mac_from_bytes(const uint8_t bytes[6])
{
	struct mac mac;

	memcpy(mac.bytes, bytes, sizeof(mac.bytes));
	mac.bytes[0] = (uint8_t)((mac.bytes[0] & ~1) | 2);
	return mac;
}
