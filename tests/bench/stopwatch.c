// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Times commands from before their execve() until they are reaped, interleaved
 * so that what disturbs the machine disturbs all alike; called by
 * tests/bench/start, tests/bench/oci and tests/bench/resize.
 *
 *	stopwatch RUNS GAP_MSEC LOG [TOGETHER] < PLAN > SAMPLES
 *
 * PLAN has a line a peer: its name and its commands, one to five, separated by
 * tabs; words of a command by single spaces, without quoting. Each command is
 * started TOGETHER (1) times at once and timed until the last has ended; "@" in
 * its words is then the number from 0 up. SAMPLES gets a line a run: name, the
 * commands' times in microseconds, the highest resident set of any of them in
 * KiB. A peer that fails once is named on stderr, left out of the following
 * runs, and makes the status 1. What the commands print goes to LOG.
 */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PEERS_MAX	8
#define COMMANDS_MAX	5
#define WORDS_MAX	32
#define TOGETHER_MAX	1000
#define LINE_MAX_BYTES	4096

struct peer {
	char	line[LINE_MAX_BYTES];	/* the words point into it */
	char	*name;
	char	*commands[COMMANDS_MAX][WORDS_MAX + 1];
	size_t	count;
	bool	has_failed;
};

extern char **environ;

static void split(char *text, char *words[WORDS_MAX + 1])
{
	size_t count = 0;
	char *word;

	while ((word = strsep(&text, " ")) != NULL && count < WORDS_MAX)
		words[count++] = word;
	if (!count || word)
		error(2, 0, "a command has 1 to %d words", WORDS_MAX);
	words[count] = NULL;
}

static bool read_peer(struct peer *peer)
{
	char *rest = peer->line, *command;

	if (!fgets(peer->line, sizeof(peer->line), stdin))
		return false;
	peer->line[strcspn(peer->line, "\n")] = '\0';
	peer->name = strsep(&rest, "\t");
	while ((command = strsep(&rest, "\t")) != NULL && peer->count < COMMANDS_MAX)
		split(command, peer->commands[peer->count++]);
	if (!peer->count || command)
		error(2, 0, "a line of the plan has a name and 1 to %d commands", COMMANDS_MAX);
	return true;
}

/* The words of a command with "@" replaced; they stay until the next call. */
static char *const *numbered(char *const words[], long number)
{
	static char room[2 * LINE_MAX_BYTES], *copies[WORDS_MAX + 1];
	size_t used = 0, i;
	const char *at;

	for (i = 0; words[i]; i++) {
		copies[i] = room + used;
		for (at = words[i]; *at && used < sizeof(room) - 16; at++)
			if (*at == '@')
				used += (size_t)sprintf(room + used, "%ld", number);
			else
				room[used++] = *at;
		room[used++] = '\0';
	}
	copies[i] = NULL;
	return copies;
}

/*
 * Wait for commands, and reap what they left to us: init processes of
 * containers come to the nearest subreaper, which we are.
 */
static bool wait_for(pid_t *pids, long count, long *rss_kib)
{
	struct rusage usage;
	long left = count, i;
	bool succeeded = true;

	while (left > 0) {
		int status;
		pid_t ended = wait4(-1, &status, 0, &usage);

		if (ended < 0 && errno != EINTR)
			error(1, errno, "wait");
		for (i = 0; i < count && pids[i] != ended; i++)
			;
		if (ended <= 0 || i == count)
			continue;
		left--;
		succeeded &= status == 0;
		if (usage.ru_maxrss > *rss_kib)
			*rss_kib = usage.ru_maxrss;
	}
	return succeeded;
}

/* Wall time in microseconds, or -1 when the command failed. */
static double run(char *const words[], long together, long *rss_kib,
		  const posix_spawn_file_actions_t *files)
{
	static pid_t pids[TOGETHER_MAX];
	struct timespec from, to;
	bool succeeded;
	long i;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (i = 0; i < together; i++) {
		char *const *copies = numbered(words, i);
		int r = posix_spawnp(&pids[i], copies[0], files, NULL, copies, environ);

		if (r)
			error(1, r, "%s", words[0]);
	}
	succeeded = wait_for(pids, together, rss_kib);
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (!succeeded)
		return -1;
	return (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
}

static void pause_msec(long msec)
{
	const struct timespec gap = { .tv_sec = msec / 1000, .tv_nsec = msec % 1000 * 1000000 };

	if (msec)
		(void)nanosleep(&gap, NULL);
}

/* All commands of a peer, one after the other. */
static void measure(struct peer *peer, long gap_msec, long together,
		    const posix_spawn_file_actions_t *files, bool is_printed)
{
	double took[COMMANDS_MAX];
	long rss_kib = 0;
	size_t i;

	for (i = 0; i < peer->count; i++) {
		pause_msec(gap_msec);
		took[i] = run(peer->commands[i], together, &rss_kib, files);
		if (took[i] < 0) {
			fprintf(stderr, "%s: command %zu failed\n", peer->name, i + 1);
			peer->has_failed = true;
		}
	}
	if (!is_printed || peer->has_failed)
		return;
	printf("%s", peer->name);
	for (i = 0; i < peer->count; i++)
		printf("\t%.0f", took[i]);
	printf("\t%ld\n", rss_kib);
}

static void open_files(posix_spawn_file_actions_t *files, const char *log)
{
	posix_spawn_file_actions_init(files);
	posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(files, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	posix_spawn_file_actions_adddup2(files, 1, 2);
}

/* Another order each round: what a peer leaves to the kernel to clear away disturbs whoever is next. */
static void shuffle(size_t *order, size_t count)
{
	size_t i, j, other;

	for (i = count; i > 1; i--) {
		j = (size_t)random() % i;
		other = order[i - 1];
		order[i - 1] = order[j];
		order[j] = other;
	}
}

int main(int argc, char **argv)
{
	static struct peer peers[PEERS_MAX];
	size_t order[PEERS_MAX];
	posix_spawn_file_actions_t files;
	long runs, gap_msec, together, round;
	size_t count = 0, i;
	bool failed = false;

	if (argc != 4 && argc != 5)
		error(2, 0, "usage: stopwatch RUNS GAP_MSEC LOG [TOGETHER] < PLAN");
	runs = strtol(argv[1], NULL, 10);
	gap_msec = strtol(argv[2], NULL, 10);
	together = argv[4] ? strtol(argv[4], NULL, 10) : 1;
	if (together < 1 || together > TOGETHER_MAX)
		error(2, 0, "TOGETHER is a number from 1 to %d", TOGETHER_MAX);
	while (count < PEERS_MAX && read_peer(&peers[count])) {
		order[count] = count;
		count++;
	}
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	open_files(&files, argv[3]);

	/* The round before the first fills caches, and makes what all later ones find. */
	for (round = 0; round <= runs; round++, shuffle(order, count))
		for (i = 0; i < count; i++)
			if (!peers[order[i]].has_failed)
				measure(&peers[order[i]], gap_msec, together, &files, round > 0);
	for (i = 0; i < count; i++)
		failed |= peers[i].has_failed;
	posix_spawn_file_actions_destroy(&files);
	return failed;
}
