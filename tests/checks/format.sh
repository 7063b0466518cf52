#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The sources are as .clang-format has them.
. "$(dirname "$0")/lib.bash"
command -v clang-format >/dev/null || skip "no clang-format"
while read -r f; do
	clang-format --dry-run -Werror "$f" >/dev/null 2>&1 || fault "$f: run clang-format -i"
done < <(find src libocispec-lite -name '*.[ch]')
done_check
