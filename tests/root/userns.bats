#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Namespaces that are new, joined or kept, behind no user namespace, a new one or a joined one. What
# the container is in is read inside, from its own /proc, and compared with the host and with the
# namespaces of the process that holds those to join.

load ../helpers
load ../cgroup-helpers

bats_require_minimum_version 1.5.0

TYPES=(pid network ipc uts mount cgroup time)
FILES=(pid net ipc uts mnt cgroup time)

# hold: a process in new namespaces of each kind; $1: "user" for a user namespace that owns them.
hold() {
	local flags=(--pid --net --ipc --uts --cgroup --time --mount --fork) child i
	[ "$1" != user ] || flags+=(--user)
	unshare "${flags[@]}" sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
	HOLDERS+=("$!")
	for ((i = 0; i < 1200; i++)); do
		read -r child <"/proc/$!/task/$!/children" 2>/dev/null || :
		[ -z "$child" ] || [ "$(tr '\0' ' ' <"/proc/$child/cmdline")" != "sleep 1000 " ] || break
		sleep 0.05
	done
	[ -n "$child" ]
	if [ "$1" = user ]; then
		[ -z "${2-}" ] || echo deny >"/proc/$!/setgroups"
		echo "0 100000 65536" >"/proc/$!/uid_map"
		echo "0 100000 65536" >"/proc/$!/gid_map"
	fi
	HOLDERS+=("$child")
	HOLDER=$child
}

setup() {
	need_root
	[ -e /proc/self/ns/time ] || skip "no time namespaces"
	HOLDERS=()
	setup_bundle
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/.." "$BATS_TEST_TMPDIR/../.." 2>/dev/null || :
	mkdir -p "$BUNDLE/rootfs/bin"
	ln -sf busybox "$BUNDLE/rootfs/bin/tr"
	chown -R 100000:100000 "$BUNDLE/rootfs"
	config 'del(.hostname)'
	script 'for n in pid net ipc uts mnt cgroup time user; do readlink /proc/self/ns/$n; done
		echo devices: $(ls /sys/class/net)
		read a b < /proc/self/stat; echo "my pid $a"
		stat -f -c %T /dev/mqueue'
	host_before
}
teardown() {
	local result=0
	# The first process of a pid namespace takes no other signal.
	kill -KILL "${HOLDERS[@]}" 2>/dev/null || :
	teardown_bundle || result=1
	return $result
}

# shape USER MODE...: the list of namespaces; n new, j joined, h not in the list.
shape() {
	local user=$1 list i=0 mode
	shift
	case $user in
	new) list='[{"type":"user"}]' ;;
	joined) list='[{"type":"user","path":"/proc/'$HOLDER'/ns/user"}]' ;;
	*) list='[]' ;;
	esac
	for mode in "$@"; do
		case $mode in
		n) list=$(jq -c ". + [{type:\"${TYPES[i]}\"}]" <<<"$list") ;;
		j) list=$(jq -c ". + [{type:\"${TYPES[i]}\",path:\"/proc/$HOLDER/ns/${FILES[i]}\"}]" <<<"$list") ;;
		esac
		i=$((i + 1))
	done
	config '.linux.namespaces = $l | del(.linux.uidMappings, .linux.gidMappings)' --argjson l "$list"
	[ "$user" != new ] || config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
}

# row USER MODE...: runs it and compares.
row() {
	local i=0 mode file got host held
	shape "$@"
	echo "row: $*"
	shift
	run run_container
	echo "$output"
	[ "$status" = 0 ]
	for mode in "$@"; do
		file=${FILES[i]}
		got=$(grep "^$file:" <<<"$output")
		host=$(readlink "/proc/self/ns/$file")
		held=$(readlink "/proc/$HOLDER/ns/$file")
		case $mode in
		n) [ "$got" != "$host" ] && [ "$got" != "$held" ] ;;
		j) [ "$got" = "$held" ] ;;
		h) [ "$got" = "$host" ] ;;
		esac || { echo "$file: $got, host $host, held $held"; return 1; }
		# The file systems show the namespace that the container is in, not the runtime's.
		[ "$file$mode" = neth ] || [ "$file" != net ] || grep -qx 'devices: lo' <<<"$output"
		i=$((i + 1))
	done
}

# each USER: one type differs from "all new" at a time, then some together. A joined mount namespace
# comes last: the container makes its root the root of all who live there.
each() {
	local i mode modes
	row "$1" n n n n n n n
	for i in 0 1 2 3 5 6; do
		for mode in j h; do
			modes=(n n n n n n n)
			modes[i]=$mode
			row "$1" "${modes[@]}"
		done
	done
	row "$1" j j j j n j j
	row "$1" h h h h n h h
	row "$1" j j h n n n j
	row "$1" h n j n n n j
	[ "$1" = new ] || row "$1" j j n n j n n
}

@test "without a user namespace" { hold host; each none; }
@test "in a new user namespace, beside namespaces of the host" { hold host; each new; }
@test "in a joined user namespace and those that it owns" { hold user; each joined; }

@test "a joined mount namespace in a new user namespace is refused with its reason" {
	hold host
	shape new n n n n j n n
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/namespaces: nothing can be mounted in a joined mount namespace from a new user namespace'
}

@test "the mount namespace that the runtime lives in is not joined: its root would change for all in there" {
	# Another one than the host's, whatever happens.
	run unshare --mount bash -c 'jq ".linux.namespaces |= map(select(.type != \"mount\")) + [{type: \"mount\", path: \"/proc/$$/ns/mnt\"}]" "$1/config.json" >"$1/own.json" && mv "$1/own.json" "$1/config.json" || exit 9
		"$2" --root "$3" run -b "$1" "$4"; echo "status $?"; [ -e "$1/config.json" ]' \
		bash "$BUNDLE" "$OCIRT" "$ROOT" "$ID"
	[ "$status" = 0 ]
	says 'is the mount namespace that the runtime itself lives in'
	says 'status 1'
}

@test "a bundle that only the caller may enter: the mounts, devices and hooks of a user namespace" {
	chmod 700 "$BUNDLE"
	chown -R 100000:100000 "$BUNDLE/rootfs"
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings
		| .hooks.createContainer = [{path: "/bin/sh", args: ["sh", "-c", "pwd >/dev/console || pwd >&2; exit 0"], env: ["PATH=/bin:/usr/bin"]}]'
	script 'stat -c %F /dev/null; pwd'
	run run_container
	[ "$status" = 0 ]
	[ "$output" = $'character special file\n/' ]
}

@test "a cgroup2 that is mounted writable belongs to the container's user, its limits do not" {
	is_v2 || [ -d /sys/fs/cgroup/unified ] || skip "no cgroup2 here"
	chown -R 100000:100000 "$BUNDLE/rootfs"
	for mode in rw ro; do
		config '.linux.namespaces |= map(select(.type != "user" and .type != "cgroup")) + [{type: "user"}, {type: "cgroup"}]
			| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings
			| .mounts |= map(select(.destination != "/sys/fs/cgroup")) + [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
				options: ["nosuid", "noexec", "nodev", $m]}]' --arg m $mode
		script 'cd /sys/fs/cgroup; busybox stat -c "%n %u" . cgroup.procs cgroup.subtree_control cgroup.freeze cgroup.max.depth
			mkdir sub && echo $$ >sub/cgroup.procs && grep 0:: /proc/self/cgroup && echo $$ >cgroup.procs && rmdir sub'
		run in_layout v2 "${RT[@]}" run -b "$BUNDLE" "$ID" </dev/null
		case $mode in
		rw) [ "$output" = $'. 0\ncgroup.procs 0\ncgroup.subtree_control 0\ncgroup.freeze 65534\ncgroup.max.depth 65534\n0::/sub' ] ;;
		ro) [[ $output == $'. 65534\ncgroup.procs 65534\n'*'Read-only file system' ]] ;;
		esac
	done
}

@test "run.oci.delegate-cgroup: the processes live below the limits, in a cgroup that is theirs" {
	is_ocirt || skip "runc has no such annotation"
	is_v2 || [ -d /sys/fs/cgroup/unified ] || skip "no cgroup2 here"
	chown -R 100000:100000 "$BUNDLE/rootfs"
	config '.linux.namespaces |= map(select(.type != "user" and .type != "cgroup")) + [{type: "user"}, {type: "cgroup"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings
		| .annotations["run.oci.delegate-cgroup"] = "inner" | .linux.cgroupsPath = $p
		| .mounts |= map(select(.destination != "/sys/fs/cgroup")) + [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
			options: ["nosuid", "noexec", "nodev", "rw"]}]' --arg p "$CG"
	args sleep 1000
	rt2() { in_layout v2 "${RT[@]}" "$@"; }
	rt2 create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	rt2 start "$ID"
	pid=$(rt2 state "$ID" | jq .pid)
	grep -qx "0::$CG/inner" "/proc/$pid/cgroup"
	run rt2 exec "$ID" sh -c 'grep 0:: /proc/self/cgroup; cd /sys/fs/cgroup
		busybox stat -c "%n %u" . cgroup.procs; mkdir sub && echo $$ >sub/cgroup.procs && grep 0:: /proc/self/cgroup'
	[ "$output" = $'0::/\n. 0\ncgroup.procs 0\n0::/sub' ]
	run rt2 exec --cgroup sub "$ID" grep 0:: /proc/self/cgroup
	[ "$output" = 0::/sub ]
	top=/sys/fs/cgroup
	is_v2 || top=$top/unified
	[ "$(stat -c %u "$top$CG" "$top$CG/inner" "$top$CG/inner/cgroup.max.depth" | paste -sd' ')" = '0 100000 0' ]
	rt2 pause "$ID"
	[ "$(cat "$top$CG/cgroup.freeze") $(rt2 state "$ID" | jq -r .status)" = '1 paused' ]
	rt2 resume "$ID"
	rt2 kill --all "$ID" KILL
	rt2 delete --force "$ID"
	[ ! -e "$top$CG" ]
	config '.annotations["run.oci.delegate-cgroup"] = "../inner"'
	run rt2 run -b "$BUNDLE" "$ID" </dev/null
	[ "$status" = 1 ]
	one_line '/annotations/run.oci.delegate-cgroup: must be the name of a directory'
}

@test "a path of another type, of no namespace, or of nothing names its place" {
	config '.linux.namespaces = [{type: "mount"}, {type: "pid", path: "/proc/self/ns/net"}]'
	run run_container
	[ "$status" = 1 ]
	one_line '/linux/namespaces/1: open /proc/self/ns/net: a namespace of type net, not pid'
	config '.linux.namespaces[1].path = "/etc/passwd"'
	run run_container
	one_line '/linux/namespaces/1: open /etc/passwd: not a namespace'
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	config '.linux.namespaces[1].path = $p' --arg p "$BATS_TEST_TMPDIR/fifo"
	run timeout 120 "$OCIRT" --root "$ROOT" run -b "$BUNDLE" "$ID"
	one_line 'fifo: not a namespace'
	config '.linux.namespaces[1].path = "/nowhere"'
	run run_container
	one_line '/linux/namespaces/1: open /nowhere: no such file'
}

@test "maps of any shape, ids inside and outside" {
	shape new n n n n n n n
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1}, {containerID: 5, hostID: 300000, size: 10},
		{containerID: 1, hostID: 200000, size: 1}, {containerID: 4294967294, hostID: 7, size: 1}]
		| .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 100}]
		| .process.user = {uid: 7, gid: 8, additionalGids: [9]}'
	script 'id -u; id -G; cat /proc/self/uid_map | tr -s " "; touch /tmp/made; cat /proc/self/setgroups'
	run run_container
	echo "$output"
	[ "$status" = 0 ]
	[ "${lines[0]}" = 7 ]
	[ "${lines[1]}" = "8 9" ]
	grep -q '4294967294 7 1' <<<"$output"
	grep -qx allow <<<"$output"
	[ "$(stat -c %u:%g "$BUNDLE/rootfs/tmp/made")" = 300002:100008 ]
}

@test "the last id is no id, and an id without a mapping is refused" {
	shape new n n n n n n n
	config '.linux.uidMappings = [{containerID: 0, hostID: 4294967295, size: 1}]'
	run run_container
	[ "$status" = 1 ]
	says '/linux/uidMappings/0'
	config '.linux.uidMappings = [{containerID: 4294967295, hostID: 1, size: 1}]'
	run run_container
	says '/linux/uidMappings/0'
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}] | .process.user.uid = 10'
	run run_container
	[ "$status" = 1 ]
	one_line '/process/user/uid: 10 is not mapped'
}

@test "offsets of both clocks, in each way that a time namespace is made" {
	for user in none new; do
		shape $user n n n n n n n
		config '.linux.timeOffsets = {monotonic: {secs: 1000000, nanosecs: 5}, boottime: {secs: 5000000}}'
		script 'cat /proc/self/timens_offsets | tr -s " "; cat /proc/uptime'
		run run_container
		echo "$user: $output"
		[ "$status" = 0 ]
		grep -Eq 'monotonic 1000000 5' <<<"$output"
		[ "$(tail -1 <<<"$output" | cut -d. -f1)" -ge 5000000 ]
	done
	hold user
	shape joined n n n n n n n
	run run_container
	echo "joined: $output"
	[ "$status" = 0 ]
	[ "$(tail -1 <<<"$output" | cut -d. -f1)" -ge 5000000 ]
}

@test "the user namespace that we are in already is joined by staying" {
	config '.linux.namespaces = [{type: "mount"}, {type: "pid"}, {type: "uts"}, {type: "user", path: "/proc/self/ns/user"}]'
	script 'cat /proc/self/uid_map; readlink /proc/self/ns/user; echo $$'
	run run_container
	echo "$output"
	[ "$status" = 0 ]
	[ "${lines[1]}" = "$(readlink /proc/self/ns/user)" ]
	[ "${lines[2]}" = 1 ]
}

@test "created, started and killed behind a joined user namespace: the pid is the container's" {
	hold user
	shape joined n n n n n n n
	args sleep 100
	create_container --pid-file "$BATS_TEST_TMPDIR/pid"
	pid=$(cat "$BATS_TEST_TMPDIR/pid")
	[ "$(readlink "/proc/$pid/ns/user")" = "$(readlink "/proc/$HOLDER/ns/user")" ]
	rt start "$ID"
	wait_for grep -q sleep "/proc/$pid/cmdline"
	[ "$(tail -1 <(grep NSpid "/proc/$pid/status") | awk '{print $NF}')" = 1 ]
	rt kill "$ID" KILL
	wait_for is_status stopped
	rt delete "$ID"
}

@test "a proc of the host's pid namespace keeps its masks" {
	shape new h n n n n n n
	config '.linux.maskedPaths = ["/proc/kcore", "/proc/timer_list"] | .linux.readonlyPaths = ["/proc/sys"]'
	script 'cat /proc/timer_list; grep " /proc/sys " /proc/self/mountinfo | cut -d" " -f6'
	run run_container
	echo "$output"
	[ "$status" = 0 ]
	[[ ${lines[0]} = ro* ]]
}

@test "the caller's groups are gone behind a user namespace where setgroups is denied" {
	hold user deny
	shape joined n n n n n n n
	script 'id -G; cat /proc/self/setgroups'
	run setpriv --groups 27,100 "$OCIRT" --root "$ROOT" run -b "$BUNDLE" "$ID"
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = "0
deny" ]
	config '.process.user.additionalGids = [5]'
	run run_container
	[ "$status" = 1 ]
	one_line '/process/user/additionalGids: setgroups'
}

@test "exec: the caller's groups are gone behind a user namespace where setgroups is denied" {
	hold user deny
	shape joined n n n n n n n
	chown -R 100000:100000 "$BUNDLE/rootfs"
	args sleep 100
	create_container
	rt start "$ID"
	run setpriv --groups 4242 "$OCIRT" --root "$ROOT" exec "$ID" grep ^Groups: /proc/self/status
	[ "$status" = 0 ]
	[ -z "${output//[^0-9]/}" ]
	rt delete --force "$ID"
}

@test "a root file system that the engine id-mapped" {
	command -v cc >/dev/null || skip "no C compiler"
	cc -D_GNU_SOURCE -o "$BATS_TEST_TMPDIR/idmap-mount" "$BATS_TEST_DIRNAME/../idmap-mount.c"
	hold user
	chown -R 0:0 "$BUNDLE/rootfs"
	mkdir "$BUNDLE/mapped"
	# The maps of the mount: 0 on the disk is 100000 to the kernel, which is 0 inside.
	unshare -m --propagation private "$BATS_TEST_TMPDIR/idmap-mount" "$BUNDLE/rootfs" "$BUNDLE/mapped" \
		"/proc/$HOLDER/ns/user" || skip "this file system cannot be id-mapped"
	shape new n n n n n n n
	config '.root.path = "mapped"'
	script 'stat -c %u:%g /bin/busybox; touch /tmp/made; stat -c %u /tmp/made'
	run unshare -m --propagation private sh -c '"$1/idmap-mount" "$2/rootfs" "$2/mapped" "$3" &&
		exec "$4" --root "$5" run -b "$2" "$6"' - "$BATS_TEST_TMPDIR" "$BUNDLE" "/proc/$HOLDER/ns/user" "$OCIRT" "$ROOT" "$ID"
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = "0:0
0" ]
	[ "$(stat -c %u:%g "$BUNDLE/rootfs/tmp/made")" = 0:0 ]
}

@test "until it is the program the first process shows nobody its files" {
	shape new n n n n n n n
	args sleep 100
	create_container --pid-file "$BATS_TEST_TMPDIR/pid"
	pid=$(cat "$BATS_TEST_TMPDIR/pid")
	# Not dumpable: its files in /proc belong to the host's root, and not to the id that it runs as.
	[ "$(stat -c %u "/proc/$pid/environ")" = 0 ]
	run setpriv --reuid 100000 --regid 100000 --clear-groups ls "/proc/$pid/fd"
	[ "$status" != 0 ]
	rt start "$ID"
	wait_for grep -q sleep "/proc/$pid/cmdline"
	[ "$(stat -c %u "/proc/$pid/environ")" = 100000 ]
	rt delete --force "$ID"
}

@test "exec behind a new and a joined user namespace, and into each time namespace" {
	for user in new joined; do
		if [ $user = joined ]; then hold user; fi
		shape $user n n n n n n n
		config '.linux.timeOffsets = {boottime: {secs: 5000000}}'
		args sleep 100
		create_container
		rt start "$ID"
		run rt exec "$ID" sh -c 'for n in user pid net ipc uts mnt cgroup time; do
			[ "$(readlink /proc/self/ns/$n)" = "$(readlink /proc/1/ns/$n)" ] || echo "another $n"; done
			id -u; cut -d. -f1 /proc/uptime'
		echo "$user: $output"
		[ "$status" = 0 ]
		[ "${lines[0]}" = 0 ]
		[ "${lines[1]}" -ge 5000000 ]
		rt delete --force "$ID"
	done
}
