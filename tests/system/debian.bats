#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2016
# Debian 12 in a VPS. VPS_DEBIAN_TAR names the layer that `vpsctl image bootstrap` made; run sets it.
load helpers

prepare() {
	vpsctl image import --name debian:12 --stop-signal SIGRTMIN+3 "$VPS_DEBIAN_TAR" >&2
	vpsctl create deb --image debian:12 --start
	eventually "$patience" is_settled deb
}

# Emulation is slow.
patience=$([[ -n ${VPS_MUST_RUN-} ]] && echo 400 || echo 90)

setup() {
	status_is deb running || { vpsctl start deb && eventually "$patience" is_settled deb; }
}

# One VPS serves all tests of this file.
teardown() {
	:
}

# systemd has done what it does at boot, well or not.
is_settled() {
	local state
	state=$(vpsctl exec "$1" systemctl is-system-running 2>/dev/null) || true
	[[ $state == running || $state == degraded ]]
}

@test "debian: systemd is PID 1 and reaches running, without a failed unit" {
	[[ $(vps_sh deb 'cat /proc/1/comm') == systemd ]]
	run vpsctl exec deb systemctl is-system-running
	[[ $output == running ]] || {
		vpsctl exec deb systemctl list-units --failed --no-legend
		return 1
	}
	[[ -z $(vpsctl exec deb systemctl list-units --failed --no-legend) ]]
}

@test "debian: it knows that it is a container" {
	[[ $(vpsctl exec deb systemd-detect-virt --container || true) != none ]]
}

@test "debian: nothing of the host in ps, mount, links and names" {
	[[ $(vps_sh deb 'ls /sys/class/net | sort | tr "\n" " "') == "eth0 lo " ]]
	[[ $(vps_sh deb hostname) == deb ]]
	[[ $(vps_sh deb 'cat /proc/self/mountinfo') != *"$VPS_ROOT"* ]]
	[[ $(vps_sh deb 'cat /proc/cmdline') != *"$(cut -c 1-40 /proc/cmdline)"* ]]
	[[ $(vps_sh deb 'tr "\0" "\n" </proc/1/environ') != *VPS_ROOT* ]]
}

@test "debian: the journal, tmpfiles and a service of its own work" {
	vps_sh deb 'printf "[Service]\nExecStart=/bin/sh -c \"echo from-the-service; sleep 1000\"\n" >/etc/systemd/system/own.service'
	vpsctl exec deb systemctl daemon-reload
	vpsctl exec deb systemctl start own.service
	[[ $(vpsctl exec deb systemctl is-active own.service) == active ]]
	eventually 20 vps_sh deb 'journalctl -u own.service | grep -q from-the-service'
	vpsctl exec deb systemctl stop own.service
}

@test "debian: users and packages are Debian's" {
	vps_sh deb 'id tester >/dev/null 2>&1 || useradd --create-home --shell /bin/bash tester'
	[[ $(vpsctl exec --user tester deb sh -c 'id -un; pwd') == $'tester\n/home/tester' ]]
	[[ $(vps_sh deb '. /etc/os-release; echo $VERSION_ID') == 12 ]]
	vps_sh deb 'dpkg --audit && dpkg -s systemd >/dev/null'
}

@test "debian: ssh from the host over its address" {
	needs_program ssh
	vps_sh deb 'command -v sshd >/dev/null' || lacking "sshd in the image"
	local key=$BATS_TEST_TMPDIR/key address
	address=$(vps_get deb address)
	ssh-keygen -q -t ed25519 -N '' -f "$key"
	vps_sh deb 'mkdir -p -m 700 /root/.ssh; cat >/root/.ssh/authorized_keys' <"$key.pub"
	eventually 60 ssh -i "$key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=5 \
		"root@$address" 'hostname >/root/by-ssh'
	[[ $(vps_sh deb 'cat /root/by-ssh') == deb ]]
}

@test "debian: reboot inside starts it again" {
	local pid
	pid=$(vps_get deb init_pid)
	vps_sh deb 'touch /root/before'
	vpsctl exec deb systemctl reboot || true
	eventually "$patience" is_dead "$pid"
	eventually 30 status_is deb running
	eventually "$patience" is_settled deb
	vps_sh deb 'test -e /root/before'
}

@test "debian: stop shuts it down in order" {
	vpsctl stop --timeout "$patience" deb
	[[ $(vps_get deb reason) != killed* ]]
	vpsctl start deb
	eventually "$patience" is_settled deb
	[[ $(vps_sh deb 'journalctl --list-boots --no-pager 2>/dev/null | wc -l') -ge 1 ]]
}

@test "debian: poweroff inside stops it" {
	vpsctl exec deb systemctl poweroff || true
	eventually "$patience" status_is deb stopped
	[[ $(vps_get deb reason) == poweroff ]]
}
