#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Terminals: of run and exec in the foreground, and those that go over a console socket. The other side is
# tests/pty.c, which runs a program on a terminal of its own and says in the end whether its mode is
# what it was. Nothing here waits for a time, only for text.

load ../helpers
load ../terminal-helpers

setup_file() { setup_pty; }
setup() {
	need_root
	setup_bundle
	local a
	for a in stty tty head dd yes wc tr seq; do ln -sf busybox "$BUNDLE/rootfs/bin/$a"; done
	host_before
}
teardown() { teardown_bundle; }

terminal() { # SCRIPT: the container's program, with a terminal
	script "$1"
	config '.process.terminal = true'
}
idle() { # a container to exec into
	script 'trap "exit 0" TERM; while :; do sleep 1; done'
	create_container
	rt start "$ID"
}

@test "run: a terminal of the caller's size, raw meanwhile, restored afterwards" {
	terminal 'echo ready; read x; stty size; tty; echo "got $x"; exit 7'
	run on_pty -r 33 -c 44 -w ready -q -i 'word\r' -- run "$ID"
	[ "$status" = 7 ]
	says '33 44'
	says /dev/pts/0
	says 'got word'
	says 'raw: yes'
	says 'mode: restored'
}

@test "run: consoleSize goes before the caller's size" {
	terminal 'stty size'
	config '.process.consoleSize = {"height": 11, "width": 22}'
	run on_pty -r 33 -c 44 -- run "$ID"
	says '11 22'
}

@test "run: a change of the size reaches the program" {
	terminal 'trap "stty size; exit 0" WINCH; echo ready; while :; do read x || :; done'
	run on_pty -w ready -z 50x60 -w '50 60' -- run "$ID"
	[ "$status" = 0 ]
	says 'mode: restored'
}

@test "run: keys make signals inside, not here" {
	terminal 'trap "echo interrupted; exit 9" INT; echo ready; while :; do read x || :; done'
	run on_pty -w ready -i '\x03' -w interrupted -- run "$ID"
	[ "$status" = 9 ]
}

@test "run: a signal to the runtime is the program's, and the mode is restored" {
	for s in 15 1 2; do
		terminal 'trap "echo ended; exit 5" TERM HUP INT; echo ready; while :; do read x || :; done'
		run on_pty -w ready -s $s -- run "$ID"
		[ "$status" = 5 ]
		says ended
		says 'mode: restored'
	done
}

@test "run: a failure restores the mode" {
	terminal true
	config '.process.args = ["/no/such/program"]'
	run on_pty -- run "$ID"
	[ "$status" = 1 ]
	says 'mode: restored'
}

@test "run: job control inside" {
	terminal 'set -m; sleep 1000 & jobs; kill %1; echo done'
	run on_pty -- run "$ID"
	[ "$status" = 0 ]
	says 'sleep 1000'
	[[ ! $output =~ job\ control ]]
}

@test "run: no terminal without process.terminal" {
	script 'test -t 0 || echo "no 0"; test -t 1 || echo "no 1"; test -e /dev/console || echo "no console"'
	out=$(run_container)
	[ "$out" = $'no 0\nno 1\nno console' ]
}

@test "run: end of file on stdin is told to the reader of the terminal" {
	terminal 'stty -echo; echo ready; n=0; while read -r x; do n=$((n + 1)); done; echo "lines $n rest $x"'
	out=$(cd "$BUNDLE" && printf 'one\ntwo\n' | rt run "$ID")
	[[ $out =~ "lines 2 rest" ]]
	out=$(cd "$BUNDLE" && printf 'one\nha' | rt run "$ID")
	[[ $out =~ "lines 1 rest ha" ]]
	out=$(cd "$BUNDLE" && rt run "$ID" </dev/null)
	[[ $out =~ "lines 0 rest" ]]
}

@test "run: no byte of a long output is lost, to a fast and to a slow reader" {
	terminal 'stty -onlcr; seq 1 200000'
	want=$(seq 1 200000 | md5sum)
	[ "$(cd "$BUNDLE" && rt run "$ID" </dev/null | md5sum)" = "$want" ]
	# A reader that takes a page and pauses to let the writer fill everything that can hold bytes.
	slow='import sys, os, select
while True:
    b = os.read(0, 65536 if os.environ.get("FAST") else 4096)
    if not b: break
    sys.stdout.buffer.write(b)
    select.select([], [], [], 0.0005)'
	[ "$(cd "$BUNDLE" && rt run "$ID" </dev/null | python3 -c "$slow" | md5sum)" = "$want" ]
}

@test "run: the last bytes before the end are there" {
	terminal 'stty -onlcr; head -c 3000 /dev/zero | tr "\0" x; printf END'
	for _ in 1 2 3 4 5; do
		out=$(cd "$BUNDLE" && rt run "$ID" </dev/null)
		[ "${#out}" = 3003 ]
		[ "${out: -3}" = END ]
	done
}

@test "run: a reader that goes away ends a program that writes for ever" {
	terminal 'yes'
	out=$(cd "$BUNDLE" && rt run "$ID" </dev/null | head -1)
	[ "$out" = $'y\r' ]
}

@test "run: a program that closes its terminal and opens it again is still heard" {
	terminal 'stty -onlcr; echo one; exec </dev/null >/dev/null 2>&1; sleep 0; echo two >/dev/tty'
	out=$(cd "$BUNDLE" && rt run "$ID" </dev/null)
	[ "$out" = $'one\ntwo' ]
}

@test "run: waiting costs no time of the processor" {
	terminal 'echo ready; read x'
	# Fields 14 and 15 of stat(5) are ticks of the runtime itself, which has to wait in the meantime.
	(cd "$BUNDLE" && exec "$PTY" -w never -- "$OCIRT" --root "$ROOT" run --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" \
		>"$BATS_TEST_TMPDIR/out" 2>&1) &
	p=$!
	wait_for grep -q ready "$BATS_TEST_TMPDIR/out"
	me=$(awk '/^PPid/ {print $2}' "/proc/$(cat "$BATS_TEST_TMPDIR/pid")/status")
	before=$(awk '{print $14 + $15}' "/proc/$me/stat")
	sleep 1
	after=$(awk '{print $14 + $15}' "/proc/$me/stat")
	rt kill "$ID" KILL
	kill $p
	wait $p || :
	wait_for no_processes_left
	rt delete --force "$ID"
	[ $((after - before)) -le 2 ]
}

@test "exec: a terminal, its size, its status, its end" {
	idle
	run on_pty -r 33 -c 44 -- exec -t "$ID" sh -c 'stty size; tty; test -t 2; exit 3'
	[ "$status" = 3 ]
	says '33 44'
	says /dev/pts/
	says 'mode: restored'
	run on_pty -- exec "$ID" sh -c 'tty'
	says '/dev/pts/0|not a tty' # the caller's own terminal, which the container cannot name
	run on_pty -w ready -z 40x50 -w '40 50' -- exec --tty "$ID" sh -c 'trap "stty size; exit 0" WINCH; echo ready; while :; do read x || :; done'
	[ "$status" = 0 ]
	rt delete --force "$ID"
}

# in_shell PTY-OPTION...: an interactive shell on a terminal, where the word `talk` is an exec with a terminal whose
# program takes two lines.
in_shell() {
	printf '#!/bin/sh\necho UP; read x; echo got $x; read y; echo then $y; exit 3\n' >"$BUNDLE/rootfs/bin/talk"
	chmod +x "$BUNDLE/rootfs/bin/talk"
	printf '#!/bin/sh\nexec "%s" --root "%s" exec -t --pid-file "%s" "%s" talk\n' "$OCIRT" "$ROOT" "$BATS_TEST_TMPDIR/pid" "$ID" \
		>"$BATS_TEST_TMPDIR/talk"
	chmod +x "$BATS_TEST_TMPDIR/talk"
	PS1='> ' PATH=$BATS_TEST_TMPDIR:$PATH "$PTY" -w '> ' "$@" -i 'exit\r' -- bash --norc --noediting -i
}

@test "exec: in the background the shell keeps its keys; behind fg they are the program's" {
	idle
	run in_shell -i 'talk &\r' -w UP -i 'echo still $((1+1))\r' -w 'still 2' -i 'fg\r' -w talk -i 'word\r' -w 'got word' -q \
		-i 'two\r' -w 'then two' -w '> ' -i 'echo status $?\r' -w 'status 3' -i 'stty -a | grep -o -e " icanon" | tr i I\r' -w ' Icanon'
	says 'raw: yes'
	says 'mode: restored'
	rt delete --force "$ID"
}

@test "exec: brought to the foreground without having been stopped, the keys are the program's from the first line on" {
	idle
	run in_shell -i 'talk & sleep 1; fg\r' -w UP -w talk -i 'word\r' -w 'got word' -q -i 'two\r' -w 'then two' -w '> '
	says 'raw: yes'
	says 'mode: restored'
	rt delete --force "$ID"
}

@test "exec: stopped, the shell has the terminal in its own mode; continued, the keys are the program's again" {
	idle
	stop_it() {
		wait_for test -s "$BATS_TEST_TMPDIR/pid"
		kill -STOP "$(awk '/^PPid/ {print $2}' "/proc/$(cat "$BATS_TEST_TMPDIR/pid")/status")"
	}
	stop_it 3>&- &
	run in_shell -i 'talk\r' -w Stopped -i 'stty -a | grep -o -e " icanon" | tr i I\r' -w ' Icanon' -i 'fg\r' -w talk \
		-i 'word\r' -w 'got word' -q -i 'two\r' -w 'then two' -w '> ' -i 'echo status $?\r' -w 'status 3' \
		-i 'stty -a | grep -o -e " icanon" | tr i I\r' -w ' Icanon'
	says 'raw: yes'
	says 'mode: restored'
	rt delete --force "$ID"
}

@test "exec: a signal to the runtime is the program's, and the mode is restored" {
	idle
	# No shell says that it is up: busybox's ignores QUIT.
	echo UP >"$BUNDLE/rootfs/up"
	for s in 15 1 2 3 10; do
		run on_pty -w UP -s $s -- exec -t "$ID" cat /up -
		[ "$status" = $((128 + s)) ]
		says 'mode: restored'
	done
	rt delete --force "$ID"
}

@test "exec: a terminal whose user goes away hangs up inside, and the exec ends with its program" {
	idle
	cat >"$BATS_TEST_TMPDIR/away.py" <<'PY'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
got = b""
while b"UP" not in got:
    got += os.read(fd, 100)
os.close(fd)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
	run timeout 120 python3 "$BATS_TEST_TMPDIR/away.py" "$OCIRT" --root "$ROOT" exec -t "$ID" sh -c 'trap "echo hung up >/tmp/hup; exit 6" HUP; echo UP; while :; do sleep 0.1; done'
	[ "$output" = 6 ]
	[ "$(cat "$BUNDLE/rootfs/tmp/hup")" = "hung up" ]
	rt delete --force "$ID"
}

@test "exec: waiting spins nowhere: at the end of stdin, behind a reader that does not read, without a program's ear" {
	command -v strace >/dev/null || skip "no strace"
	idle
	calls() { wc -l <"$BATS_TEST_TMPDIR/calls"; }
	traced() { strace -o "$BATS_TEST_TMPDIR/calls" -e trace=poll,ppoll,read,write "$OCIRT" --root "$ROOT" exec -t "$ID" "$@"; }
	traced sleep 1 </dev/null
	[ "$(calls)" -lt 100 ]
	traced sh -c 'exec <&- >&- 2>&-; sleep 1' </dev/null
	[ "$(calls)" -lt 100 ]
	yes | head -c 200000 | traced sh -c 'stty -echo; sleep 1' >/dev/null
	[ "$(calls)" -lt 200 ]
	want=$(seq 1 100000 | md5sum)
	got=$(traced sh -c 'stty -onlcr; seq 1 100000' </dev/null | (sleep 1 && md5sum))
	[ "$got" = "$want" ]
	# In how many pieces they come is a matter of time; no wait ends without one.
	[ "$(awk '/^p?poll/ { n++ } /^(read|write)/ { n-- } END { print n }' "$BATS_TEST_TMPDIR/calls")" -lt 100 ]
	rt delete --force "$ID"
}

@test "exec: a console socket, attached and detached" {
	idle
	for flags in "" -d; do
		"$PTY" -S "$BATS_TEST_TMPDIR/sock$flags" >"$BATS_TEST_TMPDIR/tty$flags" 2>&1 &
		p=$!
		wait_for listens "$BATS_TEST_TMPDIR/sock$flags"
		# shellcheck disable=SC2086
		rt exec $flags -t --console-socket "$BATS_TEST_TMPDIR/sock$flags" "$ID" sh -c 'tty; echo over there' \
			</dev/null >"$BATS_TEST_TMPDIR/own$flags" 2>&1
		wait $p
		[ ! -s "$BATS_TEST_TMPDIR/own$flags" ]
		grep -q 'over there' "$BATS_TEST_TMPDIR/tty$flags"
		grep -q /dev/pts/ "$BATS_TEST_TMPDIR/tty$flags"
	done
	rt delete --force "$ID"
}

@test "exec: consoleSize of a document goes before the caller's size, in the foreground and over a console socket" {
	idle
	size() { # FILTER: of the document
		jq ".process | .terminal = true | .args = [\"stty\", \"size\"] | $1" "$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/p.json"
	}
	size '.consoleSize = {height: 11, width: 22}'
	run on_pty -r 33 -c 44 -- exec --process "$BATS_TEST_TMPDIR/p.json" "$ID"
	[ "$status" = 0 ]
	says '11 22'
	run over_socket exec -d --process "$BATS_TEST_TMPDIR/p.json"
	[ "$status" = 0 ]
	says '11 22'
	# --tty over a document that has a size, and no terminal.
	size '.terminal = false | .consoleSize = {height: 11, width: 22}'
	run on_pty -r 33 -c 44 -- exec --tty --process "$BATS_TEST_TMPDIR/p.json" "$ID"
	says '11 22'
	# Half a size is none.
	size '.consoleSize = {height: 11, width: 0}'
	run on_pty -r 33 -c 44 -- exec --process "$BATS_TEST_TMPDIR/p.json" "$ID"
	says '33 44'
	size '.consoleSize = {height: 11, width: 65536}'
	run on_pty -- exec --process "$BATS_TEST_TMPDIR/p.json" "$ID"
	[ "$status" = 255 ]
	says '/process/consoleSize: must be at most 65535'
	rt delete --force "$ID"
}

@test "a terminal that cannot be had, or was not asked for, is an error before anything runs" {
	terminal true
	run create_container
	[ "$status" = 1 ]
	one_line '/process/terminal.*--console-socket'
	run create_container --console-socket "$BATS_TEST_TMPDIR/nobody"
	[ "$status" = 1 ]
	one_line '--console-socket.*no such file'
	config '.process.terminal = false'
	run create_container --console-socket "$BATS_TEST_TMPDIR/nobody"
	[ "$status" = 1 ]
	one_line 'terminal'
	idle
	run rt exec -d -t "$ID" true
	[ "$status" = 255 ]
	run rt exec -d --console-socket "$BATS_TEST_TMPDIR/nobody" "$ID" true
	[ "$status" = 255 ]
	run rt exec -d -t --console-socket "$BATS_TEST_TMPDIR/nobody" "$ID" true
	[ "$status" = 255 ]
	rt delete --force "$ID"
}
