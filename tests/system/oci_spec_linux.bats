#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The OCI runtime specification: what "linux" of a config.json has beside namespaces, resources and
# seccomp, as seen from inside.
# shellcheck disable=SC2154,SC2016
load helpers
load oci

@test "spec linux: memoryPolicy is that of the program and of an exec" {
	[[ -e /proc/self/numa_maps ]] || lacking "memory policies"
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"]}'
	inside 'head -n 1 /proc/self/numa_maps'
	[[ $output == *" bind=static:0 "* ]]
	start_detached c2
	run -0 oci exec c2 head -n 1 /proc/self/numa_maps
	[[ $output == *" bind=static:0 "* ]]
	config '.linux.memoryPolicy = {mode: "MPOL_LOCAL", nodes: ""}'
	inside 'head -n 1 /proc/self/numa_maps'
	[[ $output == *" local "* ]]
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "1000"}'
	run -1 --separate-stderr oci run --bundle "$bundle" c1
	[[ $stderr == *"linux.memoryPolicy: the kernel refuses this mode, these flags and these nodes together"* ]]
}

@test "spec linux: a memoryPolicy that is wrong is refused by name" {
	config '.linux.memoryPolicy = {mode: "MPOL_FAST"}'
	refused 'linux.memoryPolicy.mode: "MPOL_FAST" is not known'
	config '.linux.memoryPolicy = {mode: "MPOL_BIND"}'
	refused "linux.memoryPolicy.nodes: missing; this mode needs some"
	config '.linux.memoryPolicy = {mode: "MPOL_DEFAULT", nodes: "0"}'
	refused "linux.memoryPolicy.nodes: this mode takes none"
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0-"}'
	refused 'linux.memoryPolicy.nodes: "0-" is not a list of memory nodes'
	config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_NO"]}'
	refused 'linux.memoryPolicy.flags[0]: "MPOL_F_NO" is not known'
}

@test "spec linux: mountLabel is refused by name where SELinux is not" {
	[[ ! -d /sys/fs/selinux/booleans ]] || return 0
	config '.linux.mountLabel = "system_u:object_r:container_file_t:s0"'
	refused "linux.mountLabel: SELinux is not enabled on this host"
}
