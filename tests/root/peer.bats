#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Containers that another runtime made: seen, signalled and handed back for deletion.

bats_require_minimum_version 1.5.0
load ../helpers

setup() {
	need_root
	setup_bundle
	host_before
	args sleep 1000
	config '.ociVersion = "1.0.2"' # Debian 12's crun knows no newer one
	# runc's state directory is its own; crun 1.8 refuses a hybrid host.
	V1=("$BATS_TEST_DIRNAME/../without-cgroup2")
}
teardown() {
	[ -z "${THEIRS-}" ] || "${V1[@]}" "$THEIRS" --root "$ROOT" delete --force "$ID" 2>/dev/null || :
	if [ -n "${SLEEPER-}" ]; then
		kill -KILL "$SLEEPER" 2>/dev/null || :
		[ ! -d "$GROUP" ] || echo 0 >"$GROUP/cgroup.freeze"
		wait_for gone_group
	fi
	teardown_bundle
}

# made_by RUNTIME: a created container of that runtime's
made_by() {
	THEIRS=$1
	command -v "$1" >/dev/null || skip "$1 is not installed"
	mkdir -p -m 700 "$ROOT"
	(cd "$BUNDLE" && "${V1[@]}" "$1" --root "$ROOT" create "$ID" </dev/null >/dev/null 2>&1)
}

# not_ours STATUS: in it, what changes a container or needs to know more of it is its maker's.
not_ours() {
	local verb words status
	for verb in start pause resume 'update --memory 1000000000' 'events --stats' 'checkpoint' 'mounts list' exec; do
		words=() status=1
		[ "$verb" != exec ] || words=(true) status=255
		# shellcheck disable=SC2086
		run -$status rt $verb "$ID" "${words[@]}"
		one_line "$THEIRS made this container: only .* work here \($THEIRS does the rest\)"
	done
	run ! create_container
	says 'container with given ID already exists'
	[ "$(status_of)" = "$1" ]
}

check_verbs() {
	local pid
	[ "$(status_of)" = created ]
	not_ours created
	"${V1[@]}" "$THEIRS" --root "$ROOT" start "$ID"
	[ "$(status_of)" = running ]
	pid=$(rt state "$ID" | jq .pid)
	[ "$pid" = "$("${V1[@]}" "$THEIRS" --root "$ROOT" state "$ID" | jq .pid)" ]
	[ "$(rt state "$ID" | jq -r .bundle)" = "$BUNDLE" ]
	[ "$(rt list -q)" = "$ID" ]
	rt ps --format json "$ID" | jq -e "index($pid)"
	not_ours running
	"${V1[@]}" "$THEIRS" --root "$ROOT" pause "$ID"
	not_ours paused
	run ! rt delete "$ID" # its maker's word
	says "$THEIRS"
	"${V1[@]}" "$THEIRS" --root "$ROOT" resume "$ID"
	run ! rt delete "$ID"
	says "$THEIRS"
	[ "$(status_of)" = running ]
	rt kill "$ID" KILL
	wait_for is_status stopped
	rt delete "$ID"
	run ! rt state "$ID"
	[ ! -e "$ROOT/$ID" ]
}

@test "a container of runc" {
	made_by runc
	check_verbs
}

@test "a container of crun" {
	made_by crun
	check_verbs
}

@test "delete --force of a running container of runc" {
	made_by runc
	"${V1[@]}" runc --root "$ROOT" start "$ID"
	rt delete --force "$ID"
	[ ! -e "$ROOT/$ID" ]
}

# Where the runtimes lie, in a mount namespace: ours are in DIR, which is /usr/local/sbin there. Without
# "theirs" that of the container's maker is not to be found.
with() { # DIR theirs|none COMMAND...
	unshare -m bash -c '
		mount --bind "$1" /usr/local/sbin || exit 99
		for f in /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
			[ "$2" = theirs ] || [ ! -e "$f/$0" ] || mount --bind /dev/null "$f/$0" || exit 99
		done
		exec "${@:3}"' "$THEIRS" "$@"
}
# Everything of theirs that a delete could take: files, cgroups.
theirs_left() {
	find "$ROOT/$ID" -type f -exec md5sum {} +
	find "$ROOT/$ID" | sort
	cgroup_dirs
}
stopped_of() { # RUNTIME: a container of that runtime's that has ended
	made_by "$1"
	rt kill "$ID" KILL
	wait_for is_status stopped
	FOUND=$BATS_TEST_TMPDIR/found
	mkdir "$FOUND"
	theirs_left >"$BATS_TEST_TMPDIR/left"
	[ -s "$BATS_TEST_TMPDIR/left" ]
}
nothing_gone() { theirs_left | diff "$BATS_TEST_TMPDIR/left" -; }
not_deleted() { # REGEX theirs|none: with and without --force the word is one line, and nothing is taken
	local force
	for force in '' --force; do
		run ! with "$FOUND" "$2" "${RT[@]}" delete $force "$ID"
		one_line "$1"
		nothing_gone
	done
}
# called_as STATUS TEXT: in the place of theirs, a program that notes its calls
called_as() {
	printf '#!/bin/sh\necho "$*" >>%s\necho "%s" >&2\nexit %s\n' "$BATS_TEST_TMPDIR/calls" "$2" "$1" >"$FOUND/$THEIRS"
	chmod 755 "$FOUND/$THEIRS"
	: >"$BATS_TEST_TMPDIR/calls"
}

check_names() { # RUNTIME
	stopped_of "$1"
	# Only ourselves under its name: no delete without end, and nothing is taken.
	ln -s "$(realpath "$OCIRT")" "$FOUND/$1"
	not_deleted "$1 made this container.*/usr/local/sbin/$1 is ocirt: install $1 " none
	rm "$FOUND/$1"
	cp "$OCIRT" "$FOUND/$1"
	not_deleted "$1 made this container.*/usr/local/sbin/$1 is ocirt: install $1 " none
	# A word of an earlier one, about another container, is nothing to go by.
	OCIRT_HANDED_OVER=other:/bin/$1 with "$FOUND" theirs "${RT[@]}" delete "$ID"
	[ ! -e "$ROOT/$ID" ]
}

@test "ocirt installed under the name of runc: runc itself is called" {
	check_names runc
}

@test "ocirt installed under the name of crun: crun itself is called" {
	check_names crun
}

@test "a link to ocirt under the name of runc is not even called" {
	command -v strace >/dev/null || skip "no strace"
	stopped_of runc
	ln -s "$(realpath "$OCIRT")" "$FOUND/runc"
	with "$FOUND" theirs strace -f -e trace=execve -o "$BATS_TEST_TMPDIR/trace" "${RT[@]}" delete "$ID"
	[ ! -e "$ROOT/$ID" ]
	grep -q 'execve("/[a-z/]*/runc", \["runc", "--root"' "$BATS_TEST_TMPDIR/trace"
	fails grep -q 'execve("/usr/local/sbin/runc"' "$BATS_TEST_TMPDIR/trace"
}

check_failures() { # RUNTIME
	stopped_of "$1"
	not_deleted "$1 made this container.*not installed: install it" none
	called_as 3 'not today'
	not_deleted "/usr/local/sbin/$1 delete: exit status 3: not today" theirs
	[ "$(cat "$BATS_TEST_TMPDIR/calls")" = "--root $ROOT delete $ID
--root $ROOT delete --force $ID" ]
	called_as 3 ''
	not_deleted "/usr/local/sbin/$1 delete: exit status 3: it says nothing" theirs
	printf '#!/no/such/shell\n' >"$FOUND/$1"
	not_deleted "/usr/local/sbin/$1 delete: exit status 127: execve: " theirs
	# What it says it has done is its word: nothing is tried after it.
	called_as 0 done
	with "$FOUND" theirs "${RT[@]}" delete --force "$ID"
	[ "$(cat "$BATS_TEST_TMPDIR/calls")" = "--root $ROOT delete --force $ID" ]
	nothing_gone
}

@test "runc is missing or fails: nothing of its container is taken" {
	check_failures runc
}

@test "crun is missing or fails: nothing of its container is taken" {
	check_failures crun
}

@test "crun is found where CRI-O's packages and NixOS have it" {
	local top folder
	stopped_of crun
	called_as 3 'not today'
	mkdir "$BATS_TEST_TMPDIR/none"
	for folder in /usr/libexec/crio /run/current-system/sw/bin; do
		top=${folder%/crio} top=${top%/current-system*}
		[ -d "$top" ] || skip "no $top"
		# shellcheck disable=SC2016
		run ! with "$BATS_TEST_TMPDIR/none" none bash -c 'mount -t tmpfs none "$1" && mkdir -p "$2" && cp "$0" "$2" || exit 99
			exec "${@:3}"' "$FOUND/crun" "$top" "$folder" "${RT[@]}" delete "$ID"
		one_line "$folder/crun delete: exit status 3: not today"
		nothing_gone
	done
}

# Its minute would be too long for a test: what is seen is that each wait for it has an end.
@test "a runtime that does not end is waited for with a deadline, and ends with ours" {
	command -v strace >/dev/null || skip "no strace"
	stopped_of runc
	mkfifo "$BATS_TEST_TMPDIR/never"
	printf '#!/bin/sh\necho $$ >%s\nexec cat %s\n' "$BATS_TEST_TMPDIR/pid" "$BATS_TEST_TMPDIR/never" >"$FOUND/runc"
	chmod 755 "$FOUND/runc"
	with "$FOUND" theirs strace -f -e trace=poll -o "$BATS_TEST_TMPDIR/trace" "${RT[@]}" delete "$ID" </dev/null >/dev/null 2>&1 3>&- &
	local waiting=$! theirs
	# Both: it runs, and it is waited for.
	wait_for test -s "$BATS_TEST_TMPDIR/pid"
	theirs=$(cat "$BATS_TEST_TMPDIR/pid")
	wait_for grep -q 'poll(.*fd=.*' "$BATS_TEST_TMPDIR/trace"
	fails grep -E 'poll\(.*\], [0-9]+, (-1|[0-9]{6,})' "$BATS_TEST_TMPDIR/trace"
	kill -KILL "$(awk '{ print $1; exit }' "$BATS_TEST_TMPDIR/trace")"
	wait "$waiting" || :
	gone() { [ ! -e "/proc/$theirs" ]; }
	wait_for gone
	nothing_gone
	rt delete "$ID"
}

@test "a form of theirs that is not known is theirs still" {
	THEIRS=
	local verb
	mkdir -p -m 700 "$ROOT/$ID"
	echo '{"ociVersion":"1.0.2"}' >"$ROOT/$ID/config.json" # crun keeps one too, and so do we
	echo '{"pid":"a word"}' >"$ROOT/$ID/status"
	theirs_left >"$BATS_TEST_TMPDIR/left"
	for verb in state 'delete' 'delete --force' 'kill'; do
		run ! rt $verb "$ID"
		one_line 'crun made this container, in a form that ocirt does not know \(delete it with crun\): status: '
		nothing_gone
	done
	run ! create_container
	says 'container with given ID already exists'
	nothing_gone
	rm "$ROOT/$ID"/{config.json,status}
	echo '{"id":7,"init_process_pid":1}' >"$ROOT/$ID/state.json"
	theirs_left >"$BATS_TEST_TMPDIR/left"
	for verb in state 'delete' 'delete --force' 'kill'; do
		run ! rt $verb "$ID"
		one_line 'runc made this container, in a form that ocirt does not know \(delete it with runc\): state.json: '
		nothing_gone
	done
	rm -r "${ROOT:?}/$ID"
}

# As youki keeps it: nothing of it is ours to take, by force neither.
@test "a state that nobody knows is left alone" {
	local verb known='{"ociVersion":"1.0.2","id":"'$ID'","status":"running","pid":1,"bundle":"/b","useSystemd":false}'
	mkdir -p -m 700 "$ROOT/$ID"
	for state in "$known" '{"id":"other","strange":1}' '{"id":"'"$ID"'","config":{},"pid":[]}' '{}'; do
		echo "$state" >"$ROOT/$ID/state.json"
		theirs_left >"$BATS_TEST_TMPDIR/left"
		for verb in state 'exec' 'kill' 'delete' 'delete --force'; do
			# shellcheck disable=SC2046
			run ! rt $verb "$ID" $([ "$verb" != exec ] || echo true)
			one_line 'state.json is of a runtime that ocirt does not know \(delete this container with the one that made it\)'
			nothing_gone
		done
		run ! create_container
		says 'container with given ID already exists'
		run -0 rt list
		says "load container $ID: state.json is of a runtime"
		nothing_gone
	done
	rm -r "${ROOT:?}/$ID"
}

# a process that is somebody else's container, in a cgroup of the unified hierarchy
in_cgroup() {
	local top
	top=$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
	[ -n "$top" ] || skip "no unified hierarchy"
	THEIRS=
	GROUP=$top/ocirt-peer-$$-$BATS_TEST_NUMBER
	mkdir "$GROUP" 2>/dev/null || skip "no cgroup can be made in $top"
	sleep 1000 </dev/null >/dev/null 2>&1 3>&- &
	SLEEPER=$!
	echo "$SLEEPER" >"$GROUP/cgroup.procs"
	START=$(sed 's/.*) //' "/proc/$SLEEPER/stat" | cut -d' ' -f20)
	mkdir -p -m 700 "$ROOT/$ID"
}
frozen() { grep -qx 'frozen 1' "$GROUP/cgroup.events"; }
gone_group() { rmdir "$GROUP" 2>/dev/null || [ ! -d "$GROUP" ]; }
# What is known of it, in each state; at its end nothing of its files has changed.
check_form() {
	[ "$(status_of)" = created ]
	rm "$ROOT/$ID/exec.fifo"
	theirs_left >"$BATS_TEST_TMPDIR/left"
	rt state "$ID" | jq -e --argjson pid "$SLEEPER" '.status == "running" and .pid == $pid and .bundle == "/b" and .rootfs == "/b/rootfs"
		and .created == "2026-01-02T03:04:05.678901234Z"'
	[ "$(rt list -q)" = "$ID" ]
	[ "$(rt ps --format json "$ID")" = "[$SLEEPER]" ]
	echo 1 >"$GROUP/cgroup.freeze"
	wait_for frozen
	[ "$(status_of)" = paused ]
	# KILL alone ends a frozen one; another signal waits for its thaw
	rt kill "$ID" KILL
	wait "$SLEEPER" || :
	wait_for is_status stopped
	[ "$(rt ps --format json "$ID")" = '[]' ]
	run ! rt kill "$ID" TERM
	one_line 'container not running'
	wait_for gone_group
	[ "$(status_of)" = stopped ]
	nothing_gone
	rm -r "${ROOT:?}/$ID"
}

@test "the form of runc 1.2 to 1.4, on cgroup v2" {
	in_cgroup
	jq -n --arg id "$ID" --argjson pid "$SLEEPER" --argjson start "$START" --arg cgroup "$GROUP" '{id: $id, init_process_pid: $pid,
		init_process_start: $start, created: "2026-01-02T03:04:05.678901234Z", config: {no_pivot_root: false, rootfs: "/b/rootfs",
		umask: null, labels: ["a=b", "bundle=/b"], cgroups: {path: "/x", systemd: true, Rootless: false, Resources: {pids_limit: null}},
		scheduler: null, io_priority: null, exec_cpu_affinity: {Initial: null, Final: null}, time_offsets: null, net_devices: {}},
		rootless: false, cgroup_paths: {"": $cgroup}, namespace_paths: {NEWPID: "/proc/\($pid)/ns/pid"},
		external_descriptors: ["/dev/null", "pipe:[1]", "pipe:[2]"], intel_rdt_path: ""}' >"$ROOT/$ID/state.json"
	mkfifo "$ROOT/$ID/exec.fifo"
	check_form
}

@test "the form of crun 1.2x, on cgroup v2" {
	in_cgroup
	jq -n --argjson pid "$SLEEPER" --argjson start "$START" --arg cgroup "/${GROUP##*/}" '{pid: $pid, "process-start-time": $start,
		"cgroup-path": $cgroup, scope: "crun-x.scope", "intelrdt": null, rootfs: "rootfs", "systemd-cgroup": true, bundle: "/b",
		created: "2026-01-02T03:04:05.678901234Z", owner: "root", detached: true, external_descriptors: "[\"/dev/null\"]"}' >"$ROOT/$ID/status"
	cp "$BUNDLE/config.json" "$ROOT/$ID/config.json"
	mkfifo "$ROOT/$ID/exec.fifo"
	check_form
}
