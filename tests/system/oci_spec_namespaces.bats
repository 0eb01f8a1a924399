#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The OCI runtime specification: namespaces, id maps, time offsets and names, as seen from inside.
# shellcheck disable=SC2154,SC2016
load helpers
load oci

# joins TYPE PATH: the namespace of that type is the one at PATH.
joins() {
	config '.linux.namespaces |= map(select(.type != $type)) + [{type: $type, path: $path}]' --arg type "$1" --arg path "$2"
}

# lacks TYPE: it is shared with whoever starts it.
lacks() {
	config '.linux.namespaces |= map(select(.type != $type))' --arg type "$1"
}

# ns PROC-NAME [PID]: which namespace that process is in.
ns() {
	readlink "/proc/${2-self}/ns/$1"
}

# A container c0 to join; $other is its pid on the host.
other() {
	start_detached c0
	other=$(oci_pid c0)
}

# What it says of its own namespaces.
show='for n in cgroup ipc mnt net pid time user uts; do readlink /proc/self/ns/$n; done'

@test "spec namespaces: each type that is listed is new, each that is not is the caller's" {
	config '.linux.namespaces += [{type: "time"}]'
	with_userns
	inside "$show"
	local n
	for n in cgroup ipc mnt net pid time user uts; do
		[[ $output != *"$(ns $n)"* ]]
	done
	config 'del(.hostname) | .linux.namespaces = [{type: "mount"}] | .linux.uidMappings = [] | .linux.gidMappings = []
		| .mounts |= map(select(.type != "sysfs" and .type != "mqueue"))'
	inside "$show"
	for n in cgroup ipc net pid time user uts; do
		[[ $output == *"$(ns $n)"* ]] || { echo "$n is not shared" >&2; return 1; }
	done
	[[ $output != *"$(ns mnt)"* ]]
}

@test "spec namespaces: ipc, uts, net, time and cgroup can be joined by path" {
	config '.linux.namespaces += [{type: "time"}]'
	other
	local type n
	while read -r type n; do
		joins "$type" "/proc/$other/ns/$n"
	done <<-END
		ipc ipc
		uts uts
		network net
		time time
		cgroup cgroup
	END
	config 'del(.hostname)'
	inside "$show; hostname"
	for n in ipc uts net time cgroup; do
		[[ $output == *"$(ns $n "$other")"* ]] || { echo "$n is not joined" >&2; return 1; }
	done
	[[ $output == *vps-oci && $output != *"$(ns mnt "$other")"* && $output != *"$(ns pid "$other")"* ]]
}

@test "spec namespaces: a pid namespace by path shows its processes, and an exec joins it" {
	other
	joins pid "/proc/$other/ns/pid"
	inside 'readlink /proc/self/ns/pid; tr "\0" " " </proc/1/cmdline; echo $$'
	[[ ${lines[0]} == "$(ns pid "$other")" && ${lines[1]} == *"trap 'exit 3' TERM"* ]]
	[[ $output != *$'\n'1 ]]
	start_detached c1
	run -0 oci exec c1 readlink /proc/self/ns/pid
	[[ $output == "$(ns pid "$other")" ]]
	oci delete --force c1
	oci_status_is c0 running
}

@test "spec namespaces: a user namespace by path has its maps, and owns what is new" {
	with_userns
	other
	config 'del(.linux.uidMappings) | del(.linux.gidMappings)'
	joins user "/proc/$other/ns/user"
	inside 'readlink /proc/self/ns/user; cat /proc/self/uid_map; id -u; echo x >/dev/null && stat -c %u /dev/null; hostname new && hostname; ls /proc/1/ns >/dev/null && echo $$'
	[[ ${lines[0]} == "$(ns user "$other")" && ${lines[1]} == *100000*65536 && ${lines[2]} == 0 && ${lines[3]} == 0 ]]
	[[ ${lines[-1]} == 1 ]]
	config '.linux.uidMappings = [{containerID: 0, hostID: 7, size: 9}] | .linux.gidMappings = .linux.uidMappings'
	run -1 --separate-stderr oci create --bundle "$bundle" c1 3>&-
	[[ $stderr == *"linux.uidMappings and linux.gidMappings: other than those of user namespace /proc/"* ]]
}

@test "spec namespaces: all of another container by path, as in a pod with a user namespace" {
	with_userns
	other
	config 'del(.hostname)'
	local type n
	while read -r type n; do
		joins "$type" "/proc/$other/ns/$n"
	done <<-END
		user user
		pid pid
		ipc ipc
		uts uts
		network net
	END
	inside "$show"
	for n in user pid ipc uts net; do
		[[ $output == *"$(ns $n "$other")"* ]] || { echo "$n is not joined" >&2; return 1; }
	done
	start_detached c1
	run -0 oci exec c1 sh -c "$show"
	for n in user pid ipc uts net; do
		[[ $output == *"$(ns $n "$other")"* ]]
	done
}

@test "spec namespaces: a new user namespace beside a network of the host's by path" {
	ip netns add spec-joined
	ip -n spec-joined link add there type veth peer name back
	with_userns
	joins network /run/netns/spec-joined
	config '.mounts |= map(select(.type != "sysfs"))'
	inside 'ip -o link; id -u'
	[[ $output == *there* && ${lines[-1]} == 0 ]]
	ip netns del spec-joined
}

@test "spec namespaces: a mount namespace by path: its root is what the program sees" {
	config '.process.capabilities[] += ["CAP_SYS_ADMIN"]'
	other
	oci exec c0 sh -c 'mount -t tmpfs t /tmp && echo mark >/tmp/mark'
	config '.mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = [] | .root.readonly = false'
	joins mount "/proc/$other/ns/mnt"
	inside 'cat /tmp/mark; readlink /proc/1/ns/mnt >/dev/null; ls -d /bin/busybox'
	[[ $output == $'mark\n/bin/busybox' ]]
	run -0 oci exec c0 cat /tmp/mark
	[[ $output == mark ]]
}

@test "spec namespaces: without a mount namespace the host's mounts are left alone" {
	lacks mount
	config '.mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = [] | .root.readonly = false'
	cut -d ' ' -f 2- /proc/self/mountinfo >"$BATS_TEST_TMPDIR/before"
	inside 'ls /; test -e /proc/self || echo "no proc"'
	[[ $output == *bin* && $output == *"no proc" ]]
	start_detached c1
	run -0 oci exec c1 ls /
	[[ $output == *bin* && $output != *home* ]]
	cut -d ' ' -f 2- /proc/self/mountinfo | diff "$BATS_TEST_TMPDIR/before" -
	oci delete --force c1
	local property filter
	while read -r property filter; do
		cp "$bundle/config.json" "$BATS_TEST_TMPDIR/kept.json"
		config "$filter"
		refused "$property: needs a new \"mount\" in linux.namespaces"
		cp "$BATS_TEST_TMPDIR/kept.json" "$bundle/config.json"
	done <<-'END'
		root.readonly .root.readonly = true
		linux.rootfsPropagation .linux.rootfsPropagation = "shared"
		linux.devices .linux.devices = [{path: "/dev/x", type: "p"}]
		process.terminal .process.terminal = true
	END
}

@test "spec namespaces: a path that is no such namespace is refused" {
	joins ipc /proc/self/ns/uts
	refused "/proc/self/ns/uts is a uts namespace, not a ipc namespace"
	joins ipc /etc/passwd
	refused "/etc/passwd is not a namespace"
	joins ipc /no/such
	refused "/no/such: No such file or directory"
	config '.linux.namespaces += [{type: "mnt"}]'
	refused '.type: "mnt" is no namespace'
	config '.linux.namespaces = [{type: "ipc"}, {type: "ipc"}]'
	refused 'linux.namespaces[1]: "ipc" is listed already'
}

@test "spec namespaces: uidMappings and gidMappings may have several ranges" {
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 1000, hostID: 200000, size: 1}]
		| .linux.gidMappings = [{containerID: 0, hostID: 300000, size: 65536}]'
	config '.process.user = {uid: 1000, gid: 5}'
	start_detached c1
	run -0 oci exec c1 sh -c 'tr -s " " </proc/self/uid_map; tr -s " " </proc/self/gid_map'
	[[ $output == $' 0 100000 10\n 1000 200000 1\n 0 300000 65536' ]]
	[[ $(awk '/^Uid/ { print $2 }' "/proc/$(oci_pid c1)/status") == 200000 ]]
	[[ $(awk '/^Gid/ { print $2 }' "/proc/$(oci_pid c1)/status") == 300005 ]]
}

@test "spec namespaces: with a user namespace, message queues are its root's, and /sys is the host's where its network is" {
	with_userns
	inside 'stat -c "%u %a" /dev/mqueue; ls /sys/class/net'
	[[ $output == $'0 1777\nlo' ]]
	lacks network
	inside 'ls /sys/class/net; ! touch /sys/x 2>/dev/null'
	[[ $output == "$(ls /sys/class/net)" ]]
}

@test "spec namespaces: timeOffsets shift the clocks" {
	config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 1000, nanosecs: 5}, boottime: {secs: 10000000}}'
	inside 'cut -d . -f 1 /proc/uptime; tr -s " \t" " " </proc/self/timens_offsets'
	((lines[0] > 10000000))
	[[ $output == *"monotonic 1000 5"*"boottime 10000000 0"* ]]
	config '.linux.timeOffsets.realtime = {secs: 1}'
	refused "linux.timeOffsets.realtime: unknown key"
	config 'del(.linux.timeOffsets.realtime)'
	lacks time
	refused 'linux.timeOffsets: needs a new "time"'
}

@test "spec namespaces: hostname and domainname" {
	config '.hostname = "name" | .domainname = "domain.example"'
	inside 'hostname; cat /proc/sys/kernel/domainname'
	[[ $output == $'name\ndomain.example' ]]
	lacks uts
	refused 'hostname: needs a "uts" in linux.namespaces'
}
