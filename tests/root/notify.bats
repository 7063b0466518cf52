#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# NOTIFY_SOCKET: what the container says of itself reaches the service manager, and nothing else does.
# tests/notify.c is both the manager and what speaks in the container.

load ../helpers

setup_file() {
	export NOTIFY=$BATS_FILE_TMPDIR/notify
	cc -std=gnu17 -D_GNU_SOURCE -static -o "$NOTIFY" "$BATS_TEST_DIRNAME/../notify.c" || skip "no C compiler"
}
setup() {
	need_root
	setup_bundle
	cp "$NOTIFY" "$BUNDLE/rootfs/bin/notify"
	HEARD=$BATS_TEST_TMPDIR/heard
	MANAGER=$BATS_TEST_TMPDIR/manager
	host_before
}
teardown() {
	stop_manager
	teardown_bundle
}
listen() { # [ADDRESS]
	[ -z "${1-}" ] || MANAGER=$1
	: >"$HEARD"
	"$NOTIFY" listen "$MANAGER" "$HEARD" </dev/null >/dev/null 2>&1 3>&- &
	LISTENER=$!
	case $MANAGER in
	/*) wait_for test -S "$MANAGER" ;;
	*) wait_for grep -qF -- "$MANAGER" /proc/net/unix ;;
	esac
	export NOTIFY_SOCKET=$MANAGER
}
stop_manager() {
	rm -f "$HEARD"
	[ -z "${LISTENER-}" ] || wait "$LISTENER" || :
	LISTENER=
}
heard() { grep -qxF -- "$1" "$HEARD"; }
pid_of() { rt state "$ID" | jq .pid; }

@test "start returns when the container is ready, and names its first process" {
	listen
	script 'while [ ! -e /tmp/go ]; do sleep 0.05; done; notify send "STATUS=warm\nREADY=1"; exec sleep 100'
	create_container
	[ ! -s "$HEARD" ]
	rt start "$ID" </dev/null >/dev/null 2>&1 3>&- &
	local starter=$!
	wait_for is_status running
	# It waits, and the container can be looked at and used meanwhile.
	rt exec "$ID" true
	rt pause "$ID"
	rt resume "$ID"
	[ -d "/proc/$starter" ]
	[ ! -s "$HEARD" ]
	touch "$BUNDLE/rootfs/tmp/go"
	wait "$starter"
	[ "$(head -n1 "$HEARD")" = "STATUS=warm READY=1 MAINPID=$(pid_of)" ]
	wait_for heard BARRIER=1
	rt delete --force "$ID"
}

@test "start returns when the container ends without a word" {
	listen
	script 'exit 3'
	create_container
	rt start "$ID"
	wait_for is_status stopped
	[ ! -s "$HEARD" ]
	rt delete "$ID"
}

@test "a detached run waits as start does" {
	listen
	script 'notify send READY=1; exec sleep 100'
	(cd "$BUNDLE" && rt run --detach "$ID" </dev/null >/dev/null 2>&1 3>&-)
	heard "READY=1 MAINPID=$(pid_of)"
	rt delete --force "$ID"
}

@test "run in the foreground relays as long as it lives, and is the main process itself" {
	listen
	script 'notify send READY=1 STATUS=busy WATCHDOG=1 "RELOADING=1\nMONOTONIC_USEC=5"; notify send STOPPING=1'
	run run_container
	[ "$status" = 0 ]
	wait_for heard STOPPING=1
	[ "$(cat "$HEARD")" = "READY=1
STATUS=busy
WATCHDOG=1
RELOADING=1 MONOTONIC_USEC=5
STOPPING=1" ]
}

@test "what is not about the container itself is not passed on, and nothing ends the relay" {
	listen
	script 'notify send "MAINPID=1" "FDSTORE=1\nFDNAME=x" "NOTIFYACCESS=all" "BARRIER=1" fds:1 fds:40 "" "XREADY=1" "READY=12"
		notify send "STATUS=$(printf %09000d 0)"
		notify send "MAINPID=1\nSTATUS=own\nNOTIFYACCESS=all\nREADY=1"; exec sleep 100'
	(cd "$BUNDLE" && rt run --detach "$ID" </dev/null >/dev/null 2>&1 3>&-)
	[ "$(head -n1 "$HEARD")" = "STATUS=own READY=1 MAINPID=$(pid_of)" ]
	rt delete --force "$ID"
}

@test "the socket lies in a read-only mount at /run/notify, and its address in the environment" {
	listen
	config '.process.env += ["NOTIFY_SOCKET=/of/the/image"] | .mounts += [{"destination":"/run","type":"tmpfs","source":"tmpfs"}]'
	script 'echo "$NOTIFY_SOCKET"; grep " /run/notify " /proc/self/mountinfo; touch /run/notify/x; notify send READY=1'
	run run_container
	[ "${lines[0]}" = /run/notify/notify.sock ]
	says 'ro,nosuid,nodev,noexec'
	says 'Read-only file system'
	wait_for heard READY=1
}

@test "an ordinary user, and a user namespace" {
	listen
	script 'notify send READY=1; id -u'
	config '.process.user = {"uid":1000,"gid":1000} | .process.capabilities = {}'
	run run_container
	[ "$output" = 1000 ]
	wait_for heard READY=1
	config '.linux.namespaces += [{"type":"user"}] |
		.linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}] |
		.linux.gidMappings = [{"containerID":0,"hostID":100000,"size":65536}]'
	: >"$HEARD"
	chmod 755 "$BATS_TEST_TMPDIR" "$BUNDLE" "$BUNDLE/rootfs"
	run run_container
	[ "$output" = 1000 ]
	wait_for heard READY=1
}

@test "an address without a path" {
	listen "@ocirt-test-$$-$N"
	script 'notify send READY=1'
	run run_container
	[ "$status" = 0 ]
	wait_for heard READY=1
}

@test "a manager that is not there, or an address that is none, is no reason to fail" {
	script 'exit 5'
	NOTIFY_SOCKET=$BATS_TEST_TMPDIR/nobody run run_container
	[ "$status" = 5 ]
	says 'NOTIFY_SOCKET'
	script 'test -z "$NOTIFY_SOCKET" && test ! -e /run/notify'
	rmdir "$BUNDLE/rootfs/run/notify" "$BUNDLE/rootfs/run"
	NOTIFY_SOCKET=relative run run_container
	[ "$status" = 0 ]
}

@test "a mount of the configuration at /run/notify is the engine's own relay" {
	listen
	mkdir "$BATS_TEST_TMPDIR/engine"
	config '.mounts += [{"destination":"/run/notify/","source":$d,"options":["bind"]}] |
		.process.env += ["NOTIFY_SOCKET=/run/notify/mine"]' --arg d "$BATS_TEST_TMPDIR/engine"
	script 'echo "$NOTIFY_SOCKET"; ls /run/notify; touch /run/notify/x'
	run run_container
	[ "$output" = /run/notify/mine ]
	[ -e "$BATS_TEST_TMPDIR/engine/x" ]
	[ ! -s "$HEARD" ]
}

@test "exec does not get it" {
	listen
	script 'notify send READY=1; exec sleep 100'
	(cd "$BUNDLE" && rt run --detach "$ID" </dev/null >/dev/null 2>&1 3>&-)
	run rt exec "$ID" env
	[ "$status" = 0 ]
	[[ $output != *NOTIFY_SOCKET* ]]
	rt delete --force "$ID"
}
