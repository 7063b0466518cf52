#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each row of tests/security/weaken.tsv still changes a line of each of its files, and a test has the name that must fail
# then: what `weaken` itself, which builds once for each row, says too late.
. "$(dirname "$0")/lib.bash"
names=$(grep -h '^@test "' tests/security/*.bats)
while IFS=$'\t' read -r name file change test _; do
	[[ $name != '#'* && -n $name ]] || continue
	IFS=, read -ra files <<<"$file"
	for f in "${files[@]}"; do
		[ -e "$f" ] || { fault "weaken.tsv: $name: there is no $f"; continue; }
		! sed -E "$change" "$f" | cmp -s - "$f" || fault "weaken.tsv: $name: the line that it changes is not in $f"
	done
	case $test in
	*_test:*)
		grep -q "^static void ${test#*:}(" "src/${test%%:*}.c" || fault "weaken.tsv: $name: no test is called $test"
		continue
		;;
	*.bats:*) there=$(grep -h '^@test "' "tests/${test%%.bats:*}.bats") ;;
	*) there=$names ;;
	esac
	grep -qE -- "${test#*.bats:}" <<<"$there" || fault "weaken.tsv: $name: no test is called $test"
done <tests/security/weaken.tsv
done_check
