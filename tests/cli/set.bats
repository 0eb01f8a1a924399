#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154
load helpers

# A root directory with one VPS, web1, that has never run. Limits are not enforced then.
with_web1() {
	needs_root
	vpsctl image busybox >/dev/null
	printf '{"version": 1, "limits": "best-effort", "resources": %s}' "${1:-{\}}" |
		vpsctl create web1 --spec -
}

saved() {
	vpsctl inspect web1 | jq -c .spec.resources
}

# refused SETTING SENTENCE: status 2, nothing changed.
refused() {
	local before
	before=$(saved)
	run -2 --separate-stderr vpsctl set web1 "$1"
	[[ $stderr == "vpsctl: web1: $2"* ]] || { printf 'printed: %s\n' "$stderr"; return 1; }
	[[ $(saved) == "$before" ]]
}

@test "set: without a name, or without anything to set, it is a mistake" {
	misused "vpsctl: set: missing argument: NAME; see 'vpsctl set --help'" vpsctl set
	misused "vpsctl: set: missing argument: NAME; see 'vpsctl set --help'" vpsctl set memory=1G
	misused "vpsctl: set: missing argument: KEY=VALUE, or --plan; see 'vpsctl set --help'" vpsctl set web1
	misused "vpsctl: set: --running-only and --saved-only exclude each other; see 'vpsctl set --help'" \
		vpsctl set -r -s web1 memory=1G
}

@test "set: a VPS that is not there is status 3" {
	needs_root
	run -3 --separate-stderr vpsctl set web1 memory=1G
	[[ $stderr == "vpsctl: web1: no such VPS"* ]]
}

@test "set: absolute, relative, max and default reach the spec" {
	with_web1
	vpsctl set web1 memory=1G cpus=1.5 pids=200
	[[ $(saved) == '{"cpus":1.5,"memory":"1G","pids":200}' ]]
	vpsctl set web1 memory=+512M cpus=-0.5 pids=max
	[[ $(saved) == '{"cpus":1,"memory":"1536M","pids":"max"}' ]]
	vpsctl set web1 pids=default cpus=default memory=-1G memory=+1G
	[[ $(saved) == '{"memory":"1536M"}' ]]
}

@test "set: every limit of the table can be set, and taken back" {
	with_web1
	local row value
	vpsctl set web1 cpus=2 memory=1G
	while read -r row; do
		case $row in
		cpu.set) value=0 ;;
		cpu.dedicated) continue ;;
		hugetlb.*) value=1G ;;
		*memory | memory.high | memory.low | memory.min | io.read | io.write | swap | disk) value=64M ;;
		net.in | net.out) value=64Mbit ;;
		net.*.burst) value=1M ;;
		inodes) value=100 ;;
		*) value=1 ;;
		esac
		vpsctl set web1 "$row=$value"
		[[ $(saved | jq -r --arg row "$row" '.[$row]') == "$value" ]]
	done < <(vpsctl help --words set | sed -n 's/^\([a-z].*\)=$/\1/p')
	[[ $(saved | jq length) == 26 ]]
}

@test "set: a value that cannot be is named with its range and changes nothing" {
	with_web1 '{"memory": "1G", "cpu.set": "0"}'
	refused pids=0 "pids: 0 is below 1; allowed are 1 to 4194304, or max"
	refused pids=-9000 "pids: 8192 - 9000 is out of range"
	refused memory=lots 'memory: "lots" is not a size such as 512M or 2G; allowed are 1M to 1048576T, or max'
	refused memory= 'memory: "" is not a size'
	# shellcheck disable=SC2016
	refused memroy=1G '"memroy=1G": no limit has this name; `vpsctl help set` lists them, `vpsctl configure` changes other keys'
	refused "=1G" '"=1G" is not KEY=VALUE'
	refused cpu.weight=max "cpu.weight: max is above 10000"
	refused cpu.set=+1 "cpu.set: nothing can be added to a list or taken from it; write it whole"
	refused swap=+1G "swap: +1G of no limit; give it an amount first"
	refused hugetlb.2M=1M "hugetlb.2M: 1M is not a multiple of 2M"
	refused net.in=100M 'net.in: "100M" is not a rate such as 100Mbit; allowed are 100Kbit to 100Gbit, or max'
	refused net.out=1Tbit "net.out: 1Tbit is above 100Gbit"
}

@test "set: a combination that cannot be is named and changes nothing" {
	with_web1 '{"memory": "1G", "memory.high": "900M", "cpus": 1}'
	refused memory=512M "memory.high: 900M is above memory, 512M"
	refused memory.min=2G "memory.min: 2G is above memory, 1G"
	refused cpu.burst=1.5 "cpu.burst: 1.5 is above cpus, 1"
	refused net.in.burst=1M "net.in.burst: 1M without net.in, which it is above"
	run -2 --separate-stderr vpsctl set web1 net.in=1Mbit net.in.burst=8M
	[[ $stderr == *"net.in.burst: 8M is more than passes in 60 s at net.in, 1Mbit; allowed are at most 7324K"* ]]
	vpsctl set web1 memory=512M memory.high=500M
}

@test "set: a difference that would be no limit is out of range" {
	needs_root
	vpsctl image busybox >/dev/null
	vpsctl create web1 --set limits=best-effort pids=200
	run -2 vpsctl set web1 pids=+18446744073709551415
	[[ $output == *"pids: 200 + 18446744073709551415 is out of range"* ]]
	[[ $(vpsctl inspect web1 | jq .spec.resources.pids) == 200 ]]
}

@test "set: all settings are refused when one is" {
	with_web1 '{"memory": "1G"}'
	run -2 vpsctl set web1 memory=2G pids=0
	[[ $(saved) == '{"memory":"1G"}' ]]
}

@test "set: a plan is a JSON object; the command line wins" {
	with_web1
	vpsctl set web1 --plan - pids=300 <<<'{"memory": "2G", "cpus": 2, "pids": 100}'
	[[ $(saved) == '{"cpus":2,"memory":"2G","pids":300}' ]]
	run -2 --separate-stderr vpsctl set web1 --plan - <<<'{"memory": "2G", "colour": 1}'
	[[ $stderr == *"colour: unknown key; allowed are cpus, "* ]]
	run -2 --separate-stderr vpsctl set web1 --plan - <<<'["memory"]'
	[[ $stderr == *'expected an object such as {"memory": "2G"}'* ]]
	run -2 vpsctl set web1 --plan - <<<'{"memory": '
	run -3 vpsctl set web1 --plan "$VPS_ROOT/none.json"
	[[ $(saved) == '{"cpus":2,"memory":"2G","pids":300}' ]]
}

@test "set: a dry run prints what would change, and changes nothing" {
	with_web1 '{"memory": "1G"}'
	run -0 vpsctl set --dry-run web1 memory=2G pids=100
	[[ ${lines[0]} == NAME*LIMIT*SAVED* ]]
	[[ ${lines[1]} =~ ^web1\ +memory\ +1G\ +2G ]]
	[[ ${lines[2]} =~ ^web1\ +pids\ +default\ +100 ]]
	[[ $(vpsctl set --dry-run --json web1 memory=2G | jq -c '.[0]') == \
		'{"name":"web1","limit":"memory","saved_before":"1G","saved":"2G","running_before":null,"running":null}' ]]
	run -2 vpsctl set --dry-run web1 memory=0
	[[ $(saved) == '{"memory":"1G"}' ]]
}

@test "set: several VPSs are changed one by one, and each is reported" {
	with_web1
	vpsctl create web2 --set limits=best-effort
	run -3 --separate-stderr vpsctl set web1 nobody web2 pids=50 --json
	[[ $(jq -c '[.[] | [.name, .ok]]' <<<"$output") == '[["web1",true],["nobody",false],["web2",true]]' ]]
	[[ $(vpsctl inspect web2 | jq .spec.resources.pids) == 50 ]]
}

@test "set: --running-only of a VPS that does not run is status 4" {
	with_web1
	run -4 --separate-stderr vpsctl set --running-only web1 pids=50
	[[ $stderr == "vpsctl: web1: it is not running" ]]
	[[ $(saved) == null ]]
}

@test "set: memory that all VPSs together are promised is what the host has at most" {
	with_web1
	local total
	total=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
	vpsctl create web2 --set limits=best-effort
	vpsctl set web1 "memory.min=$((total / 2))M"
	run -7 --separate-stderr vpsctl set web2 "memory.min=$((total * 2 / 3))M"
	[[ $stderr == "vpsctl: web2: memory.min: "*"that other VPSs are promised, is more than"*"\`vpsctl set --force\`"* ]]
	run -7 vpsctl set web2 memory.min=max
	vpsctl set web2 --force "memory.min=$((total * 2 / 3))M"
	vpsctl set web2 memory.min=1M
}

@test "set: help lists every limit with its range, and completion offers them" {
	local row
	run -0 vpsctl help set
	for row in cpus memory pids io.read hugetlb.2M; do
		[[ $output == *$'\n'"  $row "* ]]
	done
	[[ $output == *"1M to 1048576T, or max"* ]]
	# shellcheck disable=SC1091
	source "$BATS_TEST_DIRNAME/../../packaging/vpsctl.bash-completion"
	COMP_WORDS=(vpsctl set web1 memory.h)
	COMP_CWORD=3
	_vpsctl
	[[ ${COMPREPLY[*]} == memory.high= ]]
}
