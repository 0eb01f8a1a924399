/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of the commands that vpsctl hands over to vps-image: both programs read these rows. */
#ifndef CLI_IMAGE_OPTIONS_H
#define CLI_IMAGE_OPTIONS_H

#include "cli/options.h"

struct image_values {
	const char *name;
	const char *mirror;		/* bootstrap */
	const char *entrypoint;		/* import, from here on */
	const char *cmd;
	const char *stop_signal;
	const char *working_dir;
	const char *user;
	struct text_list env;
	struct text_list labels;
};

extern const struct option_row image_import_options[];
extern const struct option_row image_bootstrap_options[];
extern const struct option_row image_busybox_options[];

#define IMAGE_IMPORT_ARGS	"FILE|-"
#define IMAGE_IMPORT_SUMMARY	"make an image of a root file system in a tar archive"
#define IMAGE_BOOTSTRAP_ARGS	"DISTRIBUTION:RELEASE"
#define IMAGE_BOOTSTRAP_SUMMARY	"make an image from a distribution's packages, such as debian:12"
#define IMAGE_BUSYBOX_SUMMARY	"make the small default image from this host's busybox"

#endif
