#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2016
load helpers

# finding NAME KEY: of the last `doctor --json`, which is in $output.
finding() {
	jq -r --arg name "$1" --arg key "$2" '.[] | select(.name == $name)[$key]' <<<"$output"
}

# in_mounts SCRIPT: `doctor --json` in a mount namespace that the script changed.
in_mounts() {
	run --separate-stderr unshare --mount --propagation private sh -ec "$1; exec vpsctl doctor --json"
}

@test "doctor: a host that starts a VPS lacks nothing that is required" {
	vps_up web1
	run -0 --separate-stderr vpsctl doctor --json
	[[ $(jq '[.[] | select(.required and (.ok | not))] | length' <<<"$output") == 0 ]]
}

@test "doctor: no answer is left out, and none is cut" {
	run --separate-stderr vpsctl doctor --json
	[[ $(jq '[.[] | select(.what == "" or (.what | length) >= 159)] | length' <<<"$output") == 0 ]]
	[[ $(jq '[.[] | select((.what | test("examining it ended|no answer")))] | length' <<<"$output") == 0 ]]
}

@test "doctor: mounts, links, cgroups, processes and files are afterwards as before" {
	host_remembered
	find "$VPS_ROOT" | sort >"$BATS_TEST_TMPDIR/files-before"
	find /sys/fs/cgroup -type d | sort >"$BATS_TEST_TMPDIR/cgroups-before"
	cat /sys/fs/cgroup/cgroup.subtree_control >"$BATS_TEST_TMPDIR/subtree-before"
	vpsctl --root "$VPS_ROOT" doctor >/dev/null || true
	run -1 pgrep -f "vpsctl --root $VPS_ROOT doctor"
	find "$VPS_ROOT" | sort | diff "$BATS_TEST_TMPDIR/files-before" -
	find /sys/fs/cgroup -type d | sort | diff "$BATS_TEST_TMPDIR/cgroups-before" -
	diff "$BATS_TEST_TMPDIR/subtree-before" /sys/fs/cgroup/cgroup.subtree_control
	host_unchanged
}

@test "doctor: killed at any moment, it leaves nothing that the next one does not clear" {
	local i pid
	for i in 1 3 5 8 12 20; do
		vpsctl --root "$VPS_ROOT" doctor >/dev/null 2>&1 &
		pid=$!
		sleep "0.0$(printf %02d "$i")"
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	eventually 5 eval '! pgrep -f "vpsctl --root $VPS_ROOT doctor"'
	vpsctl doctor >/dev/null || true
	[[ -z $(find "$VPS_ROOT" -maxdepth 1 -name '.doctor*') ]]
	[[ -z $(find /sys/fs/cgroup -maxdepth 1 -name 'vps-doctor*') ]]
}

@test "doctor: a controller is there when the kernel lists it in version 2, and only then" {
	local controller
	run --separate-stderr vpsctl doctor --json
	for controller in cpu memory pids io cpuset; do
		if grep -qw "$controller" /sys/fs/cgroup/cgroup.controllers; then
			[[ $(finding "controller $controller" ok) == true ]]
		else
			[[ $(finding "controller $controller" ok) == false ]]
			[[ $(finding "controller $controller" what) == *"cannot be"* ]]
		fi
	done
}

@test "doctor: a host where no filter can be listened on is named, with what is lost" {
	run --separate-stderr vpsctl doctor --json
	[[ $(finding "answers to system calls" ok) == true ]]
	cc -static -O2 -pthread -o "$BATS_TEST_TMPDIR/asker" "$BATS_TEST_DIRNAME/asker.c"
	run --separate-stderr "$BATS_TEST_TMPDIR/asker" under vpsctl doctor --json
	[[ $(finding "answers to system calls" what) == *"listener does not load"*"nproc"* ]]
}

@test "doctor: covered /proc is named, with status 6" {
	in_mounts 'mount -t tmpfs none /proc/sys'
	[[ $status == 6 ]]
	[[ $(finding "proc, sysfs, devpts inside" what) == "proc cannot be mounted"*"covers"* ]]
}

@test "doctor: cgroups that cannot be written are named, with what does not work for it" {
	in_mounts 'mount -o remount,bind,ro /sys/fs/cgroup'
	[[ $status == 6 ]]
	[[ $(finding "cgroup v2" what) == *"read-only"* ]]
	[[ $(finding "cgroup.kill" ok) == false ]]
}

@test "doctor: cgroups that are not mounted are named, with the command that mounts them" {
	in_mounts 'umount -R /sys/fs/cgroup; ! mountpoint -q /sys/fs/cgroup || umount -R /sys/fs/cgroup'
	[[ $status == 6 ]]
	[[ $(finding "cgroup v2" remedy) == "mount -t cgroup2"* ]]
}

@test "doctor: an unprivileged user learns what can be told, and what takes root" {
	local root
	root=$(mktemp -d /tmp/doctor.XXXXXX)
	chown 65534:65534 "$root"
	run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups \
		vpsctl --root "$root" doctor --json
	[[ $status == 6 ]]
	[[ $(finding kernel ok) == true ]]
	[[ $(finding privileges what) == "uid 65534 is not root"* ]]
	[[ $(finding "overlay on id-mapped layers" what) == *"needs root"* ]]
	rm -rf "$root"
}
