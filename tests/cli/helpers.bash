# SPDX-License-Identifier: GPL-2.0-or-later
# What every file of tests/cli loads: a root directory of its own, vpsctl from the PATH.
bats_require_minimum_version 1.5.0

setup() {
	VPS_ROOT=$(mktemp -d "${BATS_TEST_TMPDIR:-/tmp}/root.XXXXXX")
	export VPS_ROOT
	chmod 755 "$BATS_TEST_TMPDIR"
}

needs_root() {
	((EUID == 0)) || skip "needs root"
}

# misused SENTENCE COMMAND...: status 2, this one line on stderr, nothing on stdout.
misused() {
	local sentence=$1
	shift
	run -2 --separate-stderr "$@"
	[[ -z $output ]]
	# shellcheck disable=SC2154 # set by run
	[[ $stderr == "$sentence" ]] || {
		printf 'expected: %s\nprinted:  %s\n' "$sentence" "$stderr"
		return 1
	}
}

# Every command, with its sub-commands: "start", "image list", …
all_commands() {
	local word
	for word in $(vpsctl help --words | grep -v '^-'); do
		if [[ $word == image ]]; then
			vpsctl help --words image | grep -v '^-' | sed 's/^/image /'
		else
			printf '%s\n' "$word"
		fi
	done
}

# Options of a command without dashes and '='.
options_of() {
	# shellcheck disable=SC2086 # "image list" is two words
	vpsctl help --words $1 | sed -n 's/^--\([a-z-]*\)=*$/\1/p'
}
