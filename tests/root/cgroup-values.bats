#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# linux.resources: what is asked for is what the kernel's file then holds.

load ../helpers
load ../cgroup-helpers

setup() { need_root; setup_bundle; host_before; args sleep 1000; }
teardown() {
	[ -z "${LOOP-}" ] || { echo none >"/sys/block/${LOOP#/dev/}/queue/scheduler"; losetup -d "$LOOP"; }
	teardown_bundle
}

@test "cgroup values: memory" {
	need_file memory memory.limit_in_bytes memory.max
	config '.linux.resources.memory = {"limit": 67108864, "reservation": 33554432}'
	create_container
	is_file memory.limit_in_bytes memory.max 67108864
	is_file memory.soft_limit_in_bytes memory.low 33554432
}

@test "cgroup values: memory and swap together" {
	need_file memory memory.memsw.limit_in_bytes memory.swap.max
	config '.linux.resources.memory = {"limit": 67108864, "swap": 100663296}'
	create_container
	is_file memory.memsw.limit_in_bytes memory.swap.max 100663296 33554432
}

@test "cgroup values: memory without a limit" {
	need_file memory memory.limit_in_bytes memory.max
	config '.linux.resources.memory = {"limit": -1, "swap": -1, "reservation": -1}'
	create_container
	if is_v2; then
		[ "$(cg memory.max)" = max ]
	else
		[ "$(cg memory.limit_in_bytes)" = "$(cat /sys/fs/cgroup/memory/memory.limit_in_bytes)" ]
	fi
}

@test "cgroup values: swappiness, disableOOMKiller, useHierarchy, kernel, kernelTCP" {
	! is_v2 || skip "cgroup v2 has none of them"
	need_file memory memory.kmem.tcp.limit_in_bytes -
	config '.linux.resources.memory = {"swappiness": 7, "disableOOMKiller": true, "useHierarchy": true,
		"kernel": 50331648, "kernelTCP": 4194304}'
	create_container
	[ "$(cg memory.swappiness)" = 7 ]
	cg memory.oom_control | grep -qx 'oom_kill_disable 1'
	[ "$(cg memory.use_hierarchy)" = 1 ]
	[ "$(cg memory.kmem.tcp.limit_in_bytes)" = 4194304 ]
	# A kernel since 5.16 takes the limit of kernel memory and does nothing with it.
	[ "$(cg memory.kmem.limit_in_bytes)" = 50331648 ] || [ "$(cg memory.kmem.limit_in_bytes)" -gt 1000000000000 ]
}

@test "cgroup values: cpu shares, quota, period and burst" {
	need_file cpu cpu.cfs_burst_us cpu.max.burst
	config '.linux.resources.cpu = {"shares": 512, "quota": 40000, "period": 80000, "burst": 10000}'
	create_container
	is_file cpu.shares cpu.weight 512 59
	if is_v2; then
		[ "$(cg cpu.max)" = "40000 80000" ]
	else
		[ "$(cg cpu.cfs_quota_us)/$(cg cpu.cfs_period_us)" = 40000/80000 ]
	fi
	is_file cpu.cfs_burst_us cpu.max.burst 10000
}

@test "cgroup values: cpu idle" {
	need_file cpu cpu.idle cpu.idle
	config '.linux.resources.cpu = {"idle": 1}'
	create_container
	is_file cpu.idle cpu.idle 1
}

@test "cgroup values: realtime, in a directory whose parents have none" {
	! is_v2 || skip "cgroup v2 has no realtime limits"
	need_file cpu cpu.rt_runtime_us -
	if by_systemd; then # the slice has none before
		config '.linux.resources.cpu = {"realtimeRuntime": 2000, "realtimePeriod": 500000}'
		create_container
		[ "$(cg cpu.rt_runtime_us) $(cg cpu.rt_period_us)" = "2000 500000" ]
		[ "$(cat "$(hierarchy cpu)/system.slice/cpu.rt_runtime_us")" -ge 4000 ]
		return
	fi
	config '.linux.cgroupsPath = $p | .linux.resources.cpu = {"realtimeRuntime": 2000, "realtimePeriod": 500000}' --arg p "$CG/a/b"
	create_container
	[ "$(cat "/sys/fs/cgroup/cpu$CG/a/b/cpu.rt_runtime_us")" = 2000 ]
	[ "$(cat "/sys/fs/cgroup/cpu$CG/a/b/cpu.rt_period_us")" = 500000 ]
	[ "$(cat "/sys/fs/cgroup/cpu$CG/cpu.rt_runtime_us")" = 4000 ] # of its own period, a second
	# A second one beside it takes what the first has not.
	config '.linux.cgroupsPath = $p' --arg p "$CG/a/c"
	(cd "$BUNDLE" && rt create "$ID-2" </dev/null >/dev/null 2>&1)
	[ "$(cat "/sys/fs/cgroup/cpu$CG/a/c/cpu.rt_runtime_us")" = 2000 ]
	rt delete --force "$ID-2"
}

@test "cgroup values: cpuset, set and taken from above" {
	need_file cpuset cpuset.cpus cpuset.cpus
	config '.linux.resources.cpu = {"cpus": "0", "mems": "0"}'
	create_container
	is_file cpuset.cpus cpuset.cpus 0
	pid=$(rt state "$ID" | jq .pid)
	grep -qx 'Cpus_allowed_list:	0' "/proc/$pid/status"
	rt delete --force "$ID"
	config 'del(.linux.resources.cpu)'
	create_container
	is_v2 || [ "$(cg cpuset.cpus)" = "$(cat /sys/fs/cgroup/cpuset/cpuset.cpus)" ]
}

@test "cgroup values: pids" {
	need_file pids pids.max pids.max
	for limit in 33:33 -1:max 0:0; do
		config '.linux.resources.pids = {"limit": $l}' --argjson l "${limit%:*}"
		create_container
		is_file pids.max pids.max "${limit#*:}"
		rt start "$ID"
		rt delete --force "$ID"
	done
}

@test "cgroup values: throttles of block I/O" {
	need_file blkio blkio.throttle.read_bps_device io.max
	dev=$(some_disk)
	config '.linux.resources.blockIO = {
		"throttleReadBpsDevice": [{"major": $M, "minor": $m, "rate": 1048576}],
		"throttleWriteBpsDevice": [{"major": $M, "minor": $m, "rate": 2097152}],
		"throttleReadIOPSDevice": [{"major": $M, "minor": $m, "rate": 100}],
		"throttleWriteIOPSDevice": [{"major": $M, "minor": $m, "rate": 200}]}' \
		--argjson M "${dev%:*}" --argjson m "${dev#*:}"
	create_container
	if is_v2; then
		[ "$(cg io.max)" = "$dev rbps=1048576 wbps=2097152 riops=100 wiops=200" ]
	else
		[ "$(cg blkio.throttle.read_bps_device)" = "$dev 1048576" ]
		[ "$(cg blkio.throttle.write_bps_device)" = "$dev 2097152" ]
		[ "$(cg blkio.throttle.read_iops_device)" = "$dev 100" ]
		[ "$(cg blkio.throttle.write_iops_device)" = "$dev 200" ]
	fi
}

@test "cgroup values: weight of block I/O" {
	need_file blkio blkio.bfq.weight io.bfq.weight
	config '.linux.resources.blockIO = {"weight": 300}'
	create_container
	if is_v2; then [ "$(cg io.bfq.weight)" = "default 300" ]; else [ "$(cg blkio.bfq.weight)" = 300 ]; fi
}

@test "cgroup values: weight of block I/O on one disk" {
	need_file blkio blkio.bfq.weight_device io.bfq.weight
	# Only a disk with this scheduler has weights: one of our own.
	truncate -s 1M "$BATS_TEST_TMPDIR/disk"
	LOOP=$(losetup -f --show "$BATS_TEST_TMPDIR/disk") || skip "no loop device here"
	echo bfq 2>/dev/null >"/sys/block/${LOOP#/dev/}/queue/scheduler" || skip "no BFQ here"
	dev=$(cat "/sys/block/${LOOP#/dev/}/dev")
	config '.linux.resources.blockIO = {"weight": 200, "weightDevice": [{"major": $M, "minor": $m, "weight": 300}]}' \
		--argjson M "${dev%:*}" --argjson m "${dev#*:}"
	create_container
	if is_v2; then
		[ "$(cg io.bfq.weight)" = $'default 200\n'"$dev 300" ]
	else
		[ "$(cg blkio.bfq.weight) $(grep "^$dev " "$(cg_dir blkio.)/blkio.bfq.weight_device")" = "200 $dev 300" ]
	fi
}

@test "cgroup values: huge pages" {
	need_layout hugetlb
	config '.linux.resources.hugepageLimits = [{"pageSize": "2MB", "limit": 4194304}]'
	script 'cd /cg; cat hugetlb.2MB.limit_in_bytes hugetlb.2MB.rsvd.limit_in_bytes'
	host_view hugetlb
	run in_layout hugetlb "${RT[@]}" run -b "$BUNDLE" "$ID"
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = $'4194304\n4194304' ]
	config '.linux.resources.hugepageLimits[0].pageSize = "3MB"'
	run in_layout hugetlb "${RT[@]}" run -b "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	! is_ocirt || one_line '/linux/resources/hugepageLimits/0: open .*hugetlb.3MB.limit_in_bytes: no such file'
}

@test "cgroup values: huge pages in a cgroup2, whose controllers are handed down" {
	local top=/sys/fs/cgroup
	! by_systemd || skip "the path is one of files"
	is_v2 || top=/sys/fs/cgroup/unified
	! hierarchy hugetlb >/dev/null || skip "version 1 has hugetlb here"
	has_hugetlb() { grep -qsw hugetlb $top/cgroup.controllers || release_controllers; }
	wait_for has_hugetlb 2>/dev/null || skip "no cgroup2 with hugetlb here"
	config '.linux.cgroupsPath = $p | .linux.resources.hugepageLimits = [{"pageSize": "2MB", "limit": 4194304}]' --arg p "$CG/a/b"
	host_view a
	script 'cat /sys/fs/cgroup/hugetlb.2MB.max /sys/fs/cgroup/hugetlb.2MB.rsvd.max'
	run in_layout v2 "${RT[@]}" run -b "$BUNDLE" "$ID"
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = $'4194304\n4194304' ]
	is_ocirt || skip "others refuse it beside v1"
	# The same by its name, and only this controller is handed down where v1 has the others.
	config 'del(.linux.resources.hugepageLimits) | .linux.resources.unified = {"hugetlb.2MB.max": "2097152"}'
	args sleep 1000
	create_container
	[ "$(cat "$top$CG/a/b/hugetlb.2MB.max")" = 2097152 ]
	rt delete --force "$ID"
	is_v2 || echo -hugetlb >$top/cgroup.subtree_control
}

@test "cgroup values: a controller of a cgroup2 that is taken back while it is handed down" {
	local top=/sys/fs/cgroup
	is_ocirt || skip "others refuse it beside v1"
	! by_systemd || skip "the path is one of files"
	command -v strace >/dev/null || skip "no strace"
	is_v2 || top=/sys/fs/cgroup/unified
	! hierarchy hugetlb >/dev/null || skip "version 1 has hugetlb here"
	args true
	has_hugetlb() { grep -qsw hugetlb $top/cgroup.controllers || release_controllers; }
	wait_for has_hugetlb 2>/dev/null || skip "no cgroup2 with hugetlb here"
	config '.linux.cgroupsPath = $p | .linux.resources.unified = {"hugetlb.2MB.max": "2097152"}' --arg p "$CG/a/b"
	# What the kernel says when the level above has lost it in between.
	run strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -P "$top$CG/a/cgroup.subtree_control" \
		-e inject=write:error=ENOENT:when=1..3 "${RT[@]}" run -b "$BUNDLE" "$ID" </dev/null
	echo "$output"
	is_v2 || echo -hugetlb >$top/cgroup.subtree_control
	[ "$status" = 0 ]
	[ "$(grep -c ENOENT.*INJECTED "$BATS_TEST_TMPDIR/trace")" = 3 ]
	# Where it is refused for good nobody waits.
	run strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -P "$top$CG/a/cgroup.subtree_control" \
		-e inject=write:error=EBUSY "${RT[@]}" run -b "$BUNDLE" "$ID" </dev/null
	is_v2 || echo -hugetlb >$top/cgroup.subtree_control
	[ "$status" = 1 ]
	says 'the controller hugetlb is not available there'
	[ "$(grep -c EBUSY.*INJECTED "$BATS_TEST_TMPDIR/trace")" -lt 20 ]
}

@test "cgroup values: network class" {
	need_layout net_cls
	config '.linux.resources.network = {"classID": 1048577}'
	args cat /cg/net_cls.classid
	host_view net_cls
	run in_layout net_cls "${RT[@]}" run -b "$BUNDLE" "$ID"
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = 1048577 ]
}

@test "cgroup values: network priorities" {
	need_layout net_prio
	config '.linux.resources.network = {"priorities": [{"name": "lo", "priority": 7}]}'
	args grep '^lo ' /cg/net_prio.ifpriomap
	host_view net_prio
	run in_layout net_prio "${RT[@]}" run -b "$BUNDLE" "$ID"
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = "lo 7" ]
	config '.linux.resources.network.priorities[0].name = "nodev7"'
	run in_layout net_prio "${RT[@]}" run -b "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	! is_ocirt || one_line '/linux/resources/network/priorities/0: write nodev7 7'
}

@test "cgroup values: controllers that share a hierarchy" {
	need_layout net_cls,net_prio
	config '.linux.resources.network = {"classID": 1048577, "priorities": [{"name": "lo", "priority": 7}]}'
	script 'cat /cg/net_cls.classid /sys/fs/cgroup/net_cls/net_cls.classid; grep "^lo " /sys/fs/cgroup/net_prio/net_prio.ifpriomap'
	host_view net_cls,net_prio
	run in_layout net_cls,net_prio "${RT[@]}" run -b "$BUNDLE" "$ID"
	echo "$output"
	[ "$output" = $'1048577\n1048577\nlo 7' ]
	# The tree of the host, where there is no cgroup namespace.
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
	run in_layout net_cls,net_prio "${RT[@]}" run -b "$BUNDLE" "$ID"
	[ "$output" = $'1048577\n1048577\nlo 7' ]
}

@test "cgroup values: unified beside v1 hierarchies, and alone" {
	is_ocirt || skip "others refuse it beside v1"
	[ -d /sys/fs/cgroup/unified ] || is_v2 || skip "no cgroup2 here"
	config '.linux.resources.unified = {"cgroup.max.descendants": "5", "cgroup.max.depth": "3"}'
	create_container
	d=/sys/fs/cgroup/unified$CG
	[ -d "$d" ] || d=/sys/fs/cgroup$CG
	[ "$(cat "$d/cgroup.max.descendants" "$d/cgroup.max.depth")" = $'5\n3' ]
	rt delete --force "$ID"
	args true
	! is_v2 && by_systemd ||
		in_layout v2 "${RT[@]}" run -b "$BUNDLE" "$ID"
	config '.linux.resources.unified = {"memory.never": "5"}'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/resources/unified/memory.never: .*(controller memory is not available|no such file)'
}
