#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One place for each kernel interface; no banned function; no descriptor without close-on-exec.
. "$(dirname "$0")/lib.bash"
files=$(find src libocispec-lite -name '*.c' ! -name '*_test.c')
[ -n "$files" ] || skip "no sources"
# Comments and string texts name calls freely.
code() { sed -E 's~"([^"\\]|\\.)*"~""~g; s~//.*~~; s~/[*].*[*]/~~; \~^[[:space:]]*(/[*]|[*]([[:space:]/]|$))~d' "$1"; }
only() { # PATTERN HOME-PATTERN
	for f in $files; do
		[[ $f =~ ^($2)$ ]] && continue
		code "$f" | grep -qE "(^|[^A-Za-z0-9_.>])($1)[[:space:]]*([(,)]|\$)" && fault "$f: $1 belongs into $2"
	done
}
# procfs.c opens a procfs of its own, and looks up in it, to hold a /proc that nobody mounted over.
only 'SYS_(fsopen|fsmount|fsconfig|open_tree|move_mount|mount_setattr)|umount2|pivot_root' 'src/kernel/(mount|mount-old|mounts|procfs|exeseal|facts)\.c'
only 'SYS_clone3|setns|unshare|SYS_pidfd_(open|send_signal|getfd)' 'src/kernel/(ns|facts)\.c'
only 'SYS_openat2' 'src/kernel/(beneath|procfs|facts)\.c'
only 'SYS_bpf' 'src/kernel/(bpf|facts)\.c'
only 'ptrace' 'src/kernel/ptrace\.c'
only 'capset|cap_set_proc' 'src/kernel/cap\.c'
for f in $files; do
	hit=$(code "$f" | grep -nE '(^|[^A-Za-z0-9_.>])(strcpy|strcat|sprintf|strncpy|strtok|atoi|strtol|alloca|system|popen|tmpnam)[[:space:]]*\(')
	[ -z "$hit" ] || fault "$f: banned: $hit"
	hit=$(tr '\n' ' ' <"$f" | grep -oE '[^A-Za-z0-9_](open|openat)\([^;]*;' | grep -E 'O_(RDONLY|WRONLY|RDWR|PATH)' | grep -v O_CLOEXEC)
	[ -z "$hit" ] || fault "$f: without O_CLOEXEC: $hit"
done
done_check
