# SPDX-License-Identifier: GPL-2.0-or-later
# What the files of tests load that let engines drive vps-oci: an image that comes from no registry,
# a directory for all that the engine keeps, a /run that is not the host's, and a terminal.
load helpers

setup_file() {
	CLIENT=$BATS_FILE_TMPDIR/client IMAGE=localhost/busybox:1
	export CLIENT IMAGE
	mkdir "$CLIENT"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"	# users and mapped roots have to get there
	if [[ -n ${VPS_TEST_PRIVATE-} ]]; then
		mount -t tmpfs run /run
	fi
	image_archive "$CLIENT/image"
	prepare
}

# A container that has ended is cleaned up after by a process of the engine's own, which mounts its
# storage again.
no_client_runs() {
	! pgrep -f "$CLIENT/" >/dev/null
}

teardown_file() {
	cleanup
	eventually 60 no_client_runs || true	# the unmounting says the rest
	# innermost first; lazily, for what is still in use
	awk -v dir="$BATS_FILE_TMPDIR/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo |
		sort -r | xargs -r umount -l
	if [[ -n ${VPS_TEST_PRIVATE-} ]]; then
		umount -l /run
	fi
}

teardown() {
	:
}

# ---- the image ----

# blob FILE: put it into the layout; its digest.
blob() {
	local digest
	digest=$(sha256sum <"$1" | cut -d ' ' -f 1)
	cp "$1" "$dir/oci/blobs/sha256/$digest"
	printf 'sha256:%s' "$digest"
}

# descriptor FILE KIND [MEMBERS]
descriptor() {
	printf '{"mediaType": "application/vnd.oci.image.%s", "digest": "%s", "size": %d%s}' \
		"$2" "$(blob "$1")" "$(stat -c %s "$1")" "${3-}"
}

# image_archive DIR: $IMAGE as DIR/image.tar, an OCI archive, and DIR/layer.tar, its one layer:
# busybox, root and a user.
image_archive() {
	local dir=$1 root=$1/root names
	mkdir -p "$root"/{bin,dev,etc,proc,root,sys,tmp} "$dir/oci/blobs/sha256"
	chmod 1777 "$root/tmp"
	cp "$(command -v busybox)" "$root/bin/"
	chroot "$root" /bin/busybox --install -s /bin
	printf '%s\n' 'root:x:0:0::/root:/bin/sh' 'user:x:1000:1000::/tmp:/bin/sh' >"$root/etc/passwd"
	printf '%s\n' 'root:x:0:' 'user:x:1000:' >"$root/etc/group"
	tar -C "$root" -cf "$dir/layer.tar" .
	printf '{"architecture": "amd64", "os": "linux", "config": {"Env": ["PATH=/bin"], "Cmd": ["sh"]},
		"rootfs": {"type": "layers", "diff_ids": ["%s"]}, "history": [{"created_by": "a test"}]}' "$(blob "$dir/layer.tar")" >"$dir/config"
	printf '{"schemaVersion": 2, "config": %s, "layers": [%s]}' "$(descriptor "$dir/config" config.v1+json)" \
		"$(descriptor "$dir/layer.tar" layer.v1.tar)" >"$dir/manifest"
	printf -v names ', "annotations": {"org.opencontainers.image.ref.name": "%s", "io.containerd.image.name": "%s"}' \
		"$IMAGE" "$IMAGE"
	printf '{"schemaVersion": 2, "manifests": [%s]}' \
		"$(descriptor "$dir/manifest" manifest.v1+json "$names")" >"$dir/oci/index.json"
	echo '{"imageLayoutVersion": "1.0.0"}' >"$dir/oci/oci-layout"
	tar -C "$dir/oci" -cf "$dir/image.tar" .
}

# ---- the host's part ----

# in_etc FILE LINE...: behind the lines of /etc/FILE, for as long as the tests of this file run.
in_etc() {
	local file=$1
	shift
	touch "/etc/$file"
	{ cat "/etc/$file" && printf '%s\n' "$@"; } >"$CLIENT/$file"
	chmod 644 "$CLIENT/$file"
	mount --bind "$CLIENT/$file" "/etc/$file"
}

# teardown_file finds mounts below its directory only.
out_of_etc() {
	local file
	for file in "$@"; do
		umount "/etc/$file"
	done
}

has_controller() {
	grep -qw "$1" /sys/fs/cgroup/cgroup.controllers
}

# without_controllers JQ-FILTER: prints the path of a runtime that is vps-oci, but takes from each
# config.json first what its engine asks for unasked and this host has no controller for.
without_controllers() {
	local path=$CLIENT/vps-oci
	cat >"$path" <<-SCRIPT
		#!/bin/bash
		args=("\$@")
		while ((\$#)); do
			if [[ \$1 == --bundle ]]; then
				jq '$1' "\$2/config.json" >"\$2/config.new" && mv "\$2/config.new" "\$2/config.json"
			fi
			shift
		done
		exec $(command -v vps-oci) "\${args[@]}"
	SCRIPT
	chmod 755 "$path"
	echo "$path"
}

# ---- configuration ----

# For podman and buildah. crun and runc are out of reach, so that nothing here can run with them. A pod's infra container is
# built by podman itself.
podman_configure() {
	local pids=2048
	has_controller pids || pids=0
	cat >"$CLIENT/containers.conf" <<-CONF
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
		pids_limit = $pids
		[network]
		network_config_dir = "$CLIENT/networks"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		lock_type = "file"
		runtime = "vps-oci"
		runtime_supports_json = ["vps-oci"]
		runtime_supports_nocgroup = ["vps-oci"]
		tmp_dir = "$CLIENT/tmp"
		[engine.runtimes]
		vps-oci = ["$(command -v vps-oci)"]
		crun = ["/nonexistent"]
		runc = ["/nonexistent"]
	CONF
	cat >"$CLIENT/storage.conf" <<-CONF
		[storage]
		driver = "overlay"
		graphroot = "$CLIENT/storage"
		runroot = "$CLIENT/run"
	CONF
	export CONTAINERS_CONF=$CLIENT/containers.conf CONTAINERS_STORAGE_CONF=$CLIENT/storage.conf
}

# ---- terminals ----

# What runs in a terminal of 33x99, says "ready", is resized to 40x100, and ends with 6.
# shellcheck disable=SC2034,SC2016 # for the files that load this, and for the shell inside
RESIZED='until [ "$(stty size)" = "33 99" ]; do sleep 0.1; done; tty; echo ready
	until [ "$(stty size)" = "40 100" ]; do sleep 0.1; done; echo resized; exit 6'

# in_terminal COMMAND...: on a terminal of 33x99 that becomes 40x100 when "ready" is read.
in_terminal() {
	python3 - "$@" <<-'PYTHON' 3>&-
		import fcntl, os, pty, signal, struct, sys, termios
		def resize(fd, rows, columns):
		    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
		pid, master = pty.fork()
		if pid == 0:
		    resize(0, 33, 99)
		    os.execvp(sys.argv[1], sys.argv[1:])
		signal.alarm(60)
		said = b""
		while True:
		    try:
		        part = os.read(master, 4096)
		    except OSError:
		        break
		    if b"ready" in said + part and b"ready" not in said:
		        resize(master, 40, 100)
		    said += part
		    if not part:
		        break
		os.write(1, said.replace(b"\r", b""))
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	PYTHON
}
