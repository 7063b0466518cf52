#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mounts[]: each option, file system and destination, as a program inside sees them.

load ../helpers
load ../cgroup-helpers

setup() { need_root; setup_bundle; host_before; }
teardown() { teardown_bundle; }

mount_on() { # JSON of one entry; more may follow
	local m
	for m in "$@"; do config '.mounts += [$m]' --argjson m "$m"; done
}
bind_on() { # DESTINATION SOURCE OPTION...
	local d=$1 s=$2
	shift 2
	mount_on "$(jq -nc --arg d "$d" --arg s "$s" '{destination:$d,type:"none",source:$s,options:$ARGS.positional}' --args "$@")"
}
seen() { # MOUNTPOINT: its options in $output, the last one of that name
	awk -v at="$1" '$5 == at { o = $6; for (i = 7; $i != "-"; i++) o = o " " $i; o = o " - " $(i + 1) " " $(i + 3) } END { print o }' <<<"$output"
}
# The kernel numbers peer groups.
expect() { # MOUNTPOINT REGEX
	local s
	s=$(seen "$1")
	[[ $s =~ $2 ]] || { echo "$1: wanted $2, got: $s"; return 1; }
}

@test "options of the mount itself: each word, and the later one of two" {
	src=$BATS_TEST_TMPDIR/src
	mkdir -p "$src"
	# words, what mountinfo shows
	table='ro|^ro,relatime
rw|^rw,relatime
ro,rw|^rw,relatime
rw,ro|^ro,relatime
nosuid|^rw,nosuid,relatime
nosuid,suid|^rw,relatime
nodev|^rw,nodev,relatime
nodev,dev|^rw,relatime
noexec|^rw,noexec,relatime
noexec,exec|^rw,relatime
noatime|^rw,noatime
noatime,atime|^rw,relatime
strictatime|^rw -|^rw [^,]
strictatime,nostrictatime|^rw,relatime
relatime|^rw,relatime
noatime,norelatime|^rw,relatime
nodiratime|^rw,nodiratime,relatime|^rw,relatime,nodiratime
nodiratime,diratime|^rw,relatime
nosymfollow|nosymfollow
nosymfollow,symfollow|^rw,relatime
defaults|^rw,relatime
rro|^ro,relatime
rro,rrw|^rw,relatime
rnosuid|nosuid
rnosuid,rsuid|^rw,relatime
rnodev|nodev
rnodev,rdev|^rw,relatime
rnoexec|noexec
rnoexec,rexec|^rw,relatime
rnoatime|noatime
rnoatime,ratime|^rw,relatime
rstrictatime|^rw [^,]
rstrictatime,rnostrictatime|^rw,relatime
rrelatime|relatime
rnorelatime|relatime
rnodiratime|nodiratime
rnodiratime,rdiratime|^rw,relatime
rnosymfollow|nosymfollow
rnosymfollow,rsymfollow|^rw,relatime'
	local i=0 words rest
	while IFS='|' read -r words rest; do
		bind_on "/mnt/$i" "$src" bind ${words//,/ }
		mount_on "$(jq -nc --arg d "/mnt/t$i" --arg w "$words" '{destination:$d,type:"tmpfs",source:"tmpfs",options:($w/",")}')"
		i=$((i + 1))
	done <<<"$table"
	args cat /proc/self/mountinfo
	run run_container
	[ "$status" = 0 ]
	i=0
	while IFS='|' read -r words rest; do
		expect "/mnt/$i" "$rest" || { echo "bind $words"; return 1; }
		expect "/mnt/t$i" "$rest" || { echo "tmpfs $words"; return 1; }
		i=$((i + 1))
	done <<<"$table"
}

@test "options of the file system: sync, dirsync, lazytime and what undoes them" {
	mount_on '{"destination":"/mnt/a","type":"tmpfs","source":"x","options":["sync","dirsync","lazytime","silent"]}' \
		'{"destination":"/mnt/b","type":"tmpfs","source":"x","options":["sync","async","lazytime","nolazytime","silent","loud","iversion","noiversion","mand","nomand"]}'
	args cat /proc/self/mountinfo
	run run_container
	[ "$status" = 0 ]
	expect /mnt/a 'sync'
	expect /mnt/a 'dirsync'
	expect /mnt/a 'lazytime'
	[[ ! "$(seen /mnt/b)" =~ sync|lazytime ]]
}

@test "recursive options reach the mounts below, the others do not" {
	mount_on '{"destination":"/mnt/src","type":"tmpfs","source":"x"}' \
		'{"destination":"/mnt/src/sub","type":"tmpfs","source":"x"}'
	src=$BATS_TEST_TMPDIR/src
	mkdir -p "$src/sub"
	config '.mounts += [{"destination":"/mnt/rec","type":"bind","source":$s,"options":["rbind","rro","rnosuid"]},
		{"destination":"/mnt/one","type":"bind","source":$s,"options":["rbind","ro","nosuid"]},
		{"destination":"/mnt/none","type":"bind","source":$s,"options":["bind","ro"]}]' --arg s "$src"
	args cat /proc/self/mountinfo
	run unshare -m sh -c 'mount -t tmpfs x "$1/sub" && shift && exec "$@"' sh "$src" \
		"$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" = 0 ]
	expect /mnt/rec '^ro,nosuid'
	expect /mnt/rec/sub '^ro,nosuid'
	expect /mnt/one '^ro,nosuid'
	expect /mnt/one/sub '^rw,relatime'
	[ -z "$(awk '$5 == "/mnt/none/sub"' <<<"$output")" ]
}

@test "the listed order: a later mount lies on an earlier one, or below it" {
	mkdir -p "$BATS_TEST_TMPDIR/a/sub" "$BATS_TEST_TMPDIR/b"
	echo a >"$BATS_TEST_TMPDIR/a/f"
	echo b >"$BATS_TEST_TMPDIR/b/f"
	bind_on /mnt "$BATS_TEST_TMPDIR/a" bind
	bind_on /mnt/sub "$BATS_TEST_TMPDIR/b" bind
	script 'cat /mnt/f /mnt/sub/f; ls /mnt'
	run run_container
	[ "$status" = 0 ]
	[ "$output" = $'a\nb\nf\nsub' ]
	# The other way round the second covers what the first has mounted.
	mkdir -p "$BUNDLE/rootfs/mnt/sub"
	config '.mounts |= .[:-2] + [.[-1], .[-2]]'
	script 'cat /mnt/f; ls -A /mnt/sub; grep -c " /mnt" /proc/self/mountinfo'
	run run_container
	[ "$status" = 0 ]
	[ "$output" = $'a\n2' ]
}

@test "propagation of a mount: the four kinds" {
	src=$BATS_TEST_TMPDIR/src
	mkdir -p "$src"
	for p in shared slave private unbindable; do
		mount_on "{\"destination\":\"/mnt/$p\",\"type\":\"tmpfs\",\"source\":\"x\",\"options\":[\"$p\"]}"
		mount_on "{\"destination\":\"/mnt/r$p\",\"type\":\"tmpfs\",\"source\":\"x\",\"options\":[\"r$p\"]}"
	done
	bind_on /mnt/bind "$src" rbind shared
	args cat /proc/self/mountinfo
	run run_container
	[ "$status" = 0 ]
	expect /mnt/shared 'shared:'
	expect /mnt/rshared 'shared:'
	expect /mnt/bind 'shared:'
	expect /mnt/private 'relatime -'
	expect /mnt/slave 'relatime -'
	expect /mnt/unbindable 'unbindable'
	expect /mnt/runbindable 'unbindable'
}

@test "rootfsPropagation: every value, and the one that is none" {
	args awk '$5 == "/"' /proc/self/mountinfo
	ln -sf busybox "$BUNDLE/rootfs/bin/awk"
	local p
	for p in private slave shared unbindable rprivate rslave rshared runbindable; do
		config '.linux.rootfsPropagation = $p' --arg p "$p"
		run run_container
		[ "$status" = 0 ]
		case $p in
		*shared) says 'shared:' ;;
		*unbindable) says 'unbindable' ;;
		*) [[ ! $output =~ shared:|unbindable ]] ;;
		esac
	done
	config '.linux.rootfsPropagation = "public"'
	run run_container
	[ "$status" = 1 ]
	[ "${#lines[@]}" = 1 ]
}

@test "a shared volume of the host does not get what the container mounts on it" {
	mkdir -p "$BATS_TEST_TMPDIR/vol/d"
	bind_on /mnt/s "$BATS_TEST_TMPDIR/vol" rbind
	mount_on '{"destination":"/mnt/s/d","type":"tmpfs","source":"inside"}'
	config '.process.args = ["sleep", "100"]'
	run unshare -m --propagation unchanged sh -c '
		mount --make-rprivate / && mount --bind "$1" "$1" && mount --make-shared "$1" || exit 9
		shift
		"$@" </dev/null >/dev/null 2>&1 || echo not created
		grep -q inside /proc/self/mountinfo && echo leaked
		echo looked' sh "$BATS_TEST_TMPDIR/vol" "$OCIRT" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
	[ "$output" = looked ]
	grep -q ' /mnt/s/d .* - tmpfs inside' "/proc/$(rt state "$ID" | jq .pid)/mountinfo"
	rt delete --force "$ID"
}

@test "bind: a file, a device, a socket, a relative source, a link as source" {
	echo content >"$BATS_TEST_TMPDIR/f"
	mkdir "$BUNDLE/vol"
	echo below >"$BUNDLE/vol/f"
	ln -s f "$BATS_TEST_TMPDIR/l"
	bind_on /mnt/new/dir/f "$BATS_TEST_TMPDIR/f" bind
	bind_on /mnt/null /dev/null bind
	bind_on /mnt/rel vol bind
	bind_on /mnt/through "$BATS_TEST_TMPDIR/l" bind
	bind_on relative/destination "$BATS_TEST_TMPDIR/f" bind
	script 'cat /mnt/new/dir/f /mnt/rel/f /mnt/through /relative/destination; stat -c %F /mnt/null'
	run run_container
	[ "$status" = 0 ]
	says $'content\nbelow\ncontent\ncontent\ncharacter special file'
}

@test "bind: src-nofollow, dest-nofollow, copy-symlink" {
	is_ocirt || skip "not in every runtime"
	echo content >"$BATS_TEST_TMPDIR/f"
	ln -s f "$BATS_TEST_TMPDIR/l"
	ln -s /etc/passwd "$BUNDLE/rootfs/mnt/dl"
	ln -s /etc/passwd "$BUNDLE/rootfs/mnt/dl2"
	ln -s f "$BUNDLE/rootfs/mnt/there"
	bind_on /mnt/dl "$BATS_TEST_TMPDIR/f" bind dest-nofollow
	bind_on /mnt/dl2 "$BATS_TEST_TMPDIR/l" bind dest-nofollow src-nofollow
	bind_on /mnt/copy "$BATS_TEST_TMPDIR/l" bind copy-symlink
	bind_on /mnt/there "$BATS_TEST_TMPDIR/l" bind copy-symlink
	bind_on /mnt/plain "$BATS_TEST_TMPDIR/f" bind copy-symlink
	script 'cat /mnt/dl; readlink /mnt/dl2; readlink /mnt/copy; readlink /mnt/there; cat /mnt/plain; cat /etc/passwd'
	run run_container
	[ "$status" = 0 ]
	says $'^content\nf\nf\nf\ncontent\nroot:'
	ln -sfn other "$BUNDLE/rootfs/mnt/there"
	run run_container
	[ "$status" = 1 ]
	one_line '/mounts/[0-9]+ /mnt/there.*[Ff]ile exists'
}

@test "bind: a directory on a file, a file on a directory" {
	mkdir "$BATS_TEST_TMPDIR/d"
	: >"$BATS_TEST_TMPDIR/f"
	: >"$BUNDLE/rootfs/mnt/f"
	bind_on /mnt/f "$BATS_TEST_TMPDIR/d" bind
	run run_container
	[ "$status" = 1 ]
	one_line '/mounts/[0-9]+ /mnt/f.*[Nn]ot a directory'
	config '.mounts |= .[:-1]'
	bind_on /mnt "$BATS_TEST_TMPDIR/f" bind
	run run_container
	[ "$status" = 1 ]
	one_line '/mounts/[0-9]+ /mnt.*not a directory' # what runc says, and engines know
}

@test "an unknown option of a bind mount names its place" {
	is_ocirt || skip "the text is ours"
	bind_on /mnt/x /tmp bind nosuchword
	run run_container
	[ "$status" = 1 ]
	one_line '/mounts/[0-9]+/options/1.*nosuchword'
}

@test "tmpfs: the mode of what it covers, tmpcopyup" {
	mkdir -p "$BUNDLE/rootfs/mnt/m" "$BUNDLE/rootfs/mnt/c/sub"
	chmod 1751 "$BUNDLE/rootfs/mnt/m"
	chmod 2750 "$BUNDLE/rootfs/mnt/c"
	echo deep >"$BUNDLE/rootfs/mnt/c/sub/f"
	chmod 646 "$BUNDLE/rootfs/mnt/c/sub/f"
	chown 5:6 "$BUNDLE/rootfs/mnt/c/sub/f"
	ln -s /nowhere "$BUNDLE/rootfs/mnt/c/l"
	mkfifo "$BUNDLE/rootfs/mnt/c/p"
	mount_on '{"destination":"/mnt/m","type":"tmpfs","source":"tmpfs"}' \
		'{"destination":"/mnt/c","type":"tmpfs","source":"tmpfs","options":["tmpcopyup","ro"]}'
	script 'stat -c "%a" /mnt/m /mnt/c; cat /mnt/c/sub/f; stat -c "%a %u:%g" /mnt/c/sub/f; readlink /mnt/c/l; stat -c %F /mnt/c/p; touch /mnt/c/x || echo refused'
	run run_container
	[ "$status" = 0 ]
	says $'^1751\n2750\ndeep\n646 5:6\n/nowhere\nfifo'
	says 'refused'
	[ ! -e "$BUNDLE/rootfs/mnt/c/x" ]
}

@test "tmpfs: everybody's on a directory that is made for it, or with the mode that is asked for" {
	mount_on '{"destination":"/mnt/new","type":"tmpfs","source":"tmpfs"}' \
		'{"destination":"/mnt/other","type":"tmpfs","source":"tmpfs","options":["mode=0700"]}'
	script 'stat -c "%a" /mnt/new /mnt/other'
	run run_container
	[ "$status" = 0 ]
	[ "$output" = $'1777\n700' ]
}

@test "a destination that leads to the root itself is refused" {
	local to
	ln -s / "$BUNDLE/rootfs/link"
	ln -s mnt/.. "$BUNDLE/rootfs/back"
	for to in /mnt/.. /../.. /link /back /missing/..; do
		mount_on "{\"destination\":\"$to\",\"type\":\"tmpfs\",\"source\":\"tmpfs\"}"
		run run_container
		[ "$status" = 1 ]
		one_line "/mounts/[0-9]+ $to: $to leads to the root"
		config 'del(.mounts[-1])'
	done
	# Its directory bound below itself is another place.
	bind_on /mnt rootfs bind
	mount_on '{"destination":"/mnt","type":"tmpfs","source":"tmpfs"}'
	script 'ls -A /mnt; [ -d /bin ]'
	run run_container
	[ "$status" = 0 ]
	[ "$output" = "" ]
}

@test "a destination behind a directory that is missing, and back from there" {
	mount_on '{"destination":"/missing/a/../../made/./b","type":"tmpfs","source":"tmpfs"}'
	script 'grep " /made/b " /proc/mounts'
	run run_container
	[ "$status" = 0 ]
	says 'tmpfs /made/b tmpfs'
}

@test "overlay: directories with names that fsconfig(2) is too short for" {
	local long
	long=$BATS_TEST_TMPDIR/$(printf 'd%.0s' {1..200})
	mkdir -p "$long"/{one,two,upper,work}
	mount -t tmpfs x "$long/upper" 2>/dev/null && umount "$long/upper" || skip "no tmpfs here"
	echo 1 >"$long/one/f"
	echo 2 >"$long/two/g"
	mount_on "$(jq -nc --arg b "$long" '{destination:"/mnt",type:"overlay",source:"overlay",options:["lowerdir=\($b)/one:\($b)/two","nosuid"]}')"
	script 'cat /mnt/f /mnt/g /proc/self/mountinfo'
	run run_container
	[ "$status" = 0 ]
	says $'^1\n2\n'
	expect /mnt '^rw,nosuid.* - overlay'
	# Nothing of it is left where it was made.
	[ "$(grep -c ' - overlay overlay ' <<<"$output")" = 1 ]
}

@test "file systems: mqueue, devpts, ramfs, overlay, sysfs, proc" {
	mkdir -p "$BATS_TEST_TMPDIR"/{lower,upper,work}
	echo low >"$BATS_TEST_TMPDIR/lower/f"
	mount -t tmpfs x "$BATS_TEST_TMPDIR/upper" 2>/dev/null && umount "$BATS_TEST_TMPDIR/upper" || skip "no tmpfs here"
	mount_on '{"destination":"/mnt/q","type":"mqueue","source":"mqueue","options":["nosuid","noexec","nodev"]}' \
		'{"destination":"/mnt/pts","type":"devpts","source":"devpts","options":["newinstance","ptmxmode=0666","mode=0620","gid=5"]}' \
		'{"destination":"/mnt/ram","type":"ramfs","source":"ramfs"}' \
		"$(jq -nc --arg b "$BATS_TEST_TMPDIR" '{destination:"/mnt/o",type:"overlay",source:"overlay",options:["lowerdir=\($b)/lower"]}')"
	sed -i 's/"lowerdir=[^"]*"/"lowerdir='"${BATS_TEST_TMPDIR//\//\\/}"'\/lower:'"${BATS_TEST_TMPDIR//\//\\/}"'\/work"/' "$BUNDLE/config.json"
	script 'cat /proc/self/mountinfo /mnt/o/f; ls /mnt/pts'
	run run_container
	[ "$status" = 0 ]
	expect /mnt/q '^rw,nosuid,nodev,noexec.* - mqueue'
	expect /mnt/pts ' - devpts .*gid=5,mode=620,ptmxmode=666'
	expect /mnt/ram ' - ramfs'
	expect /mnt/o ' - overlay'
	says $'low\nptmx'
}

@test "a type that is none, an option that is none: the kernel's words and the place" {
	mount_on '{"destination":"/mnt/x","type":"nosuchfs","source":"x"}'
	run run_container
	[ "$status" = 1 ]
	one_line '/mounts/[0-9]+ /mnt/x.*nosuchfs'
	config '.mounts |= .[:-1]'
	mount_on '{"destination":"/mnt/x","type":"tmpfs","source":"x","options":["size=banana"]}'
	run run_container
	[ "$status" = 1 ]
	one_line '/mounts/[0-9]+ /mnt/x.*size'
}

@test "remount: of the mount alone, and of the file system" {
	mount_on '{"destination":"/mnt/t","type":"tmpfs","source":"x","options":["size=64k"]}' \
		'{"destination":"/mnt/t","type":"tmpfs","source":"x","options":["remount","size=128k","nosuid"]}' \
		'{"destination":"/mnt/u","type":"tmpfs","source":"x"}' \
		'{"destination":"/mnt/u","type":"bind","source":"x","options":["remount","bind","ro","noexec"]}'
	args cat /proc/self/mountinfo
	run run_container
	[ "$status" = 0 ]
	expect /mnt/t 'nosuid.*size=128k'
	expect /mnt/u '^ro,noexec'
}

@test "below /proc: only what lxcfs has there" {
	echo lxcfs >"$BATS_TEST_TMPDIR/meminfo"
	bind_on /proc/meminfo "$BATS_TEST_TMPDIR/meminfo" bind ro
	args cat /proc/meminfo
	run run_container
	[ "$status" = 0 ]
	[ "$output" = lxcfs ]
}

@test "propagation: a long list of words, of which the last counts" {
	local words
	words=$(jq -nc '[range(40) | "private", "slave"] + ["shared"]')
	mkdir "$BATS_TEST_TMPDIR/d"
	config '.mounts += [{"destination":"/mnt","type":"bind","source":$d,"options":(["bind"] + $w)}]' --arg d "$BATS_TEST_TMPDIR/d" --argjson w "$words"
	args grep ' /mnt ' /proc/self/mountinfo
	run run_container
	[ "$status" = 0 ]
	says 'shared:'
}

@test "id-mapped binds: owners as the maps say, and only where they are asked for" {
	src=$BATS_TEST_TMPDIR/src
	mkdir -p "$src/sub"
	: >"$src/f"
	chown 3:4 "$src/f"
	config '.mounts += [{"destination":"/mnt/i","type":"bind","source":$s,"options":["rbind"],
		"uidMappings":[{"containerID":1,"hostID":1000,"size":10}],"gidMappings":[{"containerID":2,"hostID":2000,"size":10}]},
		{"destination":"/mnt/p","type":"bind","source":$s,"options":["bind"]}]' --arg s "$src"
	script 'stat -c %u:%g /mnt/i/f /mnt/p/f'
	run run_container
	[ "$status" = 0 ] || { [[ $output =~ [Ii]nvalid\ argument|id-mapped\ mounts\ need ]] && skip "the file system has no id-mapped mounts"; }
	[ "$output" = $'1002:2002\n3:4' ]
}

@test "id-mapped: idmap takes the maps of the container's user namespace; ridmap those below too" {
	src=$BATS_TEST_TMPDIR/src
	mkdir -p "$src/sub"
	: >"$src/f"
	chown 3:4 "$src/f"
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR"/../.. "$BUNDLE"
	config '.linux.namespaces += [{"type":"user"}]
		| .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}] | .linux.gidMappings = .linux.uidMappings
		| .mounts += [{"destination":"/mnt/i","type":"bind","source":$s,"options":["rbind","ridmap"]},
			{"destination":"/mnt/n","type":"bind","source":$s,"options":["bind"]}]' --arg s "$src"
	chown -R 100000:100000 "$BUNDLE/rootfs"
	script 'stat -c %u:%g /mnt/i/f /mnt/i/sub/g /mnt/n/f'
	run unshare -m sh -c 'mount -t tmpfs x "$1/sub" && touch "$1/sub/g" && chown 5:6 "$1/sub/g" && shift && exec "$@"' sh "$src" \
		"$OCIRT" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" = 0 ] || { [[ $output =~ [Ii]nvalid\ argument|id-mapped\ mounts\ need ]] && skip "the file system has no id-mapped mounts"; }
	[ "$output" = $'3:4\n5:6\n65534:65534' ]
}

@test "id-mapped: a tmpfs of the container's own" {
	config '.mounts += [{"destination":"/mnt/t","type":"tmpfs","source":"x","options":["mode=1777"],
		"uidMappings":[{"containerID":0,"hostID":500,"size":10}],"gidMappings":[{"containerID":0,"hostID":500,"size":10}]}]'
	script 'stat -c %u:%g /mnt/t'
	run run_container
	[ "$status" = 0 ] || { [[ $output =~ [Ii]nvalid\ argument|id-mapped\ mounts\ need ]] && skip "tmpfs has no id-mapped mounts before Linux 6.3"; }
	[ "$output" = 500:500 ]
}

@test "id-mapped: the process of a map ends where the runtime is killed before that is tied to it" {
	command -v cc >/dev/null || skip "no C compiler"
	cat >"$BATS_TEST_TMPDIR/late.c" <<-'END'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <signal.h>
		#include <stdio.h>
		#include <string.h>
		#include <linux/prctl.h>
		#include <unistd.h>

		int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
		{
			int (*real)(int, ...) = (int (*)(int, ...)) dlsym(RTLD_NEXT, "prctl");
			const pid_t parent = getppid();

			if (option == PR_SET_PDEATHSIG) {
				kill(parent, SIGKILL);
				while (getppid() == parent)
					usleep(1000);
			}
			return real(option, a, b, c, d);
		}

		/* The parent goes no further than to the maps of the process. */
		ssize_t write(int fd, const void *bytes, size_t count)
		{
			ssize_t (*real)(int, const void *, size_t) =
				(ssize_t (*)(int, const void *, size_t)) dlsym(RTLD_NEXT, "write");
			char link[32], path[128] = "";

			snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
			if (readlink(link, path, sizeof(path) - 1) > 0 && strstr(path, "id_map") != NULL)
				pause();
			return real(fd, bytes, count);
		}
	END
	cc -shared -fPIC -o "$BATS_TEST_TMPDIR/late.so" "$BATS_TEST_TMPDIR/late.c" -ldl
	config '.mounts += [{"destination":"/mnt/i","type":"bind","source":$s,"options":["bind"],
		"uidMappings":[{"containerID":0,"hostID":1000,"size":10}],"gidMappings":[{"containerID":0,"hostID":1000,"size":10}]}]' \
		--arg s "$BATS_TEST_TMPDIR"
	run env LD_PRELOAD="$BATS_TEST_TMPDIR/late.so" timeout -s KILL 60 "${RT[@]}" create -b "$BUNDLE" "$ID" </dev/null >/dev/null
	[ "$status" = 137 ]
	unlocked() { flock -n "$ROOT/$ID" true; }
	wait_for unlocked
	rt delete --force "$ID"
}

@test "id-mapped: maps of one kind only, idmap without maps" {
	src=$BATS_TEST_TMPDIR
	config '.mounts += [{"destination":"/mnt/i","type":"bind","source":$s,"options":["bind"],
		"uidMappings":[{"containerID":0,"hostID":1000,"size":10}]}]' --arg s "$src"
	run run_container
	[ "$status" = 1 ]
	one_line '/mounts/[0-9]+'
	config '.mounts |= .[:-1] + [{"destination":"/mnt/i","type":"bind","source":$s,"options":["bind","idmap"]}]' --arg s "$src"
	run run_container
	[ "$status" = 1 ]
	one_line '/mounts/[0-9]+'
}

@test "cgroup mounts: read-only or writable, with and without a cgroup namespace" {
	local ns mode base
	base=$(cat "$BUNDLE/config.json")
	for ns in with without; do
		for mode in ro rw rro; do
			echo "$base" >"$BUNDLE/config.json"
			config '.mounts |= map(select(.type != "cgroup" and .type != "cgroup2")) | .linux.namespaces |= map(select(.type != "cgroup"))'
			mount_on "{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup\",\"source\":\"cgroup\",\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"$mode\"]}"
			[ $ns = without ] || config '.linux.namespaces += [{"type":"cgroup"}]'
			script 'cat /proc/self/mountinfo; ls /sys/fs/cgroup; d=/sys/fs/cgroup; [ -d $d/pids ] && d=$d/pids; mkdir $d/new 2>&1 && { echo made; rmdir $d/new; }; cat $d/cgroup.procs'
			run run_container
			[ "$status" = 0 ] || { echo "$ns $mode: $output"; return 1; }
			expect /sys/fs/cgroup "^${mode/rro/ro},nosuid,nodev,noexec"
			# The container's own directory is what it sees: process 1 is in it.
			[[ $output =~ (^|$'\n')1($'\n'|$) ]]
			if [ $mode != rw ]; then
				[[ ! $output =~ $'\n'made ]]
			else
				says $'\nmade'
			fi
		done
	done
}

@test "--no-pivot" {
	script 'ls /; cat /proc/self/mountinfo | head -3'
	run run_container --no-pivot
	[ "$status" = 0 ]
	says 'bin'
}

@test "masked and read-only paths: links in the image lead nowhere else" {
	mkdir -p "$BATS_TEST_TMPDIR/decoy" "$BUNDLE/rootfs/d"
	echo decoy >"$BATS_TEST_TMPDIR/decoy/f"
	echo s >"$BUNDLE/rootfs/s"
	ln -s "$BATS_TEST_TMPDIR/decoy/f" "$BUNDLE/rootfs/out"
	ln -s s "$BUNDLE/rootfs/in"
	config '.linux.maskedPaths = ["/out", "/in", "/d"] | .linux.readonlyPaths = []'
	script 'cat /s; chmod 777 /s || echo refused; ls -A /d; stat -c "%F %a" /s; touch /d/x || echo refused'
	run run_container
	says 'refused'
	says 'character special file'
	[[ ! $output =~ $'\ns\n' ]]
	[ "$(cat "$BATS_TEST_TMPDIR/decoy/f")" = decoy ]
	[ "$(stat -c %a /dev/null)" = 666 ]
}

@test "no mount namespace: a chroot, and nothing is mounted" {
	config '.linux.namespaces |= map(select(.type != "mount")) | .mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths)'
	script 'ls -d /bin; readlink /proc/self/ns/mnt; echo end'
	run run_container
	[ "$status" = 0 ]
	says $'/bin\nend'
}

@test "no mount namespace in a sandbox that has a user namespace: still nothing is mounted" {
	unshare --user --map-root-user --mount true || skip "no user namespaces here"
	config '.linux.namespaces = [{type: "pid"}] | .mounts = [] | del(.hostname, .linux.cgroupsPath, .linux.resources, .linux.maskedPaths, .linux.readonlyPaths)'
	run unshare --user --map-root-user --mount bash -c 'wc -l </proc/self/mountinfo; "$@"; wc -l </proc/self/mountinfo' \
		bash "$OCIRT" --root "$ROOT" run -b "$BUNDLE" "$ID"
	[ "$status" = 0 ]
	[ "${lines[0]}" = "${lines[-1]}" ]
	says '/linux/devices /dev/null: mknod'
}

@test "no fd of a mount is left in the container" {
	src=$BATS_TEST_TMPDIR
	bind_on /mnt/a "$src" rbind ro
	mount_on '{"destination":"/mnt/t","type":"tmpfs","source":"x","options":["ro"]}'
	args sleep 100
	create_container
	pid=$(rt state "$ID" | jq .pid)
	run ls -l "/proc/$pid/fd"
	[[ ! $output =~ "$src/bundle" ]]
	[[ ! $output =~ -\>\ /$ ]]
	rt delete --force "$ID"
}

@test "cgroup2 without a cgroup namespace is the host's mount: a new one would change the host's options" {
	command -v strace >/dev/null || skip "strace is missing"
	config '.linux.namespaces |= map(select(.type != "cgroup")) | .mounts |= map(select(.type != "cgroup" and .type != "cgroup2"))
		+ [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "ro"]}]'
	script 'grep -c . /sys/fs/cgroup/cgroup.controllers >/dev/null; ls /sys/fs/cgroup/cgroup.procs; grep " /sys/fs/cgroup " /proc/self/mountinfo'
	run in_layout v2 strace -f -o "$BATS_TEST_TMPDIR/calls" -e trace=fsopen,mount,open_tree "$OCIRT" --root "$ROOT" run -b "$BUNDLE" "$ID"
	[ "$status" = 0 ]
	says 'ro,nosuid,nodev,noexec[^ ]* .*- cgroup2 '
	grep -q 'open_tree(' "$BATS_TEST_TMPDIR/calls"
	! grep -E 'fsopen\("cgroup2"|"cgroup2"' "$BATS_TEST_TMPDIR/calls"
}
