#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# update: new limits for a container that runs, written all or not at all, and kept.

load ../helpers
load ../cgroup-helpers

setup() { need_root; setup_bundle; host_before; }
teardown() { teardown_bundle; }

start_sleeper() { # with what config.json has
	args sleep 1000
	create_container
	rt start "$ID"
}

@test "update: an option changes its file and nothing else" {
	need_file memory memory.limit_in_bytes memory.max
	config '.linux.resources.memory = {"limit": 67108864} | .linux.resources.pids = {"limit": 30}'
	start_sleeper
	rt update --memory 128M "$ID"
	is_file memory.limit_in_bytes memory.max 134217728
	is_file pids.max pids.max 30
	rt update --pids-limit 40 "$ID"
	is_file memory.limit_in_bytes memory.max 134217728
	is_file pids.max pids.max 40
	rt update --pids-limit -1 --memory -1 "$ID"
	is_file pids.max pids.max max
	[ "$(status_of)" = running ]
}

@test "update: a limit above and below the one of memory and swap together" {
	need_file memory memory.memsw.limit_in_bytes memory.swap.max
	config '.linux.resources.memory = {"limit": 33554432, "swap": 33554432}'
	start_sleeper
	rt update --memory 64m --memory-swap 64m "$ID"
	is_file memory.limit_in_bytes memory.max 67108864
	rt update --memory 16m --memory-swap 16m "$ID"
	is_file memory.limit_in_bytes memory.max 16777216
	rt update --memory -1 "$ID"
	is_v2 || [ "$(cg memory.memsw.limit_in_bytes)" -gt 1000000000000 ]
	! is_ocirt || [ "$(jq -c '[.memory.limit, .memory.swap]' "$ROOT/$ID/resources.json")" = '[-1,-1]' ]
	rt update --pids-limit 40 "$ID"
}

@test "update: quota and period that only fit together" {
	need_file cpu cpu.cfs_quota_us cpu.max
	config '.linux.resources.cpu = {"quota": 50000, "period": 50000}'
	start_sleeper
	rt update --cpu-quota 20000 --cpu-period 20000 --cpu-burst 10000 "$ID"
	if is_v2; then
		[ "$(cg cpu.max)" = "20000 20000" ]
	else
		[ "$(cg cpu.cfs_quota_us) $(cg cpu.cfs_period_us) $(cg cpu.cfs_burst_us)" = "20000 20000 10000" ]
	fi
	# The burst of before is more than this quota.
	rt update --cpu-quota 5000 --cpu-burst 1000 "$ID"
	if is_v2; then
		[ "$(cg cpu.max) $(cg cpu.max.burst)" = "5000 20000 1000" ]
	else
		[ "$(cg cpu.cfs_quota_us) $(cg cpu.cfs_burst_us)" = "5000 1000" ]
	fi
	rt update --cpu-period 40000 "$ID"
	if is_v2; then
		[ "$(cg cpu.max)" = "5000 40000" ]
	else
		[ "$(cg cpu.cfs_quota_us) $(cg cpu.cfs_period_us)" = "5000 40000" ]
	fi
}

@test "update: --resources from a file and from standard input, and kept" {
	need_file cpu cpu.shares cpu.weight
	start_sleeper
	echo '{"cpu":{"shares":512},"pids":{"limit":21}}' >"$BATS_TEST_TMPDIR/r.json"
	rt update --resources "$BATS_TEST_TMPDIR/r.json" "$ID"
	is_file cpu.shares cpu.weight 512 59
	is_file pids.max pids.max 21
	echo '{"cpu":{"shares":256},"memory":{},"blockIO":{}}' | rt update -r - "$ID"
	is_file cpu.shares cpu.weight 256 35
	is_ocirt || skip "the file is ours"
	[ "$(jq -c '[.cpu.shares, .pids.limit]' "$ROOT/$ID/resources.json")" = '[256,21]' ]
	# The configuration stays what create was given.
	cmp "$BUNDLE/config.json" "$ROOT/$ID/config.json"
}

@test "update: what was written before a refused value is taken back" {
	is_ocirt || skip "others leave it half done"
	need_file memory memory.limit_in_bytes memory.max
	config '.linux.resources.memory = {"limit": 67108864} | .linux.resources.cpu = {"shares": 700} | .linux.resources.pids = {"limit": 30}'
	start_sleeper
	# cpu and memory come before the device, which is no device number of this host.
	echo '{"cpu":{"shares":300,"quota":30000},"memory":{"limit":134217728},"pids":{"limit":50},
		"blockIO":{"throttleReadBpsDevice":[{"major":4000,"minor":77,"rate":1000}]}}' >"$BATS_TEST_TMPDIR/r.json"
	run rt update -r "$BATS_TEST_TMPDIR/r.json" "$ID"
	[ "$status" = 1 ]
	one_line "update $ID: /blockIO/throttleReadBpsDevice/0: write 4000:77 .*no such device"
	is_file cpu.shares cpu.weight 700 75
	is_v2 || [ "$(cg cpu.cfs_quota_us)" = -1 ]
	is_file memory.limit_in_bytes memory.max 67108864
	is_file pids.max pids.max 30
	[ ! -e "$ROOT/$ID/resources.json" ]
}

@test "update: device rules of a v1 hierarchy, and no instant denies what stays allowed" {
	is_ocirt || skip "others do not update devices"
	need_file devices devices.list devices.list
	args sleep 1000
	config '.linux.resources.devices = [{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":10,"minor":229,"access":"rw"}]
		| .linux.devices = [{"path":"/dev/fuse","type":"c","major":10,"minor":229,"fileMode":438}]'
	create_container
	rt start "$ID"
	device_line 'c 10:229 rw'
	in_cgroup sh -c 'while [ ! -e "$1" ]; do : </dev/null || : >"$2"; done' sh \
		"$BATS_TEST_TMPDIR/end" "$BATS_TEST_TMPDIR/denied" 3>&- &
	p=$!
	echo '{"devices":[{"allow":false,"access":"rwm"}]}' | rt update -r - "$ID"
	touch "$BATS_TEST_TMPDIR/end"
	wait $p
	[ ! -e "$BATS_TEST_TMPDIR/denied" ]
	run device_line 'c 10:229 rw'
	[ "$status" = 1 ]
	device_line 'c 1:3 rwm'
}

@test "update: wrong values name what was wrong and change nothing" {
	need_file pids pids.max pids.max
	config '.linux.resources.pids = {"limit": 30}'
	start_sleeper
	run rt update --memory lots "$ID"
	[ "$status" != 0 ]
	! is_ocirt || one_line '--memory: "lots" is not a valid number'
	echo '{"memory":{"limit":"12"}}' >"$BATS_TEST_TMPDIR/r.json"
	run rt update -r "$BATS_TEST_TMPDIR/r.json" "$ID"
	[ "$status" != 0 ]
	! is_ocirt || one_line 'r.json:1:[0-9]+: /memory/limit: expected a number'
	run rt update --cpuset-cpus 5000 "$ID"
	[ "$status" != 0 ]
	! is_ocirt || one_line '/cpu/cpus: write 5000 to .*cpuset.cpus'
	is_file pids.max pids.max 30
}

@test "update: a stopped and a missing container" {
	args true
	create_container
	rt start "$ID"
	wait_for is_status stopped
	run rt update --pids-limit 5 "$ID"
	[ "$status" = 1 ]
	! is_ocirt || one_line "update $ID: container not running"
	run rt update --pids-limit 5 nobody
	[ "$status" = 1 ]
	! is_ocirt || one_line 'does not exist'
}
