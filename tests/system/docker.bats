#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Docker with vps-oci as its default runtime.
# shellcheck disable=SC2154,SC2016
load clients

# One container, `web`, serves most tests.
prepare() {
	if ! { command -v dockerd && command -v docker; } >/dev/null; then
		return	# setup() says so
	fi
	start_docker
	docker import - busybox:1 <"$CLIENT/image/layer.tar" >&2
	docker run --detach --name web busybox:1 sh -c 'echo hello; while :; do sleep 0.5; done' >&2
}

# A daemon of this file's own, with a containerd of its own, and links of its own: it drops what
# is forwarded, on the bridges of others as well.
start_docker() {
	unshare --net sh -c 'ip link set lo up && exec dockerd "$@"' sh \
		--host "unix://$CLIENT/docker.sock" --data-root "$CLIENT/data" --exec-root "$CLIENT/exec" \
		--pidfile "$CLIENT/docker.pid" --add-runtime "vps-oci=$(command -v vps-oci)" \
		--default-runtime vps-oci >"$CLIENT/docker.log" 2>&1 3>&- &
	export DOCKER_HOST=unix://$CLIENT/docker.sock DOCKER_CONFIG=$CLIENT/config
	eventually 120 docker version >/dev/null 2>&1
}

cleanup() {
	if [[ ! -e $CLIENT/docker.pid ]]; then
		return
	fi
	docker rm --force web || true
	local pid
	pid=$(<"$CLIENT/docker.pid")
	kill "$pid"
	eventually 30 is_dead "$pid"
}

setup() {
	needs_program dockerd
	needs_program docker
}

# runs [OPTION...] SCRIPT: in a container that is gone afterwards.
runs() {
	docker run --rm --network none "${@:1:$#-1}" busybox:1 sh -c "${*: -1}" 3>&-
}

# What vps-oci says of `web`.
state_of_web() {
	vps-oci --root "$CLIENT/exec/runtime-runc/moby" state "$(docker inspect web --format '{{.ID}}')"
}

@test "docker: it is vps-oci that runs the containers" {
	[[ $(docker inspect web --format '{{.HostConfig.Runtime}}') == vps-oci ]]
	[[ $(state_of_web | jq -r '"\(.status) \(.pid)"') == "running $(docker inspect web --format '{{.State.Pid}}')" ]]
}

@test "docker: run passes input, output and exit status on" {
	run -7 --separate-stderr runs 'echo out; echo err >&2; exit 7'
	[[ $output == out && $stderr == err ]]
	[[ $(echo in | runs --interactive cat) == in ]]
	run -126 docker run --rm busybox:1 /tmp 3>&-
	run -127 docker run --rm busybox:1 missing 3>&-
	[[ $output == *missing*"not found"* ]]
}

@test "docker: run -it and exec -it give a terminal that is resized" {
	run -6 in_terminal docker run --rm --interactive --tty busybox:1 sh -c "$RESIZED"
	[[ $output == */dev/pts/0*resized* ]]
	run -6 in_terminal docker exec --interactive --tty web sh -c "$RESIZED"
	[[ $output == */dev/pts/*resized* ]]
}

@test "docker: exec, logs and top" {
	run -4 docker exec --user 1000 --workdir /tmp --env X=y web sh -c 'id -u; pwd; echo $X; exit 4' 3>&-
	[[ $output == $'1000\n/tmp\ny' ]]
	[[ $(docker logs web) == hello ]]
	[[ $(docker top web) == *"sh -c"* ]]
}

@test "docker: pause and unpause" {
	docker pause web
	[[ $(docker inspect web --format '{{.State.Status}}') == paused && $(state_of_web | jq -r .status) == paused ]]
	docker unpause web
	docker exec web true 3>&-
}

@test "docker: limits reach the cgroup and are updated" {
	needs_controller memory
	needs_controller cpu
	run -0 --separate-stderr runs --memory 64m --cpus 0.5 --pids-limit 20 'cd /sys/fs/cgroup; cat memory.max cpu.max pids.max'
	echo "$output" "$stderr"
	[[ $output == $'67108864\n50000 100000\n20' ]]
	docker update --memory 70m --memory-swap 80m web
	[[ $(docker exec web cat /sys/fs/cgroup/memory.max 3>&-) == 73400320 ]]
	[[ $(docker stats --no-stream --format '{{.MemUsage}}' web) == *70MiB ]]
}

@test "docker: stop, start, restart and kill" {
	docker run --detach --name life busybox:1 sh -c 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done'
	is_ready() { [[ $(docker logs life) == ready ]]; }
	eventually 20 is_ready
	docker stop --time 20 life
	[[ $(docker inspect life --format '{{.State.Status}} {{.State.ExitCode}}') == "exited 3" ]]
	docker start life
	docker restart --time 0 life
	docker kill life
	[[ $(docker wait life) == 137 ]]
	docker rm life
}

@test "docker: read-only, volumes, capabilities, sysctls, limits, init and seccomp" {
	run -1 --separate-stderr runs --read-only --cap-drop ALL --tmpfs /small --volume kept:/kept --hostname inner --init \
		--sysctl net.ipv4.ip_default_ttl=98 --ulimit nofile=100 --shm-size 1m --device /dev/kmsg \
		'hostname; touch /small/x /kept/x; ulimit -n; cat /proc/sys/net/ipv4/ip_default_ttl /proc/1/comm; grep -E "CapEff|Seccomp:" /proc/self/status; ls /dev/kmsg; echo x >/x'
	echo "$output" "$stderr"
	[[ $output == $'inner\n100\n98\ndocker-init\nCapEff:\t0000000000000000\nSeccomp:\t2\n/dev/kmsg' && $stderr == *'/x: Read-only file system' ]]
	[[ $(runs --security-opt seccomp=unconfined 'grep Seccomp: /proc/self/status') == $'Seccomp:\t0' ]]
}

@test "docker: networks of its bridge, the host and another container" {
	[[ $(docker run --rm busybox:1 sh -c 'ip -o address show eth0' 3>&-) == *"inet 172."* ]]
	[[ $(docker run --rm --network host busybox:1 readlink /proc/self/ns/net 3>&-) == "$(readlink "/proc/$(<"$CLIENT/docker.pid")/ns/net")" ]]
	[[ $(docker run --rm --network container:web --pid container:web busybox:1 cat /proc/1/comm 3>&-) == sh ]]
}
