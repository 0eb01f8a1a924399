#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# podman of an ordinary user with vps-oci as its runtime.
#
# He has no cgroup that is his: podman asks for one below the root of the tree, and vps-oci does
# without.
# shellcheck disable=SC2154,SC2016,SC2317
load clients

is_complete() {
	command -v podman >/dev/null && command -v newuidmap >/dev/null
}

# One container, `web`, serves most tests.
prepare() {
	if ! is_complete; then
		return	# setup() says so
	fi
	in_etc passwd "tester:x:4711:4711::$CLIENT/home:/bin/sh"
	in_etc group tester:x:4711:
	in_etc subuid tester:300000:65536
	in_etc subgid tester:300000:65536
	podman_configure
	sed -i '/^\[containers\]/a netns = "none"' "$CLIENT/containers.conf"
	unset CONTAINERS_STORAGE_CONF	# what is a user's is below his home
	sed -i '/^pids_limit/s/=.*/= 0/; /^lock_type/d; /^tmp_dir/d; /^network/d; /^\[network/d' "$CLIENT/containers.conf"
	mkdir -p "$CLIENT"/{home,runtime}
	chown -R 4711:4711 "$CLIENT"/{home,runtime}
	chmod 700 "$CLIENT/runtime"
	echo original >"$CLIENT/home/file"
	rootless load --quiet --input "$CLIENT/image/image.tar"
	rootless run --detach --name web --network none "$IMAGE" sh -c 'echo hello; while :; do sleep 0.5; done'
}

cleanup() {
	if is_complete; then
		rootless pod rm --all --force --time 0
		rootless rm --all --force --time 0
		rootless system migrate	# ends the process that keeps the user namespace
		out_of_etc passwd group subuid subgid
	fi
}

setup() {
	needs_program podman
	needs_program newuidmap
}

# Behind it, nothing is root's.
as_tester() {
	setpriv --reuid 4711 --regid 4711 --clear-groups env --ignore-environment HOME="$CLIENT/home" \
		XDG_RUNTIME_DIR="$CLIENT/runtime" PATH="$PATH" CONTAINERS_CONF="$CONTAINERS_CONF" "$@" 3>&-
}

# rootless SUBCOMMAND...: podman of the user
rootless() {
	(cd / && as_tester podman "$@")
}

# runs [OPTION...] SCRIPT: what it said in a container, which is gone afterwards.
# Detached: podman 4 at times waits 20 s for the end of an attached container of a user's, whatever
# its runtime, while another one of his runs.
runs() {
	rootless run --detach --name once "${@:1:$#-1}" "$IMAGE" sh -c "{ ${*: -1}; } 2>&1; echo ended" >/dev/null
	has_said() { [[ $(rootless logs once) == *ended ]]; }
	eventually 20 has_said
	rootless logs once | sed '$d'
	rootless rm --force --time 0 once >/dev/null
}

@test "podman, rootless: it is vps-oci that runs the containers, and nothing of them is root" {
	[[ $(rootless info --format '{{.Host.Security.Rootless}} {{.Host.OCIRuntime.Name}}') == "true vps-oci" ]]
	local id pid
	read -r id pid < <(rootless inspect web --format '{{.ID}} {{.State.Pid}}')
	[[ $(as_tester vps-oci state "$id" | jq -r '"\(.status) \(.pid)"') == "running $pid" ]]
	[[ $(stat -c %u "/proc/$pid") == 4711 ]]
	[[ $(rootless exec web cat /proc/self/uid_map | tr -s ' ' | head -n 2) == $' 0 4711 1\n 1 300000 65536' ]]
}

@test "podman, rootless: exec passes input, output and exit status on" {
	run -9 --separate-stderr rootless exec --user user --workdir /tmp --env X=y web \
		sh -c 'id -u; pwd; echo $X; touch x && stat -c %u x; echo err >&2; exit 9'
	[[ $output == $'1000\n/tmp\ny\n1000' && $stderr == err* ]]
	[[ $(echo in | rootless exec --interactive web cat) == in ]]
	run -127 rootless exec web missing
}

@test "podman, rootless: a program that is missing is 127" {
	run -127 rootless run --network none --name absent "$IMAGE" missing
	rootless rm absent
}

@test "podman, rootless: exec -it gives a terminal that is resized" {
	cd /
	run -6 in_terminal setpriv --reuid 4711 --regid 4711 --clear-groups env HOME="$CLIENT/home" \
		XDG_RUNTIME_DIR="$CLIENT/runtime" podman exec --interactive --tty web sh -c "$RESIZED"
	[[ $output == */dev/pts/*resized* ]]
}

@test "podman, rootless: logs and cp" {
	[[ $(rootless logs web) == hello ]]
	rootless cp "$CLIENT/home/file" web:/tmp/copied
	[[ $(rootless exec web cat /tmp/copied) == original ]]
}

@test "podman, rootless: volumes, a read-only root, devices, capabilities and seccomp" {
	run -0 runs --read-only --cap-drop ALL --volume "$CLIENT/home:/home" --volume kept:/kept --tmpfs /small:size=1m \
		'cat /home/file; touch /kept/x /tmp/x /small/x; echo x >/dev/null && echo null; grep -E "CapEff|Seccomp:" /proc/self/status; echo x >/x'
	[[ $output == $'original\nnull\nCapEff:\t0000000000000000\nSeccomp:\t2\n'*'/x: Read-only file system' ]]
	[[ $(runs --init --sysctl net.ipv4.ip_default_ttl=99 --ulimit nofile=100 --hostname inner \
		'hostname; cat /proc/sys/net/ipv4/ip_default_ttl; ulimit -n; cat /proc/1/comm') == $'inner\n99\n100\npodman-init' ]]
}

@test "podman, rootless: namespaces of another container, of the host, and mapped ones" {
	[[ $(runs --network container:web 'readlink /proc/self/ns/net') == "$(rootless exec web readlink /proc/self/ns/net)" ]]
	[[ $(runs --network host 'readlink /proc/self/ns/net') == "$(readlink /proc/self/ns/net)" ]]
	[[ $(runs --userns keep-id 'id -u; echo x >/tmp/x && stat -c %u /tmp/x') == $'4711\n4711' ]]
	[[ $(runs --userns auto:size=1000 'cat /proc/self/uid_map' | tr -s ' ') == " 0 1 1000" ]]
}

@test "podman, rootless: the containers of a pod share namespaces" {
	needs_program catatonit
	rootless pod create --name pair --network none --share pid,net,ipc,uts
	rootless run --detach --pod pair --name one "$IMAGE" sh -c 'while :; do sleep 0.5; done'
	[[ $(rootless exec one cat /proc/1/comm) == catatonit ]]
	rootless run --detach --pod pair --name two "$IMAGE" sh -c 'while :; do sleep 0.5; done'
	[[ $(rootless exec two readlink /proc/self/ns/pid) == "$(rootless exec one readlink /proc/self/ns/pid)" ]]
	rootless pod rm --force --time 0 pair
}

@test "podman, rootless: stop and kill end what runs" {
	rootless run --detach --name life --network none "$IMAGE" sh -c 'trap "echo stopped; exit 3" TERM; echo ready; while :; do sleep 0.1; done'
	is_ready() { [[ $(rootless logs life) == ready ]]; }
	eventually 20 is_ready
	rootless kill --signal TERM life
	has_stopped() { [[ $(rootless inspect life --format '{{.State.Status}} {{.State.ExitCode}}') == @(stopped|exited)" 3" ]]; }
	eventually 20 has_stopped
	rootless rm --force life
	[[ $(as_tester vps-oci list --quiet) == "$(rootless ps --no-trunc --quiet)" ]]
}
