#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What tests/bench/oci builds on: the phases of a start are told, and a start needs little.
# shellcheck disable=SC2016,SC2154
load helpers
load oci

@test "trace: VPS_TRACE appends how long each phase took, and nothing without it" {
	local trace=$BATS_TEST_TMPDIR/trace phase
	runs true
	oci run --bundle "$bundle" c1
	[[ ! -e $trace ]]
	VPS_TRACE=$trace oci run --bundle "$bundle" c1
	for phase in directory config record seccomp cgroup init "init: mounts" enter start program down cleanup; do
		grep -Eq "^[0-9]+ [0-9]+\.[0-9] $phase\$" "$trace" || { echo "no phase $phase" >&2; return 1; }
	done
}

@test "trace: the program inside holds no descriptor of the trace" {
	runs 'ls -l /proc/self/fd/'
	VPS_TRACE=$BATS_TEST_TMPDIR/trace run -0 oci run --bundle "$bundle" c1
	[[ $output != *trace* ]]
}

@test "trace: exec is told, too" {
	local trace=$BATS_TEST_TMPDIR/trace phase
	start_detached c1
	VPS_TRACE=$trace oci exec c1 true
	for phase in directory config joiner start program; do
		grep -Eq "^[0-9]+ [0-9]+\.[0-9] $phase\$" "$trace" || { echo "no phase $phase" >&2; return 1; }
	done
}

@test "small: a container with 512 KiB of memory starts" {
	local extra
	needs_controller memory
	for extra in . '.linux.namespaces += [{type: "user"}]
			| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
			| .linux.gidMappings = .linux.uidMappings'; do
		config "$extra"'| .process.args = ["true"] | .linux.resources.memory = {limit: 524288}'
		run -0 oci run --bundle "$bundle" c1
		runs 'cat /sys/fs/cgroup/memory.max'
		run -0 oci run --bundle "$bundle" c1
		[[ $output == 524288 ]]
	done
}
