#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# pause and resume: seen from outside, by the kernel and by the other verbs.

load ../helpers

setup() {
	need_root
	setup_bundle
	ln -sf busybox "$BUNDLE/rootfs/bin/mv"
	host_before
}
teardown() { teardown_bundle; }

# counting: a program that counts in a file; whether that grows says whether it runs.
counting() { script 'i=0; while :; do i=$((i+1)); echo $i > /tmp/m; mv /tmp/m /tmp/n; done'; }
started() {
	create_container
	rt start "$ID"
}
number() { cat "$BUNDLE/rootfs/tmp/n" 2>/dev/null || echo 0; }
grows() { local n; n=$(number); wait_for number_is_not "$n"; }
number_is_not() { local m; m=$(number); [ -n "$m" ] && [ "$m" != "$1" ]; }
# frozen PID: what the kernel says about it, whichever freezer holds it.
frozen() {
	local c
	while IFS=: read -r _ c path; do
		case $c in
		freezer) grep -qx FROZEN "/sys/fs/cgroup/freezer$path/freezer.state" && return ;;
		'') grep -qsx 'frozen 1' "/sys/fs/cgroup/unified$path/cgroup.events" \
			"/sys/fs/cgroup$path/cgroup.events" && return ;;
		esac
	done <"/proc/$1/cgroup"
	return 1
}

@test "pause holds all processes, resume lets them run" {
	counting
	started
	pid=$(rt state "$ID" | jq .pid)
	grows
	rt pause "$ID"
	frozen "$pid"
	[ "$(status_of)" = paused ]
	[ "$(rt list --format json | jq -r '.[0].status')" = paused ]
	rt resume "$ID"
	if frozen "$pid"; then false; fi
	[ "$(status_of)" = running ]
	grows
	rt delete --force "$ID"
}

@test "a container that somebody else froze is paused, and resume thaws it" {
	[ -e /sys/fs/cgroup/freezer ] || skip "no v1 freezer"
	args sleep 100
	started
	echo FROZEN >"/sys/fs/cgroup/freezer$CG/freezer.state"
	wait_for is_status paused
	rt resume "$ID"
	[ "$(status_of)" = running ]
	[ "$(cat "/sys/fs/cgroup/freezer$CG/freezer.state")" = THAWED ]
	rt delete --force "$ID"
}

@test "pause twice, resume of what is not paused" {
	args sleep 100
	started
	run rt resume "$ID"
	[ "$status" = 1 ]
	one_line "container not paused"
	rt pause "$ID"
	run rt pause "$ID"
	[ "$status" = 1 ]
	one_line "paused already"
	run rt start "$ID"
	[ "$status" = 1 ]
	rt delete --force "$ID"
}

@test "pause of a stopped container and of none" {
	create_container
	rt start "$ID"
	wait_for is_status stopped
	for verb in pause resume; do
		run rt "$verb" "$ID"
		[ "$status" = 1 ]
		one_line "container not running"
		run rt "$verb" none
		[ "$status" = 1 ]
		one_line "container does not exist"
	done
	rt delete "$ID"
}

@test "a created container can be paused, and starts after resume" {
	args sleep 100
	create_container
	rt pause "$ID"
	[ "$(status_of)" = paused ]
	rt resume "$ID"
	[ "$(status_of)" = created ]
	rt start "$ID"
	[ "$(status_of)" = running ]
	rt delete --force "$ID"
}

@test "delete of a paused container is refused, delete --force ends it" {
	args sleep 100
	started
	rt pause "$ID"
	run rt delete "$ID"
	[ "$status" = 1 ]
	says paused
	timeout 120 "$OCIRT" --root "$ROOT" delete --force "$ID"
}

@test "the same where only the v1 freezer has frozen it" {
	[ -e /sys/fs/cgroup/freezer ] || skip "no v1 freezer"
	args sleep 100
	started
	echo FROZEN >"/sys/fs/cgroup/freezer$CG/freezer.state"
	wait_for is_status paused
	timeout 120 "$OCIRT" --root "$ROOT" delete --force "$ID"
	started
	echo FROZEN >"/sys/fs/cgroup/freezer$CG/freezer.state"
	wait_for is_status paused
	rt kill "$ID" KILL
	wait_for is_status stopped
	rt delete "$ID"
}

@test "SIGKILL ends a paused container, SIGTERM waits for resume" {
	script 'trap "echo term > /tmp/got; exit" TERM; echo > /tmp/ready; while :; do sleep 0.1; done'
	started
	wait_for test -e "$BUNDLE/rootfs/tmp/ready"
	rt pause "$ID"
	rt kill "$ID" TERM
	[ "$(status_of)" = paused ]
	rt resume "$ID"
	wait_for is_status stopped
	[ "$(cat "$BUNDLE/rootfs/tmp/got")" = term ]
	rt delete "$ID"
	rm "$BUNDLE/rootfs/tmp/ready"
	started
	wait_for test -e "$BUNDLE/rootfs/tmp/ready"
	rt pause "$ID"
	rt kill "$ID" KILL
	wait_for is_status stopped
	rt delete "$ID"
}

@test "with v1 hierarchies alone" {
	[ -e /sys/fs/cgroup/freezer ] || skip "no v1 freezer"
	args sleep 100
	# In a mount namespace of its own, without the cgroup2 beside them.
	cd "$BUNDLE"
	cat >"$BATS_TEST_TMPDIR/v1" <<-'SH'
		set -e
		if [ -e /sys/fs/cgroup/unified ]; then umount /sys/fs/cgroup/unified; fi
		r="$OCIRT --root $ROOT"
		$r create "$ID" </dev/null >/dev/null 2>&1
		$r start "$ID"
		$r pause "$ID"
		grep -qx FROZEN "/sys/fs/cgroup/freezer$CG/freezer.state"
		[ "$($r state "$ID" | jq -r .status)" = paused ]
		$r resume "$ID"
		grep -qx THAWED "/sys/fs/cgroup/freezer$CG/freezer.state"
		$r pause "$ID"
		$r kill --all "$ID" KILL
		$r delete --force "$ID"
		$r create "$ID" </dev/null >/dev/null 2>&1
		$r start "$ID"
		$r pause "$ID"
		$r delete --force "$ID"
	SH
	export OCIRT ROOT ID CG
	timeout 120 unshare -m --propagation private bash -x "$BATS_TEST_TMPDIR/v1"
}

@test "with v2 alone, where a cgroup has the name of a v1 hierarchy" {
	[ -e /sys/fs/cgroup/unified ] && [ -e /sys/fs/cgroup/pids ] || skip "no cgroup2 beside version 1 that could stand alone"
	args sleep 100
	cd "$BUNDLE"
	cat >"$BATS_TEST_TMPDIR/v2" <<-'SH'
		set -e
		top=/sys/fs/cgroup/unified$CG-top
		mkdir "$top" "$top/pids"
		mount --bind "$top" /sys/fs/cgroup
		r="$OCIRT --root $ROOT"
		$r create "$ID" </dev/null >/dev/null 2>&1
		$r start "$ID"
		[ ! -e "/sys/fs/cgroup/pids$CG" ]
		grep -qx "$($r state "$ID" | jq .pid)" "/sys/fs/cgroup$CG/cgroup.procs"
		$r pause "$ID"
		grep -qx "frozen 1" "/sys/fs/cgroup$CG/cgroup.events"
		[ "$($r state "$ID" | jq -r .status)" = paused ]
		$r resume "$ID"
		$r exec "$ID" true
		$r delete --force "$ID"
		umount /sys/fs/cgroup
		rmdir "$top/pids" "$top"
	SH
	export OCIRT ROOT ID CG
	timeout 120 unshare -m --propagation private bash -x "$BATS_TEST_TMPDIR/v2"
}
