#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Wrong values of linux.resources and linux.cgroupsPath: the place and the cause in one line, nothing left.

load ../helpers
load ../cgroup-helpers

setup() { need_root; setup_bundle; host_before; args true; }
teardown() { teardown_bundle; }

refused() { # RESOURCES REGEX
	config '.linux.resources = $r' --argjson r "$1"
	run run_container
	[ "$status" != 0 ] || { echo "accepted: $1"; return 1; }
	! is_ocirt || one_line "$2"
	assert_clean_host
}
refused_by_all() { # the same, and the runc of this host refuses it as well
	refused "$@"
	is_ocirt && command -v runc >/dev/null || return 0
	run runc --root "$ROOT.runc" ${OCIRT_MANAGER:+--systemd-cgroup} run -b "$BUNDLE" "$ID" </dev/null
	[ "$status" != 0 ] || { echo "runc takes $1"; return 1; }
	assert_clean_host
}

@test "cgroup errors: values that no kernel is asked about" {
	is_ocirt || skip "others take some of them"
	at=/linux/resources
	refused '{"memory":{"limit":"lots"}}' "$at/memory/limit: expected a number"
	refused '{"memory":{"limit":-5}}' "$at/memory/limit: must be -1"
	refused '{"memory":{"limit":67108864,"swap":33554432}}' "$at/memory/swap: .*must not be less than"
	refused '{"cpu":{"quota":10000,"burst":20000}}' "$at/cpu/burst: must not exceed"
	refused '{"cpu":{"idle":7}}' "$at/cpu/idle: must be 0 or 1"
	refused '{"pids":{"limit":"many"}}' "$at/pids/limit: expected a number"
	refused '{"blockIO":{"weight":5}}' "$at/blockIO/weight: must be from 10 to 1000"
	refused '{"blockIO":{"weightDevice":[{"major":8,"minor":0}]}}' "$at/blockIO/weightDevice/0: needs"
	refused '{"hugepageLimits":[{"pageSize":"2 MB","limit":1}]}' "$at/hugepageLimits/0/pageSize: must be a size"
	refused '{"network":{"priorities":[{"name":"","priority":1}]}}' "$at/network/priorities/0/name: is not"
	refused '{"rdma":{"mlx5_0":{}}}' "$at/rdma/mlx5_0: needs hcaHandles or hcaObjects"
	refused '{"unified":{"../memory.high":"1"}}' "$at/unified/..~1memory.high: .*without a slash"
	refused '{"devices":[{"allow":true,"access":"rwx"}]}' "$at/devices/0/access: must be"
}

@test "cgroup errors: values that the kernel refuses" {
	at=/linux/resources
	need_file cpuset cpuset.cpus cpuset.cpus
	refused_by_all '{"cpu":{"cpus":"4000"}}' "$at/cpu/cpus: write 4000 to /sys/fs/cgroup/.*/cpuset.cpus: .*"
	refused_by_all '{"cpu":{"mems":"99"}}' "$at/cpu/mems: write 99 to /sys/fs/cgroup/.*/cpuset.mems: "
	refused_by_all '{"blockIO":{"throttleReadBpsDevice":[{"major":4000,"minor":7,"rate":5}]}}' \
		"$at/blockIO/throttleReadBpsDevice/0: write 4000:7 .*5 to .*: no such device"
	if is_v2; then
		refused_by_all '{"cpu":{"period":7}}' "$at/cpu/period: write .*7 to .*cpu.max: invalid argument"
		refused_by_all '{"unified":{"memory.max":"lots"}}' "$at/unified/memory.max: write lots to .*memory.max: invalid argument"
		refused_by_all '{"unified":{"pids.nosuch":"1"}}' "$at/unified/pids.nosuch: open .*pids.nosuch: no such file"
		return
	fi
	refused_by_all '{"cpu":{"period":7}}' "$at/cpu/period: write 7 to .*cpu.cfs_period_us: invalid argument"
	refused_by_all '{"memory":{"swap":33554432}}' "$at/memory/swap: write 33554432 to .*memory.memsw.limit_in_bytes: invalid argument"
	[ ! -e "$(hierarchy cpu)/cpu.rt_runtime_us" ] ||
		refused_by_all '{"cpu":{"realtimeRuntime":2000000,"realtimePeriod":1000000}}' \
			"$at/cpu/realtimeRuntime: .*write 2000000 to .*cpu.rt_runtime_us: invalid argument"
}

@test "cgroup errors: a controller that is not mounted, one that is unknown" {
	is_ocirt || skip "texts are ours"
	! is_v2 || skip "the controllers are those of v1"
	ls -d /sys/fs/cgroup/*rdma* 2>/dev/null && skip "rdma is mounted here"
	refused '{"rdma":{"mlx5_0":{"hcaHandles":1}}}' \
		'/linux/resources/rdma/mlx5_0: .*no cgroup hierarchy with the controller rdma is mounted'
	refused '{"unified":{"nosuch.max":"1"}}' \
		'/linux/resources/unified/nosuch.max: .*the controller nosuch is not available there'
}

@test "cgroup errors: what cgroup v2 has no file for" {
	is_ocirt || skip "others ignore some of them"
	is_v2 || [ -d /sys/fs/cgroup/unified ] || skip "no cgroup2 here"
	local r
	for r in network/classID:'{"network":{"classID":5}}' memory/swappiness:'{"memory":{"swappiness":5}}' \
		memory/kernel:'{"memory":{"kernel":5000000}}' cpu/realtimeRuntime:'{"cpu":{"realtimeRuntime":5}}' \
		blockIO/leafWeight:'{"blockIO":{"leafWeight":50}}' \
		memory/disableOOMKiller:'{"memory":{"disableOOMKiller":true}}'; do
		config '.linux.resources = $r' --argjson r "${r#*:}"
		run in_layout v2 "${RT[@]}" run -b "$BUNDLE" "$ID"
		[ "$status" = 1 ]
		one_line "/linux/resources/${r%%:*}: cgroup v2 has no such limit"
	done
	# A controller that this cgroup2 does not have.
	local top=/sys/fs/cgroup
	is_v2 || top=/sys/fs/cgroup/unified
	! grep -qw memory $top/cgroup.controllers || skip "it has memory"
	config '.linux.resources = {"memory":{"limit":33554432}}'
	run in_layout v2 "${RT[@]}" run -b "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	one_line '/linux/resources/memory/limit: .*the controller memory is not available there'
}

@test "cgroup errors: a limit below what is in use" {
	need_file memory memory.limit_in_bytes memory.max
	script 'busybox dd if=/dev/zero of=/dev/shm/f bs=1M count=40 2>/dev/null; echo >/tmp/done; sleep 1000'
	create_container
	rt start "$ID"
	is_done() { [ -e "$BUNDLE/rootfs/tmp/done" ]; }
	wait_for is_done
	echo '{"memory":{"limit":4194304,"checkBeforeUpdate":true}}' >"$BATS_TEST_TMPDIR/r.json"
	run rt update -r "$BATS_TEST_TMPDIR/r.json" "$ID"
	[ "$status" = 1 ]
	! is_ocirt || one_line '/memory/limit: write 4194304 to .*[0-9]+ bytes (are )?in use'
	[ "$(status_of)" = running ]
}

@test "cgroup errors: a cgroup that is in use, or frozen, is refused and left alone" {
	args sleep 1000
	create_container
	rt start "$ID"
	args true
	run rt create -b "$BUNDLE" "$ID"
	says "container with given ID already exists"
	run rt run -b "$BUNDLE" "$ID-2"
	[ "$status" = 1 ]
	! is_ocirt || one_line "/linux/cgroupsPath: cgroup /sys/fs/cgroup.*$CG holds processes already"
	[ "$(status_of)" = running ]
	rt delete --force "$ID"
	d=/sys/fs/cgroup/freezer$CG
	f=freezer.state
	v=FROZEN
	! is_v2 || { d=/sys/fs/cgroup$CG; f=cgroup.freeze; v=1; }
	mkdir "$d"
	echo $v >"$d/$f"
	run timeout 120 "${RT[@]}" run -b "$BUNDLE" "$ID-2"
	[ "$status" = 1 ]
	! is_ocirt || one_line "/linux/cgroupsPath: cgroup $d is frozen"
	[ ! -d "$d" ] || rmdir "$d"
}

@test "cgroup path: .. is refused, anything else lands where runc puts it" {
	config '.linux.cgroupsPath = $p' --arg p "$CG/../../escaped"
	run run_container
	[ "$status" = 1 ]
	! is_ocirt || one_line '/linux/cgroupsPath: .*must not contain "\.\."'
	command -v runc >/dev/null || skip "no runc to compare with"
	config '.linux.namespaces |= map(select(.type != "cgroup"))'
	args cat /proc/self/cgroup
	# As Podman, Docker, a kubelet, a hand-written configuration and BuildKit (without --systemd-cgroup) have them.
	for path in "$CG/libpod_parent/libpod-0123" "$CG/docker/0123" "$CG/kubepods/burstable/pod01-23/0123" \
		"${CG#/}/relative" "$CG//odd/./slashes/" "${CG#/}.slice:docker:0123"; do
		config '.linux.cgroupsPath = $p' --arg p "$path"
		run run_container
		ours=$(sort <<<"$output")
		[ "$status" = 0 ]
		run runc --root "$ROOT.runc" run -b "$BUNDLE" "$ID" </dev/null
		[ "$status" = 0 ]
		theirs=$(sort <<<"$output")
		# Beside version 1 a relative path is below the caller's parent in each hierarchy, and to runc below the root in the cgroup2.
		if [[ $path != /* ]] && ! is_v2; then
			fails grep -v "/$path\$" < <(grep ^0:: <<<"$ours")
			ours=$(grep -v ^0:: <<<"$ours")
			theirs=$(grep -v ^0:: <<<"$theirs")
		fi
		diff <(echo "$ours") <(echo "$theirs")
	done
	swept() { # of the parents that runc leaves
		for d in $(cgroup_dirs); do find "$d" -depth -type d -exec rmdir {} + 2>/dev/null || :; done
		[ -z "$(cgroup_dirs)" ]
	}
	wait_for swept
	config 'del(.linux.cgroupsPath)'
	run run_container
	ours=$(sort <<<"$output")
	run runc --root "$ROOT.runc" run -b "$BUNDLE" "$ID" </dev/null
	diff <(echo "$ours") <(sort <<<"$output")
}

@test "a cgroup that cannot be removed keeps the state, which delete --force needs" {
	command -v strace >/dev/null || skip "no strace"
	! by_systemd || skip "systemd removes its own"
	local verb
	config '.hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", ("echo over >>" + $f)]}] | .hooks.createRuntime = [{path: "/bin/true"}]' \
		--arg f "$BATS_TEST_TMPDIR/poststop"
	# The program has run; it could not be run.
	for verb in true:0 nosuchprogram:1; do
		args "${verb%:*}"
		run strace -qq -o /dev/null -e trace=rmdir -e inject=rmdir:error=EIO "${RT[@]}" run -b "$BUNDLE" "$ID" </dev/null
		[ "$status" = "${verb#*:}" ]
		says 'rmdir .*: input/output error'
		says "container $ID is kept for what could not be removed: delete --force tries again"
		[ -e "$ROOT/$ID/state.json" ]
		[ -n "$(cgroup_dirs)" ]
		rt delete --force "$ID"
		[ -z "$(rt list -q)" ]
		[ -z "$(cgroup_dirs)" ]
		# Whoever destroys it runs them, and nobody else.
		[ "$(cat "$BATS_TEST_TMPDIR/poststop")" = over ]
		rm "$BATS_TEST_TMPDIR/poststop"
	done
}

@test "systemd: a unit of that name that is somebody else's is not stopped" {
	command -v cc >/dev/null || skip "no C compiler"
	cat >"$BATS_TEST_TMPDIR/bus.c" <<-'END'
		/* A bus whose systemd has every unit already, and which writes down what it is asked for. */
		#include <errno.h>
		#include <stdarg.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>

		struct error { const char *name, *message; int need_free; };
		static char method[64];
		static int thing;

		int sd_bus_open_system(void **bus) { *bus = &thing; return 0; }
		int sd_bus_open_user(void **bus) { *bus = &thing; return 0; }
		void *sd_bus_flush_close_unref(void *bus) { return NULL; }
		int sd_bus_message_new_method_call(void *bus, void **message, const char *service,
			const char *path, const char *interface, const char *name)
		{
			*message = &thing;
			snprintf(method, sizeof(method), "%s", name);
			return 0;
		}
		int sd_bus_message_append(void *message, const char *types, ...) { return 0; }
		int sd_bus_message_append_array(void *message, char type, const void *bytes, size_t size) { return 0; }
		int sd_bus_message_open_container(void *message, char type, const char *contents) { return 0; }
		int sd_bus_message_close_container(void *message) { return 0; }
		int sd_bus_message_read(void *message, const char *types, ...) { return 0; }
		void *sd_bus_message_unref(void *message) { return NULL; }
		int sd_bus_call(void *bus, void *message, unsigned long long timeout, struct error *error, void **reply)
		{
			FILE *calls = fopen(getenv("CALLS"), "a");

			fprintf(calls, "%s\n", method);
			fclose(calls);
			*reply = NULL;
			if (strcmp(method, "ResetFailedUnit") == 0)
				return 0;
			error->name = strcmp(method, "StartTransientUnit") == 0
				? "org.freedesktop.systemd1.UnitExists" : "org.freedesktop.systemd1.NoSuchUnit";
			error->message = "as it is";
			return -EEXIST;
		}
		void sd_bus_error_free(void *error) { }
		int sd_bus_match_signal_async(void *bus, ...) { return 0; }
		int sd_bus_process(void *bus, void **message) { return 0; }
		int sd_bus_wait(void *bus, unsigned long long timeout) { return 0; }
		int sd_bus_get_property_string(void *bus, ...) { return -ENOENT; }
	END
	mkdir "$BATS_TEST_TMPDIR/lib"
	cc -shared -fPIC -o "$BATS_TEST_TMPDIR/lib/libsystemd.so.0" "$BATS_TEST_TMPDIR/bus.c"
	config '.linux.cgroupsPath = $p' --arg p "ocirt-test-$$.slice:ocirt:$ID"
	run env CALLS="$BATS_TEST_TMPDIR/calls" LD_LIBRARY_PATH="$BATS_TEST_TMPDIR/lib" \
		"$OCIRT" --root "$ROOT" --systemd-cgroup create -b "$BUNDLE" "$ID" </dev/null
	[[ ! $output =~ knows\ no\ systemd ]] || skip "built without systemd's headers"
	[ "$status" = 1 ]
	one_line "start unit ocirt-$ID.scope: as it is"
	grep -q StartTransientUnit "$BATS_TEST_TMPDIR/calls"
	fails grep StopUnit "$BATS_TEST_TMPDIR/calls"
	[ ! -e "$ROOT/$ID" ]
}
