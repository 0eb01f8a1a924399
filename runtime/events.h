/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happened to the VPSs of a root directory: ROOT/events.jsonl, one JSON
 * object a line, {"time":"...","name":"web1","event":"started",...}. Commands and
 * monitors append to it; event_reader.c reads it.
 */
#ifndef RUNTIME_EVENTS_H
#define RUNTIME_EVENTS_H

struct json_t;

#define EVENT_LOG	"events.jsonl"
#define EVENT_LOG_OLD	"events.jsonl.1"	/* what EVENT_LOG was before it grew too large */
#define EVENT_LOG_MAX	(4 << 20)		/* bytes */
#define EVENT_TIME_SIZE	sizeof("2026-01-31T12:00:00.000000Z")
#define EVENT_NAME_AT	(sizeof("{\"time\":\"\",\"name\":\"") - 1 + EVENT_TIME_SIZE - 1)

/*
 * Record an event of a VPS, now. What happened has happened, so there is no
 * failure: on a full disk the event is lost.
 *
 * root_fd  ROOT, borrowed
 * event    what happened: "started"
 * details  object of further members; taken; NULL: there are none
 */
void event_record(int root_fd, const char *name, const char *event, struct json_t *details);

/*
 * Add who asked for it to the details of an event: $VPS_BY, else the user who
 * logged in, else the one whom this process runs as. Returns details; NULL
 * makes them.
 */
struct json_t *event_by(struct json_t *details);

#endif
