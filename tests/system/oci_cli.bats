#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line of vps-oci, as container engines use it.
# shellcheck disable=SC2154,SC2016
load helpers
load oci

# created ID [OPTION...]: a created container, as engines make one.
created() {
	oci create --bundle "$bundle" "${@:2}" "$1" </dev/null >/dev/null 3>&-
}

@test "oci: a program that is not there is found at create, and nothing is left" {
	config '.process.args = ["no-such-program"]'
	run -1 --separate-stderr oci create --bundle "$bundle" c1 3>&-
	[[ $stderr == *"executable file \`no-such-program\` not found in \$PATH: No such file or directory" ]]
	nothing_is_left c1
	config '.process.args = ["/no/such"]'
	run -1 --separate-stderr oci run --bundle "$bundle" c1
	[[ $stderr == *"executable file \`/no/such\` not found: No such file or directory" ]]
	nothing_is_left c1
}

@test "oci: a program that may not be executed is found at create" {
	local program
	for program in /etc/passwd /etc; do
		config '.process.args = [$program]' --arg program "$program"
		run -1 --separate-stderr oci create --bundle "$bundle" c1 3>&-
		[[ $stderr == *"cannot execute \`$program\`: Permission denied" ]]
		nothing_is_left c1
	done
}

@test "oci: whether a program may be executed is seen by the eyes of its user and groups" {
	mkdir "$BATS_TEST_TMPDIR/tools"
	cp "$(command -v busybox)" "$BATS_TEST_TMPDIR/tools/id"
	chmod 750 "$BATS_TEST_TMPDIR/tools/id"
	chgrp 77 "$BATS_TEST_TMPDIR/tools/id"
	config '.mounts += [{destination: "/tmp", type: "bind", source: $tools}] | .process.args = ["id", "-G"]
		| .process.env = ["PATH=/nowhere:/tmp"] | .process.user = {uid: 1000, gid: 1000}' --arg tools "$BATS_TEST_TMPDIR/tools"
	run -1 --separate-stderr oci create --bundle "$bundle" c1 3>&-
	[[ $stderr == *"cannot execute \`id\`: Permission denied" ]]
	config '.process.user.additionalGids = [77]'
	run -0 oci run --bundle "$bundle" c1
	[[ $output == "1000 77" ]]
}

@test "oci: a program beside the working directory is found there" {
	config '.process.args = ["./busybox", "pwd"] | .process.cwd = "/bin"'
	run -0 oci run --bundle "$bundle" c1
	[[ $output == /bin ]]
	config '.process.cwd = "/tmp"'
	run -1 --separate-stderr oci create --bundle "$bundle" c1 3>&-
	[[ $stderr == *"executable file \`./busybox\` not found: No such file or directory" ]]
}

@test "oci: exec of a program that is not there, or may not be executed, says so" {
	start_detached c1
	run -255 --separate-stderr oci exec c1 no-such-program
	[[ $stderr == *"executable file \`no-such-program\` not found in \$PATH: No such file or directory" ]]
	run -255 --separate-stderr oci exec --detach c1 /etc/passwd
	[[ $stderr == *"cannot execute \`/etc/passwd\`: Permission denied" ]]
	run -255 --separate-stderr oci exec c1 ''
	[[ $stderr == *"executable file \`\` not found in \$PATH: No such file or directory" ]]
}

@test "oci: a script whose interpreter is not there is told from a missing one" {
	mkdir "$BATS_TEST_TMPDIR/tools"
	printf '#!/no/interpreter\n' >"$BATS_TEST_TMPDIR/tools/script"
	chmod 755 "$BATS_TEST_TMPDIR/tools/script"
	config '.mounts += [{destination: "/tmp", type: "bind", source: $tools}]' --arg tools "$BATS_TEST_TMPDIR/tools"
	start_detached c1
	run -255 --separate-stderr oci exec c1 /tmp/script
	[[ $stderr == *"the interpreter of executable file \`/tmp/script\` is not there: No such file or directory" ]]
}

@test "oci: HOME is that of the container's passwd, unless the environment has one" {
	mkdir "$BATS_TEST_TMPDIR/etc"
	printf 'root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n' >"$BATS_TEST_TMPDIR/etc/passwd"
	config '.mounts += [{destination: "/etc", type: "bind", source: $etc}] | .process.user = {uid: 1000, gid: 1000}' \
		--arg etc "$BATS_TEST_TMPDIR/etc"
	runs 'echo $HOME'
	run -0 oci run --bundle "$bundle" c1
	[[ $output == /home/user ]]
	config '.process.env += ["HOME=/other"]'
	run -0 oci run --bundle "$bundle" c1
	[[ $output == /other ]]
	config '.process.env |= map(select(startswith("HOME=") | not))'
	start_detached c1
	[[ $(oci exec c1 sh -c 'echo $HOME') == /home/user ]]
	[[ $(oci exec --user 0 c1 sh -c 'echo $HOME') == /root ]]
	[[ $(oci exec --user 7 c1 sh -c 'echo $HOME') == / ]]
}

@test "oci: a passwd that is no file stops nobody" {
	mkdir "$BATS_TEST_TMPDIR/etc"
	mkfifo "$BATS_TEST_TMPDIR/etc/passwd"
	config '.mounts += [{destination: "/etc", type: "bind", source: $etc}]' --arg etc "$BATS_TEST_TMPDIR/etc"
	runs 'echo $HOME'
	run -0 timeout 5 vps-oci --root "$root" run --bundle "$bundle" c1
	[[ $output == / ]]
}

@test "oci: a program that goes between create and start fails the start, and the container is stopped" {
	mkdir "$BATS_TEST_TMPDIR/tools"
	cp "$(command -v busybox)" "$BATS_TEST_TMPDIR/tools/true"
	config '.mounts += [{destination: "/tmp", type: "bind", source: $tools}] | .process.args = ["/tmp/true"]' \
		--arg tools "$BATS_TEST_TMPDIR/tools"
	created c1
	rm "$BATS_TEST_TMPDIR/tools/true"
	run -1 --separate-stderr oci start c1
	[[ $stderr == *"executable file \`/tmp/true\` not found: No such file or directory" ]]
	eventually 5 oci_status_is c1 stopped
}
