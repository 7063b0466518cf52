#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What must hold of /proc and /sys: masks, read-only paths, labels and sysctls that reach the file that is
# meant, whatever is mounted where.

load frame

# Seen: runc 1.1.5 (the link).
@test "CVE-2025-31133, CVE-2025-62161: a /dev of the image's cannot lend its null to the masks" {
	local null=$BATS_TEST_TMPDIR/dev/null kind
	mkdir "${null%/*}"
	echo s >"$BUNDLE/rootfs/masked"
	config '.mounts = [.mounts[] | select(.destination | startswith("/dev") | not)] + [{"destination":"/dev","type":"bind","source":$d,"options":["bind"]}]
		| .linux.maskedPaths = ["/masked"]' --arg d "${null%/*}"
	script 'echo changed > /masked; hostname; stat -c "%F %t:%T" /masked; cat /masked'
	kept() {
		! grep -q changed <<<"$output" || return 1
		says 'character special file 1:3'
		[[ ${lines[-1]} != s ]]
	}
	for kind in link out zero missing; do
		rm -f "$null"
		case $kind in
		link) ln -s /proc/sys/kernel/hostname "$null" ;;
		out) ln -s "$DECOY/file" "$null" ;;
		zero) mknod "$null" c 1 5 ;;
		esac
		in_every_way kept
	done
}

# weaken: pts-of-the-image. A second defence is that the terminal is bound by its descriptor, not by its name.
@test "CVE-2025-52565: /dev/pts/0 of the image cannot become the console" {
	no_dev
	mkdir -p "$BUNDLE/rootfs/dev/pts"
	ln -s /proc/sys/kernel/hostname "$BUNDLE/rootfs/dev/pts/0"
	: >"$BUNDLE/rootfs/dev/pts/ptmx"
	config '.process.terminal = true'
	script 'echo changed >/dev/console; hostname'
	CONSOLE=yes
	no_terminal() {
		[ "$status" != 0 ]
		says '/process/terminal: /dev/pts'
	}
	in_every_way no_terminal
	# One that answers: a true ptmx, whose file system is mounted where the kernel looks for it.
	rm "$BUNDLE/rootfs/dev/pts/ptmx"
	mknod -m 666 "$BUNDLE/rootfs/dev/pts/ptmx" c 5 2
	mkdir "$BUNDLE/rootfs/dev/pts/pts"
	config '.mounts += [{"destination":"/dev/pts/pts","type":"devpts","source":"devpts","options":["newinstance","ptmxmode=0666","mode=0620"]}]'
	in_every_way no_terminal
	config 'del(.mounts[-1])'
	# One with a devpts: what is bound is the terminal itself.
	config '.mounts += [{"destination":"/dev/pts","type":"devpts","source":"devpts","options":["newinstance","ptmxmode=0666","mode=0620"]}]'
	script 'echo text >/dev/console; stat -c "console %F" /dev/console; tty'
	terminal() { says 'console character special file'; }
	in_every_way terminal
}

# weaken: mounts-below-proc
@test "CVE-2019-16884, CVE-2015-3631, CVE-2025-52881, CVE-2025-62596: nothing is mounted over /proc and in it" {
	mkdir -p "$BATS_TEST_TMPDIR/d/self/attr"
	: >"$BATS_TEST_TMPDIR/d/self/attr/exec"
	ln -s /proc/self/attr "$BUNDLE/rootfs/mnt/attr"
	ln -s /proc "$BUNDLE/rootfs/mnt/proc"
	ln -s /proc/thread-self "$BUNDLE/rootfs/mnt/me"
	local base mount
	base=$(<"$BUNDLE/config.json")
	while read -r mount; do
		printf '%s\n' "$base" >"$BUNDLE/config.json"
		config ".mounts += [$mount]" --arg d "$BATS_TEST_TMPDIR/d"
		in_proc() { refused '/proc'; }
		in_every_way in_proc
	done <<-'END'
		{"destination":"/proc","type":"bind","source":$d,"options":["rbind"]}
		{"destination":"/proc/","type":"tmpfs","source":"x"}
		{"destination":"/proc/self/attr","type":"tmpfs","source":"x"}
		{"destination":"/proc/self/attr/exec","type":"bind","source":"/proc/self/sched","options":["bind"]}
		{"destination":"/mnt/me/attr/exec","type":"bind","source":"/proc/self/sched","options":["bind"]}
		{"destination":"/mnt/attr","type":"tmpfs","source":"x"}
		{"destination":"/proc/sys","type":"tmpfs","source":"x"}
		{"destination":"/mnt/proc/../proc/sys/net","type":"bind","source":$d,"options":["bind"]}
		{"destination":"/proc/1","type":"tmpfs","source":"x"}
	END
}

# A procfs file under the name of another swallows what is written, and looks like procfs.
# weaken: steps-leave-the-mount
@test "CVE-2025-52881: a sysctl reaches its file where another lies over it in the runtime's own /proc" {
	config '.linux.sysctl = {"kernel.domainname":"500"}'
	args cat /proc/sys/kernel/domainname
	local real=$OCIRT over
	for over in "/proc/$$/oom_score_adj" "$DECOY/file"; do
		cat >"$BATS_TEST_TMPDIR/ocirt" <<-SH
			#!/bin/sh
			exec unshare -m --propagation private sh -c 'mount --bind $over /proc/sys/kernel/domainname && exec "\$@"' sh "$real" "\$@"
		SH
		chmod +x "$BATS_TEST_TMPDIR/ocirt"
		OCIRT=$BATS_TEST_TMPDIR/ocirt
		before=$(cat "/proc/$$/oom_score_adj")
		reached() {
			[ "$(cat "/proc/$$/oom_score_adj")" = "$before" ]
			[ "$status" != 0 ] || [ "$output" = 500 ]
		}
		in_every_way reached
		OCIRT=$real
	done
}

# weaken: masks-forgotten
@test "CVE-2015-3630, CVE-2015-3631: every masked path of the default is empty, every read-only one refuses" {
	config '.process.capabilities |= map_values(. + ["CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN"])'
	{
		# Not every kernel has all of them.
		jq -r '.linux.maskedPaths[] | "[ ! -e \(.) ] || { if [ -d \(.) ]; then ls -A \(.); else cat \(.); fi; { echo x >\(.)/x; } 2>/dev/null && echo wrote \(.); }"' "$BUNDLE/config.json"
		jq -r '.linux.readonlyPaths[] | "[ ! -e \(.) ] || { touch \(.) 2>/dev/null && echo touched \(.); }"' "$BUNDLE/config.json"
		echo 'for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger; do { echo -n >>$f; } 2>/dev/null && echo opened $f; done; echo end'
	} >"$BUNDLE/rootfs/bin/probe"
	args sh /bin/probe
	[ "$(jq '.linux.maskedPaths | length' "$BUNDLE/config.json")" -ge 8 ]
	[ "$(jq '.linux.readonlyPaths | length' "$BUNDLE/config.json")" -ge 5 ]
	nothing() { [ "$output" = end ]; }
	in_every_way nothing
}

# weaken: label-forgotten
@test "a label or profile that cannot be given ends the start, with and without a user namespace" {
	local n=0 base
	base=$(<"$BUNDLE/config.json")
	label() { # FILTER DIRECTORY-OF-THE-MODULE
		[ ! -d "$2" ] || return 0
		n=$((n + 1))
		printf '%s\n' "$base" >"$BUNDLE/config.json"
		config "$1"
		in_every_way refused
		user_namespace
		in_every_way refused
	}
	label '.process.apparmorProfile = "some-profile"' /sys/kernel/security/apparmor
	label '.process.selinuxLabel = "system_u:system_r:container_t:s0"' /sys/fs/selinux
	[ $n -gt 0 ] || skip "both modules are there"
}

# weaken: flags-dropped
@test "every mount has the flags that were asked for, in a user namespace without a network namespace too" {
	config '.mounts = [.mounts[] | select(.destination != "/sys" and .destination != "/sys/fs/cgroup")]
		+ [{"destination":"/sys","type":"sysfs","source":"sysfs","options":["nosuid","noexec","nodev","ro"]},
			{"destination":"/mnt","type":"tmpfs","source":"x","options":["nosuid","nodev","noexec","ro"]}]'
	args cat /proc/self/mountinfo
	flags() {
		[ "$status" = 0 ]
		local destination options word line
		while IFS=$'\t' read -r destination options; do
			line=$(awk -v d="$destination" '$5 == d { l = "," $6 "," } END { print l }' <<<"$output")
			for word in nosuid nodev noexec ro; do
				[[ ,$options, != *,$word,* || $line == *,$word,* ]] || { echo "$destination lacks $word: $line"; return 1; }
			done
		done < <(jq -r '.mounts[] | [.destination, (.options // [] | join(","))] | @tsv' "$BUNDLE/config.json")
	}
	in_every_way flags
	user_namespace
	in_every_way flags
	config '.linux.namespaces |= map(select(.type != "network"))'
	in_every_way flags
}

# weaken: old-root-shows
@test "--no-pivot: no procfs without masks can be mounted by who makes namespaces inside" {
	ln -sf busybox "$BUNDLE/rootfs/bin/unshare"
	config '.process.user = {"uid":1000,"gid":1000}'
	script 'unshare -U true && echo namespaces; unshare -Urmpf mount -t proc none /mnt; ls /mnt; unshare -Urmpfn mount -t sysfs none /mnt; ls /mnt; echo end'
	OPTIONS=(--no-pivot)
	masked() {
		says 'end'
		[ "$(grep -c 'permission denied\|Operation not permitted' <<<"$output")" -ge 2 ]
		! grep -qx 'kcore\|kernel' <<<"$output"
	}
	in_every_way masked
	# Whether it could be seen at all: a user namespace can be made.
	says namespaces || skip "no user namespaces can be made here"
	config '.linux.rootfsPropagation = "private"'
	unsafe() { refused '/linux/rootfsPropagation.*--no-pivot'; }
	in_every_way unsafe
}
