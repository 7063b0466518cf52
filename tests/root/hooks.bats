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

@test "the six kinds in their order, each with the pid that its namespace shows" {
	is_ocirt || skip "runc 1.1.5 runs poststart hooks with create"
	: >"$H"
	for k in prestart createRuntime createContainer poststart poststop; do
		config ".hooks.$k = \$v" --argjson v "$(hook $k)"
	done
	cat >"$BUNDLE/rootfs/bin/hook" <<-'END'
		#!/bin/sh
		s=$(cat)
		echo startContainer $(echo "$s" | sed 's/.*"status":"\([a-z]*\)".*/\1/') $(echo "$s" | sed 's/.*"pid":\([0-9]*\).*/\1/') >>/log
	END
	chmod 755 "$BUNDLE/rootfs/bin/hook"
	config '.mounts += [{destination: "/log", source: $h, options: ["bind"]}] | .hooks.startContainer = [{path: "/bin/hook"}]' --arg h "$H"
	args sleep 100
	create_container
	pid=$(rt state "$ID" | jq .pid)
	rt start "$ID"
	rt kill "$ID" KILL
	wait_for is_status stopped
	rt delete "$ID"
	diff <(tr '\t' ' ' <"$H") <(printf '%s\n' "prestart creating $pid" "createRuntime creating $pid" "createContainer creating 1" \
		"startContainer created 1" "poststart running $pid" "poststop stopped")
}

@test "each kind finds its path and runs in the runtime's namespaces, or in the container's" {
	printf '#!/bin/sh\nfor n in mnt net uts ipc pid cgroup; do echo $1 $n $(readlink /proc/self/ns/$n); done >>%s\n' "$H" >"$BATS_TEST_TMPDIR/hook"
	printf '#!/bin/sh\nfor n in mnt net uts ipc pid cgroup; do echo $1 $n $(readlink /proc/self/ns/$n); done >/tmp/seen\n' >"$BUNDLE/rootfs/bin/hook"
	chmod 755 "$BATS_TEST_TMPDIR/hook" "$BUNDLE/rootfs/bin/hook"
	config '.hooks = ([("prestart", "createRuntime", "createContainer", "poststart", "poststop") as $k |
		{key: $k, value: [{path: $p, args: ["hook", $k]}]}] | from_entries) |
		.hooks.startContainer = [{path: "/bin/hook", args: ["hook", "startContainer"]}] |
		.linux.namespaces |= (. + [{type: "cgroup"}] | unique)' --arg p "$BATS_TEST_TMPDIR/hook"
	args sleep 100
	create_container
	pid=$(rt state "$ID" | jq .pid)
	for n in mnt net uts ipc pid cgroup; do echo "$n $(readlink "/proc/$pid/ns/$n")"; done >"$BATS_TEST_TMPDIR/inside"
	for n in mnt net uts ipc pid cgroup; do echo "$n $(readlink "/proc/self/ns/$n")"; done >"$BATS_TEST_TMPDIR/outside"
	[ -z "$(comm -12 <(sort "$BATS_TEST_TMPDIR/inside") <(sort "$BATS_TEST_TMPDIR/outside"))" ]
	rt start "$ID"
	wait_for test -s "$BUNDLE/rootfs/tmp/seen"
	rt delete --force "$ID"
	cat "$BUNDLE/rootfs/tmp/seen" >>"$H"
	for k in prestart createRuntime poststart poststop; do
		diff <(sed -n "s/^$k //p" "$H") "$BATS_TEST_TMPDIR/outside"
	done
	for k in createContainer startContainer; do
		diff <(sed -n "s/^$k //p" "$H") "$BATS_TEST_TMPDIR/inside"
	done
}

@test "the hooks of create find namespaces, mounts and cgroup made, and the root not changed yet" {
	for k in prestart createRuntime createContainer; do
		config '.hooks[$k] = [{path: "/bin/sh", args: ["sh", "-c", $t]}]' --arg k $k \
			--arg t "p=\$(sed 's/.*\"pid\":\([0-9]*\).*/\1/'); [ $k != createContainer ] || p=self
				cp /proc/\$p/mountinfo $H.$k.mounts; cp /proc/\$p/cgroup $H.$k.cgroup; readlink /proc/\$p/ns/net >$H.$k.net"
	done
	config '.mounts += [{destination: "/mnt", type: "tmpfs", source: "mine"}]'
	create_container
	pid=$(rt state "$ID" | jq .pid)
	for k in prestart createRuntime createContainer; do
		grep -q " $BUNDLE/rootfs/mnt .* - tmpfs mine" "$H.$k.mounts" || { cat "$H.$k.mounts"; false; }
		grep -q "$CG" "$H.$k.cgroup"
		[ "$(cat "$H.$k.net")" = "$(readlink "/proc/$pid/ns/net")" ]
	done
	# Behind the hooks it is another root.
	grep -q ' /mnt .* - tmpfs mine' "/proc/$pid/mountinfo"
	rt delete --force "$ID"
}

@test "poststart comes when the program runs, poststop when the container has gone, and start and delete wait for them" {
	is_ocirt || skip "runc 1.1.5 runs poststart hooks with create"
	config '.hooks.poststart = [{path: "/bin/sh", args: ["sh", "-c", $a]}] | .hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", $b]}]' \
		--arg a "p=\$(sed 's/.*\"pid\":\([0-9]*\).*/\1/'); sleep 0.5; tr '\\0' ' ' </proc/\$p/cmdline >$H" \
		--arg b "sleep 0.5; { echo; find /sys/fs/cgroup -name 'ocirt-test-$$-*' | wc -l; } >>$H"
	args sleep 100
	create_container
	rt start "$ID"
	[ "$(cat "$H")" = "sleep 100 " ]
	rt kill "$ID" KILL
	wait_for is_status stopped
	rt delete "$ID"
	[ "$(tail -1 "$H")" = 0 ]
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

@test "without hooks start and delete read no configuration" {
	is_ocirt || skip "how ocirt keeps its state"
	create_container
	rm "$ROOT/$ID/config.json"
	rt start "$ID"
	wait_for is_status stopped
	run rt delete "$ID"
	[ "$status" = 0 ]
	[ -z "$output" ]
	config '.hooks.poststop = $v' --argjson v "$(hook poststop)"
	create_container
	rm "$ROOT/$ID/config.json"
	run rt start "$ID"
	[ "$status" != 0 ]
	[[ $output == *config.json* ]]
	run rt delete --force "$ID"
	[ "$status" = 0 ]
	[[ $output == *"poststop hooks:"* ]]
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

@test "a failing hook of start is its error and destroys the container, with the poststop hooks" {
	is_ocirt || skip "others leave it stopped"
	for k in startContainer poststart; do
		: >"$H"
		config 'del(.hooks) | .hooks[$k] = [{path: "/bin/false"}] |
			.hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", ("echo poststop >>" + $log)]}]' --arg k $k --arg log "$H"
		args sleep 100
		create_container
		run rt start "$ID"
		[ "$status" = 1 ]
		one_line "/hooks/$k/0 hook $k /bin/false: exit status 1"
		[ "$(cat "$H")" = poststop ]
		[ -z "$(cgroup_dirs)" ]
		run rt state "$ID"
		[ "$status" = 1 ]
		one_line 'container does not exist'
	done
}

@test "a failing poststop hook is a warning: the others run, and the container is gone" {
	is_ocirt || skip "others stop at it"
	config '.hooks.poststop = [{path: "/bin/false"}, {path: "/no/such/hook"},
		{path: "/bin/sh", args: ["sh", "-c", ("echo ran >>" + $log)]}]' --arg log "$H"
	create_container
	rt start "$ID"
	wait_for is_status stopped
	run rt delete "$ID"
	[ "$status" = 0 ]
	says '/hooks/poststop/0 hook poststop /bin/false: exit status 1'
	says '/hooks/poststop/1 hook poststop /no/such/hook'
	[ "$(cat "$H")" = ran ]
	run rt state "$ID"
	[ "$status" = 1 ]
}

@test "a hook that takes too long is ended" {
	config '.hooks.createRuntime = [{path:"/bin/sleep",args:["sleep",$s],timeout:1}]' --arg s "1000.$$"
	run create_container
	[ "$status" = 1 ]
	one_line '/hooks/createRuntime/0 hook createRuntime /bin/sleep: ran past its time-out and was killed'
	echo "1000.$$" >"$BATS_TEST_TMPDIR/word" # grep would find itself
	! grep -qsaFf "$BATS_TEST_TMPDIR/word" /proc/[0-9]*/cmdline
}

@test "a hook that is not there" {
	config '.hooks.createRuntime = [{path:"/no/such/hook"}]'
	run create_container
	[ "$status" = 1 ]
	one_line '/no/such/hook.*no such file or directory'
}
