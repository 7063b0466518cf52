#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The same words to this runtime and to runc and crun, side by side: what scripts and engines learned
# from those must hold here.

load ../helpers

setup() {
	need_root
	setup_bundle
	is_ocirt || skip "compares ocirt with the others"
	config '.ociVersion = "1.0.2" | del(.linux.resources)' # what the oldest peer knows
	V1=("$BATS_TEST_DIRNAME/../without-cgroup2")
	host_before
}
teardown() {
	local r
	for r in runc crun; do
		! command -v "$r" >/dev/null || "${V1[@]}" "$r" --root "$BATS_TEST_TMPDIR/$r" delete --force "$ID" >/dev/null 2>&1 || :
	done
	teardown_bundle
}

# as RUNTIME WORD...: a peer in its own state directory
as() {
	local runtime=$1
	shift
	case $runtime in
	ocirt) rt "$@" ;;
	*) mkdir -p "$BATS_TEST_TMPDIR/$runtime" && "${V1[@]}" "$runtime" --root "$BATS_TEST_TMPDIR/$runtime" "$@" ;;
	esac
}
peers() {
	command -v runc
	command -v crun
} 2>/dev/null
need_peers() { [ -n "$(peers)" ] || skip "neither runc nor crun is installed"; }
made() { (cd "$BUNDLE" && as "$1" create "$ID" </dev/null >/dev/null 2>&1); }

@test "state: the fields, their order and their values are runc's" {
	command -v runc >/dev/null || skip "runc is not installed"
	config '.annotations = {"a": "b"}'
	for r in runc ocirt; do
		made "$r"
		as "$r" state "$ID" >"$BATS_TEST_TMPDIR/$r.json"
		as "$r" delete --force "$ID"
	done
	diff <(jq -c keys_unsorted "$BATS_TEST_TMPDIR/runc.json") <(jq -c keys_unsorted "$BATS_TEST_TMPDIR/ocirt.json")
	for f in id status bundle rootfs owner annotations; do
		diff <(jq ".$f" "$BATS_TEST_TMPDIR/runc.json") <(jq ".$f" "$BATS_TEST_TMPDIR/ocirt.json")
	done
	jq -e '.created | test("^[0-9-]+T[0-9:.]+Z$")' "$BATS_TEST_TMPDIR/ocirt.json"
	diff <(jq -r 'map_values(type) | tojson' "$BATS_TEST_TMPDIR/runc.json") <(jq -r 'map_values(type) | tojson' "$BATS_TEST_TMPDIR/ocirt.json")
	# Indented as runc's.
	diff <(sed 's/:.*//' "$BATS_TEST_TMPDIR/runc.json" && echo) <(sed 's/:.*//' "$BATS_TEST_TMPDIR/ocirt.json")
}

@test "state of a stopped container has pid 0, as runc's" {
	command -v runc >/dev/null || skip "runc is not installed"
	for r in runc ocirt; do
		made "$r"
		as "$r" start "$ID"
		stopped() { [ "$(as "$r" state "$ID" | jq -r .status)" = stopped ]; }
		wait_for stopped
		[ "$(as "$r" state "$ID" | jq .pid)" = 0 ]
		as "$r" delete "$ID"
	done
}

@test "list: columns, json fields, the empty list" {
	command -v runc >/dev/null || skip "runc is not installed"
	diff <(as runc list) <(as ocirt list)
	diff <(as runc list --format json) <(as ocirt list --format json)
	diff <(as runc list -q) <(as ocirt list -q)
	for r in runc ocirt; do
		made "$r"
		as "$r" list | tr -s ' ' | sed -E 's/ [0-9]+ / N /; s/[0-9-]+T[0-9:.]+Z/T/' >"$BATS_TEST_TMPDIR/$r.table"
		as "$r" list --format json | jq -c '.[0] | .pid = 0 | .created = "" | .ociVersion = ""' >"$BATS_TEST_TMPDIR/$r.json"
		as "$r" list -f json | jq -c keys_unsorted >"$BATS_TEST_TMPDIR/$r.keys"
		as "$r" list --quiet >"$BATS_TEST_TMPDIR/$r.ids"
		as "$r" delete -f "$ID"
	done
	for f in table json keys ids; do diff "$BATS_TEST_TMPDIR/runc.$f" "$BATS_TEST_TMPDIR/ocirt.$f"; done
}

@test "ps: table with the host's options, and json" {
	command -v runc >/dev/null || skip "runc is not installed"
	command -v ps >/dev/null || skip "the host has no ps"
	args sleep 100
	for r in runc ocirt; do
		made "$r"
		as "$r" start "$ID"
		as "$r" ps "$ID" | sed -E 's/[0-9]+:[0-9]+//g; s/[0-9]+/N/g; s/ +/ /g' >"$BATS_TEST_TMPDIR/$r.ps"
		as "$r" ps "$ID" -o pid,args | sed -E 's/[0-9]+/N/; s/ +/ /g' >"$BATS_TEST_TMPDIR/$r.pso"
		as "$r" ps -f json "$ID" | jq -c 'map(type)' >"$BATS_TEST_TMPDIR/$r.json"
		as "$r" ps --format json "$ID" | jq -e --argjson p "$(as "$r" state "$ID" | jq .pid)" '. == [$p]'
		as "$r" delete --force "$ID"
	done
	for f in ps pso json; do diff "$BATS_TEST_TMPDIR/runc.$f" "$BATS_TEST_TMPDIR/ocirt.$f"; done
}

@test "kill: the same words reach the program under each runtime" {
	need_peers
	script 'for s in HUP INT TERM USR1 USR2 WINCH; do trap "echo $s >> /tmp/got" $s; done; echo > /tmp/ready
		while :; do sleep 0.1; done'
	for r in $(peers | sed 's,.*/,,') ocirt; do
		rm -f "$BUNDLE"/rootfs/tmp/{got,ready}
		made "$r"
		as "$r" start "$ID"
		wait_for test -e "$BUNDLE/rootfs/tmp/ready"
		n=0
		for words in "" TERM SIGTERM 15 HUP SIGUSR1 12 SIGWINCH; do
			# shellcheck disable=SC2086
			as "$r" kill "$ID" $words
			n=$((n + 1))
			got() { [ "$(wc -l 2>/dev/null <"$BUNDLE/rootfs/tmp/got")" = "$n" ]; } 2>/dev/null
			wait_for got
		done
		cp "$BUNDLE/rootfs/tmp/got" "$BATS_TEST_TMPDIR/$r.got"
		for words in NOSUCH SIGNOSUCH; do
			s=0
			as "$r" kill "$ID" "$words" >/dev/null 2>&1 || s=$?
			[ "$s" != 0 ] || [ "$r" = crun ] # 1.8 sends what it does not know as 0
		done
		as "$r" kill --all "$ID" KILL
		ended() { [ "$(as "$r" state "$ID" | jq -r .status)" = stopped ]; }
		wait_for ended
		as "$r" delete "$ID"
		diff "$BATS_TEST_TMPDIR/$r.got" <(printf '%s\n' TERM TERM TERM TERM HUP USR1 USR2 WINCH)
	done
}

@test "the exit status of each verb on each kind of container" {
	command -v runc >/dev/null || skip "runc is not installed"
	args sleep 100
	for r in runc ocirt; do
		try() {
			local s=0
			as "$r" "$@" </dev/null >/dev/null 2>&1 || s=$?
			echo "$* $s" | sed "s,$BUNDLE,B,"
		}
		{
			for v in state start kill delete ps; do try "$v" none; done
			try delete --force none
			made "$r"
			try create --bundle "$BUNDLE" "$ID"
			try start "$ID"
			try start "$ID"
			try delete "$ID"
			try state "$ID"
			try kill "$ID" KILL
			ended() { [ "$(as "$r" state "$ID" | jq -r .status)" = stopped ]; }
			wait_for ended
			for v in state start kill; do try "$v" "$ID"; done
			try delete "$ID"
			try delete "$ID"
		} >"$BATS_TEST_TMPDIR/$r.status"
	done
	diff "$BATS_TEST_TMPDIR/runc.status" "$BATS_TEST_TMPDIR/ocirt.status"
}

@test "the phrases that engines look for are runc's, word for word" {
	command -v runc >/dev/null || skip "runc is not installed"
	args sleep 100
	for r in runc ocirt; do
		try() { as "$r" "$@" 2>&1 </dev/null | grep -oE 'container does not exist|container with given ID already exists|container not running|cannot start a container that has stopped|cannot start an already running container|that is not stopped: running|executable file not found in \$PATH|no such file or directory' || echo none; }
		{
			for v in state start kill delete; do try "$v" none; done
			made "$r"
			try create --bundle "$BUNDLE" "$ID"
			as "$r" start "$ID"
			try start "$ID"
			try delete "$ID"
			as "$r" kill "$ID" KILL
			ended() { [ "$(as "$r" state "$ID" | jq -r .status)" = stopped ]; }
			wait_for ended
			try kill "$ID"
			try start "$ID"
			as "$r" delete "$ID"
		} >"$BATS_TEST_TMPDIR/$r.words"
	done
	for w in no-such-program /no/such; do
		args "$w"
		for r in runc ocirt; do (cd "$BUNDLE" && try run "$ID") >>"$BATS_TEST_TMPDIR/$r.words"; done
		args sleep 100
	done
	fails grep none "$BATS_TEST_TMPDIR/ocirt.words"
	diff "$BATS_TEST_TMPDIR/runc.words" "$BATS_TEST_TMPDIR/ocirt.words"
}

@test "spec writes in substance what runc writes" {
	command -v runc >/dev/null || skip "runc is not installed"
	mkdir "$BATS_TEST_TMPDIR"/{r,o}
	for flags in "" --rootless; do
		rm -f "$BATS_TEST_TMPDIR"/{r,o}/config.json
		# shellcheck disable=SC2086
		runc spec $flags -b "$BATS_TEST_TMPDIR/r"
		# shellcheck disable=SC2086
		"$OCIRT" spec $flags --bundle "$BATS_TEST_TMPDIR/o"
		for d in r o; do
			# Newer runcs dropped inheritable and ambient, and mask more paths.
			jq -S 'del(.ociVersion, .hostname, .process.capabilities.inheritable, .process.capabilities.ambient)
				| .linux.namespaces |= sort_by(.type) | .process.capabilities[] |= sort
				| .linux.maskedPaths |= (. - ["/proc/interrupts", "/sys/devices/virtual/powercap"] | sort)' \
				"$BATS_TEST_TMPDIR/$d/config.json" >"$BATS_TEST_TMPDIR/$d.json"
		done
		diff "$BATS_TEST_TMPDIR/r.json" "$BATS_TEST_TMPDIR/o.json"
	done
	run "$OCIRT" spec --bundle "$BATS_TEST_TMPDIR/o"
	[ "$status" = 1 ]
	one_line 'config.json exists'
	# crun's way to name the file
	"$OCIRT" spec -f "$BATS_TEST_TMPDIR/elsewhere"
	jq -e .root "$BATS_TEST_TMPDIR/elsewhere"
}

# options_of RUNTIME COMMAND: the long options of its help
options_of() { "$1" ${2:+"$2"} --help 2>&1 | grep -E '^ +-' | grep -oE -- '--[a-z][a-z-]*' | sort -u; }

@test "every option of runc and crun for these commands is taken" {
	need_peers
	missing=
	for p in $(peers); do
		for c in "" create run start state kill delete list ps spec features exec; do
			"$p" ${c:+"$c"} --help >/dev/null 2>&1 || continue
			for o in $(options_of "$p" "$c"); do
				case $o in --help | --version) continue ;; esac
				# A value where one is needed; what is refused as unknown is missing.
				"$OCIRT" ${c:+"$c"} "$o=true" --help >"$BATS_TEST_TMPDIR/o" 2>&1 || :
				! grep -q 'unknown option' "$BATS_TEST_TMPDIR/o" || missing+=" $(basename "$p")/$c/$o"
			done
		done
	done
	[ -z "$missing" ] || { echo "missing:$missing"; false; }
	# and a word that nobody knows is unknown
	run "$OCIRT" create --no-such-option=true --help
	[ "$status" = 1 ]
	one_line 'unknown option'
}

@test "forms of options: =, the next word, one dash, letters, --rootless" {
	"$OCIRT" "--root=$ROOT" list -q
	"$OCIRT" --root "$ROOT" list -q
	"$OCIRT" -root "$ROOT" list -q
	for r in --rootless --rootless=true --rootless=false --rootless=auto "--rootless true" "--rootless auto"; do
		# shellcheck disable=SC2086
		"$OCIRT" --root "$ROOT" $r list -q
	done
	run "$OCIRT" --root "$ROOT" --rootless=maybe list -q
	[ "$status" = 1 ]
	one_line 'rootless'
	"$OCIRT" --root "$ROOT" --criu /usr/sbin/criu list -q
	script 'exit 4'
	(cd "$BUNDLE" && run rt run -no-subreaper --no-pivot=false "$ID" </dev/null && [ "$status" = 4 ])
}

@test "help and version" {
	for c in $("$OCIRT" --help | sed -nE 's/^  ([a-z]+) .*/\1/p'); do
		for words in "$c --help" "$c -h" "help $c" "--help $c"; do
			# shellcheck disable=SC2086
			run "$OCIRT" $words
			[ "$status" = 0 ]
			says "usage: ocirt $c"
		done
	done
	for words in --help -h help; do
		run "$OCIRT" "$words"
		[ "$status" = 0 ]
		says '^usage: ocirt'
	done
	run "$OCIRT" help no-such
	[ "$status" = 1 ]
	one_line 'unknown command no-such'
	for words in --version -v -V; do
		run "$OCIRT" "$words"
		[ "$status" = 0 ]
		[[ ${lines[0]} =~ ^ocirt\ version\ [0-9]+\.[0-9]+ ]] || false
		[[ ${lines[1]} =~ ^commit:\ [^\ ]+$ ]] || false
		[[ ${lines[2]} =~ ^spec:\ 1\.[0-9]+\.[0-9]+$ ]] || false
		[[ ${lines[3]} =~ ^libseccomp:\ [0-9.]+$ ]] || false
	done
}

@test "check names every fault of a bundle and does nothing" {
	"$OCIRT" check --bundle "$BUNDLE"
	config '.process.cwd = "x" | .linux.maskedPaths = ["a"] | .process.rlimits = [{"type": "RLIMIT_X", "soft": 1, "hard": 1}]
		| .hostname = "h" | .new = 1'
	run "$OCIRT" check -b "$BUNDLE"
	[ "$status" = 1 ]
	says 'fault: /process/cwd'
	says 'fault: /linux/maskedPaths/0'
	says 'unknown: /new'
	says 'check: [2-9] faults'
	jq '{ociVersion, root, process: (.process + {cwd: "/", rlimits: []}), new: 1}' "$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/c"
	"$OCIRT" check -b "$BUNDLE" --config "$BATS_TEST_TMPDIR/c"
	run "$OCIRT" check -b "$BUNDLE" --config "$BATS_TEST_TMPDIR/c" --strict
	[ "$status" = 1 ]
	says 'check: 1 fault$'
	echo '{"ociVersion": 1}' >"$BATS_TEST_TMPDIR/c"
	run "$OCIRT" check -b "$BUNDLE" --config "$BATS_TEST_TMPDIR/c"
	[ "$status" = 1 ]
	says 'fault: 1:16: /ociVersion: expected a string, found 1'
	[ ! -e "$ROOT" ]
}
