#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# vps-oci with a bundle made of busybox, the way engines drive it.
# shellcheck disable=SC2154,SC2016
load helpers
load oci

@test "oci: run passes output and exit status on, and leaves nothing" {
	runs 'echo out; echo err >&2; exit 7'
	run -7 --separate-stderr oci run --bundle "$bundle" c1
	[[ $output == out && $stderr == err ]]
	nothing_is_left c1
}

@test "oci: a program that a signal ended is 128 and the signal" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	runs 'kill -KILL $$'
	run -137 oci run --bundle "$bundle" c1
	nothing_is_left c1
}

@test "oci: the container has namespaces, names and ids of its own" {
	runs 'hostname; echo $$; id -u; ls /sys/class/net; grep -c . /proc/self/mountinfo; for n in pid net ipc uts mnt cgroup; do readlink /proc/self/ns/$n; done'
	run -0 oci run --bundle "$bundle" c1
	[[ ${lines[0]} == vps-oci && ${lines[1]} == 1 && ${lines[2]} == 0 && ${lines[3]} == lo ]]
	local ns
	for ns in pid net ipc uts mnt cgroup; do
		[[ $output != *"$(readlink "/proc/self/ns/$ns")"* ]]
	done
}

@test "oci: without a user namespace /dev has nodes that work, made by init" {
	runs 'for n in null zero full random urandom tty; do stat -c "%n %t:%T %a" /dev/$n; done; head -c 3 /dev/zero | wc -c; echo x >/dev/null; readlink /dev/fd; readlink /dev/ptmx'
	run -0 oci run --bundle "$bundle" c1
	[[ $output == *"/dev/null 1:3 666"*"/dev/zero 1:5 666"*"/dev/full 1:7 666"* ]]
	[[ $output == *"/dev/tty 5:0 666"$'\n'3$'\n'/proc/self/fd$'\n'pts/ptmx ]]
}

@test "oci: a device that no rule names cannot be made or opened" {
	config '.process.capabilities[] += ["CAP_MKNOD"]'
	runs 'mknod /dev/disk b 7 0 2>&1 && head -c 1 /dev/disk; mknod /dev/mem c 1 1 2>&1 && head -c 1 /dev/mem; true'
	run -0 oci run --bundle "$bundle" c1
	[[ $output == *"/dev/disk: Operation not permitted"*"/dev/mem: Operation not permitted"* ]]
}

@test "oci: a read-only root, read-only paths and masked paths hold" {
	runs 'echo x >/file; echo x >/proc/sys/kernel/hostname; cat /proc/keys | wc -c; ls /sys/firmware | wc -l'
	run -0 oci run --bundle "$bundle" c1
	[[ $output == *"/file: Read-only file system"*"/proc/sys/kernel/hostname: Read-only file system"$'\n'0$'\n'0 ]]
}

@test "oci: nothing of the host's descriptors gets in" {
	runs 'ls /proc/$$/fd; true'
	run -0 bash -c 'exec 7</etc/passwd; exec vps-oci --root "$1" run --bundle "$2" c1 3>&-' - "$root" "$bundle"
	[[ $output == $'0\n1\n2' ]]
	run -0 bash -c 'exec 3</etc/hostname 4<&-; exec vps-oci --root "$1" run --preserve-fds 1 --bundle "$2" c1' - "$root" "$bundle"
	[[ $output == $'0\n1\n2\n3' ]]
	run -1 --separate-stderr oci run --preserve-fds 90 --bundle "$bundle" c1
	[[ $stderr == "vps-oci: --preserve-fds: descriptor "*": Bad file descriptor" ]]
}

@test "oci: capabilities and no_new_privs are the config's" {
	runs 'grep -E "^(CapBnd|CapEff|CapPrm|NoNewPrivs)" /proc/self/status'
	run -0 oci run --bundle "$bundle" c1
	[[ $output == $'CapPrm:\t0000000020000420\nCapEff:\t0000000020000420\nCapBnd:\t0000000020000420\nNoNewPrivs:\t1' ]]
}

@test "oci: a relative bind mount starts from the bundle" {
	mkdir "$bundle/data"
	echo text >"$bundle/data/file"
	config '.mounts += [{destination: "/tmp", type: "bind", source: "data", options: ["rbind", "ro"]}]'
	runs 'cat /tmp/file; echo x >/tmp/file'
	run -1 oci run --bundle "$bundle" c1
	[[ $output == text$'\n'*"Read-only file system" ]]
}

@test "oci: with a user namespace root of the container is nobody on the host" {
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" "$bundle"
	runs 'id -u; cat /proc/self/uid_map; echo x >/dev/null && echo writes'
	run -0 oci run --bundle "$bundle" c1
	[[ ${lines[0]} == 0 && ${lines[1]} == *100000*65536 && ${lines[2]} == writes ]]
	nothing_is_left c1
}

@test "oci: a life in steps: create, start, kill, delete" {
	runs 'trap "exit 3" TERM; while :; do sleep 0.1; done'
	oci create --bundle "$bundle" --pid-file "$BATS_TEST_TMPDIR/pid" c1 </dev/null >/dev/null 3>&-
	oci_status_is c1 created
	[[ $(oci state c1 | jq .pid) == "$(<"$BATS_TEST_TMPDIR/pid")" ]]
	[[ $(oci state c1 | jq -r .bundle) == "$bundle" ]]
	oci start c1
	oci_status_is c1 running
	[[ $(oci list --quiet) == c1 && $(oci list --format json | jq -r '.[0].status') == running ]]
	run -1 --separate-stderr oci start c1
	[[ $stderr == "vps-oci: container c1 is running; only a created one can be started" ]]
	run -1 oci delete c1
	oci kill c1 TERM
	eventually 5 oci_status_is c1 stopped
	run -1 --separate-stderr oci kill c1
	[[ $stderr == "vps-oci: container not running: c1" ]]
	oci delete c1
	nothing_is_left c1
	run -1 oci state c1
}

@test "oci: an id that is taken is refused, and its container goes on" {
	start_detached c1
	run -1 --separate-stderr oci run --bundle "$bundle" c1
	[[ $stderr == "vps-oci: container c1 exists already" ]]
	oci_status_is c1 running
}

@test "oci: delete --force kills, and does not mind that there is none" {
	start_detached c1
	local pid
	pid=$(oci state c1 | jq .pid)
	oci delete --force c1
	is_dead "$pid"
	nothing_is_left c1
	oci delete --force c1
	run -1 oci delete c1
}

@test "oci: a created container can be deleted without being started" {
	oci create --bundle "$bundle" c1 </dev/null >/dev/null 3>&-
	oci delete c1
	nothing_is_left c1
}

@test "oci: exec joins the container and passes the exit status on" {
	start_detached c1
	run -9 oci exec c1 sh -c 'hostname; grep -c . /proc/1/cmdline; exit 9'
	[[ ${lines[0]} == vps-oci ]]
	run -0 oci exec --cwd /tmp --env A=b --user 1000:1001 -g 1002 c1 sh -c 'pwd; echo $A; id -u; id -g; id -G'
	[[ $output == $'/tmp\nb\n1000\n1001\n1001 1002' ]]
	run -255 --separate-stderr oci exec c1 no-such-program
	[[ $stderr == *"\`no-such-program\`: executable file not found in \$PATH" ]]
}

@test "oci: exec --process takes all from the document, --detach does not wait" {
	start_detached c1
	jq '.process | .args = ["sh", "-c", "echo $0 $B", "word"] | .env += ["B=c"]' "$bundle/config.json" \
		>"$BATS_TEST_TMPDIR/process.json"
	run -0 oci exec --process "$BATS_TEST_TMPDIR/process.json" c1
	[[ $output == "word c" ]]
	oci exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" c1 sleep 100 </dev/null >/dev/null 2>&1 3>&-
	[[ $(tr '\0' ' ' <"/proc/$(<"$BATS_TEST_TMPDIR/pid")/cmdline") == "sleep 100 " ]]
	oci ps --format json c1 | jq -e --argjson pid "$(<"$BATS_TEST_TMPDIR/pid")" 'index($pid)'
	[[ $(oci ps c1) == *sleep* ]]
}

@test "oci: kill --all reaches every process" {
	start_detached c1
	oci exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" c1 sleep 100 </dev/null >/dev/null 2>&1 3>&-
	oci kill --all c1 KILL
	eventually 5 is_dead "$(<"$BATS_TEST_TMPDIR/pid")"
	eventually 5 oci_status_is c1 stopped
}

@test "oci: pause stops it, resume lets it go on" {
	start_detached c1
	oci pause c1
	oci_status_is c1 paused
	run -255 --separate-stderr oci exec c1 true
	[[ $stderr == *"c1 is paused"* ]]
	run -1 oci pause c1
	oci resume c1
	oci_status_is c1 running
	oci exec c1 true
}

@test "oci: update changes a limit of a container that runs" {
	needs_controller pids
	start_detached c1
	oci update --pids-limit 50 c1
	[[ $(</sys/fs/cgroup/vps-oci/c1/pids.max) == 50 ]]
	echo '{"pids": {"limit": 60}}' | oci update -r - c1
	[[ $(</sys/fs/cgroup/vps-oci/c1/pids.max) == 60 ]]
}

@test "oci: hooks run in their order, with the state on stdin" {
	local kind
	for kind in prestart createRuntime createContainer startContainer poststart poststop; do
		config '.hooks[$kind] = [{path: "/bin/sh", args: ["sh", "-c", "cat >/dev/null; echo \($kind) >>\($file)"]}]' \
			--arg kind "$kind" --arg file "$bundle/hooks"
	done
	config 'del(.hooks.startContainer)'	# that one runs inside, where the file is not
	runs true
	oci run --bundle "$bundle" c1
	[[ $(tr '\n' ' ' <"$bundle/hooks") == "prestart createRuntime createContainer poststart poststop " ]]
}

@test "oci: a hook that fails stops the start, and nothing is left" {
	config '.hooks.createRuntime = [{path: "/bin/false"}]'
	run -1 --separate-stderr oci create --bundle "$bundle" c1 3>&-
	[[ $stderr == *"hooks.createRuntime[0]"*"/bin/false failed with status 1" ]]
	nothing_is_left c1
}

@test "oci: a config that is wrong is one sentence with its path, and nothing is left" {
	config '.mounts[2].options = [7]'
	run -1 --separate-stderr oci create --bundle "$bundle" c1 3>&-
	[[ $stderr == "vps-oci: config.json: mounts[2].options[0]: "* ]]
	nothing_is_left c1
	config '.mounts = [] | .root.path = "no-such"'
	run -1 --separate-stderr oci create --bundle "$bundle" c1 3>&-
	[[ $stderr == "vps-oci: root.path: $bundle/no-such: No such file or directory" ]]
	nothing_is_left c1
}

@test "oci: run gives a terminal, whose slave is /dev/console too" {
	needs_program script
	config '.process.terminal = true'
	runs 'tty; stty size; stat -c %t /dev/console; test -t 0 && test -t 2 && echo is a terminal; exit 5'
	run -5 script -qec "stty rows 33 cols 99; vps-oci --root $root run --bundle $bundle c1" /dev/null
	[[ $output == *"/dev/pts/0"*"33 99"*88*"is a terminal"* ]]
	nothing_is_left c1
}

@test "oci: exec --tty gives a terminal of the container's" {
	needs_program script
	start_detached c1
	run -6 script -qec "vps-oci --root $root exec --tty c1 sh -c 'tty; exit 6'" /dev/null
	[[ $output == */dev/pts/0* ]]
}

@test "oci: the terminal goes to the console socket, and without one it is refused" {
	needs_program python3
	config '.process.terminal = true'
	run -1 --separate-stderr oci create --bundle "$bundle" c1 3>&-
	[[ $stderr == *"use --console-socket" ]]
	nothing_is_left c1
	runs 'echo over the socket; read word; echo "got $word"'
	receive_terminal "got word" word
	eventually 5 test -S "$BATS_TEST_TMPDIR/console"
	oci create --bundle "$bundle" --console-socket "$BATS_TEST_TMPDIR/console" c1 3>&-
	oci start c1
	wait $!
	grep "over the socket" "$BATS_TEST_TMPDIR/shown"
}

@test "oci: annotations are in the state" {
	config '.annotations = {"org.example.key": "a value"}'
	start_detached c1
	[[ $(oci state c1 | jq -r '.annotations["org.example.key"]') == "a value" ]]
}

@test "oci: a pid namespace that is joined by its path shows the processes of both" {
	start_detached c1
	config '.linux.namespaces |= map(if .type == "pid" then .path = $path else . end)' \
		--arg path "/proc/$(oci state c1 | jq .pid)/ns/pid"
	runs 'readlink /proc/self/ns/pid; echo $$; ls /proc/1/ns >/dev/null && echo sees it'
	run -0 oci run --bundle "$bundle" c2
	[[ ${lines[0]} == "$(readlink "/proc/$(oci state c1 | jq .pid)/ns/pid")" ]]
	[[ ${lines[1]} -gt 1 && ${lines[2]} == "sees it" ]]
}
