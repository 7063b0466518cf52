#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A container inside of a container: the outer one has the host's programs, ocirt itself and a bundle.

load ../helpers

bats_require_minimum_version 1.5.0

setup() {
	need_root
	setup_bundle
	local d
	INNER=$BUNDLE/rootfs/inner
	mkdir -p "$INNER/rootfs" "$BUNDLE/rootfs/run"
	chmod 1777 "$BUNDLE/rootfs/run"
	cp -a "$BUNDLE"/rootfs/{bin,etc,proc,sys,dev,tmp,root} "$INNER/rootfs/"
	cp -a "$OCIRT" "$BUNDLE/rootfs/ocirt"
	# What the program is linked with, under the names that it looks for.
	while read -r d; do
		mkdir -p "$BUNDLE/rootfs$(dirname "$d")"
		cp -L "$d" "$BUNDLE/rootfs$d"
	done < <(ldd "$OCIRT" | grep -o '/[^ ]*')
	chown -R 100000:100000 "$BUNDLE/rootfs"
	host_before
}
teardown() { teardown_bundle; }

inner() { # FILTER: the inner configuration
	rm -f "$INNER/config.json"
	"$OCIRT" spec -b "$INNER"
	jq '.process.terminal = false | .root.readonly = false | .process.args = ["sh", "-c", "echo inner $$; id -u; cat /proc/self/uid_map"]
		| del(.linux.resources) | '"$1" "$INNER/config.json" >"$INNER/new"
	mv "$INNER/new" "$INNER/config.json"
	chown 100000:100000 "$INNER/config.json"
}
outer() { # FILTER
	config '.process.args = ["/ocirt", "--root", "/run/o", "--cgroup-manager", "disabled", "run", "-b", "/inner", "i"]'
	config "$1"
}
everything='["bounding","permitted","effective"] as $k | (reduce $k[] as $x ({}; .[$x] = ["CAP_SYS_ADMIN","CAP_SETUID","CAP_SETGID","CAP_CHOWN",
	"CAP_FOWNER","CAP_DAC_OVERRIDE","CAP_MKNOD","CAP_SYS_CHROOT","CAP_SETPCAP","CAP_NET_ADMIN","CAP_KILL","CAP_SYS_RESOURCE"]))'
user='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
visible='.linux.maskedPaths = [] | .linux.readonlyPaths = []'
inner_user='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 10}] | .linux.gidMappings = .linux.uidMappings'

@test "root in a user namespace: an inner container without one of its own" {
	inner .
	outer "$user | $visible | .process.capabilities = ($everything)"
	run run_container
	echo "$output"
	[ "$status" = 0 ]
	says 'inner 1'
	says '0 +100000 +65536'
}

@test "root in a user namespace: an inner one with part of its ids" {
	inner "$inner_user"
	chown -R 101000:101000 "$INNER/rootfs"
	outer "$user | $visible | .process.capabilities = ($everything)"
	run run_container
	echo "$output"
	[ "$status" = 0 ]
	says 'inner 1'
	says '0 +1000 +10'
}

@test "an ordinary user inside, without a capability: a user namespace of one id" {
	inner '.process.capabilities = {} | .mounts |= map(select(.type != "cgroup")) | .linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 7, size: 1}] | .linux.gidMappings = .linux.uidMappings'
	chown -R 100007:100007 "$INNER"
	outer "$user | $visible | .process.user = {uid: 7, gid: 7} | .process.capabilities = {} | .process.noNewPrivileges = true"
	run run_container
	echo "$output"
	[ "$status" = 0 ]
	says 'inner 1'
	says '0 +7 +1'
}

# lives BY-WHOM: every verb of an inner container, and exec with a terminal, by a script of the outer one.
lives() {
	cat >"$BUNDLE/rootfs/lives" <<-'SH'
		#!/bin/sh
		set -e
		r="/ocirt --root /run/o --cgroup-manager disabled"
		$r create -b /inner i </dev/null >/run/out 2>&1 || { cat /run/out; exit 1; }
		$r exec i echo in a created one
		$r start i
		$r exec i sh -c 'echo status of exec $(($$ > 1)); exit 7' || echo "exec $?"
		$r exec i nosuch || echo "exec $?"
		$r exec -t i tty </dev/null
		$r exec -d --pid-file /run/pid i sleep 100 </dev/null >/dev/null 2>&1
		grep -q sleep "/proc/$(cat /run/pid)/cmdline"
		mkdir /run/host && echo of the outer one >/run/host/f
		echo '[{"destination":"/mnt","type":"bind","source":"/run/host","options":["bind","ro"]}]' >/run/list
		$r mounts add i /run/list
		$r exec i cat /mnt/f
		$r kill i KILL
		while [ "$($r state i | grep -c '"status": "stopped"')" = 0 ]; do sleep 0.05; done
		$r delete i
		$r list -q
		echo the end
	SH
	chmod 755 "$BUNDLE/rootfs/lives"
	ln -sf busybox "$INNER/rootfs/bin/tty"
	mkdir -p "$INNER/rootfs/mnt"
	chown -R "$1" "$INNER"
	run run_container
	echo "$output"
	[ "$status" = 0 ]
	says 'in a created one'
	says 'status of exec 1'
	says 'exec 7'
	says 'executable file not found in \$PATH'
	says 'exec 255'
	says '/dev/pts/0'
	says 'of the outer one'
	[ "${lines[-1]}" = "the end" ]
}

@test "root in a user namespace: an inner container's whole life, with exec, terminals and mounts" {
	inner '.process.args = ["sleep", "1000"]'
	outer "$user | $visible | .process.capabilities = ($everything) | .process.args = [\"/lives\"]"
	lives 100000:100000
}

@test "an ordinary user inside: an inner container's whole life, with exec, terminals and mounts" {
	inner '.process.args = ["sleep", "1000"] | .process.capabilities = {} | .mounts |= map(select(.type != "cgroup"))
		| .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 7, size: 1}] | .linux.gidMappings = .linux.uidMappings'
	outer "$user | $visible | .process.user = {uid: 7, gid: 7} | .process.capabilities = {} | .process.noNewPrivileges = true | .process.args = [\"/lives\"]"
	lives 100007:100007
}

# With the rights over the outer mounts the masks are no bar: they could be taken off. In a user namespace of
# one's own they are locked, and the kernel refuses a procfs without them.
@test "where the outer container masks /proc, no new one can be mounted: said so, not shown without masks" {
	inner "$inner_user"
	chown -R 101000:101000 "$INNER/rootfs"
	outer "$user | .process.capabilities = ($everything)"
	run run_container
	echo "$output"
	[ "$status" = 1 ]
	one_line '/mounts/0 /proc: no procfs can be mounted where parts .* masked: .*operation not permitted'
	# The pid namespace that is here, with the masks that it has here.
	inner "$inner_user"' | .linux.namespaces |= map(select(.type != "pid"))
		| .linux.maskedPaths = [] | .linux.readonlyPaths = [] | .process.args[2] = "cat /proc/timer_list 2>/dev/null; (echo x >/proc/sys/kernel/domainname) 2>/dev/null || echo read-only"'
	run run_container
	echo "$output"
	[ "$status" = 0 ]
	[ "$(grep -v '^/process' <<<"$output")" = read-only ]
}
