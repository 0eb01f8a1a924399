#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Ways out of a container that other runtimes have had, each tried on this one.
#
# A container of these tests has no user namespace and more capabilities than any engine gives
# without being asked, so that its root is as strong as a runtime must expect. Where an attack has
# to win a race, the test makes sure that it was really run: a defence that is never met proves
# nothing.
# shellcheck disable=SC2016,SC2153,SC2154
load helpers
load oci

prepare() {
	cc -static -O2 -o "$ROOTFS/bin/attacker" "$BATS_TEST_DIRNAME/attacker.c"
}

# strong CAP...: give these to the container, besides those that engines give.
strong() {
	config '.process.capabilities[] = ($more | split(" ")) + ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER",
		"CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_SYS_CHROOT", "CAP_NET_BIND_SERVICE"]
		| .process.noNewPrivileges = false | del(.linux.seccomp)' --arg more "$*"
}

# own_root: a root that this test may change, and a program that may be broken.
own_root() {
	rootfs=$BATS_TEST_TMPDIR/rootfs
	cp -a "$ROOTFS" "$rootfs"
	ln -sfn "$rootfs" "$bundle/rootfs"
	mkdir "$BATS_TEST_TMPDIR/bin"
	cp "$(command -v vps-oci)" "$BATS_TEST_TMPDIR/bin/"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

# attack_up MODE SECONDS: a container with the attacker inside; what it says is in $said.
attack_up() {
	said=$BATS_TEST_TMPDIR/said
	config '.process.args = ["attacker", $mode, $seconds] | .root.readonly = false' \
		--arg mode "$1" --arg seconds "$2"
	oci create --bundle "$bundle" evil </dev/null >"$said" 2>&1 3>&-
	oci start evil 3>&-
	eventually 5 grep -q ready "$said"
}

program_sum() {
	sha256sum <"$BATS_TEST_TMPDIR/bin/vps-oci"
}

# ---- the runtime's own program ----

# Until somebody inside has got hold of the runtime's program, or for so many rounds.
exec_until_caught() {
	local round
	for round in {1..200}; do
		oci exec evil "$1" </dev/null >/dev/null 2>&1 3>&- || true
		! grep -q caught "$said" || return 0
	done
	echo "never caught in $round rounds" >&2
	return 1
}

@test "CVE-2019-5736: exec of a link to /proc/self/exe lets nobody write to the runtime" {
	own_root
	strong CAP_SYS_ADMIN CAP_SYS_PTRACE
	ln -s /proc/self/exe "$rootfs/bin/tool"
	local before
	before=$(program_sum)
	attack_up exe 20
	exec_until_caught tool
	eventually 25 grep -E 'refused|wrote' "$said"
	[[ $(grep refused "$said") == "refused: Read-only file system" ]]
	run ! grep -E 'wrote|remounted' "$said"
	[[ $(program_sum) == "$before" && $(stat -c %a "$BATS_TEST_TMPDIR/bin/vps-oci") == 755 ]]
}

@test "CVE-2019-5736: exec of a script whose interpreter is /proc/self/exe lets nobody write to the runtime" {
	own_root
	strong CAP_SYS_ADMIN CAP_SYS_PTRACE
	echo '#!/proc/self/exe' >"$rootfs/bin/tool"
	chmod 755 "$rootfs/bin/tool"
	local before
	before=$(program_sum)
	attack_up exe 20
	exec_until_caught tool
	eventually 25 grep -E 'refused|wrote' "$said"
	[[ $(grep refused "$said") == "refused: Read-only file system" ]]
	[[ $(program_sum) == "$before" ]]
}

@test "CVE-2019-5736: an image whose program is /proc/self/exe lets nobody in its pod write to the runtime" {
	own_root
	strong CAP_SYS_ADMIN CAP_SYS_PTRACE
	local before round
	before=$(program_sum)
	attack_up exe 20
	config '.process.args = ["/proc/self/exe", "--help"] | .linux.namespaces |= map(
		if .type == "pid" then .path = $path else . end)' --arg path "/proc/$(oci state evil | jq .pid)/ns/pid"
	for round in {1..200}; do
		oci run --bundle "$bundle" victim </dev/null >/dev/null 2>&1 3>&- || true
		! grep -q caught "$said" || break
	done
	eventually 25 grep -E 'refused|wrote' "$said"
	[[ $(grep refused "$said") == "refused: Read-only file system" ]]
	[[ $(program_sum) == "$before" ]]
}
