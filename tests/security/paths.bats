#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Paths that the image chooses, before the container has a root of its own.

load frame

# ---- /dev -----------------------------------------------------------------------------------------------

# Seen: runc 1.1.5 and crun 1.8.1 put their nodes and links into the directory.
@test "CVE-2026-47766, CVE-2026-41579: /dev of the image is a link out" {
	echo marker >"$DECOY/ptmx"
	ln -s /nowhere "$DECOY/stdin"
	host_before
	no_dev
	local target
	for target in "$DECOY" ../../decoy; do
		rm -rf "$BUNDLE/rootfs/dev"
		ln -s "$target" "$BUNDLE/rootfs/dev"
		in_every_way anything
	done
	# The nodes of a user namespace are binds.
	user_namespace
	in_every_way anything
}

# weaken: resolve-on-the-host
@test "CVE-2026-41579: the parents of the cgroup hierarchies are links" {
	config '.mounts |= map(select(.destination != "/sys")) | .mounts += [{"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["ro"]}]'
	mkdir -p "$BUNDLE/rootfs/sys/fs"
	ln -s "$DECOY" "$BUNDLE/rootfs/sys/fs/cgroup"
	in_every_way anything
	rm -r "$BUNDLE/rootfs/sys/fs"
	ln -s "$DECOY" "$BUNDLE/rootfs/sys/fs"
	in_every_way anything
}

# Seen: crun 1.8.1.
@test "CVE-2026-88264: /dev/console of the image is a dangling link, with a terminal" {
	no_dev
	config '.process.terminal = true | .mounts += [{"destination":"/dev/pts","type":"devpts","source":"devpts","options":["newinstance","ptmxmode=0666","mode=0620"]}]'
	ln -s "$DECOY/made" "$BUNDLE/rootfs/dev/console"
	CONSOLE=yes
	in_every_way anything
	config '.root.readonly = true'
	in_every_way anything
}

# Seen: runc 1.1.5 writes into the file, crun 1.8.1 changes its owner as well.
@test "CVE-2026-88265: /dev/null of the image is a link to a file that was mounted" {
	no_dev
	config '.process.user = {"uid":1000,"gid":1000} | .mounts += [{"destination":"/mnt/v","type":"bind","source":$f,"options":["bind"]}]' \
		--arg f "$DECOY/file"
	ln -s /mnt/v "$BUNDLE/rootfs/dev/null"
	script 'echo written; echo more >&2'
	in_every_way anything
	# A /dev that is bound is left as it is: there the name is looked at for the streams alone.
	mkdir "$BATS_TEST_TMPDIR/dev"
	ln -s /mnt/v "$BATS_TEST_TMPDIR/dev/null"
	config '.mounts = [.mounts[] | select(.destination != "/mnt/v")]
		+ [{"destination":"/dev","type":"bind","source":$d,"options":["bind"]}, {"destination":"/mnt/v","type":"bind","source":$f,"options":["bind"]}]' \
		--arg f "$DECOY/file" --arg d "$BATS_TEST_TMPDIR/dev"
	wrote() { says written; }
	in_every_way wrote
}

# weaken: null-unverified (it hangs at the FIFO, and takes another device for the streams)
@test "CVE-2026-88265: /dev/null is a FIFO, a directory, a socket, another device, or missing" {
	mkdir "$BATS_TEST_TMPDIR/dev"
	config '.mounts = [.mounts[] | select(.destination | startswith("/dev") | not)] + [{"destination":"/dev","type":"bind","source":$d,"options":["bind"]}]' \
		--arg d "$BATS_TEST_TMPDIR/dev"
	cat >"$BATS_TEST_TMPDIR/socket.py" <<-'PY'
		import socket, sys
		socket.socket(socket.AF_UNIX).bind(sys.argv[1])
	PY
	script 'stat -L -c "streams %t:%T" /proc/self/fd/0; echo written'
	local null=$BATS_TEST_TMPDIR/dev/null kind
	fine() {
		says written
		[ "$WAY" = pipes ] || says 'streams 1:3'
	}
	for kind in FIFO directory socket zero missing; do
		rm -rf "$null"
		case $kind in
		FIFO) mkfifo "$null" ;;
		directory) mkdir "$null" ;;
		socket) (cd "${null%/*}" && python3 "$BATS_TEST_TMPDIR/socket.py" null) || continue ;;
		zero) mknod "$null" c 1 5 ;;
		esac
		in_every_way fine
	done
	# Where the nodes are made here the name that is taken is an error.
	no_dev
	mkfifo "$BUNDLE/rootfs/dev/null"
	in_the_way() { refused '/dev/null is there already and is something else'; }
	in_every_way in_the_way
}

# ---- /proc and /sys ---------------------------------------------------------------------------------------

# weaken: deferred-by-proc-path
@test "CVE-2026-115521: a /proc/self/fd of the image's does not misdirect what is put off" {
	mkdir -p "$BUNDLE"/rootfs/proc/{self,thread-self}/fd "$BUNDLE/rootfs/mnt/ro"
	local i
	for i in $(seq 0 63); do
		ln -s /mnt/x "$BUNDLE/rootfs/proc/self/fd/$i"
		ln -s /mnt/x "$BUNDLE/rootfs/proc/thread-self/fd/$i"
	done
	config '.mounts |= map(select(.destination != "/proc")) | .root.readonly = true | del(.linux.maskedPaths, .linux.readonlyPaths)'
	config '.mounts += [{"destination":"/mnt/x","type":"tmpfs","source":"x"}, {"destination":"/mnt/ro","type":"tmpfs","source":"x","options":["ro"]}]'
	script 'touch /w; touch /mnt/ro/w; touch /mnt/x/w && echo written'
	created() { grep -qE '^([^ ]+ ){4}/ ro' "/proc/$1/mountinfo"; }
	sealed() {
		says '/w: Read-only file system'
		says '/mnt/ro/w: Read-only file system'
		says written
		[ ! -e "$BUNDLE/rootfs/w" ]
	}
	in_every_way sealed
}

# weaken: proc-may-be-link
@test "CVE-2025-54867, CVE-2019-19921, CVE-2023-27561, CVE-2023-28642: /proc or /sys of the image is a link" {
	local d
	for d in proc sys; do
		rmdir "$BUNDLE/rootfs/$d"
		mkdir -p "$BUNDLE/rootfs/p2/self/attr"
		ln -s /p2 "$BUNDLE/rootfs/$d"
		named() { refused "/$d must be a directory, not a symbolic link"; }
		in_every_way named
		rm -r "$BUNDLE/rootfs/$d" "$BUNDLE/rootfs/p2"
		mkdir "$BUNDLE/rootfs/$d"
	done
}

# ---- mounts, devices, masks and the working directory -----------------------------------------------------

# Each is tried on the same root file system again and again: the first may have planted something.
# weaken: resolve-on-the-host
@test "CVE-2019-18837, CVE-2015-3627, CVE-2015-3629, CVE-2015-1335: destinations through links of the image" {
	ln -s "$DECOY" "$BUNDLE/rootfs/lnk"
	ln -s "$DECOY/made" "$BUNDLE/rootfs/dangling"
	ln -s ../../../../../../../../../.. "$BUNDLE/rootfs/up"
	ln -s up "$BUNDLE/rootfs/again"
	: >"$BATS_TEST_TMPDIR/f"
	local base what
	base=$(<"$BUNDLE/config.json")
	while read -r what; do
		printf '%s\n' "$base" >"$BUNDLE/config.json"
		config "$what" --arg f "$BATS_TEST_TMPDIR/f" --arg d "$DECOY"
		in_every_way anything
	done <<-'END'
		.mounts += [{"destination":"/lnk/newdir","type":"tmpfs","source":"x"}]
		.mounts += [{"destination":"/lnk","type":"tmpfs","source":"x"}]
		.mounts += [{"destination":"/dangling","source":$f,"options":["bind"]}]
		.mounts += [{"destination":"/lnk/f","source":$f,"options":["bind","ro"]}]
		.mounts += [{"destination":("/again" + $d + "/deep"),"type":"tmpfs","source":"x"}]
		.mounts += [{"destination":"/lnk","source":"/etc","options":["rbind"]}, {"destination":"/lnk/../x","source":$f,"options":["bind"]}]
		.linux.devices = [{"path":"/lnk/n","type":"c","major":1,"minor":3}]
		.linux.devices = [{"path":"/dangling","type":"p"}]
		.process.cwd = "/lnk/cwd"
		.linux.maskedPaths = ["/lnk", "/lnk/file", "/dangling"] | .linux.readonlyPaths = ["/lnk", "/lnk/file"]
	END
}

# weaken: no-limit-of-links
@test "CVE-2019-18837: chains of links, loops, and targets as long as can be" {
	local i long
	for i in $(seq 1 50); do ln -s "c$((i + 1))" "$BUNDLE/rootfs/c$i"; done
	ln -s "$DECOY" "$BUNDLE/rootfs/c51"
	ln -s loop "$BUNDLE/rootfs/loop"
	# Twice such a target is more than a path can hold.
	long=$(printf '/%.0s' $(seq 1 4090))
	ln -s "${long}c51" "$BUNDLE/rootfs/long"
	ln -s "${long}long" "$BUNDLE/rootfs/longer"
	ln -s "$(printf 'a/../%.0s' $(seq 1 800))long" "$BUNDLE/rootfs/winding"
	mkdir "$BUNDLE/rootfs/a"
	local path
	for path in c1 loop; do
		config '.mounts = [.mounts[] | select(.type != "tmpfs" or .destination == "/dev")] + [{"destination":$p,"type":"tmpfs","source":"x"}]' --arg p "/$path/x"
		too_many() { refused 'too many levels of symbolic links'; }
		in_every_way too_many
	done
	for path in long longer winding; do
		config '.mounts = [.mounts[] | select(.type != "tmpfs" or .destination == "/dev")] + [{"destination":$p,"type":"tmpfs","source":"x"}]' --arg p "/$path/x"
		in_every_way anything
	done
}

# ---- what is the runtime's own ----------------------------------------------------------------------------

# weaken: file-of-our-own
@test "CVE-2025-24965: nothing of the runtime's own is written into a root file system" {
	ln -s "$DECOY/made" "$BUNDLE/rootfs/.krun_config.json"
	ln -s "$DECOY/made" "$BUNDLE/rootfs/.ocirt"
	(cd "$BUNDLE/rootfs" && find . -printf '%p %y %m %U:%G %l\n' | sort) >"$BATS_TEST_TMPDIR/before"
	same() {
		[ "$status" = 0 ]
		(cd "$BUNDLE/rootfs" && find . -printf '%p %y %m %U:%G %l\n' | sort) | diff "$BATS_TEST_TMPDIR/before" -
	}
	in_every_way same
}

# weaken: helper-by-name
@test "CVE-2026-84042: programs of the host are run by their whole path, none that the container offers" {
	trace execve,execveat run create start delete
	local name
	for name in newuidmap newgidmap criu hook true; do
		printf '#!/bin/sh\necho reached >%s/made\n' "$DECOY" >"$BATS_TEST_TMPDIR/evil"
		chmod +x "$BATS_TEST_TMPDIR/evil"
		cp "$BATS_TEST_TMPDIR/evil" "$BUNDLE/$name"
		[ "$name" = true ] || cp "$BATS_TEST_TMPDIR/evil" "$BUNDLE/rootfs/bin/$name"
	done
	user_namespace
	config '.process.env = ["PATH=" + $p] | .hooks = {"createRuntime":[{"path":"/bin/true"}],"poststop":[{"path":"/bin/true"}]}' \
		--arg p "$BUNDLE:/bin"
	whole_paths() {
		wait_for no_processes_left # who writes the file
		sed -nE 's/.*execve\("([^"]*)".*/\1/p' "$TRACE" | sort -u >"$BATS_TEST_TMPDIR/programs"
		cat "$BATS_TEST_TMPDIR/programs"
		[ "$(grep -vFx -e "$OCIRT" -e "$DENY" "$BATS_TEST_TMPDIR/programs")" = /bin/true ]
	}
	in_every_way whole_paths untraced
	VERBS=
	config '.hooks = {"createRuntime":[{"path":"hook"}]}'
	relative() { refused '/hooks/createRuntime/0/path'; }
	in_every_way relative
}

# Somebody else may write where root's pid file and log lie, and beside its bundle. weaken: pid-file-follows
@test "CVE-2026-1386: names that root writes to are links already" {
	local dir=$BATS_TEST_TMPDIR/theirs
	mkdir -m 777 "$dir"
	chown 65534 "$dir"
	plant() {
		rm -rf "$dir"/*
		ln -s "$DECOY/file" "$dir/pid"
		ln -s "$DECOY/made" "$dir/made"
	}
	OPTIONS=(--pid-file "$dir/pid")
	in_every_way anything plant
	OPTIONS=(--pid-file "$dir/made")
	in_every_way anything plant
	# A state directory that others may write to is none.
	mkdir -m 777 "$BATS_TEST_TMPDIR/open"
	run "$OCIRT" --root "$BATS_TEST_TMPDIR/open" run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" = 1 ]
	one_line "$BATS_TEST_TMPDIR/open"
	ln -s "$DECOY" "$BATS_TEST_TMPDIR/linked"
	run "$OCIRT" --root "$BATS_TEST_TMPDIR/linked" run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$status" = 1 ]
}

# weaken: config-of-the-image
@test "CVE-2026-40226: nothing is read from the image, and of the bundle config.json alone" {
	trace open,openat,openat2,execve run create start delete
	# HOME is given, or /etc/passwd of the image would be asked for it.
	config '.process.env += ["HOME=/"]'
	# What was opened to be read, and is no place to go on from. Without openat2 a path is walked: its last name alone.
	configuration_alone() {
		wait_for no_processes_left # who writes the file
		grep -E 'O_RDONLY|O_RDWR' "$TRACE" | grep -vE 'O_PATH|O_DIRECTORY|ENOENT' |
			sed -nE 's/.*open(at2?)?\([^"]*"([^"]*)".*/\2/p' | sort -u >"$BATS_TEST_TMPDIR/read"
		cat "$BATS_TEST_TMPDIR/read"
		grep -q config.json "$BATS_TEST_TMPDIR/read"
		run ! grep -vE '^/(proc|sys|usr/lib|lib|etc/ld.so)|^(self|thread-self|sys|[0-9]+)/|^config.json$|/config.json$|^state|^/dev/null$|^cgroup\.|^[a-z]+\.[a-z_.]+$|/(cgroup\.procs|tasks)$|^\.$|^[0-9]+$|^(boot_id|cgroup|null|setgroups|stat|status|[ug]id_map)$' "$BATS_TEST_TMPDIR/read"
	}
	in_every_way configuration_alone untraced
}
