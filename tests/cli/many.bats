#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154
load helpers

MANY="start stop restart kill pause resume destroy"

@test "many: without names there is one sentence" {
	local command
	for command in $MANY; do
		run -2 --separate-stderr vpsctl "$command"
		[[ $stderr == "vpsctl: $command: missing argument: NAME... | --all"*"; see 'vpsctl $command --help'" ]]
		[[ -z $output ]]
	done
}

@test "many: names and --all exclude each other" {
	local command
	for command in $MANY; do
		misused "vpsctl: $command: --all and \"web1\" exclude each other; see 'vpsctl $command --help'" \
			vpsctl "$command" web1 --all
	done
	misused "vpsctl: start: --onboot and \"web1\" exclude each other; see 'vpsctl start --help'" \
		vpsctl start --onboot web1
}

@test "many: --all where there is nothing succeeds and prints nothing" {
	needs_root
	local command
	for command in $MANY "start --onboot"; do
		[[ $command == *onboot* ]] || command+=" --all"
		# shellcheck disable=SC2086
		run -0 vpsctl $command
		[[ -z $output ]]
		# shellcheck disable=SC2086
		[[ $(vpsctl --json $command | jq -c .) == "[]" ]]
	done
}

@test "many: each name that does not exist is reported, with status 3" {
	needs_root
	local command
	for command in $MANY; do
		run -3 --separate-stderr vpsctl "$command" web1 web2
		[[ -z $output ]]
		grep -q '^vpsctl: web1: ' <<<"$stderr"
		grep -q '^vpsctl: web2: ' <<<"$stderr"
		[[ $(wc -l <<<"$stderr") == 2 ]]
	done
}

@test "many: --json gives an object for each name" {
	needs_root
	run -3 --separate-stderr vpsctl start web1 web2 --json
	[[ $(jq -c 'map(keys_unsorted)' <<<"$output") == \
		'[["name","ok","exit_status","error"],["name","ok","exit_status","error"]]' ]]
	[[ $(jq -c 'map([.name, .ok, .exit_status])' <<<"$output") == '[["web1",false,3],["web2",false,3]]' ]]
	[[ $(jq -r '.[0].error | type' <<<"$output") == string ]]
}

@test "kill: an unknown signal is a mistake" {
	local signal
	for signal in FOO SIG 0 99 RTMIN+ RTMIN-1 RTMAX+1 RTMIN+99; do
		misused "vpsctl: kill: --signal: no signal is called \"$signal\"; allowed are names, such as TERM or RTMIN+3, and 1 to 64; see 'vpsctl kill --help'" \
			vpsctl kill --signal "$signal" web1
	done
}

@test "kill: signals are taken by name, with or without SIG, and by number" {
	needs_root
	local signal
	for signal in TERM SIGTERM 15 HUP RTMIN RTMIN+3 SIGRTMIN+3 RTMAX-1 64 term; do
		run -3 vpsctl kill -s "$signal" web1
	done
}
