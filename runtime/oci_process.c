// SPDX-License-Identifier: LGPL-2.1-or-later
/* "process" of a config.json, and the document of `exec --process`; called by oci.c. */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>

#include "base/own.h"
#include "runtime/oci_parts.h"

#define FIELD(field)	DOC_FIELD(struct oci_process, field)
#define HAS(field)	.has_offset = offsetof(struct oci_process, field)

static int read_args(const struct doc_node *node, void *field)
{
	static const struct doc_key row = { .type = DOC_STRINGS };
	const char *const **args = field;
	int r = doc_value(node, &row, field);

	if (r == 0 && (!**args || !***args))
		return doc_fail(node, "empty; the first string is the program to run");
	return r;
}

static const struct doc_key console_keys[] = {
	{ "height", DOC_INTEGER, FIELD(rows), .highest = UINT16_MAX, .is_required = true },
	{ "width",  DOC_INTEGER, FIELD(columns), .highest = UINT16_MAX, .is_required = true },
	{ 0 }
};

static int read_console(const struct doc_node *node, void *process)
{
	return doc_object(node, console_keys, process);
}

static int read_group(const struct doc_node *node, void *item)
{
	gid_t *gid = item;
	uint64_t value;
	int r = doc_integer(node, 0, UINT32_MAX - 1, &value);

	if (r == 0)
		*gid = (gid_t)value;
	return r;
}

static int read_groups(const struct doc_node *node, void *field)
{
	struct oci_process *process = field;

	return doc_each(node, sizeof(gid_t), read_group, &process->groups, &process->group_count);
}

static const struct doc_key user_keys[] = {
	{ "uid",	    DOC_INTEGER, FIELD(uid), .highest = UINT32_MAX - 1 },
	{ "gid",	    DOC_INTEGER, FIELD(gid), .highest = UINT32_MAX - 1 },
	{ "umask",	    DOC_INTEGER, FIELD(umask), .highest = 0777, HAS(has_umask) },
	{ "additionalGids", DOC_ARRAY,	 .read = read_groups },
	{ 0 }
};

static int read_user(const struct doc_node *node, void *process)
{
	return doc_object(node, user_keys, process);
}

struct capability {
	int	    number;	/* -EINVAL: unknown here */
	const char *name;
};

static int read_capability(const struct doc_node *node, void *item)
{
	struct capability *cap = item;

	cap->name = doc_string(node);
	if (!cap->name)
		return node->doc->err->code;
	cap->number = caps_parse(cap->name);
	return 0;
}

/* Remember a name that libcap has never heard of: the specification wants a warning, no failure. */
static int add_unknown(const struct doc_node *node, struct oci_process *process, const char *name)
{
	const char *const *old = process->unknown_caps;
	const char **all;
	size_t count;

	for (count = 0; old && old[count]; count++)
		if (strcmp(old[count], name) == 0)
			return 0;
	all = arena_array(node->doc->arena, count + 2, sizeof(*all));
	if (!all)
		return doc_no_memory(node);
	if (count)
		memcpy(all, old, count * sizeof(*all));
	all[count] = name;
	process->unknown_caps = all;
	return 0;
}

static int read_capabilities(const struct doc_node *node, void *field)
{
	struct oci_process *process = field;
	const struct {
		const char *name;
		uint64_t   *set;
	} sets[] = {
		{ "bounding", &process->caps.bounding },
		{ "effective", &process->caps.effective },
		{ "inheritable", &process->caps.inheritable },
		{ "permitted", &process->caps.permitted },
		{ "ambient", &process->caps.ambient },
	};
	struct capability *caps;
	struct doc_node child;
	size_t i, j, count;
	int r;

	for (i = 0; i < ARRAY_LEN(sets); i++) {
		if (!doc_member(node, sets[i].name, &child))
			continue;
		if (doc_expect(&child, DOC_STRINGS, NULL) < 0)
			return node->doc->err->code;
		r = doc_each(&child, sizeof(*caps), read_capability, &caps, &count);
		for (j = 0; r == 0 && j < count; j++)
			if (caps[j].number >= 0)
				*sets[i].set |= UINT64_C(1) << caps[j].number;
			else
				r = add_unknown(node, process, caps[j].name);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_rlimit_type(const struct doc_node *node, void *field)
{
	static const struct oci_word words[] = {
		{ "RLIMIT_AS", RLIMIT_AS },		{ "RLIMIT_CORE", RLIMIT_CORE },
		{ "RLIMIT_CPU", RLIMIT_CPU },		{ "RLIMIT_DATA", RLIMIT_DATA },
		{ "RLIMIT_FSIZE", RLIMIT_FSIZE },	{ "RLIMIT_LOCKS", RLIMIT_LOCKS },
		{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK },	{ "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
		{ "RLIMIT_NICE", RLIMIT_NICE },		{ "RLIMIT_NOFILE", RLIMIT_NOFILE },
		{ "RLIMIT_NPROC", RLIMIT_NPROC },	{ "RLIMIT_RSS", RLIMIT_RSS },
		{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO },	{ "RLIMIT_RTTIME", RLIMIT_RTTIME },
		{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING }, { "RLIMIT_STACK", RLIMIT_STACK },
		{ 0 }
	};
	unsigned long value;
	int r = oci_read_word(node, words, &value);

	if (r == 0)
		*(int *)field = (int)value;
	return r;
}

static const struct doc_key rlimit_keys[] = {
	{ "type", DOC_STRING,  DOC_FIELD(struct oci_rlimit, resource), .is_required = true,
	  .read = read_rlimit_type },
	{ "soft", DOC_INTEGER, DOC_FIELD(struct oci_rlimit, soft), .highest = UINT64_MAX,
	  .is_required = true },
	{ "hard", DOC_INTEGER, DOC_FIELD(struct oci_rlimit, hard), .highest = UINT64_MAX,
	  .is_required = true },
	{ 0 }
};

static int read_rlimit(const struct doc_node *node, void *item)
{
	const struct oci_rlimit *rlimit = item;
	int r = doc_object(node, rlimit_keys, item);

	if (r == 0 && rlimit->soft > rlimit->hard)
		return doc_fail(node, "soft %ju is above hard %ju", (uintmax_t)rlimit->soft,
				(uintmax_t)rlimit->hard);
	return r;
}

static int read_rlimits(const struct doc_node *node, void *field)
{
	struct oci_process *process = field;
	size_t i, j;
	int r = doc_each(node, sizeof(*process->rlimits), read_rlimit, &process->rlimits,
			 &process->rlimit_count);

	for (i = 0; r == 0 && i < process->rlimit_count; i++) {
		const struct doc_node item = doc_below(node, NULL, i);
		const struct doc_node type = doc_below(&item, "type", 0);

		for (j = 0; j < i; j++)
			if (process->rlimits[i].resource == process->rlimits[j].resource)
				return doc_fail(&type, "it is that of rlimits[%zu] already", j);
	}
	return r;
}

static int read_policy(const struct doc_node *node, void *field)
{
	static const struct oci_word words[] = {
		{ "SCHED_OTHER", 0 }, { "SCHED_FIFO", 0 }, { "SCHED_RR", 0 }, { "SCHED_BATCH", 0 },
		{ "SCHED_ISO", 0 }, { "SCHED_IDLE", 0 }, { "SCHED_DEADLINE", 0 }, { 0 }
	};
	unsigned long unused;
	int r = oci_read_word(node, words, &unused);

	if (r < 0)
		return r;
	*(const char **)field = doc_string(node);
	return *(const char **)field ? 0 : node->doc->err->code;
}

/* sched_setattr(2): SCHED_FLAG_…, which <sched.h> does not have. */
static int read_scheduler_flag(const struct doc_node *node, void *item)
{
	static const struct oci_word words[] = {
		{ "SCHED_FLAG_RESET_ON_FORK", 0x01 },  { "SCHED_FLAG_RECLAIM", 0x02 },
		{ "SCHED_FLAG_DL_OVERRUN", 0x04 },     { "SCHED_FLAG_KEEP_POLICY", 0x08 },
		{ "SCHED_FLAG_KEEP_PARAMS", 0x10 },    { "SCHED_FLAG_UTIL_CLAMP_MIN", 0x20 },
		{ "SCHED_FLAG_UTIL_CLAMP_MAX", 0x40 }, { 0 }
	};

	return oci_read_word(node, words, item);
}

static int read_scheduler_flags(const struct doc_node *node, void *field)
{
	uint64_t *flags = field;
	unsigned long *values;
	size_t count;
	int r = doc_each(node, sizeof(*values), read_scheduler_flag, &values, &count);

	while (r == 0 && count > 0)
		*flags |= values[--count];
	return r;
}

static const struct doc_key scheduler_keys[] = {
	{ "policy",   DOC_STRING,  FIELD(scheduler_policy), .is_required = true,
	  .read = read_policy },
	{ "nice",     DOC_INTEGER, FIELD(scheduler_nice), .lowest = -20, .highest = 19 },
	{ "priority", DOC_INTEGER, FIELD(scheduler_priority), .highest = 99 },
	{ "flags",    DOC_ARRAY,   FIELD(scheduler_flags), .read = read_scheduler_flags },
	{ "runtime",  DOC_INTEGER, FIELD(scheduler_runtime), .highest = UINT64_MAX },
	{ "deadline", DOC_INTEGER, FIELD(scheduler_deadline), .highest = UINT64_MAX },
	{ "period",   DOC_INTEGER, FIELD(scheduler_period), .highest = UINT64_MAX },
	{ 0 }
};

static int read_scheduler(const struct doc_node *node, void *process)
{
	return doc_object(node, scheduler_keys, process);
}

static int read_io_class(const struct doc_node *node, void *field)
{
	static const struct oci_word words[] = {
		{ "IOPRIO_CLASS_RT", 0 }, { "IOPRIO_CLASS_BE", 0 }, { "IOPRIO_CLASS_IDLE", 0 }, { 0 }
	};
	unsigned long unused;
	int r = oci_read_word(node, words, &unused);

	if (r < 0)
		return r;
	*(const char **)field = doc_string(node);
	return *(const char **)field ? 0 : node->doc->err->code;
}

static const struct doc_key io_priority_keys[] = {
	{ "class",    DOC_STRING,  FIELD(io_class), .is_required = true, .read = read_io_class },
	{ "priority", DOC_INTEGER, FIELD(io_priority), .highest = 7 },
	{ 0 }
};

static int read_io_priority(const struct doc_node *node, void *process)
{
	return doc_object(node, io_priority_keys, process);
}

static int read_cpus(const struct doc_node *node, void *field)
{
	const char **cpus = field;
	struct cpulist unused;
	char shown[DOC_SHOWN];

	*cpus = doc_string(node);
	if (!*cpus)
		return node->doc->err->code;
	if (!**cpus) {		/* engines write "" for none */
		*cpus = NULL;
		return 0;
	}
	if (!cpulist_parse(*cpus, &unused))
		return doc_fail(node, "%s is not a list of processors such as \"0-3,7\"",
				doc_quote(*cpus, shown));
	return 0;
}

static const struct doc_key affinity_keys[] = {
	{ "initial", DOC_STRING, FIELD(cpus_initial), .read = read_cpus },
	{ "final",   DOC_STRING, FIELD(cpus_final), .read = read_cpus },
	{ 0 }
};

static int read_affinity(const struct doc_node *node, void *process)
{
	return doc_object(node, affinity_keys, process);
}

/* Empty is as absent: engines write "" for none. */
static int read_label(const struct doc_node *node, void *field)
{
	const char **label = field;

	*label = doc_string(node);
	if (!*label)
		return node->doc->err->code;
	if (!**label)
		*label = NULL;
	return 0;
}

static const struct doc_key process_keys[] = {
	{ "terminal",	     DOC_BOOL,	  FIELD(terminal) },
	{ "consoleSize",     DOC_OBJECT,  .read = read_console },
	{ "cwd",	     DOC_STRING,  FIELD(cwd), .is_required = true,
	  .read = oci_read_absolute },
	{ "env",	     DOC_ARRAY,	  FIELD(env), .read = oci_read_env },
	{ "args",	     DOC_ARRAY,	  FIELD(args), .is_required = true, .read = read_args },
	{ "user",	     DOC_OBJECT,  .read = read_user },
	{ "capabilities",    DOC_OBJECT,  .read = read_capabilities, HAS(has_caps) },
	{ "rlimits",	     DOC_ARRAY,	  .read = read_rlimits },
	{ "noNewPrivileges", DOC_BOOL,	  FIELD(no_new_privileges) },
	{ "apparmorProfile", DOC_STRING,  FIELD(apparmor_profile), .read = read_label },
	{ "selinuxLabel",    DOC_STRING,  FIELD(selinux_label), .read = read_label },
	{ "oomScoreAdj",     DOC_INTEGER, FIELD(oom_score_adj), .lowest = -1000, .highest = 1000,
	  HAS(has_oom_score_adj) },
	{ "scheduler",	     DOC_OBJECT,  .read = read_scheduler },
	{ "ioPriority",	     DOC_OBJECT,  .read = read_io_priority },
	{ "execCPUAffinity", DOC_OBJECT,  .read = read_affinity },
	{ 0 }
};

int oci_read_process(const struct doc_node *node, void *field)
{
	static const char *const no_env[] = { NULL };
	struct oci_process *process = field;
	int r = doc_object(node, process_keys, process);

	if (!process->env)
		process->env = no_env;
	if (!process->terminal)	/* "MUST ignore consoleSize" */
		process->rows = process->columns = 0;
	return r;
}
