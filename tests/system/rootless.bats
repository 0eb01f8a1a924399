#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# vps-oci without the host's root: as an ordinary user, and as root of a user namespace.
# shellcheck disable=SC2154,SC2016
load helpers
load oci

USER_ID=54321

# A user that exists for these tests alone, with ids of his own.
prepare() {
	local files=$BATS_FILE_TMPDIR/etc
	mkdir "$files"
	cp /etc/passwd "$files/passwd"
	echo "vps-test:x:$USER_ID:$USER_ID::/:/bin/sh" >>"$files/passwd"
	echo 'vps-test:700000:65536' >"$files/subid"
	touch /etc/subuid /etc/subgid
	mount --bind "$files/passwd" /etc/passwd
	mount --bind "$files/subid" /etc/subuid
	mount --bind "$files/subid" /etc/subgid
	chown -R $USER_ID:$USER_ID "$ROOTFS"
}

teardown_file() {
	umount /etc/passwd /etc/subuid /etc/subgid
}

eval "oci_$(declare -f setup)"

setup() {
	oci_setup
	mkdir "$BATS_TEST_TMPDIR/run"
	root=$BATS_TEST_TMPDIR/run/vps-oci	# where it is without being told
	chown -R $USER_ID:$USER_ID "$BATS_TEST_TMPDIR"
	config 'del(.linux.resources) | .root.readonly = false'
}

# as_user COMMAND...: with nothing of root's but its descriptors.
as_user() {
	setpriv --reuid $USER_ID --regid $USER_ID --clear-groups --inh-caps=-all \
		env XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR/run" HOME=/ "$@"
}

oci() {
	as_user vps-oci "$@"
}

# with_subids: root is the user himself, the others are from subuid(5).
with_subids() {
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: $id, size: 1}, {containerID: 1, hostID: 700000, size: 65535}]
		| .linux.gidMappings = .linux.uidMappings' --argjson id $USER_ID
}

# with_own_id: root is the user himself, and there is nobody else.
with_own_id() {
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: $id, size: 1}]
		| .linux.gidMappings = .linux.uidMappings
		| .mounts |= map(if .options then .options |= map(select(startswith("gid=") | not)) else . end)' \
		--argjson id $USER_ID
}

with_cap() {
	config '.process.capabilities[] += [$cap]' --arg cap "$1"
}

needs_subids() {
	needs_program newuidmap
	needs_program setpriv
}

@test "rootless: a user's container has the ids that subuid gives him" {
	needs_subids
	with_subids
	with_cap CAP_CHOWN
	inside 'id -u; awk "{ print \$1, \$2, \$3 }" /proc/self/uid_map; cat /proc/self/setgroups; touch /tmp/own /tmp/other; chown 5:6 /tmp/other; stat -c %u:%g /tmp/own /tmp/other'
	[[ $output == $'0\n0 54321 1\n1 700000 65535\nallow\n0:0\n5:6' ]]
	[[ $(stat -c %u:%g "$ROOTFS/tmp/own" "$ROOTFS/tmp/other") == $'54321:54321\n700004:700005' ]]
	rm "$ROOTFS"/tmp/*
	nothing_is_left c1
}

@test "rootless: ids that are not the user's are refused by newuidmap" {
	needs_subids
	with_userns 900000
	run -1 --separate-stderr oci run --bundle "$bundle" c1
	[[ $stderr == *"newuidmap refused: "*"900000"*"subuid(5)"* ]]
	nothing_is_left c1
}

@test "rootless: one's own id needs no helper, and setgroups is given up" {
	needs_program setpriv
	with_own_id
	runs 'id -u; awk "{ print \$1, \$2, \$3 }" /proc/self/uid_map /proc/self/gid_map; cat /proc/self/setgroups'
	local path=$BATS_TEST_TMPDIR/bin program
	mkdir "$path"
	for program in vps-oci env setpriv; do
		ln -s "$(command -v $program)" "$path/"
	done
	PATH=$path run -0 oci run --bundle "$bundle" c1
	[[ $output == $'0\n0 54321 1\n0 54321 1\ndeny' ]]
}

@test "rootless: without a user namespace an ordinary user is refused" {
	needs_program setpriv
	run -1 --separate-stderr oci run --bundle "$bundle" c1
	[[ $stderr == *'only root can do without a new "user"'* ]]
	nothing_is_left c1
}

@test "rootless: create, start, exec, kill and delete go by the user's own runtime directory" {
	needs_subids
	with_subids
	start_detached c1
	[[ -d $BATS_TEST_TMPDIR/run/vps-oci/c1 ]]
	oci_status_is c1 running
	run -0 oci exec c1 sh -c 'id -u; cat /proc/1/comm'
	[[ $output == $'0\nsh' ]]
	run -0 oci exec --user 7:8 c1 sh -c 'id -u; id -g'
	[[ $output == $'7\n8' ]]
	run -1 oci delete c1
	oci kill c1 TERM
	eventually 10 oci_status_is c1 stopped
	oci delete c1
	nothing_is_left c1
}

@test "rootless: delete --force ends what runs" {
	needs_subids
	with_subids
	start_detached c1
	local pid
	pid=$(oci state c1 | jq .pid)
	oci delete --force c1
	is_dead "$pid"
	nothing_is_left c1
}

@test "rootless: masks and read-only paths hold against the container's root" {
	needs_subids
	with_subids
	with_cap CAP_SYS_ADMIN
	inside 'umount /proc/keys 2>&1; cat /proc/keys | wc -c; mount -o remount,rw /proc/sys 2>&1; echo x 2>&1 >/proc/sys/kernel/hostname; echo end'
	[[ $output == *"umount"*"Invalid argument"*$'\n'0$'\n'*"Read-only file system"* ]]
}

@test "rootless: device nodes are the host's, and none can be made" {
	needs_subids
	with_subids
	with_cap CAP_MKNOD
	inside 'head -c 2 /dev/zero | wc -c; echo x >/dev/null; stat -c %t:%T /dev/null /dev/tty; mknod /tmp/disk b 7 0 2>&1; true'
	[[ $output == $'2\n1:3\n5:0\n'*"Operation not permitted" ]]
}

@test "rootless: a limit is refused by name with 6 where no cgroup may be made" {
	needs_program setpriv
	with_own_id
	config '.linux.resources.memory.limit = 10000000'
	run -6 --separate-stderr oci run --bundle "$bundle" c1
	[[ $stderr == *"linux.resources: memory.max=10000000 needs a cgroup"*"vps-oci/c1"* ]]
	nothing_is_left c1
}

@test "rootless: without a limit it runs without a cgroup, and says so to who debugs" {
	needs_program setpriv
	with_own_id
	runs 'echo runs'
	run -0 --separate-stderr oci --debug run --bundle "$bundle" c1
	[[ $output == runs && $stderr == *"no cgroup may be made here"*"running without"* ]]
	start_detached c2
	run -1 oci pause c2
	[[ $output == *"container c2 has no cgroup"* ]]
	run -1 oci ps c2
	[[ $output == *"container c2 has no cgroup"* ]]
	run -1 oci update --pids-limit 5 c2
	[[ $output == *"container c2 has no cgroup"* ]]
	oci kill --all c2 KILL
	eventually 10 oci_status_is c2 stopped
}

@test "oci: --cgroup-manager disabled leaves out cgroup and limits" {
	config '.linux.resources.memory.limit = 10000000'
	vps-oci --root "$BATS_TEST_TMPDIR/root" --cgroup-manager disabled create --bundle "$bundle" c1 </dev/null >/dev/null 3>&-
	[[ ! -e /sys/fs/cgroup/vps-oci/c1 ]]
	vps-oci --root "$BATS_TEST_TMPDIR/root" delete c1
	[[ ! -e $BATS_TEST_TMPDIR/root/c1 ]]
}

# in_delegated COMMAND...: from a cgroup that is the user's.
in_delegated() {
	local cgroup=/sys/fs/cgroup/delegated.$$ status=0
	mkdir "$cgroup"
	echo +pids >"$cgroup/cgroup.subtree_control" 2>/dev/null || true
	mkdir "$cgroup/session"
	chown $USER_ID "$cgroup" "$cgroup"/{cgroup.procs,cgroup.subtree_control} \
		"$cgroup/session" "$cgroup"/session/{cgroup.procs,cgroup.subtree_control}
	sh -c 'echo $$ >"$0/session/cgroup.procs" && exec "$@"' "$cgroup" "$@" || status=$?
	echo 1 >"$cgroup/cgroup.kill"
	eventually 10 grep -q 'populated 0' "$cgroup/cgroup.events"
	find "$cgroup" -depth -type d -exec rmdir {} +
	return $status
}

@test "rootless: in a delegated cgroup the container has one, which can be paused" {
	needs_subids
	with_subids
	# It stays the user's, who has to enter it for exec, whoever the program runs as.
	config '.process.user = {uid: 1, gid: 1} | .mounts[] |= if .type == "cgroup" then .options -= ["ro"] else . end'
	runs 'trap "exit 3" TERM; while :; do sleep 0.1; done'
	cat >"$BATS_TEST_TMPDIR/script" <<-'SCRIPT'
		set -e
		vps-oci create --bundle "$1" c1 </dev/null >/dev/null
		vps-oci start c1
		pid=$(vps-oci state c1 | jq .pid)
		sed -n 's/^0:://p' /proc/$pid/cgroup
		vps-oci exec c1 mkdir -p /tmp
		vps-oci pause c1
		vps-oci state c1 | jq -r .status
		vps-oci resume c1
		vps-oci ps --format json c1 | jq length
		vps-oci delete --force c1
		find /sys/fs/cgroup -name c1
	SCRIPT
	run -0 in_delegated setpriv --reuid $USER_ID --regid $USER_ID --clear-groups --inh-caps=-all \
		env XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR/run" bash "$BATS_TEST_TMPDIR/script" "$bundle"
	[[ ${lines[0]} == */delegated.*/session/vps-oci/c1 ]]
	[[ ${lines[1]} == paused && ${lines[2]} -ge 1 && ${#lines[@]} == 3 ]]
}

# in_userns COMMAND...: as engines do, root of a user namespace of the user's.
in_userns() {
	as_user unshare --map-root-user --map-auto --mount "$@"
}

@test "rootless: as root of a user namespace it makes containers there" {
	needs_subids
	config '.process.oomScoreAdj = -500'
	runs 'id -u; awk "{ print \$1, \$2 }" /proc/self/uid_map; head -c 1 /dev/zero | wc -c; ls /sys/class/net; cat /proc/self/oom_score_adj'
	run -0 --separate-stderr in_userns vps-oci --debug run --bundle "$bundle" c1
	[[ ${lines[0]} == 0 && ${lines[1]} == "0 54321" && $output == *$'\n1\nlo\n0' ]]
	nothing_is_left c1
}

@test "rootless: a namespace beyond user.max_net_namespaces is one sentence, and nothing is left" {
	needs_subids
	runs true
	run -1 --separate-stderr in_userns sh -c \
		'echo 0 >/proc/sys/user/max_net_namespaces && exec vps-oci run --bundle "$1" c1' sh "$bundle"
	[[ $stderr == "vps-oci: enter: cannot make a network namespace: No space left on device" ]]
	nothing_is_left c1
}

@test "rootless: with the host's network /sys is the host's, read-only" {
	needs_subids
	config '.linux.namespaces |= map(select(.type != "network"))'
	runs 'ls /sys/class/net | wc -l; ls -d /sys/devices; mkdir /sys/fs/cgroup/x 2>&1; touch /sys/x 2>&1; true'
	run -0 --separate-stderr in_userns vps-oci run --bundle "$bundle" c1
	[[ $output == *"/sys/devices"*"/sys/x: Read-only file system" ]]
}

@test "rootless: --rootless false tolerates nothing, true and auto are known, other words not" {
	needs_subids
	with_subids
	run -1 oci --root "$root" --rootless false run --bundle "$bundle" c1
	[[ $output == *"Operation not permitted"* ]]
	runs 'echo runs'
	run -0 oci --rootless true run --bundle "$bundle" c1
	run -0 oci --rootless auto run --bundle "$bundle" c1
	run -1 oci --rootless maybe list
	[[ $output == *'--rootless: "maybe" is not known; allowed are auto, true, false'* ]]
}

@test "rootless: the config of spec --rootless runs as it is" {
	rm "$bundle/config.json"
	as_user vps-oci spec --rootless --bundle "$bundle"
	config '.process.terminal = false'
	runs 'id -u; cat /proc/self/uid_map'
	run -0 oci run --bundle "$bundle" c1
	[[ ${lines[0]} == 0 && ${lines[1]} == *"0 "*"$USER_ID "*1 ]]
}

@test "CVE-2019-5736: a container of an ordinary user cannot write to a runtime that is that user's own" {
	local program=$BATS_TEST_TMPDIR/vps-oci said=$BATS_TEST_TMPDIR/said before
	# what has a dynamic linker, as under a sanitizer, does not get as far as being caught
	[[ $(ldd "$(command -v vps-oci)" 2>&1) == *"statically linked"* ]] || lacking "a static vps-oci"
	cc -static -O2 -o "$ROOTFS/bin/attacker" "$BATS_TEST_DIRNAME/attacker.c"
	ln -sf /proc/self/exe "$ROOTFS/bin/tool"
	cp "$(command -v vps-oci)" "$program"
	chown $USER_ID:$USER_ID "$program" "$ROOTFS/bin/attacker"
	before=$(sha256sum <"$program")
	with_own_id
	config '.process.args = ["attacker", "exe", "20"]'
	as_user "$program" create --bundle "$bundle" c1 </dev/null >"$said" 2>&1 3>&-
	as_user "$program" start c1 3>&-
	eventually 5 grep ready "$said"
	for _ in {1..200}; do
		as_user "$program" exec c1 tool </dev/null >/dev/null 2>&1 3>&- || true
		! grep -q caught "$said" || break
	done
	eventually 25 grep -E 'refused|wrote' "$said"
	[[ $(grep refused "$said") == "refused: Operation not permitted" ]]
	[[ $(sha256sum <"$program") == "$before" ]]
}
