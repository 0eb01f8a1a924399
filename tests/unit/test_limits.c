// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes of limits are read, carried out and refused as they say. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "runtime/limits.h"

/* The setting carried out on memory=1G, cpus=1.5, cpu.set=0-1; the result as people write it, or the error. */
static const char *after(const char *setting, char *buf, size_t size)
{
	static struct limits limits;
	static struct vps_err err;
	struct limit_change change;

	limits = (struct limits){ 0 };
	err = (struct vps_err){ 0 };
	limits.is_set[RES_MEMORY] = limits.is_set[RES_CPUS] = limits.is_set[RES_CPU_SET] = true;
	limits.value[RES_MEMORY] = UINT64_C(1) << 30;
	limits.value[RES_CPUS] = 1500;
	limits.text[RES_CPU_SET] = "0-1";
	if (limits_read_change(setting, &change, &err) < 0 ||
	    limits_apply(&limits, &change, &err) < 0)
		return err.text;
	return limits_format(&limits, change.id, buf, size);
}

static void a_change_is_carried_out_or_refused_with_its_sentence(void **state)
{
	static const struct { const char *setting, *result; } rows[] = {
		{ "memory=2G", "2G" },
		{ "memory=max", "max" },
		{ "memory=default", "default" },
		{ "memory=+512M", "1536M" },
		{ "memory=-1000M", "24M" },
		{ "memory=-1G", "memory: 0 is below 1M" },
		{ "memory=-2G", "memory: 1G - 2G is out of range" },
		{ "memory=+18446744073709551614", "memory: 1G + 18446744073709551614 is out of range" },
		{ "memory=+max", "memory: \"+max\" is not a difference" },
		{ "memory=+", "memory: \"+\" is not a difference" },
		{ "memory=--1", "memory: \"--1\" is not a difference" },
		{ "memory=", "memory: \"\" is not a size" },
		{ "memory", "\"memory\" is not KEY=VALUE" },
		{ "=1", "\"=1\" is not KEY=VALUE" },
		{ "memroy=1G", "\"memroy=1G\": no limit has this name" },
		{ "cpus=+0.25", "1.75" },
		{ "cpu.weight=+50", "150" },
		{ "pids=+1", "8193" },
		{ "swap=+1G", "swap: +1G of no limit; give it an amount first" },
		{ "cpu.set=1", "1" },
		{ "cpu.set=default", "default" },
		{ "cpu.set=+1", "cpu.set: nothing can be added to a list" },
		{ "cpu.set=x", "cpu.set: \"x\" is not a list" },
		{ "net.in=100Mbit", "100Mbit" },
		{ "net.in=1000000000", "1Gbit" },
		{ "net.in=+1Mbit", "net.in: +1Mbit of no limit" },
	};
	char buf[40];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		const char *result = after(rows[i].setting, buf, sizeof(buf));

		if (strncmp(result, rows[i].result, strlen(rows[i].result)) != 0)
			fail_msg("%s: %s", rows[i].setting, result);
	}
}

static void unset_is_the_same_as_its_fallback(void **state)
{
	struct limits a = { 0 }, b = { 0 };

	(void)state;
	b.is_set[RES_CPU_WEIGHT] = b.is_set[RES_PIDS] = b.is_set[RES_CPU_SET] = true;
	b.value[RES_CPU_WEIGHT] = 100;
	b.value[RES_PIDS] = 100;
	b.text[RES_CPU_SET] = "0";
	assert_true(limits_are_equal(&a, &b, RES_CPU_WEIGHT));
	assert_false(limits_are_equal(&a, &b, RES_PIDS));
	assert_false(limits_are_equal(&a, &b, RES_CPU_SET));
	assert_true(limits_are_equal(&b, &b, RES_CPU_SET));
}

static void a_combination_that_cannot_be_is_named(void **state)
{
	struct limits limits = { 0 };
	struct vps_err err = { 0 };

	(void)state;
	limits.is_set[RES_MEMORY] = limits.is_set[RES_MEMORY_MIN] = true;
	limits.value[RES_MEMORY] = 1 << 20;
	limits.value[RES_MEMORY_MIN] = 2 << 20;
	assert_int_equal(limits_check(&limits, "", &err), -EINVAL);
	assert_string_equal(err.text, "memory.min: 2M is above memory, 1M");
	limits.value[RES_MEMORY] = UINT64_MAX;
	err = (struct vps_err){ 0 };
	assert_int_equal(limits_check(&limits, "", &err), 0);
}

static void a_burst_is_of_a_rate_and_no_more_than_a_minute_of_it(void **state)
{
	struct limits limits = { 0 };
	struct vps_err err = { 0 }, longer = { 0 }, none = { 0 };

	(void)state;
	limits.is_set[RES_NET_OUT_BURST] = true;
	limits.value[RES_NET_OUT_BURST] = 60 << 20;
	assert_int_equal(limits_check(&limits, "", &err), -EINVAL);
	assert_string_equal(err.text, "net.out.burst: 60M without net.out, which it is above");
	limits.is_set[RES_NET_OUT] = true;
	limits.value[RES_NET_OUT] = 8 << 20;
	assert_int_equal(limits_check(&limits, "", &longer), 0);
	limits.value[RES_NET_OUT] -= 8;
	assert_int_equal(limits_check(&limits, "x.", &longer), -EINVAL);
	assert_string_equal(longer.text, "x.net.out.burst: 60M is more than passes in 60 s at x.net.out, 8388600bit; allowed are at most 61439K");
	limits.value[RES_NET_OUT] = UINT64_MAX;		/* nothing to be above, and kept for later */
	assert_int_equal(limits_check(&limits, "", &none), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_is_carried_out_or_refused_with_its_sentence),
		cmocka_unit_test(unset_is_the_same_as_its_fallback),
		cmocka_unit_test(a_combination_that_cannot_be_is_named),
		cmocka_unit_test(a_burst_is_of_a_rate_and_no_more_than_a_minute_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
