#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# vps-oci --systemd-cgroup: the cgroup is a scope of systemd's; and what systemd's units have to do
# with VPSs. ./check runs this file in a virtual machine that systemd boots; elsewhere there may be
# no systemd to speak to.
# shellcheck disable=SC2030,SC2031,SC2154,SC2016
load helpers
load oci

eval "oci_$(declare -f setup)"

setup() {
	if [[ ! -d /run/systemd/system ]]; then
		# The machine without systemd has everything else; the other one says "systemd".
		[[ ${VPS_MUST_RUN-} == systemd ]] || skip "needs systemd as PID 1"
		lacking "systemd as PID 1"
	fi
	oci_setup
	config '.linux.cgroupsPath = "vpstest.slice:unit:c1"'
	unit="unit-c1.scope"
}

eval "oci_$(declare -f teardown)"

teardown() {
	if [[ -d /run/systemd/system ]]; then oci_teardown; fi
}

oci() {
	vps-oci --systemd-cgroup --root "$root" "$@"
}

property() {
	systemctl show -P "$1" "$unit"
}

cgroup_file() {
	cat "/sys/fs/cgroup$(property ControlGroup)/$1"
}

limits() {
	config '.linux.resources += {memory: {limit: 67108864, swap: 100663296, reservation: 33554432},
		cpu: {shares: 512, quota: 30000, period: 60000, cpus: "0"}, pids: {limit: 77},
		unified: {"memory.high": "50331648", "memory.oom.group": "1"}}'
}

@test "systemd: the container is a delegated scope in the slice that was asked for" {
	start_detached c1
	local pid
	pid=$(oci state c1 | jq .pid)
	[[ $(property Slice) == vpstest.slice && $(property Delegate) == yes ]]
	[[ $(property ControlGroup) == /vpstest.slice/unit-c1.scope ]]
	[[ $(sed -n 's/^0:://p' "/proc/$pid/cgroup") == /vpstest.slice/unit-c1.scope/container ]]
	run -0 oci exec c1 grep ^0: /proc/self/cgroup
	[[ $output == "0::/" ]]
	oci pause c1
	oci_status_is c1 paused
	oci resume c1
	[[ $(oci ps --format json c1 | jq length) -ge 1 ]]
	oci delete --force c1
	[[ $(property LoadState) == not-found && ! -d /sys/fs/cgroup/vpstest.slice/unit-c1.scope ]]
}

@test "systemd: without a cgroupsPath it is vps-oci-ID.scope in system.slice" {
	config 'del(.linux.cgroupsPath)'
	unit=vps-oci-c1.scope
	start_detached c1
	[[ $(property ControlGroup) == /system.slice/vps-oci-c1.scope ]]
}

@test "systemd: a slice with dashes lies in those that it names" {
	config '.linux.cgroupsPath = "vpstest-inner-most.slice::c1"'
	unit=c1.scope
	start_detached c1
	[[ $(property ControlGroup) == /vpstest.slice/vpstest-inner.slice/vpstest-inner-most.slice/c1.scope ]]
}

@test "systemd: limits are properties of the unit and hold inside" {
	limits
	start_detached c1
	[[ $(property MemoryMax) == 67108864 && $(property MemorySwapMax) == 33554432 ]]
	[[ $(property MemoryLow) == 33554432 && $(property MemoryHigh) == 50331648 ]]
	[[ $(property CPUQuotaPerSecUSec) == 500ms && $(property TasksMax) == 77 && $(property AllowedCPUs) == 0 ]]
	[[ $(property CPUWeight) == "$(cgroup_file cpu.weight)" ]]
	run -0 oci exec c1 sh -c 'cd /sys/fs/cgroup; cat memory.max memory.swap.max memory.low memory.high cpu.max pids.max cpuset.cpus memory.oom.group'
	[[ $output == $'67108864\n33554432\n33554432\n50331648\n30000 60000\n77\n0\n1' ]]
	run -0 systemctl status $unit
	[[ $output == *"limit: 77"* ]]
}

weight_is() {
	[[ $(cgroup_file cpu.weight) == "$1" ]]
}

@test "systemd: a daemon-reload undoes nothing, after an update either" {
	limits
	start_detached c1
	oci update --memory 80M --memory-swap 120M --cpu-quota 20000 --cpu-period 100000 --pids-limit 55 c1
	[[ $(property MemoryMax) == 83886080 && $(property TasksMax) == 55 ]]
	[[ $(property CPUQuotaPerSecUSec) == 200ms ]]
	systemctl daemon-reload
	systemctl set-property --runtime $unit CPUWeight=33	# makes it write everything
	eventually 10 weight_is 33
	run -0 oci exec c1 sh -c 'cd /sys/fs/cgroup; cat memory.max memory.swap.max memory.low cpu.max pids.max cpuset.cpus memory.oom.group; head -c 1 /dev/zero | wc -c'
	[[ $output == $'83886080\n41943040\n33554432\n20000 100000\n55\n0\n1\n1' ]]
	[[ $(cgroup_file memory.max) == 83886080 && $(cgroup_file pids.max) == 55 ]]
}

@test "systemd: device rules are the unit's, and hold after a daemon-reload" {
	config '.process.capabilities[] += ["CAP_MKNOD"]
		| .linux.resources.devices = [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 229, access: "rw"}]'
	start_detached c1
	[[ $(property DevicePolicy) == strict && $(property DeviceAllow) == *"/dev/char/10:229 rw"* ]]
	systemctl daemon-reload
	run -0 oci exec c1 sh -c 'echo x >/dev/null; head -c 2 /dev/zero | wc -c; mknod /dev/disk b 7 0; head -c 1 /dev/disk 2>&1; true'
	[[ $output == $'2\n'*"Operation not permitted" ]]
	oci exec c1 mknod /dev/tun2 c 10 200
	run ! oci exec c1 sh -c ': </dev/tun2'
	echo '{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 10, "minor": 200, "access": "r"}]}' |
		oci update -r - c1
	[[ $(property DeviceAllow) == *"/dev/char/10:200 r"* && $(property DeviceAllow) != *"/dev/char/10:229"* ]]
	eventually 10 oci exec c1 sh -c ': </dev/tun2'	# systemd does it when it has answered
}

@test "systemd: what ends by itself leaves no unit, and its name is free again" {
	runs 'exit 5'
	run -5 oci run --bundle "$bundle" c1
	[[ $(property LoadState) == not-found ]]
	run -5 oci run --bundle "$bundle" c1
	nothing_is_left c1
}

@test "systemd: a user namespace's root may make cgroups in the scope" {
	with_userns
	config '.mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)'
	inside 'mkdir /sys/fs/cgroup/sub && echo $$ >/sys/fs/cgroup/sub/cgroup.procs && cat /proc/self/cgroup; echo 1 2>&1 >/sys/fs/cgroup/cgroup.max.depth; true'
	[[ $output == *"0::/sub"*"Permission denied"* ]]
}

@test "systemd: a unit that exists is not taken over" {
	systemd-run --quiet --scope --unit $unit sleep 60 3>&- &
	eventually 10 systemctl is-active --quiet $unit
	run -1 --separate-stderr oci run --bundle "$bundle" c1
	[[ $stderr == *"systemd has a unit unit-c1.scope already"* ]]
	systemctl is-active --quiet $unit
	systemctl stop $unit
	nothing_is_left c1
}

@test "systemd: a path of the other driver is refused" {
	config '.linux.cgroupsPath = "/a/b"'
	refused 'linux.cgroupsPath: "/a/b" is not of the form "slice:prefix:name"'
	config '.linux.cgroupsPath = "machine:a:b"'
	refused 'linux.cgroupsPath: "machine" is not a slice such as "machine.slice"'
}

@test "systemd: without libsystemd it is refused with 6 and the package is named" {
	local library
	library=$(readlink -f /usr/lib/x86_64-linux-gnu/libsystemd.so.0)
	: >"$BATS_TEST_TMPDIR/empty"
	mount --bind "$BATS_TEST_TMPDIR/empty" "$library"
	run --separate-stderr oci run --bundle "$bundle" c1
	umount "$library"
	[[ $status == 6 && $stderr == *"install libsystemd0"* ]]
	nothing_is_left c1
}

USER_ID=54321

# A user that exists for these tests alone, and his systemd.
with_user() {
	local files=$BATS_TEST_TMPDIR/etc
	mkdir "$files"
	cp /etc/passwd /etc/group "$files"
	echo "vps-test:*:$USER_ID:$USER_ID::/:/bin/sh" >>"$files/passwd"	# not shadowed
	echo "vps-test:x:$USER_ID:" >>"$files/group"
	mount --bind "$files/passwd" /etc/passwd
	mount --bind "$files/group" /etc/group
	systemctl start user@$USER_ID || { journalctl --no-pager -n 30 -u user@$USER_ID; return 1; }
	eventually 60 test -S /run/user/$USER_ID/bus
}

without_user() {
	systemctl stop user@$USER_ID
	umount /etc/passwd /etc/group
}

as_user() {
	setpriv --reuid $USER_ID --regid $USER_ID --clear-groups --inh-caps=-all \
		env XDG_RUNTIME_DIR=/run/user/$USER_ID "$@"
}

@test "systemd: an ordinary user's scope belongs to his own systemd" {
	with_user
	cp -r "$ROOTFS" "$BATS_TEST_TMPDIR/rootfs"
	rm "$bundle/rootfs"
	config '.root.path = $path | .linux.namespaces += [{type: "user"}] | .linux.resources = {pids: {limit: 50}}
		| .linux.uidMappings = [{containerID: 0, hostID: 54321, size: 1}] | .linux.gidMappings = .linux.uidMappings
		| .mounts |= map(if .options then .options |= map(select(startswith("gid=") | not)) else . end)
		| del(.linux.cgroupsPath)' --arg path "$BATS_TEST_TMPDIR/rootfs"
	runs 'sleep 1000'
	chown -R $USER_ID:$USER_ID "$BATS_TEST_TMPDIR"
	as_user vps-oci --systemd-cgroup create --bundle "$bundle" c1 </dev/null >/dev/null 3>&-
	as_user vps-oci --systemd-cgroup start c1 3>&-
	run -0 as_user systemctl --user show -P ControlGroup -P TasksMax vps-oci-c1.scope
	[[ $output == *"/user@54321.service/user.slice/vps-oci-c1.scope"* && $output == *50* ]]
	[[ $(sed -n 's/^0:://p' "/proc/$(as_user vps-oci state c1 | jq .pid)/cgroup") == "${lines[0]}/container" ]]
	as_user vps-oci delete --force c1
	run -0 as_user systemctl --user show -P LoadState vps-oci-c1.scope
	[[ $output == not-found ]]
	without_user
}

@test "systemd: a VPS that a unit has started keeps its monitor, and so its restart policy" {
	vpsctl image busybox
	vpsctl create web1 restart=always
	systemd-run --quiet --wait "$(command -v vpsctl)" --root "$VPS_ROOT" start web1
	local init
	init=$(vps_get web1 init_pid)
	grep -qx 0::/vps.monitors "/proc/$(vps_get web1 monitor_pid)/cgroup"
	vpsctl kill web1
	eventually 60 status_is web1 running
	[[ $(vps_get web1 init_pid) != "$init" && $(vps_get web1 restarts) == 1 ]]
	vpsctl destroy --force web1
}
