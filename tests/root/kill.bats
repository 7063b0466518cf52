#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# Ends of containers that do not want to end: each verb within its deadline, and nothing left.

load ../helpers

setup() { need_root; setup_bundle; host_before; }
teardown() { teardown_bundle; }

started() {
	create_container
	rt start "$ID"
}
# bounded VERB...: within the deadline that the verbs have.
bounded() { timeout 120 "$OCIRT" --root "$ROOT" "$@"; }
host_pids() { config 'del(.linux.namespaces[] | select(.type == "pid"))'; }
all_pids() { rt ps --format json "$ID" | jq -r '.[]'; }
has_pids() { [ "$(all_pids | wc -l)" -ge "$1" ]; }
no_pids() { [ -z "$(all_pids)" ]; }
# For 'in a private mount namespace without the cgroup2': the rest of the command line.
v1_alone() {
	[ -e /sys/fs/cgroup/freezer ] || skip "no v1 freezer"
	timeout 120 unshare -m --propagation private sh -c \
		'[ ! -e /sys/fs/cgroup/unified ] || umount /sys/fs/cgroup/unified; exec "$@"' sh "$@"
}
# Some hundred processes that live a third of a second, and their makers, as fast as those can.
storm='f() { while :; do sh -c "sleep 0.3 & sleep 0.3 & :" & sleep 0.01; done; }; f & f & echo > /tmp/ready; f'

@test "init is dead and a child alive in the host's pid namespace" {
	host_pids
	script 'sleep 100 & sleep 101 & echo > /tmp/ready; exit 0'
	started
	wait_for is_status stopped
	has_pids 2
	rt kill "$ID" KILL
	wait_for no_pids
	run rt kill "$ID" KILL
	[ "$status" = 1 ]
	one_line "container not running"
	rt delete "$ID"
	started
	wait_for is_status stopped
	has_pids 2
	bounded delete "$ID"
}

@test "kill --all reaches every process" {
	host_pids
	script 'trap "" TERM; sh -c "trap \"\" TERM; echo > /tmp/ready; sleep 100; sleep 100" & wait; sleep 100'
	started
	wait_for test -e "$BUNDLE/rootfs/tmp/ready"
	before=$(all_pids | wc -l)
	[ "$before" -ge 2 ]
	bounded kill --all "$ID" KILL
	wait_for no_pids
	wait_for is_status stopped
	bounded kill --all "$ID" KILL
	rt delete "$ID"
}

@test "kill --all with another signal" {
	host_pids
	script 'for i in 1 2 3; do sh -c "trap \"echo > /tmp/got$i; exit\" USR1; echo > /tmp/ready$i; while :; do sleep 0.1; done" & done; trap "" USR1; wait'
	started
	for i in 1 2 3; do wait_for test -e "$BUNDLE/rootfs/tmp/ready$i"; done
	bounded kill --all "$ID" USR1
	for i in 1 2 3; do wait_for test -e "$BUNDLE/rootfs/tmp/got$i"; done
	[ "$(status_of)" != paused ]
	bounded delete --force "$ID"
}

@test "a stopped process" {
	args sleep 100
	started
	rt kill "$ID" STOP
	bounded delete --force "$ID"
	started
	rt kill "$ID" STOP
	bounded kill "$ID" KILL
	wait_for is_status stopped
	bounded delete "$ID"
}

@test "a fork storm in the host's pid namespace" {
	host_pids
	config '.linux.resources.pids.limit = 4000'
	script "$storm"
	started
	wait_for test -e "$BUNDLE/rootfs/tmp/ready"
	wait_for has_pids 20
	bounded delete --force "$ID"
}

@test "a fork storm paused and killed" {
	host_pids
	config '.linux.resources.pids.limit = 4000'
	script "$storm"
	started
	wait_for test -e "$BUNDLE/rootfs/tmp/ready"
	wait_for has_pids 20
	bounded pause "$ID"
	a=$(all_pids)
	[ "$a" = "$(all_pids)" ]
	bounded kill --all "$ID" KILL
	wait_for no_pids
	bounded delete "$ID"
}

@test "a fork storm where version 1 is alone" {
	host_pids
	config '.linux.resources.pids.limit = 4000'
	script "$storm"
	cd "$BUNDLE"
	v1_alone "$OCIRT" --root "$ROOT" create "$ID" </dev/null >/dev/null 2>&1
	v1_alone "$OCIRT" --root "$ROOT" start "$ID"
	wait_for test -e "$BUNDLE/rootfs/tmp/ready"
	wait_for has_pids 20
	v1_alone "$OCIRT" --root "$ROOT" delete --force "$ID"
}

@test "cgroups below the container's own, with processes in them" {
	args sleep 100
	started
	pid=$(rt state "$ID" | jq .pid)
	while IFS=: read -r _ c path; do
		d=/sys/fs/cgroup/${c#name=}$path
		[ -n "$c" ] || d=/sys/fs/cgroup/unified$path
		[ -d "$d" ] || continue
		case $d in *ocirt-test-*) ;; *) continue ;; esac
		mkdir -p "$d/a/b" "$d/c"
		for f in cpuset.cpus cpuset.mems; do
			[ -e "$d/$f" ] || continue
			for s in a a/b c; do cat "$d/$f" >"$d/$s/$f"; done
		done
		echo "$pid" >"$d/a/b/cgroup.procs"
	done <"/proc/$pid/cgroup"
	[ "$(all_pids)" = "$pid" ]
	rt pause "$ID"
	rt resume "$ID"
	[ ! -e "/sys/fs/cgroup/freezer$CG/a/b" ] || echo FROZEN >"/sys/fs/cgroup/freezer$CG/a/b/freezer.state"
	bounded delete --force "$ID"
}

@test "no verb sleeps, and none looks again and again" {
	command -v strace >/dev/null || skip "no strace"
	mkfifo "$BUNDLE/rootfs/tmp/wait"
	script 'read x < /tmp/wait' # waits without a sleep of its own
	cd "$BUNDLE"
	t="$BATS_TEST_TMPDIR/trace"
	# The container is traced with its creator, so that strace ends with it.
	strace -f -qq -o "$t.create" "$OCIRT" --root "$ROOT" create "$ID" </dev/null >/dev/null 2>&1 &
	tracer=$!
	wait_for is_status created
	for v in start pause resume pause delete; do
		words=("$v")
		[ $v != delete ] || words+=(--force)
		timeout 120 strace -qq -o "$t.$v" "$OCIRT" --root "$ROOT" "${words[@]}" "$ID" </dev/null >/dev/null 2>&1
	done
	wait $tracer || :
	for v in create start pause resume delete; do
		run grep -E '^([0-9]+ +)?(clock_)?nanosleep|poll\((NULL|\[\]), 0|pselect|select\(0' "$t.$v"
		[ "$status" = 1 ] || { echo "$v: $output"; false; }
		[ "$(grep -cE '(^| )p?poll\(' "$t.$v")" -lt 12 ] || { echo "$v polls"; grep -E '(^| )p?poll\(' "$t.$v"; false; }
	done
}
