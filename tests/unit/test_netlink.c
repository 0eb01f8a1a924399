// SPDX-License-Identifier: GPL-2.0-or-later
/* A request that does not fit is refused as a whole, and never written past its end. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <linux/rtnetlink.h>

#include "base/own.h"
#include "netns/link.h"
#include "netns/netlink.h"

static const struct ifinfomsg any;

/* The request and a fence behind it. */
static struct {
	struct nl_request rq;
	unsigned char fence[64];
} fenced;

static int begin(void **state)
{
	(void)state;
	memset(&fenced, 0xa5, sizeof(fenced));
	nl_begin(&fenced.rq);
	return 0;
}

static int check_fence(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(fenced.fence); i++)
		if (fenced.fence[i] != 0xa5)
			return -1;
	return 0;
}

static void attributes_that_do_not_fit_set_the_flag_once_and_for_all(void **state)
{
	struct nl_request *rq = &fenced.rq;
	struct vps_err err = { 0 };
	char text[1000];
	int i;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	nl_message(rq, RTM_GETLINK, 0, &any, sizeof(any), "x");
	for (i = 0; i < 5; i++) {
		assert_false(rq->overflowed);
		nl_put_text(rq, IFLA_IFNAME, text);
	}
	assert_true(rq->overflowed);
	nl_put_u8(rq, IFLA_GROUP, 1);
	nl_put_raw(rq, &any, sizeof(any));
	assert_null(nl_nest(rq, IFLA_LINKINFO));
	nl_nest_end(rq, NULL);
	assert_int_equal(nl_send(FD_NONE, rq, &err), -EMSGSIZE);
}

static void every_length_up_to_the_end_is_safe(void **state)
{
	struct nl_request *rq = &fenced.rq;
	static char bytes[sizeof(rq->room)];
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(bytes); len++) {
		nl_begin(rq);
		nl_message(rq, RTM_GETLINK, 0, &any, sizeof(any), "x");
		nl_put(rq, IFLA_IFNAME, bytes, len);
		nl_put(rq, IFLA_IFNAME, bytes, 40);
		nl_put_raw(rq, bytes, 40);
		nl_message(rq, RTM_GETLINK, 0, &any, sizeof(any), "x");
		assert_int_equal(check_fence(NULL), 0);
	}
}

static void messages_beyond_the_table_set_the_flag(void **state)
{
	struct nl_request *rq = &fenced.rq;
	unsigned int i;

	(void)state;
	for (i = 0; i < NL_MESSAGES; i++)
		nl_message(rq, RTM_GETLINK, 0, &any, sizeof(any), "link %u", i);
	assert_false(rq->overflowed);
	nl_message(rq, RTM_GETLINK, 0, &any, sizeof(any), "one too many");
	assert_true(rq->overflowed);
	assert_int_equal(rq->count, NL_MESSAGES);
}

static void an_attribute_without_a_message_sets_the_flag(void **state)
{
	struct vps_err err = { 0 };

	(void)state;
	nl_put_u32(&fenced.rq, IFLA_MTU, 1500);
	assert_true(fenced.rq.overflowed);
	nl_begin(&fenced.rq);
	assert_int_equal(nl_send(FD_NONE, &fenced.rq, &err), -EMSGSIZE);
}

static void a_long_object_name_is_cut_not_overrun(void **state)
{
	char name[500];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	nl_message(&fenced.rq, RTM_GETLINK, 0, &any, sizeof(any), "link %s", name);
	assert_int_equal(strlen(fenced.rq.what[0]), NL_TEXT_SIZE - 1);
}

static void link_names_are_what_the_kernel_takes(void **state)
{
	static const char *const good[] = { "vps0", "a", "vps-0123456789a", "eth0.1" };
	static const char *const bad[] = {
		"", ".", "..", "vps-0123456789ab", "a/b", "a b", "a:1", "a\n", "vps%d",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(good); i++) {
		struct vps_err err = { 0 };

		assert_int_equal(link_check_name(good[i], &err), 0);
	}
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		struct vps_err err = { 0 };

		assert_int_equal(link_check_name(bad[i], &err), -VPS_EMISUSE);
	}
}

/* Asking for a link needs no privileges. */
static void loopback_is_found_and_a_stranger_is_not(void **state)
{
	struct vps_err err = { 0 };
	OWN_FD fd = nl_open(&err);
	struct link link;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(link_find(fd, "lo", &link, &err), 0);
	assert_int_equal(link.index, 1);
	assert_string_equal(link.kind, "");
	assert_int_equal(link_find(fd, "nosuchlink", &link, &err), -ENODEV);
	assert_non_null(strstr(err.text, "\"nosuchlink\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			attributes_that_do_not_fit_set_the_flag_once_and_for_all, begin, check_fence),
		cmocka_unit_test_setup_teardown(every_length_up_to_the_end_is_safe, begin,
						check_fence),
		cmocka_unit_test_setup_teardown(messages_beyond_the_table_set_the_flag, begin,
						check_fence),
		cmocka_unit_test_setup_teardown(an_attribute_without_a_message_sets_the_flag,
						begin, check_fence),
		cmocka_unit_test_setup_teardown(a_long_object_name_is_cut_not_overrun, begin,
						check_fence),
		cmocka_unit_test(link_names_are_what_the_kernel_takes),
		cmocka_unit_test(loopback_is_found_and_a_stranger_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
