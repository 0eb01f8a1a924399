// SPDX-License-Identifier: GPL-2.0-or-later
/* Real system calls of children under a watched filter, whose servers die owing an answer. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fdpass.h"
#include "base/fileio.h"
#include "base/own.h"
#include "isolation/syscalls.h"
#include "need.h"
#include "runtime/view_answer.h"
#include "runtime/view_calls.h"
#include "runtime/view_client.h"
#include "runtime/view_text.h"

static const char *missing;

static int probe(void **state)
{
	(void)state;
	if (geteuid() != 0)
		missing = "root";
	else if (get_nprocs() < 2)
		missing = "two processors";
	(void)signal(SIGCHLD, SIG_DFL);
	return 0;
}

/* A VPS of one processor, as far as its cgroup and its page say. */
struct fixture {
	char              dir[32];
	int               fds[VIEW_FDS];
	struct view_page *page;
	struct view       view;
};

static void begin(struct fixture *f)
{
	struct vps_err err = { 0 };

	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/vps-calls.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->fds[VIEW_FD_FUSE] = FD_NONE;
	f->fds[VIEW_FD_PAGE] = memfd_create("page", MFD_CLOEXEC);
	f->fds[VIEW_FD_CGROUP] = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(file_replace(f->fds[VIEW_FD_CGROUP], "cpu.max", "50000 100000\n", 13, 0600,
				      false, &err), 0);
	assert_int_equal(ftruncate(f->fds[VIEW_FD_PAGE], sizeof(*f->page)), 0);
	f->page = mmap(NULL, sizeof(*f->page), PROT_READ | PROT_WRITE, MAP_SHARED,
		       f->fds[VIEW_FD_PAGE], 0);
	assert_ptr_not_equal(f->page, MAP_FAILED);
	f->page->version = VIEW_PAGE_VERSION;
	f->page->start_nsec = view_now();
	f->view = (struct view){ .cg_fd = f->fds[VIEW_FD_CGROUP], .page = f->page };
}

static void end(struct fixture *f)
{
	struct vps_err err = { 0 };

	(void)munmap(f->page, sizeof(*f->page));
	own_close(&f->fds[VIEW_FD_PAGE]);
	own_close(&f->fds[VIEW_FD_CGROUP]);
	(void)tree_remove(AT_FDCWD, f->dir, &err);
}

/* ---- callers ---- */

static int load_watched(void)
{
	struct syscalls_profile profile = { .default_action = "SCMP_ACT_ALLOW" };
	struct syscalls_filter filter = { 0 };
	struct vps_err err = { 0 };
	int listener_fd = FD_NONE;

	view_watch(&profile);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0 ||
	    syscalls_compile(&profile, FD_NONE, &filter, &err) < 0 ||
	    syscalls_load(&filter, &listener_fd, &err) < 0)
		return FD_NONE;
	syscalls_free(&filter);
	return listener_fd;
}

/* How many processors it is told of, 100 for none. */
static int count_cpus(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	return sched_getaffinity(0, sizeof(set), &set) < 0 ? 100 : CPU_COUNT(&set);
}

/* A child that ends with what body() returns; *ret_listener is its. */
static pid_t start_caller(int (*body)(void), int *ret_listener)
{
	int fds[2];
	char byte;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	pid = fork();
	if (pid == 0) {
		int listener_fd = load_watched();

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (listener_fd < 0 || fdpass_send(fds[1], "", 1, &listener_fd, 1) < 0)
			_exit(101);
		(void)close(listener_fd);
		_exit(body());
	}
	(void)close(fds[1]);
	assert_int_equal(fdpass_receive(fds[0], &byte, 1, ret_listener, 1), 1);
	assert_true(*ret_listener >= 0);
	(void)close(fds[0]);
	return pid;
}

static int status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Serve until the caller has ended and nothing is left to be done, or for so long. */
static bool serve_until_end(struct view_calls *calls, pid_t pid, int msec)
{
	struct pollfd pfd = { .fd = view_calls_fd(calls), .events = POLLIN };
	int64_t over = view_now() + msec * 1000000LL;
	siginfo_t info = { 0 };

	while (view_now() < over) {
		if (poll(&pfd, 1, 10) > 0 || view_calls_is_busy(calls))
			(void)view_calls_serve(calls);
		if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
		    info.si_pid == pid && !view_calls_is_busy(calls))
			return true;
	}
	return false;
}

static void add(struct view_calls *calls, int listener_fd)
{
	assert_int_equal(view_calls_add(calls, fcntl(listener_fd, F_DUPFD_CLOEXEC, 0)), 0);
}

static struct view_calls *open_with(const struct fixture *f, int listener_fd)
{
	struct view_calls *calls = view_calls_open(f->fds);

	assert_non_null(calls);
	add(calls, listener_fd);
	return calls;
}

static void signal_scribe(const char *name)
{
	char command[64];

	(void)snprintf(command, sizeof(command), "pkill -%s -x -P %d vps-scribe", name,
		       (int)getpid());
	assert_int_equal(system(command), 0);
}

/* ---- servers that die ---- */

static void answers_what_a_dead_server_owed(void **state)
{
	OWN_FD listener_fd = FD_NONE;
	struct view_calls *calls;
	struct fixture f;
	pid_t pid;

	(void)state;
	need(missing);
	begin(&f);
	pid = start_caller(count_cpus, &listener_fd);
	assert_int_equal(ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_RECV, &f.page->call.notif), 0);
	calls = open_with(&f, listener_fd);
	assert_false(serve_until_end(calls, pid, 50));	/* there may be more listeners to come */
	view_calls_begin(calls);
	assert_true(serve_until_end(calls, pid, 2000));
	assert_int_equal(status_of(pid), 1);
	assert_int_equal(f.page->call.notif.pid, 0);
	view_calls_close(calls);
	end(&f);
}

/* It died behind its answer, before it could note that it had given it. */
static void forgets_what_was_answered(void **state)
{
	OWN_FD first_fd = FD_NONE, listener_fd = FD_NONE;
	union view_call call;
	struct view_calls *calls;
	struct fixture f;
	pid_t pid;

	(void)state;
	need(missing);
	begin(&f);
	pid = start_caller(count_cpus, &first_fd);
	assert_int_equal(ioctl(first_fd, SECCOMP_IOCTL_NOTIF_RECV, &f.page->call.notif), 0);
	call = f.page->call;
	calls = open_with(&f, first_fd);
	view_calls_begin(calls);
	assert_true(serve_until_end(calls, pid, 2000));
	view_calls_close(calls);
	assert_int_equal(status_of(pid), 1);
	f.page->call = call;
	pid = start_caller(count_cpus, &listener_fd);
	calls = open_with(&f, listener_fd);
	view_calls_begin(calls);
	assert_true(serve_until_end(calls, pid, 2000));
	assert_int_equal(status_of(pid), 1);
	view_calls_close(calls);
	end(&f);
}

static void leaves_a_deadly_call_to_the_kernel(void **state)
{
	OWN_FD listener_fd = FD_NONE;
	struct view_calls *calls;
	struct fixture f;
	pid_t pid;

	(void)state;
	need(missing);
	begin(&f);
	pid = start_caller(count_cpus, &listener_fd);
	assert_int_equal(ioctl(listener_fd, SECCOMP_IOCTL_NOTIF_RECV, &f.page->call.notif), 0);
	f.page->call_replays = 100;
	calls = open_with(&f, listener_fd);
	view_calls_begin(calls);
	assert_true(serve_until_end(calls, pid, 2000));
	assert_int_equal(status_of(pid), get_nprocs());
	view_calls_close(calls);
	end(&f);
}

/* It ends for want of work, or is killed, just when a call comes. */
static void a_dead_scribe_is_replaced(void **state)
{
	OWN_FD first_fd = FD_NONE, second_fd = FD_NONE;
	struct view_calls *calls;
	struct fixture f;
	pid_t pid;

	(void)state;
	need(missing);
	begin(&f);
	pid = start_caller(count_cpus, &first_fd);
	calls = open_with(&f, first_fd);
	view_calls_begin(calls);
	assert_true(serve_until_end(calls, pid, 2000));
	assert_int_equal(status_of(pid), 1);
	pid = start_caller(count_cpus, &second_fd);
	add(calls, second_fd);
	signal_scribe("KILL");
	assert_true(serve_until_end(calls, pid, 2000));
	assert_int_equal(status_of(pid), 1);
	view_calls_close(calls);
	end(&f);
}

/* Three callers, the second of which has a scribe that does not get on; until it is busy with that. */
static struct view_calls *begin_stopped(struct fixture *f, pid_t pids[3], int listener_fds[3])
{
	struct view_calls *calls;
	int64_t over = view_now() + 2000000000;

	begin(f);
	pids[0] = start_caller(count_cpus, &listener_fds[0]);
	calls = open_with(f, listener_fds[0]);
	view_calls_begin(calls);
	assert_true(serve_until_end(calls, pids[0], 2000));
	signal_scribe("STOP");
	pids[1] = start_caller(count_cpus, &listener_fds[1]);
	add(calls, listener_fds[1]);
	while (!view_calls_is_busy(calls) && view_now() < over)
		(void)view_calls_serve(calls);
	assert_true(view_calls_is_busy(calls));
	pids[2] = start_caller(count_cpus, &listener_fds[2]);
	add(calls, listener_fds[2]);
	return calls;
}

static void end_stopped(struct fixture *f, struct view_calls *calls, int listener_fds[3])
{
	int i;

	view_calls_close(calls);
	for (i = 0; i < 3; i++)
		own_close(&listener_fds[i]);
	end(f);
}

static void whoever_waits_for_another_s_answer_wakes_nobody(void **state)
{
	struct view_calls *calls;
	struct pollfd pfd = { .events = POLLIN };
	struct fixture f;
	int listener_fds[3];
	pid_t pids[3];

	(void)state;
	need(missing);
	calls = begin_stopped(&f, pids, listener_fds);
	pfd.fd = view_calls_fd(calls);
	assert_int_equal(poll(&pfd, 1, 100), 0);
	signal_scribe("CONT");
	assert_true(serve_until_end(calls, pids[1], 2000));
	assert_true(serve_until_end(calls, pids[2], 2000));
	assert_int_equal(status_of(pids[0]), 1);
	assert_int_equal(status_of(pids[1]), 1);
	assert_int_equal(status_of(pids[2]), 1);
	end_stopped(&f, calls, listener_fds);
}

static void an_answer_that_takes_long_is_the_kernel_s_and_so_are_the_next(void **state)
{
	struct view_calls *calls;
	struct fixture f;
	int listener_fds[3];
	pid_t pids[3];

	(void)state;
	need(missing);
	calls = begin_stopped(&f, pids, listener_fds);
	assert_true(serve_until_end(calls, pids[1], 5000));
	assert_true(serve_until_end(calls, pids[2], 5000));
	assert_int_equal(status_of(pids[0]), 1);
	assert_int_equal(status_of(pids[1]), get_nprocs());
	assert_int_equal(status_of(pids[2]), get_nprocs());
	end_stopped(&f, calls, listener_fds);
}

static void closes_listeners_that_nobody_can_call_on(void **state)
{
	OWN_FD listener_fd = FD_NONE;
	struct view_calls *calls;
	struct fixture f;
	pid_t pid;
	int i, r = 0;

	(void)state;
	need(missing);
	begin(&f);
	pid = start_caller(count_cpus, &listener_fd);
	calls = open_with(&f, listener_fd);
	view_calls_begin(calls);
	assert_true(view_calls_above(calls, FD_NONE) >= 0);
	assert_true(serve_until_end(calls, pid, 2000));
	assert_int_equal(status_of(pid), 1);
	for (i = 0; i < 100 && r == 0; i++) {
		struct pollfd pfd = { .fd = view_calls_fd(calls), .events = POLLIN };

		(void)poll(&pfd, 1, 10);
		r = view_calls_serve(calls);
	}
	assert_int_equal(r, -ENODEV);
	assert_int_equal(view_calls_above(calls, FD_NONE), FD_NONE);
	view_calls_close(calls);
	end(&f);
}

/* ---- answers ---- */

static struct seccomp_notif ask(uint32_t arch, int number, uint64_t a, uint64_t b)
{
	return (struct seccomp_notif){
		.pid = (uint32_t)getpid(),
		.data = { .arch = arch, .nr = number, .args = { a, b, 0x1000 } },
	};
}

static bool affinity(struct fixture *f, uint32_t arch, uint64_t pid, uint64_t len,
		     struct view_answer *answer)
{
	struct seccomp_notif call = ask(arch, arch == AUDIT_ARCH_I386 ? 242 : 204, pid, len);

	return view_answer(&f->view, &call, answer);
}

static void some_of_the_processors_are_told_other_ones_from_vps_to_vps(void **state)
{
	struct view_answer answer;
	unsigned told[2] = { 0 };
	struct fixture f;
	uint32_t i;

	(void)state;
	need(missing);
	begin(&f);
	for (i = 0; i < 32; i++) {
		uint64_t set = 0;

		f.page->uid = 0x24000000 + (i << 16);
		assert_true(affinity(&f, AUDIT_ARCH_X86_64, 0, 128, &answer));
		assert_true(answer.len >= 8 && answer.len <= 128);
		assert_int_equal(answer.value, answer.len);
		assert_int_equal(answer.address, 0x1000);
		memcpy(&set, answer.bytes, sizeof(set));
		assert_int_equal(__builtin_popcountll(set), 1);
		told[__builtin_ctzll(set) % 2]++;
	}
	if (get_nprocs() == 2)
		assert_true(told[0] > 8 && told[1] > 8);
	end(&f);
}

static void what_is_asked_wrongly_is_left_to_the_kernel(void **state)
{
	struct view_answer answer;
	struct fixture f;

	(void)state;
	need(missing);
	begin(&f);
	assert_true(affinity(&f, AUDIT_ARCH_X86_64, (uint64_t)getpid(), 128, &answer));
	assert_false(affinity(&f, AUDIT_ARCH_X86_64, 0, 0, &answer));
	assert_false(affinity(&f, AUDIT_ARCH_X86_64, 0, 12, &answer));
	assert_false(affinity(&f, AUDIT_ARCH_X86_64, (uint64_t)getppid(), 128, &answer));
	assert_false(affinity(&f, AUDIT_ARCH_X86_64, UINT64_MAX, 128, &answer));
	assert_false(affinity(&f, AUDIT_ARCH_I386, 0, 6, &answer));
	assert_false(affinity(&f, AUDIT_ARCH_AARCH64, 0, 128, &answer));
	if (get_nprocs_conf() <= 32) {
		assert_true(affinity(&f, AUDIT_ARCH_I386, 0, 4, &answer));
		assert_int_equal(answer.value, 4);
	}
	end(&f);
}

static void who_is_bound_to_few_is_told_just_those(void **state)
{
	struct view_answer answer;
	cpu_set_t before, one;
	struct fixture f;

	(void)state;
	need(missing);
	begin(&f);
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	CPU_ZERO(&one);
	CPU_SET(1, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_false(affinity(&f, AUDIT_ARCH_X86_64, 0, 128, &answer));
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
	end(&f);
}

static void both_layouts_of_sysinfo_tell_the_same(void **state)
{
	const struct seccomp_notif call = ask(AUDIT_ARCH_X86_64, 99, 0x2000, 0);
	const struct seccomp_notif call_32 = ask(AUDIT_ARCH_I386, 116, 0x2000, 0);
	struct view_answer answer;
	uint32_t short_info[16];
	struct sysinfo info;
	struct fixture f;

	(void)state;
	need(missing);
	begin(&f);
	f.page->start_nsec = view_now() - 4100000000;
	assert_true(view_answer(&f.view, &call, &answer));
	assert_int_equal(answer.len, sizeof(info));
	assert_int_equal(answer.value, 0);
	assert_int_equal(answer.address, 0x2000);
	memcpy(&info, answer.bytes, sizeof(info));
	assert_int_equal(info.uptime, 5);
	assert_int_equal(info.mem_unit, 1);
	assert_true(view_answer(&f.view, &call_32, &answer));
	assert_int_equal(answer.len, sizeof(short_info));
	memcpy(short_info, answer.bytes, sizeof(short_info));
	assert_int_equal(short_info[0], 5);
	assert_int_equal(short_info[13], info.totalram > UINT32_MAX ? 4096 : 1);
	assert_int_equal((uint64_t)short_info[4] * short_info[13], info.totalram);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_what_a_dead_server_owed),
		cmocka_unit_test(forgets_what_was_answered),
		cmocka_unit_test(leaves_a_deadly_call_to_the_kernel),
		cmocka_unit_test(a_dead_scribe_is_replaced),
		cmocka_unit_test(whoever_waits_for_another_s_answer_wakes_nobody),
		cmocka_unit_test(an_answer_that_takes_long_is_the_kernel_s_and_so_are_the_next),
		cmocka_unit_test(closes_listeners_that_nobody_can_call_on),
		cmocka_unit_test(some_of_the_processors_are_told_other_ones_from_vps_to_vps),
		cmocka_unit_test(what_is_asked_wrongly_is_left_to_the_kernel),
		cmocka_unit_test(who_is_bound_to_few_is_told_just_those),
		cmocka_unit_test(both_layouts_of_sysinfo_tell_the_same),
	};

	return cmocka_run_group_tests(tests, probe, NULL);
}
