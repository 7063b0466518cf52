#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The phrases in errors by which engines tell what happened: each is there where it is true, with the same text on
# standard error and as the one object of a JSON log, and none is there where it would lead an engine astray.

load ../helpers

setup() { need_root; setup_bundle; host_before; args sleep 1000; LOG=$BATS_TEST_TMPDIR/log; }
teardown() { teardown_bundle; }

ALL='container does not exist|container not running|container with given ID already exists|container still running|container paused|cannot exec in a paused container|executable file not found in \$PATH|no such file or directory|permission denied|operation not permitted|not a directory|no such process|process already finished|invalid process'

# phrase STATUS PHRASE [ALSO]: of the command words that follow on standard input, one a line. PHRASE and, where it
# is given, ALSO are all of the known phrases that the message has.
phrase() {
	local want=$1 words got status
	shift
	while read -r words; do
		# The name of the directory may have any letters in it.
		words=${words//ID/\$ID}
		words=${words//BUNDLE/\"\$BUNDLE\"}
		rm -f "$LOG"
		status=0
		eval "\"\$OCIRT\" --root \"\$ROOT\" --log \"\$LOG\" --log-format json $words" </dev/null \
			>"$BATS_TEST_TMPDIR/o" 2>"$BATS_TEST_TMPDIR/e" 3>&- || status=$?
		got=$(grep -oE "$ALL" "$BATS_TEST_TMPDIR/e" | sort -u)
		[ "$status" = "$want" ] && [ "$got" = "$(printf '%s\n' "$@" | sort -u)" ] &&
			[ "$(wc -l <"$BATS_TEST_TMPDIR/e")" = 1 ] && [ ! -s "$BATS_TEST_TMPDIR/o" ] &&
			[ "$(jq -s length "$LOG")" = 1 ] && [ "$(stat -c %a "$LOG")" = 644 ] &&
			jq -e --rawfile e "$BATS_TEST_TMPDIR/e" '.level == "error" and (.msg as $m | $e | contains($m))
				and (.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T"))' "$LOG" || {
			echo "$words: status $status, phrases: $got"
			cat "$BATS_TEST_TMPDIR/e" "$LOG"
			return 1
		}
	done
}

@test "phrases: a container that does not exist" {
	is_ocirt || skip "others log more than the error"
	phrase 1 'container does not exist' <<-'E'
		state ID
		start ID
		kill ID KILL
		delete ID
		ps ID
		pause ID
		resume ID
		update --memory 1 ID
		events --stats ID
	E
	phrase 255 'container does not exist' <<<'exec ID true'
}

@test "phrases: created, running, paused, stopped" {
	is_ocirt || skip "others log more than the error"
	create_container
	phrase 1 'container with given ID already exists' <<-'E'
		create --bundle BUNDLE ID
		run --bundle BUNDLE ID
	E
	rt start "$ID"
	phrase 1 'container with given ID already exists' <<<'create --bundle BUNDLE ID'
	phrase 255 'executable file not found in $PATH' <<<'exec ID nosuch'
	phrase 255 'no such file or directory' <<<'exec ID /no/such'
	phrase 255 'permission denied' <<-'E'
		exec ID /etc/passwd
		exec ID /bin
	E
	rt pause "$ID"
	phrase 255 'cannot exec in a paused container' 'container paused' <<<'exec ID true'
	rt resume "$ID"
	rt kill "$ID" KILL
	wait_for is_status stopped
	phrase 1 'container not running' <<-'E'
		kill ID TERM
		pause ID
		update --memory 100000000 ID
	E
	phrase 255 'container not running' <<<'exec ID true'
	rt delete "$ID"
}

@test "phrases: a program that cannot be started" {
	is_ocirt || skip "others log more than the error"
	args nosuch
	phrase 1 'executable file not found in $PATH' <<<'create --bundle BUNDLE ID'
	args ''
	phrase 1 'executable file not found in $PATH' <<<'create --bundle BUNDLE ID'
	args /no/such
	phrase 1 'no such file or directory' <<<'create --bundle BUNDLE ID'
	args /etc/passwd
	phrase 1 'permission denied' <<<'create --bundle BUNDLE ID'
	args /bin
	phrase 1 'permission denied' <<<'create --bundle BUNDLE ID'
	args /bin/sh
	config '.mounts += [{"destination":"/mnt","source":"/etc/passwd","options":["bind"]}]'
	phrase 1 'not a directory' <<<'create --bundle BUNDLE ID'
}

@test "phrases: what succeeds writes no log, and warnings do not go into it" {
	is_ocirt || skip "others log more than the error"
	config '.process.capabilities.bounding += ["CAP_NOSUCH"]'
	args true
	rt --log "$LOG" --log-format json run --bundle "$BUNDLE" "$ID" </dev/null
	[ ! -s "$LOG" ]
}

@test "a caller's umask of 0777 changes nothing of the container" {
	script 'umask; echo x >/tmp/f && stat -c %a /tmp/f; mkdir /tmp/d && stat -c %a /tmp/d /dev/null /dev/shm'
	run_container >"$BATS_TEST_TMPDIR/plain"
	rm -rf "$BUNDLE"/rootfs/tmp/*
	(umask 0777; cd "$BUNDLE" && rt run "$ID" </dev/null) >"$BATS_TEST_TMPDIR/masked"
	cat "$BATS_TEST_TMPDIR/plain"
	diff "$BATS_TEST_TMPDIR/plain" "$BATS_TEST_TMPDIR/masked"
	[ -s "$BATS_TEST_TMPDIR/plain" ]
}
