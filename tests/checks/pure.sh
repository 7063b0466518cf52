#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# plan decides and makes no system call: what its objects call must not be one of these.
. "$(dirname "$0")/lib.bash"
objs=$(objects src/plan)
[ -n "$objs" ] || skip "no objects of src/plan in OCIRT_BUILD"
bad='open|openat|open64|read|write|close|stat|lstat|fstat|access|readlink|fopen|fopen64|fread|fwrite|fputs|puts|printf|__printf_chk|__fprintf_chk|getuid|geteuid|getgid|getegid|getpid|time|clock_gettime|gettimeofday|getenv|secure_getenv|syscall|mount|prctl|ioctl|fork|clone|execve|socket|malloc_trim|getpwnam|getgrnam|uname|sysconf|getrandom|rand|random|err_sys_'
for o in $objs; do
	hit=$(nm -u "$o" | awk '{print $2}' | grep -xE "$bad")
	[ -z "$hit" ] || fault "$(basename "$o") calls" $hit
done
done_check
