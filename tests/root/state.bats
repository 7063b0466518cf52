#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is on disk about a container: who wrote it, whether it is believed, and what deletes it. Records
# are forged here to stand for other boots, reused pids and damaged disks.

load ../helpers

setup() {
	need_root
	setup_bundle
	is_ocirt || skip "the state directory is ocirt's own"
	STRANGER=
	host_before
}

teardown() {
	[ -z "$STRANGER" ] || kill -KILL "$STRANGER" 2>/dev/null || :
	teardown_bundle
}

# stranger: a process that no container verb may touch; $STRANGER is its pid.
stranger() {
	sleep 300 </dev/null >/dev/null 2>&1 3>&- &
	STRANGER=$!
}
stranger_lives() { kill -0 "$STRANGER"; }
start_time() { sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f20; }
boot_id() { cat /proc/sys/kernel/random/boot_id; }

# record PHASE [jq filter]: a record of $ID that names the stranger as it is now.
record() {
	install -d -m 0700 "$ROOT" "$ROOT/$ID"
	jq -n --arg id "$ID" --arg phase "$1" --arg boot "$(boot_id)" --argjson pid "$STRANGER" \
		--argjson start "$(start_time "$STRANGER")" --arg b "$BUNDLE" \
		--argjson ns "$(stat -Lc %i /proc/self/ns/pid)" \
		'{id: $id, phase: $phase, bootId: $boot, pid: $pid, startTime: $start,
		pidNamespace: $ns, bundle: $b, rootfs: ($b + "/rootfs"), created: "2020-01-01T00:00:00Z",
		owner: "", cgroupManager: "disabled"} | '"${2:-.}" >"$ROOT/$ID/state.json"
	cp "$BUNDLE/config.json" "$ROOT/$ID/config.json"
}
forge() { # FILTER: changes the record
	jq "$1" "$ROOT/$ID/state.json" >"$BATS_TEST_TMPDIR/forged"
	cat "$BATS_TEST_TMPDIR/forged" >"$ROOT/$ID/state.json"
}
not_there() { # every verb that looks says that there is no such container
	local verb
	for verb in state start kill ps; do
		run rt "$verb" "$ID"
		[ "$status" = 1 ] || { echo "$verb: status $status"; return 1; }
		one_line 'container does not exist' || return 1
	done
	[ -z "$(rt list -q)" ]
}

@test "only the owner may look into the state" {
	create_container
	[ "$(stat -c %a "$ROOT")" = 700 ]
	[ "$(stat -c %a "$ROOT/$ID")" = 700 ]
	[ "$(stat -c %a "$ROOT/$ID/state.json")" = 600 ]
	[ "$(stat -c %a "$ROOT/$ID/config.json")" = 600 ]
	rt delete --force "$ID"
}

@test "the record names boot, pid, start time, pidfs inode and pid namespace" {
	create_container
	pid=$(rt state "$ID" | jq .pid)
	jq -e --arg boot "$(boot_id)" --argjson pid "$pid" --argjson start "$(start_time "$pid")" \
		--argjson ns "$(stat -Lc %i /proc/self/ns/pid)" '.phase == "created" and .bootId == $boot
		and .pid == $pid and .startTime == $start and .pidNamespace == $ns' "$ROOT/$ID/state.json"
	grep -qw pidfs /proc/filesystems || [ "$(jq '.pidfdInode // 0' "$ROOT/$ID/state.json")" = 0 ] ||
		jq -e '.pidfdInode > 0' "$ROOT/$ID/state.json"
	rt delete --force "$ID"
}

@test "an intent is invisible, and create takes it over" {
	stranger
	record creating '.startTime = 1'
	not_there
	create_container
	[ "$(status_of)" = created ]
	stranger_lives
	rt delete --force "$ID"
}

@test "the process of an intent whose creator has died is ended by create" {
	stranger
	record creating
	create_container
	wait "$STRANGER" || s=$?
	[ "$s" = 137 ]
	STRANGER=
	[ "$(status_of)" = created ]
	rt delete --force "$ID"
}

@test "an intent whose record cannot be read just now is no container" {
	command -v strace >/dev/null || skip "needs strace"
	stranger
	record creating '.startTime = 1'
	cd "$BUNDLE"
	run strace -qq -o "$BATS_TEST_TMPDIR/trace" -P state.json -e inject=openat,openat2:error=EIO \
		"$OCIRT" --root "$ROOT" create "$ID" </dev/null 3>&-
	[ "$status" = 1 ]
	grep -q INJECTED "$BATS_TEST_TMPDIR/trace"
	one_line 'state.json: input/output error'
	stranger_lives
	create_container
	rt delete --force "$ID"
}

@test "an intent is rolled back by delete, with and without --force" {
	stranger
	for force in "" --force; do
		record creating '.startTime = 1'
		# shellcheck disable=SC2086
		rt delete $force "$ID"
		[ ! -e "$ROOT/$ID" ]
	done
	stranger_lives
}

@test "while a creator holds the lock its id is taken, and looking does not wait" {
	stranger
	record creating '.startTime = 1'
	mkfifo "$BATS_TEST_TMPDIR/go"
	flock "$ROOT/$ID" sh -c "echo > '$BATS_TEST_TMPDIR/locked'; cat '$BATS_TEST_TMPDIR/go'" 3>&- &
	holder=$!
	wait_for test -e "$BATS_TEST_TMPDIR/locked"
	run create_container
	[ "$status" = 1 ]
	one_line 'container with given ID already exists'
	not_there
	# delete waits for the lock: the kernel shows the waiter behind an arrow.
	rt delete --force "$ID" 3>&- &
	waiter=$!
	inode=$(stat -c %i "$ROOT/$ID")
	wait_for grep -q -- "-> FLOCK.*:$inode " /proc/locks
	echo >"$BATS_TEST_TMPDIR/go"
	wait "$holder"
	wait "$waiter"
	[ ! -e "$ROOT/$ID" ]
	stranger_lives
}

@test "of two creates of one id exactly one wins" {
	for i in 1 2 3 4 5; do
		cd "$BUNDLE"
		"$OCIRT" --root "$ROOT" create "$ID" </dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/e1" 3>&- &
		one=$!
		"$OCIRT" --root "$ROOT" create "$ID" </dev/null >/dev/null 2>"$BATS_TEST_TMPDIR/e2" 3>&- &
		two=$!
		s1=0 s2=0
		wait "$one" || s1=$?
		wait "$two" || s2=$?
		[ "$s1$s2" = 01 ] || [ "$s1$s2" = 10 ]
		[ "$(cat "$BATS_TEST_TMPDIR/e1" "$BATS_TEST_TMPDIR/e2" | grep -c 'container with given ID already exists')" = 1 ]
		[ "$(status_of)" = created ]
		rt delete --force "$ID"
	done
}

@test "a record of another boot is stopped, signals nobody, and create reclaims its id" {
	stranger
	record created '.bootId = "00000000-0000-4000-8000-000000000000"'
	[ "$(status_of)" = stopped ]
	[ "$(rt state "$ID" | jq .pid)" = 0 ]
	run rt kill "$ID" KILL
	[ "$status" = 1 ]
	one_line 'container not running'
	# What lay there then must not stand in the way now.
	mkdir "$ROOT/$ID/config.json.tmp"
	: >"$ROOT/$ID/start"
	create_container
	[ "$(status_of)" = created ]
	[ ! -e "$ROOT/$ID/config.json.tmp" ]
	stranger_lives
	rt delete --force "$ID"
	stranger_lives
}

@test "a stopped container stays until delete" {
	create_container
	rt start "$ID"
	wait_for is_status stopped
	run create_container
	[ "$status" = 1 ]
	one_line 'container with given ID already exists'
	[ "$(status_of)" = stopped ]
	rt delete "$ID"
	create_container
	rt delete --force "$ID"
}

@test "a reused pid is not the container: other start time, other pidfs inode" {
	stranger
	for forged in '.startTime += 1' '.startTime = 0' '.pidfdInode = 1' '.pid = 1' '.pid = 0' '.pid = -1' '.pid = 4294967297'; do
		case $forged in *Inode*) jq -e '.pidfdInode > 0' <(create_container && cat "$ROOT/$ID/state.json"; rt delete -f "$ID") || continue ;; esac
		record created "$forged"
		[ "$(status_of)" = stopped ]
		run rt kill "$ID" KILL
		[ "$status" = 1 ]
		one_line 'container not running'
		run rt start "$ID"
		[ "$status" = 1 ]
		one_line 'cannot start a container that has stopped'
		rt kill --all "$ID" KILL || :
		rt delete --force "$ID"
		[ ! -e "$ROOT/$ID" ]
		stranger_lives
	done
	# The same record unforged is believed: the test above can fail.
	record created
	[ "$(status_of)" = running ]
	rt delete --force "$ID"
	s=0
	wait "$STRANGER" || s=$?
	[ "$s" = 137 ]
	STRANGER=
}

@test "a pid of another pid namespace means nothing here" {
	stranger
	record created '.pidNamespace = 1'
	for verb in state start kill ps delete; do
		run rt "$verb" "$ID"
		[ "$status" = 1 ]
		one_line "container $ID is of another pid namespace"
	done
	run rt delete --force "$ID"
	[ "$status" = 0 ]
	[ -z "$output" ]
	[ ! -e "$ROOT/$ID" ]
	stranger_lives
}

@test "a damaged record is an error that names it, hides no other container, and goes by force" {
	stranger
	other=$ID-other
	mkdir -p "$BATS_TEST_TMPDIR/outside"
	echo precious >"$BATS_TEST_TMPDIR/outside/file"
	(cd "$BUNDLE" && rt create "$other" </dev/null >/dev/null 2>&1)
	for damage in empty truncated garbage list no-id other-id no-boot fifo link dir huge; do
		record created
		file=$ROOT/$ID/state.json
		case $damage in
		empty) : >"$file" ;;
		truncated) truncate -s -20 "$file" ;;
		garbage) head -c 300 /dev/urandom >"$file" ;;
		list) echo '[]' >"$file" ;;
		no-id) forge 'del(.id)' ;;
		other-id) forge '.id = "another"' ;;
		no-boot) forge 'del(.bootId)' ;;
		fifo) rm "$file" && mkfifo "$file" ;;
		link) rm "$file" && ln -s "$BATS_TEST_TMPDIR/outside/file" "$file" ;;
		dir) rm "$file" && mkdir "$file" && ln -s "$BATS_TEST_TMPDIR/outside" "$file/l" ;;
		huge) truncate -s 17M "$file" ;;
		esac
		for verb in state start kill ps delete; do
			run rt "$verb" "$ID"
			[ "$status" = 1 ] || { echo "$damage $verb: status $status"; false; }
			one_line "container $ID.*state.json" || { echo "$damage $verb"; false; }
		done
		run create_container
		[ "$status" = 1 ]
		case $damage in
		link | dir | huge) one_line "container $ID.*state.json" ;;
		*) one_line 'container with given ID already exists' ;;
		esac
		[ "$(rt list -q 2>/dev/null)" = "$other" ]
		rt list 2>&1 >/dev/null | grep -q "load container $ID"
		rt delete --force "$ID" 2>"$BATS_TEST_TMPDIR/warning"
		grep -q 'are not known' "$BATS_TEST_TMPDIR/warning"
		[ ! -e "$ROOT/$ID" ]
		[ "$(cat "$BATS_TEST_TMPDIR/outside/file")" = precious ]
	done
	stranger_lives
	rt delete --force "$other"
}

@test "delete follows no link out of the state directory" {
	mkdir -p "$BATS_TEST_TMPDIR/outside/dir"
	echo precious >"$BATS_TEST_TMPDIR/outside/file"
	ln "$BATS_TEST_TMPDIR/outside/file" "$BATS_TEST_TMPDIR/outside/hard"
	create_container
	d=$ROOT/$ID
	ln -s "$BATS_TEST_TMPDIR/outside" "$d/link-to-dir"
	ln -s "$BATS_TEST_TMPDIR/outside/file" "$d/link-to-file"
	ln -s / "$d/link-to-root"
	ln -s .. "$d/link-up"
	ln "$BATS_TEST_TMPDIR/outside/file" "$d/hard-link"
	mkdir -p "$d/a/b/c/d"
	ln -s "$BATS_TEST_TMPDIR/outside" "$d/a/b/c/d/link"
	mkfifo "$d/a/fifo"
	chmod 000 "$d/a/b"
	rm "$d/config.json"
	ln -s "$BATS_TEST_TMPDIR/outside/file" "$d/config.json"
	chattr +i "$d/a" 2>/dev/null && chattr -i "$d/a"
	rt delete --force "$ID" 2>"$BATS_TEST_TMPDIR/e"
	[ ! -e "$d" ]
	[ "$(find "$BATS_TEST_TMPDIR/outside" | wc -l)" = 4 ]
	[ "$(cat "$BATS_TEST_TMPDIR/outside/file")" = precious ]
}

@test "delete enters nothing that is mounted in the state directory" {
	mkdir -p "$BATS_TEST_TMPDIR/outside"
	echo precious >"$BATS_TEST_TMPDIR/outside/file"
	create_container
	mkdir "$ROOT/$ID/mnt"
	run unshare -m sh -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' - \
		"$BATS_TEST_TMPDIR/outside" "$ROOT/$ID/mnt" "$OCIRT" --root "$ROOT" delete --force "$ID"
	[ "$status" = 1 ]
	one_line 'rmdir mnt: device or resource busy'
	[ "$(cat "$BATS_TEST_TMPDIR/outside/file")" = precious ]
	# The record is still there: the same again finishes.
	[ "$(status_of)" = stopped ]
	rt delete "$ID"
	[ ! -e "$ROOT/$ID" ]
}

@test "a directory without a record: nothing there, create takes it, delete removes what is ours" {
	install -d -m 0700 "$ROOT" "$ROOT/$ID"
	not_there
	rt delete --force "$ID"
	[ ! -e "$ROOT/$ID" ]
	install -d -m 0700 "$ROOT/$ID"
	echo half >"$ROOT/$ID/state.json.tmp"
	run rt delete "$ID"
	[ "$status" = 1 ]
	one_line 'container does not exist'
	[ ! -e "$ROOT/$ID" ]
	install -d -m 0700 "$ROOT/$ID"
	echo half >"$ROOT/$ID/state.json.tmp"
	create_container
	[ "$(status_of)" = created ]
	rt delete --force "$ID"
	# Somebody else's directory is not emptied.
	install -d -m 0700 "$ROOT/$ID"
	echo theirs >"$ROOT/$ID/file"
	run rt delete --force "$ID"
	[ "$status" = 1 ]
	one_line "rmdir $ID: directory not empty"
	[ "$(cat "$ROOT/$ID/file")" = theirs ]
	rm -r "${ROOT:?}/$ID"
}

@test "the place of a container is a link or a file" {
	install -d -m 0700 "$ROOT" "$BATS_TEST_TMPDIR/outside"
	stranger
	record created '.startTime = 1'
	mv "$ROOT/$ID" "$BATS_TEST_TMPDIR/outside/$ID"
	for what in link file; do
		case $what in
		link) ln -s "$BATS_TEST_TMPDIR/outside/$ID" "$ROOT/$ID" ;;
		file) echo x >"$ROOT/$ID" ;;
		esac
		for verb in "state" "start" "kill" "delete" "delete --force" "create --bundle $BUNDLE"; do
			# shellcheck disable=SC2086
			run rt $verb "$ID"
			[ "$status" = 1 ]
			one_line "$ID"
		done
		[ -e "$ROOT/$ID" ]
		rm "$ROOT/$ID"
	done
	[ -e "$BATS_TEST_TMPDIR/outside/$ID/state.json" ]
	stranger_lives
}

@test "the record goes last: a delete that was killed is finished by another" {
	for gone in config.json start "config.json start"; do
		create_container
		for f in $gone; do rm "$ROOT/$ID/$f"; done
		rt delete --force "$ID" 2>/dev/null
		[ ! -e "$ROOT/$ID" ]
		[ -z "$(cgroup_dirs)" ]
	done
}

@test "kill and delete --force get through while a hook keeps the lock of start" {
	config '.hooks.poststart = [{"path": "/bin/sh", "args": ["sh", "-c", $c], "timeout": 60}]' \
		--arg c "echo > $BATS_TEST_TMPDIR/hook; exec sleep 50"
	script 'trap "echo term > /tmp/got; exit 0" TERM; echo > /tmp/ready; while :; do sleep 0.1; done'
	create_container
	cd "$BUNDLE"
	"$OCIRT" --root "$ROOT" start "$ID" </dev/null >/dev/null 2>&1 3>&- &
	starter=$!
	wait_for test -e "$BATS_TEST_TMPDIR/hook"
	wait_for test -e "$BUNDLE/rootfs/tmp/ready"
	[ "$(status_of)" = running ]
	rt list -q | grep -qx "$ID"
	rt kill "$ID" TERM
	wait_for test -e "$BUNDLE/rootfs/tmp/got"
	kill -KILL "$starter"
	wait "$starter" || :
	rt delete --force "$ID"
}

@test "a root directory that is not ours alone is refused, and never changed" {
	mkdir "$BATS_TEST_TMPDIR/d"
	for what in file link group other owner; do
		bad=$BATS_TEST_TMPDIR/bad-$what
		case $what in
		file) : >"$bad" ;;
		link) ln -s "$BATS_TEST_TMPDIR/d" "$bad" ;;
		group) mkdir -m 0770 "$bad" ;;
		other) mkdir -m 0707 "$bad" ;;
		owner) install -d -m 0700 -o 65534 "$bad" ;;
		esac
		before=$(stat -c '%a %u %F' "$bad")
		for verb in "state $ID" "list" "create --bundle $BUNDLE $ID"; do
			# shellcheck disable=SC2086
			run "$OCIRT" --root "$bad" $verb </dev/null
			[ "$status" = 1 ] || { echo "$what $verb: $status $output"; false; }
			one_line "$bad"
		done
		[ "$(stat -c '%a %u %F' "$bad")" = "$before" ]
	done
	[ -z "$(ls -A "$BATS_TEST_TMPDIR/d")" ]
}

@test "missing directories above the root are made, 0700" {
	"$OCIRT" --root "$ROOT/a/b" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	[ "$(stat -c %a "$ROOT/a/b")" = 700 ]
	"$OCIRT" --root "$ROOT/a/b" delete --force "$ID"
	rmdir "$ROOT/a/b" "$ROOT/a"
	# Looking makes nothing.
	run "$OCIRT" --root "$ROOT/none" list -q
	[ "$status" = 0 ]
	[ ! -e "$ROOT/none" ]
}

@test "where the state is when nobody says" {
	stranger
	record created '.bootId = "another"'
	open=$(mktemp -d /tmp/ocirt-test-XXXXXX) # other users cannot look into the test's own
	chmod 755 "$open"
	xdg=$open/xdg
	install -d -m 0700 "$xdg"
	cp -r "$ROOT" "$xdg/ocirt"
	# Root of the first user namespace: /run, whatever the variable says.
	XDG_RUNTIME_DIR=$xdg "$OCIRT" list -q >"$BATS_TEST_TMPDIR/list"
	fails grep -x "$ID" "$BATS_TEST_TMPDIR/list"
	# Root of another one whose USER is not root: the variable.
	for user in USER=joe USER= -uUSER; do
		[ "$(env "$user" XDG_RUNTIME_DIR="$xdg" unshare -Ur "$OCIRT" list -q)" = "$ID" ]
	done
	XDG_RUNTIME_DIR=$xdg USER=root unshare -Ur "$OCIRT" list -q >"$BATS_TEST_TMPDIR/list" || :
	fails grep -x "$ID" "$BATS_TEST_TMPDIR/list"
	# An ordinary user: the variable, and without a usable one a directory of their own.
	cp "$OCIRT" "$open/ocirt"
	chown -R 54321 "$xdg"
	as() { setpriv --reuid 54321 --regid 54321 --clear-groups env "$@"; }
	[ "$(as XDG_RUNTIME_DIR="$xdg" "$open/ocirt" list -q)" = "$ID" ]
	[ ! -e /run/user/54321 ] && [ ! -e /tmp/ocirt-54321 ] || skip "uid 54321 is in use"
	cp -a "$xdg/ocirt" /tmp/ocirt-54321
	for unset in XDG_RUNTIME_DIR= XDG_RUNTIME_DIR=relative -uXDG_RUNTIME_DIR; do
		as "$unset" "$open/ocirt" list -q >"$BATS_TEST_TMPDIR/list.$unset" || :
	done
	rm -rf /tmp/ocirt-54321 "$open"
	for unset in XDG_RUNTIME_DIR= XDG_RUNTIME_DIR=relative -uXDG_RUNTIME_DIR; do
		[ "$(cat "$BATS_TEST_TMPDIR/list.$unset")" = "$ID" ]
	done
	rt delete --force "$ID"
}

@test "container ids: what runc takes and what it refuses" {
	stranger
	for ID in a A 9 _x +x .x a.b a-b a+b ..x "$(printf 'a%.0s' {1..255})"; do
		record created '.bootId = "another"'
		[ "$(rt state "$ID" | jq -r .id)" = "$ID" ]
		rt delete "$ID"
	done
	for bad in "" . .. / a/b ../x a/.. "a b" 'a;b' a:b 'a%b' 'a@b' 'ä' $'a\nb' "$(printf 'a%.0s' {1..256})"; do
		for verb in state start kill "delete --force" "create --bundle $BUNDLE"; do
			# shellcheck disable=SC2086
			run rt $verb "$bad" </dev/null
			[ "$status" = 1 ]
			one_line 'invalid container id'
		done
	done
}

@test "root of a user namespace has a state directory of its own where /run/ocirt is somebody else's" {
	as_root_inside() { # COMMAND...: with root's /run/ocirt there, and none of one's own yet
		unshare -m sh -c 'mount -t tmpfs -o mode=755 none /run && mkdir -m 700 /run/ocirt && install -m 755 "$0" /run/program &&
			mount -t tmpfs -o mode=1777 none /tmp && cd / &&
			exec setpriv --reuid 54321 --regid 54321 --clear-groups env -u XDG_RUNTIME_DIR -u USER unshare -Ur "$@"' "$OCIRT" "$@"
	}
	as_root_inside true || skip "user namespaces are refused here"
	run as_root_inside /run/program list -q
	echo "$output"
	[ "$status" = 0 ]
	[ -z "$output" ]
	run as_root_inside /run/program state nobody
	[ "$status" = 1 ]
	one_line 'state nobody: .*does not exist'
}
