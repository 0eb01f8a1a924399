// SPDX-License-Identifier: LGPL-2.1-or-later
/* Answers the requests of one VPS's connection through libfuse; called by view_server.c. */
#define FUSE_USE_VERSION 314

#include "view_fuse.h"

#include <errno.h>
#include <fuse_lowlevel.h>
#include <linux/fuse.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/own.h"
#include "view_text.h"

#define FOR_EVER	86400.0	/* seconds: names and attributes do not change */
#define SIZE_SHOWN	4096	/* as the files of sysfs show it, and mean as little */
#define INO_FIRST	2	/* of view_files[0]; 1 is the root directory */
#define REPLAYS_MAX	3	/* a request by which as many servers died gets an error */
#define LISTING		4096	/* what the kernel asks for at a time, and more than it takes */
#define TEXTS		16	/* files that readers are in the middle of; more begin anew */

/* What a reader that goes on where it stopped gets the rest of. */
struct part {
	uint64_t         handle;	/* 0: free */
	struct view_text text;
};

struct view_link {
	struct fuse_session *session;
	int                  fds[VIEW_FDS];
	struct view          view;
	struct part          parts[TEXTS];
	bool                 is_mute;	/* the answer was given by the server before us */
};

static struct view_link *link_of(fuse_req_t request)
{
	return fuse_req_userdata(request);
}

static bool is_file(fuse_ino_t ino)
{
	return ino >= INO_FIRST && ino < INO_FIRST + VIEW_FILES;
}

static struct stat attributes(const struct view_link *link, fuse_ino_t ino)
{
	const struct timespec when = { .tv_sec = link->view.page->btime };

	return (struct stat){
		.st_ino = ino,
		.st_mode = is_file(ino) ? S_IFREG | 0444 : S_IFDIR | 0555,
		.st_nlink = 1,
		.st_size = is_file(ino) ? SIZE_SHOWN : 0,
		.st_uid = link->view.page->uid,
		.st_gid = link->view.page->gid,
		.st_atim = when,
		.st_mtim = when,
		.st_ctim = when,
	};
}

static void on_init(void *userdata, struct fuse_conn_info *conn)
{
	(void)userdata;
	conn->want = conn->capable & FUSE_CAP_READDIRPLUS;	/* neither splices nor locks */
	conn->max_write = 4096;		/* nobody writes: requests stay within VIEW_REQUEST */
}

static struct fuse_entry_param entry_of(const struct view_link *link, size_t file)
{
	return (struct fuse_entry_param){
		.ino = INO_FIRST + file,
		.attr = attributes(link, INO_FIRST + file),
		.attr_timeout = FOR_EVER,
		.entry_timeout = FOR_EVER,
	};
}

static void on_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry;
	size_t i;

	for (i = 0; i < VIEW_FILES; i++)
		if (strcmp(name, view_files[i].name) == 0)
			break;
	if (parent != FUSE_ROOT_ID || i == VIEW_FILES) {
		(void)fuse_reply_err(request, ENOENT);
		return;
	}
	entry = entry_of(link_of(request), i);
	(void)fuse_reply_entry(request, &entry);
}

/* The root directory, with all that lookups would tell: view_client.c lists it once. */
static void on_readdirplus(fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset,
			   struct fuse_file_info *info)
{
	char listing[LISTING];
	size_t room = size < sizeof(listing) ? size : sizeof(listing), len = 0, i;

	(void)info;
	if (ino != FUSE_ROOT_ID) {
		(void)fuse_reply_err(request, ENOTDIR);
		return;
	}
	for (i = (size_t)offset; i < VIEW_FILES; i++) {
		const struct fuse_entry_param entry = entry_of(link_of(request), i);
		size_t added = fuse_add_direntry_plus(request, listing + len, room - len,
						      view_files[i].name, &entry, (off_t)i + 1);

		if (added > room - len)
			break;
		len += added;
	}
	(void)fuse_reply_buf(request, listing, len);
}

static void on_getattr(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info)
{
	const struct stat st = attributes(link_of(request), ino);

	(void)info;
	(void)fuse_reply_attr(request, &st, FOR_EVER);
}

/* Direct: every reading asks us, however long the text is. */
static void on_open(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info)
{
	if (!is_file(ino)) {
		(void)fuse_reply_err(request, EISDIR);
		return;
	}
	info->fh = ++link_of(request)->view.page->handles;
	info->direct_io = 1;
	(void)fuse_reply_open(request, info);
}

static void drop(struct part *part)
{
	free(part->text.data);
	*part = (struct part){ 0 };
}

static struct part *find_part(struct view_link *link, uint64_t handle)
{
	size_t i;

	for (i = 0; i < TEXTS; i++)
		if (link->parts[i].handle == handle)
			return &link->parts[i];
	return NULL;
}

/* The text that a handle reads from, made now unless its beginning was read before. */
static struct part *part_for(struct view_link *link, fuse_ino_t ino, uint64_t handle, off_t offset)
{
	struct part *part = find_part(link, handle);

	if (part && offset > 0)
		return part;
	if (!part)
		part = &link->parts[handle % TEXTS];
	drop(part);
	part->handle = handle;
	view_render(&link->view, (enum view_file)(ino - INO_FIRST), &part->text);
	return part;
}

/*
 * sendfile(2) and splice(2) read through the page cache since Linux 6.5, and
 * would end a text where the last one ended. As for many special files they
 * get EINVAL, which sends their callers to read(2). Only that has an owner.
 */
static bool is_through_cache(const struct fuse_file_info *info)
{
	return info->lock_owner == 0;
}

static void on_read(fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset,
		    struct fuse_file_info *info)
{
	struct view_link *link = link_of(request);
	struct part *part;
	size_t left;

	if (!is_file(ino) || is_through_cache(info)) {
		(void)fuse_reply_err(request, EINVAL);
		return;
	}
	link->view.reader = fuse_req_ctx(request)->pid;
	part = part_for(link, ino, info->fh, offset);
	if (part->text.is_failed) {
		drop(part);
		(void)fuse_reply_err(request, ENOMEM);
		return;
	}
	left = (size_t)offset < part->text.len ? part->text.len - (size_t)offset : 0;
	(void)fuse_reply_buf(request, left ? part->text.data + offset : NULL,
			     left < size ? left : size);
}

static void on_release(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *info)
{
	struct part *part = find_part(link_of(request), info->fh);

	(void)ino;
	if (part)
		drop(part);
	(void)fuse_reply_err(request, 0);
}

static const struct fuse_lowlevel_ops operations = {
	.init = on_init,
	.lookup = on_lookup,
	.readdirplus = on_readdirplus,
	.getattr = on_getattr,
	.open = on_open,
	.read = on_read,
	.release = on_release,
};

/* libfuse never reads for itself: view_link_serve() does. */
static ssize_t refuse_read(int fd, void *buf, size_t len, void *userdata)
{
	(void)fd;
	(void)buf;
	(void)len;
	(void)userdata;
	errno = ENOSYS;
	return -1;
}

static ssize_t answer(int fd, struct iovec *parts, int count, void *userdata)
{
	const struct view_link *link = userdata;
	ssize_t len = 0;
	int i;

	if (!link->is_mute)
		/* Refused when the server before us was killed after its answer, or the reader is gone. */
		(void)!writev(fd, parts, count);
	for (i = 0; i < count; i++)
		len += (ssize_t)parts[i].iov_len;
	return len;
}

static void process(struct view_link *link, union view_request *request, bool is_mute)
{
	struct fuse_buf buf = { .size = request->len, .mem = request->bytes };

	link->is_mute = is_mute;
	fuse_session_process_buf(link->session, &buf);
	link->is_mute = false;
}

static bool is_init(const union view_request *request)
{
	const struct fuse_in_header *head = (const struct fuse_in_header *)request->bytes;

	return head->opcode == FUSE_INIT;
}

/* The one request that is waiting. */
static void process_waiting(struct view_link *link)
{
	struct view_page *page = link->view.page;

	if (is_init(&page->request))
		memcpy(&page->init, &page->request, sizeof(page->init));
	process(link, &page->request, false);
	page->request.len = 0;
}

/* The request that the server before us left; it may be what killed it. */
static void process_left(struct view_link *link)
{
	struct view_page *page = link->view.page;
	const struct fuse_in_header *head = (const struct fuse_in_header *)page->request.bytes;
	const struct fuse_out_header refusal = {
		.len = sizeof(refusal),
		.error = -EIO,
		.unique = head->unique,
	};

	if (page->replays++ < REPLAYS_MAX)
		process_waiting(link);
	else
		(void)!write(link->fds[VIEW_FD_FUSE], &refusal, sizeof(refusal));
	page->request.len = 0;
	page->replays = 0;
}

static int open_session(struct view_link *link)
{
	static const struct fuse_custom_io io = { .read = refuse_read, .writev = answer };
	char name[] = "vps-view";
	char *argv[] = { name };
	struct fuse_args args = { .argc = 1, .argv = argv };
	int fd, r;

	link->session = fuse_session_new(&args, &operations, sizeof(operations), link);
	fuse_opt_free_args(&args);	/* copied by then */
	if (!link->session)
		return -ENOMEM;
	fd = dup(link->fds[VIEW_FD_FUSE]);	/* the session closes what it was given */
	if (fd < 0)
		return -errno;
	r = fuse_session_custom_io(link->session, &io, fd);
	if (r < 0)
		own_close(&fd);
	return r;
}

struct view_link *view_link_open(int *fds)
{
	struct view_link *link = calloc(1, sizeof(*link));
	struct view_page *page;
	size_t i;
	int r;

	for (i = 0; i < VIEW_FDS; i++)
		if (link)
			link->fds[i] = fd_take(&fds[i]);
		else
			own_close(&fds[i]);
	if (!link)
		return NULL;
	page = link->view.page = view_map(link->fds[VIEW_FD_PAGE]);
	link->view.cg_fd = link->fds[VIEW_FD_CGROUP];
	r = page ? open_session(link) : -errno;
	if (r < 0) {
		view_link_close(link);
		errno = -r;
		return NULL;
	}
	/* In memory: a page fault in the kernel's read() of a killed server would lose the request. */
	(void)mlock(&page->request, sizeof(page->request));
	if (page->init.len && !(page->request.len && is_init(&page->request)))
		process(link, &page->init, true);
	if (page->request.len)
		process_left(link);
	return link;
}

/*
 * The kernel writes a request in one go, its length first, and lets nobody
 * kill us before all of it is there: a length that is not 0 is a request that
 * is owed an answer.
 */
int view_link_serve(struct view_link *link)
{
	union view_request *request = &link->view.page->request;
	ssize_t got = read(link->fds[VIEW_FD_FUSE], request->bytes, sizeof(request->bytes));

	if (got > 0) {
		process_waiting(link);
		return 0;
	}
	request->len = 0;
	/* ENOENT: a request was withdrawn while it was handed to us. */
	return got < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOENT) ? 0 :
	       got < 0 ? -errno : -ENODEV;
}

const int *view_link_fds(const struct view_link *link)
{
	return link->fds;
}

const char *view_link_name(const struct view_link *link)
{
	return link->view.page->name;
}

void view_link_close(struct view_link *link)
{
	size_t i;

	if (!link)
		return;
	if (link->session)
		fuse_session_destroy(link->session);
	for (i = 0; i < TEXTS; i++)
		drop(&link->parts[i]);
	if (link->view.page)
		(void)munmap(link->view.page, sizeof(*link->view.page));
	for (i = 0; i < VIEW_FDS; i++)
		own_close(&link->fds[i]);
	free(link);
}
