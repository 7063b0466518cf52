#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel says about the program's memory policy and personality.

load ../helpers

setup() { need_root; setup_bundle; host_before; }
teardown() { teardown_bundle; }

@test "memoryPolicy: mode, flags and nodes" {
	[ -e /proc/self/numa_maps ] || skip "the kernel has no NUMA"
	is_ocirt || skip "a field that older runtimes leave out"
	args head -1 /proc/self/numa_maps
	for want in 'MPOL_BIND 0 [] bind:0' 'MPOL_PREFERRED 0 [] prefer:0' 'MPOL_INTERLEAVE 0 [] interleave:0' \
		'MPOL_BIND 0 ["MPOL_F_STATIC_NODES"] bind=static:0' 'MPOL_LOCAL - [] local' 'MPOL_DEFAULT - [] default'; do
		read -r mode nodes flags shown <<<"$want"
		config '.linux.memoryPolicy = {mode: $m, flags: $f} | if $n == "-" then . else .linux.memoryPolicy.nodes = $n end' \
			--arg m "$mode" --arg n "$nodes" --argjson f "$flags"
		run run_container
		[ "$status" = 0 ] || { echo "$want: $output"; false; }
		says " $shown( |$)"
	done
	config '.linux.memoryPolicy = {"mode": "MPOL_NO", "nodes": "0"}'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/memoryPolicy/mode'
	config '.linux.memoryPolicy = {"mode": "MPOL_BIND", "nodes": "x"}'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/memoryPolicy/nodes'
}

@test "personality: LINUX and LINUX32" {
	ln -sf busybox "$BUNDLE/rootfs/bin/uname"
	args uname -m
	config '.linux.personality = {"domain": "LINUX"}'
	[ "$(run_container)" = "$(uname -m)" ]
	config '.linux.personality = {"domain": "LINUX32"}'
	[ "$(uname -m)" != x86_64 ] || [ "$(run_container)" = i686 ]
	config '.linux.personality = {"domain": "LINUX", "flags": ["x"]}'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/personality'
}
