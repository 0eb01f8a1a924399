#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
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
	for _ in {1..100}; do
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
	for _ in {1..100}; do
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
	for _ in {1..20}; do
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
