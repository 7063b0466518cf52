#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual page has each command with each of its options, and nothing that the program does not take.
. "$(dirname "$0")/lib.bash"
prog=${OCIRT_BUILD:-build}/ocirt
[ -x "$prog" ] || skip "no program in OCIRT_BUILD"
page=${CHECK_PAGE:-docs/ocirt.1}
commands=$("$prog" --help | sed -nE 's/^  ([a-z]+) .*/\1/p')
plain=$(sed 's/\\-/-/g' "$page")

# block COMMAND: the page's text about it; '' : about the global options
block() {
	awk -v c="$1" -v all=" $(tr '\n' ' ' <<<"$commands")" '
		/^\.Sh / { part = $2; now = part == "GLOBAL" ? "" : "-" }
		part == "COMMANDS" && /^\.It Cm/ && index(all, " " $3 " ") { now = $3 }
		now == c' <<<"$plain"
}
long() { grep -oE -- '(^|[^-a-z])--[a-z][a-z0-9-]*' | grep -oE -- '--.*' | sort -u; }

for c in '' $commands; do
	text=$(block "$c")
	[ -n "$text" ] || { fault "$page: nothing about ${c:-the global options}"; continue; }
	# "Takes the options of create" stands for them.
	for other in $(sed -nE '/^Takes the options of/{n;s/^\.Cm ([a-z]+).*/\1/p}' <<<"$text"); do
		text+=$'\n'$(block "$other")
	done
	while read -r row; do
		name=$(grep -oE -- '--[a-z][a-z0-9-]*' <<<"$row" | head -1)
		[ -z "$c" ] || [ "$name" != --help ] || continue # said once for all
		grep -qF -- "$name" <<<"$(long <<<"$text")" || fault "$page: $c $name is missing"
		letter=$(sed -nE 's/^ *-([a-zA-Z]) .*/\1/p' <<<"$row")
		[ -z "$letter" ] || [ "$name" = --help ] || grep -qE "(Fl|Fl .*) $letter( |$|,)" <<<"$text" ||
			fault "$page: $c -$letter is missing"
	done < <("$prog" ${c:+"$c"} --help | grep -E -- '^ +(-[a-zA-Z] )? *--')
	for o in $(long <<<"$text"); do
		said=$("$prog" ${c:+"$c"} "$o=true" --help 2>&1)
		[[ $said != *'unknown option'* ]] || fault "$page: $c has no $o"
	done
done
for c in $(sed -nE '/^\.Sh COMMANDS/,/^\.Sh /s/^\.It Cm ([a-z]+).*/\1/p' <<<"$plain"); do
	grep -qx "$c" <<<"$commands" || fault "$page: there is no command $c"
done
if command -v mandoc >/dev/null; then mandoc -T lint -W warning "$page" >&2 || fault "$page: mandoc is not content"; fi
done_check
