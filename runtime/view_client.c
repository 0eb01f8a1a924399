// SPDX-License-Identifier: LGPL-2.1-or-later
/* Makes the view of one VPS and sees to it that somebody answers; called by the monitor. */
#include "view_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fileio.h"
#include "base/lock.h"
#include "base/own.h"
#include "isolation/mount_fd.h"
#include "programs.h"

#define TRIES		10	/* servers in a row that may be killed before we wait a little */
#define ANSWER_SEC	2	/* that a server may take to accept a view */
#define SPAWN_MSEC	2000	/* that another monitor may take to start one */
#define RETRY_MSEC	50	/* between tries to have a server, … */
#define RARE_MSEC	1000	/* … and once none has come for SPAWN_MSEC: a host may have many VPSs */
#define CLONE_MSEC	5000	/* that the files of a new view may take */
#define LISTENERS_MAX	512	/* of the 1024 descriptors that a monitor may have */

static void close_all(int *fds, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		own_close(&fds[i]);
}

void view_client_init(struct view_client *client, const char *run_dir)
{
	const char *slash = strrchr(run_dir, '/');
	size_t i;

	*client = (struct view_client){
		.server_fd = FD_NONE,
		.finder.sync_fd = FD_NONE,
		.listeners = VIEW_LISTENERS_INIT,
	};
	for (i = 0; i < VIEW_FDS; i++)
		client->fds[i] = FD_NONE;
	(void)snprintf(client->dir, sizeof(client->dir), "%.*s.view",
		       slash ? (int)(slash - run_dir) : 0, run_dir);
	client->mntns_fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
}

void view_client_free(struct view_client *client)
{
	view_client_down(client);
	own_close(&client->server_fd);
	own_close(&client->mntns_fd);
}

/* ---- the server ---- */

static int connect_once(int dir_fd)
{
	OWN_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	const struct timeval patience = { .tv_sec = ANSWER_SEC };
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	/* Through the descriptor: a path below a long --root does not fit into 108 bytes. */
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" VIEW_SOCKET,
		       dir_fd);
	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return fd_take(&fd);
}

/* Returns when the server can be connected to. */
static int spawn(const struct view_client *client, struct vps_err *err)
{
	const char *const argv[] = { VIEW_PROGRAM, client->dir, NULL };
	const char *const env[] = { NULL };
	OWN_FD copy = fcntl(client->mntns_fd, F_DUPFD_CLOEXEC, 10);
	posix_spawn_file_actions_t actions;
	char path[PATH_MAX];
	int i, r, status;
	pid_t pid;

	if (!program_find(VIEW_PROGRAM, path))
		return vps_err_say(err, -VPS_EHOST, VIEW_PROGRAM " is missing");
	(void)posix_spawn_file_actions_init(&actions);
	for (i = 0; i < 3; i++)
		(void)posix_spawn_file_actions_addopen(&actions, i, "/dev/null", O_RDWR, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, copy, VIEW_MNTNS_FD);
	(void)posix_spawn_file_actions_addclosefrom_np(&actions, VIEW_MNTNS_FD + 1);
	r = posix_spawn(&pid, path, &actions, NULL, (char *const *)argv, (char *const *)env);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (r)
		return vps_err_set(err, -r, "cannot start %s", path);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return vps_err_set(err, -errno, "cannot wait for %s", path);
	return status ? vps_err_say(err, -ECHILD, VIEW_PROGRAM " does not start") : 0;
}

/*
 * A connection to the server, which is started unless there is one.
 * -VPS_ELOCKED: somebody else has been starting it for wait_msec.
 */
static int connect_server(const struct view_client *client, int wait_msec, struct vps_err *err)
{
	OWN_FD dir_fd = dir_make(AT_FDCWD, client->dir, 0700, err);
	OWN_FD lock_fd = FD_NONE;
	int fd, r;

	if (dir_fd < 0)
		return dir_fd;
	fd = connect_once(dir_fd);
	if (fd >= 0)
		return fd;
	/* All monitors find it gone at the same time; one starts it, the others wait for that. */
	lock_fd = lock_take(dir_fd, VIEW_SPAWN_LOCK, wait_msec, err);
	if (lock_fd < 0)
		return lock_fd;
	fd = connect_once(dir_fd);
	if (fd >= 0)
		return fd;
	r = spawn(client, err);
	if (r < 0)
		return r;
	fd = connect_once(dir_fd);
	return fd < 0 ? vps_err_set(err, fd, "cannot connect to " VIEW_PROGRAM) : fd;
}

static int say(const struct view_client *client, enum view_word word, const int *fds, size_t count)
{
	return view_send(client->server_fd, word, client->name, fds, count);
}

/* The answer to the oldest word that has none. 0, or -errno; -ENOENT: refused. */
static int hear(const struct view_client *client, int *fds, size_t count)
{
	struct view_message message;
	int r = view_receive(client->server_fd, &message, fds, count);

	return r == 0 && message.word != VIEW_DONE ? -ENOENT : r;
}

/* Say something to the server and hear its answer, with descriptors. */
static int ask(const struct view_client *client, enum view_word word, int *fds, size_t sent,
	       size_t expected)
{
	int r = say(client, word, fds, sent);

	return r == 0 ? hear(client, fds, expected) : r;
}

/* What it refuses, it refuses for good: there is no use in asking another. */
static int hand_over_listeners(struct view_client *client)
{
	size_t i;
	int r = 0;

	for (i = 0; i < client->listeners.count && (r == 0 || r == -ENOENT); i++)
		r = ask(client, VIEW_LISTEN, &client->listeners.fds[i], 1, 0);
	if (r == 0 || r == -ENOENT)
		r = ask(client, VIEW_BEGIN, NULL, 0, 0);
	client->answers_calls = r == 0;
	return r == -ENOENT ? 0 : r;
}

/* The same for a view that has none yet, without waiting for the answers. */
static int offer(struct view_client *client)
{
	int r = say(client, VIEW_SERVE, client->fds, VIEW_FDS);

	return r == 0 ? say(client, VIEW_BEGIN, NULL, 0) : r;
}

static int hear_offer(struct view_client *client)
{
	int r = hear(client, NULL, 0);

	if (r < 0)
		return r;
	r = hear(client, NULL, 0);
	client->answers_calls = r == 0;
	return r == -ENOENT ? 0 : r;
}

/* Give the server what we hold; wait_msec as in connect_server(). */
static int try_server(struct view_client *client, int wait_msec, struct vps_err *err)
{
	int r;

	if (client->server_fd < 0)
		client->server_fd = connect_server(client, wait_msec, err);
	r = client->server_fd < 0 ? client->server_fd :
				    ask(client, VIEW_SERVE, client->fds, VIEW_FDS, 0);
	if (r == 0)
		r = hand_over_listeners(client);
	if (r < 0)
		own_close(&client->server_fd);
	return r;
}

/* For a start, which can wait: whoever is killed while it takes it is replaced. */
static int hand_over(struct view_client *client, struct vps_err *err)
{
	int tries, r = -ECONNREFUSED;

	for (tries = 0; tries < TRIES && r < 0; tries++) {
		struct vps_err why = { 0 };

		r = try_server(client, SPAWN_MSEC, &why);
		if (r < 0 && why.code)
			*err = why;
		if (r == -VPS_EHOST)
			return r;
		if (r == -EAGAIN && tries > 0)	/* it is stopped, or the host is very busy */
			break;
	}
	return r < 0 ? vps_err_set(err, r, VIEW_PROGRAM " does not take the VPS") : 0;
}

bool view_client_is_lost(const struct view_client *client)
{
	return client->fds[VIEW_FD_FUSE] >= 0 && client->server_fd < 0;
}

static bool is_lost_for_long(const struct view_client *client)
{
	return client->lost_msec && clock_msec() - client->lost_msec > SPAWN_MSEC;
}

int view_client_timeout(const struct view_client *client)
{
	if (!view_client_is_lost(client))
		return -1;
	return is_lost_for_long(client) ? RARE_MSEC : RETRY_MSEC;
}

/* There is no server to be had: calls must not wait for one. */
static void pass_calls(const struct view_client *client)
{
	struct view_page *page = view_map(client->fds[VIEW_FD_PAGE]);

	if (!page)
		return;
	view_listeners_pass_all(&client->listeners, page->call.notif.id);
	(void)munmap(page, sizeof(*page));
}

void view_client_restore(struct view_client *client)
{
	struct vps_err ignored = { 0 };	/* the next call tries again */
	int r;

	own_close(&client->server_fd);
	if (client->fds[VIEW_FD_FUSE] < 0)
		return;
	r = try_server(client, 0, &ignored);
	if (r == 0) {
		client->lost_msec = 0;
		return;
	}
	if (!client->lost_msec)
		client->lost_msec = clock_msec();
	if (r == -VPS_EHOST || is_lost_for_long(client))
		pass_calls(client);
}

/* ---- calls ---- */

void view_watch(struct syscalls_profile *profile)
{
	static const char *const calls[] = { "sched_getaffinity", "sysinfo" };

	syscalls_watch(profile, calls, ARRAY_LEN(calls));
}

bool view_client_is_listening(const struct view_client *client)
{
	return client->fds[VIEW_FD_FUSE] >= 0 && client->answers_calls;
}

int view_client_listen(struct view_client *client, int listener_fd)
{
	OWN_FD owned = listener_fd;
	int r;

	if (!view_client_is_listening(client) || client->listeners.count >= LISTENERS_MAX)
		return -ENOTCONN;
	r = view_listeners_add(&client->listeners, fd_take(&owned), 0);
	if (r < 0)
		return r;
	r = ask(client, VIEW_LISTEN, &listener_fd, 1, 0);
	if (r == -ENOENT) {
		view_listeners_remove(&client->listeners, listener_fd);
		return r;
	}
	if (r < 0)	/* the server was killed; the next one gets all that we hold */
		view_client_restore(client);
	return 0;
}

/* ---- a view ---- */

static int make_page(const struct view_plan *plan, struct vps_err *err)
{
	OWN_FD fd = memfd_create("vps-view", MFD_CLOEXEC);
	struct timespec now;
	struct view_page *page;
	int64_t up_nsec;

	if (fd < 0 || ftruncate(fd, sizeof(*page)) < 0)
		return vps_err_set(err, -errno, "cannot make the page");
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return vps_err_set(err, -errno, "cannot map the page");
	page->version = VIEW_PAGE_VERSION;
	page->uid = plan->uid;
	page->gid = plan->gid;
	page->start_nsec = plan->start_nsec;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	up_nsec = now.tv_sec * 1000000000LL + now.tv_nsec - plan->start_nsec;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	page->btime = now.tv_sec - up_nsec / 1000000000;
	(void)snprintf(page->name, sizeof(page->name), "%s", plan->name);
	(void)munmap(page, sizeof(*page));
	return fd_take(&fd);
}

/* The file system of this connection, detached. */
static int make_mount(int fuse_fd, struct vps_err *err)
{
	char option[24];
	const char *const options[] = {
		option, "rootmode=40000", "user_id=0", "group_id=0", "allow_other",
		"default_permissions",
	};
	const struct mount_entry entry = {
		.type = "fuse",
		.source = VIEW_PROGRAM,
		.destination = "the view",
		.data = options,
		.data_count = ARRAY_LEN(options),
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			    MOUNT_ATTR_NOEXEC,
	};

	(void)snprintf(option, sizeof(option), "fd=%d", fuse_fd);
	return mount_new(&entry, NULL, err);
}

/* One listing tells the kernel of every file what else it would ask the server for one by one. */
static void learn_files(int mount_fd)
{
	int fd = openat(mount_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	OWN_DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir)
		(void)readdir(dir);
}

/*
 * In a child, because finding a file waits for the server, and if that is
 * killed we are the one who has to bring another.
 */
_Noreturn static void clone_files(const struct view_plan *plan, int mount_fd, int sync_fd)
{
	OWN_FD scratch_fd = FD_NONE;
	int fds[VIEW_FILES];
	size_t i;

	if (plan->is_apart &&
	    (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) < 0))
		_exit(1);
	scratch_fd = open(plan->scratch, O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* Only what is attached can be cloned, before Linux 6.15. */
	if (scratch_fd < 0 || mount_attach(mount_fd, scratch_fd) < 0)
		_exit(1);
	learn_files(mount_fd);
	for (i = 0; i < VIEW_FILES; i++) {
		fds[i] = mount_clone(mount_fd, view_files[i].name, false);
		if (fds[i] < 0)
			_exit(1);
	}
	_exit(view_send(sync_fd, VIEW_DONE, NULL, fds, VIEW_FILES) < 0);
}

/* It may wait for long, and must hold nothing for as long: neither our locks, nor the connection. */
_Noreturn static void run_finder(const struct view_plan *plan, int mount_fd, int sync_fd, pid_t parent)
{
	const int kept[] = { mount_fd, sync_fd };

	fd_keep_only(kept, ARRAY_LEN(kept));
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	clone_files(plan, mount_fd, sync_fd);
}

static int start_finder(struct view_client *client, const struct view_plan *plan, int mount_fd,
			struct vps_err *err)
{
	struct view_finder *finder = &client->finder;
	pid_t self = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return vps_err_set(err, -errno, "cannot make a socketpair");
	finder->pid = fork();
	if (finder->pid == 0)
		run_finder(plan, mount_fd, fds[1], self);
	own_close(&fds[1]);
	if (finder->pid < 0) {
		own_close(&fds[0]);
		return vps_err_set(err, -errno, "cannot fork");
	}
	finder->sync_fd = fds[0];
	finder->scratch = plan->is_apart ? NULL : plan->scratch;
	finder->has_sent = false;
	return 0;
}

static void end_finder(struct view_finder *finder)
{
	bool waits_for_ever = !finder->has_sent && !finder->scratch;

	own_close(&finder->sync_fd);
	if (finder->pid <= 0)
		return;
	if (!finder->has_sent)
		(void)kill(finder->pid, SIGKILL);
	if (!finder->has_sent && finder->scratch)	/* end the connection, so that it can end */
		(void)umount2(finder->scratch, MNT_FORCE);
	while (waitpid(finder->pid, NULL, waits_for_ever ? WNOHANG : 0) < 0 && errno == EINTR)
		;
	finder->pid = 0;
}

/* Until it has sent something; the server may be replaced meanwhile. */
static int await_finder(struct view_client *client)
{
	struct pollfd fds[] = {
		{ .fd = client->finder.sync_fd, .events = POLLIN },
		{ .events = POLLIN },
	};
	int waited;

	for (waited = 0; waited < CLONE_MSEC; waited += 100) {
		fds[1].fd = client->server_fd;
		if (poll(fds, ARRAY_LEN(fds), 100) > 0 && fds[0].revents)
			return 0;
		if (client->server_fd < 0 || fds[1].revents)
			view_client_restore(client);
	}
	return -ETIMEDOUT;
}

static int take_files(struct view_client *client, struct vps_err *err)
{
	struct view_message message;
	int fds[VIEW_FILES], r = await_finder(client);
	size_t i;

	if (r == 0)
		r = view_receive(client->finder.sync_fd, &message, fds, VIEW_FILES);
	if (r < 0)
		return vps_err_set(err, r, VIEW_PROGRAM " does not answer");
	client->finder.has_sent = true;	/* reaped when the files are placed: it takes a while to end */
	for (i = 0; i < VIEW_FILES; i++)
		client->files[i] = (struct mount_view){ view_files[i].path, fds[i] };
	client->file_count = VIEW_FILES;
	return 0;
}

/* Naming the file system loads the module, where the kernel has it as one and nobody has. */
static int open_fuse(void)
{
	OWN_FD fd = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	OWN_FD fs_fd = FD_NONE;

	if (fd >= 0 || errno != ENOENT)
		return fd_take(&fd);
	fs_fd = fsopen("fuse", FSOPEN_CLOEXEC);
	return open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

static int make_view(struct view_client *client, const struct view_plan *plan,
		     struct vps_err *err)
{
	OWN_FD mount_fd = FD_NONE;

	client->fds[VIEW_FD_FUSE] = open_fuse();
	if (client->fds[VIEW_FD_FUSE] < 0)
		return vps_err_set(err, -errno, "cannot open /dev/fuse");
	client->fds[VIEW_FD_CGROUP] = fcntl(plan->cg_fd, F_DUPFD_CLOEXEC, 0);
	client->fds[VIEW_FD_PAGE] = make_page(plan, err);
	if (client->fds[VIEW_FD_PAGE] < 0)
		return client->fds[VIEW_FD_PAGE];
	mount_fd = make_mount(client->fds[VIEW_FD_FUSE], err);
	if (mount_fd < 0)
		return mount_fd;
	if (client->server_fd < 0)
		client->server_fd = connect_server(client, SPAWN_MSEC, err);
	if (client->server_fd == -VPS_EHOST)
		return client->server_fd;
	/* What fails here may succeed a moment later: view_client_end() tries again. */
	*err = (struct vps_err){ 0 };
	if (client->server_fd < 0 || offer(client) < 0)
		own_close(&client->server_fd);
	return start_finder(client, plan, mount_fd, err);
}

int view_client_begin(struct view_client *client, const struct view_plan *plan,
		      struct vps_err *err)
{
	int r;

	view_client_down(client);
	(void)snprintf(client->name, sizeof(client->name), "%s", plan->name);
	r = make_view(client, plan, err);
	if (r < 0) {
		own_close(&client->server_fd);
		view_client_down(client);
	}
	return r;
}

int view_client_end(struct view_client *client, struct vps_err *err)
{
	int r = 0;

	if (client->finder.pid <= 0 || client->finder.has_sent)
		return vps_err_say(err, -ENOENT, "no view was begun");
	if (client->server_fd < 0 || hear_offer(client) < 0) {
		own_close(&client->server_fd);
		r = hand_over(client, err);
	}
	if (r == 0)
		r = take_files(client, err);
	if (r < 0)
		view_client_down(client);
	return r;
}

void view_client_placed(struct view_client *client)
{
	end_finder(&client->finder);
	while (client->file_count > 0)
		own_close(&client->files[--client->file_count].fd);
}

void view_client_down(struct view_client *client)
{
	if (client->finder.pid > 0 && !client->finder.has_sent)	/* whose answers nobody has heard */
		own_close(&client->server_fd);
	view_client_placed(client);
	close_all(client->fds, VIEW_FDS);
	view_listeners_free(&client->listeners);
	client->answers_calls = false;
	client->lost_msec = 0;
}

void view_client_leave(struct view_client *client)
{
	close_all(client->fds, VIEW_FDS);
	own_close(&client->server_fd);
	own_close(&client->finder.sync_fd);
}

/* Fetch what the server holds. 0; -ENOENT: it holds nothing of it; or another -errno. */
static int fetch_view(struct view_client *client, int dir_fd)
{
	int fd, r;

	own_close(&client->server_fd);
	client->server_fd = connect_once(dir_fd);
	if (client->server_fd < 0)
		return -ENOENT;
	r = ask(client, VIEW_RETURN, client->fds, 0, VIEW_FDS);
	if (r < 0)
		return r;
	while ((r = ask(client, VIEW_FETCH, &fd, 0, 1)) == 0 && fd >= 0)
		(void)view_listeners_add(&client->listeners, fd, 0);
	if (r < 0 && r != -ENOENT)
		return r;
	client->answers_calls = ask(client, VIEW_BEGIN, NULL, 0, 0) == 0;
	return 0;
}

bool view_client_adopt(struct view_client *client, const char *name)
{
	OWN_FD dir_fd = open(client->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int tries, r = -EAGAIN;

	if (dir_fd < 0)
		return false;
	(void)snprintf(client->name, sizeof(client->name), "%s", name);
	/* What was not heard in time would be taken for the next answer: ask anew, over a new connection. */
	for (tries = 0; tries < TRIES && r < 0 && r != -ENOENT; tries++) {
		view_client_down(client);
		r = fetch_view(client, dir_fd);
	}
	return r == 0;
}
