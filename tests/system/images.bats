#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154,SC2016
load helpers

# A small root file system: busybox and a few files that are easy to get wrong.
make_root() {
	local root=$1
	mkdir -p "$root"/{bin,etc,root,tmp,proc,sys,dev}
	cp "$(command -v busybox)" "$root/bin/busybox"
	ln -s busybox "$root/bin/sh"
	local applet
	for applet in cat ls stat sleep init hostname test id; do
		ln -s busybox "$root/bin/$applet"
	done
	echo 'root:x:0:0::/root:/bin/sh' >"$root/etc/passwd"
	echo marker >"$root/etc/marker"
	install -m 4755 /dev/null "$root/bin/setuid"
	install -m 1777 -d "$root/tmp"
	touch "$root/etc/owned" && chown 1000:2000 "$root/etc/owned"
	ln "$root/etc/marker" "$root/etc/hardlink"
	ln -s /etc/marker "$root/etc/absolute"
	printf x >"$root/etc/"$'n\303\244me'
}

prepare() {
	make_root "$BATS_FILE_TMPDIR/small"
	tar -C "$BATS_FILE_TMPDIR/small" -cf "$BATS_FILE_TMPDIR/small.tar" .
}

teardown() {
	vpsctl destroy --all --force
	vpsctl image list --json | jq -r '.[] | .reference // .digest' | grep -v '^busybox' |
		xargs -r vpsctl image remove
}

count_layers() {
	find "$VPS_ROOT/layers" -mindepth 1 -maxdepth 1 ! -name '.*' | wc -l
}

# import NAME
import() {
	vpsctl image import --name "$1" "$BATS_FILE_TMPDIR/small.tar"
}

@test "image busybox: is in the list, and made once" {
	[[ $(vpsctl image list -q) == busybox* ]]
	vpsctl image busybox
	[[ $(vpsctl image list -q | wc -l) == 1 ]]
}

@test "image list, image inspect: the documented keys" {
	[[ $(vpsctl image list --json | jq -c '.[0] | keys_unsorted') == \
		'["reference","digest","created","architecture","os","size_bytes","layers"]' ]]
	run -0 vpsctl image inspect busybox
	[[ $(jq -c '.config | keys_unsorted' <<<"$output") == \
		'["entrypoint","cmd","env","user","working_dir","stop_signal","labels"]' ]]
	[[ $(jq -r .digest <<<"$output") =~ ^sha256:[0-9a-f]{64}$ ]]
	[[ $(vpsctl image inspect "$(jq -r '.digest[7:19]' <<<"$output")") == "$output" ]]
}

@test "the store is an OCI image layout whose blobs are what their names say" {
	local blob
	[[ $(jq -r .imageLayoutVersion "$VPS_ROOT/images/oci-layout") == 1.0.0 ]]
	for blob in "$VPS_ROOT"/images/blobs/sha256/*; do
		[[ $(sha256sum <"$blob") == "${blob##*/} "* ]]
	done
}

@test "import: every file is as it was, inside of a VPS" {
	import small:1
	printf '{"version": 1, "image": "small:1", "init": ["/bin/sleep", "1000"]}' | vpsctl create a --spec - --start
	[[ $(vps_sh a 'cat /etc/marker /etc/absolute /etc/hardlink') == $'marker\nmarker\nmarker' ]]
	[[ $(vps_sh a 'stat -c %u:%g:%a /etc/owned') == 1000:2000:644 ]]
	[[ $(vps_sh a 'stat -c %a /bin/setuid /tmp') == $'4755\n1777' ]]
	[[ $(vps_sh a 'stat -c %h /etc/marker') == 2 ]]
	vps_sh a $'test -f /etc/n\303\244me'
}

@test "import: any compression, and standard input" {
	local tar=$BATS_FILE_TMPDIR/small.tar
	gzip -k <"$tar" >"$BATS_TEST_TMPDIR/small.gz"
	xz -T0 -1 <"$tar" >"$BATS_TEST_TMPDIR/small.xz"
	zstd -q <"$tar" >"$BATS_TEST_TMPDIR/small.zst"
	local kind layers
	for kind in gz xz zst; do
		vpsctl image import --name "small:$kind" "$BATS_TEST_TMPDIR/small.$kind"
	done
	vpsctl image import --name small:stdin - <"$tar"
	layers=$(vpsctl image list --json | jq -c '[.[] | select(.reference | startswith("small:")).layers] | unique | length')
	[[ $layers == 1 ]]
}

@test "import: what is not an archive is refused, and nothing stays" {
	head -c 100000 /dev/urandom >"$BATS_TEST_TMPDIR/noise"
	run ! --separate-stderr vpsctl image import --name noise "$BATS_TEST_TMPDIR/noise"
	[[ -n $stderr ]]
	run ! vpsctl image import --name none "$BATS_TEST_TMPDIR/none"
	head -c 100000 "$BATS_FILE_TMPDIR/small.tar" >"$BATS_TEST_TMPDIR/cut"
	run ! vpsctl image import --name cut "$BATS_TEST_TMPDIR/cut"
	[[ $(vpsctl image list -q | wc -l) == 1 ]]
	[[ $(count_layers) == 1 ]]
}

@test "import: an archive cannot write outside of its layer" {
	python3 - "$BATS_TEST_TMPDIR/evil.tar" "$BATS_TEST_TMPDIR" <<-'PYTHON'
		import io, sys, tarfile
		target = sys.argv[2]
		with tarfile.open(sys.argv[1], "w") as tar:
		    def add(name, type=tarfile.REGTYPE, link="", data=b"escaped"):
		        info = tarfile.TarInfo(name)
		        info.type, info.linkname = type, link
		        if type == tarfile.REGTYPE:
		            info.size = len(data)
		        tar.addfile(info, io.BytesIO(data))
		    add("../../../../../../../.." + target + "/dots")
		    add(target.lstrip("/") + "/absolute")
		    add("/" + target.lstrip("/") + "/slash")
		    add("link", tarfile.SYMTYPE, target)
		    add("link/through")
		    add("up", tarfile.SYMTYPE, "../../../../../../../.." + target)
		    add("up/through-up")
	PYTHON
	run vpsctl image import --name evil "$BATS_TEST_TMPDIR/evil.tar"
	[[ $(ls "$BATS_TEST_TMPDIR") == evil.tar ]]
}

@test "bootstrap: without a network it says what could not be fetched, and nothing stays" {
	needs_program mmdebstrap
	run -1 --separate-stderr unshare --net vpsctl image bootstrap --mirror http://packages.invalid/debian debian:12
	[[ $stderr == *packages.invalid* ]]
	[[ $(vpsctl image list -q | wc -l) == 1 ]]
}

@test "bootstrap: a distribution that is not known is a mistake" {
	run -2 --separate-stderr vpsctl image bootstrap plan9:4
	[[ $stderr == *plan9:4* ]]
}

@test "ten VPSs of one image share one copy of its layers" {
	local layers
	layers=$(count_layers)
	vpsctl create a{0..9}
	vpsctl start --all
	[[ $(count_layers) == "$layers" ]]
	vps_sh a0 'echo changed >/etc/passwd.new'
	run ! vps_sh a1 'test -e /etc/passwd.new'
	(($(du -s "$VPS_ROOT/vps" | cut -f 1) < 2000))
}

@test "remove: an image that a VPS stands on is refused" {
	import small:1
	vpsctl create a --image small:1
	run -4 --separate-stderr vpsctl image remove small:1
	[[ $stderr == "vpsctl: small:1: "* ]]
	vpsctl destroy a
	vpsctl image remove small:1
	run -3 vpsctl image inspect small:1
}

@test "remove: the data goes with the last name" {
	local before
	before=$(find "$VPS_ROOT/images/blobs" "$VPS_ROOT/layers" -mindepth 1 -maxdepth 2 | sort)
	import small:1
	import small:2
	vpsctl image remove small:1
	vpsctl image inspect small:2 >/dev/null
	vpsctl image remove small:2
	[[ $(find "$VPS_ROOT/images/blobs" "$VPS_ROOT/layers" -mindepth 1 -maxdepth 2 | sort) == "$before" ]]
}

@test "create: two at once from an image that is being removed leave no half VPS" {
	for _ in 1 2 3; do
		import small:1
		vpsctl create a --image small:1 2>/dev/null &
		vpsctl image remove small:1 2>/dev/null &
		wait
		if [[ -n $(vpsctl list -q) ]]; then
			vpsctl image inspect small:1 >/dev/null
			vpsctl destroy a
		fi
		vpsctl image remove small:1 2>/dev/null || true
	done
}
