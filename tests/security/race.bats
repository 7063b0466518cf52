#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A container that shares a volume exchanges two names in it, as fast as it can, while another one is
# created over the same volume. A bounded number of rounds, which go through the three ways and what may
# be missing; ROUNDS=10000 is the long form.

load frame

ROUNDS=${ROUNDS-18}

attack() { # DIRECTORY A B [A B]: exchanged again and again, by one process for each pair
	[ -x "$BATS_FILE_TMPDIR/attack" ] || cc -D_GNU_SOURCE -O1 -o "$BATS_FILE_TMPDIR/attack" -x c - <<'C' || skip "no C compiler"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
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
	local dir=$1
	shift
	while [ $# -gt 0 ]; do
		"$BATS_FILE_TMPDIR/attack" "$dir" "$1" "$2" 3>&- &
		ATTACKERS+=($!)
		shift 2
	done
}
teardown() {
	[ "${#ATTACKERS[@]}" = 0 ] || kill -9 "${ATTACKERS[@]}" 2>/dev/null || :
	teardown_bundle
}

rounds() { # CHECK: of a container that may start or be refused with one line, and never hangs
	local i started=0
	for ((i = 0; i < ROUNDS; i++)); do
		local ways=(run create pipes)
		WAY=${ways[i % 3]} LACK=${WITHOUT[i / 3 % ${#WITHOUT[@]}]}
		one_way >"$BATS_TEST_TMPDIR/round"
		if [ "$status" = 0 ]; then started=$((started + 1)); else one_line .; fi
		"$1" || { cat "$BATS_TEST_TMPDIR/round"; return 1; }
		decoy_facts | diff <(grep -E '^decoy|  /' "$BATS_TEST_TMPDIR/host.before") -
	done
	echo "$started of $ROUNDS started"
	LACK=-
}

volume() {
	VOL=$BATS_TEST_TMPDIR/vol
	mkdir -p "$VOL/d"
	config '.mounts += [{"destination":"/v","type":"bind","source":$v,"options":["rbind"]}]' --arg v "$VOL"
}

# Seen: runc 1.1.5, in the first rounds.
@test "CVE-2021-30465, CVE-2024-45310: mounts, a device and the working directory below what is exchanged" {
	volume
	ln -s "$DECOY" "$VOL/l"
	: >"$BATS_TEST_TMPDIR/f"
	config '.process.cwd = "/v/d/cwd" | .linux.devices = [{"path":"/v/d/node","type":"c","major":1,"minor":3}]
		| .mounts += [{"destination":"/v/d/new/deep","type":"tmpfs","source":"x"},
			{"destination":"/v/d/file","source":$f,"options":["bind"]}]' --arg f "$BATS_TEST_TMPDIR/f"
	attack "$VOL" d l d l
	rounds anything
}

# The second half of the attack: a source that lies below the destination of the mount before it.
# Reported: runc before 1.0.0-rc95.
@test "CVE-2021-30465: a source below an earlier destination is the host's as it was" {
	volume
	mkdir "$VOL/d/src"
	echo mine >"$VOL/d/src/f"
	ln -s "$DECOY" "$VOL/l"
	config '.mounts += [{"destination":"/v/d","type":"tmpfs","source":"x"},
		{"destination":"/mnt","type":"bind","source":($v + "/d/src"),"options":["bind"]}]' --arg v "$VOL"
	script 'cat /mnt/f /mnt/file; true'
	attack "$VOL" d l
	no_secret() { ! grep -q secret <<<"$output"; }
	rounds no_secret
}

# weaken: target-by-path
@test "CVE-2025-52881: a destination that turns into a link to /proc covers nothing there" {
	volume
	ln -s /proc/self/attr "$VOL/l"
	config '.mounts += [{"destination":"/v/d","type":"tmpfs","source":"cover"}]'
	args cat /proc/self/mountinfo
	attack "$VOL" d l
	uncovered() { [ -z "$(awk '$5 ~ "^/proc/" && / cover /' <<<"$output")" ]; }
	rounds uncovered
}

# Reported: youki 0.7.0. weaken: readonly-by-name, which also waits between the two looks.
@test "GHSA-3q8j-pf29-vwv8: what is masked and read-only is what was found, nothing else is, and all of it is" {
	volume
	mkdir "$VOL/other" "$VOL/e" "$VOL/f"
	config '.linux.maskedPaths = ["/v/d"] | .linux.readonlyPaths = ["/v/e"]'
	# The kernel writes the two names of a mount one after the other: they may be exchanged in between.
	script 'i=0; while [ $((i += 1)) -le 15 ]; do sed -n "s,^[0-9]* [0-9]* [0-9:]* \([^ ]*\) \(/v/[^ ]*\) \(r[ow]\).* - \([a-z0-9]*\) .*,at \2 \3 \4 of \1,p" /proc/self/mountinfo; done; echo end'
	attack "$VOL" d other e f
	masked() {
		[ "$status" = 0 ] || return 0
		[ "$WAY" = create ] || says 'end'
		# Of each two one, whose name may be either by now; what is read-only is itself, not the other one's tree.
		[ "$(grep -cE '^at /v/(d|other) ro tmpfs of /$' <<<"$output")" = 15 ] || return 1
		[ "$(grep -cE '^at /v/([ef]) ro [^ ]* of .*/\1$' <<<"$output")" -gt 7 ] || return 1
		[ "$(grep -c '^at ' <<<"$output")" = 30 ]
	}
	rounds masked
}

# weaken: null-of-the-container
@test "CVE-2025-31133, CVE-2025-62161: the null device of a shared /dev is exchanged" {
	mkdir "$BATS_TEST_TMPDIR/dev"
	mknod "$BATS_TEST_TMPDIR/dev/null" c 1 3
	ln -s /proc/sys/kernel/hostname "$BATS_TEST_TMPDIR/dev/l"
	echo s >"$BUNDLE/rootfs/masked"
	config '.mounts = [.mounts[] | select(.destination | startswith("/dev") | not)] + [{"destination":"/dev","type":"bind","source":$d,"options":["bind"]}]
		| .linux.maskedPaths = ["/masked"]' --arg d "$BATS_TEST_TMPDIR/dev"
	script 'echo changed > /masked; hostname; stat -c "%F %t:%T" /masked'
	attack "$BATS_TEST_TMPDIR/dev" null l
	kept() { [ "$status" != 0 ] || { ! grep -q changed <<<"$output" && says 'character special file 1:3'; }; }
	rounds kept
}

# weaken: proc-may-be-link
@test "CVE-2023-28642, CVE-2019-19921: /proc of a root file system on a volume turns into a link" {
	mkdir -p "$BUNDLE/rootfs/fake/self/attr" "$BUNDLE/rootfs/elsewhere"
	ln -s elsewhere "$BUNDLE/rootfs/l"
	args cat /proc/self/mountinfo
	attack "$BUNDLE/rootfs" proc l
	at_its_place() { [ "$status" != 0 ] || ! grep -q ' /elsewhere ' <<<"$output"; }
	rounds at_its_place
}
