// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vps-image: makes images of what others packed. vpsctl starts it, so that
 * libarchive and libcrypto, and what a stranger may find in them, stay out of
 * vpsctl; it confines itself before it reads the first byte.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/own.h"
#include "cli/image_options.h"
#include "cli/options.h"
#include "cli/say.h"
#include "cli/text.h"
#include "images/bootstrap.h"
#include "images/busybox.h"
#include "images/confine.h"
#include "images/image_flags.h"
#include "images/import.h"
#include "images/reference.h"

struct globals {
	const char *root;
	bool is_json;
	bool is_help;
};

struct run {
	const struct globals *globals;
	const struct image_values *values;
	const char *operand;		/* NULL for a command without */
	struct bootstrap *child;	/* whose tar is imported, or NULL */
	bool has_progress;
};

struct command_row {
	const char *name;
	const char *args;
	const char *summary;
	int operands;
	const struct option_row *options;
	int (*run)(struct run *run, struct vps_err *err);
};

static const struct option_row global_options[] = {
	{ 0, "root", "DIR", OPTION_TEXT, offsetof(struct globals, root),
	  "where everything is kept; otherwise $VPS_ROOT, otherwise /var/lib/vps" },
	{ 0, "json", NULL, OPTION_SWITCH, offsetof(struct globals, is_json),
	  "print one line of JSON" },
	{ 'h', "help", NULL, OPTION_SWITCH, offsetof(struct globals, is_help), "print this" },
	{ 0 },
};

static void show_progress(uint64_t files, uint64_t bytes, void *arg)
{
	const struct run *run = arg;

	if (run->has_progress)
		(void)fprintf(stderr, "\r%" PRIu64 " files, %" PRIu64 " MB", files, bytes / 1000000);
}

/* A bootstrap that failed at its very end has written a tar that looks whole. */
static int confirm(void *arg, struct vps_err *err)
{
	const struct run *run = arg;

	return run->child ? bootstrap_finish(run->child, err) : 0;
}

static void print_image(const struct globals *globals, const struct image *image)
{
	size_t i;

	if (!globals->is_json) {
		(void)printf("%s  %s\n", image->reference, image->digest);
		return;
	}
	/* Names and digests consist of characters that JSON needs no escapes for. */
	(void)printf("{\"reference\":\"%s\",\"digest\":\"%s\",\"size_bytes\":%" PRIu64 ",\"layers\":[",
		     image->reference, image->digest, image->size_bytes);
	for (i = 0; i < image->diff_ids_len; i++)
		(void)printf("%s\"%s\"", i > 0 ? "," : "", image->diff_ids[i]);
	(void)printf("]}\n");
}

/* An archive that is empty or cut: who wrote it knows better why. */
static void ask_writer(const struct run *run, struct vps_err *err)
{
	struct vps_err why = { 0 };

	if (run->child && err->code == -EBADMSG && bootstrap_finish(run->child, &why) < 0)
		*err = why;
}

/* Make the store, go in and close the door, import. */
static int import(struct run *run, struct import *import, const char *name, struct vps_err *err)
{
	const char *root = run->globals->root;
	char reference[REFERENCE_SIZE];
	OWN_STORE *outside = NULL, *store = NULL;
	OWN_IMAGE *image = NULL;

	if (reference_parse(name, reference, err) < 0 ||
	    store_open(root, true, &outside, err) < 0 || confine_enter(root, false, err) < 0 ||
	    store_open("/", false, &store, err) < 0)
		return err->code;
	store_close(mem_take(&outside));
	import->reference = reference;
	import->confirm = confirm;
	import->progress = show_progress;
	import->arg = run;
	if (import_rootfs(store, import, &image, err) < 0) {
		ask_writer(run, err);
		return vps_err_in(err, "%s", reference);
	}
	if (run->has_progress)
		(void)fprintf(stderr, "\r\033[K");
	print_image(run->globals, image);
	return 0;
}

static const char *format_time(time_t when, char buf[32])
{
	struct tm utc;

	if (!gmtime_r(&when, &utc) || strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
		*buf = '\0';
	return buf;
}

static int import_run(struct run *run, struct vps_err *err)
{
	const struct image_values *values = run->values;
	const struct image_flags flags = {
		values->entrypoint, values->cmd, values->stop_signal, values->working_dir,
		values->user, values->env.items, values->env.count, values->labels.items,
		values->labels.count,
	};
	bool is_stdin = strcmp(run->operand, "-") == 0;
	OWN_FD fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) :
		    open(run->operand, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct image_config config;
	struct arena arena = { 0 };
	char created[32];
	struct stat st;
	int r;

	if (!values->name)
		return vps_err_say(err, -VPS_EMISUSE, "--name is missing: what to call the image");
	if (fd < 0 || fstat(fd, &st) < 0)
		return vps_err_set(err, -errno, "cannot open %s", run->operand);
	/* The same file makes the same image. */
	format_time(S_ISREG(st.st_mode) ? st.st_mtime : time(NULL), created);
	run->has_progress = isatty(STDERR_FILENO);
	r = image_flags_read(&flags, &arena, &config, err);
	if (r == 0)
		r = import(run, &(struct import){ .created = created, .config = &config,
						  .input_fd = fd }, values->name, err);
	arena_free(&arena);
	return r;
}

static int bootstrap_run(struct run *run, struct vps_err *err)
{
	const char *name = run->values->name ? run->values->name : run->operand;
	OWN_BOOTSTRAP child = BOOTSTRAP_NONE;
	char created[32];

	if (bootstrap_start(run->operand, run->values->mirror, &child, err) < 0)
		return err->code;
	run->child = &child;
	return import(run, &(struct import){ .created = format_time(time(NULL), created),
					     .config = bootstrap_config(),
					     .input_fd = child.tar_fd }, name, err);
}

static int busybox_run(struct run *run, struct vps_err *err)
{
	const char *name = run->values->name ? run->values->name : "busybox";
	OWN_FD fd = FD_NONE;

	if (busybox_make_tar(&fd, err) < 0)
		return err->code;
	return import(run, &(struct import){ .created = "", .config = busybox_config(),
					     .input_fd = fd }, name, err);
}

static const struct command_row commands[] = {
	{ "import", IMAGE_IMPORT_ARGS, IMAGE_IMPORT_SUMMARY, 1, image_import_options, import_run },
	{ "bootstrap", IMAGE_BOOTSTRAP_ARGS, IMAGE_BOOTSTRAP_SUMMARY, 1, image_bootstrap_options,
	  bootstrap_run },
	{ "busybox", "", IMAGE_BUSYBOX_SUMMARY, 0, image_busybox_options, busybox_run },
};

static void print_options(const struct option_row *row)
{
	for (; row->name; row++)
		(void)printf("    --%s%s%s\n        %s\n", row->name, row->value ? "=" : "",
			     row->value ? row->value : "", row->summary);
}

static int print_help(void)
{
	size_t i;

	(void)printf("vps-image [--root=DIR] [--json] COMMAND ...: the part of \"vpsctl image\" that unpacks\n\n");
	print_options(global_options);
	for (i = 0; i < ARRAY_LEN(commands); i++) {
		(void)printf("\n%s %s\n    %s\n", commands[i].name, commands[i].args,
			     commands[i].summary);
		print_options(commands[i].options);
	}
	return EXIT_DONE;
}

static int complain(const char *command, const char *text, int status)
{
	OWN_MEM char *shown = text_escape(text);

	(void)fprintf(stderr, "%svps-image: %s%s%s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "",
		      command ? command : "", command ? ": " : "",
		      shown ? shown : "no memory left");
	return status;
}

static const struct command_row *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int run_command(const struct command_row *command, const struct globals *globals,
		       const struct image_values *values, const char *operand)
{
	struct run run = { .globals = globals, .values = values, .operand = operand };
	char text[sizeof(((struct vps_err *)NULL)->text) + 100];
	struct vps_err err = { 0 };

	if (geteuid() != 0)
		(void)vps_err_say(&err, -VPS_EREFUSED, "making images needs root");
	else if (command->run(&run, &err) == 0)
		return EXIT_DONE;
	return complain(command->name, vps_err_message(&err, text, sizeof(text)),
			say_status(&err));
}

static int parse_and_run(const struct globals *globals, int argc, char **argv)
{
	const struct command_row *command = argc > 0 ? find_command(argv[0]) : NULL;
	struct image_values values = { 0 };
	struct option_set set = { command ? command->options : NULL, &values };
	char misuse[MISUSE_SIZE];
	int count, status;

	if (argc == 0)
		return complain(NULL, "which command? see 'vps-image --help'", EXIT_MISUSED);
	if (!command)
		return complain(NULL, "unknown command; see 'vps-image --help'", EXIT_MISUSED);
	count = options_parse(&set, 1, false, argc - 1, argv + 1, misuse);
	if (count < 0)
		status = complain(command->name, misuse, EXIT_MISUSED);
	else if (count != command->operands)
		status = complain(command->name, command->operands ? "give it one operand" :
				  "it takes no operand", EXIT_MISUSED);
	else
		status = run_command(command, globals, &values, count > 0 ? argv[1] : NULL);
	options_free(&set);
	return status;
}

int main(int argc, char **argv)
{
	struct globals globals = { 0 };
	const struct option_set set = { global_options, &globals };
	char misuse[MISUSE_SIZE];
	int count;

	/* What whoever started us forgot to close would lead out of the confinement. */
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);	/* never fails on kernels that we run on */
	/* Loaded now: names in archives are UTF-8, and later there is no /usr to load it from. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	count = options_parse(&set, 1, true, argc - 1, argv + 1, misuse);
	if (count < 0)
		return complain(NULL, misuse, EXIT_MISUSED);
	if (globals.is_help)
		return print_help();
	if (!globals.root)
		globals.root = getenv("VPS_ROOT");
	if (!globals.root || !*globals.root)
		globals.root = "/var/lib/vps";
	return parse_and_run(&globals, count, argv + 1);
}
