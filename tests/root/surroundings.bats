#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A caller with odd surroundings: the container is the same, or there is one clear error; and it sees clean defaults.

load ../helpers

setup() {
	need_root
	setup_bundle
	is_ocirt || skip "what others do there is theirs"
	host_before
	script 'grep -E "^(SigBlk|SigIgn|SigCgt)" /proc/self/status; umask; echo $HOME; ls /proc/self/fd | wc -l'
	run_container >"$BATS_TEST_TMPDIR/plain"
	cat "$BATS_TEST_TMPDIR/plain"
}
teardown() { teardown_bundle; }

# same COMMAND...: run below it prints what a plain run prints. RUN: the words of the run.
same() {
	timeout 120 "$@" "$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/odd" 2>"$BATS_TEST_TMPDIR/e" 3>&- || {
		echo "$*: $?"
		cat "$BATS_TEST_TMPDIR/e"
		return 1
	}
	diff "$BATS_TEST_TMPDIR/plain" "$BATS_TEST_TMPDIR/odd"
}

# refused COMMAND...: or one line, and nothing left
same_or_refused() {
	same "$@" || { [ "$(wc -l <"$BATS_TEST_TMPDIR/e")" = 1 ] && [ -z "$(ls -A "$ROOT" 2>/dev/null)" ]; }
}

@test "signals ignored or blocked by the caller are not so in the container" {
	[ "$(grep -c '0000000000000000' "$BATS_TEST_TMPDIR/plain")" -ge 2 ]
	same bash -c 'trap "" PIPE CHLD TERM INT HUP USR1; exec "$@"' bash
	same python3 -c 'import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
os.execvp(sys.argv[1], sys.argv[1:])'
}

@test "limits of the caller: few descriptors, no processes" {
	same_or_refused bash -c 'ulimit -n 8; exec "$@"' bash
	same_or_refused bash -c 'ulimit -u 0; exec "$@"' bash
}

@test "more mounts than the caller may have descriptors, whose limit stays the container's" {
	config '.mounts += [range(300) | {destination: "/mnt/\(.)", type: "bind", source: "/etc/passwd", options: ["bind", "ro"]}]
		| del(.process.rlimits) | .hooks.createContainer = [{path: "/bin/sh", args: ["sh", "-c", "ulimit -n >\"$FILE\""], env: [$f]}]' \
		--arg f "FILE=$BATS_TEST_TMPDIR/limit"
	script 'ulimit -n; grep -c " /mnt/[0-9]" /proc/mounts'
	run bash -c 'ulimit -Sn 200; exec "$@"' bash "$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	[ "$status" = 0 ]
	[ "$output" = $'200\n300' ]
	[ "$(cat "$BATS_TEST_TMPDIR/limit")" = 200 ]
}

@test "a working directory that is gone, a umask that hides everything" {
	mkdir "$BATS_TEST_TMPDIR/gone"
	same bash -c 'cd "$0" && rmdir "$0" && exec "$@"' "$BATS_TEST_TMPDIR/gone"
	same bash -c 'umask 0777; exec "$@"' bash
}

@test "a umask that hides everything: what is made in the image is for its users" {
	config '.mounts += [{destination: "/made/dir", type: "tmpfs", source: "tmpfs"}, {destination: "/made2/file", type: "bind", source: "/etc/passwd", options: ["bind"]}]
		| .process.cwd = "/made3/cwd" | .linux.devices = [{path: "/made4/null", type: "c", major: 1, minor: 3, fileMode: 438, uid: 0, gid: 0}]
		| .hooks.createContainer = [{path: "/bin/sh", args: ["sh", "-c", "umask >\"$FILE\""], env: [$f]}]' \
		--arg f "FILE=$BATS_TEST_TMPDIR/umask"
	script 'stat -c %a /made /made2 /made3 /made3/cwd /made4 /made4/null; umask'
	(umask 0077; run_container) >"$BATS_TEST_TMPDIR/seen"
	cat "$BATS_TEST_TMPDIR/seen"
	[ "$(tr '\n' ' ' <"$BATS_TEST_TMPDIR/seen")" = "755 755 755 755 755 666 0022 " ]
	# A hook is the caller's.
	[ "$(cat "$BATS_TEST_TMPDIR/umask")" = 0077 ]
}

@test "groups of the caller: more than a page has room for" {
	same python3 -c 'import os, sys
os.setgroups(range(1000000000, 1000003000))
os.execvp(sys.argv[1], sys.argv[1:])'
}

@test "variables of the caller: none reaches the container, wrong ones are no matter" {
	same env -i
	same env PATH= HOME= LD_PRELOAD= XDG_RUNTIME_DIR=relative
	same env -u HOME LISTEN_PID=1 LISTEN_FDS=-1 NOTIFY_SOCKET=
}

@test "argv: none at all, an empty name, and a hundred thousand words" {
	[ "$(python3 -c 'import ctypes, sys
libc = ctypes.CDLL(None)
libc.execve(sys.argv[1].encode(), (ctypes.c_char_p * 1)(None), (ctypes.c_char_p * 1)(None))' "$OCIRT" 2>&1 | head -1 | grep -c '^usage:')" = 1 ]
	(exec -a '' "$OCIRT" --version) | grep -q '^ocirt version'
	run bash -c '"$0" list $(seq 1 100000)' "$OCIRT"
	[ "$status" = 1 ]
	one_line 'list takes no arguments'
	run rt list --format json --format table
	[ "$status" = 0 ]
}

@test "update from a FIFO or a device that never ends" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	args sleep 1000
	create_container
	for f in "$BATS_TEST_TMPDIR/fifo" /dev/zero "$BATS_TEST_TMPDIR"; do
		run timeout 120 "$OCIRT" --root "$ROOT" update --resources "$f" "$ID"
		[ "$status" = 1 ]
		one_line "$f"
		run timeout 120 "$OCIRT" --root "$ROOT" exec --process "$f" "$ID"
		[ "$status" = 255 ]
	done
}
