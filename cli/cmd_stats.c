// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl stats: shows what running VPSs use. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "cli/commands.h"
#include "cli/emit.h"
#include "cli/say.h"
#include "cli/table.h"
#include "runtime/statistics.h"

#define BAR_CELLS	10
#define BAR_SIZE	(sizeof("[----------] "))
#define LOOK_MSEC	500	/* between the two looks of a single table */

struct stats_values {
	bool is_watched;
	int  interval_msec;
};

#define VALUE(member)	offsetof(struct stats_values, member)

static const struct option_row options[] = {
	{ 'w', "watch", NULL, OPTION_SWITCH, VALUE(is_watched), "again and again, until interrupted" },
	{ 'i', "interval", "SECONDS", OPTION_MSEC, VALUE(interval_msec), "how often with --watch (1)" },
	{ 0 },
};

/* What some VPSs used at one moment. */
struct look {
	struct vps_stats *stats;
	size_t            count;
	int               status;	/* of the first that could not be read */
};

static void look_free(struct look *look)
{
	free(look->stats);
	*look = (struct look){ 0 };
}

/* Named ones that cannot be read are told, once; without names, those that run are meant. */
static int take_look(struct cli *cli, int count, char **names, bool is_first, struct look *look)
{
	OWN_MEM struct vps_info *infos = NULL;
	struct vps_err err = { 0 };
	size_t listed = (size_t)count, i;

	*look = (struct look){ 0 };
	if (!count && vps_list(cli->host, &infos, &listed, &err) < 0)
		return say_error(cli, NULL, &err);
	look->stats = calloc(listed + 1, sizeof(*look->stats));
	if (!look->stats) {
		(void)vps_err_set(&err, -ENOMEM, "cannot read the statistics");
		return say_error(cli, NULL, &err);
	}
	for (i = 0; i < listed; i++) {
		const char *name = count ? names[i] : infos[i].name;
		int r;

		if (!count && infos[i].init_pid <= 0)
			continue;
		err = (struct vps_err){ 0 };
		r = vps_stats(cli->host, name, &look->stats[look->count], &err);
		if (r == 0)
			look->count++;
		else if (count && is_first && !look->status)
			look->status = say_error(cli, name, &err);
		else if (count && is_first)
			(void)say_error(cli, name, &err);
	}
	return EXIT_DONE;
}

/* ---- as JSON ---- */

static void emit_stats(struct emit *emit, const struct vps_stats *stats)
{
	int id;

	emit_object(emit, NULL);
	emit_text(emit, "name", stats->name);
	emit_number(emit, "time_usec", stats->time_usec);
	for (id = 0; id < STATISTICS; id++) {
		const struct statistic *row = &statistics[id];

		if (stats->value[id] < 0)
			emit_null(emit, row->name);
		else
			emit_number(emit, row->name, stats->value[id]);
		if (row->limit_name && stats->limit[row->limit] > INT64_MAX)
			emit_null(emit, row->limit_name);
		else if (row->limit_name)
			emit_number(emit, row->limit_name, (int64_t)stats->limit[row->limit]);
	}
	emit_end(emit, '}');
}

static int print_json(struct cli *cli, int count, char **names)
{
	struct emit emit = { 0 };
	struct look look;
	int status = take_look(cli, count, names, true, &look);
	size_t i;

	if (status)
		return status;
	emit_array(&emit, NULL);
	for (i = 0; i < look.count; i++)
		emit_stats(&emit, &look.stats[i]);
	emit_end(&emit, ']');
	status = look.status;
	look_free(&look);
	return status;
}

/* ---- as a table ---- */

static const struct vps_stats *find(const struct look *look, const char *name)
{
	size_t i;

	for (i = 0; i < look->count; i++)
		if (strcmp(look->stats[i].name, name) == 0)
			return &look->stats[i];
	return NULL;
}

/* By how much a counter grew a second, or -1. */
static int64_t rate(const struct vps_stats *now, const struct vps_stats *before,
		    enum statistic_id id)
{
	int64_t usec = before ? now->time_usec - before->time_usec : 0;

	if (usec <= 0 || now->value[id] < 0 || before->value[id] < 0 ||
	    now->value[id] < before->value[id])
		return -1;
	return (int64_t)((double)(now->value[id] - before->value[id]) * 1e6 / (double)usec);
}

/* "[####------] ", so many tenths of the whole; nothing where there is no bound. */
static void put_bar(char bar[BAR_SIZE], int64_t part, uint64_t whole)
{
	double share;

	*bar = '\0';
	if (part < 0 || whole == UINT64_MAX || whole == 0)
		return;
	share = (double)part / (double)whole;
	memcpy(bar, "[----------] ", BAR_SIZE);
	memset(bar + 1, '#', share >= 1 ? BAR_CELLS : (size_t)(share * BAR_CELLS + 0.5));
}

/* Three digits are enough to look at: "1.5G", "312M". */
static const char *put_bytes(char *buf, size_t size, int64_t bytes)
{
	static const char suffixes[] = "BKMGTPE";
	double value = (double)bytes;
	size_t i = 0;

	for (; value >= 1000 && i + 1 < sizeof(suffixes) - 1; i++)
		value /= 1024;
	(void)snprintf(buf, size, value < 10 && i ? "%.1f%c" : "%.0f%c", value, suffixes[i]);
	return buf;
}

/* Bits a second as people speak of networks, of how many: "18.9Mbit/20Mbit". */
static void put_bits(char *buf, size_t size, const struct vps_stats *now,
		     const struct vps_stats *before, enum statistic_id id)
{
	static const char *const suffixes[] = { "bit", "Kbit", "Mbit", "Gbit", "Tbit" };
	uint64_t limit = now->limit[statistics[id].limit];
	int64_t bytes = rate(now, before, id);
	double value = (double)bytes * 8;
	char bound[32];
	size_t i = 0;

	*buf = '\0';
	if (bytes < 0)
		return;
	for (; value >= 1000 && i + 1 < ARRAY_LEN(suffixes); i++)
		value /= 1000;
	(void)snprintf(buf, size, "%.*f%s%s%s", value < 100 && i, value, suffixes[i],
		       limit == UINT64_MAX ? "" : "/",
		       limit == UINT64_MAX ?
			       "" : unit_format(UNIT_RATE, limit, bound, sizeof(bound)));
}

static void put_percent(char *buf, size_t size, int64_t usec_a_second)
{
	if (usec_a_second < 0)
		*buf = '\0';
	else
		(void)snprintf(buf, size, "%.1f%%", (double)usec_a_second / 10000);
}

/* Used, and of how much. */
static void put_amount(char *buf, size_t size, const struct vps_stats *now, enum statistic_id id,
		       bool has_bars)
{
	uint64_t limit = now->limit[statistics[id].limit];
	char bar[BAR_SIZE] = "", used[24], bound[24];

	*buf = '\0';
	if (now->value[id] < 0)
		return;
	if (has_bars)
		put_bar(bar, now->value[id], limit);
	if (id == STAT_PIDS)
		(void)snprintf(used, sizeof(used), "%" PRId64, now->value[id]);
	else
		(void)put_bytes(used, sizeof(used), now->value[id]);
	if (limit == UINT64_MAX)
		(void)snprintf(buf, size, "%s", used);
	else if (id == STAT_PIDS)
		(void)snprintf(buf, size, "%s%s/%" PRIu64, bar, used, limit);
	else
		(void)snprintf(buf, size, "%s%s/%s", bar, used,
			       put_bytes(bound, sizeof(bound), (int64_t)limit));
}

static void put_cpu(char *buf, size_t size, const struct vps_stats *now,
		    const struct vps_stats *before, bool has_bars)
{
	int64_t used = rate(now, before, STAT_CPU);
	uint64_t limit = now->limit[RES_CPUS];
	char bar[BAR_SIZE] = "", percent[16];

	if (has_bars)	/* thousandths of a processor as microseconds a second */
		put_bar(bar, used, limit == UINT64_MAX ? limit : limit * 1000);
	put_percent(percent, sizeof(percent), used);
	if (limit == UINT64_MAX || used < 0)
		(void)snprintf(buf, size, "%s", percent);
	else
		(void)snprintf(buf, size, "%s%s/%" PRIu64 "%%", bar, percent, limit / 10);
}

/* How much of the time somebody waited for processors, memory, disks. */
static void put_pressure(char *buf, size_t size, const struct vps_stats *now,
			 const struct vps_stats *before)
{
	static const enum statistic_id ids[] = { STAT_CPU_SOME, STAT_MEMORY_SOME, STAT_IO_SOME };
	size_t i, at = 0;

	*buf = '\0';
	for (i = 0; i < ARRAY_LEN(ids) && at < size; i++) {
		char percent[16];

		put_percent(percent, sizeof(percent), rate(now, before, ids[i]));
		at += (size_t)snprintf(buf + at, size - at, "%s%s", i ? " " : "",
				       *percent ? percent : "-");
	}
}

static void put_row(struct table *table, const struct vps_stats *now,
		    const struct vps_stats *before, bool has_bars)
{
	char cpu[80], memory[80], swap[80], pids[80], disk[80], read_rate[16] = "", write_rate[16] = "";
	char net_in[64], net_out[64], pressure[48];
	int64_t read_bytes = rate(now, before, STAT_READ), written = rate(now, before, STAT_WRITTEN);
	const char *const cells[] = { now->name, cpu, memory, swap, pids, disk, read_rate, write_rate,
				      net_in, net_out, pressure, NULL };

	put_cpu(cpu, sizeof(cpu), now, before, has_bars);
	put_amount(memory, sizeof(memory), now, STAT_MEMORY, has_bars);
	put_amount(swap, sizeof(swap), now, STAT_SWAP, false);
	put_amount(pids, sizeof(pids), now, STAT_PIDS, false);
	put_amount(disk, sizeof(disk), now, STAT_DISK, has_bars);
	if (read_bytes >= 0)
		(void)put_bytes(read_rate, sizeof(read_rate), read_bytes);
	if (written >= 0)
		(void)put_bytes(write_rate, sizeof(write_rate), written);
	put_bits(net_in, sizeof(net_in), now, before, STAT_NET_IN);
	put_bits(net_out, sizeof(net_out), now, before, STAT_NET_OUT);
	put_pressure(pressure, sizeof(pressure), now, before);
	table_row(table, cells);
}

/* One VPS, as it is and as it was. */
struct pair {
	const struct vps_stats *now, *before;
};

static int compare(const void *a, const void *b)
{
	const struct pair *one = a, *other = b;
	int64_t ours = rate(one->now, one->before, STAT_CPU);
	int64_t theirs = rate(other->now, other->before, STAT_CPU);

	return (ours < theirs) - (ours > theirs);
}

/* rows: of a terminal, on which as many as fit are shown, the busiest first; 0: all as they are. */
static int print_look(const struct look *now, const struct look *before, bool has_bars, size_t rows)
{
	static const char *const heading[] = { "NAME", "CPU",    "MEMORY",  "SWAP", "PIDS",
					       "DISK", "READ/S", "WRITE/S", "IN/S", "OUT/S",
					       "WAIT CPU,MEM,IO", NULL };
	OWN_MEM struct pair *pairs = calloc(now->count + 1, sizeof(*pairs));
	struct table table = { 0 };
	size_t i, left = 0;
	int r;

	if (!pairs)
		return -ENOMEM;
	for (i = 0; i < now->count; i++)
		pairs[i] = (struct pair){ &now->stats[i], find(before, now->stats[i].name) };
	if (rows)
		qsort(pairs, now->count, sizeof(*pairs), compare);
	if (rows > 2 && now->count > rows - 2)		/* beside the heading and where the cursor stays */
		left = now->count - (rows - 3);		/* and the line that tells of them */
	table_row(&table, heading);
	for (i = 0; i < now->count - left; i++)
		put_row(&table, pairs[i].now, pairs[i].before, has_bars);
	r = table_print(&table);
	if (r == 0 && left)
		printf("and %zu more that use less\n", left);
	return r;
}

/* Of the terminal that the table is for; 0: it is for none. */
static size_t terminal_rows(void)
{
	struct winsize size;

	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row ?
		       size.ws_row : 0;
}

static void rest(int msec)
{
	const struct timespec pause = { .tv_sec = msec / 1000, .tv_nsec = msec % 1000 * 1000000L };

	(void)nanosleep(&pause, NULL);
}

/* One table, or with --watch one after the other, as long as somebody reads them. */
static int print_tables(struct cli *cli, const struct stats_values *values, int count, char **names)
{
	struct look before, now;
	int status = take_look(cli, count, names, true, &before), first = before.status;
	size_t rows;

	if (!status && count && !before.count)
		status = first;
	while (!status) {
		rest(values->is_watched ? values->interval_msec : LOOK_MSEC);
		status = take_look(cli, count, names, false, &now);
		if (status)
			break;
		rows = values->is_watched ? terminal_rows() : 0;
		if (rows)	/* home, clear what is below, and cut what is too wide */
			fputs("\033[H\033[J\033[?7l", stdout);
		if (print_look(&now, &before, values->is_watched, rows) < 0)
			status = EXIT_FAILED;
		if (rows)
			fputs("\033[?7h", stdout);
		if (!status && fflush(stdout) != 0) {	/* why is known only now: main.c would not know */
			status = say_output_lost(cli, -errno);
			clearerr(stdout);
		}
		look_free(&before);
		before = now;
		if (values->is_watched)
			continue;
		look_free(&before);
		return status ? status : first;
	}
	look_free(&before);
	return status;
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	return cli->is_json ? print_json(cli, count, args) : print_tables(cli, values, count, args);
}

static int check(struct cli *cli, const void *values, int count, char **args)
{
	const struct stats_values *stats = values;

	(void)count;
	(void)args;
	if (stats->is_watched && cli->is_json)
		return say_misuse(cli, "--watch and --json exclude each other");
	if (stats->interval_msec <= 0)
		return say_misuse(cli, "--interval: not a time above 0");
	return EXIT_DONE;
}

static const struct stats_values defaults = { .interval_msec = 1000 };

const struct command cmd_stats = {
	.name = "stats",
	.args = "[NAME...]",
	.summary = "show what running VPSs use, and of how much",
	.max_args = CLI_ANY,
	.flags = CMD_ROOT | CMD_HOST | CMD_JSON,
	.options = options,
	.defaults = &defaults,
	.values_size = sizeof(struct stats_values),
	.check = check,
	.run = run,
};
