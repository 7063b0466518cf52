# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# lib.bash - what podman, docker and containerd beside it share.  Source it; then
#
#   rig_enter "$@"       re-run the calling script as root in its own pid, mount,
#                        net, ipc, uts and cgroup namespaces and return inside
#   step NAME CMD...     run CMD, print "ok NAME" or "not ok NAME: reason"
#   skip NAME REASON     print "# skip NAME: reason"; counts as neither
#   rig_done             check that no other runtime was called, print "N passed,
#                        N failed", exit status 1 if any failed
#
# What the isolation gives (nothing outside is changed, nothing has to be killed
# by name):
#   - a pid namespace: all that was started dies with the script
#   - a net namespace with only lo: bridges, NAT rules and ports stay inside
#   - a mount namespace: /run and /dev/shm are empty, /etc, /var and /opt are overlays
#     (users, subuid and CNI files can be written), storage lives under $RIG_DIR,
#     which is removed in the end
#   - one new cgroup per hierarchy, below the caller's own, which is the root of
#     a cgroup namespace and is removed in the end
#
# Environment:
#   RUNTIME      low-level runtime under test (path or name; required)
#   RIG_CGROUP   what the engines see in /sys/fs/cgroup:
#                  keep  the machine's own layout (v1, hybrid or v2)   [default]
#                  v1    v1 only (a hybrid machine without "unified")
#                  v2    cgroup2 only (on a v1 machine: without controllers)
#   RIG_MACHINE=1  this machine is a throw-away one with systemd: no namespaces are made, the
#                engines let systemd make the cgroups, the ordinary user gets a manager of its own
#   RIG_BASE     where $RIG_DIR is made [/tmp]
#   RIG_KEEP=1   keep $RIG_DIR and the log of every step
#   RIG_ONLY=RE  run only the steps whose name matches this regular expression
#   RIG_TIMEOUT  seconds one engine command may take, and what is waited for [120]
#   RIG_STEP     seconds one step may take [five times that]; then it is ended and said to hang
#   RIG_VERBOSE=1  print the output of failed steps on stderr

RIG_TIMEOUT=${RIG_TIMEOUT:-120}
RIG_STEP=${RIG_STEP:-$((RIG_TIMEOUT * 5))}
RIG_CGROUP=${RIG_CGROUP:-keep}
rig_passed=0 rig_failed=0 rig_skipped=0 rig_child=''

rig_die() { echo "$(basename "$0"): $*" >&2; exit 2; }

# --- isolation -----------------------------------------------------------------

# Prints "dir|options" for each cgroup hierarchy mounted here: this process's own
# directory in it, and the mount options that name it ("cgroup2" for v2).
rig_hierarchies() {
  local point root type opts ctrl path line
  while read -r line; do
    read -r _ _ _ root point _ <<<"${line%% - *}"
    read -r type _ opts <<<"${line##* - }"
    opts=$(tr , '\n' <<<"$opts" | grep -vxE 'rw|ro|relatime|clone_children|xattr|nsdelegate|memory_.*|release_agent=.*' | paste -sd, || true)
    case $type in
      cgroup2) ctrl=''; opts=cgroup2 ;;
      cgroup)  ctrl=$opts ;;
      *) continue ;;
    esac
    path=$(awk -F: -v c="$ctrl" '$2 == c { sub(/^[^:]*:[^:]*:/, ""); print; exit }' /proc/self/cgroup)
    [ "$root" = / ] || path=${path#"$root"}
    echo "$point${path%/}|$opts"
  done < <(grep ' - cgroup2\? ' /proc/self/mountinfo | awk '!seen[$3]++')
}

rig_enter() {
  if [ -n "${RIG_INSIDE:-}" ]; then rig_setup_inside; return 0; fi
  [ "$(id -u)" = 0 ] || rig_die "must run as root"
  [ -n "${RUNTIME:-}" ] || rig_die "set RUNTIME=/path/to/runtime"
  RUNTIME=$(command -v -- "$RUNTIME") || rig_die "RUNTIME not found"
  RUNTIME=$(realpath "$RUNTIME")
  RIG_DIR=$(mktemp -d "${RIG_BASE:-/tmp}/rig.XXXXXX")
  chmod 755 "$RIG_DIR"
  export RUNTIME RIG_DIR RIG_TIMEOUT RIG_CGROUP
  if [ -n "${RIG_MACHINE:-}" ]; then
    hostname rig
    rig_prepare
    return 0
  fi

  local dir opts
  rig_hierarchies >"$RIG_DIR/hierarchies"
  while IFS='|' read -r dir opts; do
    mkdir "$dir/${RIG_DIR##*/}"
    if [ -e "$dir/${RIG_DIR##*/}/cpuset.cpus" ] && [ "$opts" != cgroup2 ]; then
      cat "$dir/cpuset.effective_cpus" >"$dir/${RIG_DIR##*/}/cpuset.cpus"
      cat "$dir/cpuset.effective_mems" >"$dir/${RIG_DIR##*/}/cpuset.mems"
    fi
  done <"$RIG_DIR/hierarchies"

  # A child joins the new cgroups and becomes the namespaces' first process.
  local rc=0
  trap 'rig_cleanup' EXIT
  trap 'exit 130' INT TERM HUP
  (
    while IFS='|' read -r dir _; do
      echo "$BASHPID" >"$dir/${RIG_DIR##*/}/cgroup.procs"
    done <"$RIG_DIR/hierarchies"
    export RIG_INSIDE=1
    exec unshare --mount --net --ipc --uts --cgroup --pid --fork --kill-child --mount-proc \
      bash "$(realpath "$0")" "$@"
  ) &
  rig_child=$!
  # v2 allows no processes beside child cgroups: once the child has made its root
  # cgroup (see rig_setup_inside), its parent, unshare, must leave that
  until [ -e "$RIG_DIR/inside" ] || ! kill -0 "$rig_child" 2>/dev/null; do sleep 0.02; done
  while IFS='|' read -r dir opts; do
    if [ "$opts" = cgroup2 ] && mkdir "$dir/${RIG_DIR##*/}/outside" 2>/dev/null; then
      echo "$rig_child" >"$dir/${RIG_DIR##*/}/outside/cgroup.procs" 2>/dev/null || true
    fi
  done <"$RIG_DIR/hierarchies"
  wait "$rig_child" || rc=$?
  exit "$rc"
}

rig_cleanup() {
  local dir i
  # killing unshare kills the pid namespace's first process and with it all others
  if [ -n "$rig_child" ]; then
    kill -KILL "$rig_child" 2>/dev/null || true
    wait "$rig_child" 2>/dev/null || true
  fi
  [ -s "$RIG_DIR/hierarchies" ] && while IFS='|' read -r dir _; do
    # the last exiting processes may need a moment to leave the cgroups
    for ((i = 0; i < 600; i++)); do
      [ -d "$dir/${RIG_DIR##*/}" ] || break
      find "$dir/${RIG_DIR##*/}" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1
    done
    [ ! -d "$dir/${RIG_DIR##*/}" ] || echo "left behind: $dir/${RIG_DIR##*/}" >&2
  done <"$RIG_DIR/hierarchies"
  # conmon's console sockets, which it leaves behind in /tmp when a runtime fails to
  # connect: only old ones of this run's time (a live one is gone in no time)
  find /tmp -maxdepth 1 -type s -name 'conmon-term.*' -newer "$RIG_DIR/hierarchies" \
    ! -newermt '5 seconds ago' -delete 2>/dev/null || true
  [ -n "${RIG_KEEP:-}" ] && { echo "kept: $RIG_DIR" >&2; return; }
  rm -rf --one-file-system "$RIG_DIR"
}

rig_root_empty() { ! grep -q . /sys/fs/cgroup/cgroup.procs; }

rig_setup_inside() {
  unset RIG_INSIDE
  touch "$RIG_DIR/inside"
  mount --make-rprivate /
  hostname rig
  ip link set lo up
  # a /sys of the new net namespace; it also shows only this script's cgroups
  mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
  local dir opts c all
  if [ "$RIG_CGROUP" = v2 ] || ! grep -qv '|cgroup2$' "$RIG_DIR/hierarchies"; then
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    # v2: no processes beside child cgroups, so move to a leaf first
    mkdir /sys/fs/cgroup/init
    echo 1 >/sys/fs/cgroup/init/cgroup.procs
    until_ok rig_root_empty
    for c in $(cat /sys/fs/cgroup/cgroup.controllers); do
      echo "+$c" >/sys/fs/cgroup/cgroup.subtree_control || true
    done
  else
    mount -t tmpfs -o mode=755,nosuid,nodev,noexec tmpfs /sys/fs/cgroup
    while IFS='|' read -r dir opts; do
      if [ "$opts" = cgroup2 ]; then
        [ "$RIG_CGROUP" = v1 ] && continue
        mkdir -p /sys/fs/cgroup/unified
        mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
      else
        all=${opts#name=}
        mkdir -p "/sys/fs/cgroup/$all"
        [ "$all" = "$opts" ] || opts=none,$opts
        mount -t cgroup -o "$opts" cgroup "/sys/fs/cgroup/$all"
        # cpu,cpuacct mounted together are also found under their single names
        case $all in *,*) for c in ${all//,/ }; do ln -s "$all" "/sys/fs/cgroup/$c"; done ;; esac
      fi
    done <"$RIG_DIR/hierarchies"
  fi
  mount -t tmpfs -o mode=755 tmpfs /run
  mount -t tmpfs -o mode=1777 tmpfs /dev/shm
  # what engines write in /etc, /var and /opt goes to memory
  local d
  mkdir -p /run/lock "$RIG_DIR/over"
  mount -t tmpfs tmpfs "$RIG_DIR/over"
  for d in etc var opt; do
    mkdir "$RIG_DIR/over/$d" "$RIG_DIR/over/$d.work"
    mount -t overlay -o "lowerdir=/$d,upperdir=$RIG_DIR/over/$d,workdir=$RIG_DIR/over/$d.work" overlay "/$d"
  done
  # ordinary users may use these on a usual machine; here they often may not
  for d in net/tun:200 fuse:229; do
    [ -c "/dev/${d%:*}" ] || continue
    mknod -m 666 "$RIG_DIR/dev-${d##*:}" c 10 "${d##*:}"
    mount --bind "$RIG_DIR/dev-${d##*:}" "/dev/${d%:*}"
  done
  rig_prepare
}

# What both kinds of machine need: directories, programs, and the runtime under its name.
rig_prepare() {
  local c dir
  mkdir -p "$RIG_DIR"/{tmp,log}
  mkfifo "$RIG_DIR/never" # nobody writes into it
  chmod 1777 "$RIG_DIR/tmp"
  wrong_programs "$RIG_DIR/wf"
  # no network: name look-ups must fail at once
  rm -f /etc/resolv.conf && echo 'nameserver 127.0.0.1' >/etc/resolv.conf
  # Some code paths of engines ignore what runtime was configured and run "runc" from
  # PATH: let that be the runtime under test too, and let any other installed runtime
  # only leave a note (the step "no-other-runtime" in rig_done).
  mkdir -p "$RIG_DIR"/{path,guard}
  ln -s "$RUNTIME" "$RIG_DIR/path/runc"
  for c in runc crun; do
    dir=$(realpath "$(type -p "$c")" 2>/dev/null) || continue
    [ -f "$dir" ] && [ "$dir" != "$RUNTIME" ] || continue
    printf '#!/bin/sh\n[ "$1" = --version ] && exec %s "$@"\necho "%s $*" >>%s\nexit 97\n' \
      "$RIG_DIR/guard/$c.real" "$c" "$RIG_DIR/bypassed" >"$RIG_DIR/guard/$c"
    cp "$dir" "$RIG_DIR/guard/$c.real"
    chmod 755 "$RIG_DIR/guard/$c"
    mount --bind "$RIG_DIR/guard/$c" "$dir"
  done
  touch "$RIG_DIR/bypassed" && chmod 666 "$RIG_DIR/bypassed"
  export PATH=$RIG_DIR/path:$PATH
  export TMPDIR=$RIG_DIR/tmp
  export HOME=$RIG_DIR/home PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
  mkdir -p "$HOME"
  cd "$RIG_DIR"
}

# --- steps -----------------------------------------------------------------------

# rig_below PID: its descendants
rig_below() { local p; for p in $(pgrep -P "$1" || true); do echo "$p"; rig_below "$p"; done; }

# rig_watch PID FILE: ends what has not ended in time, and notes in FILE what it was at. (It waits without a
# child of its own, for something that does not come.)
rig_watch() {
  local below
  read -r -t "$RIG_STEP" <>"$RIG_DIR/never" || true
  below=$(rig_below "$1")
  ps -o args= -p "$1,${below//$'\n'/,}" | tail -n 1 | cut -c 1-200 >"$2"
  # shellcheck disable=SC2086 # words
  kill -KILL $below $1 2>/dev/null || true
}

# step NAME CMD...: CMD may be a function; it runs in a subshell under set -e. One that hangs is ended.
step() {
  local name=$1 rc=0 log=$RIG_DIR/log/$1 start=$EPOCHREALTIME reason='' pid watch
  shift
  if [ -n "${RIG_ONLY:-}" ] && ! [[ $name =~ $RIG_ONLY ]]; then return 0; fi
  ( set -eEuo pipefail; trap 'echo "at: $BASH_COMMAND" >&2' ERR; "$@" ) >"$log" 2>&1 </dev/null &
  pid=$!
  rig_watch "$pid" "$RIG_DIR/hung" >/dev/null 2>&1 </dev/null &
  watch=$!
  wait "$pid" 2>/dev/null || rc=$?
  [ -e "$RIG_DIR/hung" ] || kill -KILL "$watch" 2>/dev/null || true
  wait "$watch" 2>/dev/null || true
  if [ -e "$RIG_DIR/hung" ]; then
    reason="hung for $RIG_STEP s in: $(cat "$RIG_DIR/hung")"
    rm "$RIG_DIR/hung"
  fi
  if [ "$rc" = 0 ]; then
    rig_passed=$((rig_passed + 1))
    echo "ok $name"
  else
    rig_failed=$((rig_failed + 1))
    # the most telling line: the last error, else the last line
    [ -n "$reason" ] || reason=$(grep -iE 'error|fail|denied|not permitted|cannot|expected|unknown' "$log" | grep -v '^at: ' | tail -n 1 || true)
    [ -n "$reason" ] || reason=$(tail -n 1 "$log")
    [ "$rc" != 124 ] || reason="timed out; $reason"
    echo "not ok $name: ${reason:-exit status $rc}" | cut -c 1-400 | tr -d '\r'
    [ -z "${RIG_VERBOSE:-}" ] || sed "s/^/#   /" "$log" >&2
  fi
  # what "ended" noted: for the table of tests/engines/run --both
  [ ! -e "$RIG_DIR/ends" ] || { echo "#   status $(paste -sd ' ' "$RIG_DIR/ends")"; rm "$RIG_DIR/ends"; }
  [ -z "${RIG_TIMES:-}" ] || echo "#   $(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }') s"
}

# step_with CONTROLLER NAME CMD...: a step that needs a cgroup controller
step_with() { if has_controller "$1"; then step "${@:2}"; else skip "$2" "no $1 cgroup controller here"; fi; }

# skip NAME REASON: for what this machine cannot do with any runtime
skip() {
  if [ -n "${RIG_ONLY:-}" ] && ! [[ $1 =~ $RIG_ONLY ]]; then return 0; fi
  rig_skipped=$((rig_skipped + 1))
  echo "# skip $1: $2"
}

rig_done() {
  [ "$rig_skipped" = 0 ] || echo "# $rig_skipped skipped"
  no_other() { is "calls of another runtime" "$(head -n 1 "$RIG_DIR/bypassed")" ""; }
  RIG_ONLY='' step no-other-runtime no_other
  echo "$rig_passed passed, $rig_failed failed"
  [ "$rig_failed" = 0 ]
}

# --- small helpers for steps -----------------------------------------------------

# is WHAT GOT WANTED: fails, and says so, unless they are the same
is() { [ "$2" = "$3" ] || { echo "expected $1 '$3', got '$2'"; return 1; }; }

# ended STATUS PATTERN: an engine's command ended with a status that the extended regular expression matches
ended() { echo "$1" >>"$RIG_DIR/ends"; has status "$1" "^($2)\$"; }

# fails CMD...: "! CMD" that also counts in the middle of a step
fails() { if "$@"; then echo "expected to fail: $*"; return 1; fi; }

# has WHAT TEXT PATTERN: fails unless TEXT holds the extended regular expression
has() { grep -qE -- "$3" <<<"$2" || { echo "expected $1 to match /$3/, got '$(tail -n 3 <<<"$2" | tr '\n' ' ')'"; return 1; }; }

# until_ok CMD...: repeat CMD until it works. All waiting is done by this, with one deadline: what a slow
# machine takes longer for is no failure.
until_ok() {
  local end=$((SECONDS + RIG_TIMEOUT))
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || { echo "error: still failing: $*"; "$@" || true; return 1; }
    sleep 0.1
  done
}

# never CMD...: CMD fails, or will soon
never() { until_ok not "$@"; }
not() { ! "$@"; }

# is_alive PID: it is there and no zombie
is_alive() { [ -e "/proc/$1" ] && ! grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null; }

# runs_below PID NAME: whether a process of that name is a child of PID's
runs_below() { pgrep -P "$1" -x "$2"; }

# in_pty CMD...: run CMD on a new terminal (whose input stays open), print what it shows
in_pty() {
  timeout -k 5 "$RIG_TIMEOUT" script -qefc "$(printf '%q ' "$@")" /dev/null <>"$RIG_DIR/never" | tr -d '\r'
}

# systemd_cgroups: whether the engines let systemd make the cgroups
systemd_cgroups() { [ -n "${RIG_MACHINE:-}" ]; }
has_apparmor() { [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] && command -v apparmor_parser >/dev/null; }
has_cap() { (( (0x$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status) >> $1) & 1 )); }
# has_controller NAME: whether containers can be limited by it here
has_controller() { [ -d "/sys/fs/cgroup/$1" ] || grep -qw "$1" /sys/fs/cgroup/cgroup.controllers 2>/dev/null; }
cgroup_v2() { [ -e /sys/fs/cgroup/cgroup.controllers ]; }

# criu_reason: empty if criu works here, else why not
criu_reason() {
  local out
  command -v criu >/dev/null || { echo "no criu"; return; }
  out=$(criu check 2>&1) || { grep -m 1 Error <<<"$out" || echo "criu check fails"; }
}

# static_init: a static init for --init, or any
static_init() { command -v catatonit || command -v tini-static || command -v docker-init || command -v tini; }

# cgroup_file CONTROLLER V1FILE V2FILE PID: the value that holds for PID's cgroup
cgroup_file() {
  local path
  if cgroup_v2; then
    path=$(sed -n 's/^0:://p' "/proc/$4/cgroup")
    cat "/sys/fs/cgroup$path/$3"
  else
    path=$(awk -F: -v c="$1" '("," $2 ",") ~ ("," c ",") { print $3 }' "/proc/$4/cgroup")
    cat "/sys/fs/cgroup/$1$path/$2"
  fi
}

# busybox_rootfs DIR: a small root file system around a static busybox
busybox_rootfs() {
  local bb dir=$1
  bb=$(command -v busybox)
  mkdir -p "$dir"/{bin,sbin,etc,proc,sys,dev,tmp,root,home,run,var/www,usr/bin}
  chmod 1777 "$dir/tmp"
  cp "$bb" "$dir/bin/busybox"
  "$bb" --list | while read -r a; do [ "$a" = busybox ] || ln -sf busybox "$dir/bin/$a"; done
  printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home:/bin/sh\n' >"$dir/etc/passwd"
  printf 'root:x:0:\nuser:x:1000:\n' >"$dir/etc/group"
  echo hello >"$dir/var/www/index.html"
}

# wrong_programs DIR: programs that cannot be executed, each in its own way, and one that crashes
wrong_programs() {
  mkdir -p "$1"
  printf '#!/no/such/sh\n' >"$1/nointerp"
  printf 'just text\n' >"$1/text"
  { printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\377\0\1\0\0\0'; head -c 100 /dev/zero; } >"$1/othermachine"
  # an x86-64 program of one instruction, hlt, which only the kernel may use: SIGSEGV
  {
    printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\76\0\1\0\0\0\170\0\100\0\0\0\0\0\100\0\0\0\0\0\0\0'
    printf '\0\0\0\0\0\0\0\0\0\0\0\0\100\0\70\0\1\0\0\0\0\0\0\0'
    printf '\1\0\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\0\100\0\0\0\0\0\0\0\100\0\0\0\0\0'
    printf '\171\0\0\0\0\0\0\0\171\0\0\0\0\0\0\0\0\20\0\0\0\0\0\0\364'
  } >"$1/crash"
  printf '#!/bin/sh\nexit 0\n' >"$1/noexec"
  chmod 755 "$1"/*
  chmod 644 "$1/noexec"
}
