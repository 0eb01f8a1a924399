// SPDX-License-Identifier: GPL-2.0-or-later
/* vpsctl metrics: prints what VPSs use as Prometheus reads it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/own.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "runtime/statistics.h"

#define USEC	1e-6	/* seconds in one */
#define BITS	0.125	/* bytes in one */

/*
 * A row for each statistic. Names end in their base unit, and in _total where
 * they count: https://prometheus.io/docs/practices/naming/
 */
static const struct metric {
	const char *name, *help;
	double      scale;	/* from what the statistic counts in to the unit of the name; 0: as it is */
} metrics[STATISTICS] = {
	[STAT_CPU]         = { "vps_cpu_usage_seconds_total", "Processor time used.", USEC },
	[STAT_THROTTLED]   = { "vps_cpu_throttled_seconds_total", "Time held back by the limit of processors.", USEC },
	[STAT_MEMORY]      = { "vps_memory_usage_bytes", "Memory in use, page cache included.", 0 },
	[STAT_SWAP]        = { "vps_swap_usage_bytes", "Swap space in use.", 0 },
	[STAT_PIDS]        = { "vps_pids", "Processes and threads.", 0 },
	[STAT_DISK]        = { "vps_disk_usage_bytes", "Bytes of what it wrote to its root.", 0 },
	[STAT_INODES]      = { "vps_disk_inodes", "Files and directories that it made there.", 0 },
	[STAT_READ]        = { "vps_io_read_bytes_total", "Bytes read from disks.", 0 },
	[STAT_WRITTEN]     = { "vps_io_written_bytes_total", "Bytes written to disks.", 0 },
	[STAT_READS]       = { "vps_io_reads_total", "Reads from disks.", 0 },
	[STAT_WRITES]      = { "vps_io_writes_total", "Writes to disks.", 0 },
	[STAT_RECLAIMED]   = { "vps_memory_reclaimed_pages_total", "Pages that were taken from it.", 0 },
	[STAT_OOM_KILLS]   = { "vps_oom_kills_total", "Processes killed for want of memory.", 0 },
	[STAT_CPU_SOME]    = { "vps_pressure_cpu_waiting_seconds_total", "Time in which some process waited for a processor.", USEC },
	[STAT_MEMORY_SOME] = { "vps_pressure_memory_waiting_seconds_total", "Time in which some process waited for memory.", USEC },
	[STAT_MEMORY_FULL] = { "vps_pressure_memory_stalled_seconds_total", "Time in which all processes waited for memory.", USEC },
	[STAT_IO_SOME]     = { "vps_pressure_io_waiting_seconds_total", "Time in which some process waited for a disk.", USEC },
	[STAT_IO_FULL]     = { "vps_pressure_io_stalled_seconds_total", "Time in which all processes waited for a disk.", USEC },
	[STAT_NET_IN]      = { "vps_network_receive_bytes_total", "Bytes that reached it.", 0 },
	[STAT_NET_OUT]     = { "vps_network_transmit_bytes_total", "Bytes that it sent, also those that were dropped.", 0 },
	[STAT_NET_IN_PACKETS] = { "vps_network_receive_packets_total", "Packets that reached it.", 0 },
	[STAT_NET_OUT_PACKETS] = { "vps_network_transmit_packets_total", "Packets that it sent, also those that were dropped.", 0 },
	[STAT_NET_IN_DROPPED] = { "vps_network_receive_dropped_total", "Packets dropped on their way to it.", 0 },
	[STAT_NET_OUT_DROPPED] = { "vps_network_transmit_dropped_total", "Packets dropped on their way from it.", 0 },
};

/* Limits in force; where there is none, +Inf. */
static const struct limit_metric {
	const char      *name, *help;
	enum resource_id id;
	double           scale;
} limit_metrics[] = {
	{ "vps_cpu_limit_cores", "Processors' worth of time that it may use.", RES_CPUS, 1e-3 },
	{ "vps_memory_limit_bytes", "Memory that it may use.", RES_MEMORY, 0 },
	{ "vps_swap_limit_bytes", "Swap space that it may use.", RES_SWAP, 0 },
	{ "vps_pids_limit", "Processes and threads that it may have.", RES_PIDS, 0 },
	{ "vps_disk_limit_bytes", "Bytes that it may write to its root.", RES_DISK, 0 },
	{ "vps_disk_inodes_limit", "Files and directories that it may make there.", RES_INODES, 0 },
	{ "vps_network_receive_limit_bytes_per_second", "Bytes a second that may reach it.", RES_NET_IN, BITS },
	{ "vps_network_transmit_limit_bytes_per_second", "Bytes a second that it may send.", RES_NET_OUT, BITS },
};

/* Every VPS of the host at one moment. */
struct scrape {
	struct vps_info  *infos;
	struct vps_stats *stats;	/* of the same; without a name where it does not run */
	size_t            count;
};

static void head(const char *name, const char *type, const char *help)
{
	printf("# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Nothing in the name of a VPS needs an escape. */
static void sample(const char *name, const char *vps, int64_t value, double scale)
{
	if (scale > 0)
		printf("%s{vps=\"%s\"} %.6f\n", name, vps, (double)value * scale);
	else
		printf("%s{vps=\"%s\"} %" PRId64 "\n", name, vps, value);
}

static void print_infos(const struct scrape *scrape)
{
	size_t i;

	head("vps_up", "gauge", "Whether it runs; paused counts as running.");
	for (i = 0; i < scrape->count; i++)
		sample("vps_up", scrape->infos[i].name, scrape->infos[i].init_pid > 0, 0);
	head("vps_start_time_seconds", "gauge", "When its init was started, since the epoch.");
	for (i = 0; i < scrape->count; i++)
		if (scrape->infos[i].init_pid > 0)
			sample("vps_start_time_seconds", scrape->infos[i].name,
			       scrape->infos[i].started_sec, 0);
	head("vps_restarts_total", "counter", "Restarts by its policy since it was last started.");
	for (i = 0; i < scrape->count; i++)
		sample("vps_restarts_total", scrape->infos[i].name, scrape->infos[i].restarts, 0);
}

static void print_statistics(const struct scrape *scrape)
{
	size_t i;
	int id;

	for (id = 0; id < STATISTICS; id++) {
		head(metrics[id].name, statistics[id].is_counter ? "counter" : "gauge",
		     metrics[id].help);
		for (i = 0; i < scrape->count; i++)
			if (*scrape->stats[i].name && scrape->stats[i].value[id] >= 0)
				sample(metrics[id].name, scrape->stats[i].name,
				       scrape->stats[i].value[id], metrics[id].scale);
	}
}

static void print_limits(const struct scrape *scrape)
{
	size_t i, k;

	for (k = 0; k < ARRAY_LEN(limit_metrics); k++) {
		const struct limit_metric *row = &limit_metrics[k];

		head(row->name, "gauge", row->help);
		for (i = 0; i < scrape->count; i++) {
			const struct vps_stats *stats = &scrape->stats[i];

			if (*stats->name && stats->limit[row->id] == UINT64_MAX)
				printf("%s{vps=\"%s\"} +Inf\n", row->name, stats->name);
			else if (*stats->name)
				sample(row->name, stats->name, (int64_t)stats->limit[row->id],
				       row->scale);
		}
	}
}

/* One that ends meanwhile has no statistics, and is down. */
static void take(struct cli *cli, struct scrape *scrape)
{
	size_t i;

	for (i = 0; i < scrape->count; i++) {
		struct vps_err gone = { 0 };

		if (scrape->infos[i].init_pid > 0 &&
		    vps_stats(cli->host, scrape->infos[i].name, &scrape->stats[i], &gone) < 0)
			scrape->stats[i].name[0] = '\0';
		if (gone.code == -VPS_ESTATE)
			scrape->infos[i].init_pid = 0;
	}
}

static int run(struct cli *cli, const void *values, int count, char **args)
{
	OWN_MEM struct vps_info *infos = NULL;
	OWN_MEM struct vps_stats *stats = NULL;
	struct vps_err err = { 0 };
	struct scrape scrape = { 0 };

	(void)values;
	(void)count;
	(void)args;
	if (vps_list(cli->host, &infos, &scrape.count, &err) < 0)
		return say_error(cli, NULL, &err);
	stats = calloc(scrape.count + 1, sizeof(*stats));
	if (!stats) {
		(void)vps_err_set(&err, -ENOMEM, "cannot read the statistics");
		return say_error(cli, NULL, &err);
	}
	scrape.infos = infos;
	scrape.stats = stats;
	take(cli, &scrape);
	print_infos(&scrape);
	print_statistics(&scrape);
	print_limits(&scrape);
	return EXIT_DONE;
}

const struct command cmd_metrics = {
	.name = "metrics",
	.args = "",
	.summary = "print what VPSs use for Prometheus",
	.details = "For a collector that reads text files, for example.\n",
	.flags = CMD_ROOT | CMD_HOST,
	.run = run,
};
