// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl capacity: says how many more VPSs of a plan this host has room for. */
#include <inttypes.h>
#include <stdio.h>

#include "base/own.h"
#include "cli/commands.h"
#include "cli/emit.h"
#include "cli/operands.h"
#include "cli/say.h"
#include "cli/table.h"
#include "runtime/capacity.h"
#include "runtime/resources.h"
#include "runtime/vps.h"

struct capacity_values {
	const char *plan_file;
};

static const struct option_row options[] = {
	{ 'p', "plan", "FILE", OPTION_TEXT, offsetof(struct capacity_values, plan_file),
	  "limits as a JSON object, as \"resources\" of a spec; -: standard input" },
	{ 0 },
};

/* By what `create` refuses, by what is promised without overcommitting, by what is used. */
enum view { BY_REFUSAL, BY_PROMISE, BY_USE, VIEWS };

static const char *const view_keys[VIEWS] = { "refused", "promised", "used" };

static uint64_t fits(const struct vps_room *room, enum view view)
{
	if (view == BY_REFUSAL && !room->is_refused)
		return ROOM_ENDLESS;
	return view == BY_USE ? room->fits_used : room->fits;
}

/* What ends first; NULL: nothing does. */
static const struct vps_room *first_end(const struct vps_room *rooms, size_t count, enum view view)
{
	const struct vps_room *first = NULL;
	size_t i;

	for (i = 0; i < count; i++)
		if (fits(&rooms[i], view) != ROOM_ENDLESS &&
		    (!first || fits(&rooms[i], view) < fits(first, view)))
			first = &rooms[i];
	return first;
}

/* ---- as JSON ---- */

static void emit_amount(struct emit *emit, const char *key, uint64_t amount)
{
	if (amount > INT64_MAX)
		emit_null(emit, key);
	else
		emit_number(emit, key, (int64_t)amount);
}

static void emit_room(struct emit *emit, const struct vps_room *room)
{
	emit_object(emit, NULL);
	emit_text(emit, "name", room->name);
	emit_amount(emit, "has", room->has);
	emit_amount(emit, "promised", room->promised);
	emit_amount(emit, "used", room->used);
	emit_amount(emit, "each", room->each);
	emit_number(emit, "unbounded", room->unbounded);
	emit_amount(emit, "fits", room->fits);
	emit_amount(emit, "fits_used", room->fits_used);
	emit_bool(emit, "is_refused", room->is_refused);
	emit_end(emit, '}');
}

static void print_json(const struct vps_room *rooms, size_t count)
{
	struct emit emit = { 0 };
	enum view view;
	size_t i;

	emit_object(&emit, NULL);
	for (view = 0; view < VIEWS; view++) {
		const struct vps_room *first = first_end(rooms, count, view);

		emit_object(&emit, view_keys[view]);
		emit_amount(&emit, "fits", first ? fits(first, view) : ROOM_ENDLESS);
		emit_text(&emit, "ends", first ? first->name : NULL);
		emit_end(&emit, '}');
	}
	emit_array(&emit, "resources");
	for (i = 0; i < count; i++)
		emit_room(&emit, &rooms[i]);
	emit_end(&emit, ']');
	emit_end(&emit, '}');
}

/* ---- for people ---- */

/* Of bytes the nearest MiB: what the kernel has is never round. */
static void put_amount(char *buf, size_t size, const struct vps_room *room, uint64_t amount)
{
	if (amount == UINT64_MAX)
		*buf = '\0';
	else if (room->unit == UNIT_BYTES && amount >> 20)
		(void)snprintf(buf, size, "%" PRIu64 "M", amount >> 20);
	else
		(void)unit_format(room->unit, amount, buf, size);
}

static void put_fits(char *buf, size_t size, uint64_t number)
{
	if (number == ROOM_ENDLESS)
		*buf = '\0';
	else
		(void)snprintf(buf, size, "%" PRIu64, number);
}

static void put_row(struct table *table, const struct vps_room *room)
{
	char has[40], promised[40], used[40], each[40] = "", unbounded[16], more[24], more_used[24];
	const char *const cells[] = { room->name, has, promised, unbounded, used, each, more,
				      more_used, NULL };

	put_amount(has, sizeof(has), room, room->has);
	put_amount(promised, sizeof(promised), room, room->promised);
	put_amount(used, sizeof(used), room, room->used);
	if (room->each == UINT64_MAX)
		(void)snprintf(each, sizeof(each), "max");
	else if (room->each)
		put_amount(each, sizeof(each), room, room->each);
	(void)snprintf(unbounded, sizeof(unbounded), "%u", room->unbounded);
	put_fits(more, sizeof(more), room->fits);
	put_fits(more_used, sizeof(more_used), room->fits_used);
	table_row(table, cells);
}

static void say_view(const struct vps_room *rooms, size_t count, enum view view, const char *how)
{
	const struct vps_room *first = first_end(rooms, count, view);

	if (first)
		printf("%" PRIu64 " more %s; %s ends first\n", fits(first, view), how, first->name);
}

static int print_tables(const struct vps_room *rooms, size_t count)
{
	static const char *const heading[] = { "RESOURCE", "HOST", "PROMISED", "UNBOUNDED", "USED",
					       "EACH", "FIT", "FIT BY USE", NULL };
	struct table table = { 0 };
	size_t i;

	table_row(&table, heading);
	for (i = 0; i < count; i++)
		put_row(&table, &rooms[i]);
	if (table_print(&table) < 0)
		return EXIT_FAILED;
	say_view(rooms, count, BY_REFUSAL, "can be created");
	say_view(rooms, count, BY_PROMISE, "fit without promising anything twice");
	say_view(rooms, count, BY_USE, "fit beside what is in use now");
	return EXIT_DONE;
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	const struct capacity_values *capacity = values;
	struct vps_settings settings = { .pairs = (const char *const *)args, .count = (size_t)count };
	OWN_MEM struct vps_room *rooms = NULL;
	OWN_MEM char *plan = NULL;
	struct vps_err err = { 0 };
	size_t room_count = 0;

	if (capacity->plan_file && operands_read_file(capacity->plan_file, &plan, &err) < 0)
		return say_error(cli, NULL, &err);
	settings.plan = plan;
	if (vps_capacity(cli->host, &settings, &rooms, &room_count, &err) < 0)
		return say_error(cli, NULL, &err);
	if (!cli->is_json)
		return print_tables(rooms, room_count);
	print_json(rooms, room_count);
	return EXIT_DONE;
}

const struct command cmd_capacity = {
	.name = "capacity",
	.args = "[KEY=VALUE...]",
	.summary = "say how many more VPSs of a plan this host has room for",
	.details = "KEY=VALUE are limits of the plan, as `vpsctl help set` lists them.\n",
	.word = operands_limit,
	.max_args = CLI_ANY,
	.flags = CMD_ROOT | CMD_HOST | CMD_JSON,
	.options = options,
	.values_size = sizeof(struct capacity_values),
	.run = run,
};
