#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# linux.netDevices, with veth pairs in a network namespace of the test's own.

load ../helpers

setup() {
	need_root
	command -v ip >/dev/null || skip "ip is missing"
	setup_bundle
	host_before
	# What stands for the host: the runtime runs in it, and what is in it ends with this process.
	namespace
	HOST=$HOLDER
	inside ip link add o0 type veth peer name o1 || skip "no veth devices"
	inside ip addr add 192.0.2.7/24 dev o0
	inside ip addr add 2001:db8::7/64 dev o0
	inside ip addr add 169.254.7.7/16 scope link dev o0
	inside ip link set o0 mtu 1400 address 02:00:00:00:00:77 up
	config '.linux.netDevices = {"o0":{}}'
}
teardown() {
	local result=0
	teardown_bundle || result=1
	kill ${HOST-} ${other-} 2>/dev/null || :
	return $result
}

differs() { [ "$(readlink /proc/$HOLDER/ns/net)" != "$(readlink /proc/self/ns/net)" ]; }
# namespace: a new one, that the process $HOLDER keeps
namespace() {
	unshare -n sleep 300 &
	HOLDER=$!
	wait_for differs
}
inside() { nsenter -n -t $HOST "$@"; }
rt() { inside "$OCIRT" --root "$ROOT" "$@"; }

@test "a device moves with its addresses of global scope, its MTU and its hardware address, and is up" {
	script 'ip addr show dev o0'
	run run_container
	[ "$status" = 0 ]
	says 'inet 192.0.2.7/24'
	says 'inet6 2001:db8::7/64'
	says 'mtu 1400'
	says '02:00:00:00:00:77'
	says '[<,]UP[,>]'
	[[ ! $output =~ 169.254.7.7 ]]
}

@test "under another name, and under the first free one of a template" {
	config '.linux.netDevices = {"o0":{"name":"inside"},"o1":{"name":"eth%d"}}'
	script 'ls /sys/class/net'
	script 'ip -o link | sed "s/^[0-9]*: \([^:@]*\).*/\1/"'
	run run_container
	[ "$status" = 0 ]
	[ "$(sort <<<"$output" | tr '\n' ' ')" = "eth0 inside lo " ]
}

@test "createRuntime hooks find it there" {
	config '.hooks.createRuntime = [{path:"/bin/sh",args:["sh","-c","exec >\($f); p=$(sed \"s/.*\\\"pid\\\":\\([0-9]*\\).*/\\1/\"); exec /usr/bin/nsenter -n -t $p /sbin/ip addr show dev o0"]}]' \
		--arg f "$BATS_TEST_TMPDIR/seen"
	[ -x /sbin/ip ] || skip "no /sbin/ip"
	run run_container
	[ "$status" = 0 ]
	grep -q 192.0.2.7 "$BATS_TEST_TMPDIR/seen"
}

@test "delete takes it out of no namespace: with that of the container it ends, as the kernel has it" {
	config '.linux.netDevices = {"o0":{"name":"inside"}}'
	args sleep 100
	create_container
	rt start "$ID"
	run inside ip link show o0
	[ "$status" != 0 ]
	inside ip link show o1
	rt delete --force "$ID"
	# A veth pair is virtual: the kernel ends it, both halves, a moment later.
	has_ended() { ! inside ip link show o1; }
	wait_for has_ended
	run inside ip link show o0
	[ "$status" != 0 ]
}

@test "a create that fails gives it back" {
	config '.linux.netDevices = {"o0":{"name":"inside"}} | .hooks.createRuntime = [{path:"/bin/false"}]'
	run run_container
	[ "$status" = 1 ]
	run inside ip addr show dev o0
	[ "$status" = 0 ]
	says 'inet 192.0.2.7/24'
}

@test "a child that fails behind the move: it comes back all the same, from a namespace of its own and a joined one" {
	namespace
	other=$HOLDER
	config '.hooks.createContainer = [{path:"/bin/false"}]'
	for path in "" /proc/$other/ns/net; do
		config '.linux.namespaces |= map(if .type == "network" and $p != "" then .path = $p else . end)' --arg p "$path"
		run run_container
		[ "$status" = 1 ]
		one_line 'createContainer'
		run inside ip addr show dev o0
		[ "$status" = 0 ]
		says 'inet 192.0.2.7/24'
	done
}

@test "a joined namespace: a taken name is an error, and delete leaves the device in it" {
	namespace
	other=$HOLDER
	config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/'$other'/ns/net" else . end)
		| .linux.netDevices = {"o0":{"name":"lo"}}'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/netDevices/o0: .*file exists'
	run inside ip addr show dev o0
	says 'inet 192.0.2.7/24'
	config '.linux.netDevices = {"o0":{"name":"inside"}}'
	create_container
	rt start "$ID"
	wait_for is_status stopped
	nsenter -n -t $other ip link show inside
	rt delete "$ID"
	run nsenter -n -t $other ip addr show dev inside
	[ "$status" = 0 ]
	says 'inet 192.0.2.7/24'
	says '[<,]UP[,>]'
	run inside ip link show o0
	[ "$status" != 0 ]
}

@test "a joined namespace: back under its name where create fails, and behind a killed one" {
	namespace
	other=$HOLDER
	config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/'$other'/ns/net" else . end)
		| .linux.netDevices = {"o0":{"name":"eth%d"}}
		| .hooks.createRuntime = [{path:"/bin/sh",args:["sh","-c","nsenter -n -t '$other' ip link show eth0 >\($f); exit 1"]}]' \
		--arg f "$BATS_TEST_TMPDIR/seen"
	run create_container
	[ "$status" = 1 ]
	grep -q eth0 "$BATS_TEST_TMPDIR/seen"
	inside ip link show o0
	# The runtime is killed when the device has gone and nothing else is written yet.
	config '.hooks.createRuntime = [{path:"/bin/sh",args:["sh","-c","kill -9 $PPID"]}] | .linux.netDevices = {"o0":{"name":"gone"}}'
	run create_container
	[ "$status" != 0 ]
	nsenter -n -t $other ip link show gone
	rt delete --force "$ID"
	inside ip link show o0
	# Under names that nobody knew before.
	nsenter -n -t $other ip link add eth0 type veth peer name eth2
	config '.linux.netDevices = {"o0":{"name":"eth%d"},"o1":{"name":"eth%d"}}'
	run create_container
	[ "$status" != 0 ]
	nsenter -n -t $other ip link show eth1
	nsenter -n -t $other ip link show eth3
	rt delete --force "$ID"
	inside ip link show o1
	run inside ip addr show dev o0
	[ "$status" = 0 ]
	says 'inet 192.0.2.7/24'
}

@test "a device that is not there" {
	config '.linux.netDevices = {"o0":{},"nothere":{}}'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/netDevices/nothere: find network device nothere: no such device'
	inside ip link show o0
}
