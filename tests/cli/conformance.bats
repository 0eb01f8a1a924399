#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/oci-conformance.md says what is true: its tests exist, each test is in it, and so is each
# property that the parser of a config.json reads.
bats_require_minimum_version 1.5.0

setup() {
	tree=$BATS_TEST_DIRNAME/../..
	table=$tree/docs/oci-conformance.md
}

# The last column of each row, without the heads.
tests_of_table() {
	sed -n 's/^| .* | \(.*\) |$/\1/p' "$table" | grep -vx Test
}

tests_of_files() {
	sed -n 's/^@test "\(.*\)" {$/\1/p' "$tree"/tests/system/oci_spec_*.bats
}

@test "conformance: every test that the table names is there" {
	tests_of_table | grep -v '^unit: ' | sort >"$BATS_TEST_TMPDIR/table"
	tests_of_files | sort >"$BATS_TEST_TMPDIR/files"
	[[ -s $BATS_TEST_TMPDIR/table ]]
	run -0 comm -23 "$BATS_TEST_TMPDIR/table" "$BATS_TEST_TMPDIR/files"
	[[ $output == "" ]]
	local name
	while read -r name; do
		grep -q "$name(void \*\*state)" "$tree"/tests/unit/*.c
	done < <(tests_of_table | sed -n 's/^unit: //p')
}

@test "conformance: every test of the specification is in the table" {
	tests_of_table | sort >"$BATS_TEST_TMPDIR/table"
	tests_of_files | sort >"$BATS_TEST_TMPDIR/files"
	run -0 comm -13 "$BATS_TEST_TMPDIR/table" "$BATS_TEST_TMPDIR/files"
	[[ $output == "" ]]
}

# A parser's row is { "name", DOC_…; what one such row stands for is named by its last member.
@test "conformance: every property that the parser reads is in the table" {
	local name missing=
	while read -r name; do
		grep -qE "\`([A-Za-z]+\.)*$name(\.[A-Za-z]+)*\`" "$table" || missing+=" $name"
	done < <(sed -n 's/^\t{ "\([A-Za-z0-9]*\)",[ \t]*DOC_.*/\1/p' "$tree"/runtime/oci.c "$tree"/runtime/oci_{block_io,devices,hooks,linux,memory_policy,mounts,process,rdt,resources,seccomp}.c | sort -u)
	[[ $missing == "" ]] || { echo "not in the table:$missing" >&2; return 1; }
}
