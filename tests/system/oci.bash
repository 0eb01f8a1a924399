# SPDX-License-Identifier: GPL-2.0-or-later
# What the files of tests about vps-oci load behind helpers: a root and a bundle made of busybox,
# and containers that are deleted after each test.
# shellcheck disable=SC2016,SC2034,SC2154

# A file that wants more in the root defines prepare().
setup_file() {
	ROOTFS=$BATS_FILE_TMPDIR/rootfs
	export ROOTFS
	mkdir -p "$ROOTFS"/{bin,dev,etc,proc,sys,tmp}
	cp "$(command -v busybox)" "$ROOTFS/bin/"
	chroot "$ROOTFS" /bin/busybox --install -s /bin
	echo 'root:x:0:0::/root:/bin/sh' >"$ROOTFS/etc/passwd"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"	# a mapped root has to get there
	if declare -F prepare >/dev/null; then
		prepare
	fi
}

setup() {
	bundle=$BATS_TEST_TMPDIR/bundle
	root=$BATS_TEST_TMPDIR/root
	mkdir -p "$bundle"
	chmod 755 "$BATS_TEST_TMPDIR"
	ln -s "$ROOTFS" "$bundle/rootfs"
	vps-oci spec --bundle "$bundle"
	config '.process.terminal = false'
}

teardown() {
	local id
	for id in $(oci list --quiet); do
		oci delete --force "$id"
	done
}

teardown_file() {
	:
}

oci() {
	vps-oci --root "$root" "$@"
}

# config FILTER [JQ-OPTION...]: edit the bundle's config.json.
config() {
	jq "${@:2}" "$1" "$bundle/config.json" >"$bundle/config.new"
	mv "$bundle/config.new" "$bundle/config.json"
}

# runs SCRIPT: what the container's program is.
runs() {
	config '.process.args = ["sh", "-c", $script]' --arg script "$1"
}

# inside SCRIPT: run the bundle with it as its program; as bats' run, and it must succeed.
inside() {
	runs "$1"
	run oci run --bundle "$bundle" c1
	((status == 0)) || { echo "$status: $output" >&2; return 1; }
}

# refused SENTENCE: the bundle is refused with it, and nothing is left.
refused() {
	run -1 --separate-stderr oci create --bundle "$bundle" c1 3>&-
	[[ $stderr == *"$1"* ]] || { echo "said: $stderr" >&2; return 1; }
	nothing_is_left c1
}

# with_userns [ID]: a user namespace whose root is ID (100000) on the host.
with_userns() {
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: $id, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings' --argjson id "${1-100000}"
}

# start_detached ID: as engines do, with a program that waits to be killed.
start_detached() {
	runs "${2-trap 'exit 3' TERM; while :; do sleep 0.1; done}"
	oci create --bundle "$bundle" "$1" </dev/null >/dev/null 3>&-
	oci start "$1" 3>&-
}

oci_status() {
	oci state "$1" | jq -r .status
}

oci_status_is() {
	[[ $(oci_status "$1") == "$2" ]]
}

nothing_is_left() {
	[[ -z $(oci list --quiet) && ! -e $root/$1 && ! -d /sys/fs/cgroup/vps-oci/$1 ]]
}

oci_pid() {
	oci state "$1" | jq .pid
}

# receive_terminal WORDS [TYPED]: in the background, wait for a terminal at the console socket,
# type a line and keep what is shown, until these words are, in $BATS_TEST_TMPDIR/shown.
receive_terminal() {
	python3 - "$BATS_TEST_TMPDIR/console" "$@" >"$BATS_TEST_TMPDIR/shown" 3>&- <<-'END' &
		import array, os, socket, sys
		server = socket.socket(socket.AF_UNIX)
		server.bind(sys.argv[1])
		server.listen(1)
		server.settimeout(20)
		peer, _ = server.accept()
		name, parts, _, _ = peer.recvmsg(100, socket.CMSG_SPACE(4))
		master = array.array("i", parts[0][2])[0]
		if len(sys.argv) > 3:
		    os.write(master, sys.argv[3].encode() + b"\n")
		shown = b""
		while sys.argv[2].encode() not in shown:
		    shown += os.read(master, 1000)
		print(shown.decode())
	END
}
