// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copies between the pty of a VPS's console, its log and attached terminals;
 * called by the monitor. Nothing here blocks: a client that does not read is
 * dropped, so that neither it nor the tenant can hold up the other.
 */
#include "console_server.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fileio.h"
#include "base/own.h"
#include "control.h"

/* What is read from a pty at most: 640 KiB a second, sixty times what a serial line does. */
#define RATE_MSEC	100
#define RATE_BYTES	(64u << 10)

void console_server_init(struct console_server *s, int log_dir_fd)
{
	size_t i;

	*s = (struct console_server){
		.master_fd = FD_NONE,
		.slave_fd = FD_NONE,
		.log_dir_fd = log_dir_fd,
		.log_fd = FD_NONE,
	};
	for (i = 0; i < CONSOLE_CLIENTS; i++)
		s->clients[i] = FD_NONE;
}

void console_server_open(struct console_server *s, int master_fd)
{
	console_server_close_pty(s);
	s->master_fd = master_fd;
	(void)fcntl(master_fd, F_SETFL, fcntl(master_fd, F_GETFL) | O_NONBLOCK);
	s->slave_fd = ioctl(master_fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

void console_server_close_pty(struct console_server *s)
{
	own_close(&s->master_fd);
	own_close(&s->slave_fd);
	s->input_len = 0;
}

void console_server_add(struct console_server *s, int client_fd)
{
	size_t i;

	for (i = 0; i < CONSOLE_CLIENTS; i++) {
		if (s->clients[i] < 0) {
			(void)control_send(client_fd, CONTROL_DONE, NULL, 0);
			(void)fcntl(client_fd, F_SETFL, fcntl(client_fd, F_GETFL) | O_NONBLOCK);
			s->clients[i] = client_fd;
			return;
		}
	}
	(void)control_send(client_fd, CONTROL_FULL, NULL, 0);
	own_close(&client_fd);
}

static int open_log(struct console_server *s)
{
	struct stat st;

	s->log_fd = openat(s->log_dir_fd, CONSOLE_LOG,
			   O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->log_fd < 0 || fstat(s->log_fd, &st) < 0)
		return -errno;
	s->log_bytes = (size_t)st.st_size;
	return 0;
}

/* A full disk must not stop a VPS: what cannot be logged is lost, and tried again later. */
static void log_write(struct console_server *s, const char *data, size_t len)
{
	if (s->log_fd < 0 && open_log(s) < 0)
		return;
	if (s->log_bytes >= CONSOLE_LOG_MAX) {
		(void)renameat(s->log_dir_fd, CONSOLE_LOG, s->log_dir_fd, CONSOLE_LOG ".1");
		own_close(&s->log_fd);
		if (open_log(s) < 0)
			return;
	}
	if (fd_write_all(s->log_fd, data, len) == 0)
		s->log_bytes += len;
}

/* How long to leave the pty unread; 0: not at all. */
static int pause_msec(const struct console_server *s)
{
	int64_t left = s->since_msec + RATE_MSEC - clock_msec();

	return s->read_bytes >= RATE_BYTES && left > 0 ? (int)left : 0;
}

static void handle_output(struct console_server *s)
{
	char data[CONTROL_PACKET - 1];
	ssize_t len = read(s->master_fd, data, sizeof(data));
	int64_t now = clock_msec();
	size_t i;

	if (len < 0 && errno != EAGAIN && errno != EINTR)
		console_server_close_pty(s);
	if (len <= 0)
		return;
	if (now - s->since_msec >= RATE_MSEC) {
		s->since_msec = now;
		s->read_bytes = 0;
	}
	s->read_bytes += (size_t)len;
	log_write(s, data, (size_t)len);
	for (i = 0; i < CONSOLE_CLIENTS; i++)
		if (s->clients[i] >= 0 &&
		    control_send(s->clients[i], CONTROL_DATA, data, (size_t)len) < 0)
			own_close(&s->clients[i]);
}

static void flush_input(struct console_server *s)
{
	ssize_t len;

	if (!s->input_len)
		return;
	if (s->master_fd < 0) {
		s->input_len = 0;
		return;
	}
	len = write(s->master_fd, s->input, s->input_len);
	if (len <= 0)
		return;
	s->input_len -= (size_t)len;
	memmove(s->input, s->input + len, s->input_len);
}

static void handle_client(struct console_server *s, int *client_fd)
{
	char data[CONTROL_PACKET - 1];
	enum control_kind kind;
	ssize_t len = control_receive(*client_fd, &kind, data, sizeof(data), NULL);

	if (len == -EAGAIN)
		return;
	if (len < 0) {
		own_close(client_fd);
	} else if (kind == CONTROL_DATA) {
		memcpy(s->input, data, (size_t)len);	/* polled for only while input is empty */
		s->input_len = (size_t)len;
		flush_input(s);
	} else if (kind == CONTROL_SIZE && len == sizeof(struct winsize) && s->master_fd >= 0) {
		struct winsize size;

		memcpy(&size, data, sizeof(size));
		(void)ioctl(s->master_fd, TIOCSWINSZ, &size);
	}
}

size_t console_server_poll(const struct console_server *s, struct pollfd *fds, int *timeout_msec)
{
	int pause = pause_msec(s);
	size_t i;

	if (pause && (*timeout_msec < 0 || *timeout_msec > pause))
		*timeout_msec = pause;
	fds[0] = (struct pollfd){
		.fd = s->master_fd,
		.events = (short)((pause ? 0 : POLLIN) | (s->input_len ? POLLOUT : 0)),
	};
	for (i = 0; i < CONSOLE_CLIENTS; i++)
		fds[i + 1] = (struct pollfd){
			.fd = s->clients[i],
			.events = s->input_len ? 0 : POLLIN,
		};
	return CONSOLE_CLIENTS + 1;
}

void console_server_handle(struct console_server *s, const struct pollfd *fds, size_t count)
{
	size_t i;

	if (fds[0].revents & POLLOUT)
		flush_input(s);
	if (fds[0].revents & (POLLIN | POLLHUP | POLLERR))
		handle_output(s);
	for (i = 1; i < count; i++) {
		int *client_fd = &s->clients[i - 1];

		if (*client_fd < 0 || *client_fd != fds[i].fd)
			continue;
		if (fds[i].revents & POLLIN && !s->input_len)
			handle_client(s, client_fd);
		else if (fds[i].revents & (POLLHUP | POLLERR))
			own_close(client_fd);
	}
}

void console_server_free(struct console_server *s)
{
	size_t i;

	/* What init said last is still in the pty. */
	while (s->master_fd >= 0) {
		struct pollfd last = { .fd = s->master_fd, .events = POLLIN };

		if (poll(&last, 1, 0) <= 0 || !(last.revents & POLLIN))
			break;
		handle_output(s);
	}
	console_server_close_pty(s);
	for (i = 0; i < CONSOLE_CLIENTS; i++)
		own_close(&s->clients[i]);
	own_close(&s->log_fd);
}
