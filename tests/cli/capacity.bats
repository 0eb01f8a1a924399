#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154
load helpers

@test "capacity: a plan that cannot be is a mistake" {
	needs_root
	run -2 --separate-stderr vpsctl capacity pids=0
	[[ $stderr == "vpsctl: capacity: pids: 0 is below 1; "* ]]
	run -2 vpsctl capacity memory=1G memory.min=2G
	run -2 vpsctl capacity web1
	run -0 vpsctl capacity memory.min=max
	[[ $output == *"0 more can be created; memory.min ends first"* ]]
	run -3 vpsctl capacity --plan "$VPS_ROOT/none.json"
}

@test "capacity: the table ends with how many more there can be, and what ends first" {
	needs_root
	run -0 vpsctl capacity memory=64M
	[[ ${lines[0]} == RESOURCE*HOST*PROMISED*USED*FIT* ]]
	[[ $output == *" more can be created; ids ends first"* ]]
	[[ $output == *" more fit beside what is in use now; "*" ends first"* ]]
}

@test "capacity: what is promised is added up, and who has no limit is counted" {
	needs_root
	vpsctl image busybox >/dev/null
	vpsctl create web1 web2 --set limits=best-effort memory=64M cpus=0.5
	vpsctl create web3
	[[ $(vpsctl capacity --json memory=1G | jq -c '.resources[] | select(.name == "memory" or .name == "cpus") | [.promised, .unbounded]') == \
		$'[134217728,1]\n[1000,1]' ]]
	[[ $(vpsctl capacity --json | jq '.resources[] | select(.name == "addresses").used') == 3 ]]
	[[ $(vpsctl capacity --json | jq '.resources[] | select(.name == "pids").promised') == $((3 * 8192)) ]]
}

@test "capacity: as many as it says can be created, and the next is refused by what it named" {
	needs_root
	local each says i
	vpsctl image busybox >/dev/null
	each=$(($(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo) * 2 / 7))
	vpsctl create web0 --set limits=best-effort memory.min="${each}M"
	says=$(vpsctl capacity --json --plan - <<<"{\"memory.min\": \"${each}M\"}" | jq -r '.refused | "\(.fits) \(.ends)"')
	[[ $says == "2 memory.min" ]]
	for ((i = 1; i <= ${says% *}; i++)); do
		vpsctl create "web$i" --set limits=best-effort memory.min="${each}M"
	done
	run -7 --separate-stderr vpsctl create one-more --set limits=best-effort memory.min="${each}M"
	[[ $stderr == "vpsctl: one-more: memory.min: "* ]]
	[[ $(vpsctl capacity --json memory.min="${each}M" | jq .refused.fits) == 0 ]]
	[[ $(vpsctl list --quiet) != *one-more* ]]
}
