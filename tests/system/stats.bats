#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What `stats` says of a VPS is what its cgroup has counted.

load helpers

# stat_of NAME KEY
stat_of() {
	vpsctl stats --json "$1" | jq --arg key "$2" '.[0][$key]'
}

burn() {
	vps_sh "$1" '(while :; do :; done) >/dev/null 2>&1 </dev/null 3>&- &'
}

@test "stats: processor time is what the cgroup has counted, and grows" {
	vps_up web1
	local before
	before=$(stat_of web1 cpu_usec)
	burn web1
	sleep 1
	(($(stat_of web1 cpu_usec) > before + 200000))
	(($(stat_of web1 cpu_usec) <= $(sed -n 's/^usage_usec //p' "$(vps_cgroup web1)/cpu.stat")))
}

@test "stats: the table shows those that run, and only those" {
	vps_up web1
	vps_up web2
	vpsctl create web3
	burn web1
	run -0 vpsctl stats
	[[ ${#lines[@]} == 3 ]]
	[[ ${lines[1]} =~ ^web1\ +([0-9]+)\.[0-9]% ]]
	((BASH_REMATCH[1] > 2))
	[[ ${lines[2]} =~ ^web2\ +[0-9]\.[0-9]% ]]
}

@test "stats: --watch shows it again until nobody reads" {
	vps_up web1
	run -0 bash -c 'set -o pipefail; vpsctl stats --watch --interval 0.1 web1 | head -n 6; ((PIPESTATUS[0] != 0))'
	[[ ${#lines[@]} == 6 && ${lines[4]} == NAME* && ${lines[5]} == web1* ]]
}

@test "stats: --watch shows on a terminal what fits, the busiest first" {
	needs_program script
	local i
	for i in 1 2 3; do
		vps_up "web$i"
	done
	vpsctl exec web3 -- timeout 10 sh -c 'while :; do :; done' 3>&- &
	run script -qec 'stty rows 4 cols 200; timeout 3 vpsctl stats --watch' /dev/null
	[[ ${lines[0]} == *NAME* && ${lines[1]} == web3* && ${lines[2]} == "and 2 more"* ]]
	wait
}

@test "stats: --watch says why nobody reads" {
	vps_up web1
	run ! bash -c 'vpsctl stats --watch --interval 0.1 web1 >/dev/full'
	[[ $output == "vpsctl: stats: cannot write to standard output: No space left on device" ]]
}

@test "stats: memory, pids and disk are what is used, of what is allowed" {
	needs_controller memory
	needs_controller pids
	needs_controller io
	vps_up web1 memory=128M pids=100 swap=0
	vps_sh web1 'dd if=/dev/zero of=/dev/shm/x bs=1M count=30; dd if=/dev/zero of=/y bs=1M count=10 conv=fsync' 2>/dev/null
	(($(stat_of web1 memory_bytes) > 30 << 20 && $(stat_of web1 memory_bytes) < 128 << 20))
	(($(stat_of web1 written_bytes) >= 10 << 20))
	[[ $(stat_of web1 pids) == $(cgroup_read web1 pids.current) ]]
	[[ $(stat_of web1 oom_kills) == 0 ]]
	run -0 vpsctl stats web1
	[[ ${lines[1]} =~ ^web1\ +[0-9.]+%\ +[0-9]+M/128M\ .*\ [0-9]+/100\  ]]
}

@test "metrics: each sample has a type and the value of stats, and those that do not run are down" {
	vps_up web1
	vpsctl create web2
	run -0 vpsctl metrics
	# a head of two lines for each metric, then its samples, and nothing else
	[[ -z $(awk '
		/^# HELP / { help = $3; next }
		/^# TYPE / { type = $3; if (type != help || $4 !~ /^(gauge|counter)$/) print
			if (($4 == "counter") != ($3 ~ /_total$/)) print; next }
		$0 !~ "^" type "[{]vps=\"web[12]\"[}] ([0-9.]+|[+]Inf)$" { print }' <<<"$output") ]]
	[[ $output == *$'\nvps_up{vps="web1"} 1\nvps_up{vps="web2"} 0\n'* ]]
	[[ $(grep -c 'vps="web2"' <<<"$output") == 2 ]]
	local seconds
	seconds=$(sed -n 's/^vps_cpu_usage_seconds_total{vps="web1"} //p' <<<"$output")
	[[ $(jq -n "$seconds > 0 and $seconds <= $(stat_of web1 cpu_usec) / 1e6") == true ]]
}
