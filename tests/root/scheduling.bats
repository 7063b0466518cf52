#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Scheduler, I/O priority, CPUs and memory nodes of the program and of each exec, as the kernel has them:
# tests/attributes.c asks with the system calls.

load ../helpers

setup_file() {
	export ATTRIBUTES=$BATS_FILE_TMPDIR/attributes
	cc -std=gnu17 -D_GNU_SOURCE -static -o "$ATTRIBUTES" "$BATS_TEST_DIRNAME/../attributes.c" || skip "no C compiler"
}
setup() {
	need_root
	is_ocirt || skip "newer than some runtimes"
	setup_bundle
	cp "$ATTRIBUTES" "$BUNDLE/rootfs/bin/attributes"
	args attributes
	host_before
}
teardown() { teardown_bundle; }

shows() { grep -qx -- "$1" <<<"$output" || { echo "wanted $1, got: $output"; return 1; }; }
# A real-time policy needs a share of real-time in the cgroup, where the kernel has such shares.
realtime_share() {
	local v1=/sys/fs/cgroup/cpu
	if [ -e "$v1/cpu.rt_runtime_us" ]; then
		[ "$(cat "$v1/cpu.rt_runtime_us")" -gt 0 ] || skip "no real-time share to give"
		config '.linux.resources.cpu = {"realtimePeriod":1000000,"realtimeRuntime":1000}'
	fi
}

@test "scheduler: SCHED_OTHER, SCHED_BATCH with nice, SCHED_IDLE" {
	config '.process.scheduler = {"policy":"SCHED_OTHER","nice":-5}'
	run run_container
	shows 'policy 0'
	shows 'nice -5'
	config '.process.scheduler = {"policy":"SCHED_BATCH","nice":7}'
	run run_container
	shows 'policy 3'
	shows 'nice 7'
	config '.process.scheduler = {"policy":"SCHED_IDLE"}'
	run run_container
	shows 'policy 5'
}

@test "scheduler: what is not set is 0, whatever the caller has" {
	config '.process.scheduler = {"policy":"SCHED_OTHER"}'
	run nice -n 7 "$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" = 0 ]
	for value in policy flags nice priority; do shows "$value 0"; done
	config '.process.scheduler = {"policy":"SCHED_BATCH"}'
	run nice -n 7 "$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" = 0 ]
	shows 'policy 3'
	shows 'nice 0'
	# Without a scheduler nothing is changed.
	config 'del(.process.scheduler)'
	run nice -n 7 "$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null
	shows 'nice 7'
}

@test "scheduler: SCHED_FIFO and SCHED_RR with a priority, for exec as well" {
	local policy number
	realtime_share
	for policy in SCHED_FIFO SCHED_RR; do
		number=$([ $policy = SCHED_FIFO ] && echo 1 || echo 2)
		config '.process.scheduler = {"policy":$p,"priority":10}' --arg p $policy
		run run_container
		[[ $output != *'sched_setattr'*'not permitted'* ]] || skip "the kernel gives this cgroup no real-time: $output"
		shows "policy $number"
		shows 'priority 10'
	done
	args sleep 100
	create_container
	rt start "$ID"
	run rt exec "$ID" attributes
	shows 'policy 2'
	shows 'priority 10'
	rt delete --force "$ID"
}

@test "scheduler: SCHED_FLAG_RESET_ON_FORK is there, and the children go without" {
	config '.process.scheduler = {"policy":"SCHED_BATCH","nice":-3,"flags":["SCHED_FLAG_RESET_ON_FORK"]}'
	script 'attributes; exec attributes'
	run run_container
	# The kernel takes a nice value below 0 from the children.
	[ "${lines[2]}" = 'nice 0' ]
	shows 'nice -3'
	shows 'policy 3'
	shows 'flags 1'
	# An exec is cloned twice by the runtime: the flag must not have taken the policy away by then.
	args sleep 100
	create_container
	rt start "$ID"
	run rt exec "$ID" attributes
	shows 'policy 3'
	shows 'nice -3'
	shows 'flags 1'
	rt delete --force "$ID"
}

@test "scheduler: SCHED_DEADLINE, which forbids fork, comes behind the startContainer hooks" {
	config '.process.scheduler = {"policy":"SCHED_DEADLINE","runtime":10000000,"deadline":30000000,"period":40000000} |
		.hooks = {"startContainer":[{"path":"/bin/sh","args":["sh","-c","id >/tmp/hooked; true"]}]}'
	run run_container
	[[ $output != *'EBUSY'* && $output != *'busy'* ]] || skip "no deadline bandwidth here: $output"
	[ "$status" = 0 ]
	shows 'policy 6'
	shows 'runtime 10000000'
	shows 'deadline 30000000'
	shows 'period 40000000'
	[ -s "$BUNDLE/rootfs/tmp/hooked" ]
	# The right to set it does not reach the program.
	args grep CapEff /proc/self/status
	run run_container
	[ $((0x${output##*[[:space:]]} >> 23 & 1)) = 0 ]
	config '.process.user = {"uid":1000,"gid":1000}'
	run run_container
	[ $((0x${output##*[[:space:]]} >> 23 & 1)) = 0 ]
}

@test "scheduler: what the kernel refuses names its place" {
	config '.process.scheduler = {"policy":"SCHED_DEADLINE","runtime":30000000,"deadline":10000000,"period":10000000}'
	run run_container
	[ "$status" != 0 ]
	one_line '/process/scheduler.*sched_setattr.*'
}

@test "scheduler: values that contradict the policy" {
	local wrong place
	while read -r place wrong; do
		config ".process.scheduler = $wrong"
		run run_container
		[ "$status" = 1 ]
		one_line "/process/scheduler/$place"
	done <<-'END'
		priority {"policy":"SCHED_FIFO"}
		priority {"policy":"SCHED_RR","priority":100}
		priority {"policy":"SCHED_OTHER","priority":1}
		nice {"policy":"SCHED_OTHER","nice":20}
		nice {"policy":"SCHED_FIFO","nice":1,"priority":1}
		runtime {"policy":"SCHED_BATCH","runtime":1}
		policy {"policy":"SCHED_NO"}
		flags/0 {"policy":"SCHED_BATCH","flags":["SCHED_FLAG_NO"]}
	END
}

@test "ioPriority: each class, for exec as well" {
	local class want
	for class in IOPRIO_CLASS_RT:3 IOPRIO_CLASS_BE:6 IOPRIO_CLASS_IDLE:0; do
		case $class in *_RT:3) want='1 3' ;; *_BE:6) want='2 6' ;; *) want='3 0' ;; esac
		config '.process.ioPriority = {"class":$c,"priority":($p|tonumber)}' --arg c "${class%:*}" --arg p "${class#*:}"
		run run_container
		shows "ioprio $want"
	done
	config '.process.ioPriority = {"class":"IOPRIO_CLASS_BE","priority":2}'
	args sleep 100
	create_container
	rt start "$ID"
	run rt exec "$ID" attributes
	shows 'ioprio 2 2'
	rt delete --force "$ID"
}

@test "execCPUAffinity: final for the program of an exec, and not for the first process" {
	[ "$(nproc)" -gt 1 ] || skip "one CPU"
	config '.process.execCPUAffinity = {"initial":"0","final":"1"}'
	run run_container
	[ "$(sed -n 's/^cpus //p' <<<"$output" | tr , '\n' | wc -l)" -gt 1 ]
	args sleep 100
	create_container
	rt start "$ID"
	run rt exec "$ID" attributes
	shows 'cpus 1'
	rt delete --force "$ID"
	# Without final the initial one does not stay: the cgroup decides.
	config '.process.execCPUAffinity = {"initial":"0"}'
	create_container
	rt start "$ID"
	run rt exec "$ID" attributes
	echo "$output"
	grep -qE '^cpus 0(,1.*)?$' <<<"$output"
	rt delete --force "$ID"
}

@test "execCPUAffinity: initial for the runtime's side of it" {
	[ "$(nproc)" -gt 1 ] || skip "one CPU"
	config '.process.execCPUAffinity = {"initial":"1","final":"0"}'
	args sleep 100
	create_container
	rt start "$ID"
	command -v strace >/dev/null || { rt delete --force "$ID"; skip "strace is missing"; }
	run strace -f -e trace=sched_setaffinity -o "$BATS_TEST_TMPDIR/trace" "$OCIRT" --root "$ROOT" exec "$ID" true
	[ "$status" = 0 ]
	[ "$(sed -nE 's/.*sched_setaffinity\(0, [0-9]+, \[([0-9]+)[] ].*/\1/p' "$BATS_TEST_TMPDIR/trace" | tr '\n' ' ')" = '1 0 ' ]
	rt delete --force "$ID"
}

@test "execCPUAffinity: a list that is none" {
	config '.process.execCPUAffinity = {"final":"0-x"}'
	run run_container
	[ "$status" = 1 ]
	one_line '/process/execCPUAffinity/final'
}

@test "memoryPolicy: every mode and flag, for exec as well" {
	[ -e /proc/self/numa_maps ] || skip "the kernel has no NUMA"
	local mode number flags bits nodes
	while read -r mode number nodes flags bits; do
		config '.linux.memoryPolicy = {"mode":$m,"flags":$f} | if $n == "-" then . else .linux.memoryPolicy.nodes = $n end' \
			--arg m "$mode" --arg n "$nodes" --argjson f "$flags"
		run run_container
		[[ $output != *'Invalid argument'* || $mode != MPOL_WEIGHTED_INTERLEAVE && $mode != MPOL_PREFERRED_MANY ]] || {
			echo "# $mode is newer than this kernel" >&3
			continue
		}
		shows "mempolicy $number flags $bits nodes ${nodes/-/}"
	done <<-'END'
		MPOL_DEFAULT 0 - [] 0
		MPOL_PREFERRED 1 0 [] 0
		MPOL_BIND 2 0 [] 0
		MPOL_INTERLEAVE 3 0 [] 0
		MPOL_LOCAL 4 - [] 0
		MPOL_PREFERRED_MANY 5 0 [] 0
		MPOL_WEIGHTED_INTERLEAVE 6 0 [] 0
		MPOL_BIND 2 0 ["MPOL_F_STATIC_NODES"] 8000
		MPOL_BIND 2 0 ["MPOL_F_RELATIVE_NODES"] 4000
		MPOL_BIND 2 0 ["MPOL_F_NUMA_BALANCING"] 2000
	END
	config '.linux.memoryPolicy = {"mode":"MPOL_BIND","nodes":"0"}'
	args sleep 100
	create_container
	rt start "$ID"
	run rt exec "$ID" attributes
	shows 'mempolicy 2 flags 0 nodes 0'
	rt delete --force "$ID"
}

@test "memoryPolicy: nodes that are not there are the kernel's error with its place" {
	[ -e /proc/self/numa_maps ] || skip "the kernel has no NUMA"
	[ ! -e /sys/devices/system/node/node63 ] || skip "a large machine"
	config '.linux.memoryPolicy = {"mode":"MPOL_BIND","nodes":"63"}'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/memoryPolicy.*set_mempolicy'
}
