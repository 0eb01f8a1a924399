#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2016
# What the root of a VPS tries, and must not get.
load helpers

prepare() {
	ATTACKER=$BATS_FILE_TMPDIR/attacker
	export ATTACKER
	cc -static -O2 -o "$ATTACKER" "$BATS_TEST_DIRNAME/attacker.c"
}

# arm NAME: put the attacker into a VPS.
arm() {
	vpsctl exec "$1" -- sh -c 'cat >/bin/attacker; chmod 755 /bin/attacker' <"$ATTACKER"
}

@test "hostile: root of the VPS cannot uncover what is masked, nor mount it anew" {
	vps_up web1
	run vps_sh web1 'umount /proc/cmdline; umount -l /sys/firmware; mkdir -p /mnt; mount -t proc proc /mnt; cat /proc/cmdline /mnt/cmdline'
	[[ $output != *"$(tr -d '\n' </proc/cmdline)"* ]]
	vps_sh web1 'umount -l /proc; mount -t proc proc /proc' || true
	run vps_sh web1 'cat /proc/cmdline'
	[[ $output != *"$(tr -d '\n' </proc/cmdline)"* ]]
}

@test "hostile: a read-only volume stays read-only for the root of the VPS" {
	local volume=$BATS_TEST_TMPDIR/volume
	mkdir "$volume"
	echo kept >"$volume/file"
	vps_spec web1 '"mounts": [{"source": "'"$volume"'", "target": "/data", "readonly": true}]'
	[[ $(vps_sh web1 'cat /data/file') == kept ]]
	run ! vps_sh web1 'mount -o remount,rw,bind /data || mount -o remount,rw /data; echo lost >/data/file'
	[[ $(cat "$volume/file") == kept ]]
}

@test "hostile: files of a volume have the same owners inside and outside" {
	local volume=$BATS_TEST_TMPDIR/volume
	mkdir "$volume"
	chmod 700 "$volume"
	vps_spec web1 '"mounts": [{"source": "'"$volume"'", "target": "/data"}]'
	vps_sh web1 'touch /data/of-root; touch /data/of-user; chown 1000:1000 /data/of-user'
	[[ $(stat -c %u:%g "$volume/of-root" "$volume/of-user") == $'0:0\n1000:1000' ]]
}

@test "hostile: a device of the spec can be opened, and no other" {
	vps_spec web1 '"devices": [{"path": "/dev/net/tun"}]'
	vps_sh web1 'exec 3<>/dev/net/tun'
	[[ $(vps_sh web1 'stat -c %u:%g /dev/net/tun /dev/null') == $'0:0\n0:0' ]]
	run ! vps_sh web1 'mknod /tmp/kmsg c 1 11 && cat /tmp/kmsg'
}

@test "hostile: a VPS that takes all inotify instances that it gets leaves those of others and of the host" {
	local said=$BATS_TEST_TMPDIR/said
	vps_up web1
	vps_up web2
	arm web1
	arm web2
	vpsctl exec web1 -- attacker inotify 60 >"$said" </dev/null 3>&- &
	eventually 10 grep -E 'took [1-9][0-9]* instances: Too many open files' "$said"
	vpsctl exec web2 -- attacker inotify 0 | grep -E 'took [1-9]'
	"$ATTACKER" inotify 0 | grep -E 'took [1-9]'
}

@test "hostile: whoever comes in when a VPS has all the keys it may have lends it none of his own" {
	local said=$BATS_TEST_TMPDIR/said
	vps_up web1
	arm web1
	"$ATTACKER" lend "$ATTACKER" session 0 | grep -x 'session: 1 keys'
	vpsctl exec web1 -- attacker keys 60 >"$said" </dev/null 3>&- &
	eventually 10 grep -E 'took [1-9][0-9]* keys: Disk quota exceeded' "$said"
	run -0 "$ATTACKER" lend vpsctl exec web1 -- attacker session 0
	[[ $output == "session: 0 keys" ]]
	"$ATTACKER" lend vpsctl restart --kill web1
	[[ $(vpsctl exec web1 -- attacker session 0) == "session: 0 keys" ]]
}

@test "hostile: root of the VPS sends from no MAC address but the one that it was given" {
	local mac address
	vps_up web1
	mac=$(vps_sh web1 'cat /sys/class/net/eth0/address')
	vps_sh web1 'ping -c 1 -W 5 10.173.0.1'
	for address in 02:00:00:00:be:e{1..5}; do
		run ! vps_sh web1 "ip link set eth0 down; ip link set eth0 address $address; ip link set eth0 up
			ip route add default via 10.173.0.1; ping -c 1 -W 1 10.173.0.1"
		[[ $output == *"100% packet loss"* ]]
	done
	run -0 bridge fdb show br vps0
	[[ $output == *"$mac"* && $output != *02:00:00:00:be:e* ]]
	vps_sh web1 "ip link set eth0 address $mac; ping -c 1 -W 5 10.173.0.1"
}

@test "hostile: a VPS that says it is a router does not become that of the host" {
	[[ -e /proc/sys/net/ipv6/conf/all ]] || lacking "IPv6"
	vps_up web1
	vps_up web2
	arm web1
	vpsctl exec web1 -- attacker router 10 </dev/null >/dev/null 3>&- &
	# Who does take its word for it is a proof that it was said.
	eventually 10 sh -c 'vpsctl exec web2 -- ip -6 route | grep default'
	sleep 1
	[[ -z $(ip -6 route show default) ]]
	[[ $(ip -6 addr show dev vps0) != *2001:db8:bad* ]]
	wait
}

@test "hostile: a VPS whose /dev never answers can be taken over and stopped" {
	local said=$BATS_TEST_TMPDIR/said monitor
	vps_up web2	# its view brings the module
	[[ -c /dev/fuse ]] || lacking "FUSE"
	vps_spec web1 '"devices": [{"path": "/dev/fuse"}]'
	arm web1
	vpsctl exec web1 -- attacker fuse /dev 120 >"$said" </dev/null 3>&- &
	eventually 10 grep mounted "$said"
	# Linux lets one at a time look into a directory there; the others wait where no signal reaches them.
	vpsctl exec web1 -- sh -c 'echo looks >&2; stat /dev/none' >>"$said.too" 2>&1 </dev/null 3>&- &
	eventually 10 grep looks "$said.too"
	monitor=$(vps_get web1 monitor_pid)
	kill -KILL "$monitor"
	eventually 5 is_dead "$monitor"
	timeout 20 vpsctl stop --timeout 1 web1
	status_is web1 stopped
}

@test "hostile: a VPS that waits in the kernel for a file system of its own can be stopped" {
	local said=$BATS_TEST_TMPDIR/said
	vps_up web2
	[[ -c /dev/fuse ]] || lacking "FUSE"
	vps_spec web1 '"devices": [{"path": "/dev/fuse"}]'
	arm web1
	vpsctl exec web1 -- sh -c 'mkdir /mnt; exec attacker deadlock /mnt 600' >"$said" </dev/null 3>&- &
	eventually 10 grep asked "$said"
	timeout 20 vpsctl stop --timeout 1 web1
	status_is web1 stopped
	# the view of the other one is a FUSE connection, too
	vps_sh web2 'grep MemTotal /proc/meminfo'
}

@test "hostile: root of the VPS opens no socket past its network, in no way of calling" {
	local said
	vpsctl doctor --json | jq -e '.[] | select(.name == "socket families").ok' ||
		lacking "a BPF program at the hook of socket()"
	"$ATTACKER" vsock 0 | grep 'socketcall: opened' || lacking "AF_VSOCK"
	vps_up web1
	arm web1
	said=$(vpsctl exec web1 -- attacker vsock 0)
	[[ $said == $'socket: Address family not supported by protocol\nsocketcall: Address family not supported by protocol' ]]
	vps_sh web1 'ping -c 1 -W 5 10.173.0.1'
}
