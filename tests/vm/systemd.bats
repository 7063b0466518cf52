#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# The cgroup manager systemd: names, properties, ends.

load ../helpers

setup() {
	need_root
	[ -d /run/systemd/system ] || skip "systemd is not the init here"
	setup_bundle
	UNIT=ocirt-test-$$-$N.scope
	config '.linux.cgroupsPath = $p' --arg p "system.slice:ocirt-test-$$:$N"
	host_before
}
teardown() { teardown_bundle; }

v2() { [ -e /sys/fs/cgroup/cgroup.controllers ]; }
# create_unit: only create is told of systemd; the state remembers it.
create_unit() {
	(cd "$BUNDLE" && rt --systemd-cgroup create "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err") || {
		cat "$BATS_TEST_TMPDIR/err"
		return 1
	}
}
started() { create_unit; rt start "$ID"; }
property() { systemctl show -P "$1" "$UNIT"; }
# value V2-FILE CONTROLLER V1-FILE
value() {
	if v2; then cat "/sys/fs/cgroup/system.slice/$UNIT/$1"; else cat "/sys/fs/cgroup/$2/system.slice/$UNIT/$3"; fi
}
no_unit() { [ "$(systemctl show -P ActiveState "$UNIT")" = inactive ] && [ "$(systemctl show -P LoadState "$UNIT")" = not-found ]; }

@test "a scope in its slice, with its process, and gone with delete" {
	args sleep 1000
	started
	pid=$(rt state "$ID" | jq .pid)
	[ "$(property ActiveState)" = active ]
	[ "$(property Slice)" = system.slice ]
	[ "$(property Delegate)" = yes ]
	[ "$(property ControlGroup)" = "/system.slice/$UNIT" ]
	grep -q "/system.slice/$UNIT\$" "/proc/$pid/cgroup"
	[ "$(rt ps --format json "$ID" | jq -c .)" = "[$pid]" ]
	rt pause "$ID"
	[ "$(status_of)" = paused ]
	rt resume "$ID"
	rt delete --force "$ID"
	wait_for no_unit
}

@test "limits are in the files and in systemd's properties" {
	args sleep 1000
	# Debian's kernel has no memory controller for version 1.
	memory() { v2 || [ -e /sys/fs/cgroup/memory/cgroup.procs ]; }
	! memory || config '.linux.resources.memory = {"limit": 67108864, "reservation": 33554432}'
	config '.linux.resources.pids.limit = 77 | .linux.resources.cpu = {"shares": 512, "quota": 25000, "period": 50000}'
	started
	! memory || [ "$(value memory.max memory memory.limit_in_bytes)" = 67108864 ]
	[ "$(value pids.max pids pids.max)" = 77 ]
	[ "$(property TasksMax)" = 77 ]
	[ "$(property CPUQuotaPerSecUSec)" = 500ms ]
	[ "$(value cpu.weight cpu cpu.shares)" = "$(v2 && echo 59 || echo 512)" ]
	if v2; then
		[ "$(property MemoryMax)" = 67108864 ]
		[ "$(property MemoryLow)" = 33554432 ]
		[ "$(value cpu.max)" = "25000 50000" ]
	fi
	[ "$(property DevicePolicy)" = strict ]
	rt update --pids-limit 88 "$ID"
	! memory || rt update --memory 134217728 "$ID"
	# Through SetUnitProperties, or the next reload would write back what was there.
	[ "$(property TasksMax)" = 88 ]
	! v2 || [ "$(property MemoryMax)" = 134217728 ]
	systemctl daemon-reload
	! memory || [ "$(value memory.max memory memory.limit_in_bytes)" = 134217728 ]
	[ "$(value pids.max pids pids.max)" = 88 ]
	rt delete --force "$ID"
}

@test "create costs one call of systemd and hears of one job" {
	command -v strace >/dev/null || skip "no strace"
	args sleep 1000
	t=$BATS_TEST_TMPDIR/trace
	cd "$BUNDLE"
	# The container is traced with its creator, so that strace ends with it.
	strace -f -qq -s 4000 -e trace=%network,read,write,writev -o "$t" \
		"$OCIRT" --root "$ROOT" --systemd-cgroup create "$ID" </dev/null >/dev/null 2>&1 &
	tracer=$!
	wait_for is_status created
	cd /
	rt delete --force "$ID"
	wait $tracer || :
	# What is sent on the bus: a name for oneself, whose jobs to tell of, and the unit.
	calls=$(grep -oE '(sendmsg|writev?|send|sendto)\(.*' "$t" | grep -oE 'StartTransientUnit|AddMatch|Hello|GetAll|ResetFailedUnit|Properties|Subscribe|GetUnit' | sort | uniq -c | tr -s ' \n' ' ')
	echo "calls:$calls"
	[ "$calls" = " 1 AddMatch 1 Hello 1 StartTransientUnit " ]
	signals=$(grep -E '(recvmsg|read|recv|recvfrom)\(' "$t" | grep -o 'JobRemoved' | wc -l)
	echo "signals: $signals"
	[ "$signals" = 1 ]
}

@test "annotations become properties, and a wrong one is named" {
	args sleep 1000
	config '.annotations = {"org.systemd.property.TimeoutStopSec": "17", "org.systemd.property.CollectMode": "'"'inactive-or-failed'"'"}'
	started
	[ "$(property TimeoutStopUSec)" = 17s ]
	[ "$(property CollectMode)" = inactive-or-failed ]
	rt delete --force "$ID"
	config '.annotations = {"org.systemd.property.NoSuch": "17"}'
	run create_unit
	[ "$status" = 1 ]
	says NoSuch
	run rt state "$ID"
	[ "$status" = 1 ]
}

@test "a failed unit of the same name is reset" {
	systemctl stop "$UNIT" 2>/dev/null || :
	systemd-run -q --scope --unit "$UNIT" --slice system.slice -p RuntimeMaxSec=1 sleep 100 || :
	args sleep 1000
	started
	[ "$(property ActiveState)" = active ]
	rt delete --force "$ID"
}

@test "slices are expanded" {
	args sleep 1000
	config '.linux.cgroupsPath = $p' --arg p "ocirttest-a-b.slice:ocirt-test-$$:$N"
	started
	[ "$(property ControlGroup)" = "/ocirttest.slice/ocirttest-a.slice/ocirttest-a-b.slice/$UNIT" ]
	rt delete --force "$ID"
	wait_for no_unit
	systemctl stop ocirttest.slice
}

@test "runc puts the same path at the same place" {
	command -v runc >/dev/null || skip "no runc"
	args sleep 1000
	# As it is written by hand, by Docker, Podman and a kubelet, and with no slice.
	t=ocirt-test-$$
	# On version 1 systemd takes the first process of runc in a slice back into the slice, in the hierarchy of the devices, which
	# it makes there only then: so another unit with rules for devices is in it.
	systemctl start machine.slice
	systemd-run -q --slice=kubepods-burstable-pod01_23.slice --unit="$t-hold" -p DevicePolicy=closed sleep 1000
	for path in "system.slice:$t:$N" "system.slice:docker:$t" "machine.slice:libpod:$t" \
		"kubepods-burstable-pod01_23.slice:cri-containerd:$t" ":$t:$N"; do
		config '.linux.cgroupsPath = $p' --arg p "$path"
		UNIT=${path#*:}
		UNIT=${UNIT/:/-}.scope
		started
		ours=$(sort "/proc/$(rt state "$ID" | jq .pid)/cgroup")
		rt delete --force "$ID"
		wait_for no_unit
		(cd "$BUNDLE" && runc --systemd-cgroup --root "$BATS_TEST_TMPDIR/runc" run -d "$ID" </dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/err") || {
			cat "$BATS_TEST_TMPDIR/err"
			false
		}
		theirs=$(sort "/proc/$(runc --root "$BATS_TEST_TMPDIR/runc" state "$ID" | jq .pid)/cgroup")
		runc --root "$BATS_TEST_TMPDIR/runc" delete --force "$ID"
		wait_for no_unit
		grep -q "/$UNIT\$" <<<"$ours"
		diff <(echo "$ours") <(echo "$theirs")
	done
	systemctl stop "$t-hold" kubepods.slice
}

@test "run.oci.delegate-cgroup: below the unit, with its controllers" {
	v2 || skip "version 1 is not delegated"
	config '.annotations["run.oci.delegate-cgroup"] = "inner" | .linux.resources.pids = {limit: 30}
		| .linux.namespaces |= map(select(.type != "cgroup")) + [{type: "cgroup"}]'
	args sleep 1000
	started
	home=/system.slice/$UNIT/inner
	grep -qx "0::$home" "/proc/$(rt state "$ID" | jq .pid)/cgroup"
	[ "$(value pids.max)" = 30 ]
	grep -qw pids "/sys/fs/cgroup$home/cgroup.controllers"
	[ "$(cat "/sys/fs/cgroup$home/pids.max")" = max ]
	[ "$(rt exec "$ID" cat /proc/self/cgroup)" = 0::/ ]
	rt update --pids-limit 40 "$ID"
	[ "$(value pids.max)" = 40 ]
	rt delete --force "$ID"
	wait_for no_unit
}

@test "no name of a slice, and a path" {
	for p in bad:a:b /a/b a.slice:b; do
		config '.linux.cgroupsPath = $p' --arg p "$p"
		run create_unit
		[ "$status" = 1 ]
		one_line /linux/cgroupsPath
	done
}
