// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration flags of an import; called by vps-image. */
#include "image_flags.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "images/ocidoc.h"

static int no_memory(struct vps_err *err)
{
	return vps_err_set(err, -ENOMEM, "cannot read the flags");
}

static int read_vector(const char *json, const char *flag, struct arena *arena,
		       char ***ret_vector, struct vps_err *err)
{
	return ocidoc_parse_strings(json ? json : "[]", flag, arena, ret_vector, err);
}

/* "SIGTERM", "TERM", "RTMIN+3", "15": whoever starts the VPS knows which there are. */
static int check_signal(const char *signal, struct vps_err *err)
{
	size_t len = strspn(signal, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-");

	if (len == 0 || signal[len] || len > 16)
		return vps_err_say(err, -VPS_EMISUSE,
				   "--stop-signal: \"%s\" is not a signal such as SIGTERM or SIGRTMIN+3",
				   signal);
	return 0;
}

static int read_env(const struct image_flags *flags, struct arena *arena, char ***ret_env,
		    struct vps_err *err)
{
	char **env = arena_array(arena, flags->env_len + 1, sizeof(*env));
	size_t i;

	if (!env)
		return no_memory(err);
	for (i = 0; i < flags->env_len; i++) {
		const char *equals = strchr(flags->env[i], '=');

		if (!equals || equals == flags->env[i])
			return vps_err_say(err, -VPS_EMISUSE, "--env: \"%s\" is not NAME=VALUE",
					   flags->env[i]);
		env[i] = arena_strdup(arena, flags->env[i]);
		if (!env[i])
			return no_memory(err);
	}
	*ret_env = env;
	return 0;
}

static int read_labels(const struct image_flags *flags, struct arena *arena,
		       struct image_config *config, struct vps_err *err)
{
	size_t i;

	config->labels_len = flags->labels_len;
	config->labels = arena_array(arena, flags->labels_len + 1, sizeof(*config->labels));
	if (!config->labels)
		return no_memory(err);
	for (i = 0; i < flags->labels_len; i++) {
		char *key = arena_strdup(arena, flags->labels[i]);
		char *equals = key ? strchr(key, '=') : NULL;

		if (!key)
			return no_memory(err);
		if (!equals || equals == key)
			return vps_err_say(err, -VPS_EMISUSE, "--label: \"%s\" is not KEY=VALUE", key);
		*equals = '\0';
		config->labels[i] = (struct image_label){ key, equals + 1 };
	}
	return 0;
}

int image_flags_read(const struct image_flags *flags, struct arena *arena,
		     struct image_config *ret_config, struct vps_err *err)
{
	bool says_what = flags->entrypoint || flags->cmd;
	struct image_config config = {
		.user = flags->user ? flags->user : "",
		.working_dir = flags->working_dir ? flags->working_dir : "",
		.stop_signal = flags->stop_signal ? flags->stop_signal : "",
	};

	if (read_vector(says_what ? flags->entrypoint : "[\"/sbin/init\"]", "--entrypoint", arena,
			&config.entrypoint, err) < 0 ||
	    read_vector(flags->cmd, "--cmd", arena, &config.cmd, err) < 0 ||
	    read_env(flags, arena, &config.env, err) < 0 ||
	    read_labels(flags, arena, &config, err) < 0 ||
	    (flags->stop_signal && check_signal(flags->stop_signal, err) < 0))
		return err->code;
	if (*config.working_dir && *config.working_dir != '/')
		return vps_err_say(err, -VPS_EMISUSE, "--workdir: \"%s\" does not begin with a slash",
				   config.working_dir);
	*ret_config = config;
	return 0;
}
