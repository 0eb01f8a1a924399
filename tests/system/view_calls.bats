#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2016,SC2030,SC2031
# What a VPS is told by sysinfo(2) and sched_getaffinity(2), and that it is always told something.
load helpers

prepare() {
	cc -static -O2 -pthread -o "$BATS_FILE_TMPDIR/asker" "$BATS_TEST_DIRNAME/asker.c"
}

# asker_up NAME [KEY=VALUE...]: a VPS with the program in it.
asker_up() {
	vps_up "$@"
	give_asker "$1"
}

give_asker() {
	vpsctl exec "$1" -- sh -c 'cat >/bin/asker; chmod 755 /bin/asker' <"$BATS_FILE_TMPDIR/asker"
}

# info NAME KEY: of what sysinfo(2) says.
info() {
	vpsctl exec "$1" -- asker info | sed -n "s/^$2=//p"
}

# monitor_pid NAME
monitor_pid() {
	vps_get "$1" monitor_pid
}

# scribes: those that write answers for this root directory.
scribes() {
	local pid
	for pid in $(pgrep -x vps-scribe); do
		[[ $(tr '\0' ' ' <"/proc/$pid/cmdline") != *"$VPS_ROOT/run.view"* ]] || echo "$pid"
	done 2>/dev/null
}

# ---- answers ----

@test "calls: sysinfo says what /proc says" {
	asker_up web1
	vps_sh web1 'sleep 60 </dev/null >/dev/null 2>&1 & sleep 60 </dev/null >/dev/null 2>&1 &'
	run -0 vps_sh web1 'asker info; read up rest </proc/uptime; echo "up=${up%.*}"
		sed -n "s/^\(MemTotal\|SwapTotal\): *\([0-9]*\) kB/\1=\2/p" /proc/meminfo
		read a b c tasks rest </proc/loadavg; echo "tasks=${tasks#*/}"'
	local uptime total swap procs up MemTotal SwapTotal tasks
	eval "$(grep -E '^(uptime|total|swap|procs|up|MemTotal|SwapTotal|tasks)=' <<<"$output")"
	((uptime >= up && uptime <= up + 2 && uptime < 60))
	((total == MemTotal * 1024 && swap == SwapTotal * 1024))
	((procs >= 3 && procs < 20 && procs - tasks < 3 && tasks - procs < 3))
}

@test "calls: free and uptime of busybox are of the VPS" {
	needs_controller memory
	vps_up web1 memory=128M
	[[ $(vps_sh web1 'free | sed -n "s/^Mem: *\([0-9]*\).*/\1/p"') == 131072 ]]
	vpsctl set web1 memory=256M
	[[ $(vps_sh web1 'free | sed -n "s/^Mem: *\([0-9]*\).*/\1/p"') == 262144 ]]
	vps_sh web1 'uptime | grep "up 0 min"'
}

@test "calls: free memory of sysinfo falls with what is used" {
	needs_controller memory
	asker_up web1 memory=128M
	local before after
	before=$(info web1 free)
	vps_sh web1 'dd if=/dev/zero of=/dev/shm/file bs=1M count=32 2>/dev/null'
	after=$(info web1 free)
	((before < 128 << 20 && before - after > 30 << 20))
	(($(info web1 shared) >= 32 << 20))
}

# Asked by a process of init and by one of exec; the limit is in force when set has ended.
nproc_is() {
	[[ $(vpsctl exec "$1" -- nproc) == "$2" ]]
	vps_sh "$1" 'rm -f /nproc; until [ -s /nproc ]; do sleep 0.05; done; rm -f /nproc
		until [ -s /nproc ]; do sleep 0.05; done'
	[[ $(vps_sh "$1" 'cat /nproc') == "$2" ]]
}

@test "calls: nproc follows set, in processes of init and of exec" {
	needs_controller cpu
	(($(nproc) > 1)) || lacking "two processors"
	vps_spec web1 '"init": ["/bin/sh", "-c", "while :; do nproc >/new; mv /new /nproc; sleep 0.05; done"]'
	nproc_is web1 "$(nproc)"
	vpsctl set web1 cpus=1
	nproc_is web1 1
	vpsctl set web1 cpus=1.5
	nproc_is web1 2
	vpsctl set web1 cpus=0.2
	nproc_is web1 1
	vpsctl set web1 cpus=max
	nproc_is web1 "$(nproc)"
}

@test "calls: every thread is told the same processors, and one bound to fewer those" {
	needs_controller cpu
	(($(nproc) > 1)) || lacking "two processors"
	asker_up web1 cpus=1
	run -0 vpsctl exec web1 -- asker cpus
	[[ ${#lines[@]} == 3 && ${lines[0]} =~ ^[01]$ ]]
	[[ ${lines[1]} == "${lines[0]}" && ${lines[2]} == "${lines[0]}" ]]
	[[ $(vpsctl exec web1 -- asker bind 0) == $'0\n0\n0' ]]
	[[ $(vpsctl exec web1 -- asker bind 1) == $'1\n1\n1' ]]
}

@test "calls: not all VPSs are told the same processors" {
	needs_controller cpu
	(($(nproc) > 1)) || lacking "two processors"
	local i
	for i in 1 2 3; do
		asker_up "web$i" cpus=1
		vpsctl exec "web$i" -- asker cpus | head -n 1 >>"$BATS_TEST_TMPDIR/told"
	done
	[[ $(sort -u "$BATS_TEST_TMPDIR/told" | wc -l) == 2 ]]
}

has_32_bit() {
	cc -m32 -nostdlib -static -O1 -fno-stack-protector -o "$BATS_TEST_TMPDIR/asker32" \
		"$BATS_TEST_DIRNAME/asker32.c" && "$BATS_TEST_TMPDIR/asker32" >&2
}

@test "calls: a 32-bit program is told the same" {
	has_32_bit || lacking "32-bit programs"
	asker_up web1
	vpsctl exec web1 -- sh -c 'cat >/asker32; chmod 755 /asker32' <"$BATS_TEST_TMPDIR/asker32"
	if grep -qw memory /sys/fs/cgroup/cgroup.controllers; then
		vpsctl set web1 memory=128M
	fi
	if grep -qw cpu /sys/fs/cgroup/cgroup.controllers; then
		vpsctl set web1 cpus=1
	fi
	local total unit procs cpus
	read -r total unit procs cpus < <(vpsctl exec web1 -- /asker32)
	((total * unit / 4096 == $(info web1 total) / 4096))
	((procs < 20))
	[[ $cpus == "$(vpsctl exec web1 -- nproc)" ]]
}

@test "calls: wrong ones fail as they fail on the host" {
	asker_up web1
	diff <("$BATS_FILE_TMPDIR/asker" wrong) <(vpsctl exec web1 -- asker wrong)
}

# ---- which VPSs ----

# has_listener NAME: whether the one that the kernel allows is taken.
has_listener() {
	[[ $(vpsctl exec "$1" -- asker listener) == "listener: EBUSY" ]]
}

@test "calls: only a VPS with a view of its own has a listener" {
	asker_up web1
	has_listener web1
	run -0 vpsctl inspect web1 --oci
	[[ $output == *sched_getaffinity* && $output != *SCMP_ACT_NOTIFY* ]]
	vps_spec web2 '"view": "kernel"'
	give_asker web2
	[[ $(vpsctl exec web2 -- asker listener) == "listener: fine" ]]
	vps_spec web3 '"security": { "seccomp": "unconfined" }'
	give_asker web3
	[[ $(vpsctl exec web3 -- asker listener) == "listener: fine" ]]
}

@test "calls: a filter of the owner's is listened on when it leaves both calls alone" {
	local dir=$BATS_TEST_TMPDIR
	echo '{ "defaultAction": "SCMP_ACT_ALLOW" }' >"$dir/open.json"
	echo '{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{ "names": ["sysinfo"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95 } ] }' >"$dir/own.json"
	vps_spec web1 "\"security\": { \"seccomp\": \"$dir/open.json\" }"
	give_asker web1
	has_listener web1
	(($(info web1 uptime) < 60))
	vps_spec web2 "\"security\": { \"seccomp\": \"$dir/own.json\" }"
	give_asker web2
	[[ $(vpsctl exec web2 -- asker listener) == "listener: fine" ]]
	run -1 vpsctl exec web2 -- asker info
	[[ $output == *"Operation not supported"* ]]
}

@test "calls: without FUSE a VPS starts, and the kernel answers" {
	mount --bind /dev/null /dev/fuse
	asker_up web1 || { umount /dev/fuse; return 1; }
	umount /dev/fuse
	[[ $(vpsctl exec web1 -- asker listener) == "listener: fine" ]]
	vpsctl exec web1 -- asker info
}

# The kernel allows one listener, and it may be of whoever runs vpsctl.
@test "calls: where vpsctl itself is listened to, a VPS starts, and the kernel answers" {
	"$BATS_FILE_TMPDIR/asker" under vpsctl create --start web1
	give_asker web1
	run -0 "$BATS_FILE_TMPDIR/asker" under vpsctl exec web1 -- asker info
	[[ $output == *"unit=1"* ]]
}

# ---- whoever dies ----

# askers NAME...: ask in each of them without end; asked_well ends them, and sees that they were answered.
askers() {
	local name
	for name; do
		vps_sh "$name" 'asker loop /stop >/asked 2>&1 </dev/null &'
	done
}

asked_well() {
	local name
	for name; do
		vps_sh "$name" 'touch /stop; for i in 1 2 3 4 5; do [ -s /asked ] && break; sleep 1; done
			cat /asked; read asked </asked && [ "$asked" -gt 10 ]'
	done
}

@test "calls: none fails or hangs while the server is killed again and again" {
	local names=() i
	for i in 1 2 3 4 5; do
		asker_up "web$i"
		names+=("web$i")
	done
	askers "${names[@]}"
	for ((i = 0; i < 20; i++)); do
		kill -9 "$(server_pid)"
		sleep 0.2
		eventually 5 server_pid
	done
	asked_well "${names[@]}"
}

@test "calls: none fails while the process is killed that writes answers" {
	asker_up web1
	askers web1
	local i pid
	for ((i = 0; i < 10; i++)); do
		for pid in $(scribes); do
			kill -9 "$pid"
		done
		sleep 0.1
	done
	asked_well web1
}

@test "calls: a VPS and an exec start while the server is killed" {
	asker_up web1
	(for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		kill -9 "$(server_pid)" || true
		sleep 0.07
	done) 3>&- &
	local killer=$! i
	for i in 2 3 4; do
		asker_up "web$i"
		has_listener "web$i"
		(($(info "web$i" uptime) < 60))
	done
	wait "$killer"
}

@test "calls: a monitor that took over a VPS keeps what an exec before it had" {
	asker_up web1
	askers web1
	local monitor
	monitor=$(monitor_pid web1)
	kill -9 "$monitor"
	eventually 5 is_dead "$monitor"
	vps_sh web1 true
	kill -9 "$(server_pid)"
	has_listener web1
	asked_well web1
}

@test "calls: an exec runs and is answered while monitors are killed" {
	asker_up web1
	(for i in 1 2 3 4 5 6 7 8 9 10; do
		kill -9 "$(monitor_pid web1)" || true
		sleep 0.1
	done) 3>&- &
	local killer=$! i
	for ((i = 0; i < 20; i++)); do
		(($(info web1 uptime) < 600))
	done
	wait "$killer"
}

@test "calls: without a server that starts the kernel answers, and later a server does" {
	asker_up web1
	askers web1
	local server programs program
	server=$(server_pid)
	programs=("$(readlink "/proc/$server/exe")" /usr/local/libexec/vps/vps-view)	# may be one
	for program in "${programs[@]}"; do
		[[ ! -e $program ]] || mount --bind /dev/null "$program"
	done
	kill -9 "$server"
	run vps_sh web1 'for i in 1 2 3; do timeout 3 asker info || exit 1; done'
	for program in "${programs[@]}"; do
		[[ ! -e $program ]] || umount "$program"
	done
	[[ $status == 0 ]]
	eventually 5 server_pid
	eventually 5 knows_uptime web1
	asked_well web1
}

# Each start is a line that what stands in for the server writes.
@test "calls: a server that does not start is tried seldom after a while" {
	vps_up web1
	local server program tries=$BATS_TEST_TMPDIR/tries
	server=$(server_pid)
	program=$(readlink "/proc/$server/exe")
	printf '#!/bin/sh\necho >>%s\nexit 1\n' "$tries" >"$BATS_TEST_TMPDIR/server"
	chmod +x "$BATS_TEST_TMPDIR/server"
	mount --bind "$BATS_TEST_TMPDIR/server" "$program"
	kill -9 "$server"
	sleep 4
	: >"$tries"
	sleep 4
	umount "$program"
	(($(wc -l <"$tries") >= 2))
	(($(wc -l <"$tries") <= 5))
	eventually 5 server_pid
}

knows_uptime() {
	(($(info "$1" uptime) < 60))
}

# What cannot be saved: nobody holds the listeners any more.
@test "calls: after monitor and server died together, old processes fail by ENOSYS and new ones are answered" {
	asker_up web1
	vps_sh web1 'sh -c "until [ -e /go ]; do sleep 0.1; done; asker info; echo status \$?" >/asked 2>&1 </dev/null &'
	local monitor server
	monitor=$(monitor_pid web1)
	server=$(server_pid)
	kill -9 "$monitor" "$server"
	eventually 5 is_dead "$monitor"
	eventually 5 is_dead "$server"
	(($(info web1 uptime) < 60))
	has_listener web1
	vps_sh web1 'touch /go; until grep status /asked; do sleep 0.1; done; grep "Function not implemented" /asked'
}

# fds PID: how many descriptors it has.
fds() {
	find "/proc/$1/fd" -mindepth 1 | wc -l
}

fds_are() {
	[[ $(fds "$(monitor_pid web1)") == "$1" && $(fds "$(server_pid)") == "$2" ]]
}

# ticks PID: processor time that it has used, in hundredths of a second.
ticks() {
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

# Beside one part in ten, a tenth of a second that it had saved up, and what is counted late.
@test "calls: one that asks without end takes little of the server" {
	asker_up web1
	local before server
	server=$(server_pid)
	vpsctl exec web1 -- asker loop /stop >/dev/null 3>&- &
	vpsctl exec web1 -- asker loop /stop >/dev/null 3>&- &
	sleep 1
	before=$(ticks "$server")
	sleep 4
	(($(ticks "$server") - before < 4 * 20))
	vps_sh web1 'touch /stop'
	wait
}

@test "calls: many short execs leave no descriptor behind" {
	asker_up web1
	local monitor server i
	info web1 uptime
	monitor=$(fds "$(monitor_pid web1)")
	server=$(fds "$(server_pid)")
	for ((i = 0; i < ${VPS_EXECS:-200}; i++)); do
		vpsctl exec web1 -- true
	done
	vpsctl exec web1 -- asker info
	eventually 20 fds_are "$monitor" "$server"
}

# ---- hostile ----

# Even SIGKILL does not end it: the attack is one.
has_stuck_scribe() {
	local pid
	for pid in $(scribes); do
		[[ $(sed -n 's/^State:\s*//p' "/proc/$pid/status") != D* ]] || return 0
	done
	return 1
}

@test "calls: memory that never answers stops nobody, not even the end of the server" {
	[[ -c /dev/fuse ]] || lacking "FUSE"
	printf '{"version": 1, "devices": [{"path": "/dev/fuse"}]}' | vpsctl create web1 --spec - --start
	give_asker web1
	asker_up web2
	askers web1 web2
	vps_sh web1 'mkdir /blocked; asker blocked /blocked >/said 2>&1 </dev/null &
		until grep -q asking /said; do sleep 0.05; done'
	eventually 3 has_stuck_scribe
	local i server
	for i in 1 2 3; do
		vps_sh web1 'timeout 5 asker info'
		vps_sh web2 'timeout 1 cat /proc/meminfo; [ ! -e /asked ] || [ ! -s /asked ]'
		server=$(server_pid)
		kill -9 "$server"
		eventually 1 is_dead "$server"
		eventually 2 server_pid
	done
	vps_sh web1 'timeout 5 asker info; ! grep "came back" /said'
	asked_well web1 web2
	vpsctl destroy --force web1
}
