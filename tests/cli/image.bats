#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154
load helpers

@test "image: a sub-command is needed, and matched exactly" {
	misused "vpsctl: image: no command; see 'vpsctl image --help'" vpsctl image
	misused "vpsctl: image: unknown command \"lis\"; see 'vpsctl image --help'" vpsctl image lis
	misused "vpsctl: image list: unknown option --frob; see 'vpsctl image list --help'" \
		vpsctl image list --frob
}

@test "image list: an empty store" {
	run -0 vpsctl image list
	[[ ${lines[*]} == "NAME  DIGEST  SIZE  CREATED  ARCH" ]]
	[[ $(vpsctl image list --json | jq -c .) == "[]" ]]
	[[ $(vpsctl --json image list | jq -c .) == "[]" ]]
	[[ $(vpsctl image --json list | jq -c .) == "[]" ]]
	[[ -z $(vpsctl image list -q) ]]
}

@test "image inspect, image remove: what is not there is status 3" {
	run -3 --separate-stderr vpsctl image inspect nothing:1
	[[ -z $output && $stderr == *nothing:1* ]]
	needs_root
	run -3 --separate-stderr vpsctl image remove nothing:1
	[[ -z $output && $stderr == "vpsctl: nothing:1: "* ]]
}

@test "image: the commands that unpack have their operands checked" {
	misused "vpsctl: image import: missing argument: FILE|-; see 'vpsctl image import --help'" \
		vpsctl image import
	misused "vpsctl: image busybox: unexpected argument \"x\"; see 'vpsctl image busybox --help'" \
		vpsctl image busybox x
	misused "vpsctl: image import: --stop-signal: no signal is called \"FROB\"; allowed are names, such as TERM or RTMIN+3, and 1 to 64; see 'vpsctl image import --help'" \
		vpsctl image import --name x --stop-signal FROB "$BATS_TEST_TMPDIR/x.tar"
	misused "vpsctl: image import: --name is missing; see 'vpsctl image import --help'" \
		vpsctl image import /dev/null
}
