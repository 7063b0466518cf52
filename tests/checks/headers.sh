#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each header compiles alone, and each source file names its licence.
. "$(dirname "$0")/lib.bash"
while read -r h; do
	for cc in gcc clang; do
		command -v $cc >/dev/null || continue
		$cc -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -Isrc -I. -include "$h" -x c /dev/null ||
			fault "$h does not compile alone with $cc"
	done
done < <(find src libocispec-lite -name '*.h')
while read -r f; do
	head -3 "$f" | grep -q SPDX-License-Identifier || fault "$f: no SPDX line"
done < <(find src libocispec-lite -name '*.[ch]')
done_check
