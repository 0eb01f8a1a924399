#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154
load helpers

@test "usage: no command is a mistake that points at the help" {
	misused "vpsctl: no command; see 'vpsctl --help'" vpsctl
}

@test "usage: an unknown command is named" {
	misused "vpsctl: unknown command \"strat\"; see 'vpsctl --help'" vpsctl strat web1
}

@test "usage: a prefix of a command is not that command" {
	misused "vpsctl: unknown command \"sta\"; see 'vpsctl --help'" vpsctl sta web1
}

@test "usage: an unknown option is named, with its command" {
	misused "vpsctl: start: unknown option --frobnicate; see 'vpsctl start --help'" \
		vpsctl start --frobnicate web1
	misused "vpsctl: start: unknown option -x; see 'vpsctl start --help'" vpsctl start -x web1
	misused "vpsctl: unknown option --frobnicate; see 'vpsctl --help'" vpsctl --frobnicate list
}

@test "usage: a prefix of an option is not that option" {
	misused "vpsctl: stop: unknown option --time; see 'vpsctl stop --help'" \
		vpsctl stop --time 3 web1
	misused "vpsctl: unknown option --ro; see 'vpsctl --help'" vpsctl --ro /tmp list
	misused "vpsctl: list: unknown option --js; see 'vpsctl list --help'" vpsctl list --js
}

@test "usage: an option that needs a value says which" {
	misused "vpsctl: --root needs a value: DIR; see 'vpsctl --help'" vpsctl --root
	misused "vpsctl: stop: --timeout needs a value: SECONDS; see 'vpsctl stop --help'" \
		vpsctl stop web1 --timeout
}

@test "usage: a switch refuses a value" {
	misused "vpsctl: list: --quiet takes no value; see 'vpsctl list --help'" vpsctl list --quiet=yes
}

@test "usage: times are checked" {
	misused "vpsctl: --wait: \"soon\" is not a time such as 30s or 5m; see 'vpsctl --help'" \
		vpsctl --wait soon list
	misused "vpsctl: stop: --timeout: \"-1\" is not a time such as 30s or 5m; see 'vpsctl stop --help'" \
		vpsctl stop --timeout -1 web1
	misused "vpsctl: wait: --timeout: 9999999999 is too long; say max to wait for ever; see 'vpsctl wait --help'" \
		vpsctl wait --timeout=9999999999 web1
}

@test "usage: counts are checked" {
	misused "vpsctl: logs: --lines: \"-3\" is not a whole number; see 'vpsctl logs --help'" \
		vpsctl logs --lines=-3 web1
}

@test "usage: too many operands are refused by the first that is too much" {
	misused "vpsctl: inspect: unexpected argument \"web2\"; see 'vpsctl inspect --help'" \
		vpsctl inspect web1 web2
	misused "vpsctl: list: unexpected argument \"web1\"; see 'vpsctl list --help'" vpsctl list web1
}

@test "usage: a missing operand is named" {
	misused "vpsctl: rename: missing argument: NAME NEW-NAME; see 'vpsctl rename --help'" \
		vpsctl rename web1
}

@test "usage: -- ends the options" {
	misused "vpsctl: inspect: unexpected argument \"--oci\"; see 'vpsctl inspect --help'" \
		vpsctl inspect web1 -- --oci
}

@test "usage: --json is refused by the commands whose output belongs to others" {
	local command
	for command in exec enter console logs; do
		misused "vpsctl: $command: --json is not for this command; see 'vpsctl $command --help'" \
			vpsctl --json $command web1
	done
}

@test "usage: what is typed cannot reach the terminal as control characters" {
	run -2 --separate-stderr vpsctl $'st\033[2Jop'
	[[ $stderr == *'st\x1b[2Jop'* ]]
	[[ $stderr != *$'\033'* ]]
}

@test "usage: who is not root is told so before anything is touched" {
	local as=() command
	if ((EUID == 0)); then
		as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	fi
	cp "$(command -v vpsctl)" "$BATS_TEST_TMPDIR/vpsctl"
	for command in "create web1" "start web1" "stop --all" "destroy web1" "image remove x"; do
		# shellcheck disable=SC2086
		run -1 --separate-stderr "${as[@]}" "$BATS_TEST_TMPDIR/vpsctl" --root "$VPS_ROOT/none" $command
		[[ $stderr == *": only root can do this; run it with sudo" ]]
		[[ -z $output && ! -e $VPS_ROOT/none ]]
	done
}

@test "usage: a full disk behind stdout is a failure" {
	run -1 --separate-stderr sh -c 'vpsctl version >/dev/full'
	[[ $stderr == "vpsctl: version: cannot write to standard output: No space left on device" ]]
	run -1 --separate-stderr sh -c 'vpsctl --help >/dev/full'
	[[ $stderr == "vpsctl: cannot write to standard output: No space left on device" ]]
}

@test "usage: a closed stdout is a failure, and is not mistaken for another file" {
	run -1 --separate-stderr sh -c 'vpsctl list >&-'
	[[ $stderr == "vpsctl: list: cannot write to standard output: Bad file descriptor" ]]
}

@test "usage: a reader that goes away ends vpsctl quietly" {
	# shellcheck disable=SC2016 # for the inner shell
	run -0 --separate-stderr bash -c 'set -o pipefail; vpsctl --help | true; [[ ${PIPESTATUS[0]} == 0 || ${PIPESTATUS[0]} == 141 ]]'
	[[ -z $stderr ]]
}

@test "usage: what the kernel refuses is a failure, and no statement about a VPS" {
	needs_root
	run -1 --separate-stderr vpsctl --root /proc/none list
	[[ $stderr == "vpsctl: list: cannot make directory /proc/none: No such file or directory" ]]
	ln -s none "$VPS_ROOT/dangling"
	run -1 vpsctl --root "$VPS_ROOT/dangling" create web1
	chmod 700 "$VPS_ROOT"
	cp "$(command -v vpsctl)" "$BATS_TEST_TMPDIR/vpsctl"
	run -1 --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups "$BATS_TEST_TMPDIR/vpsctl" list
	[[ $stderr == "vpsctl: list: "*": Permission denied; run it with sudo" ]]
	run -1 vpsctl image import --name small "$VPS_ROOT/none.tar"
}

@test "usage: --debug names the error and the exit status" {
	needs_root
	run -3 --separate-stderr vpsctl --debug start nobody
	[[ $stderr == *"vpsctl: debug: ENOENT, exit status 3"* ]]
}
