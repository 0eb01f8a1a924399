// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * "sysctl" of a config.json, called by oci_linux.c: only what belongs to a
 * namespace of the container, since /proc/sys is otherwise the host's.
 */
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "runtime/oci_parts.h"
#include "runtime/words.h"

/*
 * What may be set, and the namespace that makes it the container's own. A path
 * that ends with "/" stands for all below it. Deliberately not here:
 * kernel.hostname, which the property "hostname" sets, and user.*, whose
 * limits count for the host's users too.
 */
static const struct {
	const char  *path;
	enum ns_kind ns;
} namespaced[] = {
	{ "kernel/msgmax", NS_IPC },
	{ "kernel/msgmnb", NS_IPC },
	{ "kernel/msgmni", NS_IPC },
	{ "kernel/sem", NS_IPC },
	{ "kernel/shmall", NS_IPC },
	{ "kernel/shmmax", NS_IPC },
	{ "kernel/shmmni", NS_IPC },
	{ "kernel/shm_rmid_forced", NS_IPC },
	{ "fs/mqueue/", NS_IPC },
	{ "kernel/domainname", NS_UTS },
	{ "net/", NS_NET },
};

/* sysctl(8): whichever of "." and "/" comes first separates; the other belongs to the names. */
static void to_path(char *key)
{
	char *first = strpbrk(key, "./");

	if (!first || *first == '/')
		return;
	for (; *key; key++)
		if (*key == '.')
			*key = '/';
		else if (*key == '/')
			*key = '.';
}

static bool is_row(size_t row, const char *path)
{
	size_t len = strlen(namespaced[row].path);

	if (namespaced[row].path[len - 1] == '/')
		return strncmp(path, namespaced[row].path, len) == 0;
	return strcmp(path, namespaced[row].path) == 0;
}

/* A tab separates numbers; a line break or "+" would let a value bring more than itself. */
static bool is_safe_value(const char *value)
{
	for (; *value; value++)
		if (((unsigned char)*value < ' ' && *value != '\t') || *value == 0x7f || *value == '+')
			return false;
	return true;
}

static int check_sysctl(const struct doc_node *node, const struct oci_config *config,
			const struct oci_pair *sysctl)
{
	char rooted[256], key[DOC_SHOWN], value[DOC_SHOWN];
	size_t i;
	int len = snprintf(rooted, sizeof(rooted), "/%s", sysctl->key);

	(void)doc_quote(sysctl->key, key);
	if (len < 0 || (size_t)len >= sizeof(rooted) || !word_is_clean_path(rooted) ||
	    word_has_control(rooted))
		return doc_fail(node, "%s is not the name of a sysctl such as net.ipv4.ip_forward", key);
	if (!is_safe_value(sysctl->value))
		return doc_fail(node, "%s: %s holds a line break, another control character or \"+\"",
				key, doc_quote(sysctl->value, value));
	for (i = 0; i < ARRAY_LEN(namespaced); i++) {
		if (!is_row(i, sysctl->key))
			continue;
		if (config->namespaces[namespaced[i].ns].is_listed)
			return 0;
		return doc_fail(node, "%s: would change the host; needs \"%s\" in linux.namespaces",
				key, ns_infos[namespaced[i].ns].oci);
	}
	return doc_fail(node, "%s: belongs to the host; allowed are net.*, fs.mqueue.*, kernel.domainname, kernel.msgmax, msgmnb, msgmni, sem, shmall, shmmax, shmmni, shm_rmid_forced",
			key);
}

int oci_read_sysctls(const struct doc_node *node, void *field)
{
	struct oci_config *config = field;
	size_t i;
	int r = oci_read_pairs(node, &config->sysctls, &config->sysctl_count);

	for (i = 0; r == 0 && i < config->sysctl_count; i++) {
		to_path((char *)config->sysctls[i].key);	/* ours: a copy in the arena */
		r = check_sysctl(node, config, &config->sysctls[i]);
	}
	return r;
}
