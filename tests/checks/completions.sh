#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The completions offer the commands and options that the program's help prints: all and no other.
. "$(dirname "$0")/lib.bash"
prog=$(readlink -f "${OCIRT_BUILD:-build}/ocirt")
[ -x "$prog" ] || skip "no program in OCIRT_BUILD"
commands=$("$prog" --help | sed -nE 's/^  ([a-z]+) .*/\1/p')
# shellcheck source=/dev/null
. contrib/completions/bash/ocirt
offered() { # WORD...: what bash offers for the last one
	COMP_WORDS=("$prog" "$@")
	COMP_CWORD=$#
	_ocirt
	printf '%s\n' "${COMPREPLY[@]}" | sort
}
[ "$(offered '')" = "$(sort <<<"$commands")" ] || fault "bash: the commands differ from the help's"
for c in '' $commands; do
	want=$("$prog" ${c:+"$c"} --help | grep -oE -- '--[a-z][a-z0-9-]*' | sort -u)
	[ "$(offered ${c:+"$c"} --)" = "$want" ] || fault "bash: $c: the options differ from the help's"
	[ -n "$want" ] || fault "the help of $c has no options"
done
[ "$(offered --log-format j)" = json ] || fault "bash: --log-format"
# Options with a value must not be taken for the command: each of them is named in all three.
for o in $("$prog" --help | sed -nE 's/^ .* --([a-z-]+) .*/\1/p'); do
	case $o in debug | systemd-cgroup | version | help | rootless) continue ;; esac
	for f in bash/ocirt zsh/_ocirt fish/ocirt.fish; do
		grep -q -- "--$o\\b" contrib/completions/$f || fault "contrib/completions/$f does not know that --$o has a value"
	done
done
if command -v zsh >/dev/null; then zsh -n contrib/completions/zsh/_ocirt || fault "zsh: syntax"; fi
if command -v fish >/dev/null; then fish -n contrib/completions/fish/ocirt.fish || fault "fish: syntax"; fi
done_check
