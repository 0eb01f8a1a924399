#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2016
load helpers

pings() {
	ping -c 1 -W 5 "$1" >/dev/null
}

bridge_ports() {
	ip -o link show master vps0 | wc -l
}

gateway() {
	vps_sh "$1" "ip route | sed -n 's/^default via \([0-9.]*\).*/\1/p'"
}

@test "network: host and VPS reach each other" {
	vps_up web1
	local address
	address=$(vps_get web1 address)
	[[ $address =~ ^[0-9]+(\.[0-9]+){3}$ ]]
	eventually 10 pings "$address"
	vps_sh web1 "ping -c 1 -W 5 $(gateway web1)"
}

@test "network: two VPSs reach each other, also by TCP" {
	vps_up web1 web2
	vps_sh web1 "ping -c 1 -W 5 $(vps_get web2 address)"
	# At the end of its input it would end the connection, before it has heard a thing.
	vpsctl exec web2 sh -c 'mkfifo /root/never; nc -l -p 7000 <>/root/never >/root/received' &
	eventually 10 vps_sh web2 'netstat -ltn | grep -q :7000'
	vps_sh web1 "echo hello | nc $(vps_get web2 address) 7000"
	wait
	[[ $(vps_sh web2 'cat /root/received') == hello ]]
}

@test "network: addresses and MACs are never given twice" {
	vpsctl create a b c d e --start
	[[ $(vpsctl list --json | jq '[.[].address] | unique | length') == 5 ]]
	local name macs
	macs=$(for name in a b c d e; do vps_sh $name 'cat /sys/class/net/eth0/address'; done)
	[[ $(sort -u <<<"$macs" | wc -l) == 5 ]]
}

@test "network: address and MAC stay over restarts" {
	vps_up web1
	local address mac
	address=$(vps_get web1 address)
	mac=$(vps_sh web1 'cat /sys/class/net/eth0/address')
	vpsctl restart web1
	[[ $(vps_get web1 address) == "$address" ]]
	[[ $(vps_sh web1 'cat /sys/class/net/eth0/address') == "$mac" ]]
	eventually 10 pings "$address"
}

@test "network: a fixed MAC is the one that the VPS has, and that inspect shows" {
	vps_spec web1 '"network": {"mac": "02:00:00:00:00:42"}'
	[[ $(vps_sh web1 'cat /sys/class/net/eth0/address') == 02:00:00:00:00:42 ]]
	[[ $(vpsctl inspect web1 | jq -r .network.mac) == 02:00:00:00:00:42 ]]
	vps_sh web1 'ping -c 1 -W 5 10.173.0.1'
}

@test "network: no two VPSs have one MAC" {
	local mac
	vpsctl create web1 web2
	mac=$(vpsctl inspect web2 | jq -r .network.mac)
	run -4 --separate-stderr vpsctl create web3 "network.mac=$mac"
	[[ $stderr == *"network.mac: $mac belongs to VPS \"web2\""* ]]
	[[ $(vpsctl list --json | jq length) == 2 ]]
	run -4 --separate-stderr vpsctl configure web1 "network.mac=$mac"
	[[ $stderr == *"network.mac: $mac belongs to VPS \"web2\""* ]]
	[[ $(vpsctl inspect web1 | jq .spec.network.mac) == null ]]
	vpsctl configure web2 network.mac=02:00:00:00:00:42
	vpsctl configure web1 "network.mac=$mac"
	vpsctl start web1 web2
	[[ $(vps_sh web1 'cat /sys/class/net/eth0/address') == "$mac" ]]
	[[ $(vps_sh web2 'cat /sys/class/net/eth0/address') == 02:00:00:00:00:42 ]]
	vpsctl configure web2 --unset network.mac
	[[ $(vpsctl inspect web2 | jq -r .network.mac) != 02:00:00:00:00:42 ]]
	vpsctl create web3 network.mac=02:00:00:00:00:42
}

@test "network: a VPS has lo and eth0, both up, and its address on eth0" {
	vps_up web1
	[[ $(vps_sh web1 'ls /sys/class/net | sort | tr "\n" " "') == "eth0 lo " ]]
	[[ $(vps_sh web1 'ip -o -4 addr show dev eth0') == *" $(vps_get web1 address)/"* ]]
	vps_sh web1 'ping -c 1 -W 5 127.0.0.1'
}

@test "network: a fixed address is kept, and refused when another has it" {
	vps_up web1
	local address
	address=$(vps_get web1 address)
	run -4 --separate-stderr vpsctl create web2 "network.address=$address"
	[[ $stderr == "vpsctl: web2: "*"$address"* ]]
	[[ $(vpsctl list -q) == web1 ]]
	vps_up web3 "network.address=${address%.*}.200"
	[[ $(vps_get web3 address) == "${address%.*}.200" ]]
	eventually 10 pings "${address%.*}.200"
}

@test "network: an address outside of the pool is refused" {
	run ! vpsctl create web1 network.address=192.0.2.7
	[[ -z $(vpsctl list -q) ]]
}

@test "network: none leaves the VPS with lo alone" {
	vps_up web1 network.mode=none
	[[ $(vps_get web1 address) == null ]]
	[[ $(vps_sh web1 'ls /sys/class/net') == lo ]]
}

@test "network: the host's end is on the bridge, and gone after a stop" {
	vps_up web1
	(($(bridge_ports) == 1))
	vpsctl stop web1
	(($(bridge_ports) == 0))
}

@test "network: the hostname is the VPS's name, or what the spec says" {
	vps_up web1
	[[ $(vps_sh web1 hostname) == web1 ]]
	vps_up web2 hostname=shop.example
	[[ $(vps_sh web2 hostname) == shop.example ]]
}

@test "network: an address is free again after destroy, not before" {
	vpsctl create web1
	vps_up web2
	vpsctl destroy web1
	vpsctl create web3 --start
	[[ $(vps_get web3 address) != $(vps_get web2 address) ]]
}
