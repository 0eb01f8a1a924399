#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154
load helpers

@test "list: an empty root shows the heading alone" {
	run -0 vpsctl list
	[[ ${#lines[@]} == 1 && ${lines[0]} == "NAME  STATUS  IMAGE  ADDRESS  PID  UPTIME" ]]
}

@test "list: --quiet on an empty root prints nothing" {
	run -0 vpsctl list --quiet
	[[ -z $output ]]
}

@test "list: --json on an empty root is an empty array, before and behind the command" {
	[[ $(vpsctl --json list | jq -c .) == "[]" ]]
	[[ $(vpsctl list --json | jq -c .) == "[]" ]]
}

@test "list: --root wins over VPS_ROOT, and neither touches the other" {
	run -0 vpsctl --root "$BATS_TEST_TMPDIR/other" list
	[[ -d $BATS_TEST_TMPDIR/other ]]
	[[ -z $(ls -A "$VPS_ROOT") ]]
}

@test "list: a root that cannot be made is named" {
	run -1 --separate-stderr vpsctl --root /dev/null/x list
	[[ $stderr == "vpsctl: list: "*"/dev/null/x"*"Not a directory" ]]
}
