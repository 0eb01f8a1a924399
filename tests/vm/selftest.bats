#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What tests/vm/run promises to those who use it. Each boot takes seconds, so most of
# the promises are asked of one boot, in setup_file.

bats_require_minimum_version 1.5.0

vm=$BATS_TEST_DIRNAME/run

setup_file() {
	export facts=$BATS_FILE_TMPDIR/facts
	local tree=$BATS_FILE_TMPDIR/tree
	mkdir -p "$facts" "$tree/usr/local/bin" "$tree/lib"
	printf '#!/bin/sh\necho installed\n' >"$tree/usr/local/bin/a-program"
	chmod +x "$tree/usr/local/bin/a-program"
	chmod 700 "$tree"
	"$BATS_TEST_DIRNAME/image"

	# shellcheck disable=SC2016 # expanded inside
	"$vm" --timeout 60 --disk 1G --install "$tree" --share "$facts:/facts" --env 'WORDS=two  words' -- bash -c '
		echo to stdout; echo to stderr >&2
		cd /facts || exit
		id -u >uid
		echo "$WORDS" >words
		uname -r >kernel
		cp /sys/fs/cgroup/cgroup.subtree_control controllers
		cat <(echo piped) >substitution
		stat -f -c %T / >root-type
		stat -c %a / >root-mode
		readlink /lib >lib
		a-program >program
		criu check --all >criu 2>&1 && echo passed >>criu
		(mkfs.xfs -q /dev/vdb && mount -o prjquota /dev/vdb /mnt && findmnt -no FSTYPE,OPTIONS /mnt) >disk 2>&1
		(mkdir /o /o/lower /o/upper /o/work /o/root && touch /o/lower/seen &&
			mount -t overlay -o lowerdir=/o/lower,upperdir=/o/upper,workdir=/o/work overlay /o/root &&
			ls /o/root) >overlay 2>&1
		(ip link add v0 type veth peer v1 && ip link add b0 type bridge && ip link set v0 master b0 &&
			nft add table inet t && nft list tables) >net 2>&1
		touch /project/x 2>project
		touch /left-behind
		exit 7' >"$facts/out" 2>"$facts/err" && echo 0 >"$facts/status" || echo $? >"$facts/status"
}

setup() {
	# mktemp -d of run goes here, and with it the name of every machine's process
	export TMPDIR=$BATS_TEST_TMPDIR
}

fact() {
	cat "$facts/$1"
}

machines() {
	pgrep -f "qemu-system.*$TMPDIR/"
}

# Within two seconds nothing runs that was started with this test's TMPDIR.
assert_no_machine() {
	local tries
	for ((tries = 0; tries < 20; tries++)); do
		machines >/dev/null || return 0
		sleep 0.1
	done
	return 1
}

@test "run: the command's exit status passes through" {
	[[ $(fact status) == 7 ]]
}

@test "run: stdout and stderr are kept apart" {
	[[ $(fact out) == "to stdout" ]]
	[[ $(fact err) == "to stderr" ]]
}

@test "run: the command is root on a Debian kernel, with --env's variables as they are" {
	[[ $(fact uid) == 0 ]]
	[[ $(fact substitution) == piped ]]
	[[ $(fact kernel) == *-amd64 ]]
	[[ $(fact words) == "two  words" ]]
}

@test "run: every cgroup v2 controller is enabled for the children of the root" {
	[[ $(fact controllers) == "cpuset cpu io memory hugetlb pids rdma misc" ]]
}

@test "run: criu check is content" {
	[[ $(fact criu) == *"Looks good."*passed ]]
}

@test "run: overlay, veth, bridge and nftables load and work on the ext4 root" {
	[[ $(fact root-type) == ext2/ext3 ]]
	[[ $(fact overlay) == seen ]]
	[[ $(fact net) == "table inet t" ]]
}

@test "run --disk: the second disk takes a file system with project quotas" {
	[[ $(fact disk) == xfs*prjquota* ]]
}

@test "run --install: the tree is on the disk, and / and /lib are as before" {
	[[ $(fact program) == installed ]]
	[[ $(fact root-mode) == 755 ]]
	[[ $(fact lib) == usr/lib ]]
}

@test "run: the checkout is read-only" {
	[[ $(fact project) == *"Read-only file system"* ]]
}

@test "run --timeout: kills the machine, says so with 124, leaves nothing; the disk is pristine" {
	run -124 "$vm" --timeout 20 -- bash -c 'ls /left-behind; exec sleep 1000'
	[[ $output == *"cannot access '/left-behind'"* ]]
	[[ $output == *"time limit"* ]]
	assert_no_machine
	[[ -z $(ls "$TMPDIR") ]]
}

@test "run: a killed script takes its machine with it" {
	"$vm" --timeout 60 -- sleep 1000 3>&- &
	until machines >/dev/null; do sleep 0.1; done
	kill -KILL $!
	assert_no_machine
}

@test "run: a machine that dies is 125, with the kernel's last words" {
	run -125 "$vm" --timeout 60 -- sh -c 'echo c >/proc/sysrq-trigger; sleep 10'
	[[ $output == *"ended without a status"* ]]
	[[ $output == *"sysrq triggered crash"* ]]
}

@test "run --two: machines reach each other, and either one's failure is the result" {
	# shellcheck disable=SC2016 # expanded inside
	run -3 "$vm" --timeout 90 --two 'echo here >/rendezvous/note
			until [[ -e /rendezvous/vm1.exit ]]; do sleep 0.1; done; exit 3' -- \
		bash -c 'ping -c 1 vm2 >/dev/null && ssh vm2 hostname
			until [[ -e /rendezvous/note ]]; do sleep 0.1; done; cat /rendezvous/note'
	[[ $output == *$'vm2\nhere'* ]]
	assert_no_machine
}

@test "run --systemd: the command is a unit that owns its cgroup" {
	run -0 "$vm" --timeout 90 --systemd -- sh -c '
		cat /proc/1/comm /proc/self/cgroup; systemctl show -P Delegate vm-job'
	[[ ${lines[*]} == "systemd 0::/system.slice/vm-job.service yes" ]]
}

@test "run: misuse is 2 and one sentence" {
	run -2 "$vm"
	[[ $output == *"no command"* ]]
	run -2 "$vm" --timeout soon -- true
	[[ $output == *"soon is not a number"* ]]
	run -2 "$vm" --share nowhere -- true
	[[ $output == *"nowhere is not HOST:GUEST"* ]]
	run -2 "$vm" --fast -- true
	[[ $output == *"--fast: no such option"* ]]
}
