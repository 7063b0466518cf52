# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What exec does for root and for an ordinary user alike, into the container $ID, which runs.

gone() { rt delete --force "$ID"; }

# pidfd_is_sent: --pidfd-socket gets the pidfd of the process, and the word for what it is
pidfd_is_sent() {
	local p
	cat >"$BATS_TEST_TMPDIR/recv.py" <<'PY'
import array, socket, sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(1); s.settimeout(120)
c, _ = s.accept()
text, anc, _, _ = c.recvmsg(4096, socket.CMSG_SPACE(4))
fd = array.array('i', anc[0][2])[0]
print(text.decode(), [l.split()[1] for l in open(f"/proc/self/fdinfo/{fd}") if l.startswith("Pid")][0])
PY
	python3 "$BATS_TEST_TMPDIR/recv.py" "$BATS_TEST_TMPDIR/sock" >"$BATS_TEST_TMPDIR/got" &
	p=$!
	wait_for listens "$BATS_TEST_TMPDIR/sock"
	rt exec -d --pidfd-socket "$BATS_TEST_TMPDIR/sock" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 100 </dev/null >/dev/null 2>&1
	wait $p
	[ "$(cat "$BATS_TEST_TMPDIR/got")" = "setns $(cat "$BATS_TEST_TMPDIR/pid")" ]
}
# labels_are_refused: those of the modules that this host has not
labels_are_refused() {
	if [ ! -e /sys/module/apparmor/parameters/enabled ]; then
		run rt exec --apparmor some-profile "$ID" true
		[ "$status" = 255 ]
		one_line AppArmor
	fi
	if [ ! -d /sys/fs/selinux ]; then
		run rt exec --process-label system_u:system_r:x:s0 "$ID" true
		[ "$status" = 255 ]
		one_line SELinux
	fi
}
