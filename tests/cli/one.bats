#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154
load helpers

@test "one: what works on one VPS says when there is none of the name" {
	needs_root
	local command
	for command in "inspect nobody" "inspect --oci nobody" "logs nobody" "wait nobody" \
		"rename nobody somebody" "console nobody"; do
		# shellcheck disable=SC2086
		run -3 --separate-stderr vpsctl $command
		[[ -z $output && $stderr == "vpsctl: nobody: "* ]]
	done
}

@test "exec: nothing to run is a mistake" {
	misused "vpsctl: exec: missing argument: PROGRAM; see 'vpsctl exec --help'" vpsctl exec web1
	misused "vpsctl: exec: missing argument: PROGRAM; see 'vpsctl exec --help'" vpsctl exec web1 --
}

@test "exec: a VPS that is not there is status 125" {
	needs_root
	run -125 --separate-stderr vpsctl exec nobody true
	[[ -z $output && $stderr == "vpsctl: nobody: "* ]]
	run -125 vpsctl enter nobody
}

@test "exec: what stands behind the name is the program's" {
	needs_root
	run -125 vpsctl exec nobody ls --frobnicate --help --json
	run -125 vpsctl exec nobody -- ls --frobnicate
}

@test "exec: --env wants KEY=VALUE" {
	misused "vpsctl: exec: --env: \"x\" is not KEY=VALUE; see 'vpsctl exec --help'" \
		vpsctl exec --env x web1 true
	misused "vpsctl: enter: --env: \"=x\" is not KEY=VALUE; see 'vpsctl enter --help'" \
		vpsctl enter -e =x web1
}
