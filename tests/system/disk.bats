#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Disk limits, seen from inside and from the host: by project quotas of ROOT, and by a file system
# of its own for each VPS where ROOT has none.

load helpers

teardown() {
	vpsctl destroy --all --force
	if mountpoint -q "$BATS_TEST_TMPDIR/proc"; then
		umount /proc/fs/xfs "$BATS_TEST_TMPDIR/proc"
	fi
	off_fs
}

# ---- what this machine has ----

# A file system of its own for what a VPS writes: ROOT counts no projects.
needs_files() {
	needs_program mkfs.xfs
	[[ -e /dev/loop-control ]] || lacking "loop devices"
	if findmnt -no OPTIONS -T "$VPS_ROOT" | grep -q prjquota; then
		skip "the file system of the tests counts projects"
	fi
}

# The same on a kernel whose xfs has no quotas, or where they are hidden: by a mount over /proc, of
# which another one stays whole, since without that no VPS can mount its own.
without_xfs_quotas() {
	needs_files
	has_xfs_quotas || return 0
	mkdir "$BATS_TEST_TMPDIR/proc"
	mount -t proc proc "$BATS_TEST_TMPDIR/proc"
	mount -t tmpfs none /proc/fs/xfs
}

# ---- what is so ----

df_inside() {	# NAME: kibibytes of its "/"
	vpsctl exec "$1" df -k / | awk 'NR > 1 { print $(NF - 4) }'
}

# fill NAME FILE MIB: 0 when it fits; what the kernel says goes to stdout.
fill() {
	vps_sh "$1" "dd if=/dev/zero of=$2 bs=1M count=$3 conv=fsync 2>&1 && [ \$(stat -c %s $2) = $(($3 << 20)) ]"
}

stat_of() {	# NAME KEY
	vpsctl stats --json "$1" | jq --arg key "$2" '.[0][$key]'
}

disk_file() {
	echo "$VPS_ROOT/vps/$1/disk.xfs"
}

kib_on_host() {
	du -k "$(disk_file "$1")" | cut -f 1
}

has_given_back() {
	(($(kib_on_host "$1") < 150 << 10))
}

no_loops() {
	[[ -z $(loop_files) ]]
}

# ---- project quotas of ROOT ----

disk_stops_and_grows() {
	vps_up web1 disk=32M inodes=400
	[[ $(df_inside web1) == 32768 ]]
	# bytes stop at the limit, and only for this one
	vps_up web2
	run vps_sh web1 'dd if=/dev/zero of=/full bs=1M count=40 2>&1; ls -l /full'
	[[ $output == *"Disk quota exceeded"* || $output == *"No space left"* ]]
	vps_sh web2 'dd if=/dev/zero of=/fine bs=1M count=40 2>/dev/null'
	# management of a full one goes on
	vpsctl set web1 memory=default disk=64M
	vps_sh web1 'dd if=/dev/zero of=/more bs=1M count=20 2>/dev/null'
	[[ $(df_inside web1) == 65536 ]]
	# inodes
	# shellcheck disable=SC2016 # for the shell inside
	run vps_sh web1 'i=0; while [ $i -lt 500 ]; do true >/f$i || exit 7; i=$((i + 1)); done'
	[[ $status == 7 ]]
	# what stats shows is what is so
	(($(stat_of web1 disk_bytes) > 40 << 20 && $(stat_of web1 disk_bytes) <= 64 << 20))
	[[ $(stat_of web1 disk_limit_bytes) == $((64 << 20)) ]]
	[[ $(stat_of web1 inodes) == 400 && $(stat_of web1 inodes_limit) == 400 ]]
	# below what is in use is refused, and nothing changes
	run -7 vpsctl set web1 disk=8M
	[[ $output == *disk* && $output == *"in use"* ]]
	[[ $(df_inside web1) == 65536 ]]
	# smaller, down to what is in use, while it runs
	vps_sh web1 'rm /full /more'
	vpsctl set web1 disk=20001K
	vpsctl set web1 disk=16M inodes=max
	[[ $(df_inside web1) == 16384 ]]
	run ! fill web1 /full 20
}

@test "disk: xfs: bytes and inodes stop at the limit, df shows it, and it moves both ways" {
	counting xfs
	disk_stops_and_grows
	[[ ! -e $(disk_file web1) ]]
}

@test "disk: ext4: bytes and inodes stop at the limit, df shows it, and it moves both ways" {
	counting ext4
	disk_stops_and_grows
	[[ ! -e $(disk_file web1) ]]
}

@test "disk: a limit outlives a restart, and not the VPS" {
	counting xfs
	vps_up web1 disk=32M
	vpsctl restart web1
	[[ $(df_inside web1) == 32768 ]]
	vpsctl destroy web1 --force
	vps_up web1
	[[ $(df_inside web1) -gt 32768 ]]
}

@test "disk: what root of the VPS makes or moves stays in his project" {
	counting xfs
	vps_up web1 disk=32M
	vps_sh web1 'mkdir -p /a/b; dd if=/dev/zero of=/a/b/c bs=1M count=20 2>/dev/null; mv /a/b /moved'
	run vps_sh web1 'dd if=/dev/zero of=/moved/full bs=1M count=20 2>&1'
	[[ $output == *"Disk quota exceeded"* || $output == *"No space left"* ]]
	# over an open descriptor of a removed file as well
	run vps_sh web1 'rm -r /moved; exec 3>/gone; rm /gone; dd if=/dev/zero bs=1M count=40 >&3'
	[[ $output == *"Disk quota exceeded"* || $output == *"No space left"* ]]
}

# ---- a file system of its own ----

@test "disk: where ROOT counts nothing, a limit is a file system of its own, with the quotas of xfs" {
	needs_xfs_quotas
	needs_files
	disk_stops_and_grows
	[[ -e $(disk_file web1) && ! -e $VPS_ROOT/vps/web1/upper && ! -e $(disk_file web2) ]]
	run -0 --separate-stderr vpsctl doctor --json
	[[ $(jq -r '.[] | select(.name == "disk quota").what' <<<"$output") == "xfs in a file for each VPS with a limit: ROOT is on "* ]]
}

@test "disk: btrfs: a limit is a file system of its own, whose file is written in place" {
	needs_program mkfs.btrfs
	needs_files
	on_fs mkfs.btrfs -q
	disk_stops_and_grows
	[[ $(lsattr "$(disk_file web1)") == *C* ]]
}

@test "disk: without quotas of xfs the size of the file system is the limit, which grows while it runs" {
	without_xfs_quotas
	vps_up web1 disk=300M
	[[ $(df_inside web1) == $((300 << 10)) ]]
	vps_up web2
	run ! fill web1 /full 320
	[[ $output == *"No space left"* ]]
	fill web2 /fine 20
	vpsctl set web1 memory=default disk=400M
	[[ $(df_inside web1) == $((400 << 10)) ]]
	fill web1 /more 80
	[[ $(vpsctl inspect web1 | jq -r '.running_limits.disk') == 400M ]]
	[[ $(stat_of web1 disk_limit_bytes) == $((400 << 20)) && $(stat_of web1 inodes_limit) == null ]]
	(($(stat_of web1 disk_bytes) > 300 << 20))
	# no limit is as much as the host has
	vpsctl set web1 disk=default
	(($(df_inside web1) >= $(df -k --output=size "$VPS_ROOT" | tail -n 1) * 99 / 100))
}

@test "disk: without quotas of xfs a smaller limit takes a stop, and other ones are refused by name" {
	without_xfs_quotas
	run -6 vpsctl create web1 disk=100M
	[[ $output == *"disk: 100M cannot be: "*"allowed are 236M to "* ]]
	run -6 vpsctl create web1 inodes=1000
	[[ $output == *"inodes: "*CONFIG_XFS_QUOTA* && ! -e $VPS_ROOT/vps/web1 ]]
	# as far as this host can, where the spec says so
	vps_spec web2 '"limits": "best-effort", "resources": {"disk": "300M", "inodes": 100}'
	[[ $(df_inside web2) == $((300 << 10)) ]]
	vpsctl create web3 --spec - <<<'{"version": 1, "limits": "best-effort", "resources": {"disk": "1M"}}'
	[[ ! -e $(disk_file web3) ]]
	vps_up web1 disk=500M
	vps_sh web1 'echo kept >/kept'
	run -4 vpsctl set web1 disk=300M
	[[ $output == *"web1: disk: 300M is less than the 500M it has"*"--saved-only and restart" ]]
	[[ $(df_inside web1) == $((500 << 10)) ]]
	vpsctl set web1 --saved-only disk=300M
	[[ $(df_inside web1) == $((500 << 10)) ]]
	vpsctl restart --kill web1
	[[ $(df_inside web1) == $((300 << 10)) && $(vps_sh web1 'cat /kept') == kept ]]
	fill web1 /big 240
	vpsctl stop --kill web1
	run -7 vpsctl set web1 disk=240M
	[[ $output == *"disk: "* && $(jq -r .resources.disk "$VPS_ROOT/vps/web1/spec.json") == 300M ]]
	vpsctl set web1 disk=280M
	vpsctl start web1
	[[ $(df_inside web1) == $((280 << 10)) && $(vps_sh web1 'cat /kept; stat -c %s /big') == $'kept\n251658240' ]]
}

@test "disk: a tenant can write what he was sold, but for a hundredth and 40 MiB" {
	needs_files
	vps_up web1 disk=1G
	[[ $(df_inside web1) == $((1 << 20)) ]]
	fill web1 /full $((1024 * 99 / 100 - 40))
}

@test "disk: what is freed inside the host gets back" {
	needs_files
	vps_up web1 disk=500M
	fill web1 /big 200
	(($(kib_on_host web1) > 200 << 10))
	# twice: blocks are freed when the file is, a moment later, and given back when that is written
	vps_sh web1 'rm /big; sync; sleep 1; sync'
	eventually 60 has_given_back web1
}

@test "disk: files of a VPS with a limit lie on one file system, as its backups expect" {
	needs_files
	vps_up web1 disk=300M
	[[ $(vps_sh web1 'touch /new /etc/shells; stat -c %d / /etc /etc/passwd /etc/shells /new | sort -u | wc -l') == 1 ]]
}

@test "disk: neither its file nor its device is reached from inside" {
	needs_files
	vps_up web1 disk=300M
	local device numbers
	device=$(grep -lF "$(disk_file web1)" /sys/block/loop*/loop/backing_file 2>/dev/null || true)	# others come and go
	numbers=$(tr : ' ' <"${device%/loop/backing_file}/dev")
	run ! vps_sh web1 'ls /dev/loop*'
	run ! vps_sh web1 "mknod /dev/x b $numbers && head -c 1 /dev/x"
	run ! vps_sh web1 "mknod /x b $numbers && head -c 1 /x"
	run -0 vps_sh web1 'cat /proc/self/mountinfo'
	[[ $output != *"$VPS_ROOT"* && $output != *disk.xfs* && $output != */dev/loop* ]]
	# and on the host it is mounted nowhere
	[[ $(cat /proc/self/mountinfo) != *"${device:11:5}"* ]]
}

@test "disk: a file system of its own outlives its monitor, a rename and a kill, and not the VPS" {
	needs_files
	vps_up web1 disk=300M
	vps_sh web1 'echo kept >/kept; sync'
	kill -9 "$(vps_get web1 monitor_pid)"
	vpsctl set web1 disk=400M
	[[ $(df_inside web1) == $((400 << 10)) ]]
	vpsctl stop --kill web1
	no_loops
	vpsctl rename web1 web2
	vpsctl start web2
	[[ $(df_inside web2) == $((400 << 10)) && $(vps_sh web2 'cat /kept') == kept ]]
	# a reboot inside mounts it again
	local init
	init=$(vps_get web2 init_pid)
	vps_sh web2 'reboot -f' || true
	eventually 20 is_dead "$init"
	eventually 20 status_is web2 running
	[[ $(df_inside web2) == $((400 << 10)) && $(vps_sh web2 'cat /kept') == kept ]]
	vpsctl destroy web2 --force
	no_loops
	vps_up web2
	run ! vps_sh web2 'cat /kept'
}

@test "disk: what was written before a power cut is there after it" {
	needs_files
	vps_up web1 disk=300M
	vps_sh web1 'echo kept >/kept; sync; echo lost >/lost'
	# what lies on the disk at this moment, with a journal that nobody finished
	cp --sparse=always "$(disk_file web1)" "$BATS_TEST_TMPDIR/cut"
	vpsctl stop --kill web1
	cp --sparse=always "$BATS_TEST_TMPDIR/cut" "$(disk_file web1)"
	vpsctl start web1
	[[ $(vps_sh web1 'cat /kept') == kept && $(df_inside web1) == $((300 << 10)) ]]
}

@test "disk: one that cannot be mounted is named, and leaves nothing" {
	needs_files
	vpsctl create web1 disk=300M
	dd if=/dev/zero of="$(disk_file web1)" bs=4096 count=1 conv=notrunc 2>/dev/null
	run -1 vpsctl start web1
	[[ $output == *"web1: "*disk.xfs* ]]
	status_is web1 stopped
	no_loops
	vpsctl destroy web1
}

@test "disk: ten VPSs at once have ten file systems, and leave none" {
	needs_files
	host_remembered
	local i
	for i in {1..10}; do
		vpsctl create "web$i" disk=$((300 + i))M 3>&- &
	done
	wait
	for i in {1..10}; do
		vpsctl start "web$i" 3>&- &
	done
	wait
	[[ $(loop_files | wc -l) == 10 ]]
	for i in {1..10}; do
		[[ $(df_inside "web$i") == $(((300 + i) << 10)) ]]
	done
	[[ $(vpsctl stats --json | jq 'map(.disk_limit_bytes) | add') == $((3055 << 20)) ]]
	vpsctl destroy --all --force
	rm -rf "$VPS_ROOT/run/vps0"*
	host_unchanged
}

# ---- a limit for one that has written already ----

# Everything of it that a copy could lose.
make_tree() {
	vps_sh "$1" 'set -e
		mkdir -p /d/sub; echo text >/d/file; ln /d/file /d/sub/other; chmod 4711 /d/file
		chown 7:8 /d/sub; ln -s ../nowhere /d/link; mkfifo /d/fifo; rm /etc/motd
		rm -r /etc/init.d; mkdir /etc/init.d; echo new >/etc/init.d/new
		dd if=/dev/zero of=/d/sparse bs=1 count=1 seek=3G 2>/dev/null
		touch -d "2001-02-03 04:05:06" /d/sub'
}

tree_of() {
	vps_sh "$1" 'cd / && find d etc -exec stat -c "%n %F %a %u %g %h %s %Y" {} + |
		grep -v "^etc/\(hosts\|hostname\|resolv.conf\) " | sed "s/ directory \(.*\) [0-9]* \([0-9]*\)$/ \1 \2/" | sort;
		cat d/sub/other etc/init.d/*; readlink d/link; du -k d/sparse'
}

@test "disk: a limit for one that has none takes a stop, and moves everything that it wrote" {
	needs_files
	vps_up web1
	make_tree web1
	tree_of web1 >"$BATS_TEST_TMPDIR/before"
	run -4 vpsctl set web1 disk=300M
	[[ $output == *"web1: disk: what it writes is not counted yet: "*"--saved-only and restart" ]]
	vpsctl set web1 disk=max disk=default
	vpsctl set web1 --saved-only disk=300M
	[[ ! -e $(disk_file web1) ]]
	vpsctl restart --kill web1
	[[ $(df_inside web1) == $((300 << 10)) && ! -e $VPS_ROOT/vps/web1/upper && ! -e $VPS_ROOT/vps/web1/work ]]
	tree_of web1 | diff "$BATS_TEST_TMPDIR/before" -
	# and for one that is stopped, at once
	vps_up web2
	vps_sh web2 'echo kept >/kept'
	vpsctl stop --kill web2
	vpsctl set web2 disk=300M
	[[ -e $(disk_file web2) ]]
	no_loops || [[ $(loop_files) == "$(disk_file web1)" ]]
	vpsctl start web2
	[[ $(vps_sh web2 'cat /kept') == kept ]]
}

@test "disk: a limit below what it has written already is refused, and nothing is moved" {
	needs_files
	vps_up web1
	fill web1 /big 320
	vpsctl stop --kill web1
	run -7 vpsctl set web1 disk=300M
	[[ $output == *"web1: disk: "*"in use"* ]]
	[[ ! -e $(disk_file web1) && ! -e $(disk_file web1).new && -e $VPS_ROOT/vps/web1/upper/big ]]
	[[ $(jq .resources "$VPS_ROOT/vps/web1/spec.json") == null ]]
}

steps=("disk make" "disk mount" "disk copy" "disk switch")

@test "disk: a move that fails at any step leaves everything where it was" {
	needs_files
	vps_up web1
	vps_sh web1 'echo kept >/kept'
	vpsctl stop --kill web1
	host_remembered
	local step
	for step in "${steps[@]}"; do
		run -1 env VPS_FAULT="$step" vpsctl set web1 disk=300M
		[[ $output == *"failed on purpose"* ]]
		host_unchanged
		[[ ! -e $(disk_file web1).new && $(jq .resources "$VPS_ROOT/vps/web1/spec.json") == null ]]
	done
	run -1 env VPS_FAULT="disk copy" vpsctl create web2 disk=300M
	host_unchanged
	vpsctl start web1
	[[ $(vps_sh web1 'cat /kept') == kept ]]
}

@test "disk: a move that is killed at any step has happened or has not" {
	needs_files
	local step
	vps_up web1
	vps_sh web1 'echo kept >/kept'
	for step in "${steps[@]}" "disk done"; do
		vpsctl stop --kill web1
		run -137 env VPS_FAULT="kill:$step" vpsctl set web1 disk=300M
		vpsctl start web1
		[[ $(vps_sh web1 'cat /kept') == kept ]]
		[[ ! -e $(disk_file web1).new ]]
		[[ -e $(disk_file web1) && ! -e $VPS_ROOT/vps/web1/upper ]] || [[ $step != "disk done" && ! -e $(disk_file web1) ]]
	done
}

@test "disk: commands killed at any moment leave no device, no mount and no half a file" {
	needs_files
	local command i
	host_remembered
	for i in $(seq "$(tries 12)"); do
		for command in "create web1 disk=300M" "start web1" "set web1 disk=$((300 + i))M" "stop --kill web1" \
			"set web1 disk=$((330 + i))M" "destroy --force web1"; do
			# shellcheck disable=SC2086 # words
			vpsctl $command 3>&- &
			sleep "0.$(printf %03d $((RANDOM % 120)))"
			kill -9 $! 2>/dev/null || true
			wait $! 2>/dev/null || true
			((RANDOM % 3)) || kill -9 "$(vps_get web1 monitor_pid)" 2>/dev/null || true
		done
		vpsctl create web1 disk=300M || true
		vpsctl restart --kill web1
		[[ $(loop_files) == "$(disk_file web1)" ]]
		vpsctl destroy --force web1
	done
	eventually 10 no_loops
	rm -rf "$VPS_ROOT/run/"*
	eventually 10 host_unchanged
}

@test "disk: a change that fails or is killed at any step of set has happened or has not" {
	needs_files
	local step before=("set journal" "set disk") after=()
	vps_up web1 disk=300M
	# a file system cannot be made smaller while it runs: then it is the last that is changed
	! has_xfs_quotas || after=("set config" "set spec")
	for step in "${before[@]}" "${after[@]}"; do
		run -1 env VPS_FAULT="$step" vpsctl set web1 disk=400M
		[[ $output == *"failed on purpose"* && $(df_inside web1) == $((300 << 10)) ]]
		run -137 env VPS_FAULT="kill:$step" vpsctl set web1 disk=400M
		vpsctl pause web1 && vpsctl resume web1
		[[ $(df_inside web1) == $((300 << 10)) && $(jq -r .resources.disk "$VPS_ROOT/vps/web1/spec.json") == 300M ]]
	done
	run -137 env VPS_FAULT="kill:set done" vpsctl set web1 disk=400M
	vpsctl pause web1 && vpsctl resume web1
	[[ $(df_inside web1) == $((400 << 10)) && $(jq -r .resources.disk "$VPS_ROOT/vps/web1/spec.json") == 400M ]]
	# and where it had grown already, the next start makes it what the spec says
	run ! env VPS_FAULT="set spec" vpsctl set web1 disk=500M
	vpsctl restart --kill web1
	[[ $(df_inside web1) == $((400 << 10)) ]]
}

# ---- what an administrator reads ----

@test "disk: metrics, capacity and doctor count it" {
	needs_files
	vps_up web1 disk=300M
	vpsctl create web2 disk=1G
	vpsctl create web3
	vpsctl metrics | grep -qxF 'vps_disk_limit_bytes{vps="web1"} 314572800'
	vpsctl metrics | grep -qE '^vps_disk_usage_bytes\{vps="web1"\} [0-9]+$'
	run -0 vpsctl capacity --json disk=10G
	[[ $(jq -c '.resources[] | select(.name == "disk") | [.promised, .each, .unbounded]' <<<"$output") == "[$((1324 << 20)),$((10 << 30)),1]" ]]
	[[ $(vpsctl doctor --json | jq -r '.[] | select(.name == "free space").what') == *"; disk limits promise 1.3 GiB of "* ]]
	run -0 vpsctl stats web1
	[[ ${lines[0]} == *" DISK "* && ${lines[1]} =~ /300M ]]
}

@test "disk: a host without mkfs.xfs refuses a limit by name, with status 6" {
	needs_files
	: >"$BATS_TEST_TMPDIR/nothing"
	# shellcheck disable=SC2016 # for the inner shell
	run -6 unshare --mount --propagation private sh -ec 'mount --bind "$0" "$(readlink -f "$1")"; exec vpsctl create web1 disk=1G' \
		"$BATS_TEST_TMPDIR/nothing" "$(command -v mkfs.xfs)"
	[[ $output == *"web1: "*"disk: "*"mkfs.xfs; install the package xfsprogs"* ]]
	[[ ! -e $VPS_ROOT/vps/web1 ]]
}

@test "disk: on a host that is full the tenant hears it, and can be stopped" {
	needs_files
	local -x FS_SIZE=400M
	on_fs mkfs.ext4 -q
	vps_up web1 disk=300M
	vps_up web2 disk=300M
	vps_up web3
	fill web1 /big 180
	run ! fill web2 /big 250
	[[ $output == *"No space left"* || $output == *"Input/output error"* ]]
	# who cannot write its journal either is not waited for for ever
	local device
	device=$(grep -lF "$(disk_file web2)" /sys/block/loop*/loop/backing_file | cut -d / -f 4)
	[[ $(cat "/sys/fs/xfs/$device/error/metadata/ENOSPC/retry_timeout_seconds") == 60 ]]
	# all go on, and what was written before is there
	for name in web1 web2 web3; do
		vps_sh "$name" 'ls / >/dev/null'
	done
	[[ $(vps_sh web1 'stat -c %s /big') == $((180 << 20)) ]]
	vpsctl stop --kill web2
	no_loops || [[ $(loop_files) == "$(disk_file web1)" ]]
	# with room again it starts
	vpsctl destroy --force web1
	vpsctl start web2
	vps_sh web2 'rm -f /big; sync; echo works >/works; sync'
	fill web2 /big 150
}

@test "disk: a limit of bytes a second holds on it, and what it wrote is counted once" {
	needs_files
	needs_controller io
	vps_up web1 disk=1G
	local before after start
	vpsctl set web1 io.write=8M
	before=$(stat_of web1 written_bytes)
	start=$SECONDS
	fill web1 /big 64
	after=$(stat_of web1 written_bytes)
	((SECONDS - start >= 6))
	((after - before >= 64 << 20 && after - before < 100 << 20))
}
