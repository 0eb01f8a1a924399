#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2016
load helpers

# is_longer FILE BYTES
is_longer() {
	(($(stat -c %s "$1") > $2))
}

@test "create: the VPS is there, stopped, and its spec is on disk" {
	vpsctl create web1
	status_is web1 stopped
	[[ $(vps_get web1 init_pid) == null && $(vps_get web1 started_sec) == null ]]
	[[ $(jq -r '.name, .image' "$VPS_ROOT/vps/web1/spec.json") == $'web1\nbusybox' ]]
}

@test "inspect: the keys of list, and what only inspect knows" {
	vps_up web1
	run -0 vpsctl inspect web1
	[[ $(jq -c 'keys_unsorted' <<<"$output") == "$(vpsctl list --json |
		jq -c '(.[0] | keys_unsorted) + ["uuid", "id_start", "ids", "network", "image_digest", "spec", "running_limits"]')" ]]
	[[ $(jq -c '.network | keys_unsorted' <<<"$output") == '["bridge","link","gateway","mac"]' ]]
	[[ $(jq .init_pid <<<"$output") == "$(vps_get web1 init_pid)" ]]
	[[ $(vpsctl inspect --oci web1 | jq -r '.root.path, .hostname') == $'rootfs\nweb1' ]]
}

@test "create: a name that is taken is status 4 and changes nothing" {
	vpsctl create web1 --label a=1
	run -4 --separate-stderr vpsctl create web1 --label a=2
	[[ $stderr == "vpsctl: web1: "*exists* ]]
	[[ $(jq -r .labels.a "$VPS_ROOT/vps/web1/spec.json") == 1 ]]
}

@test "create: goes on after one fails, and ends with its status" {
	vpsctl create web2
	run -4 vpsctl create web1 web2 web3
	[[ $(vpsctl list -q) == $'web1\nweb2\nweb3' ]]
}

@test "create: labels and variables of the command line join those of the file" {
	vpsctl create web1 --label b=2 --env X=2 --spec - \
		<<<'{"version": 1, "labels": {"a": "1", "b": "1"}, "env": {"X": "1", "Y": "1"}}'
	[[ $(jq -cS '[.labels, .env]' "$VPS_ROOT/vps/web1/spec.json") == '[{"a":"1","b":"2"},{"X":"2","Y":"1"}]' ]]
}

@test "create: a spec with a name needs no other" {
	vpsctl create --spec - <<<'{"version": 1, "name": "own", "image": "busybox"}'
	[[ $(vpsctl list -q) == own ]]
}

@test "start: init runs, and list says so" {
	vps_up web1
	status_is web1 running
	local pid
	pid=$(vps_get web1 init_pid)
	[[ -d /proc/$pid ]]
	[[ $(vps_sh web1 'cat /proc/1/comm') == $(cat "/proc/$pid/comm") ]]
	(($(vps_get web1 started_sec) >= $(date +%s) - 30))
}

@test "start: one that runs is status 4" {
	vps_up web1
	run -4 --separate-stderr vpsctl start web1
	[[ $stderr == "vpsctl: web1: "*running* ]]
}

@test "start, stop, destroy: nothing stays on the host" {
	vpsctl create web0 --start		# the bridge is made on first use
	vpsctl destroy --force web0
	host_remembered
	vps_up web1
	vps_sh web1 'echo data >/root/file'
	vpsctl stop web1
	vpsctl start web1
	[[ $(vps_sh web1 'cat /root/file') == data ]]
	vpsctl stop web1
	vpsctl destroy web1
	host_unchanged
}

@test "stop: while a VPS is stopped, only its files are there" {
	vps_up web1
	vpsctl stop web1
	vpsctl destroy web1
	vpsctl create web1
	host_remembered
	vpsctl start web1
	vpsctl stop web1
	host_state | grep -v '/web1/' >"$BATS_TEST_TMPDIR/after"
	grep -v '/web1/' "$BATS_TEST_TMPDIR/host-before" | diff - "$BATS_TEST_TMPDIR/after"
}

@test "stop: one that is stopped is success" {
	vpsctl create web1
	vpsctl stop web1
	vpsctl stop --all
}

# An init that no signal but KILL ends.
deaf='"init": ["/bin/sh", "-c", "trap : TERM INT USR1 USR2 PWR HUP; while :; do sleep 1; done"]'

@test "stop: an init that does not listen is killed after the timeout" {
	vps_spec web1 "$deaf"
	local before=$SECONDS pid
	pid=$(vps_get web1 init_pid)
	vpsctl stop --timeout 2 web1
	((SECONDS - before >= 2))
	is_dead "$pid"
	status_is web1 stopped
}

@test "stop: --kill does not wait" {
	vps_spec web1 '"init": ["/bin/sh", "-c", "trap : TERM; while :; do sleep 1; done"]'
	vpsctl stop --kill web1
	status_is web1 stopped
}

@test "stop: while init takes its time others look inside, and a second stop kills it" {
	vps_spec web1 "$deaf"
	vpsctl stop --timeout max web1 3>&- &
	local first=$!
	sleep 0.5
	vpsctl --wait 0 exec web1 true
	run -4 vpsctl --wait 0 start web1
	run -4 vpsctl --wait 0 destroy web1
	vpsctl --wait 0 stop --kill web1
	wait $first
	status_is web1 stopped
}

@test "stop: one that is killed, started again or destroyed meanwhile has been stopped" {
	vps_spec web1 "$deaf"
	vpsctl stop --timeout max web1 3>&- &
	local first=$!
	sleep 0.5
	vpsctl --wait 0 restart --kill web1
	wait $first
	status_is web1 running
	vpsctl restart --timeout max web1 3>&- &
	first=$!
	sleep 0.5
	vpsctl --wait 0 kill web1
	wait $first
	status_is web1 running
	vpsctl stop --timeout max web1 3>&- &
	first=$!
	sleep 0.5
	vpsctl --wait 0 destroy --force web1
	wait $first
	run -3 vpsctl start web1
}

@test "stop: a VPS that another command has started anew meanwhile is left alone" {
	vps_spec web1 "$deaf"
	local held init
	vpsctl --root "$VPS_ROOT" stop --timeout 1 web1 3>&- &
	sleep 0.5
	flock "$VPS_ROOT/run/web1/lock" sleep 100 3>&- &
	held=$!
	sleep 1
	# its time is over, and it waits for the lock
	pkill -STOP -f "vpsctl --root $VPS_ROOT stop --timeout 1 web1"
	pkill -P $held
	wait $held || true
	vpsctl restart --kill web1
	init=$(vps_get web1 init_pid)
	pkill -CONT -f "vpsctl --root $VPS_ROOT stop --timeout 1 web1"
	wait %1
	[[ $(vps_get web1 init_pid) == "$init" ]]
}

@test "stop: a monitor that takes the VPS over while it is stopped does not start it again" {
	vps_spec web1 "$deaf, \"restart\": \"always\""
	local monitor
	monitor=$(vps_get web1 monitor_pid)
	vpsctl stop --timeout 4 web1 3>&- &
	sleep 1
	kill -KILL "$monitor"
	eventually 5 is_dead "$monitor"
	vpsctl exec web1 true
	[[ $(vps_get web1 monitor_pid) != "$monitor" ]]
	wait $!
	status_is web1 stopped
	sleep 2
	status_is web1 stopped
}

@test "stop: many shut down at the same time, and are reported in their order" {
	local before=$SECONDS
	printf '{"version": 1, %s}' "$deaf" | vpsctl create web{1..6} --spec - --start
	run -3 --separate-stderr vpsctl stop --json --timeout 3 web6 nobody web{1..5}
	((SECONDS - before < 12))
	[[ $(jq -c 'map(.name)' <<<"$output") == '["web6","nobody","web1","web2","web3","web4","web5"]' ]]
	vpsctl start --all
	status_is web6 running
	timeout --preserve-status --signal TERM 1 vpsctl stop --timeout 3 --all || true
	sleep 4
	status_is web1 running
	vpsctl destroy --all --force
	run -0 vpsctl list --quiet
	[[ -z $output ]]
}

@test "kill: ends init, and list says how it ended" {
	vps_up web1
	vpsctl kill web1
	eventually 20 status_is web1 stopped
	[[ $(vps_get web1 exit_status) == 137 ]]
	[[ $(vps_get web1 reason) == "killed by signal 9" ]]
}

@test "kill: an init that has ended does not run, also before its monitor has taken note" {
	vps_up web1
	local init monitor
	init=$(vps_get web1 init_pid)
	monitor=$(vps_get web1 monitor_pid)
	kill -STOP "$monitor"
	vpsctl kill web1
	eventually 10 grep -q '^State:.*Z' "/proc/$init/status"
	[[ $(vps_get web1 init_pid) == null ]]
	run -125 --separate-stderr vpsctl exec web1 true
	kill -CONT "$monitor"
	[[ $stderr == "vpsctl: web1: it is not running" ]]
	eventually 10 status_is web1 stopped
}

@test "kill: --everything reaches the others, too" {
	vps_up web1
	vps_sh web1 'sleep 1000 & echo $! >/root/pid'
	vpsctl kill --everything --signal TERM web1
	eventually 20 vps_sh web1 '! kill -0 "$(cat /root/pid)" 2>/dev/null' || status_is web1 stopped
}

@test "kill: a VPS that is stopped is status 4" {
	vpsctl create web1
	run -4 vpsctl kill web1
}

@test "pause, resume: nothing inside moves in between" {
	vps_spec web1 '"init": ["/bin/sh", "-c", "while :; do echo x >>/count; sleep 0.05; done"]'
	eventually 20 vps_sh web1 'test -s /count'
	vpsctl pause web1
	status_is web1 paused
	local count=$VPS_ROOT/vps/web1/upper/count size
	size=$(stat -c %s "$count")
	sleep 0.5
	[[ $(stat -c %s "$count") == "$size" ]]
	vpsctl resume web1
	status_is web1 running
	eventually 20 is_longer "$count" "$size"
}

@test "pause, resume: in the wrong state they are status 4" {
	vps_up web1
	run -4 vpsctl resume web1
	vpsctl pause web1
	run -4 vpsctl pause web1
}

@test "stop: a paused VPS can be stopped and destroyed" {
	vps_up web1
	vpsctl pause web1
	vpsctl stop --timeout 3 web1
	status_is web1 stopped
	vpsctl start web1
	vpsctl pause web1
	vpsctl destroy --force web1
}

@test "restart: another init, the same files" {
	vps_up web1
	local pid
	pid=$(vps_get web1 init_pid)
	vps_sh web1 'echo data >/root/file'
	vpsctl restart web1
	status_is web1 running
	[[ $(vps_get web1 init_pid) != "$pid" ]]
	[[ $(vps_sh web1 'cat /root/file') == data ]]
	vpsctl stop web1
	vpsctl restart web1
	status_is web1 running
}

@test "destroy: one that runs is refused, unless forced" {
	vps_up web1
	run -4 --separate-stderr vpsctl destroy web1
	[[ $stderr == "vpsctl: web1: "*--force* ]]
	status_is web1 running
	vpsctl destroy --force web1
	[[ -z $(vpsctl list -q) && ! -e $VPS_ROOT/vps/web1 ]]
}

@test "rename: the files and the address stay" {
	vps_up web1
	vps_sh web1 'echo data >/root/file'
	local address
	address=$(vps_get web1 address)
	run -4 vpsctl rename web1 web2
	vpsctl stop web1
	vpsctl rename web1 web2
	[[ $(vpsctl list -q) == web2 ]]
	[[ $(jq -r .name "$VPS_ROOT/vps/web2/spec.json") == web2 ]]
	vpsctl start web2
	[[ $(vps_sh web2 'cat /root/file; hostname') == $'data\nweb2' ]]
	[[ $(vps_get web2 address) == "$address" ]]
}

@test "rename: to a name that is taken is status 4" {
	vpsctl create web1 web2
	run -4 vpsctl rename web1 web2
	[[ $(vpsctl list -q) == $'web1\nweb2' ]]
}

@test "wait: says how init ended, with its status" {
	vps_spec web1 '"init": ["/bin/sh", "-c", "sleep 1; exit 7"]'
	run -0 vpsctl wait web1
	[[ $output == "exited with status 7" ]]
	run -0 vpsctl wait --json web1
	[[ $(jq -c '[.status, .exit_status, .reason]' <<<"$output") == '["stopped",7,"exited"]' ]]
}

@test "wait: gives up when the time is over" {
	vps_up web1
	run -1 --separate-stderr vpsctl wait --timeout 1 web1
	[[ -z $output && $stderr == "vpsctl: web1: "* ]]
}

@test "logs: what init wrote, whole, in part, and as it comes" {
	vps_spec web1 '"init": ["/bin/sh", "-c", "for i in 1 2 3 4 5; do echo line $i; done; sleep 2; echo the end"]'
	vpsctl logs --follow web1 >"$BATS_TEST_TMPDIR/log"
	[[ $(tr -d '\r' <"$BATS_TEST_TMPDIR/log") == $'line 1\nline 2\nline 3\nline 4\nline 5\nthe end' ]]
	[[ $(vpsctl logs --lines 2 web1 | tr -d '\r') == $'line 5\nthe end' ]]
	[[ -z $(vpsctl logs --lines 0 web1) ]]
}

@test "logs: the file is rotated by its size" {
	vps_spec web1 '"init": ["/bin/sh", "-c", "head -c 2500000 /dev/zero | tr \\\\0 x; echo last-words; exec sleep 1000"]'
	eventually 60 bash -c 'vpsctl logs --lines 1 web1 | grep -q last-words'
	[[ -s $VPS_ROOT/vps/web1/console.log.1 ]]
	(($(cat "$VPS_ROOT"/vps/web1/console.log* | wc -c) < 2200000))
}

@test "logs: --lines reaches behind a rotation, and --follow leaves nothing out" {
	vps_spec web1 '"init": ["/bin/sh", "-c", "i=0; while [ $i -lt 60000 ]; do echo line $i of what init writes; i=$((i + 1)); done; sleep 2"]'
	vpsctl logs --follow web1 | tr -d '\r' >"$BATS_TEST_TMPDIR/followed"
	[[ -s $VPS_ROOT/vps/web1/console.log.1 ]]
	seq -f 'line %g of what init writes' 0 59999 | tail -n "$(wc -l <"$BATS_TEST_TMPDIR/followed")" | cmp - "$BATS_TEST_TMPDIR/followed"
	local kept
	kept=$(wc -l <"$VPS_ROOT/vps/web1/console.log")
	[[ $(vpsctl logs --lines $((kept + 2)) web1 | wc -l) == $((kept + 2)) ]]
	[[ $(vpsctl logs --lines $((kept + 2)) web1 | head -n 1 | tr -d '\r') == "line $((60000 - kept - 2)) of what init writes" ]]
}

@test "poweroff inside stops the VPS" {
	vps_up web1
	vps_sh web1 poweroff || true	# init may end it before it has ended
	eventually 30 status_is web1 stopped
	[[ $(vps_get web1 reason) == poweroff ]]
}

@test "reboot inside starts it again" {
	vps_up web1
	local pid
	pid=$(vps_get web1 init_pid)
	vps_sh web1 reboot || true
	eventually 30 is_dead "$pid"
	eventually 30 status_is web1 running
	vps_sh web1 true
}

@test "restart policy: on-failure starts a failing init again, up to its limit" {
	vps_spec web1 '"init": ["/bin/sh", "-c", "echo x >>/starts; exit 3"],
		"restart": {"policy": "on-failure", "max": 2}'
	run -0 vpsctl wait --timeout 60 --json web1
	[[ $(jq -c '[.status, .exit_status, .restarts]' <<<"$output") == '["stopped",3,2]' ]]
	[[ $(wc -l <"$VPS_ROOT/vps/web1/upper/starts") == 3 ]]
}

@test "restart policy: on-failure leaves an init alone that ended well" {
	vps_spec web1 '"init": ["/bin/sh", "-c", "exit 0"], "restart": "on-failure"'
	run -0 vpsctl wait --timeout 30 --json web1
	[[ $(jq -c '[.exit_status, .restarts]' <<<"$output") == '[0,0]' ]]
}

@test "restart policy: always starts it until somebody stops it" {
	vps_spec web1 '"init": ["/bin/sh", "-c", "echo x >>/starts; exit 0"], "restart": "always"'
	eventually 30 is_longer "$VPS_ROOT/vps/web1/upper/starts" 4
	vpsctl stop web1
	status_is web1 stopped
}

@test "monitor: killing it leaves the VPS running, and the next command adopts it" {
	vps_up web1
	local pid monitor
	pid=$(vps_get web1 init_pid)
	monitor=$(vps_get web1 monitor_pid)
	kill -KILL "$monitor"
	eventually 10 is_dead "$monitor"
	[[ -d /proc/$pid ]]
	[[ $(vps_sh web1 'echo inside') == inside ]]
	[[ $(vps_get web1 init_pid) == "$pid" ]]
	vpsctl stop web1
	status_is web1 stopped
	is_dead "$pid"
}

monitor_is_in() {
	grep -qx "0::$2" "/proc/$(vps_get "$1" monitor_pid)/cgroup"
}

@test "monitor: it leaves the cgroup that the VPS was started in, and no signal but KILL ends it" {
	vpsctl create web1
	local starter=/sys/fs/cgroup/starter monitor
	mkdir "$starter"
	sh -c 'echo 0 >"$0/cgroup.procs" && exec vpsctl start web1' "$starter"
	monitor=$(vps_get web1 monitor_pid)
	kill "$monitor"
	kill -HUP "$monitor"
	kill -INT "$monitor"
	eventually 10 monitor_is_in web1 /vps.monitors
	echo 1 >"$starter/cgroup.kill"
	eventually 10 rmdir "$starter"
	status_is web1 running
	[[ $(vps_get web1 monitor_pid) == "$monitor" ]]
}

@test "start: a VPS has its limits, priority and processors from nobody who starts it" {
	vpsctl create web1
	(
		ulimit -S -n 77 -t 1000
		umask 077
		exec nice -n 7 taskset -c 0 vpsctl start web1
	)
	local init
	init=$(vps_get web1 init_pid)
	[[ $(awk '/^Max open files/ { print $4 }' "/proc/$init/limits") == 1024 ]]
	[[ $(awk '/^Max cpu time/ { print $4 }' "/proc/$init/limits") == unlimited ]]
	[[ $(awk '{ print $19 }' "/proc/$init/stat") == 0 ]]
	[[ $(sed -n 's/^Cpus_allowed:\t//p' "/proc/$init/status") == $(sed -n 's/^Cpus_allowed:\t//p' /proc/self/status) ]]
	[[ $(sed -n 's/^Umask:\t//p' "/proc/$init/status") == 0022 ]]
}

@test "ten VPSs of one image at once" {
	local names=(web{0..9})
	vpsctl create "${names[@]}"
	vpsctl start --all
	[[ $(vpsctl list --json | jq -c '[.[].status] | unique') == '["running"]' ]]
	[[ $(vpsctl list --json | jq '[.[].address] | unique | length') == 10 ]]
	vpsctl stop --all --timeout 5
	[[ $(vpsctl list --json | jq -c '[.[].status] | unique') == '["stopped"]' ]]
	[[ -z $(vpsctl start --onboot) ]]
	[[ $(vpsctl list --json | jq -c '[.[].status] | unique') == '["stopped"]' ]]
}

@test "start --onboot: those whose spec wants it, and no others" {
	vpsctl create web1 onboot=true
	vpsctl create web2
	[[ $(vpsctl start --onboot --json | jq -c '[.[].name]') == '["web1"]' ]]
	status_is web1 running
	status_is web2 stopped
}

@test "configure: what is changed is there at the next start" {
	vps_up web1 -l a=1
	vpsctl configure web1 hostname=other onboot=true env.LANG=C --unset labels
	[[ $(vpsctl exec web1 hostname) == web1 ]]
	vpsctl stop --kill web1
	vpsctl start --onboot
	[[ $(vpsctl exec web1 sh -c 'echo "$(hostname) $LANG"') == "other C" ]]
	vpsctl inspect web1 | jq -e '.spec.labels == null and .spec.onboot'
}

@test "configure: what this host cannot do is refused now, not at the next start" {
	printf '{"version": 1, "limits": "best-effort", "resources": {"memory": "64M"}}' | vpsctl create web1 --spec -
	if grep -qw memory /sys/fs/cgroup/cgroup.controllers; then
		vpsctl configure web1 limits=required
	else
		run -6 vpsctl configure web1 limits=required
		[[ $output == "vpsctl: web1: resources: memory: this host has no cgroup v2 controller"* ]]
		vpsctl configure web1 hostname=other
	fi
}

@test "start: of many at the same time, one starts it" {
	vpsctl create web1
	local i started=0 pids=()
	for i in 1 2 3 4 5 6; do
		vpsctl start web1 2>/dev/null &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i" && ((++started))
	done
	((started == 1))
	status_is web1 running
}

@test "a lock that another command holds ends the wait with status 5" {
	vps_up web1
	flock "$VPS_ROOT/run/web1/lock" sleep 2 3>&- &
	sleep 0.5
	run -5 --separate-stderr vpsctl --wait 0 kill web1
	[[ $stderr == "vpsctl: web1: "* ]]
	wait
}

@test "monitor: its private memory is below 1 MB" {
	vps_up web1
	local kilobytes
	kilobytes=$(awk '/^Private_/ { sum += $2 } END { print sum }' \
		"/proc/$(vps_get web1 monitor_pid)/smaps_rollup")
	# AddressSanitizer's shadow is not the program's.
	grep -q libasan "/proc/$(vps_get web1 monitor_pid)/maps" || ((kilobytes < 1024))
}
