// SPDX-License-Identifier: LGPL-2.1-or-later
/* Has systemd start, change and stop the scope of a container; called by vps-scope. */
#include "scope_unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/own.h"
#include "scope_parts.h"

#define JOB_USEC	30000000ULL	/* until a job is taken for lost */
#define SCOPE_INTERFACE	SYSTEMD_NAME ".Scope"

/* A connection to systemd, and the end of the one job that is waited for. */
struct manager {
	const struct bus_calls *calls;
	sd_bus                 *bus;
	sd_bus_error            error;
	char                    ended[128];	/* object path of the last job that ended */
	char                    result[32];
	const char             *unit;
};

static void own_manager(struct manager *m)
{
	if (!m->calls)
		return;
	m->calls->sd_bus_error_free(&m->error);
	(void)m->calls->sd_bus_flush_close_unref(m->bus);
}

#define OWN_MANAGER __attribute__((cleanup(own_manager))) struct manager

static int job_removed(sd_bus_message *message, void *arg, sd_bus_error *error)
{
	const char *job, *unit, *result;
	struct manager *m = arg;
	uint32_t id;

	(void)error;
	if (m->calls->sd_bus_message_read(message, "uoss", &id, &job, &unit, &result) < 0 ||
	    strcmp(unit, m->unit) != 0)
		return 0;
	(void)snprintf(m->ended, sizeof(m->ended), "%s", job);
	(void)snprintf(m->result, sizeof(m->result), "%s", result);
	return 0;
}

static int connect_manager(const struct scope *scope, struct manager *m, struct vps_err *err)
{
	int r;

	m->unit = scope->name;
	m->calls = bus_calls(err);
	if (!m->calls)
		return err->code;
	r = scope->is_user ? m->calls->sd_bus_open_user(&m->bus) :
			     m->calls->sd_bus_open_system(&m->bus);
	if (r < 0)
		return vps_err_say(err, -VPS_EHOST,
				   "the systemd cgroup driver cannot reach %s over D-Bus: %s; use --cgroup-manager cgroupfs without it",
				   scope->is_user ? "this user's systemd" : "systemd",
				   strerrordesc_np(-r));
	r = m->calls->sd_bus_match_signal(m->bus, NULL, SYSTEMD_NAME, SYSTEMD_PATH, SYSTEMD_MANAGER,
					  "JobRemoved", job_removed, m);
	return r < 0 ? vps_err_set(err, r, "cannot watch systemd's jobs") : 0;
}

static sd_bus_message *new_call(struct manager *m, const char *method)
{
	sd_bus_message *message = NULL;

	(void)m->calls->sd_bus_message_new_method_call(m->bus, &message, SYSTEMD_NAME, SYSTEMD_PATH,
						       SYSTEMD_MANAGER, method);
	return message;
}

/* Send a message, which it takes; into ret_job, where that is wanted, the job that it began. */
static int send_call(struct manager *m, sd_bus_message *message, char *ret_job, size_t job_size)
{
	sd_bus_message *reply = NULL;
	const char *job;
	int r;

	m->calls->sd_bus_error_free(&m->error);
	r = m->calls->sd_bus_call(m->bus, message, 0, &m->error, &reply);
	(void)m->calls->sd_bus_message_unref(message);
	if (r >= 0 && ret_job) {
		r = m->calls->sd_bus_message_read(reply, "o", &job);
		if (r >= 0)
			(void)snprintf(ret_job, job_size, "%s", job);
	}
	if (reply)
		(void)m->calls->sd_bus_message_unref(reply);
	return r < 0 ? r : 0;
}

static uint64_t now_usec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Until that job has ended; 0 when it did what it should. */
static int wait_for_job(struct manager *m, const char *job)
{
	const uint64_t end = now_usec() + JOB_USEC;

	while (strcmp(m->ended, job) != 0) {
		uint64_t now = now_usec();
		int r = m->calls->sd_bus_process(m->bus, NULL);

		if (r == 0 && now < end)
			r = m->calls->sd_bus_wait(m->bus, end - now);
		else if (r == 0)
			r = -ETIMEDOUT;
		if (r < 0)
			return r;
	}
	return strcmp(m->result, "done") == 0 ? 0 : -ECANCELED;
}

static int say(const struct manager *m, int code, const char *doing, struct vps_err *err)
{
	if (m->error.message)
		return vps_err_say(err, code, "systemd: cannot %s %s: %s", doing, m->unit,
				   m->error.message);
	return vps_err_set(err, code, "systemd: cannot %s %s%s%s", doing, m->unit,
			   *m->result ? ": the job's result is " : "", m->result);
}

/* Everything about the new scope, in the order of StartTransientUnit's arguments. */
static int fill(struct manager *m, sd_bus_message *message, const struct scope *scope, pid_t pid,
		const struct cg_value *values, size_t count, const struct device_rule *rules,
		size_t rule_count)
{
	static const char *const switches[] = {
		"Delegate", "CPUAccounting", "MemoryAccounting", "IOAccounting", "TasksAccounting",
	};
	const struct bus_calls *calls = m->calls;
	size_t i;
	int r = calls->sd_bus_message_append(message, "ss", scope->name, "fail");

	if (r >= 0)
		r = calls->sd_bus_message_open_container(message, 'a', "(sv)");
	if (r >= 0)
		r = calls->sd_bus_message_append(message, "(sv)(sv)(sv)(sv)(sv)",
						 "Description", "s", "container of vps-oci",
						 "Slice", "s", scope->slice,
						 "PIDs", "au", 1, (uint32_t)pid,
						 "DefaultDependencies", "b", 0,
						 "CollectMode", "s", "inactive-or-failed");
	for (i = 0; i < ARRAY_LEN(switches) && r >= 0; i++)
		r = calls->sd_bus_message_append(message, "(sv)", switches[i], "b", 1);
	if (r >= 0)
		r = scope_put_values(calls, message, values, count);
	if (r >= 0)
		r = scope_put_rules(calls, message, rules, rule_count);
	if (r >= 0)
		r = calls->sd_bus_message_close_container(message);
	return r < 0 ? r : calls->sd_bus_message_append(message, "a(sa(sv))", 0);
}

/* The object path of the unit: what is not a letter or digit becomes _NN. */
static void unit_path(const char *name, char *path, size_t size)
{
	size_t at = (size_t)snprintf(path, size, SYSTEMD_PATH "/unit/");

	for (; *name && at + 4 < size; name++) {
		bool is_plain = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
				(*name >= '0' && *name <= '9');

		at += (size_t)snprintf(path + at, size - at, is_plain ? "%c" : "_%02x",
				       (unsigned char)*name);
	}
}

/* Where systemd put it: it alone knows how slices nest and what it runs below itself. */
static int find_cgroup(struct manager *m, char path[PATH_MAX])
{
	char object[sizeof(SYSTEMD_PATH) + 8 + 3 * SCOPE_NAME_SIZE];
	OWN_MEM char *cgroup = NULL;
	int r;

	unit_path(m->unit, object, sizeof(object));
	r = m->calls->sd_bus_get_property_string(m->bus, SYSTEMD_NAME, object, SCOPE_INTERFACE,
						 "ControlGroup", &m->error, &cgroup);
	if (r < 0)
		return r;
	if (*cgroup != '/' || !cgroup[1] || strlen(cgroup) >= PATH_MAX)
		return -ENOENT;	/* everything in it has ended */
	(void)strcpy(path, cgroup + 1);
	return 0;
}

int scope_unit_start(const struct scope *scope, pid_t pid, const struct cg_value *values,
		     size_t count, const struct device_rule *rules, size_t rule_count,
		     char path[PATH_MAX], struct vps_err *err)
{
	OWN_MANAGER m = { 0 };
	sd_bus_message *message;
	char job[128];
	int r = connect_manager(scope, &m, err);

	if (r < 0)
		return r;
	message = new_call(&m, "StartTransientUnit");
	if (!message)
		return vps_err_set(err, -ENOMEM, "systemd: cannot start %s", scope->name);
	r = fill(&m, message, scope, pid, values, count, rules, rule_count);
	if (r < 0) {
		(void)m.calls->sd_bus_message_unref(message);
		return vps_err_set(err, r, "systemd: cannot start %s", scope->name);
	}
	r = send_call(&m, message, job, sizeof(job));
	if (m.calls->sd_bus_error_has_name(&m.error, SYSTEMD_NAME ".UnitExists"))
		return vps_err_say(err, -EEXIST, "systemd has a unit %s already", scope->name);
	if (r == 0)
		r = wait_for_job(&m, job);
	if (r < 0)
		return say(&m, r, "start", err);
	r = find_cgroup(&m, path);
	if (r < 0) {
		scope_unit_stop(scope);
		return say(&m, r, "find the cgroup of", err);
	}
	return 0;
}

int scope_unit_set(const struct scope *scope, const struct cg_value *values, size_t count,
		   const struct device_rule *rules, size_t rule_count, struct vps_err *err)
{
	OWN_MANAGER m = { 0 };
	sd_bus_message *message;
	int r = connect_manager(scope, &m, err);

	if (r < 0)
		return r;
	message = new_call(&m, "SetUnitProperties");
	r = message ? m.calls->sd_bus_message_append(message, "sb", scope->name, 1) : -ENOMEM;
	if (r >= 0)
		r = m.calls->sd_bus_message_open_container(message, 'a', "(sv)");
	if (r >= 0)
		r = scope_put_values(m.calls, message, values, count);
	if (r >= 0 && rules)
		r = scope_put_rules(m.calls, message, rules, rule_count);
	if (r >= 0)
		r = m.calls->sd_bus_message_close_container(message);
	if (r >= 0)
		r = send_call(&m, message, NULL, 0);
	else if (message)
		(void)m.calls->sd_bus_message_unref(message);
	return r < 0 ? say(&m, r, "change", err) : 0;
}

void scope_unit_stop(const struct scope *scope)
{
	OWN_MANAGER m = { 0 };
	struct vps_err ignored = { 0 };
	sd_bus_message *message;
	char job[128];

	if (connect_manager(scope, &m, &ignored) < 0)
		return;
	message = new_call(&m, "KillUnit");
	if (message && m.calls->sd_bus_message_append(message, "ssi", scope->name, "all", SIGKILL) >= 0)
		(void)send_call(&m, message, NULL, 0);
	message = new_call(&m, "StopUnit");
	if (message && m.calls->sd_bus_message_append(message, "ss", scope->name, "replace") >= 0 &&
	    send_call(&m, message, job, sizeof(job)) == 0)
		(void)wait_for_job(&m, job);
}
