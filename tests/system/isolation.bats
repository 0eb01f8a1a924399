#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2016
load helpers

prepare() {
	vpsctl create web1 web2
}

setup() {
	status_is web1 running || vpsctl start web1
	status_is web2 running || vpsctl start web2
}

# Two VPSs serve all tests of this file.
teardown() {
	:
}

# First host id of a VPS.
first_id() {
	awk '{ print $2 }' "/proc/$(vps_get "$1" init_pid)/uid_map"
}

@test "isolation: a VPS has namespaces of its own, of every kind" {
	local name pid1 pid2
	pid1=$(vps_get web1 init_pid)
	pid2=$(vps_get web2 init_pid)
	for name in cgroup ipc mnt net pid user uts time; do
		[[ $(readlink "/proc/$pid1/ns/$name") != $(readlink "/proc/self/ns/$name") ]]
		[[ $(readlink "/proc/$pid1/ns/$name") != $(readlink "/proc/$pid2/ns/$name") ]]
	done
}

@test "isolation: 65536 ids each, never shared, never the host's" {
	local first1 first2
	first1=$(first_id web1)
	first2=$(first_id web2)
	((first1 >= 65536 && first2 >= 65536))
	((first1 >= first2 + 65536 || first2 >= first1 + 65536))
	[[ $(awk '{ print $1, $3 }' "/proc/$(vps_get web1 init_pid)/uid_map") == "0 65536" ]]
	[[ $(awk '{ print $2 }' "/proc/$(vps_get web1 init_pid)/gid_map") == "$first1" ]]
	[[ $(stat -c %u "/proc/$(vps_get web1 init_pid)") == "$first1" ]]
}

@test "isolation: files look owned by root inside, and are root's alone on disk" {
	vps_sh web1 'touch /root/mine && test "$(stat -c %u /root/mine)" = 0'
	[[ $(vps_sh web1 'stat -c %u:%g /bin') == 0:0 ]]
	[[ $(stat -c %u "$VPS_ROOT/vps/web1/upper/root/mine") == 0 ]]
	[[ $(stat -c %a "$VPS_ROOT/vps") == 700 ]]
}

@test "isolation: ps shows the VPS's processes alone" {
	sleep 4242 &
	local sleeper=$! inside
	inside=$(vpsctl exec web1 ps)
	[[ $inside != *4242* ]]
	[[ $(vps_sh web1 'ls /proc | grep -c "^[0-9]"') -lt 20 ]]
	run ! vpsctl exec web1 kill -0 "$sleeper"
	kill "$sleeper"
}

@test "isolation: mounts name nothing of the host" {
	local mounts
	mounts=$(vps_sh web1 'cat /proc/self/mountinfo')
	[[ $mounts != *"$VPS_ROOT"* && $mounts != *"$BATS_FILE_TMPDIR"* ]]
	run ! vps_sh web1 'ls /.old* /oldroot /.pivot*'
	[[ $(vps_sh web1 'df / | tail -n 1') != *"$VPS_ROOT"* ]]
}

@test "isolation: nothing of the host's environment, arguments or names is inside" {
	[[ $(vps_sh web1 'tr "\0" "\n" </proc/1/environ') != *VPS_ROOT* ]]
	[[ $(vps_sh web1 'cat /proc/1/cmdline | tr "\0" " "') != *"$VPS_ROOT"* ]]
	[[ $(vps_sh web1 'hostname') == web1 ]]
	[[ $(vps_sh web1 'cat /proc/self/cgroup | cut -d: -f3 | sort -u') == / ]]
}

@test "isolation: init has no descriptor that was not meant for it" {
	local pid link
	pid=$(vps_get web1 init_pid)
	for link in /proc/"$pid"/fd/*; do
		case $(readlink "$link") in
		/dev/console | /dev/null | /dev/pts/* | /dev/tty* | 'anon_inode:['* | socket:* | pipe:* | '') ;;
		*"$VPS_ROOT"*) readlink "$link"; return 1 ;;
		esac
	done
}

@test "isolation: what belongs to the kernel is masked or read-only" {
	local path
	for path in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug /proc/latency_stats; do
		[[ $(vps_sh web1 "head -c 100 $path 2>/dev/null | wc -c") == 0 ]]
	done
	for path in /proc/sysrq-trigger /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches \
		/sys/kernel/uevent_helper /proc/sys/kernel/modprobe /proc/irq/default_smp_affinity; do
		run ! vps_sh web1 "test -e $path && echo x >$path"
	done
}

@test "isolation: no file counts the interrupts of the host" {
	local path
	[[ -r /proc/interrupts && -r /proc/softirqs && -d /sys/kernel/irq ]]
	for path in /proc/interrupts /proc/softirqs '/sys/kernel/irq/*/per_cpu_count'; do
		[[ -z $(vps_sh web1 "cat $path 2>/dev/null") ]]
	done
	[[ $(vps_sh web1 'grep ^softirq /proc/stat') == "softirq 0 0 0 0 0 0 0 0 0 0 0" ]]
}

@test "isolation: no device can be made, and no disk is there" {
	run ! vps_sh web1 'mknod /root/disk b 8 0 && head -c 1 /root/disk'
	run ! vps_sh web1 'mknod /root/mem c 1 1 && head -c 1 /root/mem'
	[[ -z $(vps_sh web1 'find /dev -type b') ]]
	vps_sh web1 'echo x >/dev/null && head -c 1 /dev/zero >/dev/null && head -c 1 /dev/urandom >/dev/null'
	[[ $(vps_sh web1 'stat -c %t:%T /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty' | tr '\n' ' ') == "1:3 1:5 1:7 1:8 1:9 5:0 " ]]
}

@test "isolation: root inside cannot do what only the host may" {
	run ! vps_sh web1 'dmesg -n 1'
	vps_sh web1 'date -s 2001-01-01' || true	# busybox says no, and exits with 0
	[[ $(date +%Y) != 2001 && $(vps_sh web1 'date +%Y') != 2001 ]]
	run ! vps_sh web1 'insmod /nothing.ko'
	run ! vps_sh web1 'swapoff -a && swapon /dev/sda'
	run ! vps_sh web1 'mount -t proc -o remount,rw /proc/sys'
	run ! vps_sh web1 'echo 1 >/proc/sys/kernel/panic'
}

@test "isolation: root inside has no capability over the host" {
	local pid
	pid=$(vps_get web1 init_pid)
	[[ $(sed -n 's/^NoNewPrivs:\s*//p; s/^Seccomp:\s*//p' "/proc/$pid/status" | tail -n 1) == 2 ]]
	# CAP_SYS_MODULE 16, CAP_SYS_RAWIO 17, CAP_SYS_TIME 25
	local bounding
	bounding=$((16#$(sed -n 's/^CapBnd:\s*//p' "/proc/$pid/status")))
	((!(bounding >> 16 & 1) && !(bounding >> 17 & 1) && !(bounding >> 25 & 1)))
}

@test "isolation: the VPS runs its own mounts and hostname" {
	vps_sh web1 'mkdir -p /root/m && mount -t tmpfs none /root/m && touch /root/m/x && umount /root/m'
	vps_sh web2 'hostname other' || true
	[[ $(vps_sh web1 hostname) == web1 ]]
	[[ $(hostname) != other ]]
	vpsctl restart web2
}

@test "isolation: paths that lead out of a root end inside it" {
	vps_sh web1 'ln -sfn ../../../../../../../../.. /root/up'
	[[ $(vps_sh web1 'ls /root/up/root | head -n 1; ls -di /root/up/ | cut -d" " -f1') == *"$(vps_sh web1 'ls -di / | cut -d" " -f1')"* ]]
	run ! vps_sh web1 "test -e /root/up$VPS_ROOT"
}

@test "isolation: System V objects and abstract sockets of the host are out of reach" {
	[[ $(vps_sh web1 'wc -l </proc/sysvipc/shm') == 1 ]]
	[[ $(vps_sh web1 'grep -c @ /proc/net/unix || true') == 0 ]]
}

@test "isolation: the clocks of time since boot are the VPS's own" {
	local inside outside
	inside=$(vps_sh web1 'cut -d. -f1 /proc/uptime')
	outside=$(cut -d. -f1 /proc/uptime)
	((inside <= outside))
}

@test "isolation: a fork bomb stops at the limit of pids" {
	needs_controller pids
	vps_up bomb pids=40
	run vps_sh bomb 'i=0; while [ $i -lt 100 ]; do sleep 20 & i=$((i + 1)); done'
	(($(cgroup_read bomb pids.current) <= 40))
	[[ $(cgroup_read bomb pids.max) == 40 ]]
	vpsctl destroy --force bomb
}

@test "isolation: memory stops at its limit, and the neighbour lives" {
	needs_controller memory
	vps_up eater memory=32M
	run ! vps_sh eater 'head -c 200000000 /dev/zero | tail'
	vps_sh web1 true
	vpsctl destroy --force eater
}

@test "limits: one that this host cannot enforce is refused by name, unless best effort will do" {
	if grep -qw memory /sys/fs/cgroup/cgroup.controllers; then
		vps_up limited memory=64M
		[[ $(cgroup_read limited memory.max) == $((64 << 20)) ]]
	else
		run -6 --separate-stderr vpsctl create limited memory=64M
		[[ $stderr == "vpsctl: limited: "*memory* ]]
		vps_up limited memory=64M limits=best-effort
	fi
	vpsctl destroy --force limited
}
