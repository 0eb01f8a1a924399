// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Turns a process of ours into the tenant's; called by init and by exec.
 *
 * The order matters: what needs privileges comes before they go, and a filter
 * without no_new_privs needs CAP_SYS_ADMIN, so it is loaded before the user
 * changes; with no_new_privs it comes last, so that it need not allow our steps.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "isolation/devfs.h"
#include "isolation/labels.h"
#include "isolation/rootless.h"
#include "isolation/placement.h"
#include "sync.h"
#include "users.h"

int process_leave_keyring(struct vps_err *err)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0 || errno == ENOSYS ||
	    (errno == EDQUOT && rootless_is()))	/* then there are his own keys in it, and nobody else's */
		return 0;
	return vps_err_set(err, -errno, "cannot leave the session keyring");
}

bool process_raises_limits(const struct oci_process *process)
{
	struct rlimit own;
	size_t i;

	for (i = 0; i < process->rlimit_count; i++) {
		const struct oci_rlimit *limit = &process->rlimits[i];

		if (getrlimit((enum __rlimit_resource)limit->resource, &own) == 0 &&
		    limit->hard > own.rlim_max)
			return true;
	}
	return false;
}

int process_limit(pid_t pid, const struct oci_process *process, struct vps_err *err)
{
	size_t i;

	for (i = 0; i < process->rlimit_count; i++) {
		const struct oci_rlimit *limit = &process->rlimits[i];
		struct rlimit value = { .rlim_cur = limit->soft, .rlim_max = limit->hard };

		if (prlimit(pid, (enum __rlimit_resource)limit->resource, &value, NULL) < 0)
			return vps_err_set(err, -errno, "cannot set process.rlimits[%zu] to %ju:%ju",
					   i, (uintmax_t)limit->soft, (uintmax_t)limit->hard);
	}
	return 0;
}

int process_score(int proc_fd, const struct oci_process *process, struct vps_err *err)
{
	struct vps_err why = { 0 };
	char text[16];
	int r;

	if (!process->has_oom_score_adj)
		return 0;
	(void)snprintf(text, sizeof(text), "%d", process->oom_score_adj);
	r = file_write(proc_fd, "oom_score_adj", text, &why);
	/* Lowering it is for the host's root: a rootless container keeps what its maker has. */
	if (r < 0 && !((r == -EACCES || r == -EPERM) && rootless_is()))
		*err = why;
	return err->code;
}

/* sched_setattr(2): glibc 2.36 has no declaration, and the kernel's header clashes with its own. */
struct sched_attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t  nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static const struct {
	const char *name;
	uint32_t    policy;
} policies[] = {
	{ "SCHED_OTHER", SCHED_OTHER }, { "SCHED_BATCH", SCHED_BATCH },
	{ "SCHED_IDLE", SCHED_IDLE },	{ "SCHED_FIFO", SCHED_FIFO },
	{ "SCHED_RR", SCHED_RR },	{ "SCHED_DEADLINE", SCHED_DEADLINE },
};

static int set_scheduler(const struct oci_process *process, struct vps_err *err)
{
	struct sched_attributes attr = {
		.size = sizeof(attr),
		.flags = process->scheduler_flags,
		.nice = process->scheduler_nice,
		.priority = (uint32_t)process->scheduler_priority,
		.runtime = process->scheduler_runtime,
		.deadline = process->scheduler_deadline,
		.period = process->scheduler_period,
	};
	size_t i;

	if (!process->scheduler_policy)
		return 0;
	for (i = 0; i < ARRAY_LEN(policies); i++)
		if (strcmp(process->scheduler_policy, policies[i].name) == 0)
			attr.policy = policies[i].policy;
	if (syscall(SYS_sched_setattr, 0, &attr, 0) < 0)
		return vps_err_set(err, -errno, "cannot set process.scheduler to %s",
				   process->scheduler_policy);
	return 0;
}

static int set_io_priority(const struct oci_process *process, struct vps_err *err)
{
	int class;

	if (!process->io_class)
		return 0;
	class = strcmp(process->io_class, "IOPRIO_CLASS_RT") == 0   ? IOPRIO_CLASS_RT :
		strcmp(process->io_class, "IOPRIO_CLASS_IDLE") == 0 ? IOPRIO_CLASS_IDLE :
								      IOPRIO_CLASS_BE;
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
		    IOPRIO_PRIO_VALUE(class, process->io_priority)) < 0)
		return vps_err_set(err, -errno, "cannot set process.ioPriority to %s %d",
				   process->io_class, process->io_priority);
	return 0;
}

int process_take_stdio(const int *stdio, struct vps_err *err)
{
	int i;

	for (i = 0; stdio && i < 3; i++)
		if (stdio[i] >= 0 && dup2(stdio[i], i) < 0)
			return vps_err_set(err, -errno, "cannot take descriptor %d", i);
	return 0;
}

int process_close_host(int *sync_fd, unsigned preserved_fds, struct vps_err *err)
{
	int last = 3 + (int)preserved_fds;

	if (*sync_fd != last && dup3(*sync_fd, last, O_CLOEXEC) < 0)
		return vps_err_set(err, -errno, "cannot move the socket");
	*sync_fd = last;
	if (close_range((unsigned)last + 1, ~0U, 0) < 0)
		return vps_err_set(err, -errno, "cannot close the descriptors of the host");
	return 0;
}

int process_take_terminal(const struct oci_process *process, int slave_fd, bool is_controlling,
			  struct vps_err *err)
{
	const struct winsize size = {
		.ws_row = (unsigned short)process->rows,
		.ws_col = (unsigned short)process->columns,
	};
	int i;

	if (process->rows && ioctl(slave_fd, TIOCSWINSZ, &size) < 0)
		return vps_err_set(err, -errno, "cannot size the terminal");
	if (fchown(slave_fd, process->uid, (gid_t)-1) < 0)
		return vps_err_set(err, -errno, "cannot give the terminal to user %u", process->uid);
	if (is_controlling && ioctl(slave_fd, TIOCSCTTY, 0) < 0)
		return vps_err_set(err, -errno, "cannot take the controlling terminal");
	for (i = 0; i < 3; i++)
		if (dup2(slave_fd, i) < 0)
			return vps_err_set(err, -errno, "cannot open the terminal");
	return 0;
}

static int set_attributes(const struct process_plan *plan, struct vps_err *err)
{
	const struct oci_process *process = plan->process;
	const struct oci_config *config = plan->config;
	int r;

	/* One that is counted to its user, who may have used up what he may have: then that of before stays. */
	if (!plan->keeps_keyring && syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "_ses") < 0 &&
	    errno != ENOSYS && errno != EDQUOT)
		return vps_err_set(err, -errno, "cannot make a session keyring");
	if (config->has_personality && personality(config->personality) < 0)
		return vps_err_set(err, -errno, "cannot set personality %#lx", config->personality);
	r = config->has_memory_policy ?
		placement_set_memory(config->memory_mode, &config->memory_nodes, err) : 0;
	if (r < 0)
		return vps_err_in(err, "linux.memoryPolicy");
	r = labels_set_apparmor(process->apparmor_profile, err);
	if (r == 0)
		r = labels_set_selinux(process->selinux_label, err);
	if (r == 0)
		r = set_scheduler(process, err);
	if (r == 0)
		r = set_io_priority(process, err);
	(void)umask(process->has_umask ? process->umask : 0022);
	return r;
}

static int load_filter(const struct process_plan *plan, struct vps_err *err)
{
	struct syscalls_filter filter = { 0 };
	OWN_FD listener_fd = FD_NONE;
	int r;

	if (!plan->filter)
		return 0;
	filter = *plan->filter;		/* its program is a copy of this process's own */
	r = syscalls_load(&filter, &listener_fd, err);
	if (r == -EBUSY && filter.is_watched) {	/* the runtime itself is listened to by somebody */
		*err = (struct vps_err){ 0 };
		syscalls_unwatch(&filter);
		r = syscalls_load(&filter, &listener_fd, err);
	}
	if (r == 0 && listener_fd >= 0)
		r = sync_send(plan->sync_fd, SYNC_LISTENER, listener_fd);
	/* Were it lost on the way, watched calls would fail for ever: end before that. */
	return r == 0 && filter.is_watched ? sync_expect(plan->sync_fd, SYNC_LISTENING, err) : r;
}

void process_hide(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);	/* cannot fail with 0 */
}

static int say_no_id(const char *what, unsigned id, int cause, struct vps_err *err)
{
	if (cause == EINVAL)
		return vps_err_say(err, -EINVAL,
				   "cannot become %s %u: the user namespace has no such id", what,
				   id);
	return vps_err_set(err, -cause, "cannot become %s %u", what, id);
}

static int become_user(const struct oci_process *process, struct vps_err *err)
{
	if (setgroups(process->group_count, process->groups) < 0 &&
	    (errno != EPERM || process->group_count))	/* EPERM: rootless, setgroups denied */
		return vps_err_set(err, -errno, "cannot set the supplementary groups");
	if (setresgid(process->gid, process->gid, process->gid) < 0)
		return say_no_id("group", process->gid, errno, err);
	if (setresuid(process->uid, process->uid, process->uid) < 0)
		return say_no_id("user", process->uid, errno, err);
	process_hide();
	return 0;
}

static int enter_cwd(const char *cwd, struct vps_err *err)
{
	char where[PATH_MAX];

	if (chdir(cwd) < 0)
		return vps_err_set(err, -errno, "cannot enter working directory %s", cwd);
	/* A directory that the root does not reach reads "(unreachable)…", getcwd(3). */
	if (!getcwd(where, sizeof(where)) || where[0] != '/')
		return vps_err_say(err, -EXDEV, "working directory %s lies outside of the root", cwd);
	return 0;
}

const char *process_env(const char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; env && *env; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

const char *const *process_with_env(struct arena *arena, const char *const *env, const char *name,
				    const char *value)
{
	const char **longer;
	size_t count = 0;

	if (process_env(env, name))
		return env;
	while (env && env[count])
		count++;
	longer = arena_array(arena, count + 2, sizeof(*longer));
	if (!longer)
		return env;
	if (count)
		memcpy(longer, env, count * sizeof(*longer));
	longer[count] = arena_printf(arena, "%s=%s", name, value);
	return longer;
}

void process_add_home(struct oci_process *process, struct arena *arena)
{
	OWN_FD root_fd = FD_NONE;

	if (process_env(process->env, "HOME"))
		return;
	root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	process->env = process_with_env(arena, process->env, "HOME",
					users_home(root_fd, process->uid, arena));
}

/* Root of a user namespace owns nothing of the host's; without a root of its own there is no other. */
static int take_null(const struct oci_config *config, struct vps_err *err)
{
	OWN_FD root_fd = FD_NONE;

	if (config->namespaces[NS_USER].is_listed || !config->namespaces[NS_MOUNT].is_listed)
		return 0;
	root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return devfs_take_null(root_fd, err);
}

int process_confine(const struct process_plan *plan, struct vps_err *err)
{
	int r = take_null(plan->config, err);

	if (r == 0)
		r = set_attributes(plan, err);

	/* A process without "capabilities" has none: all sets of it are empty. */
	return r == 0 ? caps_before_setuid(&plan->process->caps, err) : r;
}

int process_become(const struct process_plan *plan, struct vps_err *err)
{
	const struct oci_process *process = plan->process;
	struct vps_err as_root = { 0 };
	int r = process->no_new_privileges ? 0 : load_filter(plan, err);
	/* It may be one that the user cannot enter, and one of his that root cannot: as of NFS. */
	int entered = r == 0 ? enter_cwd(process->cwd, &as_root) : r;

	if (r == 0)
		r = become_user(process, err);
	if (r == 0)
		r = caps_after_setuid(&process->caps, err);
	if (r == 0 && entered < 0)
		r = enter_cwd(process->cwd, err);
	if (r < 0)
		return r;
	if (process->no_new_privileges) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			return vps_err_set(err, -errno, "cannot set no_new_privs");
		r = load_filter(plan, err);
	}
	return r;
}
