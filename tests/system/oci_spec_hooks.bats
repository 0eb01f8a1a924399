#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The OCI runtime specification: "hooks" and "annotations" of a config.json.
# shellcheck disable=SC2154,SC2016
load helpers
load oci

# hook KIND SCRIPT [JSON]: add one, with further members.
hook() {
	config '.hooks[$kind] += [{path: "/bin/sh", args: ["sh", "-c", $script]} + $more]' --arg kind "$1" --arg script "$2" \
		--argjson more "${3-{\}}"
}

# All six write a line to a file; startContainer to one inside.
hook_all() {
	local kind
	log=$BATS_TEST_TMPDIR/log
	for kind in prestart createRuntime createContainer poststart poststop; do
		hook $kind "echo $kind >>$log; cat >$log.$kind; readlink /proc/self/ns/mnt >$log.$kind.mnt; pwd >$log.$kind.cwd"
	done
	hook startContainer 'echo startContainer >/tmp/hook; cat >/tmp/hook.state'
	config '.root.readonly = false'
}

@test "spec hooks: each of the six runs at its time" {
	hook_all
	runs 'cat /tmp/hook; while :; do sleep 0.1; done'
	oci create --bundle "$bundle" c1 </dev/null >"$BATS_TEST_TMPDIR/out" 3>&-
	[[ $(tr '\n' ' ' <"$log") == "prestart createRuntime createContainer " && ! -e $ROOTFS/tmp/hook ]]
	oci start c1 3>&-
	[[ $(tr '\n' ' ' <"$log") == "prestart createRuntime createContainer poststart " ]]
	eventually 5 grep -q startContainer "$BATS_TEST_TMPDIR/out"	# before the program
	oci delete --force c1
	[[ $(tr '\n' ' ' <"$log") == "prestart createRuntime createContainer poststart poststop " ]]
}

@test "spec hooks: stdin is the state, with status, pid, bundle and annotations" {
	hook_all
	config '.annotations = {"org.example": "note"}'
	start_detached c1
	local pid kind status
	pid=$(oci_pid c1)
	oci delete --force c1
	while read -r kind status; do
		jq -e --arg status "$status" --arg bundle "$bundle" --argjson pid "$pid" '.id == "c1" and .status == $status
			and .bundle == $bundle and .annotations["org.example"] == "note" and (.ociVersion | startswith("1."))
			and ($status == "stopped" or .pid == $pid)' "$log.$kind"
	done <<-'END'
		prestart creating
		createRuntime creating
		poststart running
		poststop stopped
	END
	# in the namespaces of the container it is its pid there
	jq -e '.status == "creating" and .pid == 1' "$log.createContainer"
	jq -e '.status == "created" and .pid == 1' "$ROOTFS/tmp/hook.state"
}

# in_their_namespaces: where the hooks of hook_all ran.
in_their_namespaces() {
	start_detached c1
	[[ $(<"$log.prestart.mnt") == "$(readlink /proc/self/ns/mnt)" ]]
	[[ $(<"$log.createRuntime.mnt") == "$(readlink /proc/self/ns/mnt)" ]]
	[[ $(<"$log.createContainer.mnt") == "$(readlink "/proc/$(oci_pid c1)/ns/mnt")" ]]
	[[ $(<"$log.poststart.mnt") == "$(readlink /proc/self/ns/mnt)" ]]
	[[ $(cat "$log".{prestart,createRuntime}.cwd | sort -u) == "$bundle" ]]
	oci delete --force c1
}

@test "spec hooks: createContainer and startContainer are in the container's namespaces" {
	hook_all
	in_their_namespaces
}

@test "spec hooks: the others are in the host's, also those of a container with a user namespace" {
	hook_all
	with_userns
	config "del(.hooks.startContainer)"
	# its root, who is nobody here, writes to the log as well
	chmod 755 "$BATS_RUN_TMPDIR"
	chmod 777 "$BATS_TEST_TMPDIR"
	umask 0
	in_their_namespaces
}

@test "spec hooks: poststop of a container that could not be entered runs in the host's namespaces" {
	local log=$BATS_TEST_TMPDIR/log
	hook poststop "readlink /proc/self/ns/mnt >$log.mnt; pwd >$log.cwd"
	with_userns
	config '.process.args = ["/no/such/program"]'
	run -1 oci run --bundle "$bundle" c1
	[[ $(<"$log.mnt") == "$(readlink /proc/self/ns/mnt)" && $(<"$log.cwd") == "$bundle" ]]
	nothing_is_left c1
}

@test "spec hooks: args and env are the hook's own" {
	config '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", $script, "zero", "one"], env: ["A=b"]}]' \
		--arg script "echo \"\$0 \$1 \$A \$HOME.\" >$BATS_TEST_TMPDIR/args"
	inside true
	[[ $(<"$BATS_TEST_TMPDIR/args") == "zero one b ." ]]
	config '.hooks.createRuntime[0].env = ["A"]'
	refused 'hooks.createRuntime[0].env[0]: "A" is not of the form "KEY=VALUE"'
	config '.hooks.createRuntime[0] = {path: "sh"}'
	refused 'hooks.createRuntime[0].path: "sh" is not an absolute path'
}

@test "spec hooks: a timeout ends the hook, and with it the container" {
	hook createRuntime 'exec sleep 100' '{"timeout": 1}'
	refused "hooks.createRuntime[0]: /bin/sh ran longer than its 1 s"
	config '.hooks.createRuntime[0].timeout = 0'
	refused "hooks.createRuntime[0].timeout: 0"
}

@test "spec hooks: a failure before the program runs undoes all, those behind are not run" {
	local kind
	for kind in prestart createRuntime createContainer; do
		config 'del(.hooks)'
		hook $kind 'exit 3'
		hook $kind "touch $BATS_TEST_TMPDIR/second"
		hook poststop "touch $BATS_TEST_TMPDIR/stopped.$kind"
		refused "hooks.${kind}[0]: /bin/sh failed with status 3"
		[[ ! -e $BATS_TEST_TMPDIR/second && -e $BATS_TEST_TMPDIR/stopped.$kind ]]
	done
	config 'del(.hooks)'
	hook startContainer 'exit 4'
	run -1 --separate-stderr oci run --bundle "$bundle" c1
	[[ $stderr == *"hooks.startContainer[0]: /bin/sh failed with status 4"* ]]
	nothing_is_left c1
}

@test "spec hooks: a poststop hook that fails does not keep the container, others run" {
	hook poststop 'exit 5'
	hook poststop "touch $BATS_TEST_TMPDIR/second"
	inside true
	nothing_is_left c1
	[[ -e $BATS_TEST_TMPDIR/second ]]
}

@test "spec annotations: they are in the state; a key or value that is none is refused" {
	config '.annotations = {"org.example.key": "a value", "empty": ""}'
	start_detached c1
	[[ $(oci state c1 | jq -c .annotations) == '{"org.example.key":"a value","empty":""}' ]]
	oci delete --force c1
	config '.annotations = {"a": 1}'
	refused "annotations.a: expected a string, got a number"
	config '.annotations = {"": "x"}'
	refused "annotations: a key is empty"
}

@test "spec hooks: a poststart hook that fails stops the container" {
	hook poststart 'exit 6'
	runs 'while :; do sleep 0.1; done'
	oci create --bundle "$bundle" c1 </dev/null >/dev/null 3>&-
	run -1 --separate-stderr oci start c1 3>&-
	[[ $stderr == *"hooks.poststart[0]: /bin/sh failed with status 6"* ]]
	eventually 5 oci_status_is c1 stopped
}
