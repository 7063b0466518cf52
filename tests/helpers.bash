# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2154
# What the tests of the finished program share: a bundle, a private state directory, and the check
# that a test left the host as it found it. The program under test is $OCIRT; any runtime with the
# same command line can stand in for it, to see whether a test is right.

OCIRT=${OCIRT:-ocirt}
# OCIRT_MANAGER=systemd: the containers of a test are units of systemd (tests/vm/inside).

need_root() { [ "$(id -u)" = 0 ] || skip "needs root"; }

need_busybox() {
	local b
	b=$(command -v busybox) || skip "busybox is missing"
	# A shared one would need its libraries in the rootfs.
	! readelf -lW "$b" 2>/dev/null | grep -q INTERP || skip "busybox is not static"
}

# is_ocirt: texts and fields that are ours alone are checked for ours alone.
is_ocirt() { "$OCIRT" --version 2>/dev/null | grep -q '^ocirt version'; }

# rootfs_template: made once for a file of tests, for an emulated machine takes its time for each program.
rootfs_template() {
	TEMPLATE=${BATS_FILE_TMPDIR:-$BATS_TEST_TMPDIR}/rootfs
	[ ! -d "$TEMPLATE" ] || return 0
	local a new
	new=$(mktemp -d "$TEMPLATE.XXXXXX")
	chmod 755 "$new"
	mkdir "$new"/{bin,etc,proc,sys,dev,tmp,root,mnt}
	chmod 1777 "$new/tmp"
	cp "$(command -v busybox)" "$new/bin/busybox"
	for a in sh cat echo sleep id ls stat true false hostname mount touch mkdir env pwd kill ip \
		grep readlink ulimit sed head date; do
		ln -s busybox "$new/bin/$a"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$new/etc/passwd"
	mv -T "$new" "$TEMPLATE" 2>/dev/null || rm -rf "$new" # another one was faster
}

setup_bundle() {
	local path=
	need_busybox
	umask 022
	rootfs_template
	N=$BATS_TEST_NUMBER
	ROOT=$BATS_TEST_TMPDIR/containers
	BUNDLE=$BATS_TEST_TMPDIR/bundle
	ID=t$$-$N
	CG=/ocirt-test-$$-$N
	mkdir -p "$BUNDLE"
	cp -a "$TEMPLATE" "$BUNDLE/rootfs"
	(cd "$BUNDLE" && "$OCIRT" spec "${SPEC_FLAGS[@]}")
	RT=("$OCIRT" --root "$ROOT") # for command lines that functions cannot be part of
	if [ "${OCIRT_MANAGER-}" = systemd ]; then
		RT+=(--systemd-cgroup)
		CG=/system.slice/ocirt-test-$$-$N.scope
		path=system.slice:ocirt-test-$$:$N
	elif [ "$EUID" = 0 ]; then
		path=$CG
	fi
	config '.process.terminal = false | .process.args = ["true"] | .root.readonly = false
		| if $path != "" then .linux.cgroupsPath = $path else . end' --arg path "$path"
}

# config FILTER: rewrites the bundle's config.json through jq.
config() { # FILTER [jq options]
	local filter=$1
	shift
	jq "$@" "$filter" "$BUNDLE/config.json" >"$BUNDLE/config.new"
	mv "$BUNDLE/config.new" "$BUNDLE/config.json"
}

# args WORD...: the program of the container.
args() { # jq's own --args takes a word with a dash for an option
	config '.process.args = ($a | split("\u001e")[:-1])' --arg a "$(printf '%s\036' "$@")"
}
# script TEXT: the same, a shell script.
script() { args sh -c "$1"; }

rt() { "$OCIRT" --root "$ROOT" ${OCIRT_MANAGER:+--systemd-cgroup} "$@"; }
run_container() { (cd "$BUNDLE" && rt run "$@" "$ID" </dev/null); }
# create_container: its standard streams must not be those that bats waits for.
create_container() {
	(cd "$BUNDLE" && rt create "$@" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err") || {
		local s=$?
		cat "$BATS_TEST_TMPDIR/err"
		return $s
	}
}
status_of() { rt state "$ID" | jq -r .status; }

# wait_for COMMAND...: until it succeeds, a minute at most: as long as a slow machine may need, and nobody waits for it but a failure.
wait_for() {
	local i
	for ((i = 0; i < 1200; i++)); do
		! "$@" || return 0
		sleep 0.05
	done
	echo "timed out: $*"
	return 1
}
# listens PATH: connections to this socket are accepted, which the file is there a moment too early for.
listens() { grep -F " $1" /proc/net/unix | grep -q '^[^ ]* [^ ]* [^ ]* 00010000 '; }
# fails COMMAND...: "! COMMAND" would be no matter to bats.
fails() { if "$@"; then echo "expected to fail: $*"; return 1; fi; }
is_status() { [ "$(status_of)" = "$1" ]; }
# start_detached ARGUMENT...: rt, whose output goes to $OUT through a pipe, which a restore replaces
start_detached() { (cd "$BUNDLE" && rt "$@" </dev/null 2>&1 | cat >"$OUT") 3>&- & }

cgroup_dirs() { find /sys/fs/cgroup -type d -name "*ocirt-test-$$-*" 2>/dev/null | sort; }

host_facts() { # what must be the same after a test
	# Ids are given out anew by the kernel; what counts is which mounts there are. This one systemd makes when somebody looks there.
	cut -d' ' -f3- /proc/self/mountinfo | grep -v ' - binfmt_misc ' | sort
	cgroup_dirs
	[ -z "${DECOY-}" ] || decoy_facts
}
decoy_facts() { # names, types, modes, owners, sizes, links and contents of what nobody may reach
	find "$DECOY" -printf 'decoy %P %y %m %U:%G %s %n %l\n' | sort
	find "$DECOY" -type f -exec md5sum {} + | sort
}

host_before() { host_facts >"$BATS_TEST_TMPDIR/host.before"; }

no_processes_left() { # of this test's container, and of the program under test
	# The pattern comes from a file, or grep would find itself.
	printf -- '%s\n' "$CG" "$ROOT" >"$BATS_TEST_TMPDIR/mine"
	! grep -qsaFf "$BATS_TEST_TMPDIR/mine" /proc/[0-9]*/cgroup /proc/[0-9]*/cmdline
}

assert_clean_host() {
	wait_for no_processes_left
	host_facts >"$BATS_TEST_TMPDIR/host.after"
	diff "$BATS_TEST_TMPDIR/host.before" "$BATS_TEST_TMPDIR/host.after"
	[ -z "$(ls -A "$ROOT" 2>/dev/null)" ] || {
		echo "left in the state directory:"
		find "$ROOT"
		return 1
	}
}

# teardown_bundle: first ends what a failed test left, then asserts only for a test that passed.
teardown_bundle() {
	[ -n "${ROOT-}" ] || return 0
	local id d
	for id in $(rt list -q 2>/dev/null); do
		[ "${EXPECT_LEFT-}" ] || echo "left: $id"
		rt delete --force "$id" >/dev/null 2>&1 || :
	done
	local result=0
	[ -z "${BATS_TEST_COMPLETED-}" ] || assert_clean_host || result=1
	for d in $(cgroup_dirs | sort -r); do rmdir "$d" 2>/dev/null || :; done
	return $result
}

# one_line TEXT-REGEX: what `run` kept in $output is one line that matches.
one_line() {
	[ "${#lines[@]}" = 1 ] || { echo "not one line: $output"; return 1; }
	[[ $output =~ $1 ]] || { echo "wanted $1, got: $output"; return 1; }
}

# says REGEX: for assertions that are not the last of a test, which [[ ]] alone would not fail on.
says() { [[ $output =~ $1 ]] || { echo "wanted $1, got: $output"; return 1; }; }
