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
	teardown_bundle
}

# made_by RUNTIME: a created container of that runtime's
made_by() {
	THEIRS=$1
	command -v "$1" >/dev/null || skip "$1 is not installed"
	mkdir -p -m 700 "$ROOT"
	(cd "$BUNDLE" && "${V1[@]}" "$1" --root "$ROOT" create "$ID" </dev/null >/dev/null 2>&1)
}

check_verbs() {
	local pid
	[ "$(status_of)" = created ]
	"${V1[@]}" "$THEIRS" --root "$ROOT" start "$ID"
	[ "$(status_of)" = running ]
	pid=$(rt state "$ID" | jq .pid)
	[ "$pid" = "$("${V1[@]}" "$THEIRS" --root "$ROOT" state "$ID" | jq .pid)" ]
	[ "$(rt state "$ID" | jq -r .bundle)" = "$BUNDLE" ]
	[ "$(rt list -q)" = "$ID" ]
	rt ps --format json "$ID" | jq -e "index($pid)"
	# What changes a container is its maker's.
	run ! rt start "$ID"
	one_line "$THEIRS made this container"
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

@test "a state that nobody knows is left alone" {
	mkdir -p -m 700 "$ROOT/$ID"
	echo '{"id":"other","strange":1}' >"$ROOT/$ID/state.json"
	run ! rt state "$ID"
	one_line 'state.json'
	run ! rt delete "$ID"
	one_line 'state.json'
	[ -e "$ROOT/$ID/state.json" ]
	rm -r "${ROOT:?}/$ID"
}
