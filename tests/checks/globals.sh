#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# No writable variable outlives a function, but for the sink of base/log.
. "$(dirname "$0")/lib.bash"
objs="$(objects src) $(objects libocispec-lite)"
[ -n "${objs// /}" ] || skip "no objects in OCIRT_BUILD"
for o in $objs; do
	case $o in *log.o) continue ;; esac
	hit=$(objdump -t "$o" | awk '$0 ~ / [gl][ ]+O / && $0 ~ /[ \t]\.(data|bss)(\.[A-Za-z_]|[ \t])/ && $0 !~ /\.data\.rel\.ro/ {print $NF}')
	[ -z "$hit" ] || fault "$o: writable:" $hit
done
done_check
