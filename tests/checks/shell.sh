#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The scripts give shellcheck nothing to warn about.
. "$(dirname "$0")/lib.bash"
command -v shellcheck >/dev/null || skip "no shellcheck"
while read -r f; do
	shellcheck -S warning -e SC1090,SC1091 "$f" || fault "$f"
done < <(grep -rlE '^#!/bin/(ba)?sh' autogen.sh .ci contrib tests 2>/dev/null)
done_check
