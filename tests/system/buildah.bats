#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# buildah with vps-oci as the runtime of its steps.
#
# buildah deletes a container with its step: that it was vps-oci that ran it is told by a wrapper
# that notes what it was called with.
# shellcheck disable=SC2154,SC2016
load clients

# One working container serves all tests of `run`.
prepare() {
	if ! command -v buildah >/dev/null; then
		return	# setup() says so
	fi
	podman_configure
	RUNTIME=$CLIENT/noted
	printf '#!/bin/sh\necho "$@" >>%s\nexec %s "$@"\n' "$CLIENT/calls" "$(command -v vps-oci)" >"$RUNTIME"
	chmod 755 "$RUNTIME"
	export RUNTIME
	buildah pull --quiet "oci-archive:$CLIENT/image/image.tar" 3>&-
	buildah tag "$(buildah images --quiet)" "$IMAGE" 3>&-
	buildah from --quiet --pull-never --name work "$IMAGE" 3>&-
}

cleanup() {
	if command -v buildah >/dev/null; then
		buildah rm --all 3>&-
	fi
}

setup() {
	needs_program buildah
	: >"$CLIENT/calls"
}

# runs [OPTION...] -- COMMAND...
runs() {
	buildah run --isolation oci --runtime "$RUNTIME" --network none "${options[@]}" work -- "$@" 3>&-
}

# builds NAME [OPTION...]: the Containerfile on stdin.
builds() {
	local name=$1
	cat >"$BATS_TEST_TMPDIR/Containerfile"
	buildah bud --isolation oci --runtime "$RUNTIME" --network none --pull-never --tag "localhost/$name:1" \
		"${@:2}" --file "$BATS_TEST_TMPDIR/Containerfile" "$BATS_TEST_TMPDIR" 3>&-
}

# read_image NAME PATH
read_image() {
	local id mount
	id=$(buildah from --pull-never "localhost/$1:1" 3>&-)
	mount=$(buildah mount "$id")
	cat "$mount/$2"
	buildah rm "$id" >/dev/null
}

@test "buildah: it is vps-oci that runs the steps" {
	local options=()
	[[ $(runs sh -c 'echo $$') == 1 ]]
	grep -qw create "$CLIENT/calls"
	grep -qw start "$CLIENT/calls"
	grep -qw delete "$CLIENT/calls"
	[[ -z $(vps-oci list --quiet) ]]
}

@test "buildah: run passes output, input and exit status on" {
	local options=()
	run -7 --separate-stderr runs sh -c 'echo out; echo err >&2; exit 7'
	[[ $output == out && $stderr == *err* ]]
	[[ $(echo in | runs cat) == in ]]
}

@test "buildah: run with a user, a directory, a volume, capabilities and a hostname" {
	echo text >"$CLIENT/file"
	local options=(--user user --workingdir /tmp --volume "$CLIENT/file:/file:ro" --cap-add CAP_NET_ADMIN --hostname inner)
	run -1 --separate-stderr runs sh -c 'id -u; pwd; cat /file; hostname; grep CapBnd /proc/self/status; echo x >/file'
	[[ $output == $'1000\n/tmp\ntext\ninner\nCapBnd:\t00000000'* && $stderr == */file:* ]]
	(((0x$(sed -n 's/^CapBnd:\t//p' <<<"$output") >> 12 & 1) == 1))
}

@test "buildah: what a step wrote stays in the container" {
	local options=()
	runs sh -c 'echo kept >/kept; mkdir /owned; chown user /owned'
	[[ $(cat "$(buildah mount work)/kept") == kept && $(stat -c %u "$(buildah mount work)/owned") == 1000 ]]
}

@test "buildah: run -t gives a terminal" {
	run -6 in_terminal buildah run --isolation oci --runtime "$RUNTIME" --network none --tty work -- \
		sh -c 'test -t 0 && test -t 1 && tty; exit 6' 3>&-
	[[ $output == */dev/pts/0* ]]
}

@test "buildah: a program that is missing is named" {
	local options=()
	run ! runs missing
	[[ $output == *missing*"not found"* ]]
	[[ -z $(vps-oci list --quiet) ]]
}

@test "buildah: bud runs each step in a container" {
	echo copied >"$BATS_TEST_TMPDIR/data"
	builds built --build-arg WHO=world --layers <<-FILE
		FROM $IMAGE
		ARG WHO
		ENV GREETING=hello
		COPY data /data
		RUN echo "\$GREETING \$WHO" >/greeting && cat /data >>/greeting
		RUN --mount=type=tmpfs,target=/scratch touch /scratch/x && grep -c scratch /proc/self/mountinfo >>/greeting
		USER user
		WORKDIR /tmp
		RUN id -u >id && pwd >>id
	FILE
	(($(grep -cw create "$CLIENT/calls") == 3))
	[[ $(read_image built greeting) == $'hello world\ncopied\n1' && $(read_image built tmp/id) == $'1000\n/tmp' ]]
}

@test "buildah: bud in stages, with limits and a secret" {
	echo hidden >"$BATS_TEST_TMPDIR/secret"
	builds staged --secret "id=key,src=$BATS_TEST_TMPDIR/secret" --ulimit nofile=77:77 --shm-size 1m --cap-drop CAP_CHOWN <<-FILE
		FROM $IMAGE AS first
		RUN --mount=type=secret,id=key cp /run/secrets/key /taken; ulimit -n >>/taken; df -k /dev/shm | grep -c 1024 >>/taken
		FROM $IMAGE
		COPY --from=first /taken /taken
		RUN chown user /taken || echo refused >>/taken
	FILE
	[[ $(read_image staged taken) == $'hidden\n77\n1\nrefused' ]]
}

@test "buildah: a step that fails ends the build with its status" {
	run -9 builds failing <<-FILE
		FROM $IMAGE
		RUN exit 9
	FILE
	[[ $output == *"exit status 9"* ]]
	[[ -z $(vps-oci list --quiet) ]]
}
