// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SQLite for commands that live for milliseconds; called by the registry.
 *
 * The journal is SQLite's rollback journal, not a write-ahead log. With each
 * command a process of its own, the log's last connection would checkpoint and
 * delete it at every exit, and every reader would have to map shared memory
 * first; and after a crash the data would be in two files of which people back
 * up one. The journal lets a reader touch one file, and readers wait for a
 * writer only for its few milliseconds.
 */
#include "runtime/db.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "base/path.h"

#define BUSY_MSEC	30000

struct db {
	sqlite3			*handle;
	const struct db_schema	*schema;
	char			dir[PATH_MAX];	/* for messages that name a remedy */
};

struct db_query {
	struct db	*db;
	sqlite3_stmt	*statement;
};

static int say_damaged(const struct db *db, struct vps_err *err)
{
	const char *file = db->schema->file;

	return vps_err_say(err, -EUCLEAN,
			   "%s/%s is damaged (%s) and was left as it is: restore it from a backup, or save what can be read: cd %s && sqlite3 %s .recover | sqlite3 %s.new && mv %s.new %s",
			   db->dir, file, sqlite3_errmsg(db->handle), db->dir, file, file, file,
			   file);
}

/* SQLite's result as our errno and sentence; doing is what failed. */
static int fail(const struct db *db, const char *doing, struct vps_err *err)
{
	const char *file = db->schema->file;
	int system = sqlite3_system_errno(db->handle);

	switch (sqlite3_errcode(db->handle) & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return say_damaged(db, err);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return vps_err_say(err, -VPS_ELOCKED,
				   "%s: other commands kept it locked for %d s", file,
				   BUSY_MSEC / 1000);
	case SQLITE_NOMEM:
		return vps_err_set(err, -ENOMEM, "%s", file);
	case SQLITE_FULL:
		return vps_err_set(err, -ENOSPC, "%s/%s", db->dir, file);
	case SQLITE_READONLY:
		return vps_err_set(err, -EROFS, "%s/%s", db->dir, file);
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		return vps_err_set(err, system ? -system : -EIO, "%s/%s: cannot %s", db->dir,
				   file, doing);
	default:
		return vps_err_say(err, -EIO, "%s/%s: cannot %s: %s", db->dir, file, doing,
				   sqlite3_errmsg(db->handle));
	}
}

static int bind_one(sqlite3_stmt *statement, int i, char kind, va_list *values)
{
	if (kind == 'i')
		return sqlite3_bind_int64(statement, i, va_arg(*values, int64_t));
	return sqlite3_bind_text(statement, i, va_arg(*values, const char *), -1,
				 SQLITE_TRANSIENT);
}

static int prepare(struct db *db, struct db_query **ret_query, struct vps_err *err,
		   const char *sql, const char *kinds, va_list *values)
{
	OWN_QUERY *query = calloc(1, sizeof(*query));
	int i;

	if (!query)
		return vps_err_set(err, -ENOMEM, "%s", db->schema->file);
	query->db = db;
	if (sqlite3_prepare_v2(db->handle, sql, -1, &query->statement, NULL) != SQLITE_OK)
		return fail(db, "read it", err);
	for (i = 0; kinds[i]; i++)
		if (bind_one(query->statement, i + 1, kinds[i], values) != SQLITE_OK)
			return fail(db, "read it", err);
	*ret_query = mem_take(&query);
	return 0;
}

int db_query(struct db *db, struct db_query **ret_query, struct vps_err *err, const char *sql,
	     const char *kinds, ...)
{
	va_list values;
	int r;

	va_start(values, kinds);
	r = prepare(db, ret_query, err, sql, kinds, &values);
	va_end(values);
	return r;
}

int db_next(struct db_query *query, struct vps_err *err)
{
	switch (sqlite3_step(query->statement)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return fail(query->db, sqlite3_stmt_readonly(query->statement) ? "read it"
									     : "change it",
			    err);
	}
}

int64_t db_int(struct db_query *query, int column)
{
	return sqlite3_column_int64(query->statement, column);
}

const char *db_text(struct db_query *query, int column, char *buf, size_t size)
{
	const unsigned char *text = sqlite3_column_text(query->statement, column);

	(void)snprintf(buf, size, "%s", text ? (const char *)text : "");
	return buf;
}

void db_query_free(struct db_query *query)
{
	int saved = errno;

	if (query) {
		(void)sqlite3_finalize(query->statement);	/* repeats what the step returned */
		free(query);
	}
	errno = saved;
}

int db_run(struct db *db, struct vps_err *err, const char *sql, const char *kinds, ...)
{
	OWN_QUERY *query = NULL;
	va_list values;
	int r;

	va_start(values, kinds);
	r = prepare(db, &query, err, sql, kinds, &values);
	va_end(values);
	if (r == 0)
		r = db_next(query, err);
	return r < 0 ? r : sqlite3_changes(db->handle);
}

int db_ask(struct db *db, int64_t *ret_value, struct vps_err *err, const char *sql,
	   const char *kinds, ...)
{
	OWN_QUERY *query = NULL;
	va_list values;
	int r;

	va_start(values, kinds);
	r = prepare(db, &query, err, sql, kinds, &values);
	va_end(values);
	if (r == 0)
		r = db_next(query, err);
	if (r > 0)
		*ret_value = db_int(query, 0);
	return r;
}

/* Several statements without values. */
static int run_script(struct db *db, const char *sql, struct vps_err *err)
{
	if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(db, "change it", err);
	return 0;
}

int db_transaction(struct db *db, int (*body)(struct db *db, void *data, struct vps_err *err),
		   void *data, struct vps_err *err)
{
	int r = run_script(db, "BEGIN IMMEDIATE", err);

	if (r < 0)
		return r;
	r = body(db, data, err);
	if (r == 0)
		r = run_script(db, "COMMIT", err);
	if (r < 0)
		/* Some failures have rolled back already, and then this one fails. */
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

static int say_foreign(const struct db *db, struct vps_err *err)
{
	return vps_err_say(err, -EUCLEAN,
			   "%s/%s is a database, but not one of ours, and was left as it is: move it away",
			   db->dir, db->schema->file);
}

/* Whether there is nothing to do, which is nearly always; what else it is, migrate() finds out. */
static int is_current(struct db *db, struct vps_err *err)
{
	int64_t id = 0, version = 0;

	if (db_ask(db, &version, err, "PRAGMA user_version", "") < 0 ||
	    db_ask(db, &id, err, "PRAGMA application_id", "") < 0)
		return err->code;
	return id == db->schema->application_id && version == db->schema->version;
}

/* Which version the file has; 0 for one that holds nothing yet. */
static int read_version(struct db *db, int *ret_version, struct vps_err *err)
{
	int64_t id = 0, version = 0, objects = 0;

	if (db_ask(db, &version, err, "PRAGMA user_version", "") < 0 ||
	    db_ask(db, &id, err, "PRAGMA application_id", "") < 0 ||
	    db_ask(db, &objects, err, "SELECT count(*) FROM sqlite_schema", "") < 0)
		return err->code;
	if (id != db->schema->application_id && (id || version || objects))
		return say_foreign(db, err);
	if (version < 0 || version > db->schema->version)
		return vps_err_say(err, -EUCLEAN,
				   "%s/%s has version %d, and this program knows %d: it was made by a newer one, use that",
				   db->dir, db->schema->file, (int)version, db->schema->version);
	*ret_version = (int)version;
	return 0;
}

/* Alone from here on: another command may have done it while we waited. */
static int migrate(struct db *db, void *data, struct vps_err *err)
{
	char pragmas[100];
	int version = 0, r;

	(void)data;
	r = read_version(db, &version, err);
	for (; r == 0 && version < db->schema->version; version++)
		r = run_script(db, db->schema->steps[version], err);
	if (r < 0)
		return r;
	(void)snprintf(pragmas, sizeof(pragmas), "PRAGMA application_id = %u; PRAGMA user_version = %d",
		       db->schema->application_id, version);
	return run_script(db, pragmas, err);
}

/* Readable by root alone from its first moment. SQLite takes an empty file for a new one. */
static int make_file(int dir_fd, struct db *db, struct vps_err *err)
{
	OWN_FD fd = openat(dir_fd, db->schema->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno != EEXIST)
		return vps_err_set(err, -errno, "cannot make %s/%s", db->dir, db->schema->file);
	return 0;
}

/* SQLite opens by path only; that of a descriptor is good whatever we were given. */
static int open_handle(int dir_fd, struct db *db, struct vps_err *err)
{
	char link[32], path[PATH_MAX + 64];
	ssize_t len = readlink(path_of_fd(dir_fd, link), db->dir, sizeof(db->dir) - 1);

	if (len < 0)
		return vps_err_set(err, -errno, "cannot tell where %s is", db->schema->file);
	db->dir[len] = '\0';
	if (make_file(dir_fd, db, err) < 0)
		return err->code;
	(void)snprintf(path, sizeof(path), "%s/%s", db->dir, db->schema->file);
	if (sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK)
		return db->handle ? fail(db, "open it", err)
				  : vps_err_set(err, -ENOMEM, "%s", path);
	(void)sqlite3_extended_result_codes(db->handle, 1);
	(void)sqlite3_busy_timeout(db->handle, BUSY_MSEC);
	return 0;
}

static void own_db(struct db **db)
{
	db_close(*db);
}

int db_open(int dir_fd, const struct db_schema *schema, struct db **ret_db, struct vps_err *err)
{
	__attribute__((cleanup(own_db))) struct db *db = calloc(1, sizeof(*db));
	int r;

	if (!db)
		return vps_err_set(err, -ENOMEM, "%s", schema->file);
	db->schema = schema;
	r = open_handle(dir_fd, db, err);
	if (r == 0)
		r = is_current(db, err);
	if (r == 0)
		r = db_transaction(db, migrate, NULL, err);
	if (r >= 0)
		r = run_script(db, "PRAGMA foreign_keys = ON", err);
	if (r < 0)
		return r;
	*ret_db = mem_take(&db);
	return 0;
}

void db_close(struct db *db)
{
	int saved = errno;

	if (db) {
		(void)sqlite3_close_v2(db->handle);	/* NULL is fine, and it cannot fail */
		free(db);
	}
	errno = saved;
}
