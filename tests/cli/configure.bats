#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2016
load helpers

# with_web1 [JSON-MEMBERS]: a VPS, stopped, of which only its spec matters.
with_web1() {
	needs_root
	mkdir -p "$VPS_ROOT/vps/web1"
	printf '{"version": 1, "name": "web1", "image": "debian:12"%s}' "${1:+, $1}" >"$VPS_ROOT/vps/web1/spec.json"
}

spec() {
	jq -c . "$VPS_ROOT/vps/web1/spec.json"
}

# refused SENTENCE OPERAND...: status 2, this sentence, and the spec as it was.
refused() {
	local sentence=$1 before
	before=$(spec)
	shift
	run -2 --separate-stderr vpsctl configure web1 "$@"
	[[ $stderr == "vpsctl: web1: $sentence" ]] || {
		printf 'expected: vpsctl: web1: %s\nprinted:  %s\n' "$sentence" "$stderr"
		return 1
	}
	[[ $(spec) == "$before" ]]
}

@test "configure: something to change is needed" {
	misused "vpsctl: configure: missing argument: NAME; see 'vpsctl configure --help'" vpsctl configure onboot=true
	misused "vpsctl: configure: missing argument: KEY=VALUE, or an option; see 'vpsctl configure --help'" \
		vpsctl configure web1
}

@test "configure: keys, labels and variables are set, the others stay" {
	with_web1 '"hostname": "old", "labels": {"a": "1"}, "resources": {"memory": "1G"}'
	vpsctl configure web1 onboot=true restart=always network.dns='["9.9.9.9"]' --label com.example.b=2 --env LANG=C
	[[ $(spec) == '{"version":1,"name":"web1","image":"debian:12","hostname":"old","env":{"LANG":"C"},"resources":{"memory":"1G"},"network":{"dns":["9.9.9.9"]},"labels":{"a":"1","com.example.b":"2"},"onboot":true,"restart":"always"}' ]]
}

@test "configure: --unset gives a key its default, also one that has it" {
	with_web1 '"hostname": "old", "restart": {"policy": "always", "max": 3}, "labels": {"a": "1", "b": "2"}, "env": {"A": "1"}'
	vpsctl configure web1 --unset hostname -u restart.max -u labels.a -u env.A -u security.capabilities.add -u onboot
	[[ $(spec) == '{"version":1,"name":"web1","image":"debian:12","labels":{"b":"2"},"restart":"always"}' ]]
	refused '"colour": unknown key; vps.json(5) lists them' --unset colour
	refused '"network.colour": unknown key; vps.json(5) lists them' --unset network.colour
	refused 'restart.policy: missing; it is required' restart.max=5 --unset restart
}

@test "configure: a file takes the place of the spec, and need not repeat name and image" {
	with_web1 '"hostname": "old", "labels": {"a": "1"}'
	vpsctl configure web1 --spec - onboot=true <<<'{"version": 1, "env": {"A": "1"}}'
	[[ $(spec) == '{"version":1,"name":"web1","image":"debian:12","env":{"A":"1"},"onboot":true}' ]]
	local file
	file=$(spec)
	vpsctl configure web1 --spec - <<<"$file"
	[[ $(spec) == "$file" ]]
	run -2 --separate-stderr vpsctl configure web1 --spec - <<<'{"version": 1, "colour": 3}'
	[[ $stderr == "vpsctl: configure: standard input: colour: unknown key; "* ]]
}

@test "configure: what was given at creation, and what has a command of its own, is refused by name" {
	with_web1 '"resources": {"memory": "1G"}'
	refused 'image: stays as it was when the VPS was created; create another' image=busybox
	refused 'network.mode: stays as it was when the VPS was created; create another' network.mode=none
	refused 'network.bridge: stays as it was when the VPS was created; create another' network.bridge=br1
	refused 'network.address: stays as it was when the VPS was created; create another' network.address=10.173.0.9
	refused 'name: `vpsctl rename` gives a VPS another name' name=web2
	refused 'resources.memory: `vpsctl set` changes limits' memory=2G
	refused 'resources.memory: `vpsctl set` changes limits' --unset memory
	refused 'resources.pids: `vpsctl set` changes limits' onboot=true pids=100
}

@test "configure: what cannot be is refused as in a file" {
	with_web1
	refused 'onboot: expected true or false, got a string' hostname=new onboot=perhaps
	refused 'mounts[0].source: missing; a bind mount needs a path of the host' mounts='[{"target": "/a"}]'
}

@test "configure: several VPSs are changed one by one, and each is reported" {
	with_web1
	run -3 --separate-stderr vpsctl configure web1 nobody onboot=true --json
	[[ $(jq -c 'map([.name, .ok, .exit_status])' <<<"$output") == '[["web1",true,0],["nobody",false,3]]' ]]
	[[ $(spec) == *'"onboot":true}' ]]
}
