// SPDX-License-Identifier: GPL-2.0-or-later
/* No two VPSs share an address, a MAC, a link or an id, whoever asks at once. */
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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fileio.h"
#include "base/own.h"
#include "runtime/registry.h"

#define FILE_NAME "registry.db"

/* A directory of its own for each test, also in place of /etc. */
static struct {
	char		path[64];
	int		fd;
	struct registry	*registry;
} root;

static void must(int r, const struct vps_err *err)
{
	if (r < 0)
		fail_msg("%d: %s", r, err->text);
}

static void reopen(void)
{
	struct vps_err err = { 0 };

	registry_close(root.registry);
	root.registry = NULL;
	must(registry_open(root.fd, &root.registry, &err), &err);
	registry_use_etc(root.registry, root.fd);
}

static int make_root(void **state)
{
	(void)state;
	(void)snprintf(root.path, sizeof(root.path), "/tmp/test_registry.XXXXXX");
	if (!mkdtemp(root.path))
		return -1;
	root.fd = open(root.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	reopen();
	return 0;
}

static int remove_root(void **state)
{
	struct vps_err err = { 0 };

	(void)state;
	registry_close(root.registry);
	root.registry = NULL;
	close(root.fd);
	return tree_remove(AT_FDCWD, root.path, &err);
}

static struct allocation allocate(const char *name)
{
	struct vps_err err = { 0 };
	struct allocation got = { 0 };

	must(registry_allocate(root.registry, name, REGISTRY_NETWORK, NULL, &got, &err), &err);
	return got;
}

static struct addr parse(const char *text)
{
	struct vps_err err = { 0 };
	struct addr addr = { 0 };

	must(addr_parse(text, &addr, &err), &err);
	return addr;
}

static void set_pool(const char *gateway)
{
	struct vps_err err = { 0 };
	struct addr addr = parse(gateway);

	must(registry_network_set(root.registry, REGISTRY_NETWORK, &addr, &err), &err);
}

static void assert_host(const struct addr *addr, const char *text)
{
	char buf[ADDR_TEXT_SIZE];

	assert_string_equal(addr_format(addr, buf), text);
}

/* Everything about two allocations but their network differs. */
static void assert_distinct(const struct allocation *a, const struct allocation *b)
{
	assert_string_not_equal(a->name, b->name);
	assert_string_not_equal(a->uuid, b->uuid);
	assert_string_not_equal(a->link_name, b->link_name);
	assert_int_not_equal(a->id_start, b->id_start);
	assert_false(addr_is_same_host(&a->address, &b->address));
	assert_memory_not_equal(&a->mac, &b->mac, sizeof(a->mac));
}

static void an_allocation_is_whole_and_found_again(void **state)
{
	struct allocation got = allocate("web1"), found;
	struct vps_err err = { 0 };

	(void)state;
	assert_string_equal(got.name, "web1");
	assert_string_equal(got.network, REGISTRY_NETWORK);
	assert_host(&got.address, "10.173.0.2/16");
	assert_host(&got.gateway, "10.173.0.1/16");
	assert_int_equal(got.mac.bytes[0] & 3, 2);
	assert_int_equal(got.id_start, REGISTRY_ID_FIRST);
	assert_int_equal(strlen(got.uuid), 36);
	assert_int_equal(strlen(got.link_name), 15);
	reopen();
	must(registry_find(root.registry, "web1", &found, &err), &err);
	assert_memory_equal(&got, &found, sizeof(got));
}

static void a_second_vps_shares_nothing(void **state)
{
	struct allocation a = allocate("web1"), b = allocate("web2");

	(void)state;
	assert_distinct(&a, &b);
	assert_int_equal(b.id_start % REGISTRY_IDS, 0);
}

static void a_name_is_given_once(void **state)
{
	struct allocation got = { .id_start = 7 };
	struct vps_err err = { 0 };

	(void)state;
	(void)allocate("web1");
	assert_int_equal(registry_allocate(root.registry, "web1", NULL, NULL, &got, &err),
			 -VPS_EEXIST);
	assert_non_null(strstr(err.text, "\"web1\""));
	assert_int_equal(got.id_start, 7);
}

static void without_a_network_there_is_no_address(void **state)
{
	struct allocation got = { 0 }, found = { 0 };
	struct vps_err err = { 0 };

	(void)state;
	must(registry_allocate(root.registry, "web1", NULL, NULL, &got, &err), &err);
	must(registry_find(root.registry, "web1", &found, &err), &err);
	assert_memory_equal(&got, &found, sizeof(got));
	assert_string_equal(found.network, "");
	assert_int_equal(found.address.family, 0);
}

static void a_wanted_address_is_given_or_its_owner_named(void **state)
{
	struct addr wanted = parse("10.173.7.7");
	struct allocation got = { 0 };
	struct vps_err err = { 0 };

	(void)state;
	must(registry_allocate(root.registry, "web1", REGISTRY_NETWORK, &wanted, &got, &err), &err);
	assert_host(&got.address, "10.173.7.7/16");
	assert_int_equal(registry_allocate(root.registry, "web2", REGISTRY_NETWORK, &wanted, &got,
					   &err), -VPS_EEXIST);
	assert_string_equal(err.text, "address 10.173.7.7 belongs to VPS \"web1\"");
	err = (struct vps_err){ 0 };
	/* The failed one left nothing, not even its ids. */
	assert_int_equal(registry_find(root.registry, "web2", &got, &err), -VPS_ENOENT);
}

static void an_address_that_no_vps_can_have_is_refused(void **state)
{
	static const struct { const char *wanted, *why; } rows[] = {
		{ "10.174.0.1", "outside of the pool 10.173.0.0/16" },
		{ "10.172.255.255", "outside of the pool" },
		{ "fd00::1", "outside of the pool" },
		{ "10.173.0.1", "is the gateway" },
		{ "10.173.0.0", "is the first address" },
		{ "10.173.255.255", "is the broadcast address" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct addr wanted = parse(rows[i].wanted);
		struct vps_err err = { 0 };
		struct allocation got;

		assert_int_equal(registry_allocate(root.registry, "web1", REGISTRY_NETWORK,
						   &wanted, &got, &err), -VPS_EMISUSE);
		if (!strstr(err.text, rows[i].why))
			fail_msg("%s: %s", rows[i].wanted, err.text);
	}
}

static void an_unknown_network_is_named(void **state)
{
	struct vps_err err = { 0 };
	struct allocation got;

	(void)state;
	assert_int_equal(registry_allocate(root.registry, "web1", "dmz", NULL, &got, &err),
			 -VPS_ENOENT);
	assert_string_equal(err.text, "no network \"dmz\"; leave network.bridge out for \"vps0\"");
}

static void a_pool_is_used_up_to_its_last_address_and_then_says_so(void **state)
{
	struct vps_err err = { 0 };
	struct allocation got;
	char name[16];
	int i;

	(void)state;
	set_pool("192.168.9.3/29");	/* .1 to .6 without .3 */
	for (i = 0; i < 5; i++) {
		(void)snprintf(name, sizeof(name), "web%d", i);
		got = allocate(name);
		assert_false(addr_is_same_host(&got.address, &got.gateway));
	}
	assert_int_equal(registry_allocate(root.registry, "one-more", REGISTRY_NETWORK, NULL, &got,
					   &err), -VPS_EREFUSED);
	assert_non_null(strstr(err.text, "all 5 addresses of its pool 192.168.9.0/29 are in use"));
	err = (struct vps_err){ 0 };
	must(registry_release(root.registry, "web2", &err), &err);
	got = allocate("one-more");
	assert_host(&got.address, "192.168.9.4/29");
}

static void what_was_released_is_not_given_out_at_once(void **state)
{
	struct allocation a = allocate("web1"), b;
	struct vps_err err = { 0 };

	(void)state;
	must(registry_release(root.registry, "web1", &err), &err);
	b = allocate("web1");
	assert_distinct(&a, &(struct allocation){ .id_start = b.id_start, .address = b.address,
						  .mac = b.mac });
}

static void a_mac_is_of_one(void **state)
{
	struct allocation a = allocate("web1"), b = allocate("web2"), got;
	const struct mac fixed = { { 2, 0, 0, 0, 0, 0x42 } };
	struct vps_err err = { 0 };

	(void)state;
	assert_int_equal(registry_set_mac(root.registry, "web1", &b.mac, &err), -VPS_EEXIST);
	assert_non_null(strstr(err.text, "belongs to VPS \"web2\""));
	err = (struct vps_err){ 0 };
	must(registry_find(root.registry, "web1", &got, &err), &err);
	assert_memory_equal(&got, &a, sizeof(got));
	must(registry_set_mac(root.registry, "web1", &fixed, &err), &err);
	must(registry_set_mac(root.registry, "web1", &fixed, &err), &err);
	must(registry_set_mac(root.registry, "web2", &a.mac, &err), &err);
	must(registry_set_mac(root.registry, "web1", NULL, &err), &err);
	must(registry_find(root.registry, "web1", &got, &err), &err);
	assert_memory_not_equal(&got.mac, &fixed, sizeof(fixed));
	assert_memory_not_equal(&got.mac, &a.mac, sizeof(fixed));
	assert_int_equal(registry_set_mac(root.registry, "nobody", &fixed, &err), -VPS_ENOENT);
}

static void release_is_idempotent(void **state)
{
	struct allocation got = allocate("web1");
	struct vps_err err = { 0 };

	(void)state;
	must(registry_release(root.registry, "web1", &err), &err);
	must(registry_release(root.registry, "web1", &err), &err);
	assert_int_equal(registry_find(root.registry, "web1", &got, &err), -VPS_ENOENT);
	assert_non_null(strstr(err.text, "no VPS \"web1\""));
}

static void rename_keeps_everything_but_the_name(void **state)
{
	struct allocation before = allocate("web1"), after;
	struct vps_err err = { 0 };

	(void)state;
	(void)allocate("taken");
	assert_int_equal(registry_rename(root.registry, "web1", "taken", &err), -VPS_EEXIST);
	err = (struct vps_err){ 0 };
	assert_int_equal(registry_rename(root.registry, "nobody", "web9", &err), -VPS_ENOENT);
	err = (struct vps_err){ 0 };
	must(registry_rename(root.registry, "web1", "web9", &err), &err);
	must(registry_find(root.registry, "web9", &after, &err), &err);
	memset(before.name, 0, sizeof(before.name));
	memset(after.name, 0, sizeof(after.name));
	assert_memory_equal(&before, &after, sizeof(before));
}

static void a_name_that_does_not_fit_is_refused(void **state)
{
	char name[REGISTRY_NAME_SIZE + 1];
	struct allocation got;
	struct vps_err err = { 0 };

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(registry_allocate(root.registry, name, NULL, NULL, &got, &err),
			 -VPS_EMISUSE);
	err = (struct vps_err){ 0 };
	assert_int_equal(registry_allocate(root.registry, "", NULL, NULL, &got, &err),
			 -VPS_EMISUSE);
	err = (struct vps_err){ 0 };
	name[sizeof(name) - 2] = '\0';
	must(registry_allocate(root.registry, name, NULL, NULL, &got, &err), &err);
	assert_string_equal(got.name, name);
}

/* The first range and half of the second belong to a user, the third to a group. */
static void subordinate_ids_of_others_are_left_alone(void **state)
{
	struct vps_err err = { 0 };
	char text[100];

	(void)state;
	(void)snprintf(text, sizeof(text), "alice:%u:%u\n", REGISTRY_ID_FIRST, 3 * REGISTRY_IDS / 2);
	must(file_replace(root.fd, "subuid", text, strlen(text), 0644, false, &err), &err);
	(void)snprintf(text, sizeof(text), "staff:%u:1\n", REGISTRY_ID_FIRST + 3 * REGISTRY_IDS - 1);
	must(file_replace(root.fd, "subgid", text, strlen(text), 0644, false, &err), &err);
	assert_int_equal(allocate("web1").id_start, REGISTRY_ID_FIRST + 3 * REGISTRY_IDS);
}

static void ids_that_are_all_given_to_others_are_refused_by_name(void **state)
{
	static const char text[] = "alice:0:4294967295\n";
	struct vps_err err = { 0 };
	struct allocation got;

	(void)state;
	must(file_replace(root.fd, "subgid", text, strlen(text), 0644, false, &err), &err);
	assert_int_equal(registry_allocate(root.registry, "web1", NULL, NULL, &got, &err),
			 -VPS_EREFUSED);
	assert_non_null(strstr(err.text, "/etc/subgid"));
}

static int count_one(const struct allocation *allocation, void *data, struct vps_err *err)
{
	char *names = data;

	(void)err;
	(void)strncat(names, allocation->name, 99 - strlen(names));
	return 0;
}

static int stop_at_b(const struct allocation *allocation, void *data, struct vps_err *err)
{
	(void)data;
	return allocation->name[0] == 'b' ? vps_err_say(err, -EIO, "stopped") : 0;
}

static void each_goes_in_the_order_of_names_until_it_is_stopped(void **state)
{
	struct vps_err err = { 0 };
	char names[100] = "";

	(void)state;
	(void)allocate("c");
	(void)allocate("a");
	(void)allocate("b");
	must(registry_each(root.registry, count_one, names, &err), &err);
	assert_string_equal(names, "abc");
	assert_int_equal(registry_each(root.registry, stop_at_b, NULL, &err), -EIO);
	assert_string_equal(err.text, "stopped");
}

static bool starts_with_x(const char *name, void *data)
{
	(void)data;
	return name[0] == 'x';
}

static void reconcile_releases_what_is_gone_and_nothing_else(void **state)
{
	struct vps_err err = { 0 };
	unsigned int released = 0;
	char names[100] = "";

	(void)state;
	(void)allocate("x1");
	(void)allocate("a");
	(void)allocate("x2");
	must(registry_reconcile(root.registry, starts_with_x, NULL, &released, &err), &err);
	assert_int_equal(released, 2);
	must(registry_each(root.registry, count_one, names, &err), &err);
	assert_string_equal(names, "a");
}

static void networks_do_not_overlap_and_keep_their_pool_while_it_is_used(void **state)
{
	struct addr overlapping = parse("10.173.128.1/24"), apart = parse("10.99.0.1/24");
	struct registry_network network;
	struct vps_err err = { 0 };

	(void)state;
	assert_int_equal(registry_network_set(root.registry, "dmz", &overlapping, &err),
			 -VPS_EEXIST);
	err = (struct vps_err){ 0 };
	must(registry_network_set(root.registry, "dmz", &apart, &err), &err);
	must(registry_network_find(root.registry, "dmz", &network, &err), &err);
	assert_host(&network.gateway, "10.99.0.1/24");
	(void)allocate("web1");
	assert_int_equal(registry_network_set(root.registry, REGISTRY_NETWORK, &overlapping, &err),
			 -VPS_ESTATE);
	err = (struct vps_err){ 0 };
	assert_int_equal(registry_network_find(root.registry, "lan", &network, &err), -VPS_ENOENT);
}

static void a_gateway_that_cannot_be_one_is_refused(void **state)
{
	static const char *const rows[] = {
		"10.0.0.0/24", "10.0.0.255/24", "10.0.0.1/31", "10.0.0.1", "10.0.0.1/7", "fd00::1/64",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct addr gateway = parse(rows[i]);
		struct vps_err err = { 0 };

		assert_int_equal(registry_network_set(root.registry, "dmz", &gateway, &err),
				 -VPS_EMISUSE);
	}
}

/* A command of its own: opens the registry, which none has made yet, and allocates. */
static int allocate_in_child(int i, int results)
{
	struct registry *registry = NULL;
	struct vps_err err = { 0 };
	struct allocation got;
	char name[16];

	(void)snprintf(name, sizeof(name), "web%d", i);
	if (registry_open(root.fd, &registry, &err) < 0 ||
	    registry_allocate(registry, name, REGISTRY_NETWORK, NULL, &got, &err) < 0) {
		(void)fprintf(stderr, "%s: %s\n", name, err.text);
		return 1;
	}
	registry_close(registry);
	return write(results, &got, sizeof(got)) != sizeof(got);
}

static void sixty_four_commands_at_once_share_nothing(void **state)
{
	enum { CHILDREN = 64 };
	struct allocation got[CHILDREN];
	int results[2], status, failed = 0, i, j;

	(void)state;
	registry_close(root.registry);
	root.registry = NULL;
	assert_int_equal(unlinkat(root.fd, FILE_NAME, 0), 0);
	assert_int_equal(pipe2(results, O_CLOEXEC), 0);
	for (i = 0; i < CHILDREN; i++)
		if (fork() == 0)
			_exit(allocate_in_child(i, results[1]));
	for (i = 0; i < CHILDREN; i++) {
		assert_true(wait(&status) > 0);
		failed += status != 0;
	}
	assert_int_equal(failed, 0);
	for (i = 0; i < CHILDREN; i++)
		assert_int_equal(read(results[0], &got[i], sizeof(got[i])), sizeof(got[i]));
	for (i = 0; i < CHILDREN; i++)
		for (j = 0; j < i; j++)
			assert_distinct(&got[i], &got[j]);
	close(results[0]);
	close(results[1]);
}

/* Put bytes in place of the registry's, and see that opening refuses and leaves them. */
static void assert_refused(const void *bytes, size_t size, const char *why)
{
	OWN_MEM char *left = NULL;
	struct vps_err err = { 0 };
	struct registry *registry = NULL;
	struct allocation got;
	size_t left_size;
	int r;

	registry_close(root.registry);
	root.registry = NULL;
	must(file_replace(root.fd, FILE_NAME, bytes, size, 0600, false, &err), &err);
	r = registry_open(root.fd, &registry, &err);
	if (r == 0)
		r = registry_allocate(registry, "web1", NULL, NULL, &got, &err);
	registry_close(registry);
	assert_int_equal(r, -EUCLEAN);
	if (!strstr(err.text, why))
		fail_msg("%s", err.text);
	err = (struct vps_err){ 0 };
	must(file_read(root.fd, FILE_NAME, 1 << 20, &left, &left_size, &err), &err);
	assert_int_equal(left_size, size);
	assert_memory_equal(left, bytes, size);
}

static void a_damaged_file_is_left_as_it_is_with_a_remedy(void **state)
{
	OWN_MEM char *bytes = NULL;
	struct vps_err err = { 0 };
	char noise[8192];
	size_t size;

	(void)state;
	(void)allocate("web1");
	must(file_read(root.fd, FILE_NAME, 1 << 20, &bytes, &size, &err), &err);
	memset(noise, 0x55, sizeof(noise));
	assert_refused(noise, sizeof(noise), "is damaged");
	assert_refused(noise, sizeof(noise), ".recover");
	/* A sound header, and noise behind it. */
	memset(bytes + 100, 0x55, size - 100);
	assert_refused(bytes, size, "is damaged");
}

static void a_file_of_a_newer_version_is_left_as_it_is(void **state)
{
	OWN_MEM char *bytes = NULL;
	struct vps_err err = { 0 };
	size_t size;

	(void)state;
	must(file_read(root.fd, FILE_NAME, 1 << 20, &bytes, &size, &err), &err);
	bytes[63] = 99;		/* user_version, big-endian at offset 60 */
	assert_refused(bytes, size, "newer");
}

static void a_database_of_somebody_else_is_left_as_it_is(void **state)
{
	OWN_MEM char *bytes = NULL;
	struct vps_err err = { 0 };
	size_t size;

	(void)state;
	must(file_read(root.fd, FILE_NAME, 1 << 20, &bytes, &size, &err), &err);
	memset(bytes + 68, 0, 4);	/* application_id */
	assert_refused(bytes, size, "not one of ours");
}

static void the_file_is_for_root_alone(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(fstatat(root.fd, FILE_NAME, &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOT(an_allocation_is_whole_and_found_again),
		IN_ROOT(a_second_vps_shares_nothing),
		IN_ROOT(a_name_is_given_once),
		IN_ROOT(without_a_network_there_is_no_address),
		IN_ROOT(a_wanted_address_is_given_or_its_owner_named),
		IN_ROOT(an_address_that_no_vps_can_have_is_refused),
		IN_ROOT(an_unknown_network_is_named),
		IN_ROOT(a_pool_is_used_up_to_its_last_address_and_then_says_so),
		IN_ROOT(what_was_released_is_not_given_out_at_once),
		IN_ROOT(a_mac_is_of_one),
		IN_ROOT(release_is_idempotent),
		IN_ROOT(rename_keeps_everything_but_the_name),
		IN_ROOT(a_name_that_does_not_fit_is_refused),
		IN_ROOT(subordinate_ids_of_others_are_left_alone),
		IN_ROOT(ids_that_are_all_given_to_others_are_refused_by_name),
		IN_ROOT(each_goes_in_the_order_of_names_until_it_is_stopped),
		IN_ROOT(reconcile_releases_what_is_gone_and_nothing_else),
		IN_ROOT(networks_do_not_overlap_and_keep_their_pool_while_it_is_used),
		IN_ROOT(a_gateway_that_cannot_be_one_is_refused),
		IN_ROOT(sixty_four_commands_at_once_share_nothing),
		IN_ROOT(a_damaged_file_is_left_as_it_is_with_a_remedy),
		IN_ROOT(a_file_of_a_newer_version_is_left_as_it_is),
		IN_ROOT(a_database_of_somebody_else_is_left_as_it_is),
		IN_ROOT(the_file_is_for_root_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
