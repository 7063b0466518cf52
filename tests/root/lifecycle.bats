#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# create, start, state, kill, delete, list, ps and run: the flow of runtime.md and the texts that
# engines look for in what a runtime says.

load ../helpers

bats_require_minimum_version 1.5.0

setup() { need_root; setup_bundle; host_before; }
teardown() { teardown_bundle; }

@test "create, start, kill, delete with the right status at each step" {
	args sleep 100
	create_container --pid-file "$BATS_TEST_TMPDIR/pid"
	[ "$(status_of)" = created ]
	pid=$(cat "$BATS_TEST_TMPDIR/pid")
	[ "$(rt state "$ID" | jq .pid)" = "$pid" ]
	kill -0 "$pid"
	rt start "$ID"
	[ "$(status_of)" = running ]
	rt kill "$ID" KILL
	wait_for is_status stopped
	rt delete "$ID"
	run rt state "$ID"
	[ "$status" = 1 ]
	says "container does not exist"
}

@test "the pid file is the number and nothing else" {
	args sleep 100
	create_container --pid-file "$BATS_TEST_TMPDIR/pid"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/pid")" = 0 ]
	grep -Eqx '[0-9]+' "$BATS_TEST_TMPDIR/pid"
	rt delete --force "$ID"
}

@test "state prints the fields of the specification" {
	config '.annotations = {"a.b": "c"}'
	create_container
	rt state "$ID" >"$BATS_TEST_TMPDIR/state" 2>"$BATS_TEST_TMPDIR/state.err"
	[ ! -s "$BATS_TEST_TMPDIR/state.err" ]
	jq -e --arg id "$ID" --arg b "$BUNDLE" '.id == $id and .bundle == $b and .status == "created"
		and (.pid | type == "number") and (.ociVersion | type == "string")
		and .annotations["a.b"] == "c" and .rootfs == $b + "/rootfs" and .owner == ""
		and (.created | sub("\\.[0-9]+"; "") | now - fromdate | . > -2 and . < 60)' "$BATS_TEST_TMPDIR/state"
	rt delete --force "$ID"
}

@test "a created container does not run its program before start" {
	script 'echo ran > /tmp/ran'
	create_container
	sleep 0.3
	[ ! -e "$BUNDLE/rootfs/tmp/ran" ]
	rt start "$ID"
	wait_for is_status stopped
	[ "$(cat "$BUNDLE/rootfs/tmp/ran")" = ran ]
	rt delete "$ID"
}

@test "a config changed after create changes nothing" {
	script 'echo first > /tmp/ran'
	create_container
	script 'echo second > /tmp/ran'
	rt start "$ID"
	wait_for is_status stopped
	[ "$(cat "$BUNDLE/rootfs/tmp/ran")" = first ]
	rt delete "$ID"
}

@test "create of an id that exists" {
	create_container
	run create_container
	[ "$status" = 1 ]
	says "container with given ID already exists"
	[ "$(status_of)" = created ]
	rt delete --force "$ID"
}

@test "verbs on a container that does not exist" {
	for verb in state start kill delete ps; do
		run rt "$verb" none
		[ "$status" = 1 ] || { echo "$verb: status $status"; false; }
		one_line "container does not exist"
	done
	run rt delete --force none
	[ "$status" = 0 ]
	[ -z "$output" ]
}

@test "a container without a process can be created, but not be started or run" {
	is_ocirt || skip "runc wants it at once"
	config 'del(.process)'
	create_container
	[ "$(status_of)" = created ]
	run rt start "$ID"
	[ "$status" = 1 ]
	one_line '/process: is missing'
	[ "$(status_of)" = created ]
	kill -0 "$(rt state "$ID" | jq .pid)"
	rt kill "$ID" KILL
	wait_for is_status stopped
	rt delete "$ID"
	run run_container
	[ "$status" = 1 ]
	one_line '/process: is missing'
	run rt run --detach --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" = 1 ]
	one_line '/process: is missing'
}

@test "each operation wants the id of a container" {
	for verb in state create start kill delete; do
		run rt "$verb"
		[ "$status" = 1 ] || { echo "$verb: status $status"; false; }
		[ -n "$output" ]
		run rt "$verb" ""
		[ "$status" = 1 ] || { echo "$verb '': status $status"; false; }
		[ -n "$output" ]
	done
	[ -z "$(ls -A "$ROOT" 2>/dev/null)" ]
}

@test "a signal reaches a created container; afterwards its id may be used again" {
	create_container
	rt kill "$ID" KILL
	wait_for is_status stopped
	run rt start "$ID"
	[ "$status" = 1 ]
	one_line 'cannot start a container that has stopped'
	rt delete "$ID"
	create_container
	[ "$(status_of)" = created ]
	rt delete --force "$ID"
}

@test "start twice" {
	args sleep 100
	create_container
	rt start "$ID"
	run rt start "$ID"
	[ "$status" = 1 ]
	[ "${#lines[@]}" = 1 ]
	[ "$(status_of)" = running ]
	rt delete --force "$ID"
}

@test "a start that fails leaves a stopped container, which can be deleted at once" {
	local i pid has_ended
	printf '#!/no/such/interpreter\n' >"$BUNDLE/rootfs/bin/script"
	chmod 755 "$BUNDLE/rootfs/bin/script"
	args /bin/script
	for ((i = 0; i < 10; i++)); do
		create_container
		pid=$(rt state "$ID" | jq .pid)
		# Nothing but the shell itself between the end of start and the look at the process.
		"$OCIRT" --root "$ROOT" start "$ID" 2>"$BATS_TEST_TMPDIR/err" && false
		has_ended=$({ read -r line <"/proc/$pid/stat"; } 2>/dev/null && [[ ${line##*)} != " Z"* ]] && echo no || echo yes)
		[ "$has_ended" = yes ]
		grep -q '/bin/script: no such file or directory' "$BATS_TEST_TMPDIR/err"
		[ "$(status_of)" = stopped ]
		rt delete "$ID"
	done
}

@test "delete of a running container is refused" {
	args sleep 100
	create_container
	rt start "$ID"
	run rt delete "$ID"
	[ "$status" = 1 ]
	[ "${#lines[@]}" = 1 ]
	[ "$(status_of)" = running ]
	rt delete --force "$ID"
}

@test "delete ends a created container, as with runc" {
	create_container
	rt delete "$ID"
	run rt state "$ID"
	[ "$status" = 1 ]
	wait_for no_processes_left
	[ -z "$(cgroup_dirs)" ]
}

@test "kill of a stopped container" {
	create_container
	rt start "$ID"
	wait_for is_status stopped
	run rt kill "$ID" KILL
	[ "$status" = 1 ]
	one_line "container not running"
	rt delete "$ID"
}

@test "kill takes names with and without SIG, and numbers" {
	for s in 15 TERM SIGTERM; do
		rm -f "$BUNDLE/rootfs/tmp/got"
		script 'trap "echo term > /tmp/got; exit" TERM; echo > /tmp/ready; while :; do sleep 0.1; done'
		create_container
		rt start "$ID"
		wait_for test -e "$BUNDLE/rootfs/tmp/ready"
		rt kill "$ID" "$s"
		wait_for is_status stopped
		[ "$(cat "$BUNDLE/rootfs/tmp/got")" = term ]
		rt delete "$ID"
		rm -f "$BUNDLE/rootfs/tmp/ready"
	done
}

@test "options with an empty value are not given; --root is refused" {
	is_ocirt || skip "others take an empty --root for the working directory"
	(cd "$BUNDLE" && rt create --bundle "" --pid-file "" --console-socket "" "$ID" </dev/null)
	rt delete "$ID"
	run "$OCIRT" --root "" list
	[ "$status" = 1 ]
	one_line "--root is empty"
}

@test "--debug says what is done, and only then" {
	is_ocirt || skip "others have other words"
	rt --log "$BATS_TEST_TMPDIR/log" --log-format json run --bundle "$BUNDLE" "$ID" </dev/null
	[ ! -s "$BATS_TEST_TMPDIR/log" ]
	rt --debug --log "$BATS_TEST_TMPDIR/log" --log-format json run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$(jq -r .level "$BATS_TEST_TMPDIR/log" | sort -u)" = debug ]
	jq -e -s 'any(.[]; .msg | contains($b))' --arg b "$BUNDLE" "$BATS_TEST_TMPDIR/log"
}

@test "kill with no such signal leaves the container alone" {
	args sleep 100
	create_container
	rt start "$ID"
	run rt kill "$ID" NOSUCH
	[ "$status" != 0 ]
	[ "${#lines[@]}" = 1 ]
	[ "$(status_of)" = running ]
	rt delete --force "$ID"
}

@test "list: table, ids and json" {
	create_container
	run rt list
	[ "$status" = 0 ]
	says '^ID +PID +STATUS +BUNDLE +CREATED +OWNER'
	says "$ID +[0-9]+ +created +$BUNDLE"
	[ "$(rt list -q)" = "$ID" ]
	[ "$(rt list --format json | jq -r '.[0].id')" = "$ID" ]
	[ "$(rt list --format=json | jq -r '.[0].status')" = created ]
	rt delete --force "$ID"
	[ -z "$(rt list -q)" ]
}

@test "ps --format json is an array of host pids" {
	args sleep 100
	create_container
	rt start "$ID"
	pid=$(rt state "$ID" | jq .pid)
	[ "$(rt ps --format json "$ID" | jq -c .)" = "[$pid]" ]
	rt delete --force "$ID"
}

@test "run gives the program's status" {
	script 'exit 7'
	run run_container
	[ "$status" = 7 ]
	[ -z "$output" ]
}

@test "run gives 128 and the signal" {
	args sleep 100
	run_container >/dev/null 2>&1 &
	job=$!
	wait_for is_status running
	rt kill "$ID" KILL
	s=0
	wait $job || s=$?
	[ "$s" = 137 ]
}

@test "run forwards signals to the program" {
	script 'trap "exit 9" TERM; echo > /tmp/ready; while :; do sleep 0.1; done'
	cd "$BUNDLE"
	"$OCIRT" --root "$ROOT" run "$ID" </dev/null >/dev/null 2>&1 &
	job=$!
	wait_for test -e "$BUNDLE/rootfs/tmp/ready"
	kill -TERM $job
	s=0
	wait $job || s=$?
	[ "$s" = 9 ]
}

@test "run connects the standard streams" {
	script 'cat; echo err >&2'
	out=$(cd "$BUNDLE" && echo in | rt run "$ID" 2>"$BATS_TEST_TMPDIR/e")
	[ "$out" = in ]
	[ "$(cat "$BATS_TEST_TMPDIR/e")" = err ]
}

@test "run deletes, run --keep does not" {
	run_container
	run rt state "$ID"
	[ "$status" = 1 ]
	"$OCIRT" run --help | grep -q -- --keep || skip "no --keep"
	run_container --keep
	[ "$(status_of)" = stopped ]
	rt delete "$ID"
}

@test "run --detach returns while the program runs" {
	args sleep 100
	(cd "$BUNDLE" && rt run --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" </dev/null >/dev/null 2>&1)
	[ "$(status_of)" = running ]
	[ "$(rt state "$ID" | jq .pid)" = "$(cat "$BATS_TEST_TMPDIR/pid")" ]
	rt delete --force "$ID"
}

@test "delete --force of a created and of a running container" {
	args sleep 100
	create_container
	rt delete --force "$ID"
	create_container
	rt start "$ID"
	rt delete --force "$ID"
	run rt state "$ID"
	[ "$status" = 1 ]
}

@test "--bundle names the bundle from elsewhere" {
	script 'exit 5'
	cd /
	run rt run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" = 5 ]
	run rt run -b "$BUNDLE" "$ID" </dev/null
	[ "$status" = 5 ]
}

@test "--log in json is exactly one object" {
	args /no/such/program
	run rt --log "$BATS_TEST_TMPDIR/log" --log-format json run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" = 1 ]
	says "no such file or directory"
	[ "$(jq -s length "$BATS_TEST_TMPDIR/log")" = 1 ]
	jq -e '.level == "error" and (.msg | test("no such file or directory"))
		and (.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T"))' "$BATS_TEST_TMPDIR/log"
}

@test "a bare name that is not in PATH" {
	args no-such-program
	run run_container
	[ "$status" = 1 ]
	one_line 'executable file not found in \$PATH'
}

@test "an error in create leaves no pid file" {
	args no-such-program
	run create_container --pid-file "$BATS_TEST_TMPDIR/pid"
	[ "$status" = 1 ]
	[ ! -e "$BATS_TEST_TMPDIR/pid" ]
}

@test "--version has the three lines that engines read" {
	run "$OCIRT" --version
	[ "$status" = 0 ]
	says '^[a-z]+ version [0-9]'
	says $'\ncommit: '
	says $'\nspec: 1\\.'
}

@test "--no-pivot" {
	script 'exit 3'
	run run_container --no-pivot
	[ "$status" = 3 ]
}
