# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the tests of cgroups share. $CG is the container's path; the host's layout decides which file is
# meant. Where a controller is missing the test says so.

is_v2() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; }

# cg_dir FILE: the container's directory in the hierarchy that has files of this name.
cg_dir() {
	if is_v2; then
		echo "/sys/fs/cgroup$CG"
		return
	fi
	local d
	for d in /sys/fs/cgroup/*; do
		case ,$(basename "$d"), in *",${1%%.*},"*) echo "$d$CG" ;; esac
	done
}

# cg FILE: what the container's file holds.
cg() { cat "$(cg_dir "$1")/$1"; }

# need_file CONTROLLER V1-FILE V2-FILE: the controller is on this host, and a directory of it has that file.
need_file() {
	local d probe
	if is_v2; then
		grep -qw "$1" /sys/fs/cgroup/cgroup.controllers || skip "no v2 controller $1 here"
		return
	fi
	for d in /sys/fs/cgroup/*; do
		case ,$(basename "$d"), in
		*",$1,"*)
			probe=$d/ocirt-test-$$-probe
			mkdir "$probe"
			[ -e "$probe/$2" ] || { rmdir "$probe"; skip "this kernel has no $2"; }
			rmdir "$probe"
			return
			;;
		esac
	done
	skip "no v1 hierarchy with the controller $1 here"
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
