#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154
# What fails or is killed half-way leaves nothing that the next command does not clear.

load helpers

MONITOR() {
	local beside
	beside=$(dirname "$(command -v vpsctl)")/../libexec/vps/vps-monitor
	"$beside" "$@"
}

# A bridge and parents that stay for the next VPS exist from here on.
prepare() {
	vpsctl create first --start
	vpsctl stop --kill first
	vpsctl destroy first
}

# All but what a VPS keeps as long as it exists: its disk, its log, its bundle and its locks.
without_run_files() {
	host_state | grep -vE '^vps/|^run/[^/]*(/(lock|monitor|config.json|attach.json))?$'
}

@test "faults: every stage failed on purpose leaves the host as it was" {
	vpsctl create web1
	without_run_files >"$BATS_TEST_TMPDIR/before"
	while read -r stage; do
		run -1 env VPS_FAULT="$stage" vpsctl start web1
		[[ $output == *"web1: $stage: failed on purpose"* ]]
		status_is web1 stopped
		without_run_files | diff "$BATS_TEST_TMPDIR/before" -
	done < <(MONITOR stages | sort -u)
	vpsctl start web1
	status_is web1 running
}

@test "faults: an init that cannot be executed is named and leaves the host as it was" {
	vpsctl create web1 --set 'init=["/no/such/program"]'
	without_run_files >"$BATS_TEST_TMPDIR/before"
	run -1 vpsctl start web1
	[[ $output == *"/no/such/program"* ]]
	without_run_files | diff "$BATS_TEST_TMPDIR/before" -
}

@test "faults: start killed at 100 random moments: what the next command finds is stopped or running" {
	vpsctl create web1
	without_run_files >"$BATS_TEST_TMPDIR/before"
	for _ in $(seq "$(tries 100)"); do
		vpsctl start web1 3>&- &
		sleep "0.0$((RANDOM % 4))$((RANDOM % 10))"
		kill -9 $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		vpsctl stop --kill web1
		status_is web1 stopped
	done
	without_run_files | diff "$BATS_TEST_TMPDIR/before" -
}

@test "faults: the monitor killed at 100 random moments: nothing is lost and nothing is left" {
	vpsctl create web1
	without_run_files >"$BATS_TEST_TMPDIR/before"
	for _ in $(seq "$(tries 100)"); do
		vpsctl start web1 3>&- &
		sleep "0.0$((RANDOM % 4))$((RANDOM % 10))"
		pkill -9 -f "vps-monitor start $VPS_ROOT" || true
		wait $! || true
		# Either it was not up yet, or it runs on and has another monitor now.
		if vpsctl exec web1 true 2>/dev/null; then
			status_is web1 running
		fi
		vpsctl stop --kill web1
		status_is web1 stopped
	done
	without_run_files | diff "$BATS_TEST_TMPDIR/before" -
}

@test "faults: a killed monitor leaves its VPS running, and the next command adopts it" {
	vps_up web1
	local init
	init=$(vps_get web1 pid)
	kill -9 "$(vps_get web1 monitor_pid)"
	vps_sh web1 'touch /run/still-here'
	[[ $(vps_get web1 pid) == "$init" ]]
	[[ $(vps_get web1 monitor_pid) != 0 ]]
	vps_sh web1 'test -e /run/still-here'
	vpsctl stop --kill web1
	is_dead "$init"
}

@test "faults: a killed create or destroy leaves the name free" {
	for _ in $(seq "$(tries 20)"); do
		vpsctl create web1 3>&- &
		sleep "0.00$((RANDOM % 10))"
		kill -9 $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		vpsctl destroy web1 || true
		vpsctl create web1
		vpsctl destroy web1 3>&- &
		sleep "0.00$((RANDOM % 10))"
		kill -9 $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		vpsctl destroy web1 || true
	done
	[[ $(vpsctl list --quiet) == "" ]]
	[[ -z $(ls "$VPS_ROOT/vps") ]]
}

# A root directory with web1, whose spec is cut off, and web2, which is whole.
damage_web1() {
	vpsctl create web1 onboot=true
	vpsctl create web2 onboot=true
	truncate --size 20 "$VPS_ROOT/vps/web1/spec.json"
}

@test "faults: a spec that cannot be read is named, and hides none of the others" {
	damage_web1
	run -1 --separate-stderr vpsctl list
	[[ ${lines[1]} == "web1  stopped  - "* && ${lines[2]} == "web2  stopped  busybox "* ]]
	[[ $stderr == "vpsctl: web1: spec.json: line "* ]]
	run -1 --separate-stderr vpsctl list --quiet
	[[ $output == $'web1\nweb2' ]]
	run -1 --separate-stderr vpsctl list --json
	[[ $(jq -c '.[] | [.name, .image, .error != null]' <<<"$output") == $'["web1",null,true]\n["web2","busybox",false]' ]]
	vpsctl inspect web1 | jq -e '.spec == null and (.error | startswith("spec.json: ")) and .address != null'
}

@test "faults: a spec that cannot be read keeps only its own VPS from starting" {
	damage_web1
	run -1 --separate-stderr vpsctl start --onboot
	[[ $stderr == "vpsctl: web1: spec.json: "* ]]
	status_is web2 running
	run -1 vpsctl start --all
	run -1 vpsctl set web1 pids=100
	[[ $output == "vpsctl: web1: "*"spec.json: line "* ]]
	vpsctl stop --kill --all
	status_is web2 stopped
	vpsctl destroy web1
	run -0 vpsctl list --quiet
	[[ $output == web2 ]]
}

@test "faults: what runs without a spec that can be read is looked into, stopped and destroyed" {
	host_remembered
	damage_web1
	cp "$VPS_ROOT/vps/web2/spec.json" "$VPS_ROOT/vps/web1/spec.json"
	sed -i s/web2/web1/ "$VPS_ROOT/vps/web1/spec.json"
	vpsctl start web1
	truncate --size 20 "$VPS_ROOT/vps/web1/spec.json"
	status_is web1 running
	vpsctl exec web1 true
	vpsctl pause web1
	vpsctl resume web1
	vpsctl stop --kill web1
	vpsctl destroy --all
	host_unchanged
}

@test "faults: what a crash of the host left of a VPS's state is as good as none" {
	vps_up web1
	vpsctl stop --kill web1
	: >"$VPS_ROOT/vps/web1/last.json"
	: >"$VPS_ROOT/run/web1/state.json"
	run -0 vpsctl list
	[[ ${lines[1]} == "web1  stopped  "* ]]
	run -0 vpsctl wait web1
	vpsctl start web1
	status_is web1 running
}

@test "faults: a root directory that cannot be written is named, and can be looked at" {
	vpsctl create web1
	mount --bind "$VPS_ROOT" "$VPS_ROOT"
	mount -o remount,bind,ro "$VPS_ROOT"
	run -1 --separate-stderr vpsctl start web1
	local said=$stderr
	run -1 --separate-stderr vpsctl create web2
	run -0 vpsctl list --quiet
	umount "$VPS_ROOT"
	[[ $output == web1 ]]
	[[ $stderr == "vpsctl: web2: $VPS_ROOT/run: cannot make directory web2: Read-only file system" ]]
	[[ $said == "vpsctl: web1: $VPS_ROOT/run/web1: cannot open lock: Read-only file system" ]]
}
