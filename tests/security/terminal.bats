#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The terminal that the runtime's caller sits at.

load frame

# one_way: as that of the frame, on a terminal that is the caller's. What the program says is in /tmp/said.
one_way() {
	local front=(timeout --foreground -k 5 30)
	[ "$LACK" = - ] || front+=("$DENY" "$LACK")
	status=0
	rm -f "$BUNDLE/rootfs/tmp/said"
	"$PTY" -- bash -c 'way=$0 bundle=$1 id=$2
		shift 2
		case $way in
		run) "$@" run --bundle "$bundle" "$id" ;;
		pipes) : | "$@" run --bundle "$bundle" "$id" | cat ;;
		create) "$@" create --bundle "$bundle" "$id" && "$@" start "$id"
			for ((i = 0; i < 1200; i++)); do "$@" state "$id" | grep -q stopped && break; sleep 0.05; done
			"$@" delete --force "$id" ;;
		exec) "$@" exec "$id" push ;;
		exec-pipes) : | "$@" exec "$id" push | cat ;;
		exec-detached) "$@" exec --detach "$id" push
			for ((i = 0; i < 1200; i++)); do [ -s "$bundle/rootfs/tmp/said" ] && break; sleep 0.05; done ;;
		esac' "$WAY" "$BUNDLE" "$ID" "${front[@]}" "$OCIRT" --root "$ROOT" </dev/null >"$BATS_TEST_TMPDIR/way.out" 2>&1 || status=$?
	output=$(cat "$BUNDLE/rootfs/tmp/said")
	echo "# $WAY without $LACK: status $status: $output: $(head -c 500 "$BATS_TEST_TMPDIR/way.out")"
}

# weaken: session-of-the-caller
@test "CVE-2016-10124, CVE-2017-5226: no key can be pushed into the caller's terminal, run or exec" {
	static push <<'C'
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
int main(void)
{
	FILE *said = fopen("/tmp/new", "w");
	int n = 0, tty = open("/dev/tty", O_RDWR);
	for (int i = 0; i < 3; i++)
		n += ioctl(i, TIOCSTI, "x") == 0;
	/* Where the kernel lets nobody push, whose terminal it is shows it. */
	fprintf(said, "pushed %d, %s, session %s\n", n, tty < 0 ? "no terminal" : "a terminal", getsid(0) == getpid() ? "its own" : "another");
	fclose(said);
	return rename("/tmp/new", "/tmp/said");
}
C
	args push
	out_of_reach() { [ "$output" = 'pushed 0, no terminal, session its own' ]; }
	in_every_way out_of_reach
	script 'trap "exit 0" TERM; while :; do sleep 1; done'
	"$OCIRT" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/idle.out" 2>&1
	rt start "$ID"
	for LACK in "${WITHOUT[@]}"; do
		for WAY in exec exec-pipes exec-detached; do
			one_way
			out_of_reach
		done
	done
	LACK=-
	rt delete --force "$ID"
}
