#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Fields longer than what carries them: 16 bits of a length, a packet, a page, a socket's buffer. Each arrives whole or
# is refused with its place; none is cut, and none wraps around to a short one.

load frame

fill() { head -c "$1" /dev/zero | tr '\0' "${2-a}"; } # COUNT [CHARACTER]

# big FILTER [jq options]: with the texts $short, which 16 bits would cut to four bytes, $long and $huge, which no call takes.
big() {
	[ -e "$BATS_TEST_TMPDIR/good.json" ] || cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/good.json"
	fill 65540 >"$BATS_TEST_TMPDIR/short"
	fill 100000 >"$BATS_TEST_TMPDIR/long"
	fill 300000 >"$BATS_TEST_TMPDIR/huge"
	cp "$BATS_TEST_TMPDIR/good.json" "$BUNDLE/config.json"
	config "$@" --rawfile short "$BATS_TEST_TMPDIR/short" --rawfile long "$BATS_TEST_TMPDIR/long" --rawfile huge "$BATS_TEST_TMPDIR/huge"
}

# in_each_way_once CHECK: a refusal before the container has no more than three places to go wrong.
in_each_way_once() {
	local i=0
	for WAY in run create pipes; do
		LACK=${WITHOUT[i++ % ${#WITHOUT[@]}]}
		one_way
		"$1"
		assert_clean_host
	done
	LACK=- WAY=run
}

# The id is of a length of 16 bits in a message from parent to child. Ours have no fields in them: the child has its
# parent's memory. Their own lengths: src/container/msg_test.c. weaken: message-lengths, messages-cut
@test "CVE-2021-43784: texts that no call takes are refused, each with its place" {
	local place what n=0
	named() { refused "$place"; }
	while IFS=$'\t' read -r place what; do
		n=$((n + 1))
		big "$what"
		in_each_way_once named
	done <<-'END'
		/hostname	.hostname = $short
		/domainname	.domainname = $short
		/root/path	.root.path = $short
		/root/path	.root.path = "rootfs/" + $huge
		/process/cwd	.process.cwd = "/" + $short
		/process/cwd	.process.cwd = "/" + $huge
		/process/args/0	.process.args = [$huge]
		/mounts/1[ /:]	.mounts[1].destination = "/mnt/" + $short
		/mounts/1[ /:]	.mounts[1].source = "/" + $short | .mounts[1].type = "bind" | .mounts[1].options = ["bind"]
		/mounts/1[ /:]	.mounts[1].type = $short
		/mounts/1[ /:]	.mounts[1] = {"destination":"/mnt","type":"tmpfs","source":"tmpfs","options":["mode=0700", "x" + $short]}
		/mounts/1[ /:]	.mounts[1] = {"destination":"/mnt","type":"tmpfs","source":"tmpfs","options":["mode=0700", "x=" + $huge]}
		/linux/namespaces/0:	.linux.namespaces[0].path = "/" + $short
		/linux/netDevices	.linux.netDevices = {($short):{}}
		/linux/netDevices	.linux.netDevices = {"lo":{"name":$short}}
		/linux/cgroupsPath	.linux.cgroupsPath = "/" + $short
		/linux/resources/unified	.linux.resources.unified = {($short):"1"}
		/linux/maskedPaths	.linux.maskedPaths += ["/" + $short]
		/linux/readonlyPaths	.linux.readonlyPaths += ["/" + $short]
		/linux/devices	.linux.devices = [{"path":("/dev/" + $short),"type":"c","major":1,"minor":3}]
		/linux/sysctl	.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start":("0" + $short)}
		/linux/sysctl	.linux.sysctl = {"kernel.domainname":$short}
		/process/user/additionalGids	.process.user.additionalGids = [range(65540)]
	END
	[ $n = 23 ]
}

@test "CVE-2021-43784: what a call takes arrives whole: arguments, environment, groups" {
	script 'echo $# ${#1} ${#LONG} ${#LAST}; for last; do :; done; echo $last; sed -n "s/^Groups://p" /proc/self/status | while read -r g; do set -- $g; echo $#; done'
	# 4,000 texts and two long ones, a megabyte together.
	big '.process.args += ["sh", $long] + [range(4000) | "\(.)" + $short[0:200]] + ["end"] | .process.env += ["LONG=" + $long, "LAST=" + $short]
		| .process.user.additionalGids = [range(1; 60001)]'
	whole() { [ "$output" = $'4002 100000 100000 65540\nend\n60000' ]; }
	in_every_way whole
	# Whole, or not at all: the kernel takes no single text of 128 KiB.
	big '.process.args += [$huge]'
	named() { refused 'exec /bin/sh: argument list too long'; }
	in_each_way_once named
	big '.process.env += ["A=" + $huge]'
	in_each_way_once named
}

@test "CVE-2021-43784: lists are as long in the container as they are in the configuration" {
	mkdir "$BUNDLE/rootfs/mnt"/{1..700}
	touch "$BUNDLE/rootfs/tmp"/{1..700}
	script 'grep -c " /mnt/[0-9]* ro,.*tmpfs" /proc/self/mountinfo; stat -c %a /mnt/700; head -c 1 /tmp/700 | wc -c; { echo >/tmp/x; } 2>/dev/null || echo ro'
	ln -sf busybox "$BUNDLE/rootfs/bin/wc"
	echo secret | tee "$BUNDLE/rootfs/tmp"/{1..700} >/dev/null
	# The texts of each list are more than 65,536 bytes together.
	big '.mounts += [range(1; 701) | {"destination":"/mnt/\(.)","type":"tmpfs","source":("s" + $short[0:100]),"options":["ro","mode=711","size=4096"]}]
		| .linux.maskedPaths += [range(1; 701) | "/./././././././././././././././././././././././././././././././././././././././././tmp/\(.)"]
		| .linux.readonlyPaths += [range(700) | "/./././././././././././././././././././././././././././././././././././././././././no\(.)"] + ["/tmp"]'
	whole() { [ "$output" = $'700\n711\n0\nro' ]; }
	in_every_way whole
}

@test "CVE-2021-43784: the options of a mount are the kernel's all or none" {
	# Without the new calls they go in one page: what does not fit must not lose its end.
	script 'stat -c %a /mnt'
	last() {
		[ "$output" = 711 ] || refused '/mounts/[0-9]+ /mnt: .*'
	}
	local count
	for count in 300 1000 20000; do
		big '.mounts += [{"destination":"/mnt","type":"tmpfs","source":"tmpfs","options":([range($n) | "mode=0700"] + ["mode=0711"])}]' --argjson n $count
		in_each_way_once last
	done
}

@test "CVE-2021-43784: state of a megabyte comes to each hook whole" {
	local kind
	cat >"$BUNDLE/hook" <<-SH
		#!/bin/sh
		cat >"$BATS_TEST_TMPDIR/state.\$1"
	SH
	chmod 755 "$BUNDLE/hook"
	cp "$BUNDLE/hook" "$BUNDLE/rootfs/hook"
	mkdir -p "$BUNDLE/rootfs$BATS_TEST_TMPDIR"
	chmod 777 "$BUNDLE/rootfs$BATS_TEST_TMPDIR"
	big '.annotations = {"a":$huge,"b":$huge,"c":$huge,"d":$long,"last":"end"}
		| .hooks = (["prestart","createRuntime","createContainer","poststart","poststop"] | map({(.):[{"path":$h,"args":["hook",.]}]}) | add
			+ {"startContainer":[{"path":"/hook","args":["hook","startContainer"],"env":["PATH=/bin"]}]})' --arg h "$BUNDLE/hook"
	whole() {
		[ "$status" = 0 ]
		for kind in prestart createRuntime createContainer startContainer poststart poststop; do
			cat "$BATS_TEST_TMPDIR/state.$kind" "$BUNDLE/rootfs$BATS_TEST_TMPDIR/state.$kind" 2>/dev/null >"$BATS_TEST_TMPDIR/state" || : # one of the two
			jq -e '(.annotations | map_values(length)) == {"a":300000,"b":300000,"c":300000,"d":100000,"last":3}' "$BATS_TEST_TMPDIR/state" >/dev/null || { echo "$kind: $(head -c 300 "$BATS_TEST_TMPDIR/state")"; return 1; }
		done
		rm -f "$BATS_TEST_TMPDIR"/state* "$BUNDLE/rootfs$BATS_TEST_TMPDIR"/state*
	}
	in_every_way whole
}

# weaken: state-in-one-part
@test "CVE-2021-43784: state of a megabyte comes to the agent of a seccomp listener whole" {
	[ "$(uname -m)" = x86_64 ] || skip "the agent knows x86-64 alone"
	command -v python3 >/dev/null || skip "no python3"
	cat >"$BATS_TEST_TMPDIR/agent.py" <<-'PY'
	import array, os, socket, sys
	s = socket.socket(socket.AF_UNIX)
	s.bind(sys.argv[1])
	s.listen(1)
	c, _ = s.accept()
	text, anc, _, _ = c.recvmsg(100, socket.CMSG_SPACE(4))
	while rest := c.recv(65536):
	    text += rest
	open(sys.argv[2], 'wb').write(text)
	PY
	script 'mkdir /tmp/d; true'
	big '.annotations = {"a":$huge,"b":$huge,"c":$huge,"last":"end"} | .linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","listenerMetadata":($long + "."),
		"listenerPath":$s,"syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_NOTIFY"}]}' --arg s "$BATS_TEST_TMPDIR/sock"
	ready() {
		rm -f "$BATS_TEST_TMPDIR/sock"
		timeout 120 python3 "$BATS_TEST_TMPDIR/agent.py" "$BATS_TEST_TMPDIR/sock" "$BATS_TEST_TMPDIR/message" >/dev/null 2>&1 3>&- &
		AGENT=$!
		wait_for listens "$BATS_TEST_TMPDIR/sock"
	}
	whole() {
		wait "$AGENT"
		[ "$status" = 0 ]
		jq -e '(.state.annotations | map_values(length)) == {"a":300000,"b":300000,"c":300000,"last":3} and (.metadata | length) == 100001' "$BATS_TEST_TMPDIR/message" >/dev/null
	}
	in_every_way whole ready
}
