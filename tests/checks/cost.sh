#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a start costs does not grow unnoticed: system calls of run, exec and delete (children included),
# and user instructions of parsing and planning, against the figures of cost.figures. Not times. Cgroups
# are left out, for their number is the machine's. OCIRT_COST=write writes the figures anew.
. "$(dirname "$0")/lib.bash"
program=$OCIRT_BUILD/ocirt
figures=tests/checks/cost.figures
[ -x "$program" ] || skip "no program in OCIRT_BUILD"
[ "$(id -u)" = 0 ] || skip "not root"
[ "$(uname -m)" = x86_64 ] || skip "the figures are x86_64's"
for tool in strace jq gcc; do command -v $tool >/dev/null || skip "no $tool"; done

tmp=$(mktemp -d)
id=ocirt-test-$$-cost
rt() { "$program" --root "$tmp/state" --cgroup-manager disabled "$@"; }
trap 'rt delete --force $id >/dev/null 2>&1; rm -rf "$tmp"' EXIT
mkdir -p "$tmp"/{rootfs/{proc,sys,dev,etc},state}
touch "$tmp"/{file,rootfs/etc/{resolv.conf,hostname,hosts}}
echo 'int main(void) { return 0; }' | gcc -static -x c -o "$tmp/rootfs/noop" - || skip "gcc links nothing static"
echo '#include <unistd.h>
int main(void) { for (;;) pause(); }' | gcc -static -x c -o "$tmp/rootfs/wait" -
# shellcheck disable=SC2016 # jq's
jq --arg d "$tmp" 'del(.hooks, .linux.cgroupsPath, .linux.resources)
	| .mounts |= map(select(.type != "cgroup"))
	| (.mounts[] | select(.type == "bind")).source = $d + "/file"
	| .root.path = $d + "/rootfs" | .process.args = ["/noop"]' tests/configs/docker-01.json >"$tmp/config.json"

count() { # NAME COMMAND...
	local name=$1
	shift
	# What our caller ignores is asked for, one call each.
	if env --default-signal strace -f -c -U calls,name -o "$tmp/count" "$@" </dev/null >"$tmp/out" 2>&1; then
		awk -v n="$name" '$2 == "total" { print n, $1 }' "$tmp/count" >>"$tmp/is"
	else
		fault "$name: $(tail -1 "$tmp/out")"
	fi
}
ocirt=("$program" --root "$tmp/state" --cgroup-manager disabled)
strace -o /dev/null true 2>/dev/null || skip "strace may not trace"
"${ocirt[@]}" run --bundle "$tmp" $id >"$tmp/out" 2>&1 </dev/null || skip "no container starts here: $(tail -1 "$tmp/out")"
count run-calls "${ocirt[@]}" run --bundle "$tmp" $id
jq '.process.args = ["/wait"]' "$tmp/config.json" >"$tmp/waiting.json"
rt run --detach --config "$tmp/waiting.json" --bundle "$tmp" $id </dev/null >/dev/null 2>&1 || fault "run --detach"
if rt exec $id /noop </dev/null >/dev/null 2>&1; then count exec-calls "${ocirt[@]}" exec $id /noop; fi
count state-calls "${ocirt[@]}" state $id
count kill-calls "${ocirt[@]}" kill $id KILL
for ((i = 0; i < 200; i++)); do
	[ "$(rt state $id | jq -r .status)" != stopped ] || break
	sleep 0.05
done
count delete-calls "${ocirt[@]}" delete $id
if command -v valgrind >/dev/null; then
	valgrind --tool=callgrind --callgrind-out-file="$tmp/callgrind" "$program" plan --bundle "$tmp" $id \
		>/dev/null 2>"$tmp/err" </dev/null
	sed -n 's/.*Collected : \([0-9]*\).*/plan-instructions \1/p' "$tmp/err" >>"$tmp/is"
else
	echo "no valgrind: instructions are not counted"
fi

if [ "${OCIRT_COST-}" = write ]; then
	cp "$tmp/is" $figures
	exit 0
fi
# A little is the C library's and the kernel's own.
while read -r name is; do
	due=$(awk -v n="$name" '$1 == n { print $2 }' $figures)
	if [ -z "$due" ]; then
		fault "$name is $is and has no figure in $figures"
	elif ((is > due + due / 25 + 4)); then
		fault "$name: $is, the figure is $due: take out what it does more, or raise the figure and say why"
	elif ((is < due - due / 10)); then
		echo "$name: $is, the figure is $due: lower the figure"
	fi
done <"$tmp/is"
done_check
