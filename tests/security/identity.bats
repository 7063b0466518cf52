#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Who the program is: ids, groups, capabilities. What exec does is in tests/root/exec.bats:
# CVE-2026-30892, CVE-2016-3697 (--user), CVE-2022-29162 (--cap).

load frame

# Numbers are ids, whatever the image's passwd has under them as a name.
# weaken: minus-one, which takes three defences away: two looks at the number, one at what came of it.
@test "CVE-2016-3697: uid and gid are those that are written, the last one is no id" {
	printf '1000:x:0:0::/:/bin/sh\nx:x:1000:0::/:/bin/sh\n' >"$BUNDLE/rootfs/etc/passwd"
	config '.process.user = {"uid":1000,"gid":1001}'
	script 'grep -E "^[UG]id" /proc/self/status | tr -s "\t" " "'
	ln -sf busybox "$BUNDLE/rootfs/bin/tr"
	exactly() { [ "$output" = $'Uid: 1000 1000 1000 1000\nGid: 1001 1001 1001 1001' ]; }
	in_every_way exactly
	local id
	for id in 4294967295 4294967296 -1; do
		config '.process.user = {"uid":$i,"gid":0}' --argjson i $id
		not_uid() { refused '/process/user/uid'; }
		in_every_way not_uid
		config '.process.user = {"uid":0,"gid":$i}' --argjson i $id
		not_gid() { refused '/process/user/gid'; }
		in_every_way not_gid
	done
}

caps() { script 'grep ^Cap /proc/self/status | tr -s "\t" " "'; ln -sf busybox "$BUNDLE/rootfs/bin/tr"; }

# weaken: caps-kept
@test "CVE-2016-8867: an ordinary user holds nothing that was not asked for, and no capabilities are none" {
	caps
	local zero=0000000000000000
	config '.process.user = {"uid":1000,"gid":1000} | del(.process.capabilities.ambient)'
	# permitted and effective are what the configuration says; nothing more comes by execve.
	user() {
		says "CapEff: $zero"
		says "CapPrm: $zero"
		says "CapAmb: $zero"
	}
	in_every_way user
	config 'del(.process.capabilities)'
	nothing() { [ "$(grep -c "$zero" <<<"$output")" = 5 ]; }
	in_every_way nothing
	config '.process.user = {"uid":0,"gid":0}'
	in_every_way nothing
	# Ambient beyond what is inheritable and permitted is not raised.
	config '.process.capabilities = {"bounding":["CAP_KILL"],"ambient":["CAP_KILL"]} | .process.user = {"uid":1000,"gid":1000}'
	not_raised() { says "CapAmb: $zero"; says "CapEff: $zero"; }
	in_every_way not_raised
}

# weaken: spec-inheritable
@test "CVE-2022-29162, CVE-2022-27650, CVE-2025-27612: the default has nothing inheritable; what a file inherits is nothing" {
	mkdir "$BATS_TEST_TMPDIR/spec"
	(cd "$BATS_TEST_TMPDIR/spec" && "$OCIRT" spec && "$OCIRT" spec --help >/dev/null)
	jq -e '(.process.capabilities.inheritable // []) == [] and (.process.capabilities.ambient // []) == []' "$BATS_TEST_TMPDIR/spec/config.json"
	# "Shocker", 2014: open_by_handle_at(2) of the host's files.
	jq -e '[.process.capabilities[][]] | any(. == "CAP_DAC_READ_SEARCH" or . == "CAP_SYS_ADMIN") | not' "$BATS_TEST_TMPDIR/spec/config.json"
	caps
	none() { says 'CapInh: 0000000000000000'; says 'CapAmb: 0000000000000000'; }
	in_every_way none
}

# weaken: groups-kept
@test "CVE-2022-2989, CVE-2022-2990, CVE-2022-2995, CVE-2023-25173: the caller's groups are gone" {
	local real=$OCIRT
	printf '#!/bin/sh\nexec setpriv --groups 0,27,50 "%s" "$@"\n' "$real" >"$BATS_TEST_TMPDIR/ocirt"
	chmod +x "$BATS_TEST_TMPDIR/ocirt"
	OCIRT=$BATS_TEST_TMPDIR/ocirt
	config '.process.user = {"uid":1000,"gid":1000}'
	args sed -n 's/^Groups:[[:space:]]*//p' /proc/self/status
	gone() { [ "$status" = 0 ] && [ -z "${output// /}" ]; }
	in_every_way gone
	user_namespace
	in_every_way gone
	config '.process.user.additionalGids = [5, 7]'
	given() { [ "${output% }" = '5 7' ]; }
	in_every_way given
	OCIRT=$real
}

# weaken: streams-given-away
@test "the owner of /dev/null and of files that are the streams stays, whoever the program is" {
	config '.process.user = {"uid":1000,"gid":1000}'
	echo mine >"$DECOY/out"
	chmod 600 "$DECOY/out"
	host_before
	before=$(stat -c '%u:%g %a' /dev/null)
	local n
	for n in 1 2 3; do
		"$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID" <"$DECOY/file" >/dev/null 2>>"$DECOY/out"
		"$OCIRT" --root "$ROOT" create --bundle "$BUNDLE" "$ID" <"$DECOY/file" >/dev/null 2>>"$DECOY/out"
		"$OCIRT" --root "$ROOT" delete --force "$ID"
		[ "$(stat -c '%u:%g %a' /dev/null)" = "$before" ]
		assert_clean_host
	done
}

# weaken: unbounded-passwd
@test "CVE-2026-47262: HOME is looked up in a bounded time in any /etc/passwd" {
	config '.process.env = ["PATH=/bin"]'
	args sh -c 'echo "home $HOME"'
	home() { [ "$output" = 'home /' ]; }
	with_each_passwd in_every_way home
}
