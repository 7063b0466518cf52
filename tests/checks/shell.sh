#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The scripts give shellcheck nothing to warn about.
. "$(dirname "$0")/lib.bash"
command -v shellcheck >/dev/null || skip "no shellcheck"
while read -r f; do
	shellcheck -S warning -e SC1090,SC1091 "$f" || fault "$f"
done < <(grep -rlE '^#!/bin/(ba)?sh' autogen.sh .ci contrib tests 2>/dev/null)
# A "!" before a command in the middle of a test keeps it from failing.
while read -r f; do
	shellcheck -S error -i SC2314,SC2315 "$f" || fault "$f: helpers.bash has fails"
done < <(grep -rlE '^#!/usr/bin/env bats' tests)
done_check
