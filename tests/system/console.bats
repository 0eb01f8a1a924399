#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2016
load helpers

# Type at the console: KEYS as printf(1) has them, a pause after each.
typing() {
	local keys
	for keys in "$@"; do
		printf '%b' "$keys"
		sleep 1
	done
}

@test "console: shows what the VPS writes and takes what is typed" {
	vps_up web1
	run bash -c "$(declare -f typing); typing '\r' 'echo from-\$((40 + 2))\r' '\035.' | timeout 30 vpsctl console web1"
	((status == 0))
	[[ $output == *from-42* ]]
	[[ $(vpsctl logs web1) == *from-42* ]]
}

@test "console: Ctrl-C ends what a shell there runs, and never init" {
	vps_up web1
	local init
	init=$(vps_get web1 init_pid)
	run bash -c "$(declare -f typing); typing '\003' '\r' 'sleep 1000\r' '\003' 'echo from-\$((40 + 2))\r' '\035.' | timeout 30 vpsctl console web1"
	[[ $output == *from-42* && $output != *"can't access tty"* ]]
	[[ $(vps_get web1 init_pid) == "$init" ]]
}

@test "console: a person is told how to leave, and has his terminal back when vpsctl is ended" {
	needs_program script
	vps_up web1
	script -qec "vpsctl --root $VPS_ROOT console web1; stty -a" /dev/null >"$BATS_TEST_TMPDIR/shown" < <(sleep 5) &
	eventually 5 grep -q "console of web1; Ctrl-] and then '.' leaves it" "$BATS_TEST_TMPDIR/shown"
	sleep 0.5
	pkill -TERM -f "^vpsctl --root $VPS_ROOT console web1"
	wait $!
	grep -q ' icanon ' "$BATS_TEST_TMPDIR/shown"
}

@test "console: Ctrl-] twice is one, and leaves nothing" {
	vps_spec web1 '"init": ["/bin/sh", "-c", "stty raw -echo; head -c 3 | od -An -tx1; exec sleep 1000"]'
	sleep 1
	run bash -c "$(declare -f typing); typing '\035\035a\035b' '\035.' | timeout 30 vpsctl console web1"
	((status == 0))
	eventually 5 bash -c 'vpsctl logs web1 | grep -q "1d 61 1d"'
}

@test "console: a reboot inside does not detach" {
	vps_spec web1 '"init": ["/bin/sh", "-c", "test -e /second && { echo second-run; exec sleep 1000; }; touch /second; echo first-run; sleep 2; reboot -f"]'
	run bash -c "$(declare -f typing); typing '' '' '' '' '' '' '\035.' | timeout 60 vpsctl console web1"
	[[ $output == *second-run* ]]
}

@test "console: after its monitor was killed there is another" {
	vps_up web1
	kill -9 "$(vps_get web1 monitor_pid)"
	run bash -c "$(declare -f typing); typing '\r' 'echo from-\$((40 + 2))\r' '\035.' | timeout 30 vpsctl console web1"
	((status == 0))
	[[ $output == *from-42* ]]
}

@test "console: who is attached when its monitor is killed stays so" {
	vps_up web1
	local monitor
	monitor=$(vps_get web1 monitor_pid)
	run bash -c "$(declare -f typing); (typing '\r'; kill -9 $monitor; typing '' '' '' '\r' 'echo from-\$((40 + 2))\r' '\035.') | timeout 30 vpsctl console web1"
	((status == 0))
	[[ $output == *from-42* ]]
	[[ $(vps_get web1 monitor_pid) != "$monitor" ]]
	(sleep 2; vpsctl stop --kill web1) 3>&- &
	mkfifo "$BATS_TEST_TMPDIR/keys"
	exec 9<>"$BATS_TEST_TMPDIR/keys"
	run -0 timeout 20 vpsctl console web1 <&9
	wait
}

@test "console: one terminal too many is refused, and the others go on" {
	vps_up web1
	local pids=()
	mkfifo "$BATS_TEST_TMPDIR/keys"
	exec 9<>"$BATS_TEST_TMPDIR/keys"
	for _ in {1..8}; do
		vpsctl console web1 <&9 >/dev/null 3>&- &
		pids+=($!)
	done
	nine() { timeout 5 vpsctl console web1 <<<"" 2>&1 | grep 'web1: 8 terminals are at its console'; }
	eventually 20 nine
	[[ $(jobs -r | wc -l) == 8 ]]
	kill "${pids[@]}"
	wait "${pids[@]}" || true
}

@test "console: of a VPS that is stopped is status 4" {
	vpsctl create web1
	run -4 --separate-stderr vpsctl console web1
	[[ $stderr == "vpsctl: web1: "*running* ]]
}

@test "console: a VPS that writes to it without end has its monitor write little" {
	local monitor written
	vps_spec web1 '"init": ["/bin/sh", "-c", "while :; do cat /bin/busybox; done"]'
	monitor=$(vps_get web1 monitor_pid)
	sleep 1
	written=$(sed -n 's/^wchar: //p' "/proc/$monitor/io")
	sleep 3
	((written = $(sed -n 's/^wchar: //p' "/proc/$monitor/io") - written))
	echo "$written bytes" >&2
	((written > 100000 && written < 4000000))
	vpsctl stop --timeout 1 web1
}

@test "logs: what a VPS wrote to its console obeys no terminal, but for its colours" {
	needs_program script
	vps_spec web1 '"init": ["/bin/sh", "-c", "i=0; while [ $i -lt 300 ]; do printf \"%$((i % 7))s\\033[1;31mred\\033[0m \\033]0;title\\007 \\033[2J \\033[6n \\302\\2332J caf\\303\\251 \\010\\n\"; i=$((i + 1)); done; echo end-of-it; exec sleep 1000"]'
	eventually 10 bash -c 'vpsctl logs web1 | grep -q end-of-it'
	run -0 script -qec 'vpsctl logs web1' /dev/null </dev/null
	[[ $(grep -c $'\e\[1;31mred\e\[0m ?]0;title? ?\[2J ?\[6n ?2J café ?' <<<"$output") == 300 ]]
	[[ $output != *$'\e]'* && $output != *$'\e[2J'* && $output != *$'\e[6n'* && $output != *$'\a'* && $output != *$'\302\233'* ]]
	# a pipe gets the bytes
	[[ $(vpsctl logs web1) == *$'\e]0;title\a \e[2J'* ]]
}
