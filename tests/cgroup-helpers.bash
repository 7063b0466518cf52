# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
# What the tests of cgroups share. $CG is the container's path; the host's layout decides which file is
# meant. Where a controller is missing the test says so.

by_systemd() { [ "${OCIRT_MANAGER-}" = systemd ]; }
is_v2() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; }

# A cgroup2 of the test's own is not where systemd makes its units.
need_own_layout() { ! by_systemd || is_v2 || skip "systemd's units are in version 1 here"; }

# hierarchy CONTROLLER: where that v1 hierarchy is mounted. systemd leaves empty directories for those that
# the kernel does not have, and links for those that share one; a runtime may have written into the tmpfs itself.
hierarchy() {
	local d
	for d in /sys/fs/cgroup/*; do
		if [ -L "$d" ] || [ ! -e "$d/tasks" ]; then continue; fi
		case ,$(basename "$d"), in
		*",$1,"*)
			echo "$d"
			return
			;;
		esac
	done
	return 1
}

# cg_dir FILE: the container's directory in the hierarchy that has files of this name.
cg_dir() {
	if is_v2; then
		echo "/sys/fs/cgroup$CG"
		return
	fi
	echo "$(hierarchy "${1%%.*}")$CG"
}

# cg FILE: what the container's file holds.
cg() { cat "$(cg_dir "$1")/$1"; }

# need_file CONTROLLER V1-FILE V2-FILE: the controller is on this host, and a directory of it has that file.
need_file() {
	local d probe controller=$1
	if is_v2; then
		[ "$controller" != blkio ] || controller=io
		grep -qw "$controller" /sys/fs/cgroup/cgroup.controllers || skip "no v2 controller $controller here"
		echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control || skip "$controller cannot be handed down"
		probe=/sys/fs/cgroup/ocirt-test-$$-probe
		mkdir "$probe"
		[ -e "$probe/$3" ] || { rmdir "$probe"; skip "this kernel has no $3"; }
		rmdir "$probe"
		return
	fi
	d=$(hierarchy "$1") || skip "no v1 hierarchy with the controller $1 here"
	probe=$d/ocirt-test-$$-probe
	mkdir "$probe"
	[ -e "$probe/$2" ] || { rmdir "$probe"; skip "this kernel has no $2"; }
	rmdir "$probe"
}

# is_file V1-FILE V2-FILE VALUE [V2-VALUE]
is_file() {
	local file=$1 want=$3
	! is_v2 || { file=$2; want=${4-$3}; }
	[ "$(cg "$file")" = "$want" ] || { echo "$file: $(cg "$file"), wanted $want"; return 1; }
}

# device_line LINE: the v1 list has it.
device_line() { cg devices.list | grep -qxF "$1"; }

# in_cgroup COMMAND...: a process of the host in the container's cgroups.
in_cgroup() {
	(
		local d
		for d in /sys/fs/cgroup /sys/fs/cgroup/*; do
			[ ! -e "$d$CG/cgroup.procs" ] || echo "$BASHPID" >"$d$CG/cgroup.procs"
		done
		exec "$@"
	)
}

# in_layout v2 COMMAND...: where /sys/fs/cgroup is the cgroup2 alone, beside v1 in a mount namespace.
# in_layout CONTROLLER COMMAND...: where it has the v1 hierarchy of that controller, and devices: as it is, if it
# has, or in a mount namespace.
in_layout() {
	local layout=$1
	shift
	if [ "$layout" = v2 ] && is_v2; then # as it is; it cannot be mounted over itself
		"$@"
		return
	fi
	if [ "$layout" = v2 ]; then
		# There the runtime hands controllers down, which the host beside v1 does not: taken back.
		unshare -m --propagation private sh -c 'mount -t cgroup2 cgroup2 /sys/fs/cgroup || exit
			before=$(cat /sys/fs/cgroup/cgroup.subtree_control)
			"$@"
			status=$?
			for c in $(cat /sys/fs/cgroup/cgroup.subtree_control); do
				case " $before " in *" $c "*) ;; *) echo "-$c" >/sys/fs/cgroup/cgroup.subtree_control ;; esac
			done
			exit $status' sh "$@"
		return
	fi
	if hierarchy "${layout%%,*}" >/dev/null; then
		"$@"
		return
	fi
	unshare -m --propagation private sh -c 'c=$1; shift
		mount -t tmpfs tmpfs /sys/fs/cgroup && mkdir /sys/fs/cgroup/$c /sys/fs/cgroup/devices &&
		mount -t cgroup -o $c cgroup /sys/fs/cgroup/$c &&
		mount -t cgroup -o devices cgroup /sys/fs/cgroup/devices && exec "$@"' sh "$layout" "$@"
}

# need_layout CONTROLLER[,CONTROLLER]: in this kernel, whether it is mounted or not.
need_layout() {
	local c layout=$1
	! hierarchy "${layout%%,*}" >/dev/null || return 0
	for c in ${layout//,/ }; do
		! is_v2 || ! grep -qw "$c" /sys/fs/cgroup/cgroup.controllers || skip "the v1 hierarchy $c cannot be mounted: the cgroup2 has its controller"
		awk -v c="$c" '$1 == c && $4 == 1 { found = 1 } END { exit !found }' /proc/cgroups ||
			skip "this kernel has no v1 controller $c"
	done
	# Directories of a cgroup2 that are gone hold the controller a moment longer.
	mountable() { in_layout "$layout" true || release_controllers; }
	wait_for mountable 2>/dev/null || skip "the v1 hierarchy $layout cannot be mounted: its controller is in use"
}
# release_controllers: a hierarchy that was unmounted before the kernel was through with the directories that had been in it
# keeps its controllers, until it is mounted and unmounted again.
release_controllers() {
	local layout
	for layout in hugetlb net_cls net_prio net_cls,net_prio; do in_layout "$layout" true; done
	false
}

# within PERCENT VALUE WANTED
within() {
	awk -v p="$1" -v v="$2" -v w="$3" 'BEGIN { exit !(v >= w * (1 - p / 100) && v <= w * (1 + p / 100)) }' ||
		{ echo "$2 is not within $1 % of $3"; return 1; }
}

# some_disk: major:minor of a block device that requests go to: the bundle's, if it is on a whole one.
some_disk() {
	local d
	d=$(stat -c '%Hd:%Ld' "$BUNDLE")
	if [ -e "/sys/dev/block/$d/queue" ]; then
		echo "$d"
		return
	fi
	for d in /sys/block/*; do
		case $(basename "$d") in loop* | ram* | zram* | dm-*) continue ;; esac
		cat "$d/dev"
		return
	done
	skip "no disk here"
}

# host_view CONTROLLER: the container sees its directory of that hierarchy at /cg.
host_view() {
	config '.mounts |= map(select(.destination != "/sys/fs/cgroup")) + [{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["ro"]}]
		| .linux.namespaces |= map(select(.type != "cgroup")) + [{"type": "cgroup"}]'
	ln -s "/sys/fs/cgroup/$1" "$BUNDLE/rootfs/cg"
}
