#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Disk limits, seen from inside and from the host, on both file systems that count projects.

load helpers

needs_project_quota() {
	local image=$BATS_TEST_TMPDIR/probe.img
	mkdir -p "$BATS_TEST_TMPDIR/probe"
	truncate -s 320M "$image"
	needs_program mkfs.xfs
	mkfs.xfs -q "$image"
	mount -o loop,prjquota "$image" "$BATS_TEST_TMPDIR/probe" 2>/dev/null ||
		lacking "project quotas in the kernel"
	umount "$BATS_TEST_TMPDIR/probe"
}

# counting FS: a root directory on a fresh file system of that kind, with project quotas.
counting() {
	local image=$BATS_TEST_TMPDIR/fs.img
	needs_project_quota
	truncate -s 1G "$image"
	case $1 in
	xfs) mkfs.xfs -q "$image" ;;
	ext4) mkfs.ext4 -q -O quota,project -E quotatype=prjquota "$image" ;;
	esac
	export VPS_ROOT=$BATS_TEST_TMPDIR/root
	mkdir "$VPS_ROOT"
	mount -o loop,prjquota "$image" "$VPS_ROOT"
	vpsctl image busybox
}

teardown() {
	vpsctl destroy --all --force
	if mountpoint -q "$BATS_TEST_TMPDIR/root"; then
		eventually 20 umount --recursive "$BATS_TEST_TMPDIR/root"
	fi
}

df_inside() {	# NAME: kibibytes of its "/"
	vpsctl exec "$1" df -k / | awk 'NR > 1 { print $(NF - 4) }'
}

disk_stops_and_grows() {
	counting "$1"
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
	# below what is in use is refused, and nothing changes
	run -7 vpsctl set web1 disk=8M
	[[ $output == *disk* && $output == *"in use"* ]]
	[[ $(df_inside web1) == 65536 ]]
}

@test "disk: xfs: bytes and inodes stop at the limit, df shows it, and it moves both ways" {
	disk_stops_and_grows xfs
}

@test "disk: ext4: bytes and inodes stop at the limit, df shows it, and it moves both ways" {
	disk_stops_and_grows ext4
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

@test "disk: where nothing counts, a limit is refused by name, with status 6" {
	findmnt -no OPTIONS -T "$VPS_ROOT" | grep -q prjquota && skip "this file system counts projects"
	run -6 vpsctl create web1 disk=1G
	[[ $output == *"disk"*"prjquota"* || $output == *"disk"*"project quotas"* ]]
	[[ ! -e $VPS_ROOT/vps/web1 ]]
}
