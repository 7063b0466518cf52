#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Each row of table.tsv is a mistake, or what looks like one and is none. Wanted: the status, one line that
# names the place, or none, and nothing left on the host. All rows are tried; those that fail are listed at the end.

# ROWS=REGEX takes some rows alone, SHOW=FILE keeps what each of them said.

load ../helpers

setup() { need_root; setup_bundle; host_before; }
teardown() { teardown_bundle; }

# The columns: name, kind, input, status, regex.
try_row() {
	local name=$1 kind=$2 input=$3 want=$4 regex=$5 words pidfile=$BATS_TEST_TMPDIR/pidfile left
	cp "$BATS_TEST_TMPDIR/good.json" "$BUNDLE/config.json"
	words=(create --bundle "$BUNDLE" --pid-file "$pidfile" "$ID")
	case $kind in
	patch) config "$input" ;;
	raw) printf '%s' "$input" >"$BUNDLE/config.json" ;;
	bytes) printf '%b' "$input" >"$BUNDLE/config.json" ;;
	gen) (eval "$input") <"$BATS_TEST_TMPDIR/good.json" >"$BUNDLE/config.json" ;;
	before) # a command that makes a bad surrounding, then an ordinary create
		(cd "$BATS_TEST_TMPDIR" && eval "$input") ;;
	cmd)
		input=${input//BUNDLE/$BUNDLE}
		eval "words=(${input//ID/$ID})"
		;;
	esac
	local s=0
	if [ "$kind" = sh ]; then # the whole call; in a shell of its own, with a bound
		export ROOT BUNDLE ID OCIRT BATS_TEST_TMPDIR
		timeout 120 bash -c "cd '$BATS_TEST_TMPDIR'; . '$BATS_TEST_DIRNAME/shell.bash'; $input" \
			</dev/null >"$BATS_TEST_TMPDIR/o" 2>"$BATS_TEST_TMPDIR/e" 3>&- || s=$?
	else
		timeout 120 "$OCIRT" --root "$ROOT" "${words[@]}" </dev/null >"$BATS_TEST_TMPDIR/o" 2>"$BATS_TEST_TMPDIR/e" 3>&- || s=$?
	fi
	left=$(ls -A "$ROOT" 2>/dev/null)$(cgroup_dirs)
	[ ! -e "$pidfile" ] || left+=" pid file"
	[ "$want" != 0 ] || left= # accepted: the container is there
	rt delete --force "$ID" >/dev/null 2>&1 || :
	rm -rf "$pidfile" "${ROOT:?}"/*
	[ "$s" = "$want" ] || echo "$name: status $s, wanted $want: $(head -c 300 "$BATS_TEST_TMPDIR/e")"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/e")" = $((${#regex} > 0)) ] || echo "$name: $(wc -l <"$BATS_TEST_TMPDIR/e") lines on stderr: $(head -c 300 "$BATS_TEST_TMPDIR/e")"
	[ -z "${SHOW-}" ] || printf '%s\t%s\n' "$name" "$(<"$BATS_TEST_TMPDIR/e")" >>"$SHOW"
	[ -z "$regex" ] || grep -Eq -- "$regex" "$BATS_TEST_TMPDIR/e" || echo "$name: wanted $regex, got: $(head -c 300 "$BATS_TEST_TMPDIR/e")"
	[ -z "$left" ] || echo "$name: left: $left"
}

@test "wrong inputs" {
	cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/good.json"
	rows=0
	while IFS= read -r line; do
		case $line in '#'* | '') continue ;; esac
		# A tab is white space to read, which would merge an empty column with its neighbour.
		IFS=$'\x1f' read -r name kind input want regex <<<"${line//$'\t'/$'\x1f'}"
		[[ $name =~ ${ROWS-} ]] || continue
		try_row "$name" "$kind" "$input" "$want" "$regex" >>"$BATS_TEST_TMPDIR/failed"
		rows=$((rows + 1))
	done <"$BATS_TEST_DIRNAME/table.tsv"
	echo "$rows rows"
	[ "${ROWS-}" ] || [ "$rows" -ge 310 ]
	cat "$BATS_TEST_TMPDIR/failed"
	[ ! -s "$BATS_TEST_TMPDIR/failed" ]
}
