// SPDX-License-Identifier: LGPL-2.1-or-later
/* Unit tests of isolation/rdt.c, on a directory that plays resctrl. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fileio.h"
#include "base/own.h"
#include "isolation/rdt.h"

static char place[] = "/tmp/rdt.XXXXXX";

static int make_place(void **state)
{
	(void)state;
	return mkdtemp(place) ? 0 : -1;
}

static int remove_place(void **state)
{
	struct vps_err err = { 0 };
	OWN_FD fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	return tree_remove(fd, place + strlen("/tmp/"), &err);
}

static void put(const char *name, const char *text)
{
	char path[200];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", place, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static const char *get(const char *name, char text[200])
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", place, name);
	return file_read_line(AT_FDCWD, path, text, 200) < 0 ? "" : text;
}

static void make_dir(const char *name)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", place, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static bool exists(const char *name)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "%s/%s", place, name);
	return access(path, F_OK) == 0;
}

static void without_resctrl_it_is_refused_by_name(void **state)
{
	const struct rdt rdt = { .clos = "a" };
	struct vps_err err = { 0 };

	(void)state;
	assert_int_equal(rdt_create(NULL, &rdt, "c1", &err), -VPS_EHOST);
	assert_non_null(strstr(err.text, "linux.intelRdt: resctrl is not mounted"));
	rdt_remove(NULL, &rdt, "c1");
}

static void a_class_that_is_there_is_joined_when_its_schemata_are_the_same(void **state)
{
	static const char *const lines[] = { "MB: 0=50; 1=100", NULL };
	struct rdt rdt = { .clos = "shared", .l3 = "L3:0=00ff;1=f", .schemata = lines };
	struct vps_err err = { 0 };
	char text[200];

	(void)state;
	make_dir("shared");
	put("shared/schemata", "    L3:0=ff;1=f\n    MB:0= 50;1=100\n");
	put("shared/tasks", "");
	assert_int_equal(rdt_create(place, &rdt, "c1", &err), 0);
	assert_int_equal(rdt_add(place, &rdt, "c1", 1234, &err), 0);
	assert_string_equal(get("shared/tasks", text), "1234");
	rdt.l3 = "L3:0=0f;1=f";
	assert_int_equal(rdt_create(place, &rdt, "c1", &err), -EEXIST);
	assert_non_null(strstr(err.text, "linux.intelRdt: the class is there already, and has other schemata than L3:0=0f;1=f"));
	rdt_remove(place, &rdt, "c1");
	assert_true(exists("shared/schemata"));
}

static void a_class_of_that_name_alone_must_be_there(void **state)
{
	const struct rdt rdt = { .clos = "missing" }, root = { .clos = "/" };
	struct vps_err err = { 0 }, second = { 0 };
	char text[200];

	(void)state;
	assert_int_equal(rdt_create(place, &rdt, "c1", &err), -ENOENT);
	assert_false(exists("missing"));
	put("tasks", "");
	assert_int_equal(rdt_create(place, &root, "c1", &second), 0);
	assert_int_equal(rdt_add(place, &root, "c1", 77, &second), 0);
	assert_string_equal(get("tasks", text), "77");
}

static void what_is_made_and_cannot_be_filled_goes_again(void **state)
{
	/* Here the kernel puts no files into it. */
	const struct rdt own = { .l3 = "L3:0=f" }, named = { .clos = "named", .bandwidth = "MB:0=10" };
	struct vps_err err = { 0 }, second = { 0 };

	(void)state;
	assert_int_equal(rdt_create(place, &own, "c2", &err), -ENOENT);
	assert_non_null(strstr(err.text, "cannot set schemata to L3:0=f"));
	assert_false(exists("c2"));
	assert_int_equal(rdt_create(place, &named, "c2", &second), -ENOENT);
	assert_false(exists("named"));
}

static void a_class_of_its_own_and_its_monitoring_group_go_with_the_container(void **state)
{
	const struct rdt own = { 0 }, monitored = { .clos = "watched", .is_monitored = true };
	struct vps_err err = { 0 };

	(void)state;
	assert_int_equal(rdt_create(place, &own, "c3", &err), 0);
	assert_true(exists("c3"));
	rdt_remove(place, &own, "c3");
	assert_false(exists("c3"));
	make_dir("watched");
	make_dir("watched/mon_groups");
	assert_int_equal(rdt_create(place, &monitored, "c3", &err), 0);
	assert_true(exists("watched/mon_groups/c3"));
	rdt_remove(place, &monitored, "c3");
	assert_false(exists("watched/mon_groups/c3"));
	assert_true(exists("watched"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_resctrl_it_is_refused_by_name),
		cmocka_unit_test(a_class_that_is_there_is_joined_when_its_schemata_are_the_same),
		cmocka_unit_test(a_class_of_that_name_alone_must_be_there),
		cmocka_unit_test(what_is_made_and_cannot_be_filled_goes_again),
		cmocka_unit_test(a_class_of_its_own_and_its_monitoring_group_go_with_the_container),
	};

	return cmocka_run_group_tests(tests, make_place, remove_place);
}
