#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# checkpoint and restore, where a criu runs.

bats_require_minimum_version 1.5.0
load ../helpers

setup() {
	need_root
	command -v criu >/dev/null || skip "criu is missing"
	criu check >"$BATS_TEST_TMPDIR/criu" 2>&1 || skip "criu check: $(grep -m1 Error "$BATS_TEST_TMPDIR/criu")"
	setup_bundle
	IMAGES=$BATS_TEST_TMPDIR/images
	OUT=$BATS_TEST_TMPDIR/out
	host_before
}
teardown() { teardown_bundle; }

# compiled NAME PROGRAM: tests/NAME.c. $OCIRT_COMPILED has it where there is no compiler (tests/vm/run).
compiled() {
	if [ -x "${OCIRT_COMPILED-}/$1" ]; then
		cp "$OCIRT_COMPILED/$1" "$2"
	elif command -v gcc >/dev/null; then
		gcc -std=gnu17 -D_GNU_SOURCE -static -pthread -O1 -o "$2" "$BATS_TEST_DIRNAME/../$1.c" -lutil
	else
		skip "no compiler"
	fi
}

# counting: a program that counts into a file of its tmpfs
counting() { script 'i=0; while :; do i=$((i+1)); echo $i >/tmp/n; sleep 0.05; done'; }
with_tmpfs() { config '.mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"}]'; }
count() { # the file is empty for a moment whenever it is written
	local i n
	for ((i = 0; i < 100; i++)); do
		n=$(rt exec "$ID" cat /tmp/n </dev/null) || return
		[ -z "$n" ] || break
	done
	echo "$n"
}
counted() { [ "$(count 2>/dev/null || echo 0)" -gt "$1" ]; }

# A line of output of the restored one shows that it goes on.
@test "a container is dumped, is gone, and goes on from where it was" {
	with_tmpfs
	counting
	start_detached run -d "$ID"
	wait_for is_status running
	wait_for counted 3
	rt checkpoint --image-path "$IMAGES" "$ID"
	run ! rt state "$ID"
	[ -s "$IMAGES/descriptors.json" ]
	n=$(find "$IMAGES" -name 'core-*.img' | wc -l)
	[ "$n" -ge 1 ]
	start_detached restore -d --image-path "$IMAGES" "$ID"
	wait_for is_status running
	[ "$(count)" -ge 3 ]
	wait_for counted "$(count)"
	rt delete --force "$ID"
}

@test "--leave-running lets it go on" {
	with_tmpfs
	counting
	start_detached run -d "$ID"
	wait_for is_status running
	rt checkpoint --leave-running --image-path "$IMAGES" "$ID"
	[ "$(status_of)" = running ]
	wait_for counted "$(count)"
	rt delete --force "$ID"
}

@test "a paused container stays paused, whether the dump succeeds or not" {
	with_tmpfs
	counting
	start_detached run -d "$ID"
	wait_for is_status running
	rt pause "$ID"
	rt checkpoint --leave-running --image-path "$IMAGES" "$ID"
	[ "$(status_of)" = paused ]
	run ! rt checkpoint --leave-running --parent-path ../nowhere --image-path "$IMAGES/b/c" "$ID"
	[ "$(status_of)" = paused ]
	rt checkpoint --image-path "$IMAGES" "$ID"
	run ! rt state "$ID"
}

@test "--pre-dump and --parent-path" {
	with_tmpfs
	counting
	start_detached run -d "$ID"
	wait_for counted 2
	mkdir "$IMAGES"
	rt checkpoint --pre-dump --image-path "$IMAGES/pre" "$ID" || {
		rt delete --force "$ID"
		grep -q 'Tracking memory is not available' "$IMAGES/pre/dump.log" && skip "the kernel does not track memory (soft-dirty)"
		return 1
	}
	[ "$(status_of)" = running ]
	rt checkpoint --parent-path ../pre --image-path "$IMAGES/last" "$ID"
	start_detached restore -d --image-path "$IMAGES/last" "$ID"
	wait_for is_status running
	[ "$(count)" -ge 2 ]
	rt delete --force "$ID"
}

@test "limits are applied again" {
	with_tmpfs
	config '.linux.resources.pids.limit = 44'
	counting
	start_detached run -d "$ID"
	wait_for is_status running
	rt checkpoint --image-path "$IMAGES" "$ID"
	[ -z "$(cgroup_dirs)" ]
	start_detached restore -d --image-path "$IMAGES" "$ID"
	wait_for is_status running
	found=$(cgroup_dirs | sed 's|$|/pids.max|' | xargs grep -sl '^44$' || :)
	[ -n "$found" ]
	grep -q "$(rt state "$ID" | jq .pid)" "${found%/*}/cgroup.procs"
	rt delete --force "$ID"
}

# Opening the kernel's log to write asks for no capability: the rules alone decide.
@test "device rules are applied again, those that the configuration has by now" {
	mknod "$BUNDLE/rootfs/log" c 1 11 2>/dev/null || skip "nodes cannot be made here"
	with_tmpfs
	counting
	writable() { rt exec "$ID" sh -c ': >>/log' </dev/null 2>&1; }
	start_detached run -d "$ID"
	wait_for is_status running
	run ! writable
	one_line 'Operation not permitted'
	rt checkpoint --image-path "$IMAGES" "$ID"
	start_detached restore -d --image-path "$IMAGES" "$ID"
	wait_for is_status running
	wait_for counted 0
	run ! writable
	one_line 'Operation not permitted'
	rt checkpoint --image-path "$IMAGES.2" "$ID"
	config '.linux.resources.devices += [{allow: true, type: "c", major: 1, minor: 11, access: "w"}]'
	start_detached restore -d --image-path "$IMAGES.2" "$ID"
	wait_for is_status running
	wait_for counted 0
	writable
	rt delete --force "$ID"
}

@test "the processes come to the cgroups that the configuration names by now" {
	[ -z "${OCIRT_MANAGER-}" ] || skip "the name of the cgroup is systemd's"
	with_tmpfs
	counting
	start_detached run -d "$ID"
	wait_for is_status running
	rt checkpoint --image-path "$IMAGES" "$ID"
	config '.linux.cgroupsPath += "-b"'
	start_detached restore -d --image-path "$IMAGES" "$ID"
	wait_for is_status running
	places=$(sort -u -t: -k3 "/proc/$(rt state "$ID" | jq .pid)/cgroup")
	[ "$(grep -c "$CG-b$" <<<"$places")" -ge 1 ]
	fails grep "$CG$" <<<"$places"
	rt delete --force "$ID"
}

@test "bind mounts and masked paths" {
	with_tmpfs
	mkdir "$BATS_TEST_TMPDIR/data"
	echo kept >"$BATS_TEST_TMPDIR/data/f"
	config '.mounts += [{destination: "/data", type: "bind", source: $d, options: ["rbind", "rw"]}] | .linux.maskedPaths += ["/proc/kcore", "/proc/acpi"]' --arg d "$BATS_TEST_TMPDIR/data"
	counting
	start_detached run -d "$ID"
	wait_for is_status running
	rt checkpoint --image-path "$IMAGES" "$ID"
	start_detached restore -d --image-path "$IMAGES" "$ID"
	wait_for is_status running
	[ "$(rt exec "$ID" cat /data/f </dev/null)" = kept ]
	[ "$(rt exec "$ID" sh -c 'cat /proc/kcore | head -c 1' </dev/null)" = "" ]
	rt delete --force "$ID"
}

@test "a read-only root and a read-only bind mount stay so" {
	with_tmpfs
	mkdir "$BATS_TEST_TMPDIR/data"
	config '.root.readonly = true | .mounts += [{destination: "/mnt", type: "bind", source: $d, options: ["rbind", "ro", "nosuid"]}]' --arg d "$BATS_TEST_TMPDIR/data"
	counting
	start_detached run -d "$ID"
	wait_for is_status running
	flags() { awk '$5 == "/" || $5 == "/mnt" { print $5, $6 }' "/proc/$(rt state "$ID" | jq .pid)/mountinfo"; }
	before=$(flags)
	[ "$(cut -d, -f1 <<<"$before" | sort | paste -sd' ')" = "/ ro /mnt ro" ]
	rt checkpoint --image-path "$IMAGES" "$ID"
	start_detached restore -d --image-path "$IMAGES" "$ID"
	wait_for is_status running
	[ "$(flags)" = "$before" ]
	rt delete --force "$ID"
	[ -w "$BUNDLE/rootfs" ]
}

# holding THING OPTION REASON: a dump without the option fails for the reason and harms nothing; with it the
# thing survives.
holding() {
	compiled checkpointee "$BUNDLE/rootfs/bin/checkpointee"
	with_tmpfs
	args checkpointee "$1"
	start_detached run -d "$ID"
	wait_for is_status running
	wait_for counted 2
	run ! rt checkpoint --leave-running --image-path "$IMAGES" "$ID"
	if [[ $output =~ "Can't get 1:" ]]; then
		rt delete --force "$ID"
		skip "criu cannot read this kernel's socket options"
	fi
	one_line "criu failed.*($3)"
	[ "$(status_of)" = running ]
	wait_for counted "$(count)"
	rt checkpoint "$2" --image-path "$IMAGES.2" "$ID" || {
		rt delete --force "$ID"
		grep -qE 'iptables|nft' "$IMAGES.2/dump.log" && skip "criu cannot lock the network here"
		return 1
	}
	start_detached restore -d "$2" --image-path "$IMAGES.2" "$ID"
	wait_for is_status running
	wait_for counted "$(count)"
	rt delete --force "$ID"
}

@test "file locks" {
	holding lock --file-locks 'lock'
}

@test "TCP connections" {
	holding tcp --tcp-established 'tcp|TCP|[Cc]onnected'
}

@test "a network namespace of somebody else's" {
	with_tmpfs
	unshare -n sleep 1000 &
	holder=$!
	other() { [ "$(readlink /proc/$holder/ns/net)" != "$(readlink /proc/self/ns/net)" ]; }
	wait_for other
	config '(.linux.namespaces[] | select(.type == "network")) += {path: $p}' --arg p "/proc/$holder/ns/net"
	counting
	start_detached run -d "$ID"
	wait_for is_status running
	rt checkpoint --image-path "$IMAGES" "$ID"
	start_detached restore -d --image-path "$IMAGES" "$ID"
	wait_for is_status running
	[ "$(readlink "/proc/$(rt state "$ID" | jq .pid)/ns/net")" = "$(readlink /proc/$holder/ns/net)" ]
	rt delete --force "$ID"
	kill "$holder"
}

# As in a pod. criu dumps them with the processes, and would make new ones.
@test "ipc and uts namespaces of somebody else's" {
	with_tmpfs
	unshare -iu sleep 1000 3>&- &
	holder=$!
	other() { [ "$(readlink /proc/$holder/ns/uts)" != "$(readlink /proc/self/ns/uts)" ]; }
	wait_for other
	config 'del(.hostname) | (.linux.namespaces[] | select(.type == ("ipc", "uts"))) |= (.path = "/proc/\($h)/ns/\(.type)")' --argjson h $holder
	counting
	start_detached run -d "$ID"
	wait_for is_status running
	wait_for counted 0
	rt checkpoint --image-path "$IMAGES" "$ID"
	start_detached restore -d --image-path "$IMAGES" "$ID"
	wait_for is_status running
	pid=$(rt state "$ID" | jq .pid)
	for t in ipc uts; do [ "$(readlink "/proc/$pid/ns/$t")" = "$(readlink /proc/$holder/ns/$t)" ]; done
	rt delete --force "$ID"
	kill "$holder"
}

@test "restore in the foreground has the program's exit status" {
	with_tmpfs
	script 'while [ ! -e /tmp/end ]; do sleep 0.05; done; exit 7'
	start_detached run -d "$ID"
	wait_for is_status running
	rt checkpoint --image-path "$IMAGES" "$ID"
	(
		s=0
		(cd "$BUNDLE" && rt restore --image-path "$IMAGES" "$ID" </dev/null >"$OUT" 2>&1) || s=$?
		echo "$s" >"$BATS_TEST_TMPDIR/status"
	) 3>&- &
	wait_for is_status running
	rt exec "$ID" touch /tmp/end </dev/null
	wait_for test -s "$BATS_TEST_TMPDIR/status"
	[ "$(cat "$BATS_TEST_TMPDIR/status")" = 7 ]
	run ! rt state "$ID"
}

# receive NAME: the other side of a console socket, which ends with the terminal
receive() {
	"$BATS_TEST_TMPDIR/pty" -S "$BATS_TEST_TMPDIR/$1" >"$OUT.$1" 2>&1 3>&- &
	receivers+=($!)
	wait_for listens "$BATS_TEST_TMPDIR/$1"
}
@test "a container with a terminal goes on with the one that the restore sends" {
	compiled pty "$BATS_TEST_TMPDIR/pty"
	with_tmpfs
	script 'i=0; while :; do i=$((i+1)); echo $i >/tmp/n; echo tick $i; sleep 0.05; done'
	config '.process.terminal = true'
	receive first
	rt run -d -b "$BUNDLE" --console-socket "$BATS_TEST_TMPDIR/first" "$ID" </dev/null >"$OUT" 2>&1 3>&-
	wait_for counted 2
	rt checkpoint --image-path "$IMAGES" "$ID"
	receive second
	rt restore -d -b "$BUNDLE" --console-socket "$BATS_TEST_TMPDIR/second" --image-path "$IMAGES" "$ID" </dev/null >"$OUT" 2>&1 3>&-
	wait_for is_status running
	wait_for grep -q tick "$OUT.second"
	rt delete --force "$ID"
	wait "${receivers[@]}"
}

@test "what is wrong is said, with criu's reason, and leaves nothing" {
	counting
	run ! rt checkpoint --image-path "$IMAGES" "$ID"
	one_line 'container does not exist'
	[ ! -e "$IMAGES" ]
	run ! rt checkpoint --manage-cgroups-mode maybe "$ID"
	one_line 'manage-cgroups-mode'
	run ! rt checkpoint --page-server nowhere "$ID"
	one_line 'page-server'
	cd "$BUNDLE"
	run ! rt restore --lsm-profile nothing --image-path "$IMAGES" "$ID"
	one_line '^restore .*: --lsm-profile: "nothing" is not apparmor:PROFILE or selinux:LABEL$'
	run ! rt restore --image-path "$IMAGES" "$ID"
	one_line 'image-path.*no such file or directory'
	mkdir "$IMAGES"
	run ! rt restore --image-path "$IMAGES" "$ID"
	one_line 'criu failed: Error'
	run ! env PATH=/nowhere "$OCIRT" --root "$ROOT" restore --image-path "$IMAGES" "$ID"
	one_line 'criu is not installed'
}

@test "a created container cannot be dumped" {
	counting
	create_container
	run ! rt checkpoint --image-path "$IMAGES" "$ID"
	one_line 'container not running'
	[ "$(status_of)" = created ]
	rt delete --force "$ID"
}

# Without CAP_SYS_RESOURCE criu can dump the processes of its own ids alone: the images have uid and gid 0.
limited() {
	with_tmpfs
	counting
	config '.process.user = {uid: 0, gid: 0, additionalGids: [50]}
		| .process.noNewPrivileges = true
		| .process.capabilities |= with_entries(.value = [])
		| .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 512, hard: 512}]
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["acct"], action: "SCMP_ACT_ERRNO"}]}'
}
# images_with FILTER: of a container with more; the bundle stays as it is.
images_with() {
	cp "$BUNDLE/config.json" "$BUNDLE/less.json"
	config "$@"
	start_detached run -d "$ID"
	wait_for is_status running
	wait_for counted 0
	rt checkpoint --image-path "$IMAGES" "$ID"
	mv "$BUNDLE/less.json" "$BUNDLE/config.json"
}
# refused PLACE WHAT [WAY...]: by a restore, with one line; nothing is left of it. In the ways -d and "".
refused() {
	local way line s
	line="restore $ID: $1: process 1 of the images $2: restore images that were made of this container"
	for way in "${@:3}"; do
		s=0
		# One that is not refused would run on.
		timeout -k 5 120 "${RT[@]}" restore $way -b "$BUNDLE" --image-path "$IMAGES" "$ID" </dev/null >"$OUT" 2>&1 3>&- || s=$?
		[ "$s:$(cat "$OUT")" = "1:$line" ] || { echo "wanted 1:$line, got $s:$(cat "$OUT")"; return 1; }
		[ -z "$(rt list -q)$(cgroup_dirs)" ]
		wait_for no_processes_left
	done
	rm -rf "$IMAGES"
}

@test "CVE-2026-92574, CVE-2026-95837: images with capabilities that the configuration does not give" {
	limited
	images_with '.process.capabilities.bounding = ["CAP_NET_RAW"]'
	refused /process/capabilities/bounding 'has CAP_NET_RAW, which the configuration does not give it' -d ''
	# Without noNewPrivileges a program could have given it what is in its bounding set; with it none can.
	config '.process.capabilities.bounding = ["CAP_CHOWN"]'
	images_with '.process.capabilities |= with_entries(.value = ["CAP_CHOWN"])'
	refused /process/capabilities/permitted 'has CAP_CHOWN, which the configuration does not give it' -d
	images_with .
	config 'del(.process.capabilities)'
	refused /process/capabilities/bounding 'has CAP_CHOWN, which the configuration does not give it' -d
}

@test "CVE-2026-92574, CVE-2026-95837: images with other ids" {
	limited
	images_with .
	config '.process.user.uid = 1000'
	refused /process/user/uid 'has the user id 0, which the configuration does not give it' -d
	config '.process.user = {uid: 0, gid: 1000}'
	images_with '.process.user.gid = 0'
	refused /process/user/gid 'has the group id 0, which the configuration does not give it' -d
	config '.process.user = {uid: 0, gid: 0, additionalGids: [50]}'
	images_with '.process.user.additionalGids += [42]'
	refused /process/user/additionalGids 'has the supplementary group 42, which the configuration does not give it' -d
}

@test "CVE-2026-92574, CVE-2026-95837: images without no_new_privs, filter or limit, or with a nice value" {
	limited
	images_with '.process.noNewPrivileges = false'
	refused /process/noNewPrivileges 'has no no_new_privs' -d
	images_with '.linux.seccomp.syscalls[0].names = ["swapoff"]'
	refused /linux/seccomp 'has not the seccomp filter of the configuration' -d ''
	images_with 'del(.linux.seccomp)'
	refused /linux/seccomp 'has no seccomp filter' -d
	images_with '.process.rlimits[0].hard = 600'
	refused /process/rlimits/0 'has a hard limit of 600, above that of the configuration' -d
	images_with '.process.scheduler = {policy: "SCHED_OTHER", nice: -3}'
	refused /process/scheduler 'has the nice value -3, which the configuration does not give it' -d
}

@test "CVE-2026-92574, CVE-2026-95837: images in another namespace than the configuration's" {
	limited
	config 'del(.hostname)'
	images_with '.linux.namespaces |= map(select(.type != "uts"))'
	refused /linux/namespaces "is in the runtime's uts namespace, where the configuration asks for a new one" -d
	unshare -C sleep 1000 3>&- &
	holder=$!
	other() { [ "$(readlink /proc/$holder/ns/cgroup)" != "$(readlink /proc/self/ns/cgroup)" ]; }
	wait_for other
	n=$(jq '.linux.namespaces |= map(select(.type != "cgroup")) | .linux.namespaces | length' "$BUNDLE/config.json")
	images_with .
	config '.linux.namespaces |= map(select(.type != "cgroup")) + [{type: "cgroup", path: $p}]' --arg p "/proc/$holder/ns/cgroup"
	refused "/linux/namespaces/$n" "is not in the cgroup namespace /proc/$holder/ns/cgroup" -d
	kill "$holder"
}

@test "CVE-2026-92574, CVE-2026-95837: images with other ids of the host in their user namespace" {
	limited
	mapped='.linux.namespaces |= map(select(.type != "user")) + [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: $h, size: 1000}] | .linux.gidMappings = .linux.uidMappings'
	config "$mapped" --argjson h 100000
	chmod 755 "$BATS_TEST_TMPDIR"
	images_with .
	# criu reads them as root of that namespace.
	chmod -R a+rX "$IMAGES"
	start_detached restore -d --image-path "$IMAGES" "$ID"
	ended() { is_status running || grep -qs "couldn't set cgns prefix" "$IMAGES/restore.log"; }
	wait_for ended
	is_status running || skip "criu makes no cgroup namespace in a user namespace where there is cgroup v2 alone"
	wait_for counted "$(count)"
	rt delete --force "$ID"
	rm -rf "$IMAGES"
	images_with "$mapped" --argjson h 200000
	chmod -R a+rX "$IMAGES"
	refused /linux/uidMappings 'has ids from 200000 of the host as ids from 0 (1000 of them)' -d
}

@test "CVE-2026-92574, CVE-2026-95837: images with a process in somebody else's cgroup" {
	[ -z "${OCIRT_MANAGER-}" ] || skip "the name of the cgroup is systemd's"
	with_tmpfs
	script 'sleep 1000 & while :; do echo 1 >/tmp/n; sleep 0.05; done'
	start_detached run -d "$ID"
	wait_for is_status running
	wait_for counted 0
	hierarchy=/sys/fs/cgroup/unified
	[ -d $hierarchy ] || hierarchy=/sys/fs/cgroup
	[ -e $hierarchy/cgroup.procs ] || { rt delete --force "$ID"; skip "no cgroup of version 2"; }
	mkdir "$hierarchy$CG/sub" "$hierarchy$CG-sub"
	child=$(pgrep -P "$(rt state "$ID" | jq .pid)" -fx 'sleep 1000')
	echo "$child" >"$hierarchy$CG/sub/cgroup.procs"
	rt checkpoint --image-path "$IMAGES" "$ID"
	# Of the container's other cgroups they make one beside it: criu puts what begins alike below the root that it is told.
	LC_ALL=C sed -i "s|$CG/sub|$CG-sub|g" "$IMAGES/cgroup.img"
	# One that is not refused would hold a pipe.
	fails timeout -k 5 120 "${RT[@]}" restore -d -b "$BUNDLE" --image-path "$IMAGES" "$ID" </dev/null >"$OUT" 2>&1 3>&-
	grep -q "^restore $ID: /linux/cgroupsPath: process 2 of the images is in the cgroup .*$CG-sub, outside of the container's: restore images" "$OUT"
	[ "$(wc -l <"$OUT")" = 1 ]
	wait_for no_processes_left
	rmdir "$hierarchy$CG-sub"
	[ -z "$(rt list -q)$(cgroup_dirs)" ]
}

@test "CVE-2026-92574, CVE-2026-95837: images without a mask, a read-only path or the flags of a mount" {
	limited
	mkdir "$BATS_TEST_TMPDIR/data"
	config '.linux.maskedPaths = ["/proc/timer_list", "/proc/acpi", "/proc/nowhere"] | .linux.readonlyPaths = ["/proc/sys", "/proc/nowhere"]
		| .mounts += [{destination: "/mnt", type: "bind", source: $d, options: ["rbind", "ro", "nosuid"]}]' --arg d "$BATS_TEST_TMPDIR/data"
	n=$(jq '.mounts | length - 1' "$BUNDLE/config.json")
	images_with '.linux.maskedPaths = []'
	refused /linux/maskedPaths/0 'can see /proc/timer_list' -d
	images_with '.linux.readonlyPaths = []'
	refused /linux/readonlyPaths/0 'can change /proc/sys' -d
	images_with '(.mounts[] | select(.destination == "/mnt")).options = ["rbind", "ro"]'
	refused "/mounts/$n" 'has without nosuid /mnt' -d
	images_with .
	start_detached restore -d --image-path "$IMAGES" "$ID"
	wait_for is_status running
	wait_for counted "$(count)"
	rt delete --force "$ID"
}

@test "images of the same container are restored, with all that the checks look at" {
	limited
	images_with .
	start_detached restore -d --image-path "$IMAGES" "$ID"
	wait_for is_status running
	wait_for counted "$(count)"
	rt delete --force "$ID"
}

@test "threads, and a process that has ended, are restored under a filter" {
	compiled checkpointee "$BUNDLE/rootfs/bin/checkpointee"
	limited
	args checkpointee many
	images_with .
	start_detached restore -d --image-path "$IMAGES" "$ID"
	wait_for is_status running
	wait_for counted "$(count)"
	pid=$(rt state "$ID" | jq .pid)
	[ "$(ls "/proc/$pid/task" | wc -l)" = 3 ]
	states() { [ "$(ps -o state= --ppid "$pid" | sort | tr -d '\n ')" = Z ]; }
	wait_for states
	[ "$(sed -n 's/^TracerPid:\t//p' /proc/"$pid"/task/*/status | sort -u)" = 0 ]
	rt delete --force "$ID"
}

# Where the module is there, tests/vm has containers with a profile.
@test "--lsm-profile is given to criu, and what has not got it is refused" {
	! grep -qs Y /sys/module/apparmor/parameters/enabled || skip "AppArmor is on"
	limited
	images_with .
	cd "$BUNDLE"
	run ! rt restore -d --lsm-profile apparmor:ocirt-test --image-path "$IMAGES" "$ID" </dev/null
	one_line "^restore $ID: "
	grep -q apparmor "$IMAGES/restore.log"
	[ -z "$(rt list -q)$(cgroup_dirs)" ]
}

# changed HOW: it becomes another one, and an orphan of exec is beside it.
changed() {
	compiled checkpointee "$BUNDLE/rootfs/bin/checkpointee"
	with_tmpfs
	config '.process.capabilities |= with_entries(.value = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL"])'
	args checkpointee "$1"
	start_detached run -d "$ID"
	wait_for is_status running
	wait_for counted 2
	# (Newer busyboxes take the call that criu has to interrupt for the end of a sleep.)
	rt exec --additional-gids 7 "$ID" sh -c 'while :; do sleep 1000; done </dev/null >/dev/null 2>&1 &' </dev/null
	rt checkpoint --image-path "$IMAGES" "$ID" || {
		rt delete --force "$ID"
		grep -q "Can't get rlimit" "$IMAGES/dump.log" && skip "criu cannot dump other users' processes without CAP_SYS_RESOURCE"
		return 1
	}
	start_detached restore -d --image-path "$IMAGES" "$ID"
	wait_for is_status running
	wait_for counted "$(count)"
	pid=$(rt state "$ID" | jq .pid)
	grep -qP '^Groups:\t34 ?$' "/proc/$pid/status"
	rt ps "$ID" | grep -q 'sleep 1000'
}
@test "a program that changed its groups and capabilities by itself is restored, and one that exec started" {
	changed groups
	rt delete --force "$ID"
}
@test "a program that changed its ids by itself is restored" {
	changed ids
	grep -qP '^Uid:\t33\t33\t33' "/proc/$pid/status"
	rt delete --force "$ID"
}
