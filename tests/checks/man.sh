#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every command and option that the program's help prints is in the manual page.
. "$(dirname "$0")/lib.bash"
prog=${OCIRT_BUILD:-build}/ocirt
[ -x "$prog" ] || skip "no program in OCIRT_BUILD"
[ -e docs/ocirt.1 ] || skip "no docs/ocirt.1 yet"
page=$(sed 's/\\-/-/g; s/\\f[BIRP]//g' docs/ocirt.1)
for o in $({ "$prog" --help; "$prog" help --all; } 2>/dev/null | grep -oE -- '--[a-z][a-z0-9-]+' | sort -u); do
	grep -qF -- "$o" <<<"$page" || fault "docs/ocirt.1 does not have $o"
done
done_check
