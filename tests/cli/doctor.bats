#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154
load helpers

@test "doctor: the table and the exit status agree with the JSON" {
	local status_json status_table
	vpsctl doctor --json >"$BATS_TEST_TMPDIR/json" && status_json=0 || status_json=$?
	vpsctl doctor >"$BATS_TEST_TMPDIR/table" && status_table=0 || status_table=$?
	[[ $status_json == "$status_table" ]]
	if jq -e 'any(.[]; .required and (.ok | not))' "$BATS_TEST_TMPDIR/json"; then
		[[ $status_json == 6 ]]
	else
		[[ $status_json == 0 ]]
	fi
	[[ $(jq -r '.[].name' "$BATS_TEST_TMPDIR/json" | wc -l) -gt 0 ]]
	while read -r name; do
		grep -qF -- "$name" "$BATS_TEST_TMPDIR/table"
	done < <(jq -r '.[].name' "$BATS_TEST_TMPDIR/json")
}

@test "doctor: every finding has the documented keys, and a remedy when it is missing" {
	run vpsctl doctor --json
	[[ $(jq -c 'map(keys_unsorted) | unique' <<<"$output") == '[["name","ok","required","what","remedy"]]' ]]
	jq -e 'all(.[]; .ok or (.remedy | length > 0))' <<<"$output"
}

@test "doctor: examines what it can for a user who may not open the root directory" {
	run timeout 60 vpsctl --root /proc/nowhere doctor
	((status == 6 || status == 0))
	[[ $output == *"kernel "* ]]
}

@test "doctor: what helps several findings is said once" {
	needs_root
	cp "$(command -v vpsctl)" "$BATS_TEST_TMPDIR/vpsctl"
	run -6 setpriv --reuid=65534 --regid=65534 --clear-groups "$BATS_TEST_TMPDIR/vpsctl" --root "$VPS_ROOT" doctor
	run -0 grep ': run it as root of the host: sudo vpsctl doctor$' <<<"$output"
	[[ ${#lines[@]} == 1 && ${lines[0]} == "privileges, "*"id map, "*"id ranges"* ]]
}
