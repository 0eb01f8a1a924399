#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154
load helpers

# complete_line WORD...: what bash offers for the last word.
complete_line() {
	# shellcheck disable=SC1091 # held against packaging/ by these very tests
	source "$BATS_TEST_DIRNAME/../../packaging/vpsctl.bash-completion"
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	_vpsctl
	printf '%s\n' "${COMPREPLY[@]}"
}

@test "completion: offers every command" {
	local offered command
	offered=$(complete_line vpsctl "")
	for command in $(vpsctl help --words | grep -v '^--'); do
		grep -qx "$command" <<<"$offered"
	done
	[[ $(complete_line vpsctl sto) == stop ]]
}

@test "completion: offers every option of every command" {
	local command option offered
	while read -r command; do
		# shellcheck disable=SC2086
		offered=$(complete_line vpsctl $command --)
		for option in $(options_of "$command"); do
			grep -Eqx -- "--$option=?" <<<"$offered"
		done
	done < <(all_commands)
}

@test "completion: offers sub-commands, behind global options too" {
	[[ $(complete_line vpsctl --json image boot) == bootstrap ]]
	[[ $(complete_line vpsctl --root /x image boot) == bootstrap ]]
}

@test "completion: an empty root has no names to offer" {
	[[ -z $(complete_line vpsctl start "") ]]
}
