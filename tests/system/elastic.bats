#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2016
# Limits that move by themselves, between their floor and their ceiling.

load helpers

# elastic_vps NAME RESOURCES ELASTIC: members of both objects.
elastic_vps() {
	vps_spec "$1" '"resources": {'"$2"'}, "elastic": {'"$3"'}'
}

memory_of() {
	cgroup_read "$1" memory.max
}

# moves NAME: the limit's values, one after the other.
moves() {
	vpsctl events "$1" | jq -r 'select(.event == "limit-changed" and .by == "elastic") | .new'
}

# Reads a file larger than its memory again and again: it waits for its own pages.
thrash() {
	vps_sh "$1" 'dd if=/dev/zero of=/big bs=1M count='"$2"' 2>/dev/null; sync
		(while [ ! -e /stop ]; do cat /big >/dev/null; done) >/dev/null 2>&1 </dev/null 3>&- &'
}

has_grown_to() {
	(($(memory_of "$1") >= $2))
}

has_shrunk_to() {
	(($(memory_of "$1") <= $2))
}

@test "elastic: memory grows under pressure, not above its ceiling, and goes back when nobody waits" {
	needs_controller memory
	[[ -e /proc/pressure/memory ]] || lacking "PSI"
	elastic_vps web1 '"memory": "32M", "swap": 0' '"memory.floor": "16M", "memory.ceiling": "96M", "pressure": 2'
	[[ $(memory_of web1) == $((32 << 20)) ]]
	thrash web1 150
	eventually 120 has_grown_to web1 $((96 << 20))
	sleep 5
	[[ $(memory_of web1) == $((96 << 20)) ]]
	# inside it is seen at once
	[[ $(vps_sh web1 'sed -n "s/^MemTotal: *\([0-9]*\) kB/\1/p" /proc/meminfo') == $((96 << 10)) ]]
	vps_sh web1 'touch /stop; rm -f /big'
	eventually 400 has_shrunk_to web1 $((48 << 20))
	[[ $(moves web1 | sort -uV | tail -n 1) == 96M ]]
	(($(moves web1 | wc -l) >= 4))
	# the spec is the owner's
	[[ $(vpsctl inspect web1 | jq -r .spec.resources.memory) == 32M ]]
	[[ $(sed -n 's/^oom_kill //p' "$(vps_cgroup web1)/memory.events") == 0 ]]
}

@test "elastic: memory does not grow beyond what the host has" {
	needs_controller memory
	[[ -e /proc/pressure/memory ]] || lacking "PSI"
	local total other
	total=$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)
	# this one was given nearly all of it, and does not use it yet
	elastic_vps other '"memory": "'$((total - 65536))'K"' '"memory.floor": "16M", "memory.ceiling": "64G"'
	other=$(memory_of other)
	elastic_vps web1 '"memory": "32M", "swap": 0' '"memory.floor": "16M", "memory.ceiling": "1G", "pressure": 2'
	thrash web1 100
	sleep 20
	[[ $(memory_of web1) == $((32 << 20)) ]]
	[[ $(memory_of other) == "$other" ]]
	vpsctl destroy --force other
	eventually 60 has_grown_to web1 $((40 << 20))
}

@test "elastic: the weight of processors moves, too" {
	needs_controller cpu
	[[ -e /proc/pressure/cpu ]] || lacking "PSI"
	elastic_vps web1 '"cpu.weight": 100' '"cpu.weight.floor": 50, "cpu.weight.ceiling": 150, "pressure": 10'
	vps_sh web1 'for i in 1 2 3 4 5 6; do (while [ ! -e /stop ]; do :; done) >/dev/null 2>&1 </dev/null 3>&- & done'
	weight_is() { [[ $(cgroup_read web1 cpu.weight) == "$1" ]]; }
	eventually 60 weight_is 150
	vps_sh web1 'touch /stop'
	[[ $(moves web1 | tail -n 1) == 150 ]]
}

@test "elastic: a limit that leaves its bounds is refused, and changes nothing" {
	needs_controller memory
	elastic_vps web1 '"memory": "64M"' '"memory.floor": "32M", "memory.ceiling": "128M"'
	run -2 vpsctl set web1 memory=256M
	[[ $output == *"memory: 256M is not between elastic.memory.floor, 32M, and elastic.memory.ceiling, 128M"* ]]
	run -2 vpsctl set --running-only web1 memory=16M
	run -2 vpsctl set web1 memory=default
	[[ $output == *"memory is missing"* ]]
	run -2 vpsctl set web1 memory.low=48M
	[[ $output == *"elastic.memory.floor: 32M is below memory.low, 48M"* ]]
	[[ $(memory_of web1) == $((64 << 20)) ]]
	vpsctl set web1 memory=128M pids=100
	[[ $(memory_of web1) == $((128 << 20)) ]]
}

@test "elastic: a limit is held to the bounds that it moves in, those of the run or of the spec" {
	needs_controller memory
	elastic_vps web1 '"memory": "64M"' '"memory.floor": "32M", "memory.ceiling": "128M"'
	vpsctl configure web1 elastic.memory.ceiling=80M
	vpsctl set --running-only web1 memory=128M
	[[ $(memory_of web1) == $((128 << 20)) ]]
	run -2 vpsctl set web1 memory=128M
	run -2 vpsctl set web1 memory.high=48M
	[[ $output == *"elastic.memory.floor: 32M is below memory.high, 48M"* ]]
	vpsctl set web1 memory.high=max memory=80M
}

@test "elastic: without a controller that can be moved, it is refused by name" {
	grep -qw memory /sys/fs/cgroup/cgroup.controllers && return
	run -6 elastic_vps web1 '"memory": "64M"' '"memory.floor": "32M", "memory.ceiling": "128M"'
	[[ $output == *"resources: memory: this host has no cgroup v2 controller"* ]]
	[[ $(vpsctl list --quiet) == "" ]]
}
