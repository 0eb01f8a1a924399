#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line of vps-oci, as container engines use it.
# shellcheck disable=SC2154,SC2016
load helpers
load oci

# created ID [OPTION...]: a created container, as engines make one.
created() {
	oci create --bundle "$bundle" "${@:2}" "$1" </dev/null >/dev/null 3>&-
}

@test "oci: a program that is not there is found at create, and nothing is left" {
	config '.process.args = ["no-such-program"]'
	run -1 --separate-stderr oci create --bundle "$bundle" c1 3>&-
	[[ $stderr == *"\`no-such-program\`: executable file not found in \$PATH" ]]
	nothing_is_left c1
	config '.process.args = ["/no/such"]'
	run -1 --separate-stderr oci run --bundle "$bundle" c1
	[[ $stderr == *"\`/no/such\`: executable file not found" ]]
	nothing_is_left c1
}

@test "oci: a program that may not be executed is found at create" {
	local program
	for program in /etc/passwd /etc; do
		config '.process.args = [$program]' --arg program "$program"
		run -1 --separate-stderr oci create --bundle "$bundle" c1 3>&-
		[[ $stderr == *"cannot execute \`$program\`: permission denied" ]]
		nothing_is_left c1
	done
}

@test "oci: whether a program may be executed is seen by the eyes of its user and groups" {
	mkdir "$BATS_TEST_TMPDIR/tools"
	cp "$(command -v busybox)" "$BATS_TEST_TMPDIR/tools/id"
	chmod 750 "$BATS_TEST_TMPDIR/tools/id"
	chgrp 77 "$BATS_TEST_TMPDIR/tools/id"
	config '.mounts += [{destination: "/tmp", type: "bind", source: $tools}] | .process.args = ["id", "-G"]
		| .process.env = ["PATH=/nowhere:/tmp"] | .process.user = {uid: 1000, gid: 1000}' --arg tools "$BATS_TEST_TMPDIR/tools"
	run -1 --separate-stderr oci create --bundle "$bundle" c1 3>&-
	[[ $stderr == *"cannot execute \`id\`: permission denied" ]]
	config '.process.user.additionalGids = [77]'
	run -0 oci run --bundle "$bundle" c1
	[[ $output == "1000 77" ]]
}

@test "oci: a program beside the working directory is found there" {
	config '.process.args = ["./busybox", "pwd"] | .process.cwd = "/bin"'
	run -0 oci run --bundle "$bundle" c1
	[[ $output == /bin ]]
	config '.process.cwd = "/tmp"'
	run -1 --separate-stderr oci create --bundle "$bundle" c1 3>&-
	[[ $stderr == *"\`./busybox\`: executable file not found" ]]
}

@test "oci: exec of a program that is not there, or may not be executed, says so" {
	start_detached c1
	run -255 --separate-stderr oci exec c1 no-such-program
	[[ $stderr == *"\`no-such-program\`: executable file not found in \$PATH" ]]
	run -255 --separate-stderr oci exec --detach c1 /etc/passwd
	[[ $stderr == *"cannot execute \`/etc/passwd\`: permission denied" ]]
	run -255 --separate-stderr oci exec c1 ''
	[[ $stderr == *"\`\`: executable file not found in \$PATH" ]]
}

@test "oci: a script whose interpreter is not there is told from a missing one" {
	mkdir "$BATS_TEST_TMPDIR/tools"
	printf '#!/no/interpreter\n' >"$BATS_TEST_TMPDIR/tools/script"
	chmod 755 "$BATS_TEST_TMPDIR/tools/script"
	config '.mounts += [{destination: "/tmp", type: "bind", source: $tools}]' --arg tools "$BATS_TEST_TMPDIR/tools"
	start_detached c1
	run -255 --separate-stderr oci exec c1 /tmp/script
	[[ $stderr == *"the interpreter of executable file \`/tmp/script\` is not there: No such file or directory" ]]
}

@test "oci: HOME is that of the container's passwd, unless the environment has one" {
	mkdir "$BATS_TEST_TMPDIR/etc"
	printf 'root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n' >"$BATS_TEST_TMPDIR/etc/passwd"
	config '.mounts += [{destination: "/etc", type: "bind", source: $etc}] | .process.user = {uid: 1000, gid: 1000}' \
		--arg etc "$BATS_TEST_TMPDIR/etc"
	runs 'echo $HOME'
	run -0 oci run --bundle "$bundle" c1
	[[ $output == /home/user ]]
	config '.process.env += ["HOME=/other"]'
	run -0 oci run --bundle "$bundle" c1
	[[ $output == /other ]]
	config '.process.env |= map(select(startswith("HOME=") | not))'
	start_detached c1
	[[ $(oci exec c1 sh -c 'echo $HOME') == /home/user ]]
	[[ $(oci exec --user 0 c1 sh -c 'echo $HOME') == /root ]]
	[[ $(oci exec --user 7 c1 sh -c 'echo $HOME') == / ]]
}

@test "oci: a passwd that is no file stops nobody" {
	mkdir "$BATS_TEST_TMPDIR/etc"
	mkfifo "$BATS_TEST_TMPDIR/etc/passwd"
	config '.mounts += [{destination: "/etc", type: "bind", source: $etc}]' --arg etc "$BATS_TEST_TMPDIR/etc"
	runs 'echo $HOME'
	run -0 timeout 5 vps-oci --root "$root" run --bundle "$bundle" c1
	[[ $output == / ]]
}

@test "oci: a program that goes between create and start fails the start, and the container is stopped" {
	mkdir "$BATS_TEST_TMPDIR/tools"
	cp "$(command -v busybox)" "$BATS_TEST_TMPDIR/tools/true"
	config '.mounts += [{destination: "/tmp", type: "bind", source: $tools}] | .process.args = ["/tmp/true"]' \
		--arg tools "$BATS_TEST_TMPDIR/tools"
	created c1
	rm "$BATS_TEST_TMPDIR/tools/true"
	run -1 --separate-stderr oci start c1
	[[ $stderr == *"\`/tmp/true\`: executable file not found" ]]
	eventually 5 oci_status_is c1 stopped
}

# ---- create and run ----

@test "oci: --config reads another file, from where the command was given" {
	runs 'echo "$WORD"; pwd'
	jq '.process.env += ["WORD=other"] | .process.cwd = "/tmp"' "$bundle/config.json" >"$BATS_TEST_TMPDIR/other.json"
	rm "$bundle/config.json"
	cd "$BATS_TEST_TMPDIR"
	run -0 oci run --bundle bundle --config other.json c1
	[[ $output == $'other\n/tmp' ]]
	run -1 --separate-stderr oci run --bundle bundle -f no-such.json c1
	[[ $stderr == *"no-such.json: No such file or directory" ]]
	nothing_is_left c1
	# what it was made from is what exec reads later
	jq '.process.args = ["sleep", "100"]' other.json >third.json
	oci run --detach --bundle bundle --config third.json c1 </dev/null >/dev/null 2>&1 3>&-
	rm third.json
	[[ $(oci exec c1 sh -c 'echo $WORD') == other ]]
}

@test "oci: --no-pivot hides the host's tree as well" {
	echo secret >"$BATS_TEST_TMPDIR/secret"
	config '.process.capabilities[] += ["CAP_SYS_CHROOT", "CAP_DAC_OVERRIDE"]'
	runs 'ls -a /; ls /.. | head -n 1; cat "$0" 2>&1; grep -c . /proc/self/mountinfo; mkdir -p /tmp/x
		cat /proc/1/root/"$0" 2>&1; true'
	config '.process.args += [$path]' --arg path "$BATS_TEST_TMPDIR/secret"
	run -0 oci run --no-pivot --bundle "$bundle" c1
	[[ $output != *secret$'\n'secret* && ${lines[*]} == *"bin dev etc proc"* ]]
	[[ $output == *"secret': No such file or directory"*"secret': No such file or directory"* ]]
	nothing_is_left c1
}

@test "oci: sockets of sd_listen_fds come before the preserved descriptors, with their variables" {
	runs 'ls /proc/$$/fd; echo "$LISTEN_FDS $LISTEN_PID $LISTEN_FDNAMES"; cat <&5'
	echo preserved >"$BATS_TEST_TMPDIR/preserved"
	run -0 bash -c 'exec 3</dev/null 4</dev/null 5<"$3" 6</etc/passwd
		export LISTEN_FDS=2 LISTEN_FDNAMES=a:b LISTEN_PID=$$
		exec vps-oci --root "$1" run --preserve-fds 1 --bundle "$2" c1' - "$root" "$bundle" "$BATS_TEST_TMPDIR/preserved"
	[[ ${output//$'\n'/ } == "0 1 2 3 4 5 2 1 a:b preserved" ]]
	# meant for another process: none of ours to pass on
	runs 'ls /proc/$$/fd; echo "($LISTEN_FDS)"'
	run -0 bash -c 'exec 3</dev/null; LISTEN_FDS=1 LISTEN_PID=1 exec vps-oci --root "$1" run --bundle "$2" c1' - "$root" "$bundle"
	[[ ${output//$'\n'/ } == "0 1 2 ()" ]]
}

@test "oci: run and exec give a program without a terminal pipes in place of that of the caller" {
	needs_program script
	local streams='for i in 0 1 2; do readlink /proc/self/fd/$i; done; read line; echo out-$line; echo err-$line >&2'
	runs "$streams; exit 7"
	run -7 script -qec "vps-oci --root $root run --bundle $bundle c1" /dev/null <<<typed
	[[ $output != *pts* && $(grep -c pipe: <<<"$output") == 3 && $output == *out-typed* && $output == *err-typed* ]]
	start_detached c1
	run -0 script -qec "vps-oci --root $root exec c1 sh -c '$streams'" /dev/null <<<typed
	[[ $output != *pts* && $(grep -c pipe: <<<"$output") == 3 && $output == *out-typed* && $output == *err-typed* ]]
}

@test "oci: --preserve-fds never passes a descriptor of vps-oci's own" {
	runs 'ls /proc/$$/fd'
	run -1 --separate-stderr bash -c 'exec 3>&-; exec vps-oci --root "$1" --log "$3" run --preserve-fds 1 --bundle "$2" c1' \
		- "$root" "$bundle" "$BATS_TEST_TMPDIR/log"
	[[ $stderr == "vps-oci: --preserve-fds: descriptor 3: Bad file descriptor" ]]
	nothing_is_left c1
}

@test "oci: run --keep leaves the container, stopped" {
	runs 'exit 4'
	run -4 oci run --keep --no-subreaper --bundle "$bundle" c1
	oci_status_is c1 stopped
	oci delete c1
	nothing_is_left c1
}

@test "oci: a cgroup in which something lives becomes no container's, and what lives there does so on" {
	local host=/sys/fs/cgroup/of-the-host pid path
	mkdir -p "$host/service"
	sleep 100 3>&- &
	pid=$!
	echo "$pid" >"$host/service/cgroup.procs"
	runs true
	for path in /of-the-host /of-the-host/service; do
		config '.linux.cgroupsPath = $path' --arg path "$path"
		run -1 oci run --bundle "$bundle" c1
		[[ $output == *"linux.cgroupsPath: processes live in cgroup ${path#/} or below it already"* ]]
		nothing_is_left c1
		kill -0 "$pid"
	done
	kill "$pid"
	wait "$pid" || true
	# an empty one that was there before is taken
	run -0 oci run --bundle "$bundle" c1
	rmdir "$host/service" "$host" 2>/dev/null || true
}

# ---- exec ----

@test "oci: exec --additional-gids adds to the groups of the config, --cap to the capabilities" {
	config '.process.user.additionalGids = [50]'
	start_detached c1
	[[ $(oci exec -g 60 -g 61 c1 id -G) == "0 50 60 61" ]]
	# CAP_SYS_TIME is bit 25
	[[ $(oci exec --cap CAP_SYS_TIME c1 grep CapEff /proc/self/status) == $'CapEff:\t0000000022000420' ]]
	run -255 --separate-stderr oci exec --cap CAP_NONE c1 true
	[[ $stderr == *'--cap: "CAP_NONE" is not a capability' ]]
}

@test "oci: exec --no-new-privs holds for that program alone" {
	config '.process.noNewPrivileges = false'
	start_detached c1
	[[ $(oci exec c1 grep NoNewPrivs /proc/self/status) == *0 ]]
	[[ $(oci exec --no-new-privs c1 grep NoNewPrivs /proc/self/status) == *1 ]]
	[[ $(oci exec c1 grep NoNewPrivs /proc/1/status) == *0 ]]
}

@test "oci: exec --cgroup joins a cgroup below the container's, and none elsewhere" {
	start_detached c1
	local cgroup=/sys/fs/cgroup/vps-oci/c1
	mkdir "$cgroup/below"
	run -0 oci exec --cgroup below c1 cat /proc/self/cgroup
	[[ $output == *"0::/below" ]]
	run -0 oci exec --cgroup / c1 cat /proc/self/cgroup
	[[ $output == *"0::/" ]]
	local path
	for path in no-such ../.. below/../../c1; do
		run -255 --separate-stderr oci exec --cgroup "$path" c1 true
		[[ $stderr == *"--cgroup: cannot open $path below the container's cgroup: "* ]]
	done
	rmdir "$cgroup/below"
}

@test "oci: exec --env replaces, --cwd that is not there is refused" {
	start_detached c1
	[[ $(oci exec --env TERM=other -e A=1 -e A=2 c1 sh -c 'echo $TERM $A') == "other 2" ]]
	run -255 --separate-stderr oci exec --cwd /no/such c1 true
	[[ $stderr == *"cannot enter working directory /no/such: No such file or directory" ]]
	run -255 --separate-stderr oci exec --user root c1 true
	[[ $stderr == *'--user: "root" is not of the form UID[:GID]' ]]
}

@test "oci: exec --preserve-fds passes a descriptor on" {
	start_detached c1
	echo text >"$BATS_TEST_TMPDIR/file"
	run -0 bash -c 'exec 3<"$2"; exec vps-oci --root "$1" exec --preserve-fds 1 c1 cat /proc/self/fd/3' - "$root" "$BATS_TEST_TMPDIR/file"
	[[ $output == text ]]
}

# ---- many at once ----

@test "oci: kill --regex and delete --regex reach every container that matches, and no other" {
	start_detached web1
	start_detached web2
	start_detached other
	oci kill --regex '^web[0-9]$' KILL
	eventually 5 oci_status_is web1 stopped
	eventually 5 oci_status_is web2 stopped
	oci_status_is other running
	oci delete --regex '^web'
	[[ $(oci list --quiet) == other ]]
	run -1 --separate-stderr oci delete --regex .
	[[ $stderr == *"container other is running; kill it first, or use --force" ]]
	oci delete --force --regex .
	[[ -z $(oci list --quiet) ]]
	run -1 --separate-stderr oci kill --regex '('
	[[ $stderr == 'vps-oci: "(" is not a regular expression' ]]
}

@test "oci: list is in the order of ids, as a table and as JSON" {
	start_detached b
	start_detached a
	[[ $(oci list --quiet | tr '\n' ' ') == "a b " ]]
	run -0 oci list
	[[ ${lines[0]} == ID*PID*STATUS*BUNDLE*CREATED*OWNER && ${lines[1]} == "a "*running*"$bundle"*root ]]
	oci list -f json | jq -e 'map(.id) == ["a", "b"] and all(.status == "running" and .pid > 1)'
}

@test "oci: state has what engines read, in their types" {
	start_detached c1
	oci state c1 >"$BATS_TEST_TMPDIR/state"
	jq -e --arg bundle "$bundle" '(.ociVersion | test("^1\\.[0-9]+\\.[0-9]+$")) and .id == "c1" and .status == "running"
		and (.pid | type) == "number" and .bundle == $bundle and .rootfs == $bundle + "/rootfs" and .owner == "root"
		and (.created | sub("\\.[0-9]+"; "") | fromdate) > 1000000000' "$BATS_TEST_TMPDIR/state"
	oci kill c1 KILL
	eventually 5 oci_status_is c1 stopped
	[[ $(oci state c1 | jq .pid) == 0 ]]
}

@test "oci: kill knows signals by name and by number" {
	runs 'trap "echo usr1 >>/tmp/got" USR1; trap "echo usr2 >>/tmp/got" USR2; while :; do sleep 0.1; done'
	config '.mounts += [{destination: "/tmp", type: "tmpfs"}]'
	oci create --bundle "$bundle" c1 </dev/null >/dev/null 3>&-
	oci start c1 3>&-
	eventually 5 oci exec c1 sh -c 'grep -q "^SigCgt:.*[^0]" /proc/1/status'
	sleep 0.3
	oci kill c1 0
	oci kill c1 SIGUSR1
	eventually 5 oci exec c1 grep -q usr1 /tmp/got
	oci kill c1 12
	eventually 5 oci exec c1 grep -q usr2 /tmp/got
}

# ---- update ----

# limit_of ID FILE: what an interface file of the container's cgroup holds.
limit_of() {
	cat "/sys/fs/cgroup/vps-oci/$1/$2"
}

@test "oci: update changes what the document names, and leaves the rest" {
	needs_controller hugetlb
	config '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]'
	start_detached c1
	echo '{"unified": {"hugetlb.2MB.rsvd.max": "6291456"}, "memory": {"limit": 0}, "pids": null}' | oci update -r - c1
	[[ $(limit_of c1 hugetlb.2MB.max) == 4194304 && $(limit_of c1 hugetlb.2MB.rsvd.max) == 6291456 ]]
	echo '{"hugepageLimits": [{"pageSize": "2MB", "limit": 8388608}]}' >"$BATS_TEST_TMPDIR/resources.json"
	oci update --resources "$BATS_TEST_TMPDIR/resources.json" c1
	# what was asked for under "unified" before still overrides
	[[ $(limit_of c1 hugetlb.2MB.max) == 8388608 && $(limit_of c1 hugetlb.2MB.rsvd.max) == 6291456 ]]
}

@test "oci: an update that fails half-way puts back what it changed" {
	needs_controller hugetlb
	config '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]'
	start_detached c1
	run -1 --separate-stderr oci update -r - c1 \
		<<<'{"hugepageLimits": [{"pageSize": "2MB", "limit": 8388608}], "unified": {"hugetlb.2MB.rsvd.max": "junk"}}'
	[[ $stderr == *'cannot set hugetlb.2MB.rsvd.max to "junk": Invalid argument' ]]
	[[ $(limit_of c1 hugetlb.2MB.max) == 4194304 && $(limit_of c1 hugetlb.2MB.rsvd.max) == 4194304 ]]
	# and it is not remembered
	echo '{}' | oci update -r - c1
	[[ $(limit_of c1 hugetlb.2MB.rsvd.max) == 4194304 ]]
}

@test "oci: an update is checked whole before the first write" {
	needs_controller hugetlb
	config '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 8388608}]'
	start_detached c1
	run -1 --separate-stderr oci update -r - c1 \
		<<<'{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}], "cpu": {"quota": "much"}}'
	[[ $stderr == *"cpu.quota: "* && $(limit_of c1 hugetlb.2MB.max) == 8388608 ]]
	local wrong
	for wrong in '[]' '{' '{"pids": {"limit": 1}, "pids": {}}' '7'; do
		run -1 --separate-stderr oci update -r - c1 <<<"$wrong"
		[[ $stderr == vps-oci:* ]]
	done
}

@test "oci: update of device rules takes hold in the running container, and is remembered" {
	config '.process.capabilities[] += ["CAP_MKNOD"]'
	config '.mounts += [{destination: "/tmp", type: "tmpfs", options: ["dev"]}]'
	start_detached c1
	oci exec c1 mknod /tmp/fuse c 10 229
	local refused="Operation not permitted"
	[[ $(oci exec c1 sh -c ': </tmp/fuse' 2>&1) == *"$refused" ]]
	echo '{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rwm"}]}' |
		oci update -r - c1
	[[ $(oci exec c1 sh -c ': </tmp/fuse' 2>&1) != *"$refused" ]]
	oci exec c1 sh -c 'echo x >/dev/null'
	# a later update of something else keeps them
	echo '{}' | oci update -r - c1
	[[ $(oci exec c1 sh -c ': </tmp/fuse' 2>&1) != *"$refused" ]]
	echo '{"devices": [{"allow": false, "access": "rwm"}]}' | oci update -r - c1
	[[ $(oci exec c1 sh -c ': </tmp/fuse' 2>&1) == *"$refused" ]]
}

@test "oci: update names the option that is wrong, and what this version lacks" {
	start_detached c1
	local option
	for option in --memory=many --cpu-quota=x --cpuset-cpus=a --pids-limit=1.5 --blkio-device-read-bps=8:0 \
		--blkio-device-write-iops=8:0:1M --blkio-device-read-iops=x:1 --blkio-device-read-bps=/dev/null:1M; do
		run -1 --separate-stderr oci update "$option" c1
		[[ $stderr == "vps-oci: ${option%%=*}: \""* ]]
	done
	run -1 --separate-stderr oci update --cpu-rt-runtime 1000 c1
	[[ $stderr == *"cpu.realtimeRuntime: cgroup v2 has nothing like it; leave it out" ]]
	run -1 --separate-stderr oci update --l3-cache-schema L3:0=f c1
	[[ $stderr == *"--l3-cache-schema is not supported"* ]]
	run -0 --separate-stderr oci --debug update --kernel-memory 5M c1
	[[ $stderr == *"warning: --kernel-memory has no effect"* ]]
	oci kill c1 KILL
	eventually 5 oci_status_is c1 stopped
	run -1 --separate-stderr oci update --pids-limit 50 c1
	[[ $stderr == "vps-oci: container not running: c1" ]]
}

@test "oci: every limit of update reaches its file" {
	local controller
	for controller in cpu cpuset memory pids io; do
		needs_controller "$controller"
	done
	config '.linux.resources.memory = {limit: 134217728} | .linux.resources.cpu = {quota: 50000, period: 100000}'
	start_detached c1
	oci update --cpu-period 200000 --cpu-share 2048 --cpu-burst 1000 --cpuset-cpus 0 --cpuset-mems 0 c1
	[[ $(limit_of c1 cpu.max) == "50000 200000" && $(limit_of c1 cpu.max.burst) == 1000 ]]
	[[ $(limit_of c1 cpuset.cpus) == 0 && $(limit_of c1 cpuset.mems) == 0 && $(limit_of c1 cpu.weight) != 100 ]]
	# swap counts together with the memory that was set before
	oci update --memory-swap 256M --memory-reservation 64M --pids-limit 33 c1
	[[ $(limit_of c1 memory.swap.max) == 134217728 && $(limit_of c1 memory.max) == 134217728 ]]
	[[ $(limit_of c1 memory.low) == 67108864 && $(limit_of c1 pids.max) == 33 ]]
	oci update --memory -1 --memory-swap -1 --cpu-quota -1 --pids-limit -1 c1
	[[ $(limit_of c1 memory.max) == max && $(limit_of c1 memory.swap.max) == max && $(limit_of c1 pids.max) == max ]]
	[[ $(limit_of c1 cpu.max) == "max 200000" ]]
	oci update --cpu-idle 1 c1
	[[ $(limit_of c1 cpu.idle) == 1 ]]
	oci update --cpu-idle 0 c1
	[[ $(limit_of c1 cpu.idle) == 0 && $(limit_of c1 cpu.weight) != 100 ]]
	oci update --cpu-idle 1 c1
	local disk
	disk=$(lsblk -dno MAJ:MIN | tr -d ' ' | head -n 1)
	oci update --blkio-device-read-bps "$disk:1M" --blkio-device-write-bps "$disk:2M" --blkio-device-read-iops "$disk:100" c1
	[[ $(limit_of c1 io.max) == "$disk rbps=1048576 wbps=2097152 riops=100 wiops=max" ]]
	oci update --blkio-device-write-iops "$disk:50" --blkio-device-read-bps "$disk:max" c1
	[[ $(limit_of c1 io.max) == "$disk rbps=max wbps=2097152 riops=100 wiops=50" ]]
}

@test "oci: an update that fails puts every kind of file back" {
	local controller disk
	for controller in cpu memory pids io; do
		needs_controller "$controller"
	done
	disk=$(lsblk -dno MAJ:MIN | tr -d ' ' | head -n 1)
	config '.linux.resources = {memory: {limit: 134217728}, cpu: {quota: 50000, period: 100000}, pids: {limit: 40}}'
	start_detached c1
	run -1 --separate-stderr oci update -r - c1 <<-END
		{"memory": {"limit": 268435456}, "cpu": {"quota": 20000}, "pids": {"limit": 50},
		 "blockIO": {"throttleReadBpsDevice": [{"major": ${disk%:*}, "minor": ${disk#*:}, "rate": 1000000}]},
		 "unified": {"memory.high": "junk"}}
	END
	[[ $stderr == *'cannot set memory.high to "junk": Invalid argument' ]]
	[[ $(limit_of c1 memory.max) == 134217728 && $(limit_of c1 cpu.max) == "50000 100000" && $(limit_of c1 pids.max) == 40 ]]
	[[ -z $(limit_of c1 io.max) ]]
}

@test "oci: checkBeforeUpdate refuses a limit below what is used" {
	needs_controller memory
	start_detached c1
	run -1 --separate-stderr oci update -r - c1 <<<'{"memory": {"limit": 4096, "checkBeforeUpdate": true}}'
	[[ $stderr == *"memory.limit: 4096 is below the "*" bytes that it uses, and checkBeforeUpdate is set" ]]
	[[ $(limit_of c1 memory.max) == max ]]
}

# ---- events ----

@test "oci: events --stats is one line of JSON in the form that engines read" {
	start_detached c1
	run -0 --separate-stderr oci events --stats c1
	[[ ${#lines[@]} == 1 ]]
	jq -e '.type == "stats" and .id == "c1" and (.data.cpu.usage | .total > 0 and has("kernel") and has("user"))
		and (.data | has("memory") and has("pids") and has("blkio") and has("hugetlb"))' <<<"$output"
}

@test "oci: events has statistics at each interval, and ends with the container" {
	start_detached c1
	timeout 20 vps-oci --root "$root" events --interval 100ms c1 >"$BATS_TEST_TMPDIR/events" 3>&- &
	local pid=$!
	eventually 10 grep -qc stats "$BATS_TEST_TMPDIR/events"
	sleep 0.5
	oci kill c1 KILL
	wait "$pid"
	jq -se 'length > 2 and all(.type == "stats" and .id == "c1") and (.[0].data.cpu.usage.total <= .[-1].data.cpu.usage.total)' \
		"$BATS_TEST_TMPDIR/events"
	run -1 --separate-stderr oci events c1
	[[ $stderr == "vps-oci: container not running: c1" ]]
}

@test "oci: events --stats has the numbers of every controller" {
	local controller
	for controller in cpu memory pids io; do
		needs_controller "$controller"
	done
	config '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 40}}'
	start_detached c1
	oci events --stats c1 >"$BATS_TEST_TMPDIR/stats"
	jq -e '.data.memory.usage | .limit == 67108864 and .usage > 0 and .failcnt == 0' "$BATS_TEST_TMPDIR/stats"
	jq -e '.data.memory | .raw.anon > 0 and (.swap.limit >= .usage.limit)' "$BATS_TEST_TMPDIR/stats"
	jq -e '.data.pids | .current >= 1 and .limit == 40' "$BATS_TEST_TMPDIR/stats"
	jq -e '.data.blkio | (.ioServiceBytesRecursive | type) == "array"' "$BATS_TEST_TMPDIR/stats"
	oci update --pids-limit -1 c1
	oci events --stats c1 | jq -e '.data.pids | has("limit") | not'
}

@test "oci: events tells of a process that was killed for memory" {
	needs_controller memory
	# Before the memory of the first is back the kernel may look for a second: it is to find none.
	config '.linux.resources.memory = {limit: 33554432, swap: 33554432} | .process.oomScoreAdj = -1000'
	jq '.process | .args = ["tail", "/dev/zero"] | .oomScoreAdj = 0' "$bundle/config.json" >"$BATS_TEST_TMPDIR/process.json"
	start_detached c1
	timeout 60 vps-oci --root "$root" events --interval 100s c1 >"$BATS_TEST_TMPDIR/events" 3>&- &
	local pid=$!
	sleep 1
	run -137 oci exec --process "$BATS_TEST_TMPDIR/process.json" c1
	eventually 10 grep -q oom "$BATS_TEST_TMPDIR/events"
	oci kill c1 KILL
	wait "$pid"
	jq -se 'length == 1 and .[0] == {type: "oom", id: "c1"}' "$BATS_TEST_TMPDIR/events"
}

# ---- features ----

@test "oci: every mount option that features names is taken" {
	local option
	for option in $(vps-oci features | jq -r '.mountOptions[] | select(test("idmap|bind|tmpcopyup") | not)' | some); do
		config '.mounts = [.mounts[] | select(.destination != "/tmp")] + [{destination: "/tmp", type: "tmpfs", options: [$option]}]' \
			--arg option "$option"
		config '.process.args = ["true"]'
		run -0 --separate-stderr oci run --bundle "$bundle" c1
		[[ -z $stderr ]] || { echo "$option: $stderr" >&2; return 1; }
	done
}

# ---- what is left out ----

@test "oci: a config without capabilities gives none" {
	config 'del(.process.capabilities)'
	runs 'grep -E "^Cap(Inh|Prm|Eff|Bnd|Amb)" /proc/self/status'
	run -0 oci run --bundle "$bundle" c1
	[[ $(sort -u <<<"${output//Cap???:$'\t'/}") == 0000000000000000 ]]
}

@test "oci: a process document takes from the container what it leaves out, and not more" {
	config '.process.rlimits = [{type: "RLIMIT_NOFILE", hard: 512, soft: 256}]'
	start_detached c1
	jq '.process | del(.capabilities, .rlimits) | .args = ["sh", "-c", "grep CapEff /proc/self/status; ulimit -n"]' \
		"$bundle/config.json" >"$BATS_TEST_TMPDIR/process.json"
	run -0 oci exec --process "$BATS_TEST_TMPDIR/process.json" c1
	[[ $output == $'CapEff:\t0000000020000420\n256' ]]
}

@test "oci: KILL ends all of a container without a pid namespace of its own" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	runs 'sleep 1000 & while :; do sleep 0.1; done'
	oci create --bundle "$bundle" c1 </dev/null >/dev/null 3>&-
	oci start c1 3>&-
	local pid
	eventually 5 eval '[[ $(oci ps c1) == *sleep* ]]'
	pid=$(oci ps --format json c1 | jq 'max')
	oci kill c1 KILL
	eventually 5 oci_status_is c1 stopped
	eventually 5 is_dead "$pid"
	eventually 5 eval '[[ $(oci ps --format json c1) == "[]" ]]'
	oci delete c1
	nothing_is_left c1
}

@test "oci: delete --force reaches what is paused" {
	start_detached c1
	oci pause c1
	run -1 --separate-stderr oci delete c1
	[[ $stderr == *"container c1 is paused; kill it first, or use --force" ]]
	oci delete --force c1
	nothing_is_left c1
}

@test "oci: exec --detach sends its terminal to the console socket" {
	needs_program python3
	start_detached c1
	jq '.process | .terminal = true | .consoleSize = {height: 21, width: 71}
		| .args = ["sh", "-c", "stty size; tty; read word; echo got $word"]' \
		"$bundle/config.json" >"$BATS_TEST_TMPDIR/process.json"
	run -255 --separate-stderr oci exec --detach --process "$BATS_TEST_TMPDIR/process.json" c1
	[[ $stderr == *"use --console-socket" ]]
	receive_terminal "got word" word
	local server=$!
	eventually 5 test -S "$BATS_TEST_TMPDIR/console"
	oci exec --detach --process "$BATS_TEST_TMPDIR/process.json" --console-socket "$BATS_TEST_TMPDIR/console" \
		--pid-file "$BATS_TEST_TMPDIR/pid" c1 3>&-
	wait "$server"
	grep "21 71" "$BATS_TEST_TMPDIR/shown"
	grep "/dev/pts/" "$BATS_TEST_TMPDIR/shown"
	[[ $(<"$BATS_TEST_TMPDIR/pid") -gt 1 ]]
}

@test "oci: run with a terminal ends with its input, and passes a signal on" {
	config '.process.terminal = true | .process.args = ["sh"]'
	run -7 timeout 20 vps-oci --root "$root" run --bundle "$bundle" c1 <<<'(exit 7)'
	nothing_is_left c1
	runs 'trap "exit 33" TERM; echo ready; while :; do sleep 0.1; done'
	mkfifo "$BATS_TEST_TMPDIR/keys"
	exec 9<>"$BATS_TEST_TMPDIR/keys"
	vps-oci --root "$root" run --bundle "$bundle" c1 <&9 >"$BATS_TEST_TMPDIR/shown" 3>&- &
	local runtime=$! status=0
	eventually 10 grep -q ready "$BATS_TEST_TMPDIR/shown"
	kill -TERM "$runtime"
	wait "$runtime" || status=$?
	((status == 33))
	nothing_is_left c1
}

@test "oci: --no-pivot works with a user namespace as well" {
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" "$bundle"
	runs 'id -u; ls /; cat /proc/self/uid_map'
	run -0 oci run --no-pivot --bundle "$bundle" c1
	[[ ${lines[0]} == 0 && $output == *$'\nbin\ndev\n'* && ${lines[-1]} == *100000*65536 ]]
	nothing_is_left c1
}

@test "oci: a process without a program is refused by name" {
	local args
	for args in null '[]'; do
		config '.process.args = $args' --argjson args "$args"
		run -1 --separate-stderr oci create --bundle "$bundle" c1 3>&-
		[[ $stderr == *"process.args: "* ]]
		nothing_is_left c1
	done
}

@test "oci: why a start failed is heard every time, however fast init ends" {
	config '.process.args = ["/no/such"]'
	for _ in {1..40}; do
		run -1 --separate-stderr oci run --bundle "$bundle" c1
		[[ $stderr == *"\`/no/such\`: executable file not found" ]]
	done
}

@test "oci: exec --ignore-paused waits in a paused container, and keeps nobody from resuming it" {
	start_detached c1
	oci pause c1
	timeout 20 vps-oci --root "$root" exec --ignore-paused c1 echo hello >"$BATS_TEST_TMPDIR/out" 3>&- &
	local pid=$!
	sleep 0.5
	[[ ! -s $BATS_TEST_TMPDIR/out ]]
	oci_status_is c1 paused
	timeout 5 vps-oci --root "$root" resume c1
	wait "$pid"
	[[ $(<"$BATS_TEST_TMPDIR/out") == hello ]]
}

@test "oci: who waits for a paused container can leave" {
	start_detached c1
	oci pause c1
	run -124 timeout 0.5 vps-oci --root "$root" exec --ignore-paused c1 echo hello
	oci delete --force c1
	nothing_is_left c1
}

@test "oci: ps with options is the host's ps, cut down to the container" {
	needs_program ps
	start_detached c1
	local pid
	pid=$(oci state c1 | jq .pid)
	run -0 --separate-stderr oci ps c1 -eo user,pid,comm
	[[ ${lines[0]} == USER*PID*COMMAND && $output == *"$pid sh"* && $output != *" 1 "* ]]
	run -0 oci ps c1 -ef
	[[ ${lines[0]} == UID*PID*PPID*CMD && $output == *"trap"* ]]
	run -1 --separate-stderr oci ps c1 -eo comm
	[[ $stderr == "vps-oci: ps: with these options it shows no column PID" ]]
	run -1 --separate-stderr oci ps c1 --no-such-option
	[[ $stderr == *"vps-oci: ps failed; its options are what stands behind the id" ]]
}
