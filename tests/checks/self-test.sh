#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Plants a violation for each check of the source in a copy of the tree and wants the check to fail.
. "$(dirname "$0")/lib.bash"
here=$PWD
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
plant() { # CHECK FILE TEXT
	rm -rf "$t/tree"
	mkdir -p "$t/tree"
	cp -r "$here"/{src,libocispec-lite,docs,contrib,tests,tests.am,README.md,configure.ac,Makefile.am,autogen.sh,.clang-format} "$t/tree/"
	mkdir -p "$(dirname "$t/tree/$2")"
	printf '%s\n' "$3" >>"$t/tree/$2"
	CHECK_ROOT=$t/tree bash "$here/tests/checks/$1.sh" >/dev/null 2>&1
	[ $? = 1 ] || fault "$1 does not see: $3"
}
object() { # CHECK C-TEXT
	mkdir -p "$t/build/src/plan"
	printf '%s\n' "$2" | gcc -O0 -c -x c -o "$t/build/src/plan/x.o" - || fault "planting for $1"
	OCIRT_BUILD=$t/build bash "$here/tests/checks/$1.sh" >/dev/null 2>&1
	[ $? = 1 ] || fault "$1 does not see: $2"
}
plant floors src/plan/x.c '#include "kernel/ns.h"'
plant floors src/container/init.c '#include "libocispec-lite/spec.h"'
plant floors src/newfloor/x.c ''
plant analysis src/plan/x.c 'int f(void) { int a[2] = { 0 }; return a[2]; }'
plant calls src/plan/x.c 'int f(void) { return setns(0, 0); }'
plant calls src/plan/x.c 'void f(char *a) { strcpy(a, a); }'
plant calls src/plan/x.c 'int f(void) { return open("/", O_RDONLY); }'
plant headers src/plan/x.h 'unknown_t f(void);'
plant format src/plan/x.c 'int  f( void){return 0;}'
plant sources src/plan/unlisted.c ''
plant shell contrib/x '#!/bin/sh
cd $(ls) && [ $a == b ]'
plant shell tests/root/x.bats '#!/usr/bin/env bats
@test "x" {
	! true
	true
}'
plant readme README.md '    cc -I. program.c -lyajl'
plant weaken tests/security/weaken.tsv $'x\tsrc/container/init.c\ts/no such line//\tCVE-2019-5736'
plant weaken tests/security/weaken.tsv $'x\tsrc/container/init.c\ts/set_up/x/\tno such test'
plant snippets contrib/engines/crio.conf 'runtime_rot = "/run/x"'
plant snippets contrib/engines/podman.conf 'runtime'
plant snippets contrib/engines/new.conf ''
plant words docs/x.md 'see /wo''rk/main/x'
if [ -x "${OCIRT_BUILD:-build}/ocirt" ]; then
	OCIRT_BUILD=$(readlink -f "${OCIRT_BUILD:-build}")
	export OCIRT_BUILD
	page() { # SED-SCRIPT: the manual page with something missing or too much
		sed -E "$1" docs/ocirt.1 >"$t/page"
		cmp -s "$t/page" docs/ocirt.1 && fault "self-test: $1 changes nothing"
		CHECK_PAGE=$t/page bash tests/checks/man.sh >/dev/null 2>&1
		[ $? = 1 ] || fault "man does not see: $1"
	}
	page '/pid..file/d'
	page '/^\.It Cm state/d'
	page 's/^(\.It Cm features)/\1 Op Cm \\-\\-nosuch/'
	page 's/^\.It Cm start/.It Cm nosuch/'
	page 's/Fl f , Cm (....config)/Cm \1/'
	plant completions contrib/completions/bash/ocirt '_ocirt_commands() { echo create; }'
fi
object pure 'int getuid(void); int f(void) { return getuid(); }'
object globals 'int counter = 1;'
object globals 'static int counter; int f(void) { return counter++; }'
done_check
