#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# A look that cannot be taken is not an answer: what a question of safety depends on fails, and so does the verb.
# strace makes single calls fail; tests/faults does so with all of them, but what passes over one may have its reason.

load ../helpers

setup() {
	need_root
	command -v strace >/dev/null || skip "no strace"
	setup_bundle
	host_before
}
teardown() { teardown_bundle; }

started() {
	create_container
	rt start "$ID"
}
FOLLOW=-f # "": the calls of the verb's own process alone
# failing CALL:error=ERROR:when=N STRACE-OPTION... -- VERB...
failing() {
	local inject=$1 options=()
	shift
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	timeout 120 strace $FOLLOW -qq -o "$BATS_TEST_TMPDIR/trace" "${options[@]}" -e "trace=${inject%%:*}" -e "inject=$inject" \
		"$OCIRT" --root "$ROOT" "$@" </dev/null 3>&-
}
# its CGROUP-FILE: -P for it in each hierarchy that has it.
its() {
	local f
	for f in /sys/fs/cgroup"$CG/$1" /sys/fs/cgroup/*"$CG/$1"; do
		[ ! -e "$f" ] || printf '%s\n' -P "$f"
	done
}

@test "a destination that leads below /proc is refused, whichever look at a file system fails" {
	local n count
	ln -s /proc/sys "$BUNDLE/rootfs/link"
	# Without cgroups, whose many looks are the parent's.
	config '.mounts += [{"destination":"/link","type":"tmpfs","source":"tmpfs"}] | del(.linux.cgroupsPath, .linux.resources)'
	cd "$BUNDLE"
	run failing fstatfs:error=ESRCH:when=10000 -- --cgroup-manager=disabled run "$ID"
	[ "$status" = 1 ]
	one_line '/mounts/[0-9]+ /link: .*below /proc'
	# The most that one process makes: when= counts for each.
	count=$(awk '/fstatfs\(/ { print $1 }' "$BATS_TEST_TMPDIR/trace" | sort | uniq -c | sort -n | tail -1 | awk '{ print $1 }')
	[ "$count" -ge 2 ]
	for ((n = 1; n <= count; n++)); do
		run failing "fstatfs:error=EIO:when=$n" -- --cgroup-manager=disabled run "$ID"
		[ "$status" = 1 ] || { echo "$n: $output"; false; }
		one_line .
	done
}

@test "kill --all says that there was one it could not reach, and reaches the others" {
	local i n
	config 'del(.linux.namespaces[] | select(.type == "pid"))'
	script 'for i in 1 2 3; do sh -c "trap \"echo >/tmp/got$i\" USR1; echo >/tmp/ready$i; while :; do sleep 0.1; done" & done; trap "" USR1; echo >/tmp/ready4; wait; sleep 1000'
	started
	for i in 1 2 3 4; do wait_for test -e "$BUNDLE/rootfs/tmp/ready$i"; done
	# The first is for the container itself.
	for n in 2 3; do
		run failing "pidfd_open:error=EMFILE:when=$n" -- kill --all "$ID" USR1
		[ "$status" = 1 ] || { cat "$BATS_TEST_TMPDIR/trace"; false; }
		one_line 'too many open files'
	done
	# Two calls missed no more than two of them, and another one each.
	wait_for got_by 2
	[ "$(status_of)" = running ]
	rt delete --force "$ID"
}
got_by() { [ "$(find "$BUNDLE/rootfs/tmp" -name 'got*' | wc -l)" -ge "$1" ]; }

@test "kill --all that cannot thaw what it froze says so" {
	local paths
	args sleep 1000
	config 'del(.linux.namespaces[] | select(.type == "pid"))'
	started
	mapfile -t paths < <(its cgroup.freeze)
	[ ${#paths[@]} != 0 ] || mapfile -t paths < <(its freezer.state)
	[ ${#paths[@]} != 0 ] || skip "no freezer"
	run failing write:error=EIO:when=2 "${paths[@]}" -- kill --all "$ID" CONT
	[ "$status" = 1 ] || { cat "$BATS_TEST_TMPDIR/trace"; false; }
	says 'input/output error'
	[ "$(status_of)" = paused ]
	rt resume "$ID"
	rt delete --force "$ID"
}

@test "pause that cannot see whether all are frozen does not say that they are" {
	local d
	args sleep 1000
	started
	for d in /sys/fs/cgroup"$CG" /sys/fs/cgroup/unified"$CG"; do [ ! -e "$d/cgroup.events" ] || break; done
	[ -e "$d/cgroup.events" ] || skip "no cgroup2"
	# The path as strace knows it is known when it has been opened: the calls on its directory.
	run failing "openat:error=EMFILE:when=1+" -P "$d" -- pause "$ID"
	[ "$status" = 1 ] || { cat "$BATS_TEST_TMPDIR/trace"; false; }
	one_line 'too many open files'
	rt delete --force "$ID"
}

@test "a cgroup of which it cannot be told whether it is frozen is not used" {
	local d call
	args sleep 1000
	for d in /sys/fs/cgroup"$CG" /sys/fs/cgroup/unified"$CG"; do
		[ "$(stat -fc %T "${d%"$CG"}" 2>/dev/null)" != cgroup2fs ] || break
	done
	[ "$(stat -fc %T "${d%"$CG"}" 2>/dev/null)" = cgroup2fs ] || skip "no cgroup2"
	mkdir "$d"
	[ -e "$d/cgroup.freeze" ] || { rmdir "$d"; skip "no freezer in the cgroup2"; }
	echo 1 >"$d/cgroup.freeze"
	cd "$BUNDLE"
	run rt create "$ID"
	[ "$status" = 1 ]
	one_line 'is frozen'
	for call in faccessat faccessat2; do
		strace -qq -o /dev/null -e "trace=$call" true || continue
		run failing "$call:error=EIO:when=1+" -P "$d" -- create "$ID"
		[ "$status" = 1 ] || { cat "$BATS_TEST_TMPDIR/trace"; rt delete --force "$ID"; false; }
	done
	rmdir "$d"
}

@test "a stream that is closed and cannot be replaced is an error, not the number of the next file" {
	local n
	hidden() { unshare -m --propagation private sh -c 'mount -t tmpfs none /dev && exec "$@"' sh "$@"; }
	hidden "$OCIRT" --version >/dev/null
	run hidden sh -c '"$0" --version <&-' "$OCIRT"
	[ "$status" = 1 ]
	one_line 'open /dev/null for a stream that is closed: no such file or directory'
	for n in 1 2; do
		run hidden sh -c '"$0" --version '$n'>&-' "$OCIRT"
		[ "$status" = 1 ]
	done
}

@test "a hook has the whole state, or there is no container" {
	local n count FOLLOW=
	printf '#!/bin/sh\ncat >"%s"\n' "$BATS_TEST_TMPDIR/state" >"$BATS_TEST_TMPDIR/hook"
	chmod 755 "$BATS_TEST_TMPDIR/hook"
	config '.hooks.createRuntime = [{"path":$h}] | del(.linux.cgroupsPath, .linux.resources)' --arg h "$BATS_TEST_TMPDIR/hook"
	cd "$BUNDLE"
	run failing write:error=ENOMEM:when=10000 -- --cgroup-manager=disabled run "$ID"
	[ "$status" = 0 ]
	jq -e '.id == $id' --arg id "$ID" "$BATS_TEST_TMPDIR/state"
	count=$(grep -c 'write(' "$BATS_TEST_TMPDIR/trace")
	[ "$count" -ge 2 ]
	for ((n = 1; n <= count; n++)); do
		rm -f "$BATS_TEST_TMPDIR/state"
		run failing "write:error=ENOMEM:when=$n" -- --cgroup-manager=disabled run "$ID"
		# An empty document is no failure to jq.
		[ "$status" != 0 ] || [ "$(jq -r .id "$BATS_TEST_TMPDIR/state")" = "$ID" ] || { echo "$n: $output"; false; }
		rt delete --force "$ID"
	done
}
