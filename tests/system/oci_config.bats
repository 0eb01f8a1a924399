#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A config.json that is wrong in any way is one sentence with the place in it, in the log too, and
# leaves nothing behind.
# shellcheck disable=SC2154,SC2016
load helpers
load oci

# refused WORDS [OPTION...]: create says one line with these words, to the log as well.
refused() {
	local words=$1 status=0
	shift
	rm -f "$BATS_TEST_TMPDIR/log"
	# not by bats' run: there are hundreds
	timeout 20 vps-oci --root "$root" --log "$BATS_TEST_TMPDIR/log" --log-format json create --bundle "$bundle" \
		"$@" c1 </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- || status=$?
	output=$(<"$BATS_TEST_TMPDIR/out")
	if [[ $status != 1 || $output != "vps-oci: "*"$words"* || $output == *$'\n'* ]]; then
		printf 'status %s, not "%s" but: %s\n' "$status" "$words" "$output" >&2
		return 1
	fi
	jq -se --arg words "${words//\\/\\\\}" 'length == 1 and .[0].level == "error" and (.[0].msg | contains($words))' \
		"$BATS_TEST_TMPDIR/log" >/dev/null || { cat "$BATS_TEST_TMPDIR/log" >&2; return 1; }
	if [[ -e $root/c1 || -d /sys/fs/cgroup/vps-oci/c1 ]]; then
		echo "something is left of: $words" >&2
		return 1
	fi
}

# A config with every property there is. What jq would round is kept as text: "@…@".
everything() {
	sed -E 's/([:[ ])([0-9]{16,})([], ]|$)/\1"@\2@"\3/' "$BATS_TEST_DIRNAME/../fuzz/seeds/oci/full.json"
}

# mutants JQ: for each place $p of that config with its value $v the values that the filter gives,
# as lines of place and document.
mutants() {
	everything | jq -r '. as $doc | paths as $p | getpath($p) as $v | ('"$1"') as $new
		| [$p | .[] | if type == "number" then "[\(.)]" else ".\(.)" end] | join("") | ltrimstr(".") as $name
		| "\($name)\t\($doc | setpath($p; $new) | tojson)"' | sed -E 's/"@([^"@]*)@"/\1/g'
}

# all_refused JQ: so many at least.
all_refused() {
	local place text count=0 failed=0
	while IFS=$'\t' read -r place text; do
		printf '%s' "$text" >"$bundle/config.json"
		refused "config.json: $place: " || failed=1
		((count += 1))
	done < <(mutants "$2")
	echo "$count mutants" >&2
	((count >= $1 && !failed))
}

@test "config: each property of a wrong type is refused by its name" {
	all_refused 200 'if ($v | type) == "string" and ($v | startswith("@") | not) then 7
		elif ($v | type) == "array" then {} elif ($v | type) == "object" then [] else "x" end'
}

@test "config: each number that is a fraction or beyond all bounds is refused by its name" {
	all_refused 150 'if ($v | type) == "number" or ($v | tostring | startswith("@"))
		then "@1.5@", "@99999999999999999999999999@", "@-99999999999999999999999999@" else empty end'
}

@test "config: each word that is none of a list is refused by its name" {
	all_refused 15 'if ($p[-1] | IN("action", "defaultAction", "op", "policy", "class", "rootfsPropagation", "domain"))
		or ($p | join(".") | test("namespaces.[0-9]+.type|rlimits.[0-9]+.type|devices.[0-9]+.type|flags.[0-9]+$|architectures.[0-9]+"))
		then "no-such-word" else empty end'
}

@test "config: each text with a control character in it is refused or shown escaped" {
	local place text count=0
	while IFS=$'\t' read -r place text; do
		printf '%s' "$text" >"$bundle/config.json"
		timeout 20 vps-oci --root "$root" create --bundle "$bundle" c1 </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- || true
		[[ $(wc -l <"$BATS_TEST_TMPDIR/out") -le 1 ]]
		run ! grep -P '[\x00-\x08\x0b-\x1f\x7f]' "$BATS_TEST_TMPDIR/out"
		oci delete --force c1
		((count += 1))
	done < <(mutants 'if ($v | type) == "string" then "\u001b[31mred\nline" else empty end')
	((count > 80))
}

@test "config: each required property that is missing is named" {
	local place
	for place in ociVersion root root.path process process.args process.cwd 'mounts[0].destination' \
		'linux.namespaces[0].type' 'process.rlimits[0].type' 'process.rlimits[0].soft'; do
		rm -f "$bundle/config.json"
		vps-oci spec --bundle "$bundle"
		config '.process.terminal = false'
		config "del(.$place)"
		refused "config.json: $place: "
	done
}

# written TEXT: config.json is that, with the escapes of printf's %b.
written() {
	printf %b "$1" >"$bundle/config.json"
}

@test "config: what is not JSON is refused with line and column" {
	local whole size at
	everything | sed -E 's/"@([^"@]*)@"/\1/g' >"$BATS_TEST_TMPDIR/full.json"
	size=$(stat -c %s "$BATS_TEST_TMPDIR/full.json")
	for ((at = 0; at < size - 1; at += 97)); do
		head -c "$at" "$BATS_TEST_TMPDIR/full.json" >"$bundle/config.json"
		refused 'config.json: line '
	done
	whole=$(<"$BATS_TEST_TMPDIR/full.json")
	printf '%s' "$whole$whole" >"$bundle/config.json"
	refused 'config.json: line '
	written '{"ociVersion": "1.0.0", "ociVersion": "1.2.0"}'
	refused 'duplicate object key'
	written '{"ociVersion": "1.0.0\xff"}'
	refused 'config.json: line 1, column '
	written '{"ociVersion": "1.0.0\xc0\xaf"}'
	refused 'config.json: line 1, column '
	written '{"ociVersion": "\\ud800"}'
	refused 'config.json: line 1, column '
	written '\xef\xbb\xbf{}'
	refused 'config.json: line 1, column '
	written '{}\0{}'
	refused 'config.json: line 1, column '
	written '[]'
	refused 'config.json: '
	written '"text"'
	refused 'config.json: '
	written '{"a": 1e999}'
	refused 'config.json: line 1, column '
	written ''
	refused 'config.json: line '
}

@test "config: one that is nested too deep, too large or no file is refused" {
	printf '%0100000d' 0 | tr 0 '[' >"$bundle/config.json"
	refused 'config.json: the document nests arrays and objects deeper than'
	printf '{"a":%0100000d' 0 | sed 's/0/{"a":/g' >"$bundle/config.json"
	refused 'config.json: the document nests arrays and objects deeper than'
	truncate -s 100M "$bundle/config.json"
	refused 'config.json: config.json is larger than 4194304 bytes'
	rm "$bundle/config.json"
	refused 'config.json: cannot open config.json: No such file or directory'
	mkdir "$bundle/config.json"
	refused 'config.json: config.json is not a regular file'
	rmdir "$bundle/config.json"
	mkfifo "$bundle/config.json"
	refused 'config.json: config.json is not a regular file'
	ln -sf /dev/zero "$bundle/config.json"
	refused 'config.json: config.json is not a regular file'
	ln -sf config.json "$bundle/config.json"
	refused 'config.json: cannot open config.json: Too many levels of symbolic links'
}

@test "config: a text as long as the document may be is refused or taken, within a second" {
	local place
	for place in .hostname .process.cwd .root.path '.mounts[0].destination' '.mounts[0].options[0]' '.linux.cgroupsPath' \
		'.linux.maskedPaths[0]' '.annotations.x' '.process.env[0]'; do
		rm -f "$bundle/config.json"
		vps-oci spec --bundle "$bundle"
		jq --rawfile long <(head -c 3000000 /dev/zero | tr '\0' a) ".process.terminal = false | $place = \"/\" + \$long" \
			"$bundle/config.json" >"$bundle/config.new"
		mv "$bundle/config.new" "$bundle/config.json"
		timeout 20 vps-oci --root "$root" create --bundle "$bundle" c1 </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- || true
		[[ $(wc -l <"$BATS_TEST_TMPDIR/out") -le 1 && $(stat -c %s "$BATS_TEST_TMPDIR/out") -lt 1000 ]]
		oci delete --force c1
	done
	nothing_is_left c1
}

@test "config: the text log has the same sentence, quoted" {
	written '{"ociVersion": "1.0.0", "root": {"path": 7}}'
	run -1 vps-oci --root "$root" --log "$BATS_TEST_TMPDIR/log" create --bundle "$bundle" c1
	[[ $(<"$BATS_TEST_TMPDIR/log") == 'time="'*'" level=error msg="config.json: root.path: '*'"' ]]
}

@test "config: a process document or resources that are wrong change nothing" {
	start_detached c1
	local document
	for document in '{' '[]' '{"args": [], "cwd": "/"}' '{"args": ["id"], "cwd": "relative"}' '{"args": ["id"]}' \
		'{"args": ["id"], "cwd": "/", "user": {"uid": "0"}}' '{"args": [7], "cwd": "/"}' \
		'{"args": ["id"], "cwd": "/", "capabilities": ["CAP_SYS_ADMIN"]}'; do
		echo "$document" >"$BATS_TEST_TMPDIR/process.json"
		run -255 oci exec --process "$BATS_TEST_TMPDIR/process.json" c1
		[[ $output == "vps-oci: "*"--process: "* && $output != *$'\n'* ]]
	done
	for document in '{' '[]' '{"pids": {"limit": "x"}}' '{"memory": 7}' '{"unified": {"../../x": "1"}}'; do
		run -1 oci update -r - c1 <<<"$document"
		[[ $output == "vps-oci: "* && $output != *$'\n'* ]]
	done
	oci_status_is c1 running
}
