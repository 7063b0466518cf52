#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/CONFORMANCE.md: a row for each field of libocispec-lite's tables (schema-names.txt and the list in
# spec-tables_test.c, which a unit test holds equal to the tables) and no other; each row names a test that exists.
# The same for docs/CGROUPS.md and the tests of limits.
. "$(dirname "$0")/lib.bash"
doc=docs/CONFORMANCE.md
[ -e $doc ] || { fault "$doc is missing"; done_check; }
fields=$({
	grep -v '^#' libocispec-lite/schema-names.txt | cut -d' ' -f1
	sed -nE 's#^\t"((config|state|features)/[^ "]+) [a-z0-9]+",$#\1#p' libocispec-lite/spec-tables_test.c
} | sort -u)
rows=$(sed -n '/^## Fields/,$p' $doc | sed -nE 's/^\| ((config|state|features)[^ ]*) \|.*/\1/p' | sort)
[ "$(wc -l <<<"$fields")" -gt 300 ] || fault "the list of fields is not read"
while read -r line; do fault "$doc: $line (<: field without a row, >: row without a field)"; done < <(
	diff <(echo "$fields") <(echo "$rows") | grep '^[<>]')
tests=$(sed -nE 's/^\| .* \| (.*) \|$/\1/p' $doc | grep -vE '^(test|-+)$')
[ "$(wc -l <<<"$tests")" -gt 350 ] || fault "$doc: the tests are not read"
while read -r t; do
	file=${t%%: *} name=${t#*: }
	case $file in
	*.bats) [ -e "$file" ] && grep -qxF -- "@test \"$name\" {" <(sed -E 's/\{ .*/{/' "$file") ;;
	*_test.c) [ -e "$file" ] && grep -qE "cmocka_unit_test[a-z_]*\(${name}[,)]" "$file" ;;
	*) false ;;
	esac || fault "$doc: no such test: $t ($(grep -cF -- "| $t |" $doc) rows)"
done < <(sort -u <<<"$tests")

# docs/CGROUPS.md: a row for each test of what limits hold and do.
rows=$(sed -nE 's/^\| ([VE]) \| (.*) \| [^|]* \| [^|]* \| [^|]* \|$/\1 \2/p' docs/CGROUPS.md | sort)
[ "$(wc -l <<<"$rows")" -gt 20 ] || fault "docs/CGROUPS.md: the table is not read"
while read -r line; do fault "docs/CGROUPS.md: $line (<: test without a row, >: row without a test)"; done < <(
	diff <(sed -nE -e 's/^@test "cgroup values: (.*)" \{$/V \1/p' -e 's/^@test "cgroup effect: (.*)" \{$/E \1/p' \
		tests/root/cgroup-{values,effects}.bats | sort) <(echo "$rows") | grep '^[<>]')
done_check
