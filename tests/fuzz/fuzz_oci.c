// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * config.json, and the documents of `exec --process` and `update -r`. What is
 * taken holds what the engine relies on; what is refused is refused with one
 * line of text and nothing left behind.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/doc.h"
#include "runtime/oci.h"
#include "runtime/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool promise)
{
	if (!promise)
		abort();
}

static void check_refusal(const struct vps_err *err, const struct arena *arena)
{
	require(err->code && *err->text && !word_has_control(err->text) && !arena->blocks);
}

static void check_process(const struct oci_process *process)
{
	require(process->cwd[0] == '/' && process->args[0] && process->env);
}

static void check_config(const struct oci_config *config)
{
	size_t i;

	require(config->version && config->root_path && *config->root_path);
	if (config->has_process)
		check_process(&config->process);
	for (i = 0; i < config->mount_count; i++) {
		const struct mount_entry *mount = &config->mounts[i];

		require(mount->destination[0] == '/' && !word_has_dotdot(mount->destination));
		require(mount->is_bind ? mount->source != NULL : mount->type != NULL);
	}
	for (i = 0; i < config->cg_value_count; i++)
		require(config->cg_values[i].value && !strchr(config->cg_values[i].file, '/'));
	for (i = 0; i < config->sysctl_count; i++)
		require(config->sysctls[i].key[0] != '/' && !word_has_dotdot(config->sysctls[i].key) &&
			!strchr(config->sysctls[i].value, '\n'));
	for (i = 0; i < config->masked_count; i++)
		require(config->masked_paths[i][0] == '/');
	for (i = 0; i < config->net_device_count; i++)
		require(word_is_interface(config->net_devices[i].name));
	if (config->cgroups_path)
		require(!word_has_dotdot(config->cgroups_path));
}

/* What is found in a document without parsing it is what parsing finds. */
static void check_found(const char *text, size_t size, const struct oci_config *config)
{
	static const char *const keys[] = { "linux", "seccomp", NULL };
	struct syscalls_filter filter = { 0 };
	struct oci_config again = { 0 };
	struct vps_err err = { 0 };
	const char *value;
	size_t len;

	if (!doc_find(text, size, keys, &value, &len))
		return;
	require(value >= text && value + len <= text + size);
	if (!config)
		return;
	require(oci_parse_and_recall(text, size, -1, &again, &filter, &err) == 0);
	require(again.has_seccomp == config->has_seccomp && !filter.program);
	require(!again.has_seccomp || (*value == '{' && value[len - 1] == '}'));
	oci_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct oci_config config = { 0 }, resources = { 0 };
	struct oci_process process = { 0 };
	struct arena arena = { 0 };
	struct vps_err err = { 0 }, process_err = { 0 }, resources_err = { 0 };

	if (oci_parse(text, size, &config, &err) == 0) {
		check_config(&config);
		check_found(text, size, &config);
	} else {
		check_refusal(&err, &config.arena);
		check_found(text, size, NULL);
	}
	if (memmem(text, size, "ociVersion", strlen("ociVersion"))) {
		oci_free(&config);	/* the other two documents have no version */
		return 0;
	}
	if (oci_parse_process(text, size, &arena, &process, &process_err) == 0)
		check_process(&process);
	if (oci_parse_resources(text, size, &resources, &resources_err) < 0)
		check_refusal(&resources_err, &resources.arena);
	oci_free(&config);
	oci_free(&resources);
	arena_free(&arena);
	return 0;
}
