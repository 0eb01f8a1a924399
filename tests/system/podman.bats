#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# podman with vps-oci as its runtime.
# shellcheck disable=SC2154,SC2016
load clients

# Two containers serve most tests: `web`, and the pod `pair` with `one` in it.
prepare() {
	if ! command -v podman >/dev/null; then
		return	# setup() says so
	fi
	in_etc subuid containers:400000:262144
	in_etc subgid containers:400000:262144
	podman_configure
	podman load --quiet --input "$CLIENT/image/image.tar" 3>&-
	echo original >"$CLIENT/shared"
	podman run --detach --name web --network none --health-cmd 'test -e /healthy' --health-interval disable \
		--volume data:/data "$IMAGE" sh -c 'echo hello; while :; do sleep 0.5; done' 3>&-
}

cleanup() {
	if command -v podman >/dev/null; then
		podman pod rm --all --force --time 0 3>&-
		podman rm --all --force --time 0 3>&-
		out_of_etc subuid subgid
	fi
}

setup() {
	needs_program podman
	needs_program conmon
}

# runs [OPTION...] SCRIPT: in a container without a network, which is gone afterwards.
runs() {
	podman run --rm --network none "${@:1:$#-1}" "$IMAGE" sh -c "${*: -1}" 3>&-
}

# holds TEXT...: each is in $output.
holds() {
	local text
	for text in "$@"; do
		[[ $output == *"$text"* ]] || { printf 'without %s:\n%s\n' "$text" "$output" >&2; return 1; }
	done
}

@test "podman: it is vps-oci that runs the containers" {
	[[ $(podman info --format '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}}') == "vps-oci $(command -v vps-oci)" ]]
	local id pid
	read -r id pid < <(podman inspect web --format '{{.ID}} {{.State.Pid}}')
	[[ $(podman inspect web --format '{{.OCIRuntime}}') == vps-oci ]]
	[[ $(vps-oci state "$id" | jq -r '"\(.status) \(.pid)"') == "running $pid" ]]
	[[ $(readlink "/proc/$pid/ns/pid") != $(readlink /proc/self/ns/pid) ]]
}

@test "podman: run passes input, output and exit status on" {
	run -7 --separate-stderr runs 'echo out; echo err >&2; exit 7'
	[[ $output == out && $stderr == err ]]
	[[ $(echo in | runs --interactive 'cat') == in ]]
	run -137 runs 'kill -KILL 1; sh -c "kill -KILL \$PPID"; trap - TERM; sleep 9' --timeout 1 || true
	[[ $(runs --env A=b --workdir /tmp --user user --hostname inner 'echo $A; pwd; id -un; hostname') == $'b\n/tmp\nuser\ninner' ]]
}

@test "podman: a program that is missing is 127, one that cannot be executed 126" {
	run -127 podman run --rm --network none "$IMAGE" missing 3>&-
	holds missing 'not found'
	run -126 podman run --rm --network none "$IMAGE" /tmp 3>&-
	run -127 podman exec web missing 3>&-
	run -126 podman exec web /tmp 3>&-
	[[ $(podman ps --all --quiet | wc -l) == 1 ]]
}

@test "podman: run -it gives a terminal that is resized" {
	run -6 in_terminal podman run --rm --interactive --tty --network none "$IMAGE" sh -c "$RESIZED"
	holds /dev/pts/0 resized
}

@test "podman: exec with a user, a directory, an environment, and detached" {
	run -9 podman exec --user user --workdir /tmp --env X=y web sh -c 'id -u; pwd; echo $X; exit 9' 3>&-
	[[ $output == $'1000\n/tmp\ny' ]]
	[[ $(echo in | podman exec --interactive web cat 3>&-) == in ]]
	podman exec --detach web touch /detached 3>&-
	eventually 10 podman exec web test -e /detached 3>&-
	[[ $(podman exec --privileged web grep CapEff /proc/self/status 3>&-) == *$(grep CapBnd /proc/self/status | cut -f 2) ]]
}

@test "podman: exec -it gives a terminal that is resized" {
	run -6 in_terminal podman exec --interactive --tty web sh -c "$RESIZED"
	holds /dev/pts/ resized
}

@test "podman: logs, top, cp, diff and commit" {
	[[ $(podman logs web) == hello ]]
	[[ $(podman top web pid comm) == *1*sh* ]]
	podman cp "$CLIENT/shared" web:/tmp/copied 3>&-
	[[ $(podman exec web cat /tmp/copied 3>&-) == original ]]
	podman cp web:/etc/passwd "$BATS_TEST_TMPDIR/passwd" 3>&-
	grep -q user "$BATS_TEST_TMPDIR/passwd"
	[[ $(podman diff web) == *"A /tmp/copied"* ]]
	podman commit --quiet web localhost/committed:1 3>&-
	[[ $(podman run --rm --network none localhost/committed:1 cat /tmp/copied 3>&-) == original ]]
}

@test "podman: pause stops every process, unpause lets it go on" {
	podman pause web
	[[ $(podman inspect web --format '{{.State.Status}}') == paused ]]
	[[ $(vps-oci state "$(podman inspect web --format '{{.ID}}')" | jq -r .status) == paused ]]
	run -255 podman exec web true 3>&-
	podman unpause web
	podman exec web true 3>&-
}

@test "podman: stats shows what the processes use" {
	needs_controller memory
	needs_controller pids
	run -0 podman stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' web
	[[ $output == "web "[1-9]*" "[1-9]*B" / "* ]]
}

@test "podman: limits are those of the cgroup" {
	needs_controller memory
	needs_controller cpu
	needs_controller pids
	run -0 runs --memory 64m --memory-swap 96m --cpus 0.5 --cpu-shares 2048 --pids-limit 20 --memory-reservation 32m \
		'cd /sys/fs/cgroup; cat memory.max memory.swap.max cpu.max pids.max memory.low'
	[[ $output == $'67108864\n33554432\n50000 100000\n20\n33554432' ]]
	podman update --memory 70m web
	[[ $(podman exec web cat /sys/fs/cgroup/memory.max 3>&-) == 73400320 ]]
}

@test "podman: a health check runs inside" {
	run -1 podman healthcheck run web 3>&-
	podman exec web touch /healthy 3>&-
	podman healthcheck run web 3>&-
	[[ $(podman inspect web --format '{{.State.Health.Status}}') == healthy ]]
}

@test "podman: kill, stop, start, restart and wait follow one container" {
	podman run --detach --name life --network none "$IMAGE" sh -c 'trap "exit 3" TERM; trap "echo usr1" USR1; while :; do sleep 0.1; done' 3>&-
	podman kill --signal USR1 life
	logged_usr1() { [[ $(podman logs life) == usr1 ]]; }
	eventually 20 logged_usr1
	podman stop --time 20 life
	[[ $(podman inspect life --format '{{.State.Status}} {{.State.ExitCode}}') == "exited 3" ]]
	podman start life 3>&-
	podman restart --time 0 life 3>&-
	[[ $(podman inspect life --format '{{.State.Status}}') == running ]]
	podman kill life
	[[ $(podman wait life) == 137 ]]
	podman rm life
	[[ $(vps-oci list --quiet) == "$(podman ps --no-trunc --quiet)" ]]
}

@test "podman: a container that fails is restarted as its policy says" {
	podman run --detach --name fails --network none --restart on-failure:2 "$IMAGE" sh -c 'echo tried; exit 3' 3>&-
	tried() { [[ $(podman logs fails) == $'tried\ntried\ntried' ]]; }
	eventually 30 tried
	has_ended() { [[ $(podman inspect fails --format '{{.State.Status}} {{.State.ExitCode}}') == "exited 3" ]]; }
	eventually 20 has_ended
	podman rm fails
}

@test "podman: checkpoint is refused by name, and the container runs on" {
	needs_program criu
	run ! podman container checkpoint web
	holds 'vps-oci'
	podman exec web true 3>&-
}

@test "podman: volumes, binds and tmpfs" {
	podman exec web sh -c 'echo kept >/data/file' 3>&-
	run -1 runs --volume data:/data:ro --volume "$CLIENT/shared:/shared:ro" --tmpfs /small:size=1m \
		--mount type=tmpfs,destination=/etc,tmpfs-size=2m --mount "type=bind,source=$CLIENT,destination=/c,bind-propagation=rslave" \
		'cat /data/file /shared; df -k /small | tail -n 1; echo x >/small/x && cat /etc/passwd | wc -l; grep " /c " /proc/self/mountinfo; echo x >/shared'
	holds kept original '1024         0' 'master:' '/shared: Read-only file system'
}

@test "podman: a read-only root with writable /tmp and /run" {
	run -1 runs --read-only 'echo x >/tmp/x && echo x >/run/x && echo written; echo x >/x'
	holds written '/x: Read-only file system'
	run -1 runs --read-only --read-only-tmpfs=false 'echo x >/tmp/x'
	holds 'Read-only file system'
}

@test "podman: capabilities are dropped and added" {
	run -0 runs --cap-drop ALL 'grep -E "Cap(Prm|Eff|Bnd)" /proc/self/status'
	[[ $output == $'CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000' ]]
	run -0 runs --cap-drop ALL --cap-add CHOWN,NET_ADMIN 'grep CapEff /proc/self/status; chown user /tmp && echo chowned; mount -t tmpfs x /tmp || echo refused'
	holds $'CapEff:\t0000000000001001' chowned refused
}

@test "podman: --privileged and no-new-privileges" {
	run -0 runs --privileged 'mount -t tmpfs x /tmp && echo mounted; grep Seccomp: /proc/self/status'
	holds mounted $'Seccomp:\t0'
	[[ $(runs --security-opt no-new-privileges 'grep NoNewPrivs /proc/self/status') == $'NoNewPrivs:\t1' ]]
}

@test "podman: the seccomp profile is the one that was asked for" {
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}' \
		>"$BATS_TEST_TMPDIR/profile.json"
	run -1 runs --security-opt seccomp="$BATS_TEST_TMPDIR/profile.json" 'grep Seccomp: /proc/self/status; mkdir /a'
	holds $'Seccomp:\t2' "'/a': Operation not supported"
	[[ $(runs 'grep Seccomp: /proc/self/status; unshare -m true 2>&1; true') == $'Seccomp:\t2'*"Operation not permitted" ]]
	[[ $(runs --security-opt seccomp=unconfined 'grep Seccomp: /proc/self/status') == $'Seccomp:\t0' ]]
}

@test "podman: paths are masked and unmasked" {
	[[ $(runs --security-opt mask=/proc/version --security-opt unmask=/proc/keys 'cat /proc/version; head -c 4 /proc/keys | wc -c') == 4 ]]
	[[ $(runs 'head -c 4 /proc/keys | wc -c') == 0 ]]
}

@test "podman: --init is process 1 and reaps" {
	needs_program catatonit
	run -5 runs --init 'cat /proc/1/cmdline | tr "\0" " "; echo; (sleep 0.1 &); sleep 0.5; grep -l "^State:.Z" /proc/[0-9]*/status | wc -l; exit 5'
	[[ $output == /run/podman-init\ --\ sh* && ${lines[-1]} == 0 ]]
}

@test "podman: sysctls, limits of processes, shm and the score of the OOM killer" {
	run -0 runs --sysctl net.ipv4.ip_default_ttl=99 --sysctl kernel.msgmax=10000 --ulimit nofile=100:200 --ulimit nproc=500:600 \
		--shm-size 1m --oom-score-adj 500 --umask 077 --group-add 7 \
		'cd /proc/sys; cat net/ipv4/ip_default_ttl kernel/msgmax; ulimit -n; ulimit -Hn; df -k /dev/shm | tail -n 1; cat /proc/self/oom_score_adj; umask; id -G'
	[[ $output == $'99\n10000\n100\n200\nshm '*' 1024 '*$'/dev/shm\n500\n0077\n0 7' ]]
}

@test "podman: a device is there as asked for, others are not" {
	run -1 runs --device /dev/kmsg:/dev/other:r --cap-add MKNOD,SYSLOG \
		'(: </dev/other) && echo opened; mknod /mem c 1 1; head -c 1 /mem; echo x >/dev/other'
	holds opened '/mem: Operation not permitted' '/dev/other: Operation not permitted'
	[[ $(runs --device-cgroup-rule 'c 1:8 rwm' --cap-add MKNOD 'mknod /r c 1 8; head -c 1 /r | wc -c') == 1 ]]
}

@test "podman: --userns=auto maps root to nobody of the host" {
	run -0 runs --userns auto:size=2000 'cat /proc/self/uid_map; id -u; stat -c %u /bin; touch /x && echo written'
	[[ $output =~ ^\ +0\ +4[0-9]{5}\ +2000 && ${lines[*]:1} == "0 0 written" ]]
	run -0 runs --uidmap 0:500000:3000 --gidmap 0:500000:3000 'cat /proc/self/uid_map; echo x >/dev/null && echo written'
	[[ $output =~ ^\ +0\ +500000\ +3000 && ${lines[1]} == written ]]
}

@test "podman: --network none, host and another container's" {
	[[ $(runs 'ls /sys/class/net') == lo ]]
	[[ $(podman run --rm --network host "$IMAGE" readlink /proc/self/ns/net 3>&-) == "$(readlink /proc/self/ns/net)" ]]
	[[ $(podman run --rm --network container:web "$IMAGE" readlink /proc/self/ns/net 3>&-) == "$(podman exec web readlink /proc/self/ns/net 3>&-)" ]]
}

@test "podman: --network bridge connects containers and publishes ports" {
	[[ -x /usr/lib/podman/netavark ]] || lacking "netavark"
	podman run --detach --name server --network bridge --publish 127.0.0.1:8080:80 "$IMAGE" \
		sh -c 'mkdir /www; echo served >/www/index.html; exec httpd -f -h /www' 3>&-
	local address
	address=$(podman inspect server --format '{{.NetworkSettings.IPAddress}}')
	answers() { [[ $(podman run --rm --network bridge "$IMAGE" wget -q -O - "http://$address/" 3>&-) == served ]]; }
	eventually 20 answers
	[[ $(busybox wget -q -O - http://127.0.0.1:8080/) == served ]]
	podman rm --force --time 0 server 3>&-
}

@test "podman: namespaces and cgroups of the host where asked for" {
	[[ $(runs --pid host 'readlink /proc/self/ns/pid') == "$(readlink /proc/self/ns/pid)" ]]
	[[ $(runs --ipc host --uts host 'for n in ipc uts; do readlink /proc/self/ns/$n; done') == "$(readlink /proc/self/ns/ipc /proc/self/ns/uts)" ]]
	[[ $(runs --cgroupns private 'grep 0:: /proc/self/cgroup') == 0::/ ]]
	[[ $(runs --cgroupns host --cgroup-parent /vps-parent 'grep 0:: /proc/self/cgroup') == 0::/vps-parent/libpod-* ]]
	[[ $(runs --cgroups disabled 'grep 0:: /proc/self/cgroup') != *libpod* ]]
}

# podman 4 puts a program on the cgroup of a pod that denies every device, when it makes cgroups
# itself: no runtime can start a container there, so the pods here have no cgroup in common.
@test "podman: the containers of a pod share namespaces" {
	needs_program catatonit
	podman pod create --name pair --network none --share-parent=false --share pid,net,ipc,uts
	podman run --detach --pod pair --name one "$IMAGE" sh -c 'while :; do sleep 0.5; done' 3>&-
	run -0 podman run --rm --pod pair "$IMAGE" sh -c 'tr "\0" " " </proc/1/cmdline; for n in pid net ipc uts mnt; do readlink /proc/self/ns/$n; done' 3>&-
	holds 'catatonit -P' "$(podman exec one sh -c 'for n in pid net ipc uts; do readlink /proc/self/ns/$n; done' 3>&-)"
	[[ ${lines[-1]} != "$(podman exec one readlink /proc/self/ns/mnt 3>&-)" ]]
	[[ $(podman exec one cat /proc/1/comm 3>&-) == catatonit ]]
	podman pod pause pair
	podman pod unpause pair
	podman pod stop --time 0 pair
	podman pod start pair 3>&-
	podman exec one true 3>&-
	podman pod rm --force --time 0 pair
}

@test "podman: build runs its steps with vps-oci" {
	cat >"$BATS_TEST_TMPDIR/Containerfile" <<-FILE
		FROM $IMAGE
		RUN echo built >/built && grep Cap /proc/self/status >/caps
		USER user
		RUN id -u >/tmp/id
	FILE
	podman build --quiet --isolation oci --runtime "$(command -v vps-oci)" --network none --tag localhost/built:1 \
		--file "$BATS_TEST_TMPDIR/Containerfile" "$BATS_TEST_TMPDIR" 3>&-
	[[ $(podman run --rm --network none localhost/built:1 cat /built /tmp/id 3>&-) == $'built\n1000' ]]
}
