#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Ways out of a container that other runtimes have had, each tried on this one.
#
# A container of these tests has no user namespace and more capabilities than any engine gives
# without being asked, so that its root is as strong as a runtime must expect. Where an attack has
# to win a race, the test makes sure that it was really run: a defence that is never met proves
# nothing.
# shellcheck disable=SC2016,SC2030,SC2031,SC2153,SC2154
load helpers
load oci

prepare() {
	cc -static -O2 -o "$ROOTFS/bin/attacker" "$BATS_TEST_DIRNAME/attacker.c"
}

# strong CAP...: give these to the container, besides those that engines give.
strong() {
	config '.process.capabilities[] = ($more | split(" ")) + ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER",
		"CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_SYS_CHROOT", "CAP_NET_BIND_SERVICE"]
		| .process.noNewPrivileges = false | del(.linux.seccomp)' --arg more "$*"
}

# own_root: a root that this test may change, and a program that may be broken.
own_root() {
	rootfs=$BATS_TEST_TMPDIR/rootfs
	cp -a "$ROOTFS" "$rootfs"
	ln -sfn "$rootfs" "$bundle/rootfs"
	mkdir "$BATS_TEST_TMPDIR/bin"
	cp "$(command -v vps-oci)" "$BATS_TEST_TMPDIR/bin/"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

# attack_up MODE SECONDS: a container with the attacker inside; what it says is in $said.
attack_up() {
	said=$BATS_TEST_TMPDIR/said
	config '.process.args = ["attacker", $mode, $seconds] | .root.readonly = false' \
		--arg mode "$1" --arg seconds "$2"
	oci create --bundle "$bundle" evil </dev/null >"$said" 2>&1 3>&-
	oci start evil 3>&-
	eventually 5 grep -q ready "$said"
}

program_sum() {
	sha256sum <"$BATS_TEST_TMPDIR/bin/vps-oci"
}

# ---- the runtime's own program ----

# Until somebody inside has got hold of the runtime's program, or for so many rounds.
exec_until_caught() {
	local round
	for round in {1..200}; do
		oci exec evil "$1" </dev/null >/dev/null 2>&1 3>&- || true
		! grep -q caught "$said" || return 0
	done
	echo "never caught in $round rounds" >&2
	return 1
}

@test "CVE-2019-5736: exec of a link to /proc/self/exe lets nobody write to the runtime" {
	own_root
	strong CAP_SYS_ADMIN CAP_SYS_PTRACE
	ln -s /proc/self/exe "$rootfs/bin/tool"
	local before
	before=$(program_sum)
	attack_up exe 20
	exec_until_caught tool
	eventually 25 grep -E 'refused|wrote' "$said"
	[[ $(grep refused "$said") == "refused: Read-only file system" ]]
	run ! grep -E 'wrote|remounted' "$said"
	[[ $(program_sum) == "$before" && $(stat -c %a "$BATS_TEST_TMPDIR/bin/vps-oci") == 755 ]]
}

@test "CVE-2019-5736: exec of a script whose interpreter is /proc/self/exe lets nobody write to the runtime" {
	own_root
	strong CAP_SYS_ADMIN CAP_SYS_PTRACE
	echo '#!/proc/self/exe' >"$rootfs/bin/tool"
	chmod 755 "$rootfs/bin/tool"
	local before
	before=$(program_sum)
	attack_up exe 20
	exec_until_caught tool
	eventually 25 grep -E 'refused|wrote' "$said"
	[[ $(grep refused "$said") == "refused: Read-only file system" ]]
	[[ $(program_sum) == "$before" ]]
}

@test "CVE-2019-5736: an image whose program is /proc/self/exe lets nobody in its pod write to the runtime" {
	own_root
	strong CAP_SYS_ADMIN CAP_SYS_PTRACE
	local before round
	before=$(program_sum)
	attack_up exe 20
	config '.process.args = ["/proc/self/exe", "--help"] | .linux.namespaces |= map(
		if .type == "pid" then .path = $path else . end)' --arg path "/proc/$(oci state evil | jq .pid)/ns/pid"
	for round in {1..200}; do
		oci run --bundle "$bundle" victim </dev/null >/dev/null 2>&1 3>&- || true
		! grep -q caught "$said" || break
	done
	eventually 25 grep -E 'refused|wrote' "$said"
	[[ $(grep refused "$said") == "refused: Read-only file system" ]]
	[[ $(program_sum) == "$before" ]]
}

# Who gets hold of it, in whatever way: the way leads over a read-only mount. Another container's
# root may be the host's, to whom somebody inside passes a descriptor.
@test "CVE-2019-5736: the program of every init and exec lies on a read-only mount, in a user namespace too" {
	own_root
	start_detached other 'while :; do sleep 0.1; done'
	local filter pid
	for filter in . '.linux.namespaces += [{type: "user"}]
			| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
			| .linux.gidMappings = .linux.uidMappings'; do
		config "$filter"
		oci create --bundle "$bundle" c1 </dev/null >/dev/null 2>&1 3>&-
		pid=$(oci state c1 | jq .pid)
		# The host's own root, who may do all.
		run ! eval ': >/proc/$pid/exe'
		[[ $output == *"Read-only file system"* ]]
		# Neither does a mapping lead to where it was started from.
		run ! grep -F "$BATS_TEST_TMPDIR/bin/vps-oci" "/proc/$pid/maps"
		oci delete --force c1
	done
	# A paused container keeps exec waiting on its way in.
	oci pause other
	oci exec --ignore-paused other true </dev/null 3>&- &
	eventually 5 pgrep -f "$root exec --ignore-paused other"
	for pid in $(pgrep -f "$root exec --ignore-paused other"); do
		run ! eval ': >/proc/$pid/exe'
		[[ $output == *"Read-only file system"* ]]
	done
	oci resume other
	wait $!
}

# ---- what another container's root could do ----

@test "root of the host without capabilities, as in another container, has none over a user namespace" {
	local pid
	with_userns
	start_detached c1
	pid=$(oci state c1 | jq .pid)
	exec 9<"/proc/$pid/ns/user"
	run -0 nsenter --user=/proc/self/fd/9 true
	run ! setpriv --bounding-set=-all --inh-caps=-all nsenter --user=/proc/self/fd/9 true
	[[ $output == *"Operation not permitted"* ]]
	exec 9<&-
	run ! setpriv --bounding-set=-all --inh-caps=-all ls -l "/proc/$pid/root"
	[[ $output == *"Permission denied"* ]]
}

# vpsctl has no such mount: the ids of a VPS may write to nothing of the host's.
@test "CVE-2019-5736: root of a VPS cannot write to vpsctl, whose exec he turns into a link to itself" {
	local program before round
	said=$BATS_TEST_TMPDIR/said
	VPS_ROOT=$(mktemp -d "$BATS_TEST_TMPDIR/vps.XXXXXX")
	export VPS_ROOT
	program=$(command -v vpsctl)
	before=$(sha256sum <"$program")
	vpsctl image busybox >&2
	vps_up web1
	vpsctl exec web1 -- sh -c 'cat >/bin/attacker; chmod 755 /bin/attacker; ln -s /proc/self/exe /bin/tool' \
		<"$ROOTFS/bin/attacker"
	vpsctl exec web1 -- attacker exe 20 >"$said" 2>&1 3>&- &
	# It runs inside with the loader and the libraries that it finds there.
	ldd "$program" | grep -oE '/[^ ]+' | xargs tar -C / -hc | vpsctl exec web1 -- tar -C / -x
	eventually 5 grep -q ready "$said"
	for round in {1..200}; do
		vpsctl exec web1 -- /bin/tool help </dev/null >/dev/null 2>&1 3>&- || true
		! grep -q caught "$said" || break
	done
	eventually 25 grep -E 'refused|wrote' "$said"
	[[ $(grep refused "$said") == "refused: Permission denied" ]]
	[[ $(sha256sum <"$program") == "$before" ]]
	vpsctl destroy --all --force
}

# ---- processes on their way in ----

@test "CVE-2016-9962: nobody inside can trace an exec or take its descriptors before it is the container's" {
	own_root
	strong CAP_SYS_ADMIN
	attack_up trace 60
	local round
	for round in $(seq "$(tries 150)"); do
		oci exec evil true </dev/null >/dev/null 2>&1 3>&-
	done
	oci kill evil KILL
	run cat "$said"
	[[ $output == *"refused: Operation not permitted"* ]]
	[[ $output != *took* && $output != *attached* ]]
}

@test "CVE-2024-21626: a working directory or program that names a descriptor of the runtime is refused" {
	own_root
	local number
	touch "$BATS_TEST_TMPDIR/of-the-host"
	start_detached c1
	for number in $(seq 2 24 | some); do	# and 7, which is the caller's
		ln -sfn "/proc/self/fd/$number" "$rootfs/home"
		for where in "/proc/self/fd/$number" "/proc/self/fd/$number/../../.." /home; do
			config '.process.args = ["ls", "-a"] | .process.cwd = $cwd' --arg cwd "$where"
			run ! oci run --bundle "$bundle" c2 7<"$BATS_TEST_TMPDIR" 3>&-
			[[ $output != *of-the-host* && $output == *"working directory $where"* ]]
			run ! oci exec --cwd "$where" c1 ls -a 7<"$BATS_TEST_TMPDIR" 3>&-
			[[ $output != *of-the-host* ]]
		done
		config '.process.args = [$program] | .process.cwd = "/"' \
			--arg program "/proc/self/fd/$number/../../../../../../../../bin/true"
		run ! oci run --bundle "$bundle" c2 7<"$BATS_TEST_TMPDIR" 3>&-
	done
	nothing_is_left c2 || [[ $(oci list --quiet) == c1 ]]
}

@test "start: a startContainer hook, a file of the image, has no capability that the container has not" {
	config '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "grep Cap /proc/self/status >&2"]}]
		| .process.capabilities = {bounding: ["CAP_KILL"], permitted: ["CAP_KILL"], effective: ["CAP_KILL"]}'
	runs true
	run -0 oci run --bundle "$bundle" c1
	[[ $output == *$'CapPrm:\t0000000000000020\nCapEff:\t0000000000000020\nCapBnd:\t0000000000000020'* ]]
}

@test "start: a process without capabilities in its config has none" {
	config 'del(.process.capabilities)'
	runs 'grep Cap /proc/self/status'
	run -0 oci run --bundle "$bundle" c1
	[[ $(grep -c $'\t0000000000000000$' <<<"$output") == 5 ]]
}

@test "exec: a process document without capabilities has those of the container, not the runtime's" {
	start_detached c1
	jq '.process | del(.capabilities) | .args = ["grep", "CapBnd", "/proc/self/status"]' "$bundle/config.json" \
		>"$BATS_TEST_TMPDIR/process.json"
	run -0 oci exec --process "$BATS_TEST_TMPDIR/process.json" c1
	[[ $output == $'CapBnd:\t0000000020000420' ]]
}

@test "CVE-2022-29162: exec --cap adds nothing to the inheritable set" {
	start_detached c1
	run -0 oci exec --cap CAP_CHOWN c1 grep Cap /proc/self/status
	[[ $output == *$'CapInh:\t0000000000000000'* && $output == *$'CapEff:\t0000000020000421'* ]]
}

# ---- ids ----

@test "CVE-2026-30892: exec --user 1 is user 1 and not root" {
	start_detached c1
	run -0 oci exec --user 1 c1 sh -c 'id -u; id -g'
	[[ $output == $'1\n0' ]]
	run -0 oci exec -u 1:2 c1 sh -c 'id -u; id -g'
	[[ $output == $'1\n2' ]]
}

@test "exec: a user that is not written as UID[:GID] is refused, never rounded to one" {
	start_detached c1
	local user
	for user in '' 1x x1 -1 +1 ' 1' '1 ' 1: :1 0x1 1:2:3 1.0 4294967295 4294967296 1:4294967295 1:-1 \
		18446744073709551616 18446744073709551617:0 0000000000000001000 0000000000000001000:0 $'1\n'; do
		run -255 oci exec --user "$user" c1 id -u
		[[ $output == *"--user"* ]]
	done
}

@test "config: an id out of range is refused with its path" {
	local user
	for user in '{"uid": -1}' '{"uid": 4294967295}' '{"uid": 4294967296}' '{"gid": -0.5}' '{"uid": 0.5}' '{"uid": "0"}' \
		'{"additionalGids": [4294967295]}' '{"additionalGids": ["0"]}'; do
		config '.process.user = $user' --argjson user "$user"
		run -1 oci run --bundle "$bundle" c1
		[[ $output == *"config.json: process.user."* ]]
	done
}

@test "CVE-2026-46680: a user that is a number out of range is not looked up as a name of the image's" {
	VPS_ROOT=$(mktemp -d "$BATS_TEST_TMPDIR/vps.XXXXXX")
	export VPS_ROOT
	vpsctl image busybox >&2
	vps_up web1
	vps_sh web1 'echo "4294967296:x:0:0::/root:/bin/sh" >>/etc/passwd; echo "4294967296:x:0:" >>/etc/group
		echo ":x:0:0::/root:/bin/sh" >>/etc/passwd; echo ":x:0:" >>/etc/group'
	local user
	for user in 4294967296 -1 '' :0 1:4294967296 1:; do
		run -125 vpsctl exec --user "$user" web1 -- id
		[[ $output == *"is neither a name nor a number from 0 to 4294967294"* ]]
	done
	vpsctl destroy --all --force
}

# ---- what is mounted, and on what ----

# root_with DIR-OR-LINK-COMMANDS: a root that this test may change, run in it.
root_with() {
	own_root
	(cd "$rootfs" && eval "$1")
}

without_dev() {
	config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .root.readonly = false'
}

@test "CVE-2025-31133: a /dev/null that the image made a link is not what masks are made of" {
	root_with 'rm -rf dev/null; ln -s /etc/passwd dev/null'
	without_dev
	runs 'cat /proc/keys /dev/null'
	run -1 oci run --bundle "$bundle" c1
	[[ $output == *"cannot make /dev/null: something else is there"* ]]
	rm "$rootfs/dev/null"
	run -0 oci run --bundle "$bundle" c1
	[[ -z $output && $(stat -c %t:%T "$rootfs/dev/null") == 1:3 ]]
}

@test "masks: root inside cannot change the host's /dev/null through a masked file" {
	strong CAP_SYS_ADMIN
	local before after
	before=$(stat -c '%a %u:%g %Y %Z' /dev/null)
	config '.root.readonly = false'
	runs 'chmod 0 /proc/keys; chown 5:5 /proc/keys; touch -d 1999-01-01 /proc/keys; chmod 0 /dev/null; cat /proc/keys'
	run oci run --bundle "$bundle" c1
	after=$(stat -c '%a %u:%g %Y %Z' /dev/null)
	chmod 666 /dev/null	# whoever sees this test fail needs it
	chown 0:0 /dev/null
	[[ $output == *"Read-only file system"* && $after == "$before" ]]
}

@test "stdio: root inside cannot change the host's /dev/null that it was given" {
	strong
	local before after
	before=$(stat -c '%a %u:%g' /dev/null)
	runs 'chmod 0 /proc/self/fd/0; chown 5:5 /proc/self/fd/1; chmod 0 /proc/self/fd/2; head -c 1 </dev/zero >/dev/null'
	oci run --bundle "$bundle" c1 </dev/null >/dev/null 2>/dev/null 3>&- || true
	start_detached c2
	oci exec c2 sh -c 'chmod 0 /proc/self/fd/0; chown 5:5 /proc/self/fd/1' </dev/null >/dev/null 2>/dev/null 3>&- || true
	after=$(stat -c '%a %u:%g' /dev/null)
	chmod 666 /dev/null	# whoever sees this test fail needs it
	chown 0:0 /dev/null
	[[ $after == "$before" ]]
}

@test "CVE-2026-88265: a /dev/null that root inside made a link is not what an exec gets for stdio" {
	own_root
	without_dev
	start_detached c1
	run -0 oci exec c1 sh -c 'readlink /proc/self/fd/0; mv /dev/null /dev/none; ln -s /etc/passwd /dev/null' </dev/null
	[[ $output == /dev/null ]]
	run -255 oci exec c1 true </dev/null
	[[ $output == *"the container's /dev/null is not that device"* ]]
	echo text | oci exec c1 cat | grep text
}

@test "CVE-2025-52565: a /dev/console that the image made a link is refused, and nothing is made behind it" {
	needs_program script
	local outside=$BATS_TEST_TMPDIR/outside target
	mkdir "$outside"
	for target in "$outside/console" /proc/sysrq-trigger ../../../../../../../../../../../../etc/made; do
		rm -rf "${BATS_TEST_TMPDIR:?}"/{rootfs,bin}
		root_with "ln -s $target dev/console"
		without_dev
		config '.process.terminal = true | .mounts += [{destination: "/dev/pts", type: "devpts", source: "devpts",
			options: ["newinstance", "ptmxmode=0666"]}]'
		run -1 script -qec "vps-oci --root $root run --bundle $bundle c1" /dev/null
		[[ $output == *"/dev/console is neither a file nor a device"* ]]
		[[ -z $(ls "$outside") && ! -e /etc/made && ! -e $rootfs/etc/made ]]
	done
}

@test "CVE-2026-41579: a /dev that the image made a link leads to nothing of the host's" {
	local outside=$BATS_TEST_TMPDIR/outside
	mkdir "$outside"
	root_with "rm -rf dev; ln -s $outside dev"
	runs 'true'
	run oci run --bundle "$bundle" c1
	without_dev
	run oci run --bundle "$bundle" c1
	[[ -z $(ls -A "$outside") ]]
}

@test "CVE-2019-19921: proc and sysfs are not mounted behind a link of the image's" {
	local kind
	for kind in proc sys; do
		rm -rf "${BATS_TEST_TMPDIR:?}"/{rootfs,bin}
		root_with "rmdir $kind; mkdir -p vol/real; ln -s vol/real $kind"
		runs 'true'
		run -1 oci run --bundle "$bundle" c1
		[[ $output == *"mount point /$kind is a symbolic link"* ]]
	done
}

@test "CVE-2025-52881: what is mounted over /proc/sys does not catch what the runtime writes" {
	mkdir -p "$bundle/fake/net/ipv4"
	echo untouched >"$bundle/fake/net/ipv4/ip_forward"
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.readonlyPaths = []
		| .mounts += [{destination: "/proc/sys", type: "bind", source: "fake", options: ["rbind"]}]'
	runs 'cat /proc/sys/net/ipv4/ip_forward; umount /proc/sys; cat /proc/sys/net/ipv4/ip_forward'
	strong CAP_SYS_ADMIN
	run -0 oci run --bundle "$bundle" c1
	[[ $output == $'untouched\n1' ]]
}

# ---- sysctls ----

@test "CVE-2022-0811: no sysctl but those of the container's own namespaces, and no value brings a second one" {
	local before sysctl
	before=$(cat /proc/sys/kernel/core_pattern /proc/sys/vm/swappiness)
	while IFS= read -r sysctl; do
		config '.linux.sysctl = $sysctl' --argjson sysctl "$sysctl"
		run -1 oci run --bundle "$bundle" c1
		[[ $output == *"config.json: "* ]] || { echo "$sysctl: $output" >&2; return 1; }
	done <<-'END'
		{"kernel.core_pattern": "|/bin/evil"}
		{"kernel/core_pattern": "|/bin/evil"}
		{"kernel.shm_rmid_forced": "1+kernel.core_pattern=|/bin/evil"}
		{"kernel.shm_rmid_forced": "1\nkernel.core_pattern=|/bin/evil"}
		{"kernel.shm_rmid_forced": "1\u0000"}
		{"kernel.shm_rmid_forced=1+kernel.core_pattern": "|/bin/evil"}
		{"net/../kernel/core_pattern": "|/bin/evil"}
		{"net.ipv4.../kernel/core_pattern": "|/bin/evil"}
		{"net/ipv4/../../kernel/core_pattern": "|/bin/evil"}
		{"net//../kernel/core_pattern": "|/bin/evil"}
		{"/kernel/core_pattern": "|/bin/evil"}
		{"../sys/kernel/core_pattern": "|/bin/evil"}
		{"net.": "1"}
		{"net": "1"}
		{"": "1"}
		{"vm.swappiness": "1"}
		{"fs.file-max": "1"}
		{"user.max_user_namespaces": "0"}
		{"kernel.msgmaxx": "1"}
		{"net.ipv4.ip_forward": 1}
	END
	config '.linux.namespaces |= map(select(.type != "network")) | .linux.sysctl = {"net.ipv4.ip_forward": "1"}'
	run -1 oci run --bundle "$bundle" c1
	[[ $output == *"would change the host"* ]]
	[[ $(cat /proc/sys/kernel/core_pattern /proc/sys/vm/swappiness) == "$before" ]]
}

@test "config: a path to the host's own namespace does not make its sysctls and names the container's" {
	local before
	before=$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/hostname)
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.namespaces |= map(
		if .type == "network" then .path = "/proc/self/ns/net" else . end)'
	run -1 oci run --bundle "$bundle" c1
	[[ $output == *"linux.sysctl would change the host: /proc/self/ns/net is its own network namespace"* ]]
	config 'del(.linux.sysctl) | .linux.namespaces |= map(if .type == "uts" then .path = "/proc/self/ns/uts" else . end)
		| .hostname = "evil"'
	run -1 oci run --bundle "$bundle" c1
	[[ $output == *"hostname or domainname would change the host"* ]]
	[[ $(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/hostname) == "$before" ]]
}

# ---- races with somebody who shares a volume ----

# exchanging: a volume of which "a" and "b" change places without end, by a container's root.
exchanging() {
	volume=$BATS_TEST_TMPDIR/volume
	outside=$BATS_TEST_TMPDIR/outside
	mkdir -p "$volume/a" "$outside/x"
	cp "$bundle/config.json" "$BATS_TEST_TMPDIR/config.json"
	strong
	config '.mounts += [{destination: "/tmp", type: "bind", source: $volume, options: ["rbind"]}]
		| .process.args = ["attacker", "exchange", "/tmp/a", "/tmp/b", "60"]' --arg volume "$volume"
	oci create --bundle "$bundle" evil </dev/null >/dev/null 2>&1 3>&-
	oci start evil 3>&-
	cp "$BATS_TEST_TMPDIR/config.json" "$bundle/config.json"
}

# rounds COUNT: run the victim so often; what it prints is in $said. Both outcomes have to come.
rounds() {
	said=$BATS_TEST_TMPDIR/said
	for _ in $(seq "$(tries "$1")"); do
		oci run --bundle "$bundle" victim </dev/null 3>&- || true
	done >"$said" 2>&1
	sort "$said" | uniq -c >&2
}

@test "CVE-2021-30465: a mount point that is exchanged with a link is never followed out of the root" {
	exchanging
	ln -s "$outside" "$volume/b"	# where the next source is looked up
	mkdir "$BATS_TEST_TMPDIR/secret"
	touch "$BATS_TEST_TMPDIR/secret/of-the-host"
	ln -s "$BATS_TEST_TMPDIR/secret" "$volume/x"	# what it would then be
	config '.mounts += [{destination: "/tmp", type: "bind", source: $volume, options: ["rbind"]},
		{destination: "/tmp/a", type: "bind", source: $volume, options: ["rbind"]},
		{destination: "/mnt", type: "bind", source: ($outside + "/x"), options: ["rbind"]}] | .root.readonly = false' \
		--arg volume "$volume" --arg outside "$outside"
	runs 'test ! -e /mnt/of-the-host && echo inside || echo ESCAPED'
	rounds 400
	grep inside "$said"
	run ! grep ESCAPED "$said"
}

@test "CVE-2024-45310: no directory or file is made on the host for a mount point that is exchanged with a link" {
	exchanging
	ln -s "$outside" "$volume/b"
	rmdir "$outside/x"
	mkdir "$bundle/data"
	touch "$bundle/file"
	config '.mounts += [{destination: "/tmp", type: "bind", source: $volume, options: ["rbind"]},
		{destination: "/tmp/a/made/deep", type: "bind", source: "data", options: ["rbind"]},
		{destination: "/tmp/a/file", type: "bind", source: "file", options: ["rbind"]},
		{destination: "/tmp/a/tmpfs", type: "tmpfs", source: "tmpfs"}]' --arg volume "$volume"
	runs 'echo inside; rm -rf /tmp/a/made /tmp/b/made'
	rounds 400
	grep inside "$said"
	[[ -z $(find "$outside" -mindepth 1) ]]
}

@test "CVE-2023-27561: what is masked stays so when the way to it is exchanged with a link" {
	exchanging
	mkdir "$volume/b"
	config '.mounts += [{destination: "/tmp", type: "bind", source: $volume, options: ["rbind"]},
		{destination: "/tmp/a", type: "proc", source: "proc"}]
		| .linux.maskedPaths = ["/tmp/a/uptime"]' --arg volume "$volume"
	runs 'for d in /tmp/a /tmp/b; do [ ! -d $d/1 ] || { [ -f $d/uptime ] && echo ESCAPED || echo inside; }; done'
	rounds 400
	grep inside "$said"
	run ! grep ESCAPED "$said"
}
