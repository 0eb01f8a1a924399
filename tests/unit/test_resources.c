// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of limits is sound, and each row reads, refuses and writes as it says. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "runtime/resources.h"

static void every_row_is_whole_and_found_by_its_name(void **state)
{
	char controller[16];
	int id;

	(void)state;
	for (id = 0; id < RESOURCES; id++) {
		const struct resource *row = &resources[id];

		assert_non_null(row->name);
		assert_non_null(row->summary);
		assert_int_equal(row->place == PLACE_QUOTA, row->file == NULL);
		assert_int_equal(row->place == PLACE_QUOTA || row->place == PLACE_LINK,
				 row->controller == NULL);
		if (row->controller) {
			(void)snprintf(controller, sizeof(controller), "%s.", row->controller);
			assert_memory_equal(row->file, controller, strlen(controller));
		}
		assert_int_equal(row->place == PLACE_DISK || row->place == PLACE_RDMA,
				 row->key != NULL);
		assert_true(row->is_text || row->lowest < row->highest);
		assert_int_equal(resource_find(row->name), id);
	}
	assert_int_equal(resource_find("memory.max"), RESOURCES);
	assert_int_equal(resource_find(""), RESOURCES);
}

static void every_row_takes_its_range_and_nothing_beyond(void **state)
{
	char text[40];
	int id;

	(void)state;
	for (id = 0; id < RESOURCES; id++) {
		const struct resource *row = &resources[id];
		struct vps_err err = { 0 }, above = { 0 }, max = { 0 };
		uint64_t value = 42;

		if (row->is_text)
			continue;
		(void)unit_format(row->unit, row->lowest, text, sizeof(text));
		assert_int_equal(resource_parse((enum resource_id)id, text, &value, &err), 0);
		assert_int_equal(value, row->lowest);
		(void)unit_format(row->unit, row->highest, text, sizeof(text));
		assert_int_equal(resource_parse((enum resource_id)id, text, &value, &err), 0);
		assert_int_equal(value, row->highest);
		(void)unit_format(row->unit, row->highest + (row->step ? row->step : 1), text, sizeof(text));
		assert_int_equal(resource_parse((enum resource_id)id, text, &value, &above), -EINVAL);
		assert_non_null(strstr(above.text, "is above"));
		assert_int_equal(value, row->highest);
		assert_int_equal(resource_parse((enum resource_id)id, "max", &value, &max),
				 row->takes_max ? 0 : -EINVAL);
		if (row->takes_max)
			assert_int_equal(value, UINT64_MAX);
	}
}

static void a_refusal_names_row_value_and_range(void **state)
{
	static const struct { enum resource_id id; const char *text, *error; } rows[] = {
		{ RES_PIDS, "0", "pids: 0 is below 1; allowed are 1 to 4194304, or max" },
		{ RES_PIDS, "-1", "pids: \"-1\" is not a whole number; allowed are" },
		{ RES_MEMORY, "1K", "memory: 1K is below 1M; allowed are 1M to 1048576T, or max" },
		{ RES_MEMORY, "1\n", "memory: \"1?\" is not a size such as" },
		{ RES_CPU_WEIGHT, "10001", "cpu.weight: 10001 is above 10000; allowed are 1 to 10000" },
		{ RES_CPUS, "99999999999999999999", "cpus: 99999999999999999999 is above 10000" },
		{ RES_CPU_SET, "9000", "cpu.set: \"9000\" is not a list of processors" },
		{ RES_NET_IN, "100M", "net.in: \"100M\" is not a rate such as 100Mbit; allowed are 100Kbit to 100Gbit, or max" },
		{ RES_NET_IN_BURST, "200000", "net.in.burst: 200000 is not a multiple of 1K" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct vps_err err = { 0 };
		uint64_t value;

		assert_int_equal(resource_parse(rows[i].id, rows[i].text, &value, &err), -EINVAL);
		assert_memory_equal(err.text, rows[i].error, strlen(rows[i].error));
	}
}

static void a_cpu_list_is_what_the_kernel_takes(void **state)
{
	static const char *const good[] = { "0", "0-3", "0,2-3,8191", "5,1" };
	static const char *const bad[] = {
		"", ",", "0,", ",0", "0-", "-1", "3-1", "0 1", "a", "8192", "99999999999999999999",
		"0-1-2", "1;2",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(good); i++)
		assert_true(resource_is_cpu_list(good[i]));
	for (i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(resource_is_cpu_list(bad[i]));
}

static void a_value_is_written_as_the_kernel_takes_it(void **state)
{
	static const struct { enum resource_id id; uint64_t value; const char *text; } rows[] = {
		{ RES_CPUS, 1500, "150000 100000" },
		{ RES_CPUS, 10, "1000 100000" },	/* the kernel takes no quota below 1 ms */
		{ RES_CPUS, UINT64_MAX, "max 100000" },
		{ RES_CPU_BURST, 500, "50000" },
		{ RES_MEMORY, 512 << 20, "536870912" },
		{ RES_MEMORY, UINT64_MAX, "max" },
		{ RES_IO_WEIGHT, 100, "default 100" },
		{ RES_SWAP, 0, "0" },
	};
	char text[40];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(resource_cg_text(rows[i].id, rows[i].value, text, sizeof(text)),
				    rows[i].text);
}

static void a_limit_by_device_is_a_line_for_each_device(void **state)
{
	static const struct resource_places places = { "8:0", "mlx5_0 rxe0" }, none = { "", "" };
	struct limits limits = { 0 };
	struct vps_err err = { 0 };
	char text[100];

	(void)state;
	limits.is_set[RES_IO_READ] = limits.is_set[RES_RDMA_OBJECTS] = true;
	limits.value[RES_IO_READ] = 1 << 20;
	limits.value[RES_RDMA_OBJECTS] = UINT64_MAX;
	assert_int_equal(resource_cg_lines(RES_IO_READ, &limits, &places, text, sizeof(text), &err), 0);
	assert_string_equal(text, "8:0 rbps=1048576");
	assert_int_equal(resource_cg_lines(RES_IO_WRITE, &limits, &places, text, sizeof(text), &err), 0);
	assert_string_equal(text, "8:0 wbps=max");
	assert_int_equal(resource_cg_lines(RES_RDMA_OBJECTS, &limits, &places, text, sizeof(text), &err),
			 0);
	assert_string_equal(text, "mlx5_0 hca_object=max\nrxe0 hca_object=max");
	assert_int_equal(resource_cg_lines(RES_RDMA_OBJECTS, &limits, &places, text, 12, &err), -ENOSPC);
	err = (struct vps_err){ 0 };
	assert_int_equal(resource_cg_lines(RES_IO_READ, &limits, &none, text, sizeof(text), &err),
			 -VPS_EHOST);
	assert_memory_equal(err.text, "io.read: ", 9);
}

static void the_two_rows_of_one_way_are_one_text(void **state)
{
	static const struct resource_places none = { "", "" };
	static const struct {
		uint64_t rate, burst;	/* 0: not set */
		const char *text;
	} rows[] = {
		{ 20000000, 0, "20000000 24576" }, { 1000000, 0, "1000000 16384" }, { 1000000000, 0, "1000000000 1249280" },
		{ 20000000, 1 << 20, "20000000 1048576" }, { UINT64_MAX, 1 << 20, "max 0" },
		{ 0, 0, "max 0" },
	};
	static const enum resource_id ways[][2] = {
		{ RES_NET_IN, RES_NET_IN_BURST }, { RES_NET_OUT, RES_NET_OUT_BURST },
	};
	size_t i, k, row;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		for (k = 0; k < ARRAY_LEN(ways); k++)
			for (row = 0; row < 2; row++) {
				struct limits limits = { 0 };
				struct vps_err err = { 0 };
				uint64_t value;
				char text[48];

				limits.value[ways[k][0]] = rows[i].rate;
				limits.value[ways[k][1]] = rows[i].burst;
				limits.is_set[ways[k][0]] = rows[i].rate;
				limits.is_set[ways[k][1]] = rows[i].burst;
				assert_int_equal(resource_cg_lines(ways[k][row], &limits, &none, text,
								   sizeof(text), &err), 0);
				assert_string_equal(text, rows[i].text);
				assert_int_equal(resource_cg_parse(ways[k][row], text, &none, &value), 0);
				if (strcmp(text, "max 0") == 0)
					assert_int_equal(value, row ? 0 : UINT64_MAX);
				else
					assert_int_equal(value, resource_value(&limits, ways[k][row]));
			}
}

static void what_the_kernel_shows_is_understood(void **state)
{
	static const struct resource_places places = { "8:0", "mlx5_0" };
	static const char io_max[] = "8:16 rbps=7 wbps=8 riops=9 wiops=10\n8:0 rbps=1 wbps=max riops=3 wiops=4\n";
	static const struct { enum resource_id id; const char *text; uint64_t value; } rows[] = {
		{ RES_CPUS, "150000 100000\n", 1500 }, { RES_CPUS, "max 100000", UINT64_MAX },
		{ RES_CPUS, "50000 50000", 1000 },	{ RES_CPU_BURST, "50000\n", 500 },
		{ RES_MEMORY, "max\n", UINT64_MAX },	{ RES_MEMORY_MIN, "4096\n", 4096 },
		{ RES_IO_WEIGHT, "default 200\n8:0 10\n", 200 },
		{ RES_IO_READ, io_max, 1 },		{ RES_IO_WRITE, io_max, UINT64_MAX },
		{ RES_IO_READ_OPS, io_max, 3 },		{ RES_IO_WRITE_OPS, io_max, 4 },
		{ RES_IO_READ, "", UINT64_MAX },	{ RES_IO_READ, "8:16 rbps=7", UINT64_MAX },
		{ RES_RDMA_HANDLES, "mlx5_0 hca_handle=2 hca_object=max", 2 },
	};
	uint64_t value;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(resource_cg_parse(rows[i].id, rows[i].text, &places, &value), 0);
		assert_int_equal(value, rows[i].value);
	}
	assert_int_equal(resource_cg_parse(RES_MEMORY, "lots", &places, &value), -EBADMSG);
	assert_int_equal(resource_cg_parse(RES_CPUS, "100", &places, &value), -EBADMSG);
	assert_int_equal(resource_cg_parse(RES_NET_IN, "100", &places, &value), -EBADMSG);
	assert_int_equal(resource_cg_parse(RES_NET_IN, "max", &places, &value), -EBADMSG);
	assert_int_equal(resource_cg_parse(RES_MEMORY, "99999999999999999999", &places, &value), -EBADMSG);
}

/* What ceil(10^((log2(n)^2 + 125 log2(n)) / 612 - 7/34)) gives with a library of mathematics. */
static void shares_become_the_weight_of_the_formula(void **state)
{
	static const struct { uint64_t shares, weight; } rows[] = {
		{ 0, 1 }, { 1, 1 }, { 2, 1 }, { 3, 2 }, { 4, 2 }, { 10, 4 },
		{ 51, 11 }, { 100, 17 }, { 102, 17 }, { 256, 35 }, { 512, 59 }, { 1000, 99 },
		{ 1023, 100 }, { 1024, 100 }, { 1025, 101 }, { 2048, 174 }, { 4096, 303 }, { 10240, 639 },
		{ 65536, 3023 }, { 100000, 4340 }, { 200000, 7899 }, { 262143, 10000 }, { 262144, 10000 }, { 1000000, 10000 },
	};
	uint64_t shares, before = 1;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(resource_weight_of_shares(rows[i].shares), rows[i].weight);
	for (shares = 0; shares < 300000; shares += 7) {
		uint64_t weight = resource_weight_of_shares(shares);

		assert_in_range(weight, before, 10000);
		before = weight;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_whole_and_found_by_its_name),
		cmocka_unit_test(every_row_takes_its_range_and_nothing_beyond),
		cmocka_unit_test(a_refusal_names_row_value_and_range),
		cmocka_unit_test(a_cpu_list_is_what_the_kernel_takes),
		cmocka_unit_test(a_value_is_written_as_the_kernel_takes_it),
		cmocka_unit_test(a_limit_by_device_is_a_line_for_each_device),
		cmocka_unit_test(the_two_rows_of_one_way_are_one_text),
		cmocka_unit_test(what_the_kernel_shows_is_understood),
		cmocka_unit_test(shares_become_the_weight_of_the_formula),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
