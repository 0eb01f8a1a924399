#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154
bats_require_minimum_version 1.5.0

setup() {
	root=$BATS_TEST_TMPDIR/root
}

# oci ARGUMENT...: vps-oci with a root of the test's own.
oci() {
	vps-oci --root "$root" "$@"
}

# refused STATUS SENTENCE COMMAND...: this one line on stderr, nothing on stdout.
refused() {
	local status_wanted=$1 sentence=$2
	shift 2
	run "-$status_wanted" --separate-stderr "$@"
	[[ -z $output && $stderr == "vps-oci: $sentence" ]] || {
		printf 'expected: vps-oci: %s\nprinted:  %s\n' "$sentence" "$stderr"
		return 1
	}
}

commands() {
	vps-oci --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

@test "oci: no command and an unknown command are mistakes" {
	refused 1 "no command; see 'vps-oci --help'" oci
	refused 1 "unknown command \"strat\"; see 'vps-oci --help'" oci strat c1
	refused 1 "unknown command \"sta\"; see 'vps-oci --help'" oci sta c1
}

@test "oci: an unknown option is named, with its command" {
	refused 1 "unknown option --frobnicate; see 'vps-oci --help'" oci --frobnicate list
	refused 1 "kill: unknown option --al; see 'vps-oci kill --help'" oci kill --al c1
}

@test "oci: every command of runc is there and has help" {
	local name
	for name in create start run state list kill delete exec ps pause resume update events \
		checkpoint restore spec features; do
		commands | grep -qx "$name"
	done
	for name in $(commands); do
		run -0 --separate-stderr vps-oci "$name" --help
		[[ $output == "Usage: vps-oci $name "* && -z $stderr ]]
	done
}

# What engines pass to runc and crun: they look for some of it in --help, and use the rest blindly.
known_options() {
	cat <<-'END'
		create bundle config console-socket pid-file no-pivot no-new-keyring no-subreaper preserve-fds
		run bundle config console-socket pid-file no-pivot no-new-keyring no-subreaper preserve-fds detach keep
		exec process tty console-socket cwd env user additional-gids cap apparmor process-label no-new-privs detach pid-file preserve-fds cgroup ignore-paused no-subreaper
		kill all regex
		delete force regex
		list format quiet
		ps format
		update resources memory memory-reservation memory-swap kernel-memory kernel-memory-tcp cpu-period cpu-quota cpu-burst cpu-share cpu-rt-period cpu-rt-runtime cpu-idle cpuset-cpus cpuset-mems pids-limit blkio-weight l3-cache-schema mem-bw-schema
		events stats interval
		checkpoint image-path work-path parent-path leave-running tcp-established tcp-skip-in-flight link-remap ext-unix-sk shell-job lazy-pages status-fd page-server file-locks pre-dump manage-cgroups-mode empty-ns auto-dedup
		restore image-path work-path tcp-established ext-unix-sk shell-job file-locks manage-cgroups-mode bundle detach pid-file no-subreaper no-pivot empty-ns auto-dedup lazy-pages lsm-profile lsm-mount-context link-remap console-socket
		spec bundle rootless
	END
}

@test "oci: every option that engines pass is one, and help names it" {
	local command options option help
	while read -r command options; do
		help=$(vps-oci "$command" --help)
		for option in $options; do
			grep -qE -- "^ .*--$option( |\$)" <<<"$help" || { echo "$command --$option" >&2; return 1; }
		done
	done < <(known_options)
	for option in root log log-format log-level debug systemd-cgroup cgroup-manager rootless version help; do
		grep -qE -- "^ .*--$option( |\$)" <(vps-oci --help)
	done
}

@test "oci: the manual describes every command and every option" {
	local name option page
	page=$(mandoc -T ascii "$BATS_TEST_DIRNAME/../../cli/vps-oci.8" | sed 's/.\x08//g')
	for name in $(commands); do
		grep -qw -- "$name" <<<"$page"
		for option in $(vps-oci "$name" --help 2>/dev/null | grep -oE -- '--[a-z-]+' | grep -vx -- --help); do
			grep -q -- "$option" <<<"$page" || { echo "$name $option" >&2; return 1; }
		done
	done
}

@test "oci: a missing or superfluous argument is named" {
	refused 1 "state: missing argument: ID; see 'vps-oci state --help'" oci state
	refused 1 "state: unexpected argument \"c2\"; see 'vps-oci state --help'" oci state c1 c2
	refused 1 "exec: missing argument: COMMAND, or --process; see 'vps-oci exec --help'" oci exec c1
	refused 1 "kill: \"FROB\" is not a signal; allowed are names, and 0 to 64; see 'vps-oci kill --help'" oci kill c1 FROB
}

@test "oci: ids are checked before they become paths" {
	local id
	for id in . .. a/b 'a b' '~cache' "$(printf 'a%.0s' {1..1025})" $'a\nb' ''; do
		run -1 --separate-stderr oci state "$id"
		[[ $stderr == *"is not a container id"* ]]
	done
	refused 1 "container a_b+c-1.2 does not exist" oci state a_b+c-1.2
}

@test "oci: what is not there yet says so with status 6" {
	refused 6 "checkpoint is not there yet in this version" oci checkpoint --image-path /tmp --leave-running c1
	refused 6 "restore is not there yet in this version" oci restore --bundle /tmp --detach c1
	refused 1 "checkpoint: unknown option --frob; see 'vps-oci checkpoint --help'" oci checkpoint --frob c1
	refused 1 "restore: missing argument: ID; see 'vps-oci restore --help'" oci restore
	refused 1 'events: --interval: "soon" is not a time such as 5s or 500ms; see '"'vps-oci events --help'" \
		oci events --interval soon c1
	refused 1 '--cgroup-manager: "magic" is not known; allowed are cgroupfs, systemd, disabled' oci --cgroup-manager magic list
}

@test "oci: the log gets the error in the format that was asked for" {
	local log=$BATS_TEST_TMPDIR/log
	run -1 oci --log "$log" --log-format json state 'c"1'
	jq -e '.level == "error" and (.msg | startswith("\"c\"1\" is not")) and (.time | fromdate > 0)' "$log"
	run -1 oci --log "$log" --log-format=text state c1
	[[ $(tail -n 1 "$log") == 'time="'*'" level=error msg="container c1 does not exist"' ]]
	refused 1 '--log-format: "xml" is not known; allowed are text, json' oci --log-format xml list
}

@test "oci: without a log the error is on stderr in the format that was asked for" {
	run -1 --separate-stderr oci --log-format json state c1
	jq -e '.level == "error" and .msg == "container c1 does not exist"' <<<"$stderr"
	refused 1 "container c1 does not exist" oci --log-format text state c1
}

@test "oci: the log level decides what is written" {
	local log=$BATS_TEST_TMPDIR/log
	run -1 --separate-stderr oci --log "$log" --log-level debug state c1
	[[ $(grep -c level=debug "$log") -gt 1 && $stderr == *"vps-oci: debug: state c1"* ]]
	grep 'level=debug msg="ENOENT"' "$log"
	rm "$log"
	run -1 --separate-stderr oci --debug --log "$log" --log-format json state c1
	jq -se 'map(.level) | index("debug") and index("error")' "$log"
	rm "$log"
	run -1 oci --log "$log" --log-level ERROR state c1
	[[ $(wc -l <"$log") == 1 ]]
	refused 1 '--log-level: "loud" is not known; allowed are error, warning, info, debug' oci --log-level loud list
}

@test "oci: spec writes a config that is JSON, and never over another one" {
	vps-oci spec --bundle "$BATS_TEST_TMPDIR"
	jq -e '.process.args == ["sh"] and .root.readonly' "$BATS_TEST_TMPDIR/config.json"
	refused 1 "cannot write $BATS_TEST_TMPDIR/config.json: File exists" \
		vps-oci spec --bundle "$BATS_TEST_TMPDIR"
	mkdir "$BATS_TEST_TMPDIR/rootless"
	vps-oci spec --rootless --bundle "$BATS_TEST_TMPDIR/rootless"
	jq -e --argjson id "$(id -u)" '.linux | .uidMappings == [{containerID: 0, hostID: $id, size: 1}]
		and (.namespaces | map(.type) | index("user")) and (has("resources") | not)' "$BATS_TEST_TMPDIR/rootless/config.json"
}

@test "oci: features is JSON and names what the engine has" {
	vps-oci features >"$BATS_TEST_TMPDIR/features"
	jq -e '.linux.namespaces | index("cgroup") and index("user") and index("time")' "$BATS_TEST_TMPDIR/features"
	jq -e '.mountOptions | index("rro") and index("bind") and index("sync") and index("tmpcopyup") and (index("size") | not)' "$BATS_TEST_TMPDIR/features"
	jq -e '.linux.seccomp.actions | index("SCMP_ACT_ERRNO") and index("SCMP_ACT_NOTIFY")' "$BATS_TEST_TMPDIR/features"
	jq -e '.linux.seccomp | (.knownFlags | index("SECCOMP_FILTER_FLAG_LOG")) and (.supportedFlags - .knownFlags == [])' "$BATS_TEST_TMPDIR/features"
	jq -e '.linux.seccomp.operators | length == 7' "$BATS_TEST_TMPDIR/features"
	jq -e '.linux.capabilities | index("CAP_CHOWN")' "$BATS_TEST_TMPDIR/features"
	jq -e '.linux.cgroup.v2 and .linux.cgroup.rdma and (.linux.cgroup.v1 | not)' "$BATS_TEST_TMPDIR/features"
	jq -e '.linux | .apparmor.enabled and .selinux.enabled and .netDevices.enabled and .mountExtensions.idmap.enabled' "$BATS_TEST_TMPDIR/features"
	jq -e '.linux.memoryPolicy | (.modes | index("MPOL_BIND") and index("MPOL_LOCAL")) and (.flags | index("MPOL_F_STATIC_NODES"))' "$BATS_TEST_TMPDIR/features"
	jq -e '.linux.intelRdt | has("enabled") and has("schemata") and has("monitoring")' "$BATS_TEST_TMPDIR/features"
	jq -e '.potentiallyUnsafeConfigAnnotations == [] and (.hooks | length == 6)' "$BATS_TEST_TMPDIR/features"
}

@test "oci: list of nothing is an empty table, an empty array, no line" {
	[[ $(oci list) == "ID  PID  STATUS  BUNDLE  CREATED  OWNER" ]]
	[[ $(oci list --format json) == "[]" ]]
	[[ -z $(oci list --quiet) ]]
	refused 1 'list: --format: "xml" is not known; allowed are table, json; see '"'vps-oci list --help'" \
		oci list --format xml
}

@test "oci: the version names the specification" {
	[[ $(vps-oci --version) == "vps-oci version "*$'\n'"spec: 1."* ]]
}

@test "oci: neither SQLite nor a network library is loaded" {
	run -0 ldd "$(command -v vps-oci)"
	[[ $output != *sqlite* && $output != *libmnl* && $output != *nftables* ]]
}
