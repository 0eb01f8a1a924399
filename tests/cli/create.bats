#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154
load helpers

@test "create: without a name or a spec there is nothing to create" {
	misused "vpsctl: create: missing argument: NAME; see 'vpsctl create --help'" vpsctl create
	misused "vpsctl: create: missing argument: NAME; see 'vpsctl create --help'" vpsctl create memory=1G
}

@test "create: a spec without a name needs a NAME" {
	needs_root
	run -2 --separate-stderr vpsctl create --spec - <<<'{"version": 1, "image": "busybox"}'
	[[ $stderr == *'missing argument: NAME, or "name" in the spec'* ]]
}

@test "create: a spec that is not JSON, or not there, is named" {
	needs_root
	run -2 --separate-stderr vpsctl create web1 --spec /dev/null
	[[ $stderr == "vpsctl: create: /dev/null: "* ]]
	run -3 --separate-stderr vpsctl create web1 --spec "$VPS_ROOT/none.json"
	[[ $stderr == *"none.json"*"No such file or directory" ]]
}

@test "create: an unknown key of the spec is named by its path" {
	needs_root
	run -2 --separate-stderr vpsctl create web1 --spec - <<<'{"version": 1, "image": "busybox", "colour": 3}'
	[[ $stderr == "vpsctl: create: standard input: "*colour* ]]
	[[ $(vpsctl list --quiet) == "" ]]
}

@test "create: settings are checked before anything is created" {
	needs_root
	run -2 --separate-stderr vpsctl create web1 pids=0
	[[ $stderr == *"pids: 0 is below 1"* ]]
	run -2 --separate-stderr vpsctl create web1 --set colour=3
	[[ $stderr == *colour* ]]
	run -2 --separate-stderr vpsctl create web1 --set =3
	[[ $stderr == *'--set: "=3" is not KEY=VALUE'* ]]
	run -2 --separate-stderr vpsctl create web1 --label x
	[[ $stderr == *'--label: "x" is not KEY=VALUE'* ]]
	run -2 --separate-stderr vpsctl create web1 --env x
	[[ $stderr == *'--env: "x" is not KEY=VALUE'* ]]
	[[ $(vpsctl list --quiet) == "" ]]
}

@test "create: an image that is not there is status 3 and creates nothing" {
	needs_root
	run -3 --separate-stderr vpsctl create web1 --image nothing:1
	[[ $stderr == "vpsctl: web1: "*nothing:1* ]]
	[[ $(vpsctl list --quiet) == "" ]]
}

@test "create: a name that is no name is a mistake" {
	needs_root
	local name
	for name in Web1 web_1 -- web1- ../x "$(printf 'a%.0s' {1..64})"; do
		run -2 vpsctl create -- "$name"
	done
}
