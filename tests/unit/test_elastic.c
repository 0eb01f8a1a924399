// SPDX-License-Identifier: GPL-2.0-or-later
/* Elastic limits grow where somebody waits, give back where nobody does, and do not swing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/own.h"
#include "runtime/elastic.h"

#define MIB	(UINT64_C(1) << 20)
#define SEC	1000

static const struct elastic plan = {
	.has_floor = { true, true },
	.has_ceiling = { true, true },
	.floor = { 64 * MIB, 50 },
	.ceiling = { 1024 * MIB, 400 },
	.percent = 10,
};

/* A VPS over time: what it is told, and what it then has. */
struct run {
	struct elastic_state state;
	struct elastic_look  look;
};

static struct run run_of(uint64_t limit, uint64_t used)
{
	return (struct run){ .look = { .now_msec = 1000 * SEC, .limit = limit, .used = used,
				       .room = UINT64_MAX } };
}

/* sec later, with that pressure. Returns the limit that follows. */
static uint64_t after(struct run *run, int sec, unsigned permille)
{
	run->look.now_msec += sec * SEC;
	run->look.permille = permille;
	run->look.limit = elastic_decide(&plan, ELASTIC_MEMORY, &run->look, &run->state);
	return run->look.limit;
}

static void pressure_makes_it_grow_a_quarter_at_a_time_up_to_the_ceiling(void **state)
{
	struct run run = run_of(400 * MIB, 400 * MIB);

	(void)state;
	assert_int_equal(after(&run, 2, 99), 400 * MIB);
	assert_int_equal(after(&run, 2, 100), 500 * MIB);
	assert_int_equal(after(&run, 1, 500), 500 * MIB);	/* what it did shows after two seconds */
	assert_int_equal(after(&run, 1, 500), 625 * MIB);
	assert_int_equal(after(&run, 2, 500), 781 * MIB);
	assert_int_equal(after(&run, 2, 500), 976 * MIB);
	assert_int_equal(after(&run, 2, 500), 1024 * MIB);
	assert_int_equal(after(&run, 2, 1000), 1024 * MIB);
}

static void it_never_grows_beyond_the_room_of_the_host(void **state)
{
	struct run run = run_of(400 * MIB, 400 * MIB);

	(void)state;
	run.look.room = 10 * MIB + 5;
	assert_int_equal(after(&run, 2, 500), 410 * MIB);
	run.look.room = MIB - 1;
	assert_int_equal(after(&run, 2, 500), 410 * MIB);
	run.look.room = 0;
	assert_int_equal(after(&run, 2, 500), 410 * MIB);
}

static void what_nobody_waits_for_is_given_back_down_to_the_floor(void **state)
{
	struct run run = run_of(1024 * MIB, 1000 * MIB);
	uint64_t before;
	int i;

	(void)state;
	assert_int_equal(after(&run, 10, 0), 1024 * MIB);
	assert_int_equal(after(&run, 20, 24), 1024 * MIB);
	assert_int_equal(after(&run, 10, 0), 960 * MIB);
	assert_int_equal(after(&run, 5, 0), 960 * MIB);
	assert_int_equal(after(&run, 5, 0), 900 * MIB);
	run.look.used = 100 * MIB;	/* most of it is not used at all */
	assert_int_equal(after(&run, 10, 0), 125 * MIB);
	run.look.used = 0;
	assert_int_equal(after(&run, 10, 0), 64 * MIB);
	for (i = 0, before = 64 * MIB; i < 100; i++)
		assert_int_equal(after(&run, 10, 0), before);
}

static void a_little_pressure_keeps_it_where_it_is(void **state)
{
	struct run run = run_of(400 * MIB, 100 * MIB);
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		assert_int_equal(after(&run, 10, 25 + (unsigned)(i % 75)), 400 * MIB);
	/* calm is counted from when it began */
	assert_int_equal(after(&run, 10, 0), 400 * MIB);
	assert_int_equal(after(&run, 20, 0), 400 * MIB);
	assert_int_equal(after(&run, 10, 0), 125 * MIB);
}

/* How long until it gives back what it has just grown. */
static int kept_sec(struct run *run)
{
	uint64_t limit = after(run, 2, 500);
	int sec;

	for (sec = 0; after(run, 1, 0) == limit; sec++)
		assert_in_range(sec, 0, 1000);
	return sec + 1;
}

static void what_is_wanted_again_soon_is_kept_longer_each_time(void **state)
{
	struct run run = run_of(400 * MIB, 400 * MIB);
	int first, i, last;

	(void)state;
	first = kept_sec(&run);
	assert_in_range(first, 60, 62);
	assert_in_range(kept_sec(&run), 2 * first - 4, 2 * first + 4);
	for (i = 0; i < 10; i++)
		last = kept_sec(&run);
	assert_in_range(last, 950, 970);
	(void)after(&run, 100, 50);	/* not so soon: anew */
	assert_in_range(kept_sec(&run), first - 2, first + 2);
}

static void what_cannot_be_had_is_not_asked_for_again_and_again(void **state)
{
	struct run run = run_of(400 * MIB, 400 * MIB);
	int tries = 0, sec;

	(void)state;
	for (sec = 0; sec < 3600; sec += 10)
		if (after(&run, 10, 0) != 400 * MIB) {
			run.look.limit = 400 * MIB;
			elastic_refused(&run.state, run.look.now_msec);
			tries++;
		}
	assert_in_range(tries, 10, 61);
}

static void a_share_moves_by_its_own_steps(void **state)
{
	struct elastic_look look = { .now_msec = 1000, .limit = 50, .used = 50, .room = UINT64_MAX,
				     .permille = 100 };
	struct elastic_state begin = { 0 };

	(void)state;
	assert_int_equal(elastic_decide(&plan, ELASTIC_CPU_WEIGHT, &look, &begin), 62);
	look.limit = 390;
	begin = (struct elastic_state){ 0 };
	assert_int_equal(elastic_decide(&plan, ELASTIC_CPU_WEIGHT, &look, &begin), 400);
	look.permille = 0;
	begin = (struct elastic_state){ .calm_msec = 1 };
	look.now_msec = 100 * SEC;
	assert_int_equal(elastic_decide(&plan, ELASTIC_CPU_WEIGHT, &look, &begin), 366);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pressure_makes_it_grow_a_quarter_at_a_time_up_to_the_ceiling),
		cmocka_unit_test(it_never_grows_beyond_the_room_of_the_host),
		cmocka_unit_test(what_nobody_waits_for_is_given_back_down_to_the_floor),
		cmocka_unit_test(a_little_pressure_keeps_it_where_it_is),
		cmocka_unit_test(what_is_wanted_again_soon_is_kept_longer_each_time),
		cmocka_unit_test(what_cannot_be_had_is_not_asked_for_again_and_again),
		cmocka_unit_test(a_share_moves_by_its_own_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
