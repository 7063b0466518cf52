#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# An ordinary user's terminals, with the other side of tests/root/terminal.bats (tests/pty.c).

load ../helpers
load ../terminal-helpers

setup_file() { setup_pty; }
setup() {
	[ "$(id -u)" != 0 ] || skip "for an ordinary user"
	SPEC_FLAGS=(--rootless)
	setup_bundle
	local a
	for a in stty tty; do ln -sf busybox "$BUNDLE/rootfs/bin/$a"; done
	host_before
}
teardown() { teardown_bundle; }

idle() { # a container to exec into
	args sleep 1000
	create_container
	rt start "$ID"
}

@test "run: size, keys, resize, status, and the mode afterwards" {
	script 'trap "stty size; exit 7" WINCH; stty size; tty; echo ready; while :; do read x || :; done'
	config '.process.terminal = true'
	run on_pty -r 33 -c 44 -w ready -q -z 50x60 -w '50 60' -- run "$ID"
	[ "$status" = 7 ]
	says '33 44'
	says /dev/pts/0
	says 'raw: yes'
	says 'mode: restored'
}

@test "run: a signal to the runtime is the program's, and the mode is restored" {
	for s in 15 1 2; do
		script 'trap "echo ended; exit 5" TERM HUP INT; echo ready; while :; do read x || :; done'
		config '.process.terminal = true'
		run on_pty -w ready -s $s -- run "$ID"
		[ "$status" = 5 ]
		says 'mode: restored'
	done
}

@test "create and run -d: the terminal goes over a console socket" {
	script 'tty; echo over there; exit 3'
	config '.process.terminal = true'
	for verb in create "run -d"; do
		"$PTY" -S "$BATS_TEST_TMPDIR/sock" >"$BATS_TEST_TMPDIR/tty" 2>&1 &
		p=$!
		wait_for listens "$BATS_TEST_TMPDIR/sock"
		# shellcheck disable=SC2086
		(cd "$BUNDLE" && rt $verb --console-socket "$BATS_TEST_TMPDIR/sock" "$ID" </dev/null >"$BATS_TEST_TMPDIR/own" 2>&1)
		[ "$verb" != create ] || rt start "$ID"
		wait $p
		[ ! -s "$BATS_TEST_TMPDIR/own" ]
		grep -q /dev/pts/0 "$BATS_TEST_TMPDIR/tty"
		grep -q 'over there' "$BATS_TEST_TMPDIR/tty"
		rm "$BATS_TEST_TMPDIR/sock"
		wait_for is_status stopped
		rt delete "$ID"
	done
}

@test "exec: a terminal, its size, its status, its end" {
	idle
	run on_pty -r 33 -c 44 -- exec -t "$ID" sh -c 'stty size; tty; exit 3'
	[ "$status" = 3 ]
	says '33 44'
	says /dev/pts/
	says 'mode: restored'
	run on_pty -w ready -z 40x50 -w '40 50' -- exec --tty "$ID" sh -c 'trap "stty size; exit 0" WINCH; echo ready; while :; do read x || :; done'
	[ "$status" = 0 ]
	rt delete --force "$ID"
}

@test "exec: consoleSize of a document, in the foreground and over a console socket" {
	idle
	jq '.process | .terminal = true | .consoleSize = {height: 11, width: 22} | .args = ["stty", "size"]' \
		"$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/p.json"
	run on_pty -r 33 -c 44 -- exec --process "$BATS_TEST_TMPDIR/p.json" "$ID"
	[ "$status" = 0 ]
	says '11 22'
	run over_socket exec -d --process "$BATS_TEST_TMPDIR/p.json"
	[ "$status" = 0 ]
	says '11 22'
	rt delete --force "$ID"
}

@test "exec: a terminal that cannot be had is an error before anything runs" {
	idle
	run rt exec -d -t "$ID" true
	[ "$status" = 255 ]
	one_line '/process/terminal.*--console-socket'
	run rt exec -d -t --console-socket "$BATS_TEST_TMPDIR/nobody" "$ID" true
	[ "$status" = 255 ]
	one_line '--console-socket.*no such file'
	run rt exec -d --console-socket "$BATS_TEST_TMPDIR/nobody" "$ID" true
	[ "$status" = 255 ]
	one_line '--console-socket: no terminal'
	rt delete --force "$ID"
}
