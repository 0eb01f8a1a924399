#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The OCI runtime specification: "linux.resources" and "linux.cgroupsPath" of a config.json, as
# seen from inside, where /sys/fs/cgroup is the container's own.
# shellcheck disable=SC2154,SC2016
load helpers
load oci

# resources JSON: linux.resources.
resources() {
	config '.linux.resources = $resources' --argjson resources "$1"
}

# shows FILE...: what they hold, each behind its name, inside.
shows() {
	inside "cd /sys/fs/cgroup; for f in $*; do echo \$f \$(cat \$f); done"
}

@test "spec resources: memory limit, reservation and swap, which counts both" {
	needs_controller memory
	resources '{"memory": {"limit": 67108864, "reservation": 33554432, "swap": 100663296}}'
	shows memory.max memory.low memory.swap.max
	[[ $output == $'memory.max 67108864\nmemory.low 33554432\nmemory.swap.max 33554432' ]]
	resources '{"memory": {"limit": 67108864, "swap": -1, "checkBeforeUpdate": true, "disableOOMKiller": false, "useHierarchy": true}}'
	shows memory.max memory.swap.max
	[[ $output == $'memory.max 67108864\nmemory.swap.max max' ]]
	resources '{"memory": {"limit": -1}}'
	shows memory.max memory.swap.max
	[[ $output == $'memory.max max\nmemory.swap.max max' ]]
	resources '{"memory": {"limit": 16777216, "swap": 16777216}}'
	runs 'tail -c 60m /dev/zero'
	run oci run --bundle "$bundle" c1
	((status == 137))
}

@test "spec resources: cpu shares, quota, period, burst, idle, cpus and mems" {
	needs_controller cpu
	needs_controller cpuset
	resources '{"cpu": {"shares": 1024, "quota": 50000, "period": 100000, "burst": 10000, "cpus": "0", "mems": "0"}}'
	shows cpu.weight cpu.max cpu.max.burst cpuset.cpus.effective cpuset.mems.effective
	[[ $output == $'cpu.weight 100\ncpu.max 50000 100000\ncpu.max.burst 10000\ncpuset.cpus.effective 0\ncpuset.mems.effective 0' ]]
	inside 'grep Cpus_allowed_list /proc/self/status'
	[[ $output == *$'\t0' ]]
	resources '{"cpu": {"shares": 262144, "quota": -1, "period": 50000}}'
	shows cpu.weight cpu.max
	[[ $output == $'cpu.weight 10000\ncpu.max max 50000' ]]
	resources '{"cpu": {"shares": 2}}'
	shows cpu.weight
	[[ $output == "cpu.weight 1" ]]
	resources '{"cpu": {"idle": 1}}'
	shows cpu.idle
	[[ $output == "cpu.idle 1" ]]
}

@test "spec resources: pids limit" {
	needs_controller pids
	resources '{"pids": {"limit": 20}}'
	shows pids.max
	[[ $output == "pids.max 20" ]]
	runs 'i=0; while [ $i -lt 40 ]; do sleep 5 & i=$((i+1)); done'
	run oci run --bundle "$bundle" c1	# the shell ends where it cannot fork
	[[ $output == *"can't fork"* ]]
	resources '{"pids": {"limit": -1}}'
	shows pids.max
	[[ $output == "pids.max max" ]]
}

# The number of a disk of this machine; a loop device where there is none.
disk() {
	local name
	for name in /sys/block/*; do
		[[ ${name##*/} != @(zram|ram|fd|sr)* ]] || continue
		disk=$(<"$name/dev")
		return
	done
	lacking "a disk"
}

@test "spec resources: blockIO throttles of each kind, and none" {
	needs_controller io
	disk
	resources "$(jq -n --arg disk "$disk" '($disk | split(":") | map(tonumber)) as [$major, $minor] | {blockIO: {
		throttleReadBpsDevice: [{$major, $minor, rate: 1048576}], throttleWriteBpsDevice: [{$major, $minor, rate: 2097152}],
		throttleReadIOPSDevice: [{$major, $minor, rate: 100}], throttleWriteIOPSDevice: [{$major, $minor, rate: 200}]}}')"
	shows io.max
	[[ $output == "io.max $disk rbps=1048576 wbps=2097152 riops=100 wiops=200" ]]
}

@test "spec resources: blockIO weight and weightDevice, for io.weight or BFQ" {
	needs_controller io
	mkdir -p /sys/fs/cgroup/probe-weight
	local has=
	has=$(cd /sys/fs/cgroup/probe-weight && echo io.weight io.bfq.weight)
	[[ -e /sys/fs/cgroup/probe-weight/io.weight || -e /sys/fs/cgroup/probe-weight/io.bfq.weight ]] || has=
	rmdir /sys/fs/cgroup/probe-weight
	[[ -n $has ]] || lacking "weights of input and output"
	resources '{"blockIO": {"weight": 500}}'
	inside 'cd /sys/fs/cgroup; cat io.weight io.bfq.weight 2>/dev/null; true'
	[[ $output == *"default 4950"* || $output == *"default 500"* || $output == 500* ]]
	disk
	resources "$(jq -n --arg disk "$disk" '($disk | split(":") | map(tonumber)) as [$major, $minor]
		| {blockIO: {weightDevice: [{$major, $minor, weight: 10}]}}')"
	runs 'cat /sys/fs/cgroup/io.weight'
	run oci run --bundle "$bundle" c1	# the disk may have no scheduler that knows weights
	[[ $output == *"$disk 1"* || $output == *"cannot set io.weight"* || $output == *io.bfq.weight* ]]
}

@test "spec resources: hugepageLimits, for reservations too" {
	needs_controller hugetlb
	resources '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
	shows hugetlb.2MB.max hugetlb.2MB.rsvd.max
	[[ $output == $'hugetlb.2MB.max 4194304\nhugetlb.2MB.rsvd.max 4194304' ]]
}

@test "spec resources: rdma is refused where there is no such device" {
	needs_controller rdma
	resources '{"rdma": {"mlx5_9": {"hcaHandles": 3, "hcaObjects": 10000}}}'
	refused 'cannot set rdma.max to "mlx5_9 hca_handle=3 hca_object=10000"'
}

@test "spec resources: unified overrides what was set by other names" {
	needs_controller hugetlb
	resources '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}], "unified": {"hugetlb.2MB.max": "2097152"}}'
	shows hugetlb.2MB.max hugetlb.2MB.rsvd.max
	[[ $output == $'hugetlb.2MB.max 2097152\nhugetlb.2MB.rsvd.max 4194304' ]]
	resources '{"unified": {"hugetlb.2MB.no-such": "1"}}'
	refused "hugetlb.2MB.no-such"
	resources '{"unified": {"cgroup.procs": "1"}}'
	refused 'linux.resources.unified: "cgroup.procs" is no file of a controller'
}

@test "spec resources: a controller that is missing is named, with the value" {
	resources '{"unified": {"nothing.max": "5"}}'
	refused "nothing.max=5 needs the cgroup v2 controller nothing, which is not available"
}

@test "spec resources: the cgroup is its user's where he has it writable in a namespace of his own, else the host's" {
	local show='stat -c %u:%g /sys/fs/cgroup /sys/fs/cgroup/cgroup.procs'
	with_userns
	inside "$show"
	[[ $output == $'65534:65534\n65534:65534' ]]
	config '.mounts[] |= if .type == "cgroup" then .options -= ["ro"] else . end'
	inside "$show"
	[[ $output == $'0:0\n0:0' ]]
	config '.process.user = {uid: 7, gid: 0}'
	inside "$show"
	[[ $output == $'7:0\n7:0' ]]
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
	inside "$show"
	[[ $output == $'65534:65534\n65534:65534' ]]
}

@test "spec resources: what only cgroup v1 had is refused by name" {
	local path filter
	while read -r path filter; do
		resources "$filter"
		refused "linux.resources.$path: cgroup v2 has nothing like it; leave it out"
	done <<-'END'
		memory.kernel {"memory": {"kernel": 1048576}}
		memory.kernelTCP {"memory": {"kernelTCP": 1048576}}
		memory.swappiness {"memory": {"swappiness": 10}}
		memory.disableOOMKiller {"memory": {"disableOOMKiller": true}}
		cpu.realtimeRuntime {"cpu": {"realtimeRuntime": 1000}}
		cpu.realtimePeriod {"cpu": {"realtimePeriod": 1000}}
		network.classID {"network": {"classID": 1048577}}
		network.priorities {"network": {"priorities": [{"name": "eth0", "priority": 500}]}}
		blockIO.leafWeight {"blockIO": {"leafWeight": 500}}
	END
}

@test "spec resources: devices are allowed in order, beside the default ones" {
	config '.process.capabilities[] += ["CAP_MKNOD"] | .root.readonly = false'
	(: </dev/fuse) || lacking "the device 10:229"
	local try='mknod /dev/k c 10 229 && (: </dev/k) && echo opened; mknod /dev/b b 7 0 && echo made; echo x >/dev/null && echo null'
	resources '{"devices": [{"allow": false, "access": "rwm"}]}'
	runs "$try"
	run oci run --bundle "$bundle" c1
	[[ $output != *opened* && $output == *null ]]
	resources '{"devices": [{"allow": false}, {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rwm"}]}'
	runs "$try"
	run oci run --bundle "$bundle" c1
	[[ $output == *opened* && $output == *null ]]
	resources '{"devices": [{"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rwm"}, {"allow": false, "type": "c", "major": 10, "minor": 229, "access": "r"}]}'
	runs "$try"
	run oci run --bundle "$bundle" c1
	[[ $output != *opened* && $output == *null ]]
}

@test "spec resources: cgroupsPath is where it lives, absolute or relative" {
	config '.linux.cgroupsPath = "/spec-parent/spec-leaf"'
	start_detached c1
	grep -q spec-parent/spec-leaf "/proc/$(oci_pid c1)/cgroup"
	oci delete --force c1
	[[ ! -d /sys/fs/cgroup/spec-parent ]]
	config '.linux.cgroupsPath = "spec-parent/relative"'
	start_detached c1
	grep -q spec-parent/relative "/proc/$(oci_pid c1)/cgroup"
	run -0 oci exec c1 cat /proc/self/cgroup
	[[ $output == *"0::/" ]]	# on a hybrid host there are others above
	config '.linux.cgroupsPath = "../up"'
	run -1 --separate-stderr oci create --bundle "$bundle" c2 3>&-
	[[ $stderr == *'linux.cgroupsPath: "../up" is not a path without ".."'* ]]
}

@test "spec resources: without a cgroup namespace a cgroup mount shows its own cgroup alone" {
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
	inside 'test -e /sys/fs/cgroup/cgroup.procs && echo here; test -e /sys/fs/cgroup/vps-oci || echo "nothing above"; mkdir /sys/fs/cgroup/new; true'
	[[ ${lines[0]} == here && ${lines[1]} == "nothing above" && ${lines[2]} == *"Read-only file system" ]]
}
