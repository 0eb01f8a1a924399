#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Limits change while a VPS runs, all of them or none, and are felt inside.

load helpers

# ---- what is so: in the cgroup, in the spec, in what a restart by policy starts from ----

# in_cgroup NAME FILE TEXT: the whole file, or for one of several lines that line, is TEXT.
in_cgroup() {
	local now
	now=$(cgroup_read "$1" "$2")
	grep -qxF -- "$3" <<<"$now" || { echo "$2 is: $now" >&2; return 1; }
}

# in_mib WORD: two numbers of bytes on stdin as "WORD MIB MIB".
in_mib() {
	tr -s '\n\t' '  ' | awk -v word="$1" '{ printf "%s %d %d\n", word, $1 / 1048576, $2 / 1048576 }'
}

# The hugetlb limits of web1 as cgroup, spec and config.json have them.
hugetlb_everywhere() {
	{ cgroup_read web1 hugetlb.2MB.max; cgroup_read web1 hugetlb.1GB.max; } | in_mib cgroup
	jq -r '.resources | ."hugetlb.2M", ."hugetlb.1G"' "$VPS_ROOT/vps/web1/spec.json" |
		numfmt --from=iec | in_mib spec
	jq -r '.linux.resources.unified | ."hugetlb.2MB.max", ."hugetlb.1GB.max"' \
		"$VPS_ROOT/run/web1/config.json" | in_mib config
}

# everywhere MIB MIB: all three agree on these.
everywhere() {
	diff <(hugetlb_everywhere) <(printf '%s\n' "cgroup $1 $2" "spec $1 $2" "config $1 $2")
}

hugetlb_vps() {
	needs_controller hugetlb
	vps_up web1 hugetlb.2M=64M hugetlb.1G=1G
	everywhere 64 1024
}

@test "set: a running VPS, its spec and its next start by policy have the new limits" {
	hugetlb_vps
	vpsctl set web1 hugetlb.2M=128M hugetlb.1G=+1G
	everywhere 128 2048
	in_cgroup web1 hugetlb.2MB.rsvd.max 134217728
	[[ $(vpsctl inspect web1 | jq -r '.running_limits["hugetlb.2M"]') == 128M ]]
	vpsctl set web1 hugetlb.2M=-64M hugetlb.1G=1G
	everywhere 64 1024
	# a reboot inside starts it anew from config.json
	local init
	init=$(vps_get web1 init_pid)
	vpsctl set web1 hugetlb.2M=32M
	vps_sh web1 'reboot -f' || true
	eventually 20 is_dead "$init"
	eventually 20 status_is web1 running
	everywhere 32 1024
}

@test "set: a limit that the VPS never had is set, and lifted again" {
	needs_controller hugetlb
	vps_up web1
	vpsctl set web1 hugetlb.2M=64M
	in_cgroup web1 hugetlb.2MB.max 67108864
	vpsctl set web1 hugetlb.2M=default
	[[ $(vpsctl inspect web1 | jq -c .spec.resources) == null ]]
	[[ $(cgroup_read web1 hugetlb.2MB.max) == @(max|92233720368*) ]]
	vpsctl set web1 hugetlb.2M=max
	[[ $(vpsctl inspect web1 | jq -r '.spec.resources["hugetlb.2M"]') == max ]]
}

@test "set: --running-only leaves the spec, --saved-only leaves the run, --dry-run leaves both" {
	hugetlb_vps
	vpsctl set --running-only web1 hugetlb.2M=+64M
	in_cgroup web1 hugetlb.2MB.max 134217728
	[[ $(vpsctl inspect web1 | jq -r '.spec.resources["hugetlb.2M"]') == 64M ]]
	vpsctl set --saved-only web1 hugetlb.2M=+2M
	in_cgroup web1 hugetlb.2MB.max 134217728
	[[ $(vpsctl inspect web1 | jq -r '.spec.resources["hugetlb.2M"]') == 66M ]]
	[[ $(vpsctl set --dry-run --json web1 hugetlb.2M=2M | jq -c '.[0] | del(.name, .limit)') == \
		'{"saved_before":"66M","saved":"2M","running_before":"128M","running":"2M"}' ]]
	in_cgroup web1 hugetlb.2MB.max 134217728
	vpsctl restart --kill web1
	everywhere 66 1024
}

@test "set: a paused VPS is changed, and stays paused" {
	hugetlb_vps
	vpsctl pause web1
	vpsctl set web1 hugetlb.2M=32M
	everywhere 32 1024
	status_is web1 paused
}

@test "set: a limit that this host cannot enforce is status 6, by name, and changes nothing" {
	hugetlb_vps
	run -6 vpsctl set web1 hugetlb.2M=2M rdma.handles=1
	[[ $output == *"web1: rdma.handles: this host has no "* ]]
	everywhere 64 1024
}

# ---- all or nothing ----

steps=("set journal" "set hugetlb.2M" "set hugetlb.1G" "set config" "set spec")

@test "set: failed at each of its steps, every limit is as it was" {
	hugetlb_vps
	local step
	for step in "${steps[@]}"; do
		run -1 env VPS_FAULT="$step" vpsctl set web1 hugetlb.2M=128M hugetlb.1G=2G
		[[ $output == *"failed on purpose"* ]]
		everywhere 64 1024
		[[ ! -e $VPS_ROOT/run/web1/set.json ]]
	done
	run -1 env VPS_FAULT="set hugetlb.1G" vpsctl set web1 hugetlb.2M=128M hugetlb.1G=2G
	[[ $output == *"web1: all limits are as they were: hugetlb.1G: failed on purpose"* ]]
	vpsctl set web1 hugetlb.2M=128M hugetlb.1G=2G
	everywhere 128 2048
}

@test "set: killed at each of its steps, the next command finds all old or all new" {
	hugetlb_vps
	local step
	for step in "${steps[@]}"; do
		run -137 env VPS_FAULT="kill:$step" vpsctl set web1 hugetlb.2M=128M hugetlb.1G=2G
		[[ -e $VPS_ROOT/run/web1/set.json || $step == "set journal" ]]
		vpsctl pause web1 && vpsctl resume web1
		everywhere 64 1024
	done
	run -137 env VPS_FAULT="kill:set done" vpsctl set web1 hugetlb.2M=128M hugetlb.1G=2G
	vpsctl pause web1 && vpsctl resume web1
	everywhere 128 2048
	[[ ! -e $VPS_ROOT/run/web1/set.json ]]
	[[ $(vpsctl events web1 | jq -r 'select(.event == "limit-changed" and .by == null) | "\(.limit) \(.old) \(.new)"') == \
		$'hugetlb.2M 64M 128M\nhugetlb.1G 1G 2G' ]]
}

@test "set: killed half-way with --running-only, the run is as it was" {
	hugetlb_vps
	local step
	for step in "set hugetlb.1G" "set config"; do
		run -137 env VPS_FAULT="kill:$step" vpsctl set -r web1 hugetlb.2M=128M hugetlb.1G=2G
		vpsctl pause web1 && vpsctl resume web1
		everywhere 64 1024
	done
}

@test "set: what a killed one left of a run that has ended meanwhile is forgotten" {
	hugetlb_vps
	run -137 env VPS_FAULT="kill:set config" vpsctl set web1 hugetlb.2M=128M hugetlb.1G=2G
	vpsctl stop --kill web1
	[[ ! -e $VPS_ROOT/run/web1/set.json ]]
	vpsctl start web1
	everywhere 64 1024
}

# VPS_SET_ROUNDS: how many; a third of them is killed.
@test "set: random ones, right and wrong, some of them killed: always old or new" {
	hugetlb_vps
	local small=64 large=1024 new_small new_large asked
	for ((round = 0; round < ${VPS_SET_ROUNDS:-$(tries 60)}; round++)); do
		new_small=$((RANDOM % 512 * 2)) new_large=$((RANDOM % 8 * 1024))
		asked=(hugetlb.2M="${new_small}M" hugetlb.1G="${new_large}M")
		case $((RANDOM % 3)) in
		0)
			vpsctl set web1 "${asked[@]}" 3>&- &
			sleep "0.00$((RANDOM % 10))"
			kill -9 $! 2>/dev/null || true
			wait $! 2>/dev/null || true
			vpsctl pause web1 && vpsctl resume web1
			everywhere "$small" "$large" >/dev/null 2>&1 || everywhere "$new_small" "$new_large"
			read -r _ small large < <(hugetlb_everywhere)
			;;
		1)
			run ! vpsctl set web1 "${asked[@]}" "hugetlb.2M=$((new_small + 1))M"
			everywhere "$small" "$large"
			;;
		2)
			vpsctl set web1 "${asked[@]}"
			small=$new_small large=$new_large
			everywhere "$small" "$large"
			;;
		esac
	done
}

# ---- felt inside, where the controllers are ----

now_usec() {
	echo $((${EPOCHREALTIME/./}))
}

cpu_usec() {
	sed -n 's/^usage_usec //p' "$(vps_cgroup "$1")/cpu.stat"
}

# burn NAME COUNT: so many processes that do nothing but run.
burn() {
	local i
	for ((i = 0; i < $2; i++)); do
		vps_sh "$1" '(while :; do :; done) >/dev/null 2>&1 </dev/null 3>&- &'
	done
}

# cpu_percent NAME SECONDS: of one processor.
cpu_percent() {
	local start used
	start=$(now_usec) used=$(cpu_usec "$1")
	sleep "$2"
	echo $((($(cpu_usec "$1") - used) * 100 / ($(now_usec) - start)))
}

# near VALUE WANTED PERCENT
near() {
	echo "$1, wanted $2 +- $3 %" >&2
	(($1 * 100 >= $2 * (100 - $3) && $1 * 100 <= $2 * (100 + $3)))
}

# What a machine under load is late with comes out right in a later window, and what the kernel
# was not told in none: "eventually" asks for one.

# share_is NAME WANTED PERCENT: what it gets of one processor now is near that.
share_is() {
	near "$(cpu_percent "$1" 4)" "$2" "$3"
}

# loses_little NAME: sets $loss, what a lone burner without a limit lacks of a whole processor now.
loses_little() {
	loss=$((100 - $(cpu_percent "$1" 4)))
	((loss < 20))
}

# gets NAME PERCENT: of one processor now, no more than 5 % above it, and no more than 5 % and twice
# $loss below.
gets() {
	local now
	now=$(cpu_percent "$1" 6)
	echo "$now, wanted $2, of a machine that loses $loss %" >&2
	((now * 100 <= $2 * 105 && now * 100 >= $2 * (95 - 2 * loss)))
}

@test "set: cpus up and down are what a burner gets" {
	needs_controller cpu
	(($(nproc) >= 2)) || lacking "two processors"
	vps_up web1
	burn web1 1
	local loss
	eventually 60 loses_little web1
	burn web1 1
	vpsctl set web1 cpus=0.5
	in_cgroup web1 cpu.max "50000 100000"
	eventually 60 gets web1 50
	vpsctl set web1 cpus=1.5
	eventually 60 gets web1 150
	vpsctl set web1 cpus=0.2 cpu.burst=0.1
	in_cgroup web1 cpu.max.burst 10000
	eventually 60 gets web1 20
}

# ratio_is NAME OTHER WANTED PERCENT: what one gets now, in hundredths of what the other gets.
ratio_is() {
	local one two
	one=$(cpu_usec "$1") two=$(cpu_usec "$2")
	sleep 8
	one=$(($(cpu_usec "$1") - one)) two=$(($(cpu_usec "$2") - two))
	near $((one * 100 / two)) "$3" "$4"
}

@test "set: weights of 3 to 1 share a processor 3 to 1" {
	needs_controller cpu
	needs_controller cpuset
	vps_up web1 cpu.set=0
	vps_up web2 cpu.set=0
	burn web1 1
	burn web2 1
	vpsctl set web1 cpu.weight=300
	vpsctl set web2 cpu.weight=100
	eventually 60 ratio_is web1 web2 300 10
}

@test "set: cpu.set moves what runs to other processors" {
	needs_controller cpuset
	(($(nproc) >= 2)) || lacking "two processors"
	vps_up web1
	vpsctl set web1 cpu.set=1
	[[ $(vps_sh web1 'sed -n "s/^Cpus_allowed_list:\s*//p" /proc/self/status') == 1 ]]
	vpsctl set web1 cpu.set=default
	[[ $(vps_sh web1 'sed -n "s/^Cpus_allowed_list:\s*//p" /proc/self/status') != 1 ]]
	run -2 vpsctl set web1 cpu.set=0,8191
	[[ $output == *"cpu.set: 0,8191 is more than this host has: "* ]]
}

# busy_percent CPU SECONDS: how much of a processor its processes take.
busy_percent() {
	local row="s/^cpu$1 //p" before after i all=0
	read -ra before < <(sed -n "$row" /proc/stat)
	sleep "$2"
	read -ra after < <(sed -n "$row" /proc/stat)
	for i in "${!after[@]}"; do
		((all += after[i] - before[i])) || true
	done
	echo $(((after[0] + after[1] + after[2] - before[0] - before[1] - before[2]) * 100 / all))
}

# processors NAME: on which its processes may run.
processors() {
	vps_sh "$1" 'sed -n "s/^Cpus_allowed_list:\s*//p" /proc/self/status'
}

@test "set: on a dedicated processor nobody else runs" {
	needs_controller cpuset
	[[ $(</sys/devices/system/cpu/online) == 0-1 ]] || lacking "a machine of two processors"
	vps_up web2
	burn web2 2
	vps_up web1 cpu.dedicated=1
	[[ $(processors web1) == 1 && $(processors web2) == 0 ]]
	[[ $(taskset -pc $$) == *": 0" ]]
	# all of what web2 burns is the other processor's, which it shares with the rest of the machine
	(($(busy_percent 1 4) < 15))
	eventually 60 share_is web2 70 50
	burn web1 1
	eventually 60 share_is web1 90 20
	# other ones while it runs, shared again, and dedicated again
	vpsctl set web1 cpu.dedicated=0
	[[ $(processors web1) == 0 && $(processors web2) == 1 ]]
	vpsctl set web1 cpu.dedicated=default
	[[ $(processors web1) == 0-1 && $(processors web2) == 0-1 ]]
	vpsctl set web1 cpu.dedicated=1
	[[ $(processors web1) == 1 && $(processors web2) == 0 ]]
	[[ $(vpsctl inspect web1 | jq -r '.running_limits["cpu.dedicated"]') == 1 ]]
	run -7 vpsctl set web1 cpu.dedicated=0-1
	[[ $output == *"none would be left"* ]]
	run -7 vpsctl set web2 cpu.dedicated=1
	[[ $(vpsctl capacity --json cpu.dedicated=1 | jq -r '.refused | "\(.fits) \(.ends)"') == "0 cpu.dedicated" ]]
	run -7 vpsctl capacity cpu.set=1
	run -7 vpsctl set web2 cpu.dedicated=1
	[[ $output == *"cpu.dedicated: one of 1 is that of VPS web1"* ]]
	run -7 vpsctl set web2 cpu.set=1
	[[ $output == *"cpu.set: all of 1 are dedicated to other VPSs"* ]]
	vpsctl set web2 cpu.set=0-1
	[[ $(processors web1) == 1 && $(processors web2) == 0 ]]
	vpsctl set web2 cpu.set=0
	run -7 vpsctl set web1 cpu.dedicated=0
	[[ $output == *"nothing would be left for VPS web2, which cpu.set binds to them"* ]]
	vpsctl stop --kill web1
	vpsctl set web2 cpu.set=default
	[[ $(processors web2) == 0-1 ]]
}

@test "set: failed half-way, a dedicated processor stays what it was" {
	needs_controller cpuset
	[[ $(</sys/devices/system/cpu/online) == 0-1 ]] || lacking "a machine of two processors"
	vps_up web1 cpu.dedicated=1
	run -1 env VPS_FAULT="set spec" vpsctl set web1 cpu.dedicated=default pids=50
	[[ $(processors web1) == 1 ]]
	run -137 env VPS_FAULT="kill:set spec" vpsctl set web1 cpu.dedicated=0 pids=50
	vpsctl pause web1 && vpsctl resume web1
	[[ $(processors web1) == 1 ]]
	[[ $(cgroup_read web1 cpuset.cpus.partition) == root ]]
	in_cgroup web1 pids.max 8192
}

@test "set: a VPS that was not started for it is refused a dedicated processor, or gets it" {
	needs_controller cpuset
	[[ $(</sys/devices/system/cpu/online) == 0-1 ]] || lacking "a machine of two processors"
	vps_up web1
	if vpsctl set web1 cpu.dedicated=1; then
		[[ $(processors web1) == 1 ]]
	else
		[[ $(processors web1) == 0-1 ]]
		vpsctl set --saved-only web1 cpu.dedicated=1
		vpsctl restart --kill web1
		[[ $(processors web1) == 1 ]]
	fi
}

# shellcheck disable=SC2016 # for the shell inside
# fork_some NAME: how many of 60 sleeps could be started at once.
fork_some() {
	vps_sh "$1" 'n=0; while [ $n -lt 60 ] && (sleep 20 & ) 2>/dev/null; do n=$((n + 1)); done; pidof sleep | wc -w; killall -9 sleep' 2>/dev/null
}

# What a bomb left when there was no process to be had that could kill it.
has_calmed() {
	(($(cgroup_read "$1" pids.current) < 10))
}

@test "set: a fork bomb stops at pids" {
	needs_controller pids
	vps_up web1
	in_cgroup web1 pids.max 8192
	vpsctl set web1 pids=30
	local count
	count=$(fork_some web1 || true)
	((${count:-0} < 30))
	(($(sed -n 's/^max //p' "$(vps_cgroup web1)/pids.events") > 0))
	eventually 60 has_calmed web1
	vpsctl set web1 pids=+100
	[[ $(fork_some web1) == 60 ]]
	eventually 60 has_calmed web1
	vpsctl set web1 pids=1
	run -125 vpsctl exec web1 -- true
	[[ $output == *"no further process: its limit of processes and threads is reached"* ]]
	vpsctl set web1 pids=default
	in_cgroup web1 pids.max 8192
}

oom_kills() {
	sed -n 's/^oom_kill //p' "$(vps_cgroup "$1")/memory.events"
}

@test "set: memory stops at memory, and more of it is more" {
	needs_controller memory
	vps_up web1 memory=32M swap=0
	vps_sh web1 'dd if=/dev/zero of=/dev/shm/x bs=1M count=20 2>/dev/null; rm /dev/shm/x'
	[[ $(oom_kills web1) == 0 ]]
	run ! vps_sh web1 "awk 'BEGIN { s = sprintf(\"%50000000s\", \"x\") }'"
	(($(oom_kills web1) > 0))
	vpsctl set web1 memory=256M
	in_cgroup web1 memory.max 268435456
	vps_sh web1 "awk 'BEGIN { s = sprintf(\"%50000000s\", \"x\") }'"
}

@test "set: less memory takes back what can be reclaimed" {
	needs_controller memory
	vps_up web1 memory=256M swap=0
	vps_sh web1 'dd if=/dev/zero of=/big bs=1M count=100 2>/dev/null; sync; cat /big >/dev/null'
	(($(cgroup_read web1 memory.current) > 80 << 20))
	vpsctl set web1 memory=48M
	(($(cgroup_read web1 memory.current) <= 48 << 20))
	[[ $(oom_kills web1) == 0 ]]
	in_cgroup web1 memory.high max
	[[ $(vps_sh web1 'wc -c </big') == 104857600 ]]
}

@test "set: less memory than is needed is refused with what would work, and kills nothing" {
	needs_controller memory
	vps_up web1 memory=256M swap=0
	vps_sh web1 '(exec awk "BEGIN { s = sprintf(\"%60000000s\", \"x\"); system(\"sleep 1000\") }") >/dev/null 2>&1 </dev/null 3>&- &'
	eventually 60 vps_sh web1 'pidof sleep >/dev/null'
	run -7 vpsctl set web1 memory=32M pids=100
	echo "$output"
	[[ $output == *"memory: 32M is less than it needs: "*"the smallest that works now is memory="*"; held by "*awk* ]]
	in_cgroup web1 memory.max 268435456
	in_cgroup web1 memory.high max
	in_cgroup web1 pids.max 8192
	[[ $(vpsctl inspect web1 | jq -r .spec.resources.memory) == 256M ]]
	[[ $(oom_kills web1) == 0 ]]
	local smallest
	smallest=$(sed -n 's/.*now is \(memory=[0-9]*M\).*/\1/p' <<<"$output")
	vpsctl set web1 "$smallest"
	[[ $(oom_kills web1) == 0 ]]
	vps_sh web1 'pidof sleep'
}

@test "set: killed while it takes memory back, the VPS is as it was" {
	needs_controller memory
	vps_up web1 memory=256M swap=0
	vps_sh web1 'dd if=/dev/zero of=/big bs=1M count=100 2>/dev/null'
	local high=0
	for _ in $(seq "$(tries 10)"); do
		vpsctl set web1 memory=32M 3>&- &
		sleep "0.0$((RANDOM % 10))"
		kill -9 $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		vpsctl pause web1 && vpsctl resume web1
		in_cgroup web1 memory.high max
		high=$(cgroup_read web1 memory.max)
		[[ $(numfmt --from=iec "$(vpsctl inspect web1 | jq -r .spec.resources.memory)") == "$high" ]]
		vpsctl set web1 memory=256M
		[[ $(oom_kills web1) == 0 ]]
	done
}

# fills NAME: 120 MiB of its memory are cache that can be reclaimed.
fills() {
	vps_sh "$1" 'head -c 125829120 /dev/zero >/f && sync && cat /f >/dev/null'
	(($(cgroup_read "$1" memory.current) > 110 << 20))
}

# What is asked of all of them is taken from those that are promised nothing; of what a VPS
# that stops was promised nothing stays.
@test "set: memory.min and memory.low keep memory when others have to give some back" {
	needs_controller memory
	local vps row
	vps_up web1 memory=200M memory.min=10M
	vps_up web2 memory=200M
	vps=$(dirname "$(vps_cgroup web1)")
	[[ $(<"$vps/memory.min") == $((10 << 20)) ]]
	for row in min low; do
		vpsctl set web1 memory.min=0 memory.low=0 "memory.$row=100M"
		[[ $(<"$vps/memory.$row") == $((100 << 20)) ]]
		fills web1
		fills web2
		echo 110M >"$vps/memory.reclaim"
		(($(cgroup_read web1 memory.current) > 95 << 20))
		(($(cgroup_read web2 memory.current) < 60 << 20))
	done
	[[ $(<"$vps/memory.min") == 0 ]]
	vpsctl set web2 memory.low=10M
	[[ $(<"$vps/memory.low") == $((110 << 20)) ]]
	vpsctl stop --kill web1
	[[ $(<"$vps/memory.low") == $((10 << 20)) ]]
}

# Two at once, of which each would fit alone.
@test "set: what only one VPS can have, two do not get at the same time" {
	needs_controller memory
	local half one other
	half=$(($(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo) * 2 / 3))
	vps_up web1
	vps_up web2
	for _ in $(seq "$(tries 5)"); do
		one=0 other=0
		vpsctl set web1 memory.min="${half}M" 2>/dev/null 3>&- &
		vpsctl set web2 memory.min="${half}M" 2>/dev/null || other=$?
		wait $! || one=$?
		[[ "$one $other" == "0 7" || "$one $other" == "7 0" ]]
		vpsctl set web1 memory.min=0
		vpsctl set web2 memory.min=0
	done
}

@test "set: --running-only minds nothing but what is asked for, and leaves a dry run dry" {
	needs_controller memory
	local vps
	vps_up web1 memory=max swap=10M cpus=max cpu.burst=0.5
	vpsctl set --running-only web1 pids=101
	in_cgroup web1 pids.max 101
	vps=$(dirname "$(vps_cgroup web1)")
	if ! grep -qw hugetlb "$vps/cgroup.subtree_control"; then
		vpsctl set --dry-run web1 hugetlb.2M=2M | grep -E 'hugetlb.2M.* 2M'
		run ! grep -qw hugetlb "$vps/cgroup.subtree_control"
	fi
}

@test "set: asked to end while it takes memory back, it ends when all is done" {
	needs_controller memory
	vps_up web1 memory=256M swap=0
	local delay
	for delay in 0.00 0.02 0.04 0.06 0.08; do
		vps_sh web1 'head -c 104857600 /dev/zero >/big'
		timeout --signal TERM --preserve-status "$delay" vpsctl set web1 memory=32M 3>&- || true
		[[ ! -e $VPS_ROOT/run/web1/set.json ]]
		[[ $(<"$(vps_cgroup web1)/memory.high") == max ]]
		vpsctl set web1 memory=256M
	done
}

@test "set: the smaller rows of memory reach their files" {
	needs_controller memory
	vps_up web1 memory=256M
	vpsctl set web1 memory.high=200M memory.low=100M memory.min=50M swap=64M memory.oom-group=1
	in_cgroup web1 memory.high 209715200
	in_cgroup web1 memory.low 104857600
	in_cgroup web1 memory.min 52428800
	in_cgroup web1 memory.oom.group 1
	in_cgroup web1 memory.swap.max 67108864
	# all of them below the new memory, in one go
	vpsctl set web1 memory=40M memory.high=30M memory.low=20M memory.min=10M
	in_cgroup web1 memory.max 41943040
	vpsctl set web1 memory.high=default memory.low=default memory.min=default swap=default memory.oom-group=default memory=default
	in_cgroup web1 memory.max max
	in_cgroup web1 memory.low 0
}

# takes NAME TENTHS SCRIPT: it takes about so many tenths of a second, with nothing cached.
takes() {
	local start
	echo 3 >/proc/sys/vm/drop_caches
	start=$(now_usec)
	vps_sh "$1" "$3"
	near $((($(now_usec) - start) / 100000)) "$2" 15
}

io_vps() {
	needs_controller io
	vps_up web1
	vpsctl set --dry-run web1 io.read=1M || lacking "a disk below the root directory"
}

@test "set: a writer is held to its bytes a second, and let go" {
	io_vps
	vpsctl set web1 io.write=2M
	grep -q 'wbps=2097152' <(cgroup_read web1 io.max)
	eventually 60 takes web1 60 'dd if=/dev/zero of=/w bs=1M count=12 conv=fsync 2>/dev/null'
	vpsctl set web1 io.write=default
	[[ $(cgroup_read web1 io.max) != *wbps=2097152* ]]
}

@test "set: a reader is held to its bytes a second" {
	io_vps
	vps_sh web1 'dd if=/dev/zero of=/r bs=1M count=12 conv=fsync 2>/dev/null'
	vpsctl set web1 io.read=2M io.read-ops=1000
	grep -q 'rbps=2097152 .*riops=1000' <(cgroup_read web1 io.max)
	eventually 60 takes web1 60 'cat /r >/dev/null'
	vpsctl set web1 io.read=8M
	grep -q 'rbps=8388608 .*riops=1000' <(cgroup_read web1 io.max)
	[[ $(jq -r '.linux.resources.unified["io.max"]' "$VPS_ROOT/run/web1/config.json" | sort | cut -d ' ' -f 2 | xargs) == \
		"rbps=8388608 riops=1000" ]]
	vpsctl stop --kill web1
	vpsctl start web1
	grep -q 'rbps=8388608 .*riops=1000' <(cgroup_read web1 io.max)
}

# written NAME: what its cgroup has written to disks, in KiB.
written() {
	sed 's/.*wbytes=\([0-9]*\).*/\1/' "$(vps_cgroup "$1")/io.stat" | awk '{ sum += $1 } END { print int(sum / 1024) }'
}

# weighs_more NAME OTHER: twice as much as the other, of what both write while both want to.
weighs_more() {
	local one=$1 other=$2 name a b
	a=$(written "$one") b=$(written "$other")
	for name in "$one" "$other"; do
		vps_sh "$name" 'timeout 6 sh -c "while :; do dd if=/dev/zero of=/w bs=1M count=256 oflag=direct conv=notrunc; done" 2>/dev/null' 3>&- &
	done
	wait
	((($(written "$one") - a) > 2 * ($(written "$other") - b)))
}

# By the scheduler that doctor advises; others know no weights.
@test "set: weights of disks share one that doctor says is shared out" {
	io_vps
	local advice scheduler before
	advice=$(vpsctl doctor --json | jq -r '.[] | select(.name == "weights of the disk" and (.ok | not)).remedy')
	scheduler=${advice##*>}
	if [[ -n $advice ]]; then
		[[ -w $scheduler ]] || lacking "a disk with a scheduler"
		before=$(sed 's/.*\[\(.*\)\].*/\1/' "$scheduler")
		modprobe bfq || lacking "the scheduler BFQ"
		echo bfq >"$scheduler"
	fi
	vpsctl doctor --json | jq -e '.[] | select(.name == "weights of the disk").ok'
	vps_up web2 io.weight=1000
	vpsctl set web1 io.weight=10
	eventually 120 weighs_more web2 web1
	vpsctl set web1 io.weight=10000
	vpsctl set web2 io.weight=100
	[[ $(cgroup_read web1 io.bfq.weight) == *1000 ]]
	eventually 120 weighs_more web1 web2
	[[ -z $advice ]] || echo "$before" >"$scheduler"
}

# limits_of NAME CGROUP: what its spec, the kernel and its own programs say of those below, and
# what is not to be: processes killed, or a limit that stays lowered.
limits_of() {
	vpsctl inspect "$1" | jq -r '.spec.resources | "spec \(.memory) \(.disk) \(.cpus) \(.pids) \(."cpu.weight")"'
	echo "kernel $(<"$2/memory.max") $(vpsctl stats --json "$1" | jq '.[0].disk_limit_bytes')" \
		"$(<"$2/cpu.max") $(<"$2/pids.max") $(<"$2/cpu.weight")"
	echo "$(grep -w oom_kill "$2/memory.events"), memory.high $(<"$2/memory.high")"
	# busybox free asks in two ways, one after the other; what it calls used may be below zero, and
	# then leaves no room beside the total.
	vps_sh "$1" 'free -k; df -k /; nproc' | awk '
		/^Mem:/ { memory = substr($0, 5, 15) + 0 }
		$NF == "/" { disk = $(NF - 4) }
		NF == 1 { cpus = $1 }
		END { print "inside", memory, disk, cpus }'
}

# limits_are NAME CGROUP MEMORY-MIB DISK-MIB HALF-CPUS PIDS WEIGHT
limits_are() {
	local cpus=(- 0.5 1 1.5 2)
	diff <(limits_of "$1" "$2") - <<-LIMITS
		spec $3M $4M ${cpus[$5]} $6 $7
		kernel $(($3 << 20)) $(($4 << 20)) $(($5 * 50000)) 100000 $6 $7
		oom_kill 0, memory.high max
		inside $(($3 << 10)) $(($4 << 10)) $((($5 + 1) / 2))
	LIMITS
}

# VPS_SET_ROUNDS: how many, of which every tenth is killed, if it takes that long, and every fourth
# is wrong.
@test "set: random limits under load: all old or all new, inside too, and nothing killed by a shrink" {
	needs_controller memory
	counting xfs
	vps_up web1 memory=128M disk=200M swap=0 cpus=1 pids=100 cpu.weight=100
	burn web1 1
	vps_sh web1 '(while :; do dd if=/dev/zero of=/f bs=1M count=60; sleep 0.2; done) >/dev/null 2>&1 </dev/null 3>&- &'
	local now=(128 200 2 100 100) new round status rounds=${VPS_SET_ROUNDS:-24} refused=0 killed=0
	local cpus=(- 0.5 1 1.5 2) cgroup
	cgroup=$(vps_cgroup web1)
	limits_are web1 "$cgroup" "${now[@]}"
	for ((round = 1; round <= rounds; round++)); do
		new=($((RANDOM % 200 + 8)) $((RANDOM % 200 + 40)) $((RANDOM % 4 + 1)) $((RANDOM % 200 + 50)) $((RANDOM % 1000 + 1)))
		set -- "memory=${new[0]}M" "disk=${new[1]}M" "cpus=${cpus[${new[2]}]}" "pids=${new[3]}" "cpu.weight=${new[4]}"
		((round % 4)) || set -- "$@" swap=-1M
		status=0
		vpsctl set web1 "$@" 3>&- 2>"$BATS_TEST_TMPDIR/said" &
		((round % 10 != 5)) || { sleep "0.$((RANDOM % 2))$((RANDOM % 10))"; kill -9 $! 2>/dev/null || true; }
		wait $! 2>/dev/null || status=$?
		case $status in
		0) ((round % 4)) && now=("${new[@]}") ;;
		7) ((++refused)) ;;
		2) ((round % 4 == 0)) ;;
		137)
			((++killed))
			vpsctl pause web1 && vpsctl resume web1
			if limits_are web1 "$cgroup" "${new[@]}" >/dev/null; then now=("${new[@]}"); fi
			;;
		*) cat "$BATS_TEST_TMPDIR/said" >&2 && false ;;
		esac
		limits_are web1 "$cgroup" "${now[@]}"
	done
	echo "# of $rounds sets $((rounds / 4)) were wrong, $killed killed, $refused refused for what was in use" >&3
}
