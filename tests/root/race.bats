#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A container that shares a volume exchanges a directory and a link, as fast as it can, while another
# one is created over the same volume (CVE-2021-30465, CVE-2025-52881). Bounded rounds.

load ../helpers

ROUNDS=${ROUNDS-15}

setup() { need_root; setup_bundle; host_before; }
teardown() {
	[ -z "${ATTACKER-}" ] || kill -9 "$ATTACKER" 2>/dev/null || :
	teardown_bundle
}

attack() { # DIRECTORY A B
	cc -D_GNU_SOURCE -O1 -o "$BATS_TEST_TMPDIR/attack" -x c - <<'C' || skip "no C compiler"
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <signal.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (argc != 4 || chdir(argv[1]) < 0)
		return 1;
	for (;;)
		renameat2(AT_FDCWD, argv[2], AT_FDCWD, argv[3], RENAME_EXCHANGE);
}
C
	"$BATS_TEST_TMPDIR/attack" "$@" 3>&- &
	ATTACKER=$!
}

@test "mounts, a device and the working directory below a volume that is attacked" {
	vol=$BATS_TEST_TMPDIR/vol decoy=$BATS_TEST_TMPDIR/decoy
	mkdir -p "$vol/d" "$decoy"
	ln -s "$decoy" "$vol/l"
	: >"$BATS_TEST_TMPDIR/f"
	config '.process.cwd = "/v/d/cwd" | .linux.devices = [{"path":"/v/d/node","type":"c","major":1,"minor":3}]
		| .mounts += [{"destination":"/v","type":"bind","source":$v,"options":["rbind"]},
			{"destination":"/v/d/new/deep","type":"tmpfs","source":"x"},
			{"destination":"/v/d/file","source":$f,"options":["bind"]}]' --arg v "$vol" --arg f "$BATS_TEST_TMPDIR/f"
	args true
	attack "$vol" d l
	local i started=0
	for ((i = 0; i < ROUNDS; i++)); do
		run timeout 20 "$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID-$i" </dev/null
		[ "$status" != 124 ] || { echo "round $i hung"; return 1; }
		[ "$status" = 0 ] && started=$((started + 1)) || [ "${#lines[@]}" = 1 ] || { echo "$output"; return 1; }
		[ -z "$(ls -A "$decoy")" ] || { ls -lA "$decoy"; return 1; }
	done
	echo "$started of $ROUNDS started"
}

@test "a destination that turns into a link to /proc covers nothing there" {
	vol=$BATS_TEST_TMPDIR/vol
	mkdir -p "$vol/d"
	ln -s /proc/self/attr "$vol/l"
	config '.mounts += [{"destination":"/v","type":"bind","source":$v,"options":["rbind"]},
		{"destination":"/v/d","type":"tmpfs","source":"cover"}]' --arg v "$vol"
	args cat /proc/self/mountinfo
	attack "$vol" d l
	local i
	for ((i = 0; i < ROUNDS; i++)); do
		run timeout 20 "$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID-$i" </dev/null
		[ "$status" != 124 ] || { echo "round $i hung"; return 1; }
		[ -z "$(awk '$5 ~ "^/proc/" && / cover /' <<<"$output")" ] || { echo "$output"; return 1; }
	done
}
