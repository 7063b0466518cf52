#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/ERRORS.md has the rows of the table in src/base/err.c; phrases that engines match are not in any
# hint, and those of our own stand where the document says.
. "$(dirname "$0")/lib.bash"
[ -e docs/ERRORS.md ] || { fault "docs/ERRORS.md is missing"; done_check; }
coded=$(sed -nE 's/^\t\[ERR_[A-Z_]+\] = \{ "([a-z-]+)", ([0-9]+), .*/\1 \2/p' src/base/err.c | sort)
written=$(sed -n '/^## Codes/,/^## /p' docs/ERRORS.md | sed -nE 's/^\| ([a-z-]+) \| ([0-9]+) \|.*/\1 \2/p' | sort)
[ -n "$coded" ] || fault "no rows in src/base/err.c"
while read -r line; do fault "docs/ERRORS.md and src/base/err.c differ: $line"; done < <(
	diff <(echo "$coded") <(echo "$written") | grep '^[<>]')
phrases=$(sed -n '/^## Phrases/,$p' docs/ERRORS.md | sed -nE 's/^\| `+([^`]+)`+ \|.*/\1/p')
[ -n "$phrases" ] || fault "docs/ERRORS.md: no phrases"
hints=$(sed -nE 's/^\t\[ERR_[A-Z_]+\] = \{ "[a-z-]+", [0-9]+, "(.*)" \},/\1/p' src/base/err.c)
while read -r p; do
	! grep -qiF -- "$p" <<<"$hints" || fault "src/base/err.c: a hint has \"$p\""
	case $p in
	# These come from strerror, so that they never say what the kernel did not; but for the program of the
	# container, which is looked for before execve would say the same.
	'no such file or directory' | 'permission denied' | 'operation not permitted' | 'not a directory')
		while read -r hit; do fault "$hit: \"$p\" is the kernel's to say"; done < <(
			grep -rniF --include='*.[ch]' -- "$p" src libocispec-lite | grep -v "^src/container/proc.c:" | grep -v '_test\.c:' |
				grep -vE ':[[:space:]]*(/?\*|//)' | grep -vE '/\*.*"' | grep '"' || :)
		;;
	*) grep -rqF --include='*.[ch]' -- "$p" src || fault "docs/ERRORS.md: nobody says \"$p\"" ;;
	esac
done <<<"$phrases"
done_check
