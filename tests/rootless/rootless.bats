#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# An ordinary user's containers: a user namespace, no cgroup of its own to rely on.

load ../helpers

setup() {
	[ "$(id -u)" != 0 ] || skip "for an ordinary user"
	SPEC_FLAGS=(--rootless)
	setup_bundle
	host_before
}
teardown() { teardown_bundle; }

@test "spec --rootless maps the caller to root" {
	jq -e --argjson u "$(id -u)" '.linux.uidMappings[0] == {containerID: 0, hostID: $u, size: 1}' "$BUNDLE/config.json"
	jq -e '[.linux.namespaces[].type] | index("user")' "$BUNDLE/config.json"
	script 'id -u; cat /proc/self/uid_map; cat /proc/self/setgroups; exit 4'
	run run_container
	[ "$status" = 4 ]
	[ "${lines[0]}" = 0 ]
	says "0 +$(id -u) +1"
	says 'deny'
}

@test "create, start, kill, delete" {
	args sleep 100
	create_container
	[ "$(status_of)" = created ]
	rt start "$ID"
	[ "$(status_of)" = running ]
	rt kill "$ID" KILL
	wait_for is_status stopped
	rt delete "$ID"
}

@test "files made inside are the caller's outside" {
	script 'echo x > /tmp/made'
	run_container
	[ "$(stat -c %u "$BUNDLE/rootfs/tmp/made")" = "$(id -u)" ]
}

@test "errors are one line" {
	args no-such-program
	run run_container
	[ "$status" = 1 ]
	one_line 'executable file not found in \$PATH'
}

@test "no cgroup: goes on without one, and names what is missing when limits are asked for" {
	local d
	for d in /sys/fs/cgroup /sys/fs/cgroup/*/; do [ ! -w "$d" ] || skip "a cgroup is writable: $d"; done
	run run_container
	[ "$status" = 0 ]
	config '.linux.resources.pids.limit = 5'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/cgroupsPath: limits and cgroupsPath need a cgroup that is delegated to you'
	config 'del(.linux.resources) | .linux.cgroupsPath = "/ocirt-test-x"'
	run run_container
	[ "$status" = 1 ]
	one_line 'delegated to you'
}

@test "spec --rootless runs as it is" {
	rm "$BUNDLE/config.json"
	(cd "$BUNDLE" && "$OCIRT" spec --rootless)
	printf 'echo it runs; id -u; exit\n' >"$BATS_TEST_TMPDIR/keys"
	run command script -qec "cd '$BUNDLE' && '$OCIRT' --root '$ROOT' run '$ID'" /dev/null <"$BATS_TEST_TMPDIR/keys"
	says 'it runs'
}

@test "devices are the host's, and of no use beyond their permissions" {
	script 'echo x >/dev/null && head -c 3 /dev/zero | wc -c && stat -c "%F %t:%T" /dev/full /dev/urandom /dev/tty; mknod /tmp/n c 1 3 2>&1'
	ln -sf busybox "$BUNDLE/rootfs/bin/mknod"
	ln -sf busybox "$BUNDLE/rootfs/bin/wc"
	run run_container
	echo "$output"
	[ "${lines[0]}" = 3 ]
	says 'character special file 1:7'
	says 'Operation not permitted'
}

@test "no cgroup below /sys can be written" {
	config 'del(.mounts[] | select(.destination == "/sys/fs/cgroup"))'
	script 'grep " /sys/fs/cgroup" /proc/self/mountinfo | cut -d" " -f5,6 | grep -v " ro" ; echo done'
	run run_container
	echo "$output"
	[ "$output" = done ]
}

@test "the host's pid namespace: /proc is the one that is here" {
	config 'del(.linux.namespaces[] | select(.type == "pid"))'
	script 'echo "my pid is $$"; ls /proc/self/ns | wc -l'
	ln -sf busybox "$BUNDLE/rootfs/bin/wc"
	run run_container
	echo "$output"
	[ "$status" = 0 ]
	[ "${lines[0]}" != "my pid is 1" ]
}

@test "more ids than one's own without a range in /etc/subuid: the helper's words" {
	command -v newuidmap >/dev/null || skip "no newuidmap"
	! grep -q "^$(id -un):\|^$(id -u):" /etc/subuid 2>/dev/null || skip "this user has subordinate ids"
	config '.linux.uidMappings += [{containerID: 1, hostID: 200000, size: 10}]'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/uidMappings: .*newuidmap: exit status 1: .*not allowed'
}

@test "additional groups where setgroups is denied are refused, not dropped" {
	config '.process.user.additionalGids = [1]'
	run run_container
	[ "$status" = 1 ]
	says '/process/user/additionalGids'
}

@test "inside a user namespace that somebody else made (unshare -Ur), with and without one of its own" {
	unshare -Ur true || skip "user namespaces are refused here"
	script 'id -u; cat /proc/self/uid_map'
	config '.linux.uidMappings[0].hostID = 0 | .linux.gidMappings[0].hostID = 0'
	OCIRT_BUNDLE=$BUNDLE run unshare -Ur "$OCIRT" --root "$ROOT" run -b "$BUNDLE" "$ID"
	echo "$output"
	[ "$status" = 0 ]
	[ "${lines[0]}" = 0 ]
	config 'del(.linux.uidMappings, .linux.gidMappings) | del(.linux.namespaces[] | select(.type == "user"))'
	run unshare -Ur "$OCIRT" --root "$ROOT" run -b "$BUNDLE" "$ID"
	echo "$output"
	[ "$status" = 0 ]
	[ "${lines[0]}" = 0 ]
	# Without a state directory of its own: /run belongs to somebody else.
	run env -u XDG_RUNTIME_DIR -u USER unshare -Ur "$OCIRT" run -b "$BUNDLE" "$ID"
	[ "$status" = 0 ]
}

@test "a user and a network namespace that this user made are joined together" {
	unshare -Ur true || skip "user namespaces are refused here"
	unshare -Urn --pid --fork sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
	local outer=$! child='' i
	for ((i = 0; i < 1200; i++)); do
		read -r child <"/proc/$outer/task/$outer/children" 2>/dev/null || :
		[ -z "$child" ] || [ "$(tr '\0' ' ' <"/proc/$child/cmdline")" != "sleep 1000 " ] || break
		sleep 0.05
	done
	config '.linux.namespaces = [{type: "network", path: "/proc/\($p)/ns/net"}, {type: "mount"},
		{type: "pid", path: "/proc/\($p)/ns/pid"}, {type: "user", path: "/proc/\($p)/ns/user"}]
		| del(.linux.uidMappings, .linux.gidMappings, .hostname) | del(.mounts[] | select(.destination == "/dev/mqueue"))' --arg p "$child"
	script 'readlink /proc/self/ns/net; readlink /proc/self/ns/pid; id -u'
	local want
	want=$(readlink "/proc/$child/ns/net" "/proc/$child/ns/pid")
	run run_container
	kill -KILL "$child"
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = "$want
0" ]
}

@test "root of a user namespace joins network and pid namespaces, and keeps its own" {
	unshare -Ur true || skip "user namespaces are refused here"
	local shape
	cat >"$BATS_TEST_TMPDIR/inside" <<-'SH'
		unshare -n --pid --fork sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
		outer=$!
		for ((i = 0; i < 1200; i++)); do
			read -r child <"/proc/$outer/task/$outer/children" 2>/dev/null || :
			[ -z "$child" ] || [ "$(tr '\0' ' ' <"/proc/$child/cmdline")" != "sleep 1000 " ] || break
			sleep 0.05
		done
		jq --arg p "$child" --arg pid "$SHAPE" '.linux.namespaces |= map(if .type == "network" or (.type == "pid" and $pid == "none") then .path = "/proc/\($p)/ns/" +
			{network: "net", pid: "pid"}[.type] else . end)' "$BUNDLE/config.json" >"$BUNDLE/config.new"
		mv "$BUNDLE/config.new" "$BUNDLE/config.json"
		readlink "/proc/$child/ns/net" "/proc/$child/ns/pid"
		"$OCIRT" --root "$ROOT" run -b "$BUNDLE" "$ID"
		status=$?
		kill -KILL "$child"
		wait
		exit $status
	SH
	script 'readlink /proc/self/ns/net; readlink /proc/self/ns/pid; id -u'
	config '.linux.uidMappings[0].hostID = 0 | .linux.gidMappings[0].hostID = 0
		| .linux.namespaces |= (map(select(.type != "network")) + [{type: "network"}])'
	for shape in new none; do
		[ $shape = new ] || config 'del(.linux.uidMappings, .linux.gidMappings) | del(.linux.namespaces[] | select(.type == "user"))'
		# (No procfs of an older pid namespace can be mounted in a new user namespace.)
		SHAPE=$shape BUNDLE=$BUNDLE ROOT=$ROOT ID=$ID run unshare -Ur bash "$BATS_TEST_TMPDIR/inside"
		echo "$shape: $output"
		[ "$status" = 0 ]
		[ "${#lines[@]}" = 5 ]
		[ "${lines[0]}" = "${lines[2]}" ]
		[ $shape = new ] || [ "${lines[1]}" = "${lines[3]}" ]
		[ "${lines[4]}" = 0 ]
	done
	# A time namespace is made without leaving the host's, too.
	config '.linux.namespaces |= (map(del(.path)) + [{type: "time"}]) | .linux.timeOffsets.boottime.secs = 1000000'
	script 'read up rest </proc/uptime; [ "${up%.*}" -gt 1000000 ] && echo later'
	run unshare -Ur "$OCIRT" --root "$ROOT" run -b "$BUNDLE" "$ID"
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = later ]
}

@test "ids that the caller's user namespace does not have: the map that is refused" {
	unshare -Ur true || skip "user namespaces are refused here"
	config '.linux.uidMappings[0].hostID = 0 | .linux.gidMappings[0].hostID = 5'
	run unshare -Ur "$OCIRT" --root "$ROOT" run -b "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	one_line '/linux/gidMappings: write /proc/[0-9]+/gid_map: operation not permitted'
}

@test "sysfs where the network namespace is somebody else's: the read-only tree that is here, never a writable one" {
	unshare -Ur true || skip "user namespaces are refused here"
	for inside in yes no; do
		config '(.mounts[] | select(.destination == "/sys")) |= {destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]}'
		script 'grep " /sys " /proc/self/mountinfo | cut -d" " -f6; grep " /sys" /proc/self/mountinfo | cut -d" " -f6 | grep -c ^rw'
		if [ $inside = yes ]; then
			run run_container
		else
			config 'del(.linux.uidMappings, .linux.gidMappings) | del(.linux.namespaces[] | select(.type == "user"))
				| del(.mounts[] | select(.destination == "/sys/fs/cgroup"))'
			run unshare -Ur "$OCIRT" --root "$ROOT" run -b "$BUNDLE" "$ID"
		fi
		echo "$output"
		[[ ${lines[0]} = ro* ]]
		[ "${lines[-1]}" = 0 ]
	done
	config '(.mounts[] | select(.destination == "/sys")).options = ["nosuid"]'
	run unshare -Ur "$OCIRT" --root "$ROOT" run -b "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	one_line '/sys: a writable sysfs needs a network namespace'
}

@test "exec into a created container, which stays one, many at a time, and starts afterwards" {
	script 'echo here >/tmp/here'
	create_container
	is_ocirt || skip "looks into the process of ocirt"
	local pid
	pid=$(rt state "$ID" | jq .pid)
	run rt exec "$ID" sh -c 'hostname; [ "$(readlink /proc/self/ns/user)" != 0 ] && exit 3'
	echo "$output"
	[ "$status" = 3 ]
	[ "$output" = "$(jq -r .hostname "$BUNDLE/config.json")" ]
	for i in 1 2 3 4; do rt exec "$ID" sh -c "echo $i >>/tmp/many" & done
	wait
	[ "$(sort "$BUNDLE/rootfs/tmp/many" | tr -d '\n')" = 1234 ]
	[ "$(status_of)" = created ]
	# The door is closed again.
	run readlink "/proc/$pid/ns/mnt"
	[ "$status" != 0 ]
	rt start "$ID"
	wait_for is_status stopped
	[ "$(cat "$BUNDLE/rootfs/tmp/here")" = here ]
	rt delete "$ID"
}

@test "exec as an ordinary user: the same ids, namespaces and limits of the container" {
	args sleep 100
	create_container
	rt start "$ID"
	run rt exec "$ID" sh -c 'id -u; cat /proc/self/uid_map; [ "$(readlink /proc/self/ns/user)" = "$(readlink /proc/1/ns/user)" ] && exit 3'
	echo "$output"
	[ "$status" = 3 ]
	[ "${lines[0]}" = 0 ]
	says "0 +$(id -u) +1"
	rt delete --force "$ID"
}
