#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The OCI runtime specification: "process" of a config.json, as seen from inside.
# shellcheck disable=SC2154,SC2016
load helpers
load oci

@test "spec process: cwd is where it starts; it is made inside the root, and what is in its way is said" {
	local userns cwd
	config '.process.cwd = "/tmp"'
	inside 'pwd'
	[[ $output == /tmp ]]
	mkdir "$ROOTFS/theirs"
	chown 100000:100000 "$ROOTFS/theirs"
	for userns in true with_userns; do
		$userns
		config '.process.cwd = "/theirs/no/such"'
		inside 'pwd; stat -c "%u %g %a" .'
		[[ $output == $'/theirs/no/such\n0 0 755' ]]
		rm -r "$ROOTFS/theirs/no"
	done
	rmdir "$ROOTFS/theirs"
	ln -s /../../../no "$ROOTFS/out"
	for cwd in /bin/busybox /out/such; do
		config '.process.cwd = $cwd' --arg cwd "$cwd"
		run -1 --separate-stderr oci run --bundle "$bundle" c1
		[[ $stderr == *"cannot enter working directory $cwd: No"*" directory" ]]
	done
	rm "$ROOTFS/out"
	config '.process.cwd = "tmp"'
	refused 'process.cwd: "tmp" is not an absolute path'
}

@test "spec process: a cwd that the user may not enter is entered for him, one that is his own by himself" {
	local cwd
	mkdir -m 700 "$ROOTFS/private" "$ROOTFS/own"
	chown 1000 "$ROOTFS/own"
	config '.process.user.uid = 1000 | .process.capabilities = {}'
	for cwd in /private /own; do
		config '.process.cwd = $cwd' --arg cwd "$cwd"
		inside 'id -u; pwd'
		[[ $output == $'1000\n'$cwd ]]
	done
	rmdir "$ROOTFS/private" "$ROOTFS/own"
}

@test "spec process: env is all that there is, and args[0] is looked for in its PATH" {
	config '.process.env = ["PATH=/nowhere:/bin", "A=b c", "E=", "HOME=/x"]'
	config '.process.args = ["env"]'
	run -0 oci run --bundle "$bundle" c1
	[[ $output == $'PATH=/nowhere:/bin\nA=b c\nE=\nHOME=/x' ]]
	config '.process.args = ["sh", "-c", "echo $0 $1 $#", "zero", "one two"]'
	run -0 oci run --bundle "$bundle" c1
	[[ $output == "zero one two 1" ]]
}

@test "spec process: user has uid, gid, additionalGids and umask" {
	config '.process.user = {uid: 1000, gid: 1001, additionalGids: [5, 1002], umask: 63}'
	inside 'id -u; id -g; id -G; umask'
	[[ $output == $'1000\n1001\n1001 5 1002\n0077' ]]
	config 'del(.process.user.umask)'
	inside 'umask'
	[[ $output == 0022 ]]
	config '.process.user.umask = 512'
	refused "process.user.umask: 512"
}

@test "spec process: capabilities are five sets, each by itself" {
	config '.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"], permitted: ["CAP_CHOWN", "CAP_KILL"],
		effective: ["CAP_KILL"], inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]} | .process.user = {uid: 1000, gid: 1000}'
	inside 'grep ^Cap /proc/self/status'
	[[ $output == $'CapInh:\t0000000000000020\nCapPrm:\t0000000000000020\nCapEff:\t0000000000000020\nCapBnd:\t0000000000002021\nCapAmb:\t0000000000000020' ]]
	config '.process.capabilities.bounding += ["CAP_OF_TOMORROW"] | .process.user = {uid: 0, gid: 0}'
	runs true
	run -0 vps-oci --debug --root "$root" run --bundle "$bundle" c1
	[[ $output == *"CAP_OF_TOMORROW is not known here and left out"* ]]
}

@test "spec process: rlimits, none twice" {
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 0},
		{type: "RLIMIT_NPROC", soft: 50, hard: 60}]'
	inside 'grep -E "^Max (open files|core file|processes)" /proc/self/limits | tr -s " "'
	[[ $output == *"Max core file size 0 0"* && $output == *"Max processes 50 60"* && $output == *"Max open files 100 200"* ]]
	config '.process.rlimits += [{type: "RLIMIT_CORE", soft: 0, hard: 0}]'
	refused "process.rlimits[3].type: it is that of rlimits[1] already"
	config '.process.rlimits = [{type: "RLIMIT_NOPE", soft: 0, hard: 0}]'
	refused 'process.rlimits[0].type: "RLIMIT_NOPE" is not known'
}

@test "spec process: rlimits above those of whoever starts it, with and without a user namespace" {
	(((0x$(awk '/^CapEff/ { print $2 }' /proc/self/status) >> 24) & 1)) || lacking CAP_SYS_RESOURCE
	local userns
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 300, hard: 400}]'
	runs 'ulimit -n; ulimit -Hn'
	for userns in true with_userns; do
		$userns
		run -0 sh -c 'ulimit -n 256; exec "$@"' sh vps-oci --root "$root" run --bundle "$bundle" c1
		[[ $output == $'300\n400' ]]
	done
}

@test "spec process: noNewPrivileges" {
	config '.process.noNewPrivileges = false'
	inside 'grep NoNewPrivs /proc/self/status'
	[[ $output == *0 ]]
	config '.process.noNewPrivileges = true'
	inside 'grep NoNewPrivs /proc/self/status'
	[[ $output == *1 ]]
}

@test "spec process: oomScoreAdj" {
	config '.process.oomScoreAdj = 300'
	inside 'cat /proc/self/oom_score_adj'
	[[ $output == 300 ]]
	config '.process.oomScoreAdj = 1001'
	refused "process.oomScoreAdj: 1001"
}

@test "spec process: scheduler has policy, nice, priority and flags" {
	needs_program chrt
	config '.process.scheduler = {policy: "SCHED_BATCH", nice: 7}'
	inside 'cut -d " " -f 19,41 /proc/self/stat'	# nice, policy
	[[ $output == "7 3" ]]
	if chrt -f 1 true; then
		config '.process.scheduler = {policy: "SCHED_FIFO", priority: 5, flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
		config '.process.args = ["cut", "-d", " ", "-f", "40,41", "/proc/self/stat"]'	# priority, policy
		run -0 oci run --bundle "$bundle" c1
		[[ $output == "5 1" ]]
		inside 'cut -d " " -f 41 /proc/self/stat; true'	# a child of it
		[[ $output == 0 ]]
	fi
	config '.process.scheduler = {policy: "SCHED_FAST"}'
	refused 'process.scheduler.policy: "SCHED_FAST" is not known'
}

@test "spec process: scheduler SCHED_DEADLINE has runtime, deadline and period" {
	chrt -d --sched-runtime 1000000 --sched-deadline 10000000 --sched-period 20000000 0 true ||
		lacking "deadline scheduling"
	config '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 2000000, deadline: 10000000, period: 20000000}'
	config '.process.args = ["cut", "-d", " ", "-f", "41", "/proc/self/stat"]'
	run -0 oci run --bundle "$bundle" c1
	[[ $output == 6 ]]
}

@test "spec process: ioPriority" {
	config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
	inside 'ionice -p $$'
	[[ $output == "best-effort: prio 6" ]]
	config '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE"}'
	inside 'ionice -p $$'
	[[ $output == idle* ]]
	config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 8}'
	refused "process.ioPriority.priority: 8"
}

@test "spec process: execCPUAffinity is where an exec runs, not init" {
	(($(nproc) > 1)) || lacking "a second processor"
	config '.process.execCPUAffinity = {initial: "0", final: "1"}'
	start_detached c1
	run -0 oci exec c1 grep Cpus_allowed_list /proc/self/status
	[[ $output == *$'\t1' ]]
	run -0 oci exec c1 grep Cpus_allowed_list /proc/1/status
	[[ $output != *$'\t1' && $output != *$'\t0' ]]
	# a document of its own, with an initial set alone: then all that the cgroup allows
	jq '.process | .execCPUAffinity = {initial: "0"} | .args = ["grep", "Cpus_allowed_list", "/proc/self/status"]' \
		"$bundle/config.json" >"$BATS_TEST_TMPDIR/process.json"
	run -0 taskset -c 1 vps-oci --root "$root" exec --process "$BATS_TEST_TMPDIR/process.json" c1
	[[ $output == *$'\t0-'* ]]
	jq '.execCPUAffinity = {final: "4000"}' "$BATS_TEST_TMPDIR/process.json" >"$BATS_TEST_TMPDIR/other.json"
	run -255 --separate-stderr oci exec --process "$BATS_TEST_TMPDIR/other.json" c1
	[[ $stderr == *"process.execCPUAffinity.final: none of these processors is there"* ]]
	config '.process.execCPUAffinity = {initial: "1-"}'
	run -1 --separate-stderr oci create --bundle "$bundle" c2 3>&-
	[[ $stderr == *'process.execCPUAffinity.initial: "1-" is not a list of processors'* ]]
}

@test "spec process: terminal is a pty of the container, with the size of consoleSize" {
	needs_program python3
	config '.process.terminal = true | .process.consoleSize = {height: 33, width: 99}'
	runs 'tty; stty size; test -t 0 && echo "is a terminal"; read word'
	receive_terminal "a terminal" word
	eventually 5 test -S "$BATS_TEST_TMPDIR/console"
	oci create --bundle "$bundle" --console-socket "$BATS_TEST_TMPDIR/console" c1 3>&-
	oci start c1
	wait $!
	grep /dev/pts/0 "$BATS_TEST_TMPDIR/shown"
	grep "33 99" "$BATS_TEST_TMPDIR/shown"
}

has_apparmor() {
	[[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) == Y ]]
}

@test "spec process: apparmorProfile is refused by name where AppArmor is not" {
	! has_apparmor || return 0	# the next test is about this host
	config '.process.apparmorProfile = "vps-test"'
	refused "process.apparmorProfile: AppArmor is not enabled on this host"
	config 'del(.process.apparmorProfile)'
	start_detached c1
	jq '.process | .apparmorProfile = "vps-test" | .args = ["true"]' "$bundle/config.json" >"$BATS_TEST_TMPDIR/process.json"
	run -255 --separate-stderr oci exec --process "$BATS_TEST_TMPDIR/process.json" c1
	[[ $stderr == *"process.apparmorProfile: AppArmor is not enabled on this host"* ]] || { echo "$stderr" >&2; return 1; }
}

# Natively this is the one above; VPS_MUST_RUN is for a host that has it.
@test "spec process: apparmorProfile confines the program, also of an exec" {
	has_apparmor || lacking AppArmor
	needs_program apparmor_parser
	mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security
	apparmor_parser --replace --skip-cache <<-'END'
		profile vps-test flags=(attach_disconnected) {
		  file,
		  capability,
		  signal,
		  deny /etc/passwd rwx,
		}
	END
	config '.process.apparmorProfile = "vps-test"'
	inside 'cat /proc/self/attr/current; cat /etc/passwd 2>&1; true'
	[[ $output == *"vps-test (enforce)"*"Permission denied" ]]
	config '.process.apparmorProfile = "vps-no-such"'
	run -1 --separate-stderr oci run --bundle "$bundle" c1
	[[ $stderr == *'process.apparmorProfile: "vps-no-such" is not loaded on this host'* ]]
	config 'del(.process.apparmorProfile)'
	start_detached c2
	jq '.process | .apparmorProfile = "vps-test" | .args = ["cat", "/proc/self/attr/current"]' "$bundle/config.json" \
		>"$BATS_TEST_TMPDIR/process.json"
	run -0 oci exec --process "$BATS_TEST_TMPDIR/process.json" c2
	[[ $output == "vps-test (enforce)" ]]
}

@test "spec process: selinuxLabel is refused by name where SELinux is not" {
	[[ ! -d /sys/fs/selinux/booleans ]] || return 0
	config '.process.selinuxLabel = "system_u:system_r:container_t:s0"'
	refused "process.selinuxLabel: SELinux is not enabled on this host"
}
