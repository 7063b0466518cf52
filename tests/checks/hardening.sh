#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The program is position independent, has read-only relocations, no executable stack and no run path.
. "$(dirname "$0")/lib.bash"
prog=${OCIRT_BUILD:-build}/ocirt
[ -x "$prog" ] || skip "no program in OCIRT_BUILD"
has() { readelf -W "$1" "$prog" | grep -E "$2" >/dev/null || fault "ocirt: no $2"; }
has -h 'DYN'
has -l 'GNU_RELRO'
has -d 'BIND_NOW|FLAGS.*NOW'
has -l 'GNU_STACK.* RW '
has -s '__stack_chk_fail'
if readelf -d "$prog" | grep -E 'RPATH|RUNPATH'; then fault "ocirt has a run path"; fi
if readelf -d "$prog" | grep -E 'NEEDED.*(libmount|libsystemd)'; then fault "ocirt loads these at every start"; fi
done_check
