# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A whole machine with systemd, pure cgroup v2 and AppArmor under software emulation: how it is made and
# how it is booted. Sourced by tests/vm/run. (A /dev/kvm may be one that boots no kernel but those made for it.)

machine_packages=systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,linux-image-cloud-amd64,apparmor,procps,util-linux,kmod,iproute2,busybox-static,jq,bats,strace,uidmap,runc,crun,libsystemd0,python3,criu,iptables
machine_suite=trixie
# Newer ones have neither memory nor cpuset for cgroup version 1: the legacy hierarchies are those of this suite's kernel.
machine_legacy=bookworm
machine_version() { { declare -f machine_build; echo "$machine_suite $machine_legacy $machine_packages"; } | sha256sum | cut -c1-16; }

# The reason why no machine can be had here, or nothing.
machine_missing() {
	local p
	for p in qemu-system-x86_64 mke2fs; do
		command -v "$p" >/dev/null || { echo "$p is missing"; return; }
	done
	[ "$(uname -m)" = x86_64 ] || echo "the emulated machine is an x86_64"
}

# machine_build DIR: makes DIR/{disk.img,vmlinuz,initrd,legacy/vmlinuz,legacy/initrd}. Some two minutes and 2 GB, and
# the network.
machine_build() (
	set -eu
	dir=$1
	command -v mmdebstrap >/dev/null || { echo "mmdebstrap is missing" >&2; exit 1; }
	rm -rf --one-file-system "$dir.new"
	mkdir -p "$dir.new/legacy"
	root=$dir.new/root
	# shellcheck disable=SC2016 # mmdebstrap's $1
	mmdebstrap --quiet --variant=minbase --include="$machine_packages" --aptopt='Acquire::Retries "3"' \
		--customize-hook='mkdir "$1/boot/new" && mv "$1"/boot/vmlinuz-* "$1"/boot/initrd.img-* "$1/boot/new"' \
		--customize-hook='sed "s/ '"$machine_suite"' / '"$machine_legacy"' /" "$1/etc/apt/sources.list" >"$1/etc/apt/sources.list.d/legacy.list"' \
		--customize-hook='chroot "$1" apt-get -q update' \
		--customize-hook='chroot "$1" apt-get -q install -y --no-install-recommends --allow-downgrades linux-image-cloud-amd64/'"$machine_legacy" \
		"$machine_suite" "$root" >&2
	cp "$root"/boot/new/vmlinuz-* "$dir.new/vmlinuz"
	cp "$root"/boot/new/initrd.img-* "$dir.new/initrd"
	cp "$root"/boot/vmlinuz-* "$dir.new/legacy/vmlinuz"
	cp "$root"/boot/initrd.img-* "$dir.new/legacy/initrd"
	# The tests come on a second disk, and say by the console what they found.
	cat >"$root/etc/systemd/system/tests.service" <<-'UNIT'
		[Unit]
		After=dbus.service systemd-logind.service
		[Service]
		Type=oneshot
		Environment=HOME=/root TERM=dumb
		StandardOutput=tty
		StandardError=tty
		TTYPath=/dev/ttyS0
		ExecStart=/bin/bash /etc/tests.sh
		ExecStopPost=/usr/bin/systemctl --no-block poweroff -f
		[Install]
		WantedBy=multi-user.target
	UNIT
	cat >"$root/etc/tests.sh" <<-'SCRIPT'
		mkdir -p /host && mount -o ro /dev/vdb /host
		echo; echo VM-BEGIN
		bash /host/inside
		s=$?
		echo; echo VM-END $s
	SCRIPT
	mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
	ln -sf /etc/systemd/system/tests.service "$root/etc/systemd/system/multi-user.target.wants/"
	for unit in serial-getty@ttyS0.service getty@tty1.service apt-daily.timer apt-daily-upgrade.timer \
		fstrim.timer e2scrub_all.timer e2scrub_reap.service dpkg-db-backup.timer man-db.timer; do
		ln -sf /dev/null "$root/etc/systemd/system/$unit"
	done
	# A user whose services may use cgroups, with ids to map.
	echo 'tester:x:1000:1000::/var/lib/tester:/bin/bash' >>"$root/etc/passwd"
	echo 'tester:x:1000:' >>"$root/etc/group"
	echo 'tester:*:20000:0:99999:7:::' >>"$root/etc/shadow"
	echo 'tester:100000:65536' | tee "$root/etc/subuid" >"$root/etc/subgid"
	mkdir -p "$root/var/lib/tester" "$root/var/lib/systemd/linger"
	chown 1000:1000 "$root/var/lib/tester"
	: >"$root/var/lib/systemd/linger/tester"
	mkdir -p "$root/etc/systemd/system/user@.service.d"
	printf '[Service]\nDelegate=cpu cpuset io memory pids\n' \
		>"$root/etc/systemd/system/user@.service.d/delegate.conf"
	truncate -s 4G "$dir.new/disk.img"
	mke2fs -q -t ext4 -O ^has_journal -d "$root" "$dir.new/disk.img"
	rm -rf --one-file-system "$root"
	rm -rf --one-file-system "$dir"
	mv "$dir.new" "$dir"
)

# machine_boot DIR LAYOUT SHARE SECONDS [KERNEL-PARAMETER...]: boots a throw-away copy of the disk, with cgroup v2 alone
# or with the legacy hierarchies (v1), runs SHARE/inside in it as root and prints what that prints, as it comes.
# Returns its status; 124: out of time; 125: no machine came up, or it ended by itself.
machine_boot() {
	local dir=$1 kernel=$1 layout=$2 share=$3 limit=$4 tmp rc=0
	shift 4
	if [ "$layout" = v1 ]; then
		kernel=$dir/legacy
		set -- systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 cgroup_enable=memory "$@"
	fi
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/vm.XXXXXX")
	truncate -s 64M "$tmp/share.img"
	mke2fs -q -t ext4 -O ^has_journal -d "$share" "$tmp/share.img" || { rm -rf "$tmp"; return 125; }
	timeout "$limit" qemu-system-x86_64 -accel tcg,thread=multi -cpu max,-la57 -smp 2 -m 2048 -nographic -no-reboot \
		-nic none -kernel "$kernel/vmlinuz" -initrd "$kernel/initrd" \
		-drive file="$dir/disk.img",if=virtio,format=raw,snapshot=on \
		-drive file="$tmp/share.img",if=virtio,format=raw,readonly=on \
		-append "console=ttyS0 root=/dev/vda rw panic=-1 mitigations=off quiet loglevel=0 systemd.show_status=0 audit=0 $*" \
		</dev/null 2>&1 | sed -u 's/\r//g' | tee "$tmp/out" | sed -un '/^VM-BEGIN$/,/^VM-END/{/^VM-/!p}'
	rc=${PIPESTATUS[0]}
	if [ "$rc" != 124 ]; then
		rc=$(sed -n 's/^VM-END \([0-9]*\)$/\1/p' "$tmp/out" | tail -n 1)
		[ -n "$rc" ] || tail -n 5 "$tmp/out" >&2
	fi
	rm -rf "$tmp"
	return "${rc:-125}"
}
