#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Descriptors, the working directory and the runtime's own program. What exec does is in exec.bats.

load frame

# Reported: runc before 1.1.12. weaken: cwd-by-path, which takes three defences away: what is made if it is
# missing, what is opened below the root, what is looked at afterwards.
@test "CVE-2024-21626: the working directory and the program through a descriptor of the runtime's" {
	local n base
	base=$(<"$BUNDLE/config.json")
	outside() { refused; }
	# The last one is a directory of the host's that the caller left open, in case that the runtime has none.
	exec 37<"$DECOY"
	for n in 3 5 7 9 11 37; do
		ln -s "/proc/self/fd/$n" "$BUNDLE/rootfs/c$n"
		config '.process.cwd = $c' --arg c "/proc/self/fd/$n"
		in_every_way outside
		config '.process.cwd = $c' --arg c "/c$n"
		in_every_way outside
		printf '%s\n' "$base" >"$BUNDLE/config.json"
		args "/proc/self/fd/$n/../../../../bin/bash" -c true
		in_every_way outside
		printf '%s\n' "$base" >"$BUNDLE/config.json"
	done
	args ../../../../../../../../../usr/bin/env
	in_every_way outside
	exec 37<&-
}

# A directory of the host's that the caller left open. weaken: nothing-closed
@test "CVE-2024-21626: what the caller has open does not pass, and is no working directory" {
	exec 37<"$DECOY"
	script 'ls /proc/self/fd | tr "\n" " "; ls /proc/self/fd/37/ 2>&1; cat /proc/self/fd/37/file'
	ln -sf busybox "$BUNDLE/rootfs/bin/tr"
	closed() {
		! grep -q secret <<<"$output" || return 1
		says '(^|[^0-9])0 1 2 3 '
		[[ ${lines[*]} != *' 37 '* ]]
	}
	in_every_way closed
	config '.process.cwd = "/proc/self/fd/37"'
	in_every_way refused
	exec 37<&-
	config '.process.cwd = "/"'
	# Of three that are open, one was asked for. The program of ls has the next number itself.
	exec 33<"$BUNDLE/config.json" 34<"$DECOY/file"
	script 'for n in 3 4 5 6; do [ ! -e /proc/$$/fd/$n ] || echo "open $n"; done; cat <&3 | head -c 1'
	OPTIONS=(--preserve-fds 1)
	one() {
		! grep -q 'open [456]' <<<"$output" || return 1
		[ "$(head -n 1 <<<"$output")" = 'open 3' ]
	}
	for LACK in "${WITHOUT[@]}"; do
		for WAY in run pipes; do
			{ one_way; } 3<"$BUNDLE/config.json" 4<"$DECOY/file"
			one
			assert_clean_host
		done
	done
	LACK=-
	exec 33<&- 34<&-
}

# weaken: fds-kept-in-created
@test "the created container holds its streams, the barrier and nothing else, and shows them to nobody" {
	created() {
		local fd to
		for fd in "/proc/$1/fd"/*; do
			to=$(readlink "$fd")
			case ${fd##*/} in
			0 | 1 | 2) continue ;;
			esac
			[[ $to == socket:* ]] || { echo "$fd is $to"; touch "$BATS_TEST_TMPDIR/bad"; }
		done
		# Not dumpable: its files in /proc are root's, whoever it runs as.
		[ "$(stat -c %u "/proc/$1/mem")" = 0 ] || touch "$BATS_TEST_TMPDIR/bad"
		[ "$(readlink "/proc/$1/cwd")" = /tmp ] || touch "$BATS_TEST_TMPDIR/bad"
	}
	config '.process.cwd = "/tmp" | .process.user = {"uid":1000,"gid":1000}'
	fine() { [ ! -e "$BATS_TEST_TMPDIR/bad" ]; }
	in_every_way fine
	user_namespace
	in_every_way fine
}

# weaken: unsealed
@test "CVE-2019-5736, CVE-2020-14298, CVE-2020-14300: the runtime's program is not there to be written" {
	static grab <<'C'
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>
struct attr { unsigned long long set, clear, propagation, userns; };
/* As a startContainer hook: the first process is the runtime still, and this one sees it. */
int main(void)
{
	struct attr attr = { 0, 1, 0, 0 };
	char text[64];
	int fd = open("/proc/1/exe", O_RDONLY), bad = 0, seals;
	struct statvfs fs;

	if (fd < 0) {
		printf("exe: %s\n", strerror(errno));
		return 0;
	}
	if (syscall(442, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0)
		bad = printf("made writable\n");
	snprintf(text, sizeof(text), "/proc/self/fd/%d", fd);
	for (int i = 0; i < 1000; i++) {
		int w = open(text, O_WRONLY);
		if (w >= 0)
			bad = printf("opened to write\n");
		if (bad)
			break;
	}
	/* A file that is run is busy; what counts is that it cannot be written when it is not any more. */
	fstatvfs(fd, &fs);
	seals = fcntl(fd, F_GET_SEALS);
	if ((fs.f_flag & ST_RDONLY) == 0 && (seals < 0 || (seals & F_SEAL_WRITE) == 0))
		bad = printf("neither read-only nor sealed\n");
	printf("%s\n", bad ? "reached" : "kept");
	return 0;
}
C
	mkdir "$BUNDLE/rootfs/said"
	chmod 777 "$BUNDLE/rootfs/said"
	sum=$(sha256sum <"$OCIRT")
	config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN","CAP_SYS_PTRACE","CAP_DAC_OVERRIDE"])
		| .hooks.startContainer = [{"path":"/bin/sh","args":["sh","-c",$h]}]' --arg h \
		'grab >/said/grab 2>&1; exec 3</proc/1/exe && (i=0; while [ $((i += 1)) -lt 40 ]; do
			{ echo x >/proc/self/fd/3; } 2>/dev/null && echo "wrote it" >>/said/grab; sleep 0.01; done) >/dev/null 2>&1 & true'
	script 'sleep 0.5'
	printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/bin/evil"
	chmod +x "$BUNDLE/rootfs/bin/evil"
	kept() {
		[ "$(sha256sum <"$OCIRT")" = "$sum" ]
		cat "$BUNDLE/rootfs/said/grab"
		grep -qE '^(kept|exe: )' "$BUNDLE/rootfs/said/grab"
		run ! grep -q wrote "$BUNDLE/rootfs/said/grab"
		rm "$BUNDLE/rootfs/said/grab"
	}
	in_every_way kept
	# The runtime as the interpreter of the container's program.
	args evil
	in_every_way kept
}

# weaken: set-user-id-allowed, which takes two defences away
@test "CVE-2017-5985, CVE-2018-6556, CVE-2022-47952, CVE-2026-39402, CVE-2016-8659, CVE-2020-5291, CVE-2026-41163: never a set-user-id program" {
	local dir
	dir=$(mktemp -d /var/tmp/ocirt-test.XXXXXX)
	chmod 755 "$dir"
	install -m 4755 "$(command -v "$OCIRT")" "$dir/ocirt"
	cp "$DENY" "$dir/deny"
	# Before it looks at the first word of the command.
	local words front
	for LACK in "${WITHOUT[@]}"; do
		front=()
		[ "$LACK" = - ] || front=("$dir/deny" "$LACK")
		front+=(setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/ocirt" --root "$dir/state")
		for words in "run -b $BUNDLE $ID" "create -b $BUNDLE $ID" "start $ID" "exec $ID true" "delete -f $ID" list --version; do
			# shellcheck disable=SC2086
			run "${front[@]}" $words
			[ "$status" = 1 ] || { echo "$words: $status"; return 1; }
			one_line 'set-user-id'
			# shellcheck disable=SC2086
			output=$({ : | "${front[@]}" $words 2>&1; echo "status $?"; } | cat)
			mapfile -t lines < <(sed '/^status 1$/d' <<<"$output")
			one_line 'set-user-id'
			[ ! -e "$dir/state" ]
		done
	done
	LACK=-
	rm -rf "$dir"
}
