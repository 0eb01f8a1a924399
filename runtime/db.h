/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A small SQLite database shared by short-lived commands; the registry is built on it. */
#ifndef RUNTIME_DB_H
#define RUNTIME_DB_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct db;
struct db_query;

/* What a database of this kind is, and how older ones are brought up to date. */
struct db_schema {
	const char		*file;		/* name in its directory */
	uint32_t		application_id;	/* of the file's header: tells ours from others */
	const char *const	*steps;		/* SQL; step N makes version N + 1 from version N */
	int			version;	/* how many there are */
};

/*
 * Open a database, making it or bringing it up to date.
 *
 * dir_fd  borrowed
 * schema  borrowed as long as the database is open
 * ret_db  owned by the caller: db_close()
 *
 * Returns 0, or -errno with err set. A file that is damaged, newer than
 * schema, or not ours is left as it is.
 */
int db_open(int dir_fd, const struct db_schema *schema, struct db **ret_db, struct vps_err *err)
	__attribute__((nonnull));

void db_close(struct db *db);

/*
 * Run body in a transaction that excludes other writers from its start, so
 * that what body reads is still true when it writes.
 *
 * body  returns 0 to commit, or -errno with err set to roll everything back
 *
 * Returns 0; -VPS_ELOCKED when other commands held it for 30 s; what body
 * returned; or another -errno. On failure nothing is changed.
 */
int db_transaction(struct db *db, int (*body)(struct db *db, void *data, struct vps_err *err),
		   void *data, struct vps_err *err) __attribute__((nonnull(1, 2, 4)));

/*
 * Prepare a statement and bind what follows kinds: one letter a value,
 * 's' const char * (copied; NULL is SQL NULL), 'i' int64_t.
 *
 * Returns 0 and a query that the caller owns, or -errno with err set.
 */
int db_query(struct db *db, struct db_query **ret_query, struct vps_err *err, const char *sql,
	     const char *kinds, ...) __attribute__((nonnull));

/* The next row: 1 there is one, 0 there is none, or -errno with err set. */
int db_next(struct db_query *query, struct vps_err *err) __attribute__((nonnull));

/* Column of the row; 0 and "" for SQL NULL. Text is copied, cut where it does not fit. */
int64_t db_int(struct db_query *query, int column) __attribute__((nonnull));
const char *db_text(struct db_query *query, int column, char *buf, size_t size)
	__attribute__((nonnull));

void db_query_free(struct db_query *query);

static inline void own_db_query(struct db_query **query)
{
	db_query_free(*query);
	*query = NULL;
}

#define OWN_QUERY __attribute__((cleanup(own_db_query))) struct db_query

/* Run a statement without rows. Returns how many rows it changed, or -errno with err set. */
int db_run(struct db *db, struct vps_err *err, const char *sql, const char *kinds, ...)
	__attribute__((nonnull));

/* The first column of the first row: 1 and *ret_value, 0 without a row, or -errno. */
int db_ask(struct db *db, int64_t *ret_value, struct vps_err *err, const char *sql,
	   const char *kinds, ...) __attribute__((nonnull));

#endif
