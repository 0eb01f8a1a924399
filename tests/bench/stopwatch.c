// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Times commands from before their execve() until they are reaped, interleaved
 * so that what disturbs the machine disturbs all alike; called by
 * tests/bench/start.
 *
 *	stopwatch RUNS GAP_MSEC LOG < PLAN > SAMPLES
 *
 * PLAN has a line a peer: name, start command, stop command, separated by
 * tabs; words of a command by single spaces, without quoting. SAMPLES gets a
 * line a run: name, start and stop in microseconds. A peer that fails once is
 * named on stderr, left out of the following runs, and makes the status 1.
 * What the commands print goes to LOG.
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PEERS_MAX	8
#define WORDS_MAX	32
#define LINE_MAX_BYTES	4096

struct peer {
	char	line[LINE_MAX_BYTES];	/* the words point into it */
	char	*name;
	char	*start[WORDS_MAX + 1];
	char	*stop[WORDS_MAX + 1];
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
	char *rest = peer->line, *start, *stop;

	if (!fgets(peer->line, sizeof(peer->line), stdin))
		return false;
	peer->line[strcspn(peer->line, "\n")] = '\0';
	peer->name = strsep(&rest, "\t");
	start = strsep(&rest, "\t");
	stop = strsep(&rest, "\t");
	if (!start || !stop)
		error(2, 0, "a line of the plan has three fields");
	split(start, peer->start);
	split(stop, peer->stop);
	return true;
}

/*
 * Wait for a command, and reap what it left to us: init processes of
 * containers come to the nearest subreaper, which we are.
 */
static int wait_for(pid_t pid)
{
	int status;
	pid_t ended;

	do
		ended = waitpid(-1, &status, 0);
	while (ended != pid && (ended > 0 || errno == EINTR));
	return ended == pid ? status : -1;
}

/* Wall time in microseconds, or -1 when the command failed. */
static double run(char *const words[], const posix_spawn_file_actions_t *files)
{
	struct timespec from, to;
	int status, r;
	pid_t pid;

	clock_gettime(CLOCK_MONOTONIC, &from);
	r = posix_spawnp(&pid, words[0], files, NULL, words, environ);
	if (r)
		error(1, r, "%s", words[0]);
	status = wait_for(pid);
	clock_gettime(CLOCK_MONOTONIC, &to);
	if (status)
		return -1;
	return (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
}

static void pause_msec(long msec)
{
	const struct timespec gap = { .tv_sec = msec / 1000, .tv_nsec = msec % 1000 * 1000000 };

	if (msec)
		(void)nanosleep(&gap, NULL);
}

/* One start and stop of a peer. */
static void measure(struct peer *peer, long gap_msec, const posix_spawn_file_actions_t *files,
		    bool is_printed)
{
	double start, stop;

	pause_msec(gap_msec);
	start = run(peer->start, files);
	pause_msec(gap_msec);
	stop = run(peer->stop, files);
	if (start < 0 || stop < 0) {
		fprintf(stderr, "%s: %s failed\n", peer->name, start < 0 ? "start" : "stop");
		peer->has_failed = true;
		return;
	}
	if (is_printed)
		printf("%s\t%.0f\t%.0f\n", peer->name, start, stop);
}

int main(int argc, char **argv)
{
	static struct peer peers[PEERS_MAX];
	posix_spawn_file_actions_t files;
	size_t count = 0, i;
	bool failed = false;
	long runs, gap_msec, round;

	if (argc != 4)
		error(2, 0, "usage: stopwatch RUNS GAP_MSEC LOG < PLAN");
	runs = strtol(argv[1], NULL, 10);
	gap_msec = strtol(argv[2], NULL, 10);
	while (count < PEERS_MAX && read_peer(&peers[count]))
		count++;
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, argv[3], O_WRONLY | O_CREAT | O_APPEND, 0600);
	posix_spawn_file_actions_adddup2(&files, 1, 2);

	/* The round before the first fills caches, and makes what all later ones find. */
	for (round = 0; round <= runs; round++)
		for (i = 0; i < count; i++)
			if (!peers[i].has_failed)
				measure(&peers[i], gap_msec, &files, round > 0);
	for (i = 0; i < count; i++)
		failed |= peers[i].has_failed;
	posix_spawn_file_actions_destroy(&files);
	return failed;
}
