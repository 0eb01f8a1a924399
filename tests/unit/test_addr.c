// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses survive the way to text and back, and nothing else is taken for one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/own.h"
#include "netns/addr.h"

static void addr_parse_and_format_agree(void **state)
{
	static const struct { const char *text, *whole, *host; int family, prefix; } rows[] = {
		{ "10.173.0.2/16", "10.173.0.2/16", "10.173.0.2", AF_INET, 16 },
		{ "10.173.0.2", "10.173.0.2/32", "10.173.0.2", AF_INET, 32 },
		{ "0.0.0.0/0", "0.0.0.0/0", "0.0.0.0", AF_INET, 0 },
		{ "fd00:0::2/64", "fd00::2/64", "fd00::2", AF_INET6, 64 },
		{ "::1", "::1/128", "::1", AF_INET6, 128 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
		  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", AF_INET6, 128 },
	};
	struct vps_err err = { 0 };
	char buf[ADDR_TEXT_SIZE];
	struct addr addr;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(addr_parse(rows[i].text, &addr, &err), 0);
		assert_int_equal(addr.family, rows[i].family);
		assert_int_equal(addr.prefix, rows[i].prefix);
		assert_string_equal(addr_format(&addr, buf), rows[i].whole);
		assert_string_equal(addr_format_host(&addr, buf), rows[i].host);
	}
}

static void addr_parse_refuses_and_says_how(void **state)
{
	static const char *const rows[] = {
		"", "/", "10", "10.1.2", "10.1.2.256", "10.1.2.3/33", "10.1.2.3/", "10.1.2.3/ 8",
		"10.1.2.3/-1", "10.1.2.3/8/8", " 10.1.2.3", "10.1.2.3 ", "fd00::2/129", "fd00:::2",
		"web1", "10.1.2.3/99999999999999999999", "010.1.2.3",
		"11111111111111111111111111111111111111111111111111111111111111111111",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct addr addr = { .family = 99 };
		struct vps_err err = { 0 };

		assert_int_equal(addr_parse(rows[i], &addr, &err), -VPS_EMISUSE);
		assert_int_equal(addr.family, 99);
		assert_non_null(strchr(err.text, '"'));
	}
}

static void addr_contains_compares_the_prefix_only(void **state)
{
	static const struct { const char *network, *host; bool is_in; } rows[] = {
		{ "10.173.0.1/16", "10.173.255.255", true },
		{ "10.173.0.1/16", "10.174.0.1", false },
		{ "10.173.0.1/20", "10.173.15.255", true },
		{ "10.173.0.1/20", "10.173.16.0", false },
		{ "10.173.0.1/32", "10.173.0.1", true },
		{ "10.173.0.1/31", "10.173.0.2", false },
		{ "0.0.0.0/0", "255.255.255.255", true },
		{ "0.0.0.0/0", "::1", false },
		{ "fd00::/9", "fd7f::1", true },
		{ "fd00::/9", "fd80::1", false },
		{ "fd00::1/128", "fd00::1", true },
	};
	struct addr network, host;
	struct vps_err err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(addr_parse(rows[i].network, &network, &err), 0);
		assert_int_equal(addr_parse(rows[i].host, &host, &err), 0);
		assert_int_equal(addr_contains(&network, &host), rows[i].is_in);
	}
	memset(&network, 0, sizeof(network));
	assert_false(addr_contains(&network, &network));
}

static void addr_without_family_is_empty_text(void **state)
{
	const struct addr none = { 0 };
	char buf[ADDR_TEXT_SIZE] = "x";

	(void)state;
	assert_string_equal(addr_format(&none, buf), "");
	assert_int_equal(addr_size(&none), 0);
}

static void ipv4_numbers_are_in_host_order(void **state)
{
	struct addr addr = addr_from_ipv4(0x0aad0002, 16);
	char buf[ADDR_TEXT_SIZE];

	(void)state;
	assert_string_equal(addr_format(&addr, buf), "10.173.0.2/16");
	assert_int_equal(addr_to_ipv4(&addr), 0x0aad0002);
}

static void mac_parse_and_format_agree(void **state)
{
	struct vps_err err = { 0 };
	char buf[MAC_TEXT_SIZE];
	struct mac mac;

	(void)state;
	assert_int_equal(mac_parse("02:aB:00:fF:10:99", &mac, &err), 0);
	assert_string_equal(mac_format(&mac, buf), "02:ab:00:ff:10:99");
}

static void mac_parse_refuses_what_no_link_can_have(void **state)
{
	static const char *const rows[] = {
		"", "02", "02:00:00:00:00", "02:00:00:00:00:01:02", "02-00-00-00-00-01",
		"02:00:00:00:00:0g", "2:0:0:0:0:1", "01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff",
		"00:00:00:00:00:00", "02:00:00:00:00:01 ",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct vps_err err = { 0 };
		struct mac mac;

		assert_int_equal(mac_parse(rows[i], &mac, &err), -VPS_EMISUSE);
		assert_non_null(strchr(err.text, '"'));
	}
}

static void mac_from_bytes_is_local_and_no_group(void **state)
{
	unsigned int first;

	(void)state;
	for (first = 0; first < 256; first++) {
		const uint8_t bytes[6] = { (uint8_t)first, 1, 2, 3, 4, 5 };
		struct mac mac = mac_from_bytes(bytes);

		assert_int_equal(mac.bytes[0] & 3, 2);
		assert_memory_equal(mac.bytes + 1, bytes + 1, 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addr_parse_and_format_agree),
		cmocka_unit_test(addr_parse_refuses_and_says_how),
		cmocka_unit_test(addr_contains_compares_the_prefix_only),
		cmocka_unit_test(addr_without_family_is_empty_text),
		cmocka_unit_test(ipv4_numbers_are_in_host_order),
		cmocka_unit_test(mac_parse_and_format_agree),
		cmocka_unit_test(mac_parse_refuses_what_no_link_can_have),
		cmocka_unit_test(mac_from_bytes_is_local_and_no_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
