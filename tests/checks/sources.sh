#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The lists of files that automake reads are current.
. "$(dirname "$0")/lib.bash"
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
bash contrib/update-sources --stdout "$t"
for f in src/sources.am tests.am; do
	diff -u $f "$t/$f" || fault "$f: run contrib/update-sources"
done
done_check
