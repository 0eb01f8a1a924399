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

@test "spec linux: devices are made with type, number, mode and owner" {
	config '.linux.devices = [{path: "/dev/own", type: "c", major: 10, minor: 229, fileMode: 416, uid: 5, gid: 6},
		{path: "/dev/sub/block", type: "b", major: 7, minor: 3}, {path: "/dev/pipe", type: "p", fileMode: 384},
		{path: "/dev/unbuffered", type: "u", major: 1, minor: 3}]'
	inside 'for d in own sub/block pipe unbuffered; do stat -c "%F %t:%T %a %u:%g" /dev/$d; done'
	[[ ${lines[0]} == "character special file a:e5 640 5:6" && ${lines[1]} == "block special file 7:3 666 0:0" ]]
	[[ ${lines[2]} == "fifo 0:0 600 0:0" && ${lines[3]} == "character special file 1:3 666 0:0" ]]
}

@test "spec linux: the default devices are there, whatever linux.devices says" {
	config 'del(.linux.devices)'
	inside 'for d in null zero full random urandom tty; do test -c /dev/$d && stat -c "%t:%T %a" /dev/$d; done; for l in ptmx fd stdin stdout stderr; do readlink /dev/$l; done'
	[[ $output == $'1:3 666\n1:5 666\n1:7 666\n1:8 666\n1:9 666\n5:0 666\npts/ptmx\n/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2' ]]
}

@test "spec linux: a device where a mount belongs is refused with the reason that init has" {
	with_userns
	config '.linux.devices = [{path: "/dev/pts", type: "c", major: 1, minor: 3}]'
	for _ in {1..10}; do
		refused "cannot make mount point /dev/pts: Not a directory"
	done
}

@test "spec linux: a device where another file is, is refused" {
	config '.linux.devices = [{path: "/bin/busybox", type: "c", major: 1, minor: 3}] | .root.readonly = false'
	refused "cannot make /bin/busybox: something else is there"
}

@test "spec linux: sysctl sets what belongs to a namespace of the container" {
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.shmmax": "123456", "net/ipv4/conf/lo/forwarding": "1", "fs.mqueue.msg_max": "7"}'
	inside 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmax /proc/sys/net/ipv4/conf/lo/forwarding /proc/sys/fs/mqueue/msg_max'
	[[ $output == $'1\n123456\n1\n7' ]]
	config '.linux.sysctl = {"kernel.panic": "1"}'
	refused "belongs to the host"
	config '.linux.sysctl = {"net.no.such": "1"}'
	refused "linux.sysctl: cannot open net/no/such: No such file or directory"
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.namespaces |= map(select(.type != "network"))'
	refused 'would change the host; needs "network" in linux.namespaces'
}

@test "spec linux: maskedPaths are empty, files and directories; missing ones are no error" {
	mkdir -p "$ROOTFS/secret"
	echo secret >"$ROOTFS/secret/file"
	config '.linux.maskedPaths += ["/secret", "/etc/passwd", "/no/such"]'
	inside 'ls -A /secret; cat /etc/passwd | wc -c; echo x >/secret/new; true'
	[[ ${lines[0]} == 0 && ${lines[1]} == *"Read-only file system" ]]
	with_userns
	inside 'ls -A /secret; cat /etc/passwd | wc -c; umount /etc/passwd 2>/dev/null; cat /etc/passwd | wc -c'
	[[ ${lines[0]} == 0 && ${lines[1]} == 0 ]]
}

@test "spec linux: covers of /proc stay, for root with CAP_SYS_ADMIN and in user namespaces that root without it makes" {
	local try='umount /proc/keys; umount /proc/sys; mount -t proc proc /proc
		test -c /proc/keys && ! echo 1 >/proc/sys/kernel/shmmax && echo covered'
	with_userns
	# Mapping root inside a namespace that he makes needs CAP_SETFCAP, user_namespaces(7).
	config 'del(.linux.seccomp) | .process.capabilities[] += ["CAP_SETFCAP"]'
	inside "{ $try; } 2>/dev/null"
	[[ $output == covered ]]
	inside "unshare -Urm sh -c '$try' 2>/dev/null"
	[[ $output == covered ]]
	config '.process.capabilities[] += ["CAP_SYS_ADMIN"]'
	inside "{ $try; } 2>/dev/null"
	[[ $output == covered ]]
	inside "unshare -Urm sh -c '$try' 2>/dev/null"
	[[ $output == covered ]]
	# He may mount all the same.
	inside 'mount -t tmpfs none /tmp && echo mounts'
	[[ $output == mounts ]]
}

@test "spec linux: a user namespace finds its own nodes in /dev, with and without CAP_SYS_ADMIN" {
	local nodes='null 1:3 666 0:0
		zero 1:5 600 7:8
		fifo 0:0 640 7:0
		tty 5:0 666 0:0' more
	with_userns
	config '.linux.devices = [{path: "/dev/zero", type: "c", major: 1, minor: 5, fileMode: 384, uid: 7, gid: 8},
		{path: "/dev/fifo", type: "p", fileMode: 416, uid: 7}]'
	for more in . '.process.capabilities[] += ["CAP_SYS_ADMIN"]' '.mounts[] |= (select(.destination == "/dev").options += ["uid=0"])' \
		'.linux.devices += [{path: "/dev/shm/other", type: "c", major: 1, minor: 3}]'; do
		config "$more"
		inside 'cd /dev; echo x >null && stat -c "%n %t:%T %a %u:%g" null zero fifo tty; mknod new c 1 3 2>/dev/null || echo refused'
		[[ ${output//[$'\t']/} == "${nodes//[$'\t']/}"$'\nrefused' ]] || { echo "$more: $output" >&2; return 1; }
	done
	config '.linux.devices = [{path: "/dev/null", type: "c", major: 1, minor: 5}] | .process.capabilities[] -= ["CAP_SYS_ADMIN"]
		| .mounts[] |= (select(.destination == "/dev").options -= ["uid=0"])'
	inside 'stat -c %t:%T /dev/null'
	[[ $output == 1:5 ]]
}

@test "spec linux: readonlyPaths cannot be written to; missing ones are no error" {
	mkdir -p "$ROOTFS/kept"
	config '.linux.readonlyPaths += ["/kept", "/no/such"] | .root.readonly = false'
	inside 'echo x >/kept/file; echo x >/tmp/file && echo writes; echo 1 >/proc/sys/kernel/shmmax; true'
	[[ $output == *"/kept/file: Read-only file system"*writes*"shmmax: Read-only file system" ]]
}

@test "spec linux: rootfsPropagation" {
	local word
	for word in shared rshared private rprivate unbindable runbindable; do
		config '.linux.rootfsPropagation = $word' --arg word "$word"
		inside 'head -n 1 /proc/self/mountinfo'
		case $word in
		*shared) [[ $output == *" shared:"* ]] ;;
		*unbindable) [[ $output == *" unbindable "* ]] ;;
		*) [[ $output != *shared:* && $output != *unbindable* ]] ;;
		esac || { echo "$word: $output" >&2; return 1; }
	done
	config '.linux.rootfsPropagation = "most"'
	refused 'linux.rootfsPropagation: "most" is not known'
}

@test "spec linux: rootfsPropagation slave lets later mounts of the host in, not the other way" {
	mount --bind "$ROOTFS" "$ROOTFS"
	mount --make-shared "$ROOTFS"
	mkdir -p "$ROOTFS/late" "$ROOTFS/back"
	config '.linux.rootfsPropagation = "rslave" | .process.capabilities[] += ["CAP_SYS_ADMIN"]'
	start_detached c1
	mount -t tmpfs late "$ROOTFS/late"
	touch "$ROOTFS/late/file"
	run -0 oci exec c1 ls /late
	local got=$output
	oci exec c1 mount -t tmpfs t /back
	run mountpoint -q "$ROOTFS/back"
	umount "$ROOTFS/late"
	oci delete --force c1
	umount "$ROOTFS"
	[[ $got == file && $status != 0 ]]
}

@test "spec linux: personality LINUX32 is what uname says; flags are refused by name" {
	[[ $(uname -m) == x86_64 ]] || lacking "an x86_64 processor"
	config '.linux.personality = {domain: "LINUX32"}'
	inside 'uname -m'
	[[ $output == i686 ]]
	start_detached c2
	run -0 oci exec c2 uname -m
	[[ $output == i686 ]]
	oci delete --force c2
	config '.linux.personality = {domain: "LINUX"}'
	inside 'uname -m'
	[[ $output == x86_64 ]]
	config '.linux.personality.flags = ["ADDR_NO_RANDOMIZE"]'
	refused "linux.personality.flags: no flags are supported"
}

@test "spec linux: intelRdt is refused by name where resctrl is not" {
	! mountpoint -q /sys/fs/resctrl || return 0
	config '.linux.intelRdt = {closID: "guaranteed", l3CacheSchema: "L3:0=7f0;1=1f", memBwSchema: "MB:0=20;1=70",
		schemata: ["L2:0=f"], enableMonitoring: true}'
	refused "linux.intelRdt: resctrl is not mounted at /sys/fs/resctrl"
}

@test "spec linux: features names what the parser takes of memoryPolicy" {
	local mode flag
	config '.hooks.createRuntime = [{path: "/bin/false"}]'
	for mode in $(oci features | jq -r '.linux.memoryPolicy.modes[]' | some); do
		for flag in $(oci features | jq -r '.linux.memoryPolicy.flags[]'); do
			config '.linux.memoryPolicy = {mode: $mode, flags: [$flag]}
				| if $mode | IN("MPOL_DEFAULT", "MPOL_LOCAL") | not then .linux.memoryPolicy.nodes = "0" else . end' \
				--arg mode "$mode" --arg flag "$flag"
			refused "hooks.createRuntime[0]"
		done
	done
	oci features | jq -e '.linux | .apparmor.enabled and .selinux.enabled and .netDevices.enabled and .intelRdt.enabled'
}
