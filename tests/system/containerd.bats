#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# containerd with vps-oci as its runtime, by way of ctr.
#
# ctr 1.6 forgets --runc-binary when it is given --no-pivot, --uidmap or --runc-root beside others:
# what is run here leaves these alone, and ran() asks vps-oci whether it knows the container.
# shellcheck disable=SC2154,SC2016
load clients

# One container, `web`, serves most tests.
prepare() {
	if ! command -v containerd >/dev/null; then
		return	# setup() says so
	fi
	RUNTIME=$(command -v vps-oci)
	# ctr asks for cpu shares, whatever it is told
	has_controller cpu || RUNTIME=$(without_controllers 'del(.linux.resources.cpu)')
	export RUNTIME
	start_containerd
	ctr image import "$CLIENT/image/image.tar" >&2
	runs --detach --pid-file "$CLIENT/web.pid" "$IMAGE" web sh -c 'echo hello; while :; do sleep 0.5; done'
}

# A daemon of this file's own: where it keeps things, its socket, and no part of Kubernetes.
start_containerd() {
	cat >"$CLIENT/config.toml" <<-CONF
		version = 2
		root = "$CLIENT/root"
		state = "$CLIENT/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri"]
		[grpc]
		address = "$CLIENT/containerd.sock"
		[plugins."io.containerd.internal.v1.opt"]
		path = "$CLIENT/opt"
	CONF
	containerd --config "$CLIENT/config.toml" >"$CLIENT/containerd.log" 2>&1 3>&- &
	echo $! >"$CLIENT/containerd.pid"
	export CONTAINERD_ADDRESS=$CLIENT/containerd.sock
	eventually 60 ctr version >/dev/null 2>&1
}

cleanup() {
	if [[ ! -e $CLIENT/containerd.pid ]]; then
		return
	fi
	ctr task kill --signal KILL web 3>&- || true
	eventually 10 has_stopped web || true
	ctr task rm --force web >/dev/null || true
	kill "$(<"$CLIENT/containerd.pid")"
	eventually 20 is_dead "$(<"$CLIENT/containerd.pid")"
}

setup() {
	needs_program containerd
}

# runs OPTION... IMAGE ID COMMAND...
runs() {
	ctr run --runtime io.containerd.runc.v2 --runc-binary "$RUNTIME" "$@" 3>&-
}

# in_web COMMAND...
in_web() {
	ctr task exec --exec-id "exec$RANDOM$RANDOM" web "$@" 3>&-
}

task_status() {
	ctr task ls | awk -v id="$1" '$1 == id { print $3 }'
}

has_stopped() {
	[[ $(task_status "$1") == STOPPED ]]
}

# What vps-oci says of a container of containerd's.
state_of() {
	vps-oci --root /run/containerd/runc/default state "$1"
}

@test "containerd: it is vps-oci that runs the containers" {
	[[ $(state_of web | jq -r '"\(.status) \(.pid)"') == "running $(<"$CLIENT/web.pid")" ]]
	[[ $(ctr task ls | awk '$1 == "web" { print $2 }') == "$(<"$CLIENT/web.pid")" ]]
	ctr container info web | jq -r .Runtime.Options.value | base64 -d | grep -q "$RUNTIME"
}

@test "containerd: run passes input, output and exit status on, and leaves nothing" {
	run -7 --separate-stderr runs --rm "$IMAGE" c1 sh -c 'echo out; echo err >&2; exit 7'
	[[ $output == out && $stderr == err ]]
	# ctr leaves stdin open at its end
	[[ $(echo in | runs --rm "$IMAGE" c1 head -n 1) == in ]]
	run ! state_of c1
	[[ ! -e /sys/fs/cgroup/default/c1 ]]
}

@test "containerd: run with an environment, a directory, mounts, capabilities and a read-only root" {
	run -0 runs --rm --read-only --env A=b --cwd /tmp --cap-drop CAP_CHOWN --cap-add CAP_SYS_ADMIN \
		--mount "type=bind,src=$CLIENT/image,dst=/etc,options=rbind:ro" "$IMAGE" c1 \
		sh -c 'exec 2>&1; echo $A; pwd; ls /etc | grep layer; grep CapEff /proc/self/status; echo x >/x; true'
	[[ $output == $'b\n/tmp\nlayer.tar\nCapEff:\t00000000a82425fa\n'*'/x: Read-only file system' ]]
}

@test "containerd: run with a device, seccomp, host network and a joined namespace" {
	run -0 runs --rm --net-host --seccomp --device /dev/kmsg --with-ns "ipc:/proc/$(<"$CLIENT/web.pid")/ns/ipc" "$IMAGE" c1 \
		sh -c 'for n in net ipc; do readlink /proc/self/ns/$n; done; grep Seccomp: /proc/self/status; ls /dev/kmsg'
	[[ $output == "$(readlink /proc/self/ns/net)"$'\n'"$(readlink "/proc/$(<"$CLIENT/web.pid")/ns/ipc")"$'\nSeccomp:\t2\n/dev/kmsg' ]]
}

@test "containerd: --privileged gives every capability that we have" {
	run -0 runs --rm --privileged "$IMAGE" c1 sh -c 'mount -t tmpfs x /tmp && echo mounted; grep CapEff /proc/self/status'
	[[ $output == $'mounted\nCapEff:\t'$(awk '/CapBnd/ { print $2 }' /proc/self/status) ]]
}

@test "containerd: run -t gives a terminal that is resized" {
	run -6 in_terminal ctr run --runtime io.containerd.runc.v2 --runc-binary "$RUNTIME" --rm --tty "$IMAGE" c1 sh -c "$RESIZED"
	[[ $output == */dev/pts/0*resized* ]]
}

@test "containerd: task exec, with a terminal, as a user and detached" {
	run -4 in_web sh -c 'id -u; exit 4'
	[[ $output == 0 ]]
	run -0 ctr task exec --exec-id as-user --user 1000 --cwd /tmp web sh -c 'id -u; pwd' 3>&-
	[[ $output == $'1000\n/tmp' ]]
	run -6 in_terminal ctr task exec --exec-id terminal --tty web sh -c "$RESIZED"
	[[ $output == */dev/pts/*resized* ]]
	ctr task exec --detach --exec-id detached web touch /detached 3>&-
	eventually 10 in_web test -e /detached
}

@test "containerd: a program that is missing is named, and nothing is left" {
	run -1 runs --rm "$IMAGE" c1 missing
	[[ $output == *missing*"not found"* ]]
	run -1 in_web missing
	[[ $output == *missing*"not found"* ]]
	run ! state_of c1
}

@test "containerd: task ps lists the processes" {
	run -0 ctr task ps web
	[[ $output == PID*"$(<"$CLIENT/web.pid")"* ]]
}

@test "containerd: task pause and resume" {
	ctr task pause web
	[[ $(task_status web) == PAUSED && $(state_of web | jq -r .status) == paused ]]
	ctr task resume web
	[[ $(task_status web) == RUNNING ]]
	in_web true
}

@test "containerd: task metrics are those of the cgroup" {
	run -0 ctr task metrics --format json web
	jq -e 'has("cpu") and has("memory") and has("pids")' <<<"$output"
	needs_controller pids
	[[ $(jq .pids.current <<<"$output") -ge 1 && $(jq .memory.usage <<<"$output") -gt 0 ]]
}

@test "containerd: limits reach the cgroup" {
	needs_controller cpu
	needs_controller memory
	# ctr mounts no cgroup tree
	runs --detach --memory-limit 33554432 --cpus 0.5 "$IMAGE" c1 sh -c 'while :; do sleep 0.5; done'
	run -0 cat /sys/fs/cgroup/default/c1/{memory.max,cpu.max}
	[[ $output == $'33554432\n50000 100000' ]]
	ctr task rm --force c1
	ctr container rm c1
	run -0 runs --rm --cgroup /vps-parent/c1 "$IMAGE" c1 grep 0:: /proc/self/cgroup
	[[ $output == 0::/vps-parent/c1 ]]
}

@test "containerd: checkpoint is refused by name, and the container runs on" {
	run -1 ctr task checkpoint web
	[[ $output == *"vps-oci: checkpoint is not"* ]]
	in_web true
}

@test "containerd: task kill, its exit status, and delete" {
	runs --detach "$IMAGE" c1 sh -c 'trap "exit 3" TERM; echo >/ready; while :; do sleep 0.1; done'
	eventually 20 ctr task exec --exec-id ready c1 test -e /ready 3>&-
	ctr task kill --signal TERM c1
	eventually 20 has_stopped c1
	run ctr task delete c1
	[[ $output == *"exit code 3"* ]]
	ctr container rm c1
	run ! state_of c1
	[[ ! -e /sys/fs/cgroup/default/c1 ]]
}
