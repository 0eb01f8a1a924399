#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2016
# What a VPS reads of itself in /proc and /sys, and that it always gets an answer.
load helpers

@test "view: the files of /proc are there, belong to root and are read to their end" {
	vps_up web1
	vps_sh web1 'for file in cpuinfo diskstats loadavg meminfo stat swaps uptime; do
		grep -q " /proc/$file fuse" /proc/mounts || { echo "$file is the kernel'"'"'s"; exit 1; }
		[ -n "$(cat /proc/$file)" ] || [ $file = diskstats ] || exit 1
		[ "$(stat -c %u:%g:%a /proc/$file)" = 0:0:444 ] || exit 1
	done'
}

# readers NAME...: read in each of them until /stop is there, and note in /failed what failed or
# took over a second. Many of them rest longer, so that they wait for the server alone.
readers() {
	local name pause=0.05
	(($# <= 10)) || pause=1
	for name; do
		vps_sh "$name" 'while [ ! -e /stop ]; do
				for file in meminfo stat uptime loadavg; do
					timeout 1 cat /proc/$file >/dev/null || echo "$file: $?" >>/failed
					echo . >>/reads
				done
				sleep '$pause'
			done </dev/null >/dev/null 2>&1 &'
	done
}

# readers_succeeded NAME...: end them, and see that there were some.
readers_succeeded() {
	local name
	for name; do
		vps_sh "$name" 'touch /stop; [ "$(wc -l </reads)" -gt 10 ] && [ ! -e /failed ] ||
			{ wc -l /reads /failed; sort /failed | uniq -c; exit 1; }'
	done
}

@test "view: a text read byte by byte is one text" {
	vps_up web1
	vps_sh web1 'dd if=/proc/stat bs=1 of=/bytes 2>/dev/null
		tail -n 1 /bytes | grep "^softirq"
		[ "$(grep -c ^btime /bytes)" = 1 ]'
}

@test "view: a VPS of many cgroups and tasks takes little of the server that answers all" {
	local server once before
	vps_up web1
	vps_sh web1 'cd /sys/fs/cgroup; for i in $(seq 4000); do mkdir g$i; done
		for i in $(seq 1000); do sleep 1000 & done' </dev/null >/dev/null 2>&1
	server=$(pgrep -f "vps-view $VPS_ROOT/run.view")
	before=$(awk '{ print $14 + $15 }' "/proc/$server/stat")
	vps_sh web1 'cat /proc/loadavg'
	once=$(($(awk '{ print $14 + $15 }' "/proc/$server/stat") - before))
	before=$((before + once))
	vps_sh web1 'for i in 1 2 3 4 5 6 7 8; do sleep 1; read x </proc/loadavg; done'
	before=$(($(awk '{ print $14 + $15 }' "/proc/$server/stat") - before))
	echo "$once ticks once, $before for eight more" >&2
	((before < 2 * once + 10))
}

@test "view: uptime, stat and loadavg begin with the VPS and only grow" {
	vps_up web1
	vps_sh web1 'up=$(cut -d . -f 1 /proc/uptime); [ "$up" -lt 60 ]
		now=$(date +%s); btime=$(sed -n "s/^btime //p" /proc/stat)
		[ $((now - btime)) -ge 0 ] && [ $((now - btime)) -lt 60 ]
		timeout 1 sh -c "while :; do :; done"
		set -- $(head -n 1 /proc/stat); echo "$@"; [ "$2" -ge 10 ] && [ "$2" -lt 1000 ]'
	local before after i
	before=$(vps_sh web1 'head -n 1 /proc/stat')
	for i in 1 2 3; do
		kill -9 "$(server_pid)"
		after=$(vps_sh web1 'head -n 1 /proc/stat')
		paste -d ' ' <(tr -s ' ' '\n' <<<"$before") <(tr -s ' ' '\n' <<<"$after") |
			awk '$1 != "cpu" && $2 < $1 { exit 1 }'
		before=$after
	done
}

# meminfo NAME ROW: in kB.
meminfo() {
	vps_sh "$1" "sed -n 's/^$2: *\([0-9]*\) kB/\1/p' /proc/meminfo"
}

@test "view: meminfo shows the limit and the use, also after a change" {
	needs_controller memory
	vps_up web1 memory=128M
	[[ $(meminfo web1 MemTotal) == 131072 ]]
	local free
	free=$(meminfo web1 MemFree)
	((free > 60000 && free < 131072))
	vps_sh web1 'dd if=/dev/zero of=/dev/shm/file bs=1M count=32 2>/dev/null'
	((free - $(meminfo web1 MemFree) > 30000))
	(($(meminfo web1 Shmem) >= 32768))
	vpsctl set web1 memory=256M
	[[ $(meminfo web1 MemTotal) == 262144 ]]
	vpsctl set web1 memory=max
	[[ $(meminfo web1 MemTotal) == "$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)" ]]
}

@test "view: a limit above the VPS counts as well" {
	needs_controller memory
	vps_up web1 memory=256M
	local parent
	parent=$(dirname "$(vps_cgroup web1)")
	[[ -e $parent/memory.max ]] || lacking "a cgroup above that of the VPS"
	echo 134217728 >"$parent/memory.max"
	local total
	total=$(meminfo web1 MemTotal)
	echo max >"$parent/memory.max"
	[[ $total == 131072 ]]
}

@test "view: a fraction of a processor is shown as a whole one, also after a change" {
	needs_controller cpu
	(($(nproc) > 1)) || lacking "two processors"
	vps_up web1 cpus=0.5
	cpus_are web1 1
	vpsctl set web1 cpus=1.5
	cpus_are web1 2
	vpsctl set web1 cpus=1
	cpus_are web1 1
	vpsctl set web1 cpus=max
	cpus_are web1 "$(nproc)"
}

# cpus_are NAME COUNT: everywhere they are shown.
cpus_are() {
	local last=$(($2 - 1)) online=0
	((last == 0)) || online=0-$last
	[[ $(vps_sh "$1" 'cat /sys/devices/system/cpu/online') == "$online" ]]
	[[ $(vps_sh "$1" 'grep -c ^processor /proc/cpuinfo') == "$2" ]]
	[[ $(vps_sh "$1" 'grep -c "^cpu[0-9]" /proc/stat') == "$2" ]]
}

@test "view: time in which the VPS was throttled is stolen time" {
	needs_controller cpu
	vps_up web1 cpus=0.2
	vps_sh web1 'timeout 3 sh -c "while :; do :; done"; set -- $(head -n 1 /proc/stat)
		echo "user $2 idle $5 stolen $9"; [ "$9" -gt 100 ] && [ "$2" -lt 100 ]'
}

@test "view: load follows what runs" {
	vps_up web1
	vps_sh web1 'for i in 1 2 3; do timeout 8 sh -c "while :; do :; done" & done
		sleep 7; read load rest </proc/loadavg; echo "$load $rest"
		case $load in 0.0*) exit 1;; esac; wait'
}

@test "view: pressure is that of the cgroup" {
	[[ -e /proc/pressure/cpu ]] || lacking "PSI"
	vps_up web1
	vps_up web2
	vps_sh web1 'for i in 1 2 3 4 5 6; do timeout 2 sh -c "while :; do :; done" & done; wait'
	local busy idle
	busy=$(vps_sh web1 'sed -n "s/^some.*total=//p" /proc/pressure/cpu')
	idle=$(vps_sh web2 'sed -n "s/^some.*total=//p" /proc/pressure/cpu')
	((busy > 500000 && busy > idle))
}

@test "view: diskstats counts what the VPS wrote" {
	needs_controller io
	vps_up web1
	vps_sh web1 'dd if=/dev/zero of=/file bs=1M count=8 2>/dev/null; sync'
	vps_sh web1 'awk "{ written += \$10 } END { exit !(written >= 8 * 2048) }" /proc/diskstats'
}

@test "view: no read fails or hangs while the server is killed again and again" {
	local count=${VPS_VIEW_COUNT:-5} names=() i
	for ((i = 1; i <= count; i++)); do
		names+=("web$i")
		vpsctl create "web$i"
	done
	vpsctl start --all
	readers "${names[@]}"
	for ((i = 0; i < 20; i++)); do
		kill -9 "$(server_pid)"
		sleep 0.2
		eventually 5 server_pid
	done
	readers_succeeded "${names[@]}"
}

@test "view: one that reads without end does not keep the others waiting" {
	vps_up web1
	vps_up web2
	vps_sh web1 'for i in $(seq 30); do
			while [ ! -e /stop ]; do cat /proc/stat /proc/loadavg; done </dev/null >/dev/null 2>&1 &
		done'
	vps_sh web2 'i=0; while [ $((i += 1)) -le 20 ]; do timeout 1 cat /proc/meminfo /proc/stat >/dev/null || exit 1; done'
	vps_sh web1 'touch /stop'
}

@test "view: a VPS starts while the server is killed" {
	vps_up web1
	(for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		kill -9 "$(server_pid)" || true
		sleep 0.07
	done) 3>&- &
	local killer=$! i
	for i in 2 3 4 5; do
		vps_up "web$i"
		vps_sh "web$i" 'grep -q " /proc/meminfo fuse" /proc/mounts && cat /proc/meminfo'
	done
	wait "$killer"
}

@test "view: a monitor that took over a VPS also brings another server" {
	vps_up web1
	local monitor
	monitor=$(pgrep -f "vps-monitor.*$VPS_ROOT/run/web1")
	kill -9 "$monitor"
	eventually 5 is_dead "$monitor"
	vps_sh web1 'cat /proc/uptime'
	kill -9 "$(server_pid)"
	vps_sh web1 'timeout 1 cat /proc/uptime'
}

@test "view: a VPS whose monitor and server died together gets its files back" {
	vps_up web1
	local before
	before=$(vps_sh web1 'cut -d . -f 1 /proc/uptime')
	local monitor server
	monitor=$(pgrep -f "vps-monitor.*$VPS_ROOT/run/web1")
	server=$(server_pid)
	kill -9 "$monitor" "$server"
	eventually 5 is_dead "$monitor"
	eventually 5 is_dead "$server"
	vps_sh web1 'cat /proc/meminfo /proc/stat /sys/devices/system/cpu/online'
	local after
	after=$(vps_sh web1 'cut -d . -f 1 /proc/uptime')
	((after >= before && after < before + 60))
	kill -9 "$(server_pid)"
	vps_sh web1 'timeout 1 cat /proc/uptime; for file in meminfo stat; do umount /proc/$file; done; ! cat /proc/meminfo'
}

@test "view: a start waits for the server that somebody else is starting" {
	vps_up web1
	vpsctl destroy web1 --force
	eventually 10 is_gone
	flock "$VPS_ROOT/run.view/spawn" sleep 3 3>&- &
	eventually 2 is_locked "$VPS_ROOT/run.view/spawn"
	vps_up web1
	wait $!
	vps_sh web1 'grep -q " /proc/meminfo fuse" /proc/mounts && cat /proc/meminfo'
}

# The server is stopped, so that whoever waits for it waits for long.
@test "view: a monitor that is killed while the server does not answer leaves nobody who waits" {
	vps_up web1
	vpsctl create web2
	local server stage failed=''
	server=$(server_pid)
	kill -STOP "$server"
	for stage in init limits links "view files"; do
		VPS_FAULT="kill:$stage" run timeout 20 vpsctl start web2
		[[ $output == *"its monitor was killed"* ]] || failed+="start, $stage; "
		timeout 10 vpsctl stop --kill web2 || failed+="stop, $stage; "
		! pgrep -f "vps-monitor.*$VPS_ROOT/run/web2" || failed+="a process, $stage; "
	done
	kill -CONT "$server"
	echo "$failed" >&2
	[[ -z $failed ]]
	vpsctl start web2
	vps_sh web2 'grep -q " /proc/meminfo fuse" /proc/mounts && cat /proc/meminfo'
}

# As long as that takes: what a monitor has to do for its VPS does not wait for it.
@test "view: a VPS whose monitor finds no server can be stopped" {
	vps_up web1
	vps_up web2
	flock --no-fork "$VPS_ROOT/run.view/spawn" sleep 60 3>&- &
	local starter=$!
	eventually 2 is_locked "$VPS_ROOT/run.view/spawn"
	kill -9 "$(server_pid)"
	sleep 1
	run timeout 15 vpsctl destroy web1 web2 --force
	kill "$starter"
	wait "$starter" || true
	[[ $status == 0 && -z $output ]]
	[[ $(vpsctl list --json) == '[]' ]]
}

@test "view: the server ends after the last VPS" {
	vps_up web1
	server_pid
	vpsctl destroy web1 --force
	eventually 10 is_gone
}

is_gone() {
	! server_pid
}

is_locked() {
	! flock --nonblock "$1" true
}

@test "view: root of the VPS cannot uncover the files of the kernel" {
	vps_up web1
	run vps_sh web1 'for file in meminfo stat diskstats; do umount -l /proc/$file && exit 1; done; true'
	[[ $status == 0 ]]
	vps_sh web1 'grep -q " /proc/meminfo fuse" /proc/mounts'
}

@test "view: a spec may ask for the files of the kernel" {
	vps_spec web1 '"view": "kernel"'
	vps_sh web1 'cat /proc/meminfo; ! grep " /proc/meminfo fuse" /proc/mounts'
}

@test "view: a VPS starts without FUSE, and sees the files of the kernel" {
	mount --bind /dev/null /dev/fuse
	vps_up web1 || { umount /dev/fuse; return 1; }
	umount /dev/fuse
	vps_sh web1 'cat /proc/meminfo; ! grep " /proc/meminfo fuse" /proc/mounts'
}
