#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The attributes of the process as it reads them of itself.

load ../helpers

setup() { need_root; setup_bundle; host_before; }
teardown() { teardown_bundle; }

@test "limits that would be in the runtime's own way, and an ordinary user" {
	config '.process.user = {"uid":1000,"gid":1000} | .process.rlimits = [
		{"type":"RLIMIT_NOFILE","soft":4,"hard":5},{"type":"RLIMIT_FSIZE","soft":0,"hard":0}]'
	args cat /proc/self/limits
	create_container
	rt start "$ID"
	wait_for is_status stopped
	rt delete "$ID"
	# Its output goes to a file, and the limit of a file is nothing.
	[ ! -s "$BATS_TEST_TMPDIR/out" ]
	run run_container
	[ "$status" = 0 ]
	says 'Max open files +4 +5'
	says 'Max file size +0 +0'
}

@test "consoleSize counts with a terminal alone, whatever it says" {
	script 'test -t 0 || echo none; test -e /dev/console || echo no console'
	for size in '{"height":11,"width":22}' '{"height":0,"width":0}' '{"height":70000,"width":1}'; do
		for terminal in false null; do
			config '.process.consoleSize = $s | .process.terminal = $t' --argjson s "$size" --argjson t $terminal
			run run_container
			[ "$status" = 0 ]
			[ "$output" = $'none\nno console' ]
		done
	done
}

@test "oomScoreAdj: the value, 0 too; where it is not set the caller's stays" {
	args cat /proc/self/oom_score_adj
	under() { (echo "$1" >/proc/self/oom_score_adj && run_container); }
	for caller in 77 300; do
		config 'del(.process.oomScoreAdj)'
		[ "$(under $caller)" = $caller ]
		for value in 0 555 1000; do
			config '.process.oomScoreAdj = $v' --argjson v $value
			[ "$(under $caller)" = $value ]
		done
	done
}

@test "a limit that is there twice is an error" {
	config '.process.rlimits = [{"type":"RLIMIT_CORE","soft":0,"hard":0},{"type":"RLIMIT_CORE","soft":0,"hard":0}]'
	run run_container
	[ "$status" = 1 ]
	one_line '/process/rlimits/1'
}

@test "personality" {
	[ "$(uname -m)" = x86_64 ] || skip "LINUX32 has another name there"
	ln -sf busybox "$BUNDLE/rootfs/bin/uname"
	config '.linux.personality = {"domain":"LINUX32"}'
	args uname -m
	run run_container
	[ "$output" = i686 ]
}

@test "the caller's groups stay with run.oci.keep_original_groups" {
	is_ocirt || skip "crun's annotation"
	args grep ^Groups /proc/self/status
	run setpriv --groups 4242 "$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" = 0 ]
	[[ ! $output =~ 4242 ]]
	config '.annotations = {"run.oci.keep_original_groups":"1"}'
	run setpriv --groups 4242 "$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" = 0 ]
	says 4242
}

@test "unknown system calls end create with run.oci.seccomp_fail_unknown_syscall" {
	is_ocirt || skip "crun's annotation"
	config '.annotations = {"run.oci.seccomp_fail_unknown_syscall":"1"}
		| .linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["no_such_call"],"action":"SCMP_ACT_ERRNO"}]}'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/seccomp/syscalls.*no_such_call'
}

@test "labels of a module that the kernel does not have are refused" {
	is_ocirt || skip "some runtimes ignore them"
	if [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" != Y ]; then
		config '.process.apparmorProfile = "some-profile"'
		run run_container
		[ "$status" = 1 ]
		one_line '/process/apparmorProfile'
		config 'del(.process.apparmorProfile)'
	fi
	[ ! -e /sys/fs/selinux/enforce ] || skip "SELinux is here"
	config '.process.selinuxLabel = "a:b:c:s0"'
	run run_container
	[ "$status" = 1 ]
	one_line '/process/selinuxLabel'
}

@test "a class of service is an error where there are none, and update names what is missing" {
	is_ocirt || skip "ours"
	! grep -q ' - resctrl ' /proc/self/mountinfo || skip "this machine has resctrl"
	config '.linux.intelRdt = {"closID":"x","enableMonitoring":true}'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/intelRdt.*resctrl'
	config 'del(.linux.intelRdt)'
	args sleep 100
	create_container
	run rt update --l3-cache-schema L3:0=f "$ID"
	[ "$status" = 1 ]
	one_line 'linux.intelRdt'
	run rt update --mem-bw-schema MB:0=20 "$ID"
	[ "$status" = 1 ]
	rt delete --force "$ID"
}

@test "args[0] with a slash is executed by that name, from the working directory" {
	local name
	printf '#!/bin/sh\necho "$0"\n' >"$BUNDLE/rootfs/bin/me"
	chmod +x "$BUNDLE/rootfs/bin/me"
	config '.process.cwd = "/tmp"'
	for name in ../bin/me ./../bin/me //bin/me /bin/me; do
		args "$name"
		run run_container
		[ "$status" = 0 ]
		[ "$output" = "$name" ]
	done
	args me
	run run_container
	[ "$output" = /bin/me ]
	args ./me
	run run_container
	[ "$status" = 1 ]
	one_line '/process/args/0: exec: "./me": stat ./me: no such file or directory'
}

@test "what loses its parent in a pid namespace that is the host's too is reaped by run" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	script 'i=0; while [ $i -lt 3 ]; do (sh -c "echo \$\$ >>/tmp/pids" &); i=$((i + 1)); done; read x </tmp/end'
	mkfifo "$BUNDLE/rootfs/tmp/end"
	run_container >/dev/null 2>&1 3>&- &
	runtime=$!
	reaped() {
		local pid
		[ "$(cat "$BUNDLE/rootfs/tmp/pids" 2>/dev/null | wc -l)" = 3 ] || return 1
		while read -r pid; do [ ! -d "/proc/$pid" ] || return 1; done <"$BUNDLE/rootfs/tmp/pids"
	}
	wait_for reaped
	is_status running
	echo >"$BUNDLE/rootfs/tmp/end"
	wait $runtime
}
