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
	for command in $(vpsctl help --words | grep -v '^-'); do
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

# with_vps NAME...: a root that has them.
with_vps() {
	local name
	for name; do
		mkdir -p "$VPS_ROOT/vps/$name"
		printf '{"version": 1, "name": "%s", "image": "busybox"}' "$name" >"$VPS_ROOT/vps/$name/spec.json"
	done
}

@test "completion: names are offered where a VPS is meant, as often as there may be one" {
	with_vps web1 web2
	local both=$'web1\nweb2'
	[[ $(complete_line vpsctl start "") == "$both" ]]
	[[ $(complete_line vpsctl start --json web1 "") == "$both" ]]
	[[ $(complete_line vpsctl stats "") == "$both" ]]
	[[ $(complete_line vpsctl exec -u root "") == "$both" ]]
	[[ -z $(complete_line vpsctl exec web1 "") ]]
	[[ -z $(complete_line vpsctl rename web1 "") ]]
	[[ $(complete_line vpsctl create w) == "" ]]
	[[ -z $(complete_line vpsctl exec -u "") ]]
	[[ -z $(complete_line vpsctl stop --timeout = "") ]]
}

@test "completion: limits are offered where they are taken" {
	[[ $(complete_line vpsctl create web1 pi) == pids= ]]
	[[ $(complete_line vpsctl set web1 pi) == pids= ]]
	[[ $(complete_line vpsctl capacity pi) == pids= ]]
	[[ -z $(complete_line vpsctl set web1 pids = "") ]]
}

@test "completion: help takes commands" {
	[[ $(complete_line vpsctl help capa) == capacity ]]
	[[ $(complete_line vpsctl help image boot) == bootstrap ]]
	[[ $(complete_line vpsctl help --wo) == --words ]]
}
