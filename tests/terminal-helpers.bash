# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Programs on a terminal of their own: tests/pty.c is its other side.

# setup_pty: for setup_file
setup_pty() {
	export PTY=$BATS_FILE_TMPDIR/pty
	cc -std=gnu17 -D_GNU_SOURCE -o "$PTY" "${BASH_SOURCE[0]%/*}/pty.c" -lutil || skip "no C compiler"
}
on_pty() { # PTY-OPTION... -- OCIRT-ARGUMENT...
	local options=()
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	(cd "$BUNDLE" && "$PTY" "${options[@]}" -- "$OCIRT" --root "$ROOT" "$@")
}
# over_socket OCIRT-ARGUMENT...: what the terminal says that comes over a console socket
over_socket() {
	local p
	"$PTY" -S "$BATS_TEST_TMPDIR/sock" >"$BATS_TEST_TMPDIR/tty" 2>&1 &
	p=$!
	wait_for listens "$BATS_TEST_TMPDIR/sock"
	rt "$@" --console-socket "$BATS_TEST_TMPDIR/sock" "$ID" || return
	wait $p
	rm "$BATS_TEST_TMPDIR/sock"
	cat "$BATS_TEST_TMPDIR/tty"
}
