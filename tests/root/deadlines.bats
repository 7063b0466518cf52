#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Nothing waits for ever: whoever does not answer is named within a bound, and one delete --force ends it.

load ../helpers

bats_require_minimum_version 1.5.0

setup() { need_root; setup_bundle; host_before; }
teardown() {
	[ -z "${HELPER-}" ] || kill -KILL "$HELPER" 2>/dev/null || :
	[ ! -d "${FREEZER-}" ] || let_go
	teardown_bundle
}

# within SECONDS ARGUMENT...: the program under test, which must end by itself before.
within() {
	local s=$1 rc=0
	shift
	timeout -s KILL "$s" "$OCIRT" --root "$ROOT" "$@" </dev/null || rc=$?
	[ $rc != 137 ] || { echo "it did not end within $s seconds: $*"; exit 1; }
	return $rc
}
# behind VERB...: the same in the background, its status in the file `behind`. Whoever runs the tests may ignore signals, as
# a shell does in the background: not so here.
SIGNALS=--default-signal=TERM,INT,HUP,QUIT
behind() {
	(cd "$BUNDLE" && rc=0 && { env $SIGNALS "$OCIRT" --root "$ROOT" "$@" </dev/null >"$BATS_TEST_TMPDIR/behind.out" 2>&1 || rc=$?; }
		echo $rc >"$BATS_TEST_TMPDIR/behind.new"
		mv "$BATS_TEST_TMPDIR/behind.new" "$BATS_TEST_TMPDIR/behind") 3>&- &
}
exists() { [ -e "$1" ]; }
# ends: what `behind` runs does, which may take it deadlines of ten seconds.
ends() {
	local i
	for i in 1 2; do ! wait_for exists "$BATS_TEST_TMPDIR/behind" >/dev/null || return 0; done
	echo "it did not end"
	return 1
}
hook() { # KIND SHELL-TEXT [TIMEOUT]
	config '.hooks[$k] = [{path: "/bin/sh", args: ["sh", "-c", $c]} + (if $t == "" then {} else {timeout: ($t | tonumber)} end)]' \
		--arg k "$1" --arg c "$2" --arg t "${3-}"
}
# deaf PATH: a socket whose listener has one that it does not take, and room for no other.
deaf() {
	command -v python3 >/dev/null || skip "no python3"
	python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(0)
c = socket.socket(socket.AF_UNIX); c.connect(sys.argv[1]); print(flush=True)
time.sleep(1000)' "$1" >"$BATS_TEST_TMPDIR/listens" 3>&- &
	HELPER=$!
	wait_for test -s "$BATS_TEST_TMPDIR/listens"
}
letter_of() { sed 's/.*) //' "/proc/$1/stat" | cut -c1; }
is_letter() { [ "$(letter_of "$1")" = "$2" ]; }

@test "a stopped container (SIGSTOP): TERM waits in it, others are served, KILL ends it" {
	args sleep 1000
	run_container --detach
	pid=$(rt state "$ID" | jq .pid)
	rt kill "$ID" STOP
	wait_for is_letter "$pid" T
	within 120 kill "$ID" TERM
	[ "$(status_of)" = running ]
	within 120 exec "$ID" true
	within 120 kill "$ID" KILL
	wait_for is_status stopped
	within 120 delete "$ID"
}

@test "a stopped container goes by delete --force" {
	args sleep 1000
	run_container --detach
	rt kill "$ID" STOP
	within 120 delete --force "$ID"
}

# Its process is stopped while it is being made, as one of the container could do, or a pause that came too late.
@test "exec --ignore-paused of a container that is not paused has the deadline of every exec" {
	command -v strace >/dev/null || skip "no strace"
	args sleep 1000
	run_container --detach
	run timeout -s KILL 120 strace -qq -f -e trace=setns -e inject=setns:signal=SIGSTOP -o /dev/null \
		"$OCIRT" --root "$ROOT" exec --ignore-paused "$ID" true </dev/null
	[ "$status" = 255 ]
	one_line 'no answer within the time allowed'
	within 120 delete --force "$ID"
}

@test "a frozen container: what waits for its processes is refused, delete --force ends it" {
	args sleep 1000
	run_container --detach
	within 120 pause "$ID"
	run within 120 exec "$ID" true
	[ "$status" = 255 ]
	one_line 'paused'
	run within 120 delete "$ID"
	[ "$status" = 1 ]
	one_line 'paused'
	within 120 kill "$ID" TERM
	[ "$(status_of)" = paused ]
	within 120 delete --force "$ID"
	create_container
	within 120 pause "$ID"
	run within 120 start "$ID"
	[ "$status" = 1 ]
	one_line 'paused'
	within 120 delete --force "$ID"
}

@test "a process that the kernel does not end: delete --force says so in time, and can be repeated" {
	local f
	for f in mkfs.ext4 fsfreeze losetup; do command -v $f >/dev/null || skip "no $f"; done
	[ -e /dev/loop-control ] || skip "no loop devices"
	truncate -s 16M "$BATS_TEST_TMPDIR/disk"
	mkfs.ext4 -q -O ^has_journal "$BATS_TEST_TMPDIR/disk" || skip "no ext4"
	args sh -c 'echo > /mnt/ready; while :; do echo > /mnt/file; done'
	config '.mounts += [{destination: "/mnt", type: "bind", source: $d, options: ["rbind", "rw"]}]' --arg d "$BATS_TEST_TMPDIR/fs"
	mkdir "$BATS_TEST_TMPDIR/fs"
	# The file system is seen in here alone, and ends with it.
	export ID
	run unshare -m bash -c '
		t=$1 bundle=$2; shift 2
		mount -o loop "$t/disk" "$t/fs" || exit 77
		trap "fsfreeze -u $t/fs 2>/dev/null; \"\$@\" delete --force $ID >/dev/null 2>&1; umount $t/fs" EXIT
		cd "$bundle" && "$@" run -d "$ID" </dev/null >/dev/null 2>&1 || exit 1
		pid=$("$@" state "$ID" | jq .pid)
		for ((i = 0; i < 1200; i++)); do [ -e "$t/fs/ready" ] && break; sleep 0.05; done
		fsfreeze -f "$t/fs" || exit 77
		for ((i = 0; i < 1200; i++)); do grep -q ") D" "/proc/$pid/stat" && break; sleep 0.05; done
		grep -q ") D" "/proc/$pid/stat" || { echo "it is not in state D"; exit 1; }
		timeout -s KILL 120 "$@" delete --force "$ID"; rc=$?
		[ $rc = 1 ] || { echo "status $rc"; exit 1; }
		[ "$("$@" list -q)" = "$ID" ] || { echo "its state is lost"; exit 1; }
		fsfreeze -u "$t/fs"
		timeout -s KILL 120 "$@" delete --force "$ID" || exit 1
		[ -z "$("$@" list -q)" ]
	' - "$BATS_TEST_TMPDIR" "$BUNDLE" "$OCIRT" --root "$ROOT" 3>&-
	[ "$status" != 77 ] || skip "no loop mount, or it cannot be frozen"
	[ "$status" = 0 ] || { echo "$output"; false; }
	says 'does not end'
}

@test "a hook that never ends: others wait for its create in vain but not for ever, delete --force ends it" {
	hook createRuntime "echo > $BATS_TEST_TMPDIR/hook; exec sleep 1000"
	behind create "$ID"
	wait_for exists "$BATS_TEST_TMPDIR/hook"
	run within 120 start "$ID"
	[ "$status" != 0 ]
	one_line "$ID"
	run within 120 delete "$ID"
	[ "$status" != 0 ]
	one_line "$ID"
	within 120 delete --force "$ID"
	wait_for exists "$BATS_TEST_TMPDIR/behind"
	[ "$(cat "$BATS_TEST_TMPDIR/behind")" != 0 ]
}

@test "startContainer and poststop hooks with a timeout are ended by it" {
	args sleep 1000
	hook startContainer 'exec sleep 1000' 1
	config '.hooks.startContainer[0].path = "/bin/sh"'
	hook poststop 'exec sleep 1000' 1
	create_container
	run within 120 start "$ID"
	[ "$status" = 1 ]
	says 'hook startContainer .*ran past its time-out'
	says 'hook poststop .*ran past its time-out'
	run within 120 state "$ID"
	[ "$status" = 1 ]
}

@test "a console socket whose listener accepts nobody" {
	config '.process.terminal = true'
	deaf "$BATS_TEST_TMPDIR/console"
	run within 120 create --bundle "$BUNDLE" --console-socket "$BATS_TEST_TMPDIR/console" "$ID"
	[ "$status" = 1 ]
	one_line 'console.*nobody accepted'
	[ -z "$(rt list -q)" ]
}

@test "a console socket that is accepted and never read" {
	command -v python3 >/dev/null || skip "no python3"
	config '.process.terminal = true'
	python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(5); print(flush=True)
a = s.accept(); time.sleep(1000)' "$BATS_TEST_TMPDIR/console" >"$BATS_TEST_TMPDIR/listens" 3>&- &
	HELPER=$!
	wait_for test -s "$BATS_TEST_TMPDIR/listens"
	within 120 create --bundle "$BUNDLE" --console-socket "$BATS_TEST_TMPDIR/console" "$ID"
	within 120 start "$ID"
	within 120 delete --force "$ID"
}

@test "a full pipe: a hook that says more than anybody reads, a log that nobody reads" {
	hook createRuntime 'head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2'
	within 120 create --bundle "$BUNDLE" "$ID" >/dev/null 2>&1 || {
		rt list -q
		false
	}
	within 120 delete --force "$ID"
	mkfifo "$BATS_TEST_TMPDIR/log"
	run within 120 --log "$BATS_TEST_TMPDIR/log" state "$ID"
	[ "$status" = 1 ]
}

@test "a dead first process in the created state: start says so, delete removes it" {
	create_container
	kill -KILL "$(rt state "$ID" | jq .pid)"
	wait_for is_status stopped
	run within 120 start "$ID"
	[ "$status" = 1 ]
	one_line 'stopped'
	within 120 delete "$ID"
}

@test "a stopped first process in the created state: start says so, and starts it after SIGCONT" {
	args sleep 1000
	create_container
	pid=$(rt state "$ID" | jq .pid)
	rt kill "$ID" STOP
	wait_for is_letter "$pid" T
	run within 120 start "$ID"
	[ "$status" = 1 ]
	one_line 'SIGSTOP'
	rt kill "$ID" CONT
	wait_for is_letter "$pid" S
	within 120 start "$ID"
	[ "$(status_of)" = running ]
	within 120 delete --force "$ID"
}

@test "start after the creator died: nothing is there to start, and the id can be had again" {
	hook createRuntime "echo \$PPID > $BATS_TEST_TMPDIR/pid.new; mv $BATS_TEST_TMPDIR/pid.new $BATS_TEST_TMPDIR/hook; exec sleep 1000"
	behind create "$ID"
	wait_for exists "$BATS_TEST_TMPDIR/hook"
	kill -KILL "$(cat "$BATS_TEST_TMPDIR/hook")"
	wait_for exists "$BATS_TEST_TMPDIR/behind"
	run within 120 start "$ID"
	[ "$status" = 1 ]
	one_line "$ID"
	config 'del(.hooks)'
	within 120 create --bundle "$BUNDLE" "$ID" >/dev/null 2>&1
	within 120 delete --force "$ID"
}

@test "two starts: one of them starts it" {
	args sleep 1000
	create_container
	behind start "$ID"
	run within 120 start "$ID"
	wait_for exists "$BATS_TEST_TMPDIR/behind"
	[ $((status == 0)) != $(($(cat "$BATS_TEST_TMPDIR/behind") == 0)) ]
	[ "$(status_of)" = running ]
	within 120 delete --force "$ID"
}

@test "two deletes: one of them deletes it, two with --force are both content" {
	create_container
	kill -KILL "$(rt state "$ID" | jq .pid)"
	wait_for is_status stopped
	behind delete "$ID"
	run within 120 delete "$ID"
	wait_for exists "$BATS_TEST_TMPDIR/behind"
	[ $((status == 0)) != $(($(cat "$BATS_TEST_TMPDIR/behind") == 0)) ]
	rm "$BATS_TEST_TMPDIR/behind"
	create_container
	behind delete --force "$ID"
	within 120 delete --force "$ID"
	wait_for exists "$BATS_TEST_TMPDIR/behind"
	[ "$(cat "$BATS_TEST_TMPDIR/behind")" = 0 ]
}

@test "a delete during a create: the container is there as a whole or not at all" {
	local i made
	for i in 1 2 3 4 5 6 7 8; do
		rm -f "$BATS_TEST_TMPDIR/behind"
		behind create "$ID"
		[ $((i % 2)) = 0 ] || wait_for exists "$ROOT/$ID"
		within 120 delete --force "$ID"
		wait_for exists "$BATS_TEST_TMPDIR/behind"
		made=$(cat "$BATS_TEST_TMPDIR/behind")
		if [ "$made" = 0 ]; then
			# It was first, and nothing is left; or the delete was, and found nothing.
			case $(rt list -q) in
			'') ;;
			"$ID") is_status created && within 120 start "$ID" && within 120 delete --force "$ID" ;;
			*) false ;;
			esac
		else
			[ "$(wc -l <"$BATS_TEST_TMPDIR/behind.out")" = 1 ] || { cat "$BATS_TEST_TMPDIR/behind.out"; false; }
			[ -z "$(rt list -q)" ]
		fi
	done
}

# ---- signals ------------------------------------------------------------------------------------------

# interrupted NAME: what `behind` ran was ended by this signal, said so in one line, and left nothing.
interrupted() {
	ends
	run cat "$BATS_TEST_TMPDIR/behind.out"
	one_line "$1"
	[ "$(cat "$BATS_TEST_TMPDIR/behind")" = $((128 + $2)) ]
	[ -z "$(rt list -q)" ]
	[ ! -e "$BATS_TEST_TMPDIR/pid" ]
	rm -f "$BATS_TEST_TMPDIR/behind"
	wait_for no_processes_left
}
# blocking_hook KIND: it says who its runtime is, in a file, and ends when somebody writes to the FIFO.
blocking_hook() {
	config 'del(.hooks)'
	rm -f "$BATS_TEST_TMPDIR/runtime"
	hook "$1" "echo \$PPID >$BATS_TEST_TMPDIR/runtime.new; mv $BATS_TEST_TMPDIR/runtime.new $BATS_TEST_TMPDIR/runtime; read x <$BATS_TEST_TMPDIR/fifo"
}
runtime() { # the pid of the runtime that its hook waits for
	wait_for exists "$BATS_TEST_TMPDIR/runtime" >&2 && cat "$BATS_TEST_TMPDIR/runtime"
}

@test "a signal during a hook of create or run: 128 and its number, one line, nothing left" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	local kind
	for kind in prestart createRuntime; do
		blocking_hook $kind
		behind create --pid-file "$BATS_TEST_TMPDIR/pid" "$ID"
		kill -TERM "$(runtime)"
		interrupted "^create $ID: .*hook $kind /bin/sh: interrupted by SIGTERM\$" 15
	done
	rm "$BATS_TEST_TMPDIR/runtime"
	behind run "$ID"
	kill -INT "$(runtime)"
	interrupted "^run $ID: .*createRuntime .*: interrupted by SIGINT\$" 2
	rm "$BATS_TEST_TMPDIR/runtime"
	behind run --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID"
	kill -HUP "$(runtime)"
	interrupted "^run $ID: .*createRuntime .*: interrupted by SIGHUP\$" 1
	blocking_hook poststart
	args sleep 1000
	behind run --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID"
	kill -QUIT "$(runtime)"
	interrupted "^run $ID: .*poststart .*: interrupted by SIGQUIT\$" 3
}

@test "a signal while the child runs its hooks: the child ends, and its hook with it" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	blocking_hook createContainer
	behind create "$ID"
	# The hook's parent is the first process, whose parent is the runtime.
	wait_for exists "$BATS_TEST_TMPDIR/runtime"
	creator=$(jq .creatorPid "$ROOT/$ID/state.json")
	kill -TERM "$creator"
	interrupted "^create $ID: wait for READY: interrupted by SIGTERM\$" 15
	hook startContainer "echo >/began; read x </fifo"
	config 'del(.hooks.createContainer)'
	mkfifo "$BUNDLE/rootfs/fifo"
	behind run --detach "$ID"
	# Behind the start, in the container's root.
	wait_for exists "$BUNDLE/rootfs/began"
	creator=$(jq .creatorPid "$ROOT/$ID/state.json")
	kill -TERM "$creator"
	interrupted "^run $ID: wait for EXEC: interrupted by SIGTERM\$" 15
}

@test "a first process that is stopped (SIGSTOP) while it is created: a signal ends the create and it" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	blocking_hook createContainer
	behind create "$ID"
	runtime
	first=$(jq .pid "$ROOT/$ID/state.json")
	creator=$(jq .creatorPid "$ROOT/$ID/state.json")
	kill -STOP "$first"
	wait_for is_letter "$first" T
	kill -TERM "$creator"
	interrupted "^create $ID: wait for READY: interrupted by SIGTERM\$" 15
}

@test "a runtime that is stopped (SIGSTOP): others name the lock in time, and all is well when it goes on" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	blocking_hook createRuntime
	behind create "$ID"
	creator=$(runtime)
	kill -STOP "$creator"
	wait_for is_letter "$creator" T
	run within 120 start "$ID"
	[ "$status" = 1 ]
	one_line 'does not exist' # not yet
	run within 120 delete --force "$ID"
	kill -CONT "$creator"
	[ "$status" = 1 ]
	one_line 'locked by another process'
	# That has ended the first process, and the create learns it now.
	ends
	[ "$(cat "$BATS_TEST_TMPDIR/behind")" = 1 ]
	run cat "$BATS_TEST_TMPDIR/behind.out"
	one_line 'the container ended meanwhile'
	[ -z "$(rt list -q)" ]
}

@test "a pidfd socket and a seccomp agent that accept nobody" {
	deaf "$BATS_TEST_TMPDIR/deaf"
	jq --arg p "$BATS_TEST_TMPDIR/deaf" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $p,
		syscalls: [{names: ["mkdir"], action: "SCMP_ACT_NOTIFY"}]} | .linux.cgroupsPath += "-agent"' \
		"$BUNDLE/config.json" >"$BUNDLE/agent.json"
	behind create --pidfd-socket "$BATS_TEST_TMPDIR/deaf" "$ID"
	run within 120 create --bundle "$BUNDLE" --config "$BUNDLE/agent.json" "$ID-agent"
	[ "$status" = 1 ]
	one_line 'listenerPath.*nobody accepted'
	ends
	[ "$(cat "$BATS_TEST_TMPDIR/behind")" = 1 ]
	run cat "$BATS_TEST_TMPDIR/behind.out"
	one_line 'pidfd-socket.*nobody accepted'
	[ -z "$(rt list -q)" ]
}

@test "a second signal ends a poststop hook of the clean-up" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	blocking_hook createRuntime
	config '.hooks.poststop = .hooks.createRuntime'
	behind create "$ID"
	creator=$(runtime)
	rm "$BATS_TEST_TMPDIR/runtime"
	kill -TERM "$creator"
	[ "$(runtime)" = "$creator" ]
	kill -INT "$creator"
	wait_for exists "$BATS_TEST_TMPDIR/behind"
	[ "$(cat "$BATS_TEST_TMPDIR/behind")" = 143 ]
	run cat "$BATS_TEST_TMPDIR/behind.out"
	says 'hook poststop .*: interrupted by SIGINT'
	says "create $ID: .*createRuntime .*: interrupted by SIGTERM"
}

# at CALL NUMBER VERB...: a signal comes with that one of the runtime's own calls
at() {
	local rc=0
	(cd "$BUNDLE" && env $SIGNALS timeout 120 strace -qq -o "$BATS_TEST_TMPDIR/trace" -e "trace=$1" -e "inject=$1:signal=TERM:when=$2" \
		"$OCIRT" --root "$ROOT" "${@:3}" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 3>&-) || rc=$?
	return $rc
}

@test "a signal at the end of create or of run --detach: all is undone, or it has come too late" {
	command -v strace >/dev/null || skip "no strace"
	local n
	args sleep 1000
	at renameat 1000 create --pid-file "$BATS_TEST_TMPDIR/pid" "$ID"
	n=$(grep -c '^renameat(' "$BATS_TEST_TMPDIR/trace") || { rt delete --force "$ID"; skip "another call renames here"; }
	grep '^renameat(' "$BATS_TEST_TMPDIR/trace" | tail -1 | grep '"state.json"'
	rm "$BATS_TEST_TMPDIR/pid"
	rt delete --force "$ID"
	# The record says "created", the child has not been let go.
	run at renameat "$n" create --pid-file "$BATS_TEST_TMPDIR/pid" "$ID"
	[ "$status" = 143 ]
	grep -x "create $ID: .*interrupted by SIGTERM" "$BATS_TEST_TMPDIR/out"
	[ -z "$(rt list -q)" ]
	[ ! -e "$BATS_TEST_TMPDIR/pid" ]
	at exit_group 1 create --pid-file "$BATS_TEST_TMPDIR/pid" "$ID"
	is_status created
	[ -s "$BATS_TEST_TMPDIR/pid" ]
	rt delete --force "$ID"
	# Its last two: the lock is given back, then it ends.
	at flock 2 run --detach "$ID"
	grep '^flock(' "$BATS_TEST_TMPDIR/trace" | sed -n 2p | grep 'LOCK_UN'
	is_status running
	rt delete --force "$ID"
}

@test "a signal that the caller has ignored or blocked interrupts nothing" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	blocking_hook createRuntime
	SIGNALS=--ignore-signal=HUP
	behind create "$ID"
	kill -HUP "$(runtime)"
	timeout 60 sh -c 'echo >"$0"' "$BATS_TEST_TMPDIR/fifo" # nobody may be there to read
	wait_for exists "$BATS_TEST_TMPDIR/behind"
	[ "$(cat "$BATS_TEST_TMPDIR/behind")" = 0 ]
	is_status created
	# What create holds is no business of the container's.
	pid=$(rt state "$ID" | jq .pid)
	[ $((0x$(awk '$1 == "SigBlk:" { print $2 }' "/proc/$pid/status") & 0x4007)) = 0 ]
	rt delete --force "$ID"
}

@test "a signal during a restore: criu ends, and what it has made" {
	PATH=/var/cache/ocirt/criu/bin:$PATH
	command -v criu >/dev/null || skip "no criu"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	args sleep 1000
	run_container --detach >/dev/null 2>&1
	rt checkpoint --image-path "$BATS_TEST_TMPDIR/image" "$ID" >"$BATS_TEST_TMPDIR/out" 2>&1 || skip "criu does not dump here"
	# criu waits for the hook's answer.
	blocking_hook createRuntime
	behind restore --detach --image-path "$BATS_TEST_TMPDIR/image" "$ID"
	kill -TERM "$(runtime)"
	interrupted "^restore $ID: .*createRuntime .*: interrupted by SIGTERM\$" 15
	# criu itself is what takes long.
	config 'del(.hooks)'
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\necho $PPID >%s/runtime.new; mv %s/runtime.new %s/runtime; read x <%s/fifo\n' \
		"$BATS_TEST_TMPDIR"{,,,} >"$BATS_TEST_TMPDIR/bin/criu"
	chmod +x "$BATS_TEST_TMPDIR/bin/criu"
	rm "$BATS_TEST_TMPDIR/runtime"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH behind restore --detach --image-path "$BATS_TEST_TMPDIR/image" "$ID"
	kill -TERM "$(runtime)"
	interrupted "^restore $ID: criu: interrupted by SIGTERM\$" 15
}

# A run in the foreground has every signal blocked, that of the timer too.
@test "the wait for a lock has its bound in a run in the foreground as well" {
	flock --help 2>&1 | grep -q -- --no-fork || skip "no flock that does not fork"
	args sleep 1000
	behind run "$ID"
	wait_for is_status running 2>/dev/null
	pid=$(jq .pid "$ROOT/$ID/state.json")
	flock --no-fork "$ROOT/$ID" sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
	HELPER=$!
	is_locked() { ! flock --nonblock "$ROOT/$ID" true; }
	wait_for is_locked
	kill -KILL "$pid"
	ends
	kill -KILL "$HELPER"
	[ "$(cat "$BATS_TEST_TMPDIR/behind")" = 137 ]
	# Whoever has the lock may be about to delete it: it is left to them.
	within 120 delete "$ID"
}

# ---- what SIGKILL does not end --------------------------------------------------------------------------

# hold PID: a freezer of version 1 keeps it until let_go, whoever kills it.
need_freezer() { [ -e /sys/fs/cgroup/freezer/cgroup.procs ] || skip "no freezer of version 1"; }
hold() {
	FREEZER=/sys/fs/cgroup/freezer/ocirt-test-$$-$N-held
	mkdir "$FREEZER"
	echo "$1" >"$FREEZER/cgroup.procs"
	echo FROZEN >"$FREEZER/freezer.state"
	wait_for grep -q FROZEN "$FREEZER/freezer.state"
}
let_go() {
	echo THAWED >"$FREEZER/freezer.state"
	wait_for rmdir "$FREEZER" 2>/dev/null
}

@test "a hook that is killed and does not end: the runtime goes on in time, and says what keeps it" {
	need_freezer
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	hook createRuntime "echo \$\$ \$PPID >$BATS_TEST_TMPDIR/pids.new; mv $BATS_TEST_TMPDIR/pids.new $BATS_TEST_TMPDIR/pids; read x <$BATS_TEST_TMPDIR/fifo"
	behind create "$ID"
	wait_for exists "$BATS_TEST_TMPDIR/pids"
	read -r hook creator <"$BATS_TEST_TMPDIR/pids"
	hold "$hook"
	kill -TERM "$creator"
	ends
	run cat "$BATS_TEST_TMPDIR/behind.out"
	[ "$(cat "$BATS_TEST_TMPDIR/behind")" = 143 ]
	let_go
	one_line "createRuntime /bin/sh: SIGKILL: process $hook does not end \(state [A-Z]: .*\): interrupted by SIGTERM\$"
}

@test "a first process that is killed and does not end: its state stays, and delete --force takes it later" {
	need_freezer
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	hook createContainer "echo \$PPID >$BATS_TEST_TMPDIR/pids.new; mv $BATS_TEST_TMPDIR/pids.new $BATS_TEST_TMPDIR/pids; read x <$BATS_TEST_TMPDIR/fifo"
	behind create "$ID"
	wait_for exists "$BATS_TEST_TMPDIR/pids"
	pid=$(jq .pid "$ROOT/$ID/state.json")
	creator=$(jq .creatorPid "$ROOT/$ID/state.json")
	hold "$pid"
	kill -TERM "$creator"
	ends
	run cat "$BATS_TEST_TMPDIR/behind.out"
	echo "$output"
	[ "$(cat "$BATS_TEST_TMPDIR/behind")" = 143 ]
	let_go
	exists "$ROOT/$ID/state.json"
	says "process $pid does not end \(state [A-Z]: "
	says 'is kept for its process'
	within 120 delete --force "$ID"
}

@test "a half-made container whose process does not end is kept for the next create" {
	need_freezer
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	blocking_hook createContainer
	behind create "$ID"
	runtime
	pid=$(jq .pid "$ROOT/$ID/state.json")
	hold "$pid"
	kill -KILL "$(jq .creatorPid "$ROOT/$ID/state.json")"
	ends
	config 'del(.hooks)'
	run within 120 create --bundle "$BUNDLE" "$ID" 2>&1
	kept=$(jq .pid "$ROOT/$ID/state.json")
	let_go
	[ "$status" = 1 ]
	one_line "undo what an earlier create left: process $pid does not end"
	[ "$kept" = "$pid" ]
	create_container
	within 120 delete --force "$ID"
}

@test "another process that is killed and does not end: run ends, and its state stays for the cgroups" {
	need_freezer
	config 'del(.linux.namespaces[] | select(.type == "pid"))'
	script 'sleep 1000 & echo $! >/tmp/pid; wait'
	behind run "$ID"
	wait_for test -s "$BUNDLE/rootfs/tmp/pid"
	wait_for is_status running
	hold "$(cat "$BUNDLE/rootfs/tmp/pid")"
	kill -KILL "$(jq .pid "$ROOT/$ID/state.json")"
	ends
	let_go
	run cat "$BATS_TEST_TMPDIR/behind.out"
	echo "$output"
	[ "$(cat "$BATS_TEST_TMPDIR/behind")" = 137 ]
	says 'is kept for what could not be removed'
	[ "$(status_of)" = stopped ]
	within 120 delete "$ID"
}
