// SPDX-License-Identifier: LGPL-2.1-or-later
/* "network" of a vps.json; called by spec.c. */
#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "runtime/spec_parts.h"
#include "runtime/words.h"

#define MTU_LOWEST	68	/* RFC 791: what every IPv4 link carries */
#define MTU_HIGHEST	65535

static int read_mode(const struct doc_node *node, void *field)
{
	static const char *const words[] = {
		[SPEC_NET_BRIDGE] = "bridge", [SPEC_NET_NONE] = "none", NULL
	};
	unsigned word;
	int r = spec_read_word(node, words, &word);

	if (r == 0)
		*(enum spec_net *)field = (enum spec_net)word;
	return r;
}

static int read_bridge(const struct doc_node *node, void *field)
{
	const char **bridge = field;
	char shown[DOC_SHOWN];

	*bridge = doc_string(node);
	if (!*bridge)
		return node->doc->err->code;
	if (!word_is_interface(*bridge))
		return doc_fail(node, "%s is no interface's name: 1 to 15 characters, no /, :, %% or space",
				doc_quote(*bridge, shown));
	return 0;
}

static int read_address(const struct doc_node *node, void *field)
{
	const char **address = field;
	struct in_addr in;
	char shown[DOC_SHOWN];
	uint32_t host;

	*address = doc_string(node);
	if (!*address)
		return node->doc->err->code;
	if (inet_pton(AF_INET, *address, &in) != 1)
		return doc_fail(node, "%s is not an IPv4 address such as \"10.88.0.5\"",
				doc_quote(*address, shown));
	host = ntohl(in.s_addr);
	if (host >> 24 == 0 || host >> 24 == 127 || host >> 28 >= 14)
		return doc_fail(node, "%s is not an address that one host can have (not 0., 127., 224. and above)",
				doc_quote(*address, shown));
	return 0;
}

static int read_mac(const struct doc_node *node, void *field)
{
	char shown[DOC_SHOWN];
	const char *given = doc_string(node);
	char *mac = given ? arena_strdup(node->doc->arena, given) : NULL;
	bool is_good;
	size_t at;

	if (!mac)
		return given ? doc_no_memory(node) : node->doc->err->code;
	is_good = strlen(mac) == 17;
	for (at = 0; is_good && at < 17; at++) {
		is_good = at % 3 == 2 ? mac[at] == ':' : isxdigit((unsigned char)mac[at]);
		mac[at] = (char)tolower((unsigned char)mac[at]);
	}
	if (!is_good || strchr("13579bdf", mac[1]) || strcmp(mac, "00:00:00:00:00:00") == 0)
		return doc_fail(node, "%s is not a unicast MAC address such as \"02:00:5e:10:00:01\"",
				doc_quote(given, shown));
	*(const char **)field = mac;
	return 0;
}

static int read_resolver(const struct doc_node *node, void *item)
{
	const char **address = item;
	unsigned char raw[sizeof(struct in6_addr)];
	char shown[DOC_SHOWN];

	*address = doc_string(node);
	if (!*address)
		return node->doc->err->code;
	if (inet_pton(AF_INET, *address, raw) != 1 && inet_pton(AF_INET6, *address, raw) != 1)
		return doc_fail(node, "%s is not an IPv4 or IPv6 address", doc_quote(*address, shown));
	return 0;
}

static int read_dns(const struct doc_node *node, void *field)
{
	return doc_each(node, sizeof(char *), read_resolver, field, NULL);
}

const struct doc_key spec_network_keys[] = {
	{ "mode",    DOC_STRING,  DOC_FIELD(struct spec, network.mode), .read = read_mode },
	{ "bridge",  DOC_STRING,  DOC_FIELD(struct spec, network.bridge), .read = read_bridge },
	{ "address", DOC_STRING,  DOC_FIELD(struct spec, network.address), .read = read_address },
	{ "mac",     DOC_STRING,  DOC_FIELD(struct spec, network.mac), .read = read_mac },
	{ "mtu",     DOC_INTEGER, DOC_FIELD(struct spec, network.mtu),
	  .lowest = MTU_LOWEST, .highest = MTU_HIGHEST },
	{ "dns",     DOC_ARRAY,   DOC_FIELD(struct spec, network.dns), .read = read_dns },
	{ 0 }
};
