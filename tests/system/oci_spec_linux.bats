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

# A link of the host with two addresses, an MTU and a MAC of its own, down.
add_link() {
	ip link add "$1" address 02:00:00:00:77:01 mtu 1400 type veth peer name "$1-peer"
	ip addr add 192.0.2.7/24 dev "$1"
	ip -6 addr add 2001:db8::7/64 dev "$1"
}

@test "spec linux: netDevices moves a link inside, with name, addresses, MTU and MAC, up" {
	add_link given
	config '.linux.netDevices = {given: {name: "eth7"}}'
	start_detached c1
	[[ ! -e /sys/class/net/given ]]
	run -0 oci exec c1 ip -o addr show dev eth7
	[[ $output == *"inet 192.0.2.7/24"*"inet6 2001:db8::7/64"* ]]
	run -0 oci exec c1 ip -o link show dev eth7
	[[ $output == *UP*"mtu 1400"*02:00:00:00:77:01* ]]
	oci delete --force c1
	config '.linux.netDevices = {other: {}}'
	add_link other
	inside 'ip -o addr show dev other'
	[[ $output == *"inet 192.0.2.7/24"* ]]
}

@test "spec linux: netDevices into a joined namespace; a failed start gives the link back" {
	ip netns add spec-net
	add_link given
	config '.linux.netDevices = {given: {name: "eth7"}} | (.linux.namespaces[] | select(.type == "network")).path = "/run/netns/spec-net"'
	config '.hooks.createRuntime = [{path: "/bin/false"}]'
	run -1 oci create --bundle "$bundle" c1 3>&-
	ip link show dev given
	[[ $(ip -o addr show dev given) == *"inet 192.0.2.7/24"* ]]
	config 'del(.hooks)'
	inside 'ip -o addr show dev eth7'
	[[ $output == *"inet 192.0.2.7/24"* ]]
	ip netns del spec-net
	ip link del given-peer 2>/dev/null || true
}

@test "spec linux: netDevices that cannot be moved are refused by name" {
	config '.linux.netDevices = {"no-such": {}}'
	refused 'linux.netDevices.no-such: link "no-such": No such device'
	add_link given
	config '.linux.netDevices = {given: {name: "lo"}}'
	refused 'linux.netDevices.given: "lo" is taken there'
	ip link del given
	config '.linux.netDevices = {given: {name: "a b"}}'
	refused 'linux.netDevices.given.name: "a b" is no interface'
	config '.linux.netDevices = {given: {}} | .linux.namespaces |= map(select(.type != "network"))'
	refused 'linux.netDevices: needs a "network" in linux.namespaces'
}
