#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cppcheck finds nothing. What it does not understand is named here, with the reason.
. "$(dirname "$0")/lib.bash"
command -v cppcheck >/dev/null || skip "no cppcheck"
files=$(find src libocispec-lite -name '*.c' ! -name '*_test.c')
[ -n "$files" ] || skip "no sources"
options=(-q -j2 --std=c11 '--enable=warning,performance,portability' -D_GNU_SOURCE -D__GNUC__=12 -D__x86_64__ -Isrc -I.
	'--template={file}:{line}: {id}: {message}'
	# text_put writes the text before anything reads it.
	'--suppress=uninitvar:libocispec-lite/text.c')
# shellcheck disable=SC2086 # a list of names
found=$(cppcheck "${options[@]}" $files 2>&1)
[ -z "$found" ] || fault "$found"
done_check
