#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154
load helpers

@test "stats: options that exclude each other, or make no sense, are a mistake" {
	misused "vpsctl: stats: --watch and --json exclude each other; see 'vpsctl stats --help'" \
		vpsctl stats --watch --json
	misused "vpsctl: stats: --interval: not a time above 0; see 'vpsctl stats --help'" \
		vpsctl stats --watch --interval 0
}

@test "stats: a VPS that is not there is status 3, one that does not run 4" {
	needs_root
	run -3 --separate-stderr vpsctl stats nobody
	[[ $stderr == "vpsctl: nobody: no such VPS"* ]]
	vpsctl image busybox >/dev/null
	vpsctl create web1
	run -4 --separate-stderr vpsctl stats web1
	[[ -z $output && $stderr == "vpsctl: web1: it is not running" ]]
	run -4 --separate-stderr vpsctl stats --json web1 nobody
	[[ $output == "[]" ]]
	[[ $(grep -c ^vpsctl: <<<"$stderr") == 2 ]]
}

@test "stats: where nothing runs there is nothing to show" {
	needs_root
	[[ $(vpsctl stats --json) == "[]" ]]
	run -0 vpsctl stats
	[[ ${#lines[@]} == 1 && ${lines[0]} == NAME*CPU*MEMORY* ]]
}

@test "metrics: where there is no VPS there are the names alone" {
	needs_root
	run -0 vpsctl metrics
	[[ ${lines[0]} == "# HELP vps_up "* ]]
	run ! grep -v '^#' <<<"$output"
}
