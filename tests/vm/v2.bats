#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016
# cgroup v2 with its controllers, by files.

load ../helpers

setup() {
	need_root
	[ -e /sys/fs/cgroup/cgroup.controllers ] || skip "no pure cgroup v2 here"
	setup_bundle
	host_before
}
teardown() { teardown_bundle; }
started() { create_container; rt start "$ID"; }
value() { cat "/sys/fs/cgroup$CG/$1"; }

@test "each limit is in its file" {
	args sleep 1000
	config '.linux.resources.memory = {"limit": 67108864, "swap": 134217728, "reservation": 33554432}
		| .linux.resources.pids.limit = 77
		| .linux.resources.cpu = {"shares": 1024, "quota": 25000, "period": 50000, "cpus": "0", "mems": "0"}
		| .linux.resources.unified = {"memory.high": "50331648"}'
	started
	[ "$(value memory.max)" = 67108864 ]
	[ "$(value memory.swap.max)" = 67108864 ]
	[ "$(value memory.low)" = 33554432 ]
	[ "$(value memory.high)" = 50331648 ]
	[ "$(value pids.max)" = 77 ]
	[ "$(value cpu.max)" = "25000 50000" ]
	[ "$(value cpu.weight)" = 100 ]
	[ "$(value cpuset.cpus)" = 0 ]
	rt update --memory 134217728 --memory-swap 268435456 --pids-limit 88 "$ID"
	[ "$(value memory.max)" = 134217728 ]
	[ "$(value pids.max)" = 88 ]
	rt delete --force "$ID"
}

@test "an allocation over the limit is killed" {
	config '.linux.resources.memory = {"limit": 16777216, "swap": 16777216}'
	script 'x=$(head -c 100000000 /dev/zero | tr "\0" a)'
	ln -sf busybox "$BUNDLE/rootfs/bin/tr"
	run run_container
	[ "$status" != 0 ]
}

@test "a fork over the limit is refused" {
	config '.linux.resources.pids.limit = 4'
	script 'for i in 1 2 3 4 5 6; do sleep 5 & done 2>/tmp/err; echo done'
	run run_container
	grep -qi "fork" "$BUNDLE/rootfs/tmp/err"
}

@test "a device that is not allowed is denied" {
	script 'mknod /tmp/kmsg c 1 11 && head -c 1 /tmp/kmsg'
	ln -sf busybox "$BUNDLE/rootfs/bin/mknod"
	config '.process.capabilities[] += ["CAP_MKNOD"]'
	run run_container
	[ "$status" != 0 ]
	says "[Oo]peration not permitted"
	script 'head -c 1 /dev/zero >/dev/null'
	run run_container
	[ "$status" = 0 ]
}

@test "cgroups below the container's own go with it" {
	args sleep 1000
	started
	mkdir -p "/sys/fs/cgroup$CG/a/b" "/sys/fs/cgroup$CG/c"
	rt state "$ID" | jq .pid >"/sys/fs/cgroup$CG/a/b/cgroup.procs"
	echo 1 >"/sys/fs/cgroup$CG/a/cgroup.freeze"
	timeout 60 "$OCIRT" --root "$ROOT" delete --force "$ID"
}
