#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Which mounts criu is told to be the host's. A criu of the test's own says what it was told; what a true one
# does with it is in tests/root/checkpoint.bats.

load frame

setup() {
	need_root
	command -v python3 >/dev/null || skip "no python3"
	"$DENY" getcpu true || skip "seccomp filters cannot be loaded here"
	setup_bundle
	LACK=- WAY=run CONSOLE= DECOY=$BATS_TEST_TMPDIR/decoy
	mkdir -m 700 "$DECOY"
	mkdir "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/images"
	cat >"$BATS_TEST_TMPDIR/bin/criu" <<-PY
		#!$(python3 -c 'import sys; print(sys.executable)')
		import json, socket
		def fields(data):
		    at = 0
		    def number():
		        nonlocal at
		        value = shift = 0
		        while True:
		            byte = data[at]; at += 1
		            value |= (byte & 127) << shift; shift += 7
		            if byte < 128:
		                return value
		    while at < len(data):
		        key = number()
		        value = number()
		        if key & 7 == 2:
		            value, at = data[at:at + value], at + value
		        yield key >> 3, value
		s = socket.socket(fileno=3)
		said = s.recv(1 << 16)
		pairs = [sorted(fields(pair)) for one, opts in fields(said) if one == 2
		    for field, pair in fields(opts) if field == 23]
		with open("$BATS_TEST_TMPDIR/told", "w") as f:
		    json.dump([[text.decode() for _, text in pair] for pair in pairs], f)
	PY
	chmod +x "$BATS_TEST_TMPDIR/bin/criu"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	host_before
}

# running: the container in the way $WAY without $LACK.
running() {
	local o=$BATS_TEST_TMPDIR/way.out
	case $WAY in
	run) rt_here run --detach --bundle "$BUNDLE" "$ID" </dev/null >"$o" 2>&1 ;;
	pipes) : | rt_here run --detach --bundle "$BUNDLE" "$ID" 2>&1 | cat >"$o" & ;;
	create)
		rt_here create --bundle "$BUNDLE" "$ID" </dev/null >"$o" 2>&1
		rt_here start "$ID"
		;;
	esac 3>&-
	wait_for is_status running
}

in_every_dump() { # CHECK
	for LACK in "${WITHOUT[@]}"; do
		for WAY in run create pipes; do
			running
			rm -f "$BATS_TEST_TMPDIR/told"
			"$1"
			rt delete --force "$ID"
			wait
			assert_clean_host
		done
	done
	LACK=-
}
dump() { run rt_here checkpoint --leave-running --image-path "$BATS_TEST_TMPDIR/images" "$ID"; }

# weaken: criu-any-key
@test "CVE-2026-119101, CVE-2026-115520, CVE-2026-119614: a mount point that criu would take for another is refused" {
	args sleep 1000
	mkdir -p "$BUNDLE/rootfs/x]:" "$BUNDLE/rootfs/mnt/a"
	ln -s 'x]:' "$BUNDLE/rootfs/lnk"
	local base path
	base=$(<"$BUNDLE/config.json")
	refuses() {
		dump
		[ "$status" = 1 ]
		one_line 'checkpoint .*criu cannot take'
		[ ! -e "$BATS_TEST_TMPDIR/told" ]
		[ "$(status_of)" = running ]
	}
	for path in '/mnt/a]:/etc' '/x]:' /lnk; do
		printf '%s\n' "$base" >"$BUNDLE/config.json"
		config '.mounts += [{"destination":$p,"source":$d,"options":["bind","ro"]}]' --arg p "$path" --arg d "$DECOY"
		in_every_dump refuses
		[ "$path" != /lnk ] || continue
		run rt_here restore --bundle "$BUNDLE" --image-path "$BATS_TEST_TMPDIR/images" "$ID"
		[ "$status" = 1 ]
		one_line 'restore .*/mounts/[0-9]+: criu cannot take'
		[ ! -e "$BATS_TEST_TMPDIR/told" ]
		assert_clean_host
	done
}

# Names that are odd and mean themselves: each pair is one of the configuration's, with its own path.
@test "CVE-2026-119101: colons, brackets, blanks and line breaks in mount points, and links to them, pair as they are written" {
	args sleep 1000
	mkdir -p "$BUNDLE/rootfs/mnt/real:1"
	ln -s 'mnt/real:1' "$BUNDLE/rootfs/lnk"
	config '.linux.maskedPaths = [] | .mounts += [("/mnt/a:b", "/mnt/[c]", "/mnt/d e\nf", "/lnk") | {"destination":.,"source":$d,"options":["bind"]}]' --arg d "$DECOY"
	as_written() {
		dump
		[ "$status" = 1 ] # it says nothing more
		jq -e '(map(select(.[0] != .[1])) == []) and (map(.[0]) | sort == ["/lnk", "/mnt/[c]", "/mnt/a:b", "/mnt/d e\nf", "/mnt/real:1"]
			or (map(select(startswith("/sys/") | not)) | sort == ["/lnk", "/mnt/[c]", "/mnt/a:b", "/mnt/d e\nf", "/mnt/real:1"]))' "$BATS_TEST_TMPDIR/told" ||
			{ cat "$BATS_TEST_TMPDIR/told"; return 1; }
	}
	in_every_dump as_written
}
