#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2016
# What happens to a VPS is an event, once, in order, with what a script needs to act on it.
load helpers

# A log of its own for each test.
setup() {
	rm -f "$VPS_ROOT"/events.jsonl*
}

# events_of NAME FILTER: what jq makes of each of its events.
events_of() {
	vpsctl events "$1" | jq -r "$2"
}

# has_event NAME CONDITION: of some event of it.
has_event() {
	[[ -n $(vpsctl events "$1" | jq -r "select($2) | .event") ]]
}

@test "events: the life of a VPS, in order, with who asked for it" {
	vpsctl create web1
	vpsctl start web1
	vpsctl pause web1
	VPS_BY=panel vpsctl resume web1
	vpsctl stop --kill web1
	vpsctl rename web1 web2
	vpsctl destroy web2
	[[ $(events_of web1 .event | tr '\n' ' ') == "created started paused resumed stopped renamed " ]]
	[[ $(events_of web2 .event) == destroyed ]]
	[[ $(events_of web1 'select(.event == "resumed").by') == panel ]]
	[[ $(events_of web1 'select(.event == "stopped").reason') == stopped ]]
	[[ $(events_of web1 'select(.event == "renamed").new_name') == web2 ]]
	[[ $(events_of web1 'select(.event == "created") | "\(.image) \(.by)"') == "busybox "?* ]]
	vpsctl events | jq -es 'map(.time) == (map(.time) | sort) and all(.time | test("^[0-9T:-]{19}[.][0-9]{6}Z$"))'
}

@test "events: -n is the last ones of whom they are asked for, and a wrong name is refused" {
	vpsctl create web1
	vpsctl create web2
	vpsctl create web12
	[[ $(vpsctl events -n 1 web1 | jq -r .name) == web1 ]]
	[[ $(vpsctl events -n 2 | jq -r .name | tr '\n' ' ') == "web2 web12 " ]]
	[[ $(vpsctl events -n 0) == "" ]]
	[[ $(vpsctl events web3) == "" ]]
	run -2 vpsctl events 'web/3'
	[[ $output == *"web/3"* ]]
}

@test "events: --follow prints what happens, as it happens, until nobody reads" {
	vpsctl create web1
	vpsctl events --follow >"$BATS_TEST_TMPDIR/seen" 3>&- &
	local follower=$!
	seen() { [[ $(jq -r .event "$BATS_TEST_TMPDIR/seen" | tr '\n' ' ') == "$1" ]]; }
	eventually 5 seen "created "
	vpsctl start web1
	eventually 5 seen "created started "
	# a log that was rotated in between is read to its end
	mv "$VPS_ROOT/events.jsonl" "$VPS_ROOT/events.jsonl.1"
	vpsctl pause web1
	eventually 5 seen "created started paused "
	kill "$follower"
	run -0 timeout 20 sh -c 'vpsctl events --follow -n 1 | head -n 1'
}

@test "events: a line that a full disk has cut is passed over" {
	vpsctl create web1
	printf '{"time":"2026-01-01T00:00:00.0000' >>"$VPS_ROOT/events.jsonl"
	vpsctl create web2
	vpsctl create web3
	vpsctl events | jq -es 'map(.name) | . == ["web1", "web2", "web3"]'
	printf 'noise}\n\n{"time":"}\n' >>"$VPS_ROOT/events.jsonl"
	vpsctl events | jq -es 'map(.name) | . == ["web1", "web2", "web3"]'
}

@test "events: a large log becomes the old one, and both are read" {
	vpsctl create web1
	head -c 4200000 /dev/zero | tr '\0' '\n' >>"$VPS_ROOT/events.jsonl"
	vpsctl create web2
	[[ -e $VPS_ROOT/events.jsonl.1 ]]
	vpsctl create web3
	(($(stat -c %s "$VPS_ROOT/events.jsonl") < 1000))
	vpsctl events | jq -es 'map(.name) | . == ["web1", "web2", "web3"]'
}

@test "events: a limit that changes has its old and new value and who changed it" {
	needs_controller hugetlb
	vps_up web1 hugetlb.2M=64M
	VPS_BY=alice vpsctl set web1 hugetlb.2M=+64M hugetlb.1G=1G
	[[ $(events_of web1 'select(.event == "limit-changed") | "\(.limit) \(.old) \(.new) \(.by) \(.is_running) \(.is_saved)"') == \
		$'hugetlb.2M 64M 128M alice true true\nhugetlb.1G max 1G alice true true' ]]
	rm "$VPS_ROOT/events.jsonl"
	vpsctl set web1 hugetlb.2M=128M
	vpsctl set --dry-run web1 hugetlb.2M=2M
	run ! vpsctl set web1 hugetlb.2M=3M
	[[ $(vpsctl events) == "" ]]
	vpsctl set --saved-only web1 hugetlb.2M=2M
	[[ $(events_of web1 '"\(.old) \(.new) \(.is_running)"') == "128M 2M false" ]]
}

@test "events: how it ended, and that its policy started it again" {
	vps_spec web1 '"init": ["/bin/sh", "-c", "exit 3"], "restart": {"policy": "on-failure", "max": 1}'
	vpsctl wait --timeout 60 web1
	[[ $(events_of web1 'select(.event == "stopped" or .event == "started") | "\(.event) \(.exit_status // .restarts)"') == \
		$'started 0\nstopped 3\nstarted 1\nstopped 3' ]]
}

@test "events: pressure begins once and is over when it is" {
	[[ -e /proc/pressure/cpu ]] || lacking "PSI"
	vps_up web1
	vps_sh web1 'for i in 1 2 3 4 5 6 7 8; do timeout 8 sh -c "while :; do :; done" & done; wait'
	has_event web1 '.event == "pressure" and .resource == "cpu" and .is_high'
	eventually 40 has_event web1 '.event == "pressure" and .resource == "cpu" and (.is_high | not)'
	[[ $(events_of web1 'select(.resource == "cpu").is_high' | tr '\n' ' ') == "true false " ]]
}

@test "events: who was killed for memory, and what it held" {
	needs_controller memory
	vps_up web1 memory=32M swap=0
	vps_up web2 memory=32M swap=0
	# it calls itself as the kernel's own words do
	run ! vps_sh web1 'printf "a) total-vm:1kB" >/proc/$$/comm; x=$(yes | head -c 60000000)'
	eventually 20 has_event web1 '.event == "oom-kill"'
	# the kernel may kill another one before the memory of the first is back
	events_of web1 'select(.event == "oom-kill") | "\(.process)|\(.limit_bytes)|\(.is_host)|\(.anon_bytes > 10 * 1048576)"' >"$BATS_TEST_TMPDIR/kills"
	[[ $(head -n 1 "$BATS_TEST_TMPDIR/kills") == "a) total-vm:1kB|33554432|false|true" ]]
	run ! grep '^null' "$BATS_TEST_TMPDIR/kills"
	run ! has_event web2 '.event == "oom-kill"'
}

@test "events: an init that is killed for memory is named before it is said to have stopped" {
	needs_controller memory
	vps_spec web1 '"resources": {"memory": "32M", "swap": 0}, "init": ["/bin/busybox", "awk", "BEGIN { s = sprintf(\"%60000000s\", \"x\") }"]'
	vpsctl wait --timeout 60 web1
	[[ $(events_of web1 'select(.event == "oom-kill" or .event == "stopped") | "\(.event) \(.process // .reason)"') == \
		$'oom-kill busybox\nstopped out of memory' ]]
}

@test "events: a fork bomb is told of, and does not fill the log" {
	needs_controller pids
	vps_up web1 pids=30
	vps_sh web1 'n=0; while [ $n -lt 300 ]; do (sleep 3 &) 2>/dev/null; n=$((n + 1)); done' 2>/dev/null || true
	eventually 20 has_event web1 '.event == "pids-limit"'
	[[ $(events_of web1 'select(.event == "pids-limit").limit' | sort -u) == 30 ]]
	(($(events_of web1 'select(.event == "pids-limit").refused' | head -n 1) > 0))
	(($(vpsctl events web1 | grep -c pids-limit) < 60))
}

# The kernel counts more of them than the log can hold lines.
@test "events: very many kills are a few events, which count them all" {
	needs_controller memory
	vps_up web1 memory=48M swap=0
	vps_sh web1 'n=0; while [ $n -lt 60 ]; do awk "BEGIN { s = sprintf(\"%60000000s\", \"x\") }" & n=$((n + 1)); done; wait' || true
	vpsctl stop --kill web1
	eventually 20 has_event web1 '.event == "stopped"'
	(($(events_of web1 'select(.event == "oom-kill") | .kills // 1' | awk '{ sum += $1 } END { print sum }') >= 40))
	(($(events_of web1 'select(.event == "oom-kill").event' | wc -l) < 45))
	run -0 events_of web1 'select(.event == "oom-kill" and .process == null).kills'
	((lines[0] > 0))
}

@test "events: a disk that is full is told of once, and when it has room again" {
	needs_program mkfs.xfs
	[[ -e /dev/loop-control ]] || lacking "loop devices"
	vps_up web1 disk=300M
	vps_sh web1 'dd if=/dev/zero of=/full bs=1M' 2>/dev/null || true
	eventually 30 has_event web1 '.event == "disk-limit" and .limit == "disk" and .is_reached'
	vps_sh web1 'rm /full'
	eventually 60 has_event web1 '.event == "disk-limit" and (.is_reached | not)'
	[[ $(events_of web1 'select(.event == "disk-limit").is_reached' | tr '\n' ' ') == "true false " ]]
	(($(events_of web1 'select(.is_reached).used') > 250 << 20))
}

@test "events: a limit of few files is reached when it is, not before" {
	counting xfs
	vps_up web1 inodes=90
	sleep 6
	run ! has_event web1 '.event == "disk-limit"'
	vps_sh web1 'n=0; while touch /file$n 2>/dev/null; do n=$((n + 1)); done'
	eventually 30 has_event web1 '.event == "disk-limit" and .limit == "inodes" and .is_reached'
}

@test "events: a monitor that took over a VPS tells of it, too" {
	[[ -e /proc/pressure/cpu ]] || lacking "PSI"
	vps_up web1
	local monitor
	monitor=$(vps_get web1 monitor_pid)
	kill -9 "$monitor"
	eventually 5 is_dead "$monitor"
	vps_sh web1 'for i in 1 2 3 4 5 6 7 8; do timeout 8 sh -c "while :; do :; done" & done; wait'
	has_event web1 '.event == "pressure" and .resource == "cpu" and .is_high'
}
