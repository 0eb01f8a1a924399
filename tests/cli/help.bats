#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154
load helpers

@test "help: --help, -h and help print the same overview to stdout" {
	local expected
	expected=$(vpsctl --help 2>/dev/null)
	[[ $(vpsctl -h 2>/dev/null) == "$expected" ]]
	[[ $(vpsctl help 2>/dev/null) == "$expected" ]]
	[[ $expected == "Usage: vpsctl "* ]]
}

@test "help: every command explains itself, asked in either way" {
	local command
	while read -r command; do
		# shellcheck disable=SC2086
		run -0 --separate-stderr vpsctl $command --help
		[[ $output == "Usage: vpsctl $command"* && -z $stderr ]]
		# shellcheck disable=SC2086
		[[ $(vpsctl help $command) == "$output" ]]
	done < <(all_commands)
}

@test "help: the overview lists every command" {
	local command
	run -0 vpsctl --help
	for command in create start stop restart kill pause resume destroy list inspect exec enter \
		console logs wait rename set configure stats capacity metrics events image doctor help version; do
		[[ $output == *$'\n'"  $command "* ]]
	done
}

@test "help: every option of a command is in its help" {
	local command option
	while read -r command; do
		# shellcheck disable=SC2086
		run -0 vpsctl $command --help
		for option in $(options_of "$command"); do
			[[ $output == *"--$option"* ]]
		done
	done < <(all_commands)
}

@test "help: no line of help is wider than 100 columns" {
	local command
	while read -r command; do
		# shellcheck disable=SC2086
		run ! grep -E '.{101}' <(vpsctl $command --help)
	done < <(all_commands)
}

@test "help: help of an unknown command is a mistake" {
	misused "vpsctl: help: unknown command \"frob\"; see 'vpsctl help --help'" vpsctl help frob
	misused "vpsctl: help: unknown command \"list\"; see 'vpsctl help --help'" vpsctl help start list
}

@test "help: version prints the version in three ways" {
	run -0 vpsctl version
	[[ $output =~ ^vpsctl\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	[[ $(vpsctl --version) == "$output" && $(vpsctl -V) == "$output" ]]
	[[ $(vpsctl version --json | jq -r .version) == "${output#vpsctl }" ]]
	[[ $(vpsctl --json --version | jq -r .version) == "${output#vpsctl }" ]]
}

@test "help: the manual has an entry for every command and every option" {
	local page=$BATS_TEST_DIRNAME/../../cli/vpsctl.8 text command option
	text=$(mandoc -T ascii "$page" | sed "s/.\x08//g")
	while read -r command; do
		grep -Eq "^ +$command( |\$)" <<<"$text" || { echo "no entry: $command"; false; }
		for option in $(options_of "$command"); do
			grep -Eq -- "--$option([ ,.)]|\$)" <<<"$text" || { echo "$command: --$option"; false; }
		done
	done < <(all_commands)
}

@test "help: the manual is clean" {
	mandoc -T lint -W warning "$BATS_TEST_DIRNAME/../../cli/vpsctl.8"
}
