#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The bandwidth of a VPS is a limit like any other, felt both ways, and its root cannot dodge it.

load helpers

host=10.173.0.1
peer=$BATS_TEST_DIRNAME/peer.py

# Some kernels make two ifbs when the first is asked for, and those stay.
prepare() {
	needs_program python3
	ip link add vpsprobe type ifb 2>/dev/null && ip link del vpsprobe
	vpsctl create first --start
	vpsctl stop --kill first
	vpsctl destroy first
}

teardown() {
	if compgen -G "$BATS_TEST_TMPDIR/*.pid" >/dev/null; then
		xargs kill <<<"$(cat "$BATS_TEST_TMPDIR"/*.pid)" || true
	fi
	vpsctl destroy --all --force
}

# ---- transfers ----

# peer_up take|give|hear PORT: the host's end of a transfer.
peer_up() {
	"$peer" "$1" "$2" "$BATS_TEST_TMPDIR/$2" 3>&- >&2 &
	echo $! >"$BATS_TEST_TMPDIR/$2.pid"
	eventually 20 test -e "$BATS_TEST_TMPDIR/$2"
}

# sends NAME PORT, receives NAME PORT: as fast as it can, until the VPS ends.
sends() {
	vps_sh "$1" "(until nc $host $2 </dev/zero; do sleep 0.1; done) >/dev/null 2>&1 3>&- &"
}

receives() {
	vps_sh "$1" "(until sleep 1000 | nc $host $2; do sleep 0.1; done) >/dev/null 2>&1 </dev/null 3>&- &"
}

# inside NAME COMMAND...: the host's tools, as root of the VPS, on his links.
inside() {
	nsenter --target "$(vps_get "$1" init_pid)" --user --net "${@:2}"
}

# floods NAME PORT: with datagrams, until the test ends.
floods() {
	inside "$1" python3 "$peer" flood "$2" "$host" 3>&- >&2 &
	echo $! >"$BATS_TEST_TMPDIR/$1.pid"
}

# kbit_of PORT SECONDS: what passes there, of payload.
kbit_of() {
	local start before
	start=${EPOCHREALTIME/./} before=$(<"$BATS_TEST_TMPDIR/$1")
	sleep "$2"
	echo $((($(<"$BATS_TEST_TMPDIR/$1") - before) * 8000 / (${EPOCHREALTIME/./} - start)))
}

# flows PORT: something has passed.
flows() {
	(($(<"$BATS_TEST_TMPDIR/$1") > 0))
}

# is_above PORT KBIT
is_above() {
	(($(kbit_of "$1" 2) > $2))
}

# The connections to both ports.
connections_to() {
	ss -Htn state established "sport 7001 or sport 7002" | awk '{ print $3, $4 }' | sort
}

# held PORT MBIT: to that rate, of frames, of which 1448 in 1514 bytes are payload. TCP needs some
# time to get used to another rate, so there are some tries.
held() {
	local now try wanted=$(($2 * 1000 * 1448 / 1514))
	eventually 20 flows "$1"
	sleep 1
	for try in {1..5}; do
		now=$(kbit_of "$1" 3)
		echo "port $1: $now Kbit/s, wanted $wanted +- 10 %, try $try" >&2
		((now * 10 < wanted * 9 || now * 10 > wanted * 11)) || return 0
	done
	return 1
}

# counted NAME KEY MBIT: a counter of stats grows at that rate.
counted() {
	local before after bits
	before=$(vpsctl stats --json "$1") ; sleep 4; after=$(vpsctl stats --json "$1")
	bits=$(jq -n --argjson a "$before" --argjson b "$after" --arg key "$2" \
		'(($b[0][$key] - $a[0][$key]) * 8e6 / ($b[0].time_usec - $a[0].time_usec)) | round')
	echo "$1 $2: $bits bits a second, wanted $3 Mbit +- 10 %" >&2
	((bits > $3 * 900000 && bits < $3 * 1100000))
}

# ---- what is so ----

# limits_of NAME: of its link, as the kernel, its spec, and what a restart by policy starts from say.
limits_of() {
	local keys='"net.in", "net.in.burst", "net.out", "net.out.burst"'
	vpsctl inspect "$1" | jq -r "[\"kernel\", .running_limits[$keys]], [\"spec\", ((.spec.resources // {})[$keys])] | map(. // \"-\") | join(\" \")"
	jq -r '["restart", .annotations["vps.net.in", "vps.net.out"]] | map(. // "-") | join(" ")' "$VPS_ROOT/run/$1/config.json"
}

# is_so NAME KERNEL SPEC RESTART
is_so() {
	diff <(limits_of "$1") <(printf '%s\n' "kernel $2" "spec $3" "restart $4")
}

slow() {
	is_so web1 "8Mbit 16K 16Mbit 1M" "8Mbit - 16Mbit 1M" "8000000 16384 16000000 1048576"
}

fast() {
	is_so web1 "200Mbit 244K 400Mbit 2M" "200Mbit - 400Mbit 2M" "200000000 249856 400000000 2097152"
}

set_fast=(net.in=200Mbit net.out=400Mbit net.out.burst=2M)

slow_vps() {
	vps_up web1 net.in=8Mbit net.out=16Mbit net.out.burst=1M
	slow
}

link_of() {
	vpsctl inspect "$1" | jq -r .network.link
}

# detours: how many of the host's links are part of one.
detours() {
	ip -o link | grep -cE ' (out|via)[0-9a-f]{12}@' || true
}

# All but what a VPS keeps as long as it exists: its disk, its log, its bundle and its locks.
without_run_files() {
	host_state | grep -vE '^vps/|^run/[^/]*(/(lock|monitor|config.json|attach.json))?$'
}

# ---- felt ----

@test "shape: what a VPS sends is held to net.out, what reaches it to net.in" {
	peer_up take 7001
	peer_up give 7002
	[[ $(vpsctl doctor --json | jq '.[] | select(.name == "bandwidth").ok') == true ]]
	vps_up web1 net.out=20Mbit net.in=12Mbit
	sends web1 7001
	held 7001 20
	receives web1 7002
	held 7002 12
}

# Two of them: what waits in one direction would delay the acknowledgements of the other.
@test "shape: rates go up and down under a transfer, which goes on" {
	peer_up take 7001
	peer_up give 7002
	vps_up web1 web2
	sends web1 7001
	receives web2 7002
	eventually 20 flows 7001
	eventually 20 flows 7002
	local connections
	connections=$(connections_to)
	echo "$connections" >&2
	[[ $(wc -l <<<"$connections") == 2 ]]
	vpsctl set web1 web2 net.out=16Mbit net.in=16Mbit
	held 7001 16
	held 7002 16
	vpsctl set web1 web2 net.out=-8Mbit net.in=24Mbit
	held 7001 8
	held 7002 24
	# one after the other: two emulated processors carry little of the one beside all of the other
	vpsctl set web1 net.out=max net.in=default
	eventually 20 is_above 7001 30000
	vpsctl set web2 net.out=max net.in=default
	eventually 20 is_above 7002 30000
	[[ $(connections_to) == "$connections" ]]
	(($(detours) == 0))
}

# What waits in the queue is as long as the burst was, and must not wait for a burst that never comes.
@test "shape: a smaller burst stops no transfer whose packets are longer" {
	peer_up take 7001
	vps_up web1
	sends web1 7001
	eventually 20 flows 7001
	for _ in 1 2; do
		vpsctl set web1 net.out=1Gbit net.out.burst=1M
		eventually 20 is_above 7001 30000
		vpsctl set web1 net.out=16Mbit net.out.burst=default
		held 7001 16
	done
}

@test "shape: from VPS to VPS both limits count" {
	vps_up web1 net.out=40Mbit
	vps_up web2 net.in=12Mbit
	vps_sh web2 '(sleep 1000 | nc -l -p 7003) >/dev/null 2>&1 </dev/null 3>&- &'
	vps_sh web1 "(until nc $(vps_get web2 address) 7003 </dev/zero; do sleep 0.1; done) >/dev/null 2>&1 3>&- &"
	sleep 4
	counted web2 net_in_bytes 12
	vpsctl set web1 net.out=4Mbit
	sleep 2
	counted web2 net_in_bytes 4
}

@test "shape: a burst passes at once, and then no other" {
	peer_up take 7001
	vps_up web1 net.out=1Mbit net.out.burst=4M
	have_passed() {
		(($(<"$BATS_TEST_TMPDIR/7001") == 3 << 20))
	}
	vps_sh web1 "(dd if=/dev/zero bs=1M count=3 2>/dev/null | nc $host 7001) >/dev/null 2>&1 3>&- &"
	eventually 10 have_passed	# they would take 25 seconds
	sends web1 7001
	sleep 4
	# the rest of the burst, and what 1 Mbit/s brings in that time
	(($(<"$BATS_TEST_TMPDIR/7001") < (4 << 20) + 1500000))
}

@test "shape: who floods the host has his own rate, and a neighbour gets all of his" {
	peer_up hear 7001
	peer_up take 7002
	vps_up web1 net.out=8Mbit
	vps_up web2 net.out=16Mbit
	floods web1 7001
	eventually 20 flows 7001
	sends web2 7002
	held 7002 16
	(($(kbit_of 7001 3) < 8800))
}

# ---- as any other limit ----

@test "shape: set, saved and read back; a reboot inside, a restart and a start keep it" {
	slow_vps
	[[ $(tc qdisc show dev "$(link_of web1)" root) == *" rate 8Mbit burst 16Kb "* ]]
	[[ $(tc qdisc show dev "out$(link_of web1 | cut -c 4-)" root) == *" rate 16Mbit burst 1Mb "* ]]
	vpsctl set web1 "${set_fast[@]}"
	fast
	local init
	init=$(vps_get web1 init_pid)
	vps_sh web1 'reboot -f' || true
	eventually 20 is_dead "$init"
	eventually 20 status_is web1 running
	fast
	vpsctl restart --kill web1
	fast
	vpsctl set web1 net.in=default net.out=max net.out.burst=default
	is_so web1 "max 0 max 0" "- - max -" "max 0 max 0"
	# the ends of the ranges, as exact
	vpsctl set web1 net.in=100Gbit net.in.burst=1G net.out=100Kbit net.out.burst=732K
	is_so web1 "100Gbit 1G 100Kbit 732K" "100Gbit 1G 100Kbit 732K" "100000000000 1073741824 100000 749568"
	vpsctl set web1 net.in=max net.in.burst=default net.out.burst=default net.out=64000000
	is_so web1 "max 0 64Mbit 78K" "max - 64Mbit -" "max 0 64000000 79872"
}

@test "shape: --running-only leaves the spec, --saved-only the run; differences are to what is so" {
	slow_vps
	vpsctl set --running-only web1 net.in=+1Mbit
	is_so web1 "9Mbit 16K 16Mbit 1M" "8Mbit - 16Mbit 1M" "9000000 16384 16000000 1048576"
	vpsctl set --running-only web1 net.in=400Mbit net.out.burst=2M
	is_so web1 "400Mbit 488K 16Mbit 2M" "8Mbit - 16Mbit 1M" "400000000 499712 16000000 2097152"
	vpsctl set --saved-only web1 net.in=+1Mbit net.out=default net.out.burst=default
	is_so web1 "400Mbit 488K 16Mbit 2M" "9Mbit - - -" "400000000 499712 16000000 2097152"
	[[ $(vpsctl set --dry-run --json web1 net.in=2Mbit | jq -c '.[0] | del(.name, .limit)') == \
		'{"saved_before":"9Mbit","saved":"2Mbit","running_before":"400Mbit","running":"2Mbit"}' ]]
	vpsctl restart --kill web1
	is_so web1 "9Mbit 16K max 0" "9Mbit - - -" "9000000 16384 -"
}

@test "shape: what cannot be is refused by name and changes nothing" {
	slow_vps
	local asked
	for asked in net.in=1Kbit net.in=101Gbit net.in=100001 net.out.burst=1K net.out.burst=1G "net.in=default net.in.burst=1M"; do
		# shellcheck disable=SC2086 # two words
		run -2 vpsctl set web1 $asked
		[[ $output == "vpsctl: web1: net."* ]]
	done
	slow
	run -2 vpsctl create web2 net.in=1Mbit network.mode=none
	[[ $output == *"net.in: 1Mbit is not possible with network.mode \"none\""* ]]
	vps_up web2 network.mode=none
	run -2 vpsctl set web2 net.in=1Mbit
	[[ $output == *"net.in: 1Mbit is not possible with network.mode \"none\""* ]]
	[[ $(vpsctl inspect web2 | jq -c '.running_limits | keys | map(select(startswith("net")))') == "[]" ]]
}

steps=("set journal" "set net.in" "set net.out" "set net.out.burst" "set config" "set spec")

@test "shape: a set failed at each of its steps leaves all as it was" {
	slow_vps
	local step
	for step in "${steps[@]}"; do
		run -1 env VPS_FAULT="$step" vpsctl set web1 "${set_fast[@]}"
		[[ $output == *"failed on purpose"* ]]
		slow
		[[ ! -e $VPS_ROOT/run/web1/set.json ]]
	done
	vps_up web2
	for step in "${steps[@]}"; do
		run -1 env VPS_FAULT="$step" vpsctl set web2 "${set_fast[@]}"
		is_so web2 "max 0 max 0" "- - - -" "$(limits_of web2 | sed -n 's/^restart //p')"
		(($(detours) == 2))
	done
	vpsctl set web1 "${set_fast[@]}"
	fast
}

@test "shape: a set killed at each of its steps is undone by the next command, or done" {
	slow_vps
	vps_up web2
	local step
	for step in "${steps[@]}"; do
		run -137 env VPS_FAULT="kill:$step" vpsctl set web1 "${set_fast[@]}"
		vpsctl pause web1 && vpsctl resume web1
		slow
		run -137 env VPS_FAULT="kill:$step" vpsctl set web2 "${set_fast[@]}"
		vpsctl pause web2 && vpsctl resume web2
		is_so web2 "max 0 max 0" "- - - -" "$(limits_of web2 | sed -n 's/^restart //p')"
		(($(detours) == 2))
	done
	run -137 env VPS_FAULT="kill:set done" vpsctl set web1 "${set_fast[@]}"
	vpsctl pause web1 && vpsctl resume web1
	fast
	[[ ! -e $VPS_ROOT/run/web1/set.json ]]
}

# VPS_SET_ROUNDS: how many.
@test "shape: random ones, some of them killed: always old or new, and never half a detour" {
	slow_vps
	local rate=16 new
	for ((round = 0; round < ${VPS_SET_ROUNDS:-$(tries 60)}; round++)); do
		new=$((RANDOM % 3 ? RANDOM % 100 + 16 : 0))
		vpsctl set web1 "net.out=$([[ $new == 0 ]] && echo max || echo "${new}Mbit")" 3>&- &
		((round % 2)) || sleep "0.00$((RANDOM % 10))"
		((round % 2)) || kill -9 $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		vpsctl pause web1 && vpsctl resume web1
		local now
		now=$(vpsctl inspect web1 | jq -r '"\(.spec.resources."net.out") \(.running_limits."net.out")"')
		[[ $now == "max max" || $now == "${new}Mbit ${new}Mbit" || $now == "${rate}Mbit ${rate}Mbit" ]]
		rate=$(sed 's/Mbit.*//; s/max.*/0/' <<<"$now")
		(($(detours) == (rate ? 2 : 0)))
	done
	vpsctl set web1 net.out=8Mbit
	peer_up take 7001
	sends web1 7001
	held 7001 8
}

# ---- what is left ----

@test "shape: a stop, a destroy and a crash leave no link behind" {
	vpsctl create web1 net.in=8Mbit net.out=8Mbit
	without_run_files >"$BATS_TEST_TMPDIR/before"
	vpsctl start web1
	(($(detours) == 2))
	vpsctl stop --kill web1
	without_run_files | diff "$BATS_TEST_TMPDIR/before" -
	# its init ends, and nobody is there to clear away
	vpsctl start web1
	kill -9 "$(vps_get web1 monitor_pid)" "$(vps_get web1 init_pid)"
	vpsctl stop --kill web1
	without_run_files | diff "$BATS_TEST_TMPDIR/before" -
	# it ends under the hands of a set, which makes a detour for nobody, and is killed
	vpsctl start web1
	local name
	name=$(link_of web1 | cut -c 4-)
	run -137 env VPS_FAULT="kill:set config" vpsctl set web1 net.out=4Mbit
	cp "$VPS_ROOT/run/web1/set.json" "$BATS_TEST_TMPDIR"
	vpsctl stop --kill web1
	ip link add "out$name" type veth peer name "via$name"
	cp "$BATS_TEST_TMPDIR/set.json" "$VPS_ROOT/run/web1/"
	vpsctl stop web1
	without_run_files | diff "$BATS_TEST_TMPDIR/before" -
	vpsctl start web1
	vpsctl destroy --force web1
	(($(detours) == 0))
}

@test "shape: what is left of another run is cleared, with a limit and without" {
	vpsctl create web1 net.out=8Mbit
	local name
	name=$(link_of web1 | cut -c 4-)
	ip link add "out$name" type veth peer name "via$name"
	vpsctl start web1
	[[ $(ip -o link show "via$name") == *" master vps0 "* ]]
	vps_sh web1 "ping -c 1 -W 5 $host"
	vpsctl stop --kill web1
	vpsctl set web1 net.out=default
	ip link add "out$name" type veth peer name "via$name"
	vpsctl start web1
	(($(detours) == 0))
	vps_sh web1 "ping -c 1 -W 5 $host"
}

@test "shape: a limit that cannot be set fails the start by name, and leaves nothing" {
	vpsctl create web1 net.in=8Mbit net.out=8Mbit
	local name
	name=$(link_of web1 | cut -c 4-)
	ip link add "via$name" type bridge
	without_run_files >"$BATS_TEST_TMPDIR/before"
	run -1 vpsctl start web1
	[[ $output == *"web1: network: net.out: cannot make veth \"via$name\""* ]]
	without_run_files | diff "$BATS_TEST_TMPDIR/before" -
	ip link del "via$name"
	vpsctl start web1
}

# ---- what the root of a VPS can do about it ----

@test "shape: root inside sees nothing that he could lift" {
	peer_up take 7001
	vps_up web1 net.out=12Mbit net.in=12Mbit
	[[ $(vps_sh web1 'ls /sys/class/net | sort | tr "\n" " "') == "eth0 lo " ]]
	run inside web1 tc qdisc del dev eth0 root
	inside web1 tc qdisc replace dev eth0 root tbf rate 10Gbit burst 10M limit 10M
	inside web1 ip link set eth0 down
	inside web1 ip link set eth0 mtu 65000 gso_max_size 65536 up
	inside web1 ip route replace default via "$host"
	sends web1 7001
	# frames above the MTU of the host's end are lost before they are counted
	inside web1 ip link set eth0 mtu 1500
	held 7001 12
}

chance=(bpf bytecode '4,32 0 0 4294963256,53 0 1 2147483648,6 0 0 4294967295,6 0 0 0,')

# What that takes is in the kernel, for everybody: tried on a link of the host.
needs_ifb() {
	ip link add vpsprobe type ifb || lacking "ifb"
	tc qdisc add dev vpsprobe clsact
	tc filter add dev vpsprobe egress "${chance[@]}" action mirred egress redirect dev vpsprobe ||
		lacking "the filter cls_bpf"
	ip link del vpsprobe
}

# A frame that has been on an ifb passes the next ingress qdisc unseen, wherever that is. So root
# sends every other one over an ifb of his own: a filter of chance keeps them from going there again.
@test "shape: root inside cannot dodge it over an ifb of his own" {
	needs_ifb
	peer_up hear 7001
	vps_up web1 net.out=8Mbit
	inside web1 ip link add mine type ifb
	inside web1 ip link set mine up
	inside web1 tc qdisc add dev eth0 clsact
	inside web1 tc filter add dev eth0 egress "${chance[@]}" action mirred egress redirect dev mine
	floods web1 7001
	eventually 20 flows 7001
	sleep 1
	local now
	now=$(kbit_of 7001 4)
	echo "$now Kbit/s" >&2
	((now < 8800))
	# and it was on that way
	(($(inside web1 ip -j -s link show mine | jq '.[0].stats64.tx.packets') > 1000))
}

# ---- numbers ----

@test "shape: stats and metrics count what the VPS sends and gets, and what is dropped" {
	stat_of() {
		vpsctl stats --json web1 | jq --arg key "$1" '.[0][$key]'
	}
	has_dropped() {
		(($(stat_of net_in_dropped) > 0))
	}
	peer_up take 7001
	peer_up give 7002
	vps_up web1 net.out=8Mbit net.in=1Mbit
	local before
	before=$(stat_of net_out_bytes)
	vps_sh web1 "dd if=/dev/zero bs=1M count=1 2>/dev/null | nc $host 7001"
	echo "$(($(stat_of net_out_bytes) - before)) bytes for one MiB" >&2
	(($(stat_of net_out_bytes) - before > 1 << 20 && $(stat_of net_out_bytes) - before < 2 << 20))
	(($(stat_of net_out_packets) > 10 && $(stat_of net_in_packets) > 2 && $(stat_of net_in_bytes) < 200000))
	[[ $(stat_of net_in_dropped) == 0 ]]
	"$peer" flood 7003 "$(vps_get web1 address)" 3>&- &
	echo $! >"$BATS_TEST_TMPDIR/flood.pid"
	eventually 30 has_dropped
	kill $!
	receives web1 7002
	sends web1 7001
	eventually 20 flows 7001
	run -0 vpsctl stats web1
	echo "$output" >&2
	[[ ${lines[0]} == *" IN/S "*" OUT/S "* ]]
	[[ ${lines[1]} =~ \ [0-9.]+[KM]bit/1Mbit\ +[0-9.]+[KM]bit/8Mbit\  ]]
	run -0 vpsctl metrics
	grep -qxF 'vps_network_transmit_limit_bytes_per_second{vps="web1"} 1000000.000000' <<<"$output"
	grep -qE '^vps_network_receive_bytes_total\{vps="web1"\} [0-9]+$' <<<"$output"
	vps_up web2 network.mode=none
	[[ $(vpsctl stats --json web2 | jq -c '.[0] | [.net_in_bytes, .net_out_dropped]') == "[null,null]" ]]
}
