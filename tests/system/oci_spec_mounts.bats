#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The OCI runtime specification: "root" and "mounts" of a config.json, as seen from inside.
# shellcheck disable=SC2154,SC2016
load helpers
load oci

prepare() {
	mkdir -p "$ROOTFS"/{mnt,data/sub,links}
	echo below >"$ROOTFS/data/file"
	ln -s file "$ROOTFS/data/link"
	chown 1000:1001 "$ROOTFS/data/file" "$ROOTFS/data"
	chmod 4750 "$ROOTFS/data/file"
	chmod 751 "$ROOTFS/data"
	ln -s /etc "$ROOTFS/links/etc"
	ln -s /../../../../../tmp "$ROOTFS/links/out"
}

# mount_add JSON: one more entry of "mounts".
mount_add() {
	config '.mounts += [$entry]' --argjson entry "$1"
}

# options PATH: of the mount that is there, inside.
options='options() { grep " $1 " /proc/self/mountinfo | tail -n 1 | cut -d " " -f 6; }; super() { grep " $1 " /proc/self/mountinfo | tail -n 1 | sed "s/.* //"; };'

# A source of two mounts, one below the other.
two_mounts() {
	mkdir -p "$BATS_TEST_TMPDIR/two"
	mount -t tmpfs -o suid,dev,exec upper "$BATS_TEST_TMPDIR/two"
	mkdir "$BATS_TEST_TMPDIR/two/lower"
	mount -t tmpfs -o suid,dev,exec lower "$BATS_TEST_TMPDIR/two/lower"
	echo text >"$BATS_TEST_TMPDIR/two/lower/file"
}

teardown() {
	local id
	for id in $(oci list --quiet); do
		oci delete --force "$id"
	done
	umount -R "$BATS_TEST_TMPDIR/two" 2>/dev/null || true
}

@test "spec root: path is relative to the bundle or absolute, readonly holds" {
	config '.root = {path: "rootfs", readonly: true}'
	inside 'echo x >/file; ls -d /etc'
	[[ $output == *"Read-only file system"*/etc ]]
	config '.root = {path: $path, readonly: false}' --arg path "$ROOTFS"
	inside 'echo x >/tmp/root-file && cat /tmp/root-file'
	[[ $output == x && $(<"$ROOTFS/tmp/root-file") == x ]]
	config '.root.path = ""'
	refused "root.path: empty"
}

@test "spec mounts: type, source and options make a file system" {
	mount_add '{"destination": "/mnt", "type": "tmpfs", "source": "name", "options": ["size=64k", "mode=700", "noexec", "nosuid", "nodev"]}'
	inside "$options"' options /mnt; super /mnt; stat -c %a /mnt; grep " /mnt " /proc/self/mountinfo | grep -o "tmpfs name"'
	[[ ${lines[0]} == *nosuid,nodev,noexec* && ${lines[1]} == *size=64k* && ${lines[2]} == 700 && ${lines[3]} == "tmpfs name" ]]
	mount_add '{"destination": "/tmp", "type": "nofs", "source": "nofs"}'
	refused "cannot mount nofs on /tmp: no such file system here"
}

@test "spec mounts: each option of a mount is what the kernel shows of it" {
	local word
	for word in ro nosuid nodev noexec noatime nodiratime nosymfollow relatime; do
		mkdir -p "$ROOTFS/mnt/$word"
		mount_add "{\"destination\": \"/mnt/$word\", \"type\": \"tmpfs\", \"source\": \"t\", \"options\": [\"$word\"]}"
	done
	mkdir -p "$ROOTFS/mnt/strictatime"
	mount_add '{"destination": "/mnt/strictatime", "type": "tmpfs", "source": "t", "options": ["strictatime"]}'
	inside "$options"' for w in ro nosuid nodev noexec noatime nodiratime nosymfollow relatime; do options /mnt/$w | tr , "\n" | grep -qx $w || echo no $w; done; options /mnt/strictatime'
	[[ $output == rw ]]
}

@test "spec mounts: of two contrary options the later one counts" {
	mount_add '{"destination": "/mnt", "type": "tmpfs", "source": "t", "options": ["ro", "noexec", "nosuid", "nodev", "rw", "exec", "suid", "dev", "noatime", "relatime"]}'
	inside "$options"' options /mnt; echo x >/mnt/file && echo writes'
	[[ ${lines[0]} == rw,relatime && ${lines[1]} == writes ]]
}

@test "spec mounts: a bind has its options, rbind brings what is mounted below" {
	two_mounts
	mount_add "{\"destination\": \"/mnt\", \"type\": \"bind\", \"source\": \"$BATS_TEST_TMPDIR/two\", \"options\": [\"bind\", \"ro\", \"nosuid\"]}"
	mount_add "{\"destination\": \"/tmp\", \"type\": \"none\", \"source\": \"$BATS_TEST_TMPDIR/two\", \"options\": [\"rbind\", \"ro\"]}"
	inside "$options"' options /mnt; ls /mnt/lower; options /tmp; cat /tmp/lower/file; options /tmp/lower; echo x >/tmp/lower/file && echo writes'
	[[ ${lines[0]} == ro,nosuid* && ${lines[1]} == ro* && ${lines[2]} == text && ${lines[3]} == rw* && ${lines[4]} == writes ]]
}

@test "spec mounts: options with r hold for the whole tree" {
	two_mounts
	mount_add "{\"destination\": \"/mnt\", \"type\": \"bind\", \"source\": \"$BATS_TEST_TMPDIR/two\", \"options\": [\"rbind\", \"rro\", \"rnosuid\", \"rnodev\", \"rnoexec\", \"rnoatime\", \"rnosymfollow\"]}"
	inside "$options"' options /mnt; options /mnt/lower; echo x >/mnt/lower/file; true'
	[[ ${lines[0]} == ro,nosuid,nodev,noexec,noatime,nosymfollow && ${lines[1]} == "${lines[0]}" && ${lines[2]} == *"Read-only file system" ]]
}

@test "spec mounts: rrw and its like take away what the source has" {
	two_mounts
	mount -o remount,bind,nosuid,nodev,noexec,noatime,ro "$BATS_TEST_TMPDIR/two/lower"
	mount_add "{\"destination\": \"/mnt\", \"type\": \"bind\", \"source\": \"$BATS_TEST_TMPDIR/two\", \"options\": [\"rbind\", \"rrw\", \"rsuid\", \"rdev\", \"rexec\", \"rrelatime\"]}"
	inside "$options"' options /mnt/lower'
	[[ $output == rw,relatime ]]
}

@test "spec mounts: a bind of a file, whose target is made; a missing source is refused" {
	echo "of the host" >"$bundle/text"
	mount_add "{\"destination\": \"/mnt/new/dir/file\", \"type\": \"bind\", \"source\": \"text\", \"options\": [\"ro\"]}"
	inside 'cat /mnt/new/dir/file; echo x >/mnt/new/dir/file; true'
	[[ ${lines[0]} == "of the host" && ${lines[1]} == *"Read-only file system" ]]
	mount_add '{"destination": "/tmp/x", "type": "bind", "source": "no-such", "options": ["bind"]}'
	refused "cannot mount no-such on /tmp/x: No such file or directory"
	config '.mounts[-1].options += ["nofail"]'
	inside 'ls /tmp/x 2>&1; true'
	[[ $output == *"No such file"* ]]
}

@test "spec mounts: targets are made inside the root, whatever links it has" {
	mount_add '{"destination": "/links/etc/made", "type": "tmpfs", "source": "t", "options": ["size=64k"]}'
	mount_add '{"destination": "/links/out/made", "type": "tmpfs", "source": "t", "options": ["size=64k"]}'
	inside 'cut -d " " -f 5 /proc/self/mountinfo | grep made | sort'
	[[ $output == $'/etc/made\n/tmp/made' && ! -e /tmp/made && ! -e /etc/made ]]
	mount_add '{"destination": "/links/../../x", "type": "tmpfs", "source": "t"}'
	refused 'destination: "/links/../../x" is not a path without ".."'
}

@test "spec mounts: a propagation of its own: shared and slave, else private" {
	two_mounts
	mount --make-rshared "$BATS_TEST_TMPDIR/two"
	local word
	for word in private slave shared; do
		mkdir -p "$ROOTFS/mnt/$word"
		mount_add "{\"destination\": \"/mnt/$word\", \"type\": \"bind\", \"source\": \"$BATS_TEST_TMPDIR/two\", \"options\": [\"bind\", \"$word\"]}"
	done
	mkdir -p "$ROOTFS/mnt/none"
	mount_add "{\"destination\": \"/mnt/none\", \"type\": \"bind\", \"source\": \"$BATS_TEST_TMPDIR/two\", \"options\": [\"bind\"]}"
	inside 'for w in private slave shared none; do echo $w $(grep " /mnt/$w " /proc/self/mountinfo | grep -oE "shared:|master:"); done'
	[[ ${lines[0]} == private && ${lines[1]} == "slave master:" && ${lines[2]} == "shared shared:"* && ${lines[3]} == none ]]
}

@test "spec mounts: what the host mounts later appears below rslave, and not below private" {
	two_mounts
	mount --make-rshared "$BATS_TEST_TMPDIR/two"
	mkdir "$BATS_TEST_TMPDIR/two/late"
	mount_add "{\"destination\": \"/mnt\", \"type\": \"bind\", \"source\": \"$BATS_TEST_TMPDIR/two\", \"options\": [\"rbind\", \"rslave\"]}"
	mount_add "{\"destination\": \"/tmp\", \"type\": \"bind\", \"source\": \"$BATS_TEST_TMPDIR/two\", \"options\": [\"rbind\", \"rprivate\"]}"
	start_detached c1
	mount -t tmpfs late "$BATS_TEST_TMPDIR/two/late"
	touch "$BATS_TEST_TMPDIR/two/late/file"
	run -0 oci exec c1 ls /mnt/late
	[[ $output == file ]]
	run -0 oci exec c1 ls /tmp/late
	[[ $output == "" ]]
}

@test "spec mounts: sysfs inside of another mount is refused in a user namespace, not hidden by that" {
	config '.mounts |= [{destination: "/mnt", type: "tmpfs"}] + map(if .destination == "/sys" then .destination = "/mnt/sys" else . end)'
	with_userns
	refused "cannot open mount point /mnt/sys"
}

@test "spec mounts: a tmpfs has the mode of what it hides, unless it is told one" {
	mkdir -m 750 "$ROOTFS/private"
	mount_add '{"destination": "/private", "type": "tmpfs"}'
	mount_add '{"destination": "/new/here", "type": "tmpfs"}'
	mount_add '{"destination": "/mnt", "type": "tmpfs", "options": ["mode=711"]}'
	inside 'stat -c %a /private /new/here /mnt'
	[[ $output == $'750\n1777\n711' ]]
	rm -r "$ROOTFS/private" "$ROOTFS/new"
}

@test "spec mounts: tmpcopyup fills a tmpfs with what it hides" {
	mount_add '{"destination": "/data", "type": "tmpfs", "source": "t", "options": ["tmpcopyup", "size=1m"]}'
	config '.process.capabilities[] += ["CAP_DAC_OVERRIDE"]'
	inside 'cat /data/file; stat -c "%a %u:%g" /data/file /data; readlink /data/link; test -d /data/sub; echo new >/data/file'
	[[ $output == $'below\n4750 1000:1001\n751 1000:1001\nfile' ]]
	[[ $(<"$ROOTFS/data/file") == below ]]
	config '.mounts[-1].options += ["ro"]'
	inside 'cat /data/file; echo x >/data/file; true'
	[[ ${lines[0]} == below && ${lines[1]} == *"Read-only file system" ]]
	config '.mounts[-1] = {destination: "/data", type: "proc", source: "proc", options: ["tmpcopyup"]}'
	refused '"tmpcopyup" is an option of tmpfs, not of proc'
}

@test "spec mounts: uidMappings and idmap shift the owners of a bind" {
	mkdir "$bundle/owned"
	touch "$bundle/owned/file"
	chown 1000:1001 "$bundle/owned/file"
	mount_add '{"destination": "/mnt", "type": "bind", "source": "owned", "options": ["bind", "idmap"],
		"uidMappings": [{"containerID": 1000, "hostID": 5000, "size": 10}], "gidMappings": [{"containerID": 1001, "hostID": 6000, "size": 10}]}'
	inside 'stat -c %u:%g /mnt/file'
	[[ $output == 5000:6000 ]]
	config '.mounts[-1].gidMappings = []'
	refused "uidMappings and gidMappings: one without the other"
	config 'del(.mounts[-1].gidMappings) | del(.mounts[-1].uidMappings)'
	refused "].uidMappings: missing; there is no linux.uidMappings to take the ids from"
}

@test "spec mounts: idmap without maps takes those of the container, ridmap for the tree" {
	# tmpfs maps ids since Linux 6.3 only
	mkdir -p "$BATS_TEST_TMPDIR/two/lower" "$BATS_TEST_TMPDIR/lower"
	mount --bind "$BATS_TEST_TMPDIR/two" "$BATS_TEST_TMPDIR/two"
	mount --bind "$BATS_TEST_TMPDIR/lower" "$BATS_TEST_TMPDIR/two/lower"
	touch "$BATS_TEST_TMPDIR/lower/file"
	chown 7:8 "$BATS_TEST_TMPDIR/lower/file"
	with_userns
	mount_add "{\"destination\": \"/mnt\", \"type\": \"bind\", \"source\": \"$BATS_TEST_TMPDIR/two\", \"options\": [\"rbind\", \"ridmap\"]}"
	mount_add "{\"destination\": \"/tmp\", \"type\": \"bind\", \"source\": \"$BATS_TEST_TMPDIR/two\", \"options\": [\"rbind\"]}"
	inside 'stat -c %u:%g /mnt/lower/file /tmp/lower/file'
	[[ $output == $'7:8\n65534:65534' ]]
}

@test "spec mounts: an option that nobody knows is refused, with its place" {
	mount_add '{"destination": "/mnt", "type": "bind", "source": "/tmp", "options": ["bind", "no-such"]}'
	refused '].options[1]: "no-such" is no option of a bind mount'
	config '.mounts[-1] = {destination: "/mnt", type: "tmpfs", source: "t", options: ["no-such"]}'
	refused "cannot mount tmpfs on /mnt: "
	config '.mounts[-1].options = ["remount"]'
	refused '].options[0]: "remount" is not possible: every mount is made anew'
}
