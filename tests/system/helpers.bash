# SPDX-License-Identifier: GPL-2.0-or-later
# What every file of tests/system loads: a root directory for the file with the busybox image in
# it, VPSs that are destroyed after each test, and probes that decide skips.
bats_require_minimum_version 1.5.0

# The file's own root directory. A file that wants more of it defines prepare().
setup_file() {
	VPS_ROOT=$(mktemp -d "$BATS_FILE_TMPDIR/root.XXXXXX")
	export VPS_ROOT
	vpsctl image busybox >&2
	if declare -F prepare >/dev/null; then
		prepare
	fi
}

teardown() {
	vpsctl destroy --all --force && off_fs
}

teardown_file() {
	vpsctl destroy --all --force
}

# ---- skips: decided by a probe before the test starts, never by an error's text ----

# lacking FEATURE: skips the test, or fails it where everything must run.
lacking() {
	if [[ -n ${VPS_MUST_RUN-} ]]; then
		echo "VPS_MUST_RUN is set, and this machine lacks: $1" >&2
		return 1
	fi
	skip "lacks $1"
}

# tries N: how often to try what depends on chance. A virtual machine takes ten times as long.
tries() {
	echo $((${VPS_MUST_RUN:+1} + 0 ? ($1 + 4) / 5 : $1))
}

# some: of the lines of stdin all; in a virtual machine every fifth.
some() {
	awk -v step="${VPS_MUST_RUN:+5}" '!step || NR % step == 1'
}

needs_controller() {
	grep -qw "$1" /sys/fs/cgroup/cgroup.controllers || lacking "the cgroup v2 controller $1"
}

needs_program() {
	command -v "$1" >/dev/null || lacking "the program $1"
}

# ---- VPSs ----

# vps_up NAME [OPTION or KEY=VALUE...]: create it and start it.
vps_up() {
	vpsctl create --start "$@"
}

# vps_spec NAME JSON-MEMBERS: create it from a spec with these members, and start it.
vps_spec() {
	printf '{"version": 1, %s}' "$2" | vpsctl create "$1" --spec - --start
}

# vps_sh NAME SCRIPT: run a script inside.
vps_sh() {
	vpsctl exec "$1" sh -c "$2"
}

# vps_get NAME KEY: what `list --json` says of it.
vps_get() {
	vpsctl list --json | jq -r --arg name "$1" --arg key "$2" '.[] | select(.name == $name)[$key]'
}

# The process that answers for this root directory; those that it has beside it have other names.
server_pid() {
	local pid
	for pid in $(pgrep -x vps-view); do
		[[ $(tr '\0' ' ' <"/proc/$pid/cmdline") != *" $VPS_ROOT/run.view "* ]] || { echo "$pid"; return 0; }
	done 2>/dev/null
	return 1
}

# Directory of its cgroup on this host.
vps_cgroup() {
	local path
	path=$(sed -n 's/^0:://p' "/proc/$(vps_get "$1" init_pid)/cgroup")
	# init may sit in a leaf that it made itself
	while [[ $path == /?* && ${path##*/} != "$1" && ${path##*/} != *"$1"* ]]; do
		path=$(dirname "$path")
	done
	printf '/sys/fs/cgroup%s\n' "$path"
}

cgroup_read() {
	cat "$(vps_cgroup "$1")/$2"
}

# eventually SECONDS COMMAND...: until it succeeds.
eventually() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < deadline)) || { echo "never: $*" >&2; return 1; }
		sleep 0.1
	done
}

status_is() {
	[[ $(vps_get "$1" status) == "$2" ]]
}

# Gone, or waiting for the host's init to take note.
is_dead() {
	[[ ! -d /proc/$1 || $(sed -n 's/^State:\s*//p' "/proc/$1/status" 2>/dev/null) == [ZX]* ]]
}

# ---- a root directory on a file system of its own ----

# Whether its xfs has quotas; mounting one loads the module.
has_xfs_quotas() {
	vpsctl doctor >/dev/null || true
	[[ -e /proc/fs/xfs/xqmstat ]]
}

needs_xfs_quotas() {
	needs_program mkfs.xfs
	has_xfs_quotas || lacking "quotas in the kernel's xfs"
}

# on_fs COMMAND...: a root directory on a fresh file system; COMMAND makes it, of its last argument.
on_fs() {
	local image=$BATS_TEST_TMPDIR/fs.img
	truncate -s "${FS_SIZE:-1G}" "$image"
	"$@" "$image"
	export VPS_ROOT=$BATS_TEST_TMPDIR/root
	mkdir "$VPS_ROOT"
	mount -o "loop${FS_OPTIONS:+,$FS_OPTIONS}" "$image" "$VPS_ROOT"
	vpsctl image busybox
}

# counting FS: the same, with project quotas.
counting() {
	needs_xfs_quotas
	local FS_OPTIONS=prjquota
	case $1 in
	xfs) on_fs mkfs.xfs -q ;;
	ext4) on_fs mkfs.ext4 -q -O quota,project -E quotatype=prjquota ;;
	esac
}

# off_fs: and without it again, when every VPS is destroyed.
off_fs() {
	if mountpoint -q "$BATS_TEST_TMPDIR/root"; then
		eventually 20 umount --recursive "$BATS_TEST_TMPDIR/root"
	fi
}

# ---- the host before and after ----

# Files below VPS_ROOT that are attached to loop devices.
loop_files() {
	cat /sys/block/loop*/loop/backing_file 2>/dev/null | grep -F "$VPS_ROOT/vps/" || true
}

# Everything that a VPS could leave behind: mounts, links, cgroups, loop devices, processes, files.
host_state() {
	echo "== mounts"
	cut -d ' ' -f 5- /proc/self/mountinfo | sort
	echo "== links"
	ip -o link | sed 's/^[0-9]*: //; s/[@:].*//' | grep -vx vps0 | sort
	echo "== cgroups"
	find /sys/fs/cgroup -mindepth 1 -type d 2>/dev/null | grep vps | sort
	echo "== loop devices"
	loop_files | sort
	echo "== monitors"
	pgrep -af "vps-monitor.*$VPS_ROOT" | cut -d ' ' -f 2- | sort
	echo "== files"
	(cd "$VPS_ROOT" && find run vps layers images -mindepth 1 -maxdepth 2 2>/dev/null | sort)
}

# host_remembered, host_unchanged: compare with the moment of the first.
host_remembered() {
	host_state >"$BATS_TEST_TMPDIR/host-before"
}

host_unchanged() {
	host_state >"$BATS_TEST_TMPDIR/host-after"
	diff "$BATS_TEST_TMPDIR/host-before" "$BATS_TEST_TMPDIR/host-after"
}
