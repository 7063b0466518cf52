#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# README.md's program of libocispec-lite compiles with README.md's command, and prints a host name.
. "$(dirname "$0")/lib.bash"
command -v gcc >/dev/null || skip "no gcc"
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
echo '#include <yajl/yajl_common.h>' | gcc -E -x c - >/dev/null 2>&1 || skip "no yajl"

{
	cat <<-'EOF'
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		#include "libocispec-lite/ocispec.h"
		static void *zeroed(void *data, size_t size) { (void) data; return calloc(1, size); }
		int main(void) {
		const struct ocispec_alloc alloc = { zeroed, NULL };
		const char bytes[] = "{\"ociVersion\":\"1.3.0\",\"hostname\":\"there\",\"root\":{\"path\":\"r\"}}";
		size_t length = strlen(bytes);
	EOF
	sed -n '/^    struct ocispec_error error;/,/^            puts/p' README.md
	echo 'return 0; }'
} >"$t/program.c"
command=$(sed -n 's/^    \(cc .*program\.c.*\)/\1/p' README.md)
[ -n "$command" ] || fault "README.md does not say how it is compiled"
command=${command/program.c/$t/program.c}
out=$(bash -c "gcc ${command#cc } -o $t/program" 2>&1) || fault "README.md: $command: $(head -3 <<<"$out")"
[ "$("$t/program" 2>&1)" = there ] || fault "README.md: the program does not print the host name"
done_check
