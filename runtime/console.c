// SPDX-License-Identifier: LGPL-2.1-or-later
/* vps_console(): a person's terminal at the console of a VPS. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/fileio.h"
#include "base/own.h"
#include "console_server.h"
#include "control.h"
#include "host.h"
#include "relay.h"
#include "terminal.h"

#define ESCAPE_KEY	0x1d	/* Ctrl-], as in telnet and virsh */

static int send_size(int fd)
{
	struct winsize size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0)
		return 0;
	return control_send(fd, CONTROL_SIZE, &size, sizeof(size));
}

/*
 * Take the escapes out of what was typed: Ctrl-] . leaves, Ctrl-] Ctrl-] is one
 * Ctrl-], before anything else it is itself.
 *
 * is_escaped  whether the key before these was an escape; updated
 * ret_len     bytes in out, which has room for one more than there are keys
 * Returns whether to leave.
 */
static bool filter_keys(const char *keys, size_t count, bool *is_escaped, char *out,
			size_t *ret_len)
{
	size_t i, len = 0;
	bool is_over = false;

	for (i = 0; i < count && !is_over; i++) {
		bool is_escape = keys[i] == ESCAPE_KEY;

		if (*is_escaped && keys[i] == '.') {
			is_over = true;
		} else if (*is_escaped || !is_escape) {
			if (*is_escaped && !is_escape)
				out[len++] = ESCAPE_KEY;
			out[len++] = keys[i];
			*is_escaped = false;
		} else {
			*is_escaped = true;
		}
	}
	*ret_len = len;
	return is_over;
}

/* Keys to the monitor. False: leave. */
static bool send_keys(int fd, bool *is_escaped)
{
	char keys[CONTROL_PACKET / 2], out[CONTROL_PACKET / 2 + 1];
	ssize_t count = read(STDIN_FILENO, keys, sizeof(keys));
	size_t len;
	bool is_over;

	if (count < 0)
		return errno == EINTR || errno == EAGAIN;
	if (count == 0)
		return false;
	is_over = filter_keys(keys, (size_t)count, is_escaped, out, &len);
	if (len > 0)	/* without a monitor they are lost, and show() finds that out */
		(void)control_send(fd, CONTROL_DATA, out, len);
	return !is_over;
}

enum shown { SHOWN, LOST, NOBODY_LOOKS };

static enum shown show(int fd)
{
	char data[CONTROL_PACKET];
	enum control_kind kind;
	ssize_t len = control_receive(fd, &kind, data, sizeof(data), NULL);

	if (len < 0)
		return LOST;
	return kind != CONTROL_DATA || fd_write_all(STDOUT_FILENO, data, (size_t)len) == 0 ?
		       SHOWN : NOBODY_LOOKS;
}

/* What it answers; DONE where one of an older version says nothing; 0 when it is gone. */
static char answer_of(int fd)
{
	struct pollfd answer = { .fd = fd, .events = POLLIN };
	char kind;

	if (poll(&answer, 1, 1000) == 0)
		return CONTROL_DONE;
	return recv(fd, &kind, 1, MSG_PEEK) > 0 ? kind : 0;
}

#define TRIES		40	/* a monitor that is killed takes its time to be gone */
#define TRY_NSEC	50000000

/* Attach to the monitor, to another where one has just died. Its socket, or -errno with err set. */
static int attach_console(struct vps_host *host, const char *name, struct run_state *ret_state,
			  struct vps_err *err)
{
	const struct timespec pause = { .tv_nsec = TRY_NSEC };
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		OWN_FD fd = FD_NONE;
		OWN_VPS vps = VPS_INIT;
		int r = vps_lock(host, name, &vps, err);
		char answer = 0;

		if (r < 0)
			return r;
		if (!vps.has_monitor)
			return vps_err_say(err, -VPS_ESTATE, "it is not running");
		*ret_state = vps.state;
		fd = control_connect(vps.run_fd);
		vps_unlock(&vps);
		if (fd >= 0 && control_send(fd, CONTROL_CONSOLE, NULL, 0) == 0)
			answer = answer_of(fd);
		if (answer == CONTROL_FULL)
			return vps_err_say(err, -VPS_ESTATE,
					   "%d terminals are at its console, as many as there may be; leave one of them",
					   CONSOLE_CLIENTS);
		if (answer) {
			(void)send_size(fd);
			return fd_take(&fd);
		}
		(void)nanosleep(&pause, NULL);
	}
	return vps_err_say(err, -ETIMEDOUT, "its monitor does not answer");
}

/* Its monitor is gone. Another, when the same init runs on. */
static bool attach_again(struct vps_host *host, const char *name, const struct run_state *state,
			 int *fd)
{
	struct vps_err ignored = { 0 };
	struct run_state now = { 0 };

	own_close(fd);
	*fd = attach_console(host, name, &now, &ignored);
	return *fd >= 0 && now.init_pid == state->init_pid && now.init_start == state->init_start;
}

int vps_console(struct vps_host *host, const char *name, struct vps_err *err)
{
	struct run_state state;
	OWN_FD fd = attach_console(host, name, &state, err);
	OWN_FD size_fd = FD_NONE, signal_fd = FD_NONE;
	struct signalfd_siginfo info;
	struct terminal terminal;
	struct pollfd fds[4];
	enum shown shown;
	bool is_escaped = false;

	if (fd < 0)
		return fd;
	size_fd = terminal_watch_size();
	signal_fd = relay_watch_signals();
	terminal_raw(STDIN_FILENO, &terminal);
	fds[0] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	fds[2] = (struct pollfd){ .fd = size_fd, .events = POLLIN };
	fds[3] = (struct pollfd){ .fd = signal_fd, .events = POLLIN };
	for (;;) {
		fds[1] = (struct pollfd){ .fd = fd, .events = POLLIN };
		if (poll(fds, ARRAY_LEN(fds), -1) < 0 && errno != EINTR)
			break;
		shown = fds[1].revents ? show(fd) : SHOWN;
		if (shown == NOBODY_LOOKS ||
		    (shown == LOST && !attach_again(host, name, &state, &fd)))
			break;
		if (fds[0].revents && !send_keys(fd, &is_escaped))
			break;
		if (fds[2].revents && read(size_fd, &info, sizeof(info)) > 0)
			(void)send_size(fd);
		if (fds[3].revents && read(signal_fd, &info, sizeof(info)) > 0 &&
		    info.ssi_signo != SIGCONT) {
			terminal_restore(STDIN_FILENO, &terminal);
			relay_die((int)info.ssi_signo);
		}
	}
	terminal_restore(STDIN_FILENO, &terminal);
	return 0;
}
