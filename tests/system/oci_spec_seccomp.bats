#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The OCI runtime specification: "linux.seccomp" of a config.json, as seen from inside.
# shellcheck disable=SC2154,SC2016
load helpers
load oci

# filter JSON: linux.seccomp.
filter() {
	config '.linux.seccomp = $filter' --argjson filter "$1"
}

# A filter that lets all through but mkdir.
deny_mkdir() {
	filter "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"mkdir\", \"mkdirat\"], $1}]}"
	config '.root.readonly = false'
}

@test "spec seccomp: SCMP_ACT_ERRNO with EPERM, or with the errnoRet given" {
	deny_mkdir '"action": "SCMP_ACT_ERRNO"'
	inside 'mkdir /tmp/d; true'
	[[ $output == *"Operation not permitted" ]]
	deny_mkdir '"action": "SCMP_ACT_ERRNO", "errnoRet": 28'
	inside 'mkdir /tmp/d; grep Seccomp: /proc/self/status'
	[[ $output == *"No space left on device"*$'Seccomp:\t2' ]]
	config '.process.noNewPrivileges = false | .process.user = {uid: 1000, gid: 1000}'
	inside 'mkdir /tmp/d; grep Seccomp: /proc/self/status'
	[[ $output == *"No space left on device"*$'Seccomp:\t2' ]]
}

@test "spec seccomp: defaultAction and defaultErrnoRet are for what no rule names" {
	filter '{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "syscalls": [{"names": ["read", "write", "writev", "close",
		"execve", "exit", "exit_group", "brk", "mmap", "munmap", "mprotect", "arch_prctl", "set_tid_address", "set_robust_list",
		"rseq", "prlimit64", "readlink", "readlinkat", "getrandom", "newfstatat", "fstat", "stat", "open", "openat", "rt_sigaction",
		"rt_sigprocmask", "getpid", "getuid", "geteuid", "getppid", "uname", "getcwd", "fcntl", "dup2", "wait4", "ioctl", "lseek",
		"getgid", "getegid", "prctl", "rt_sigreturn", "time", "clock_gettime", "chdir", "getpgrp", "futex", "setuid", "setgid"],
		"action": "SCMP_ACT_ALLOW"}]}'
	config '.process.args = ["mkdir", "/tmp/d"]'
	run -1 oci run --bundle "$bundle" c1
	[[ $output == *"Function not implemented" ]]
}

@test "spec seccomp: SCMP_ACT_KILL, KILL_THREAD, KILL_PROCESS and TRAP end the program" {
	local action
	for action in KILL KILL_THREAD KILL_PROCESS TRAP; do
		deny_mkdir "\"action\": \"SCMP_ACT_$action\""
		inside 'mkdir /tmp/d; echo $?'
		[[ $output == *159 ]]	# SIGSYS
	done
}

@test "spec seccomp: SCMP_ACT_LOG and ALLOW let it through, TRACE without a tracer does not" {
	deny_mkdir '"action": "SCMP_ACT_LOG"'
	inside 'mkdir /tmp/logged && rmdir /tmp/logged && echo made'
	[[ $output == made ]]
	deny_mkdir '"action": "SCMP_ACT_TRACE", "errnoRet": 1'
	inside 'mkdir /tmp/d; true'
	[[ $output == *"Function not implemented" ]]
	filter '{"defaultAction": "SCMP_ACT_LOG", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ALLOW"}]}'
	inside 'echo runs'
	[[ $output == runs ]]
}

# The second argument of ftruncate(2) is a number that the script chooses.
@test "spec seccomp: args compare by every operator" {
	local op value two not_hit hit
	while read -r op value two hit not_hit; do
		filter "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"ftruncate\"], \"action\": \"SCMP_ACT_KILL_PROCESS\",
			\"args\": [{\"index\": 1, \"value\": $value, \"valueTwo\": $two, \"op\": \"SCMP_CMP_$op\"}]}]}"
		config '.root.readonly = false'
		inside "truncate -s $not_hit /tmp/f; echo \$?; truncate -s $hit /tmp/f; echo \$?"
		[[ $output == $'0\n'*159 ]] || { echo "$op: $output" >&2; return 1; }
	done <<-END
		EQ 7 0 7 5
		NE 7 0 5 7
		LT 8 0 7 8
		LE 8 0 8 9
		GT 8 0 9 8
		GE 8 0 8 7
		MASKED_EQ 6 2 3 5
	END
}

@test "spec seccomp: two args of a rule are both required, a second rule is an alternative" {
	filter '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
		{"names": ["ftruncate"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 3, "op": "SCMP_CMP_GE"},
			{"index": 1, "value": 5, "op": "SCMP_CMP_EQ"}]},
		{"names": ["ftruncate"], "action": "SCMP_ACT_KILL_PROCESS", "args": [{"index": 1, "value": 6, "op": "SCMP_CMP_EQ"}]}]}'
	config '.root.readonly = false'
	inside 'for n in 4 5 6; do truncate -s $n /tmp/f 2>/dev/null; echo $?; done'
	[[ $output == $'0\n1\n'*159 ]]
}

@test "spec seccomp: architectures; another one meets a kernel without system calls" {
	[[ $(uname -m) == x86_64 ]] || lacking "an x86_64 processor"
	filter '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
		"syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}'
	inside 'mkdir /tmp/d; true'
	[[ $output == *"Operation not permitted" ]]
	config '.linux.seccomp.architectures = ["SCMP_ARCH_Z80"]'
	refused 'linux.seccomp.architectures[0]: "SCMP_ARCH_Z80" is none of'
}

@test "spec seccomp: flags" {
	deny_mkdir '"action": "SCMP_ACT_ERRNO"'
	config '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC"]'
	inside 'grep -E "Speculation_Store_Bypass" /proc/self/status; mkdir /tmp/d; true'
	[[ $output != *"force mitigated"* && $output == *"Operation not permitted" ]]
	config '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_NO"]'
	refused 'linux.seccomp.flags[0]: "SECCOMP_FILTER_FLAG_NO" is none of'
}

@test "spec seccomp: the filter holds for an exec too" {
	deny_mkdir '"action": "SCMP_ACT_ERRNO", "errnoRet": 28'
	start_detached c1
	run -1 oci exec c1 mkdir /tmp/d
	[[ $output == *"No space left on device" ]]
}

# agent COUNT: answers so many mkdir with errno 28, and writes down what it was told.
agent() {
	python3 - "$BATS_TEST_TMPDIR/agent" "$1" >"$BATS_TEST_TMPDIR/told" 3>&- <<-'END' &
		import array, ctypes, fcntl, json, os, socket, struct, sys
		server = socket.socket(socket.AF_UNIX)
		server.bind(sys.argv[1])
		server.listen(5)
		server.settimeout(30)
		for _ in range(int(sys.argv[2])):
		    peer, _ = server.accept()
		    peer.settimeout(30)
		    text, parts, _, _ = peer.recvmsg(65536, socket.CMSG_SPACE(8))
		    more = peer.recv(65536)
		    while more:
		        text, more = text + more, peer.recv(65536)
		    fds = array.array("i", parts[0][2])
		    assert len(fds) == 1
		    print(text.decode(), flush=True)
		    # SECCOMP_IOCTL_NOTIF_RECV and _SEND of 64-bit machines
		    notification = bytearray(80)
		    fcntl.ioctl(fds[0], 0xc0502100, notification)
		    cookie, = struct.unpack_from("Q", notification)
		    fcntl.ioctl(fds[0], 0xc0182101, bytearray(struct.pack("=QqiI", cookie, 0, -28, 0)))
		    os.close(fds[0])
	END
	agent_pid=$!
	eventually 5 test -S "$BATS_TEST_TMPDIR/agent"
}

notify_mkdir() {
	filter '{"defaultAction": "SCMP_ACT_ALLOW", "listenerMetadata": "some data", "flags": ["SECCOMP_FILTER_FLAG_TSYNC"],
		"syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_NOTIFY"}]}'
	config '.linux.seccomp.listenerPath = $path | .root.readonly = false' --arg path "$BATS_TEST_TMPDIR/agent"
}

@test "spec seccomp: SCMP_ACT_NOTIFY gives the agent at listenerPath the descriptor and the state" {
	needs_program python3
	notify_mkdir
	config '.annotations = {"org.example": "note"}'
	agent 2
	inside 'mkdir /tmp/d; true'
	[[ $output == *"No space left on device" ]]
	config '.process.noNewPrivileges = false'
	inside 'mkdir /tmp/d; true'
	wait "$agent_pid"
	[[ $output == *"No space left on device" ]]
	jq -s -e --arg bundle "$bundle" '.[0] | .fds == ["seccompFd"] and .pid > 0 and .metadata == "some data" and .pid == .state.pid
		and .state.id == "c1" and .state.bundle == $bundle and .state.status == "created" and .state.annotations["org.example"] == "note"
		and (.ociVersion | startswith("1."))' "$BATS_TEST_TMPDIR/told"
}

@test "spec seccomp: an exec has a listener of its own" {
	needs_program python3
	notify_mkdir
	agent 2
	start_detached c1 'mkdir /tmp/d 2>/dev/null; while :; do sleep 0.1; done'
	eventually 5 grep -q created "$BATS_TEST_TMPDIR/told"
	run -1 oci exec c1 mkdir /tmp/e
	[[ $output == *"No space left on device" ]]
	wait "$agent_pid"
	jq -s -e '.[1].state.status == "running" and .[1].pid != .[1].state.pid' "$BATS_TEST_TMPDIR/told"
}

@test "spec seccomp: without an agent nothing runs" {
	notify_mkdir
	runs 'echo went-on; mkdir /tmp/d'
	run -1 oci run --bundle "$bundle" c1
	[[ $output == *"linux.seccomp.listenerPath: cannot connect to"* && $output != *went-on* ]] || { echo "$output" >&2; return 1; }
	nothing_is_left c1
	deny_mkdir '"action": "SCMP_ACT_ERRNO"'
	config '.linux.seccomp.listenerPath = "/no/such"'	# no rule asks for it
	inside 'echo ran'
	notify_mkdir
	config 'del(.linux.seccomp.listenerPath) | del(.linux.seccomp.listenerMetadata)'
	refused "linux.seccomp.listenerPath is missing: an action is SCMP_ACT_NOTIFY"
}

@test "spec seccomp: what cannot be is refused by name" {
	filter '{"defaultAction": "SCMP_ACT_NOTIFY", "listenerPath": "/x"}'
	refused "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be the default"
	filter '{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/x", "syscalls": [{"names": ["sendmsg"], "action": "SCMP_ACT_NOTIFY"}]}'
	refused "linux.seccomp.syscalls[0].action: SCMP_ACT_NOTIFY is not possible for sendmsg"
	filter '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_NO"}]}'
	refused 'linux.seccomp.syscalls[0].action: "SCMP_ACT_NO" is none of'
	filter '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_KILL", "errnoRet": 1}]}'
	refused "linux.seccomp.syscalls[0].action: SCMP_ACT_KILL takes no errno"
	filter '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_NO"}]}]}'
	refused 'linux.seccomp.syscalls[0].args[0].op: "SCMP_CMP_NO" is none of'
}
