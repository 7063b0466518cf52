# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034,SC2154
# What the tests of known ways out share. An escape is always a change in $DECOY, a directory outside of
# the root file system, never one of a true path of the host. A recipe runs three ways (run; create and
# start; with pipes for its streams), each of them with every system call there, without openat2, and
# without all calls that have a fall-back (ONLY=openat2 bats ...: the second alone). After each of them the host must be clean.
#
# Over each test stands how it was seen to be able to fail: a release in which the bad effect was seen
# here (those of Debian 12 can be tried: OCIRT=runc bats ..., in a mount namespace of its own; crun wants
# cgroup2 alone at /sys/fs/cgroup there), or "weaken: NAME", a line of
# tests/security/weaken.tsv that brings the effect back in ours; tests/security/weaken tries them all.

# shellcheck source=tests/helpers.bash
source "${BASH_SOURCE[0]%/*}/../helpers.bash"
bats_require_minimum_version 1.5.0

WITHOUT=(- openat2 openat2,mount_setattr,fsopen,fspick,clone3,close_range,pidfd_open,pidfd_send_signal)
[ -z "${ONLY-}" ] || WITHOUT=("$ONLY")

setup_file() {
	command -v cc >/dev/null || skip "no C compiler"
	export DENY=$BATS_FILE_TMPDIR/deny PTY=$BATS_FILE_TMPDIR/pty
	local tests=${BASH_SOURCE[0]%/*}/..
	cc -D_GNU_SOURCE -o "$DENY" "$tests/deny.c" -lseccomp || skip "no libseccomp headers"
	cc -std=gnu17 -D_GNU_SOURCE -o "$PTY" "$tests/pty.c" -lutil || skip "no libutil headers"
}

setup() {
	need_root
	"$DENY" getcpu true || skip "seccomp filters cannot be loaded here"
	setup_bundle
	LACK=- WAY=run OPTIONS=() CONSOLE=
	DECOY=$BATS_TEST_TMPDIR/decoy
	mkdir -m 700 "$DECOY"
	echo secret >"$DECOY/file"
	chmod 600 "$DECOY/file"
	host_before
}
teardown() { teardown_bundle; }

# static NAME: a program from standard input into the container's /bin, or the test is skipped.
static() {
	cat >"$BATS_TEST_TMPDIR/$1.c"
	cc -D_GNU_SOURCE -O1 -static -o "$BUNDLE/rootfs/bin/$1" "$BATS_TEST_TMPDIR/$1.c" || skip "no static libc"
}

user_namespace() {
	config '.linux.namespaces += [{"type":"user"}]
		| .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}] | .linux.gidMappings = .linux.uidMappings'
	chmod 711 "$BATS_TEST_TMPDIR" "$BUNDLE"
}
no_dev() { config '.mounts |= map(select(.destination | startswith("/dev") | not))'; }

# The calls CALLS of the commands VERBS go into the file TRACE, those of the container's first process too.
TRACE= CALLS= VERBS=
trace() { # CALLS VERB...
	command -v strace >/dev/null || skip "no strace"
	TRACE=$BATS_TEST_TMPDIR/trace CALLS=$1
	shift
	VERBS=" $* "
}
untraced() { rm -f "$TRACE"; } # before each way

rt_here() { # COMMAND ARGUMENT...: in the shadow of what is missing; nothing takes longer than two minutes
	local front=()
	# Beside them, not before them: it stays as long as there is somebody to look at.
	[[ $VERBS != *" $1 "* ]] || front=(strace -D -f -A -qq -e "trace=$CALLS" -o "$TRACE")
	[ "$LACK" = - ] || front+=("$DENY" "$LACK")
	timeout -k 5 120 "${front[@]}" "$OCIRT" --root "$ROOT" "$@"
}

listen() { # the other side of a console socket
	rm -f "$BATS_TEST_TMPDIR/console"
	"$PTY" -S "$BATS_TEST_TMPDIR/console" >>"$BATS_TEST_TMPDIR/way.out" 2>&1 3>&- &
	LISTENER=$!
	wait_for listens "$BATS_TEST_TMPDIR/console"
}

create_and_start() {
	local o=$BATS_TEST_TMPDIR/way.out extra=()
	: >"$o"
	[ -z "$CONSOLE" ] || { listen; extra=(--console-socket "$BATS_TEST_TMPDIR/console"); }
	rt_here create "${OPTIONS[@]}" "${extra[@]}" --bundle "$BUNDLE" "$ID" </dev/null >>"$o" 2>>"$o" || status=$?
	if [ "$status" = 0 ]; then
		# What a test looks at from outside, while nothing of the image runs.
		[ "$(type -t created)" != function ] || created "$(rt state "$ID" | jq .pid)"
		rt_here start "$ID" </dev/null >>"$o" 2>&1 || status=$?
		wait_for is_status stopped
		rt_here delete --force "$ID"
	fi
	[ -z "$CONSOLE" ] || { kill "$LISTENER" 2>/dev/null || :; wait "$LISTENER" || :; }
}

# one_way: the container's life in the way $WAY without $LACK; $status and $output are what came of it.
one_way() {
	local o=$BATS_TEST_TMPDIR/way.out
	status=0
	case $WAY in
	run) rt_here run "${OPTIONS[@]}" --bundle "$BUNDLE" "$ID" </dev/null >"$o" 2>&1 || status=$? ;;
	pipes)
		{
			{ : | rt_here run "${OPTIONS[@]}" --bundle "$BUNDLE" "$ID" 2>&1; echo $? >"$o.status"; } | cat >"$o"
		} || :
		status=$(<"$o.status")
		;;
	create) create_and_start ;;
	esac
	output=$(tr -d '\0\r' <"$o")
	mapfile -t lines <<<"$output"
	echo "# $WAY without $LACK: status $status: $output" | head -c 1000
	[[ $status != 124 && $status != 137 ]] || { echo "it hung"; return 1; }
}

# in_every_way CHECK [ARRANGE]: CHECK looks at $status and $output after each.
in_every_way() {
	for LACK in "${WITHOUT[@]}"; do
		for WAY in run create pipes; do
			"${2:-:}"
			one_way
			"$1"
			assert_clean_host
		done
	done
	LACK=- WAY=run
}

# refused [REGEX]: an error of the runtime, in one line.
refused() {
	[ "$status" != 0 ] || { echo "not refused"; return 1; }
	one_line "${1-.}"
}
anything() { :; }

# with_each_passwd COMMAND...: with each /etc/passwd in the image that has no end or is no file of its own.
with_each_passwd() {
	local kind
	for kind in FIFO device huge link; do
		rm -f "$BUNDLE/rootfs/etc/passwd"
		case $kind in
		FIFO) mkfifo "$BUNDLE/rootfs/etc/passwd" ;;
		device) mknod "$BUNDLE/rootfs/etc/passwd" c 1 5 ;;
		huge) truncate -s 2T "$BUNDLE/rootfs/etc/passwd" ;;
		link) ln -s "$DECOY/file" "$BUNDLE/rootfs/etc/passwd" ;;
		esac
		"$@" # not behind ||, where a command that fails in it would not end the test
	done
}
