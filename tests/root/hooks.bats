#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The six kinds of hooks of config.md: order, what they are given, and what a failing one does.

load ../helpers

setup() { need_root; setup_bundle; host_before; H=$BATS_TEST_TMPDIR/hooks.log; }
teardown() { teardown_bundle; }

# A hook writes its kind and the status and pid of the state on its standard input.
hook() { # KIND
	jq -n --arg k "$1" --arg h "$H" '[{path:"/bin/sh", args:["sh","-c",
		("s=$(/bin/cat); echo \($k) $(/usr/bin/printf %s \"$s\" | /usr/bin/jq -r \"[.status,.pid]|@tsv\") >> \($h)")]}]'
}

@test "order, status and pid" {
	for k in prestart createRuntime poststart poststop; do
		config ".hooks.$k = \$v" --argjson v "$(hook $k)"
	done
	create_container
	pid=$(rt state "$ID" | jq .pid)
	rt start "$ID"
	wait_for is_status stopped
	rt delete "$ID"
	cat "$H"
	[ "$(cut -d' ' -f1 "$H" | tr '\n' ' ')" = "prestart createRuntime poststart poststop " ]
	grep -Eq "^createRuntime creat(ing|ed)[[:space:]]$pid\$" "$H"
	! is_ocirt || grep -Eq "^poststart (running|stopped)" "$H"
	grep -q "^poststop stopped" "$H"
}

@test "createContainer and startContainer" {
	mkdir -p "$BUNDLE/rootfs/hooks"
	config '.hooks.createContainer = [{path:"/bin/sh",args:["sh","-c",("cat > "+$d+"/cc")]}]
		| .hooks.startContainer = [{path:"/bin/sh",args:["sh","-c","cat > /hooks/sc"]}]' --arg d "$BATS_TEST_TMPDIR"
	create_container
	jq -e '.status | test("^creat(ing|ed)$")' "$BATS_TEST_TMPDIR/cc"
	[ ! -e "$BUNDLE/rootfs/hooks/sc" ]
	rt start "$ID"
	wait_for is_status stopped
	jq -e '.status == "created" and .id != ""' "$BUNDLE/rootfs/hooks/sc"
	rt delete "$ID"
}

@test "hooks of one kind run in order" {
	config '.hooks.createRuntime = [1,2,3] | .hooks.createRuntime |= map({path:"/bin/sh",args:["sh","-c","echo \(.) >> \($h)"]})' --arg h "$H"
	run_container
	[ "$(tr -d '\n' <"$H")" = 123 ]
}

@test "a hook's environment is its own, empty if not given" {
	config '.hooks.createRuntime = [{path:"/usr/bin/env",args:["env"]}] | .hooks.createRuntime = [
		{path:"/bin/sh",args:["sh","-c","/usr/bin/env >> \($h)"],env:["ONLY=this"]},
		{path:"/bin/sh",args:["sh","-c","echo x$SECRET >> \($h)"]}]' --arg h "$H"
	(cd "$BUNDLE" && SECRET=host rt run "$ID" </dev/null)
	grep -qx ONLY=this "$H"
	is_ocirt || skip "some runtimes pass their own environment"
	grep -qx x "$H"
	! grep -q host "$H"
}

@test "a failing hook ends create and shows what it wrote" {
	config '.hooks.createRuntime = [{path:"/bin/sh",args:["sh","-c","echo the reason >&2; exit 3"]}]'
	run create_container
	[ "$status" = 1 ]
	one_line 'the reason'
	run rt state "$ID"
	[ "$status" = 1 ]
}

@test "where a hook of creation fails, the poststop hooks are run, once; where none was reached, they are not" {
	local h='{path: "/bin/sh", args: ["sh", "-c", ("echo \($k) >>" + $log + "; exit " + $s)]}'
	for k in prestart createRuntime createContainer; do
		: >"$H"
		config 'del(.hooks) | .hooks[$bad] = ["'"$k"'" as $k | "1" as $s | '"$h"'] | .hooks.poststop = ["poststop" as $k | "0" as $s | '"$h"']' \
			--arg log "$H" --arg bad "$k"
		run create_container
		[ "$status" = 1 ]
		diff "$H" <(printf '%s\n' "$k" poststop)
		run rt state "$ID"
		[ "$status" = 1 ]
	done
	: >"$H"
	config 'del(.hooks.createContainer) | .mounts += [{destination: "/x", type: "nosuch", source: "x"}]'
	run create_container
	[ "$status" = 1 ]
	[ ! -s "$H" ]
}

@test "run: the poststop hooks come once, whether the program ran or not" {
	config '.hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", ("echo poststop >>" + $log)]}]' --arg log "$H"
	run_container
	[ "$(cat "$H")" = poststop ]
	is_ocirt || skip "some runtimes' run does not wait for the startContainer hooks"
	: >"$H"
	config '.hooks.startContainer = [{path: "/bin/false"}]'
	run run_container
	[ "$status" = 1 ]
	[ "$(cat "$H")" = poststop ]
}

@test "the working directory: the bundle, and the root for createContainer, as runc has it" {
	config '.hooks = ([("createRuntime", "createContainer", "poststop") as $k |
		{key: $k, value: [{path: "/bin/sh", args: ["sh", "-c", ("pwd >>" + $log)]}]}] | from_entries)' --arg log "$H"
	run_container
	diff "$H" <(printf '%s\n' "$BUNDLE" "$BUNDLE/rootfs" "$BUNDLE")
}

@test "a failing startContainer hook ends start" {
	is_ocirt || skip "some runtimes' start does not wait"
	config '.hooks.startContainer = [{path:"/bin/false"}]'
	create_container
	run rt start "$ID"
	[ "$status" != 0 ]
	rt delete --force "$ID"
}

@test "failing poststart and poststop hooks: delete goes on" {
	config '.hooks.poststop = [{path:"/bin/false"}]'
	create_container
	rt start "$ID"
	wait_for is_status stopped
	rt delete "$ID" || :
	run rt state "$ID"
	[ "$status" = 1 ]
}

@test "a hook that takes too long is ended" {
	config '.hooks.createRuntime = [{path:"/bin/sleep",args:["sleep","30"],timeout:1}]'
	before=$SECONDS
	run create_container
	[ "$status" = 1 ]
	[ $((SECONDS - before)) -lt 10 ]
}

@test "a hook that is not there" {
	config '.hooks.createRuntime = [{path:"/no/such/hook"}]'
	run create_container
	[ "$status" = 1 ]
	one_line '/no/such/hook.*no such file or directory'
}
