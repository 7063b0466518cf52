#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# features: its structure, and that what it names is taken.

load ../helpers

setup() {
	need_root
	setup_bundle
	is_ocirt || skip "other runtimes name other things"
	host_before
	"$OCIRT" features >"$BATS_TEST_TMPDIR/f"
}
teardown() { teardown_bundle; }

has() { jq -e "$@" "$BATS_TEST_TMPDIR/f"; }

@test "features: versions, hooks and mount options" {
	has '.ociVersionMin == "1.0.0" and .ociVersionMax == "1.3.0"'
	has '.hooks | sort == (["prestart","createRuntime","createContainer","startContainer","poststart","poststop"] | sort)'
	for o in ro rw bind rbind nosuid nodev noexec rro rnosuid rnodev rnoexec rnoatime rstrictatime \
		rnosymfollow tmpcopyup idmap ridmap private rprivate slave rslave shared rshared unbindable runbindable; do
		has --arg o "$o" '.mountOptions | index($o)'
	done
	has '.annotations["io.github.seccomp.libseccomp.version"] | test("^2\\.[0-9]+\\.[0-9]+$")'
	has '.potentiallyUnsafeConfigAnnotations | index("run.oci.") and index("org.systemd.property.") and index("org.criu.config")'
}

@test "features: what linux has" {
	has '.linux.namespaces | sort == (["cgroup","ipc","mount","network","pid","time","user","uts"] | sort)'
	has '.linux.capabilities | index("CAP_SYS_ADMIN") and index("CAP_CHECKPOINT_RESTORE") and (map(startswith("CAP_")) | all)'
	has '.linux.cgroup | .v1 and .v2 and (.systemd | type == "boolean") and (.systemdUser | type == "boolean") and (.rdma | type == "boolean")'
	has '.linux.seccomp | .enabled and (.actions | index("SCMP_ACT_NOTIFY")) and (.operators | index("SCMP_CMP_MASKED_EQ"))
		and (.archs | index("SCMP_ARCH_X86_64")) and (.knownFlags | index("SECCOMP_FILTER_FLAG_LOG"))
		and (.supportedFlags | length > 0)'
	has '.linux | (.apparmor.enabled | type == "boolean") and (.selinux.enabled | type == "boolean")'
	has '.linux.mountExtensions.idmap.enabled'
	has '.linux.intelRdt == {"enabled": true, "schemata": true, "monitoring": true}'
	has '.linux.netDevices.enabled'
	has '.linux.memoryPolicy.modes | sort == (["MPOL_DEFAULT","MPOL_BIND","MPOL_INTERLEAVE","MPOL_WEIGHTED_INTERLEAVE",
		"MPOL_PREFERRED","MPOL_PREFERRED_MANY","MPOL_LOCAL"] | sort)'
	has '.linux.memoryPolicy.flags | sort == (["MPOL_F_NUMA_BALANCING","MPOL_F_RELATIVE_NODES","MPOL_F_STATIC_NODES"] | sort)'
}

@test "features: every name of the schema in its place, and no other" {
	diff <(jq -r '[paths | map(select(type == "string")) | join("/")] | map(select(startswith("annotations/") | not)) | unique | .[]' \
		"$BATS_TEST_TMPDIR/f" | sort) <(sort <<-'END'
		annotations
		hooks
		linux
		linux/apparmor
		linux/apparmor/enabled
		linux/capabilities
		linux/cgroup
		linux/cgroup/rdma
		linux/cgroup/systemd
		linux/cgroup/systemdUser
		linux/cgroup/v1
		linux/cgroup/v2
		linux/intelRdt
		linux/intelRdt/enabled
		linux/intelRdt/monitoring
		linux/intelRdt/schemata
		linux/memoryPolicy
		linux/memoryPolicy/flags
		linux/memoryPolicy/modes
		linux/mountExtensions
		linux/mountExtensions/idmap
		linux/mountExtensions/idmap/enabled
		linux/namespaces
		linux/netDevices
		linux/netDevices/enabled
		linux/seccomp
		linux/seccomp/actions
		linux/seccomp/archs
		linux/seccomp/enabled
		linux/seccomp/knownFlags
		linux/seccomp/operators
		linux/seccomp/supportedFlags
		linux/selinux
		linux/selinux/enabled
		mountOptions
		ociVersionMax
		ociVersionMin
		potentiallyUnsafeConfigAnnotations
	END
	)
	has '.linux.memoryPolicy.modes | sort == (["MPOL_DEFAULT","MPOL_BIND","MPOL_INTERLEAVE","MPOL_WEIGHTED_INTERLEAVE","MPOL_PREFERRED","MPOL_PREFERRED_MANY","MPOL_LOCAL"] | sort)'
	has '.linux.memoryPolicy.flags | sort == (["MPOL_F_NUMA_BALANCING","MPOL_F_RELATIVE_NODES","MPOL_F_STATIC_NODES"] | sort)'
	has '.linux.seccomp.knownFlags | sort == (["SECCOMP_FILTER_FLAG_TSYNC","SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW","SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"] | sort)'
	has '.linux.seccomp.actions | sort == (["SCMP_ACT_KILL","SCMP_ACT_KILL_PROCESS","SCMP_ACT_KILL_THREAD","SCMP_ACT_TRAP","SCMP_ACT_ERRNO","SCMP_ACT_TRACE","SCMP_ACT_ALLOW","SCMP_ACT_LOG","SCMP_ACT_NOTIFY"] | sort)'
	has '.linux.seccomp.operators | sort == (["SCMP_CMP_NE","SCMP_CMP_LT","SCMP_CMP_LE","SCMP_CMP_EQ","SCMP_CMP_GE","SCMP_CMP_GT","SCMP_CMP_MASKED_EQ"] | sort)'
}

@test "features: what the build says of itself" {
	has --arg v "$("$OCIRT" --version | sed -n 's/^ocirt version //p')" '.annotations["run.oci.ocirt.version"] == $v'
	has --arg v "$("$OCIRT" --version | sed -n 's/^commit: //p')" '.annotations["run.oci.ocirt.commit"] // "" == $v'
	has --arg v "$("$OCIRT" --version | sed -n 's/^libseccomp: //p')" '.annotations["io.github.seccomp.libseccomp.version"] == $v'
	has '.annotations["org.opencontainers.runc.checkpoint.enabled"] == "true"'
	has '.linux.cgroup | .rdma'
	# The manager that is named is there; without a systemd it says so.
	if has '.linux.cgroup.systemd' && [ ! -d /run/systemd/system ]; then
		run "$OCIRT" --cgroup-manager systemd --root "$ROOT" run --bundle "$BUNDLE" "$ID"
		[ "$status" = 1 ]
		[[ $output != *'built without'* ]]
	fi
}

@test "features: each version, namespace, hook, mount option, capability, flag and memory policy that is named is taken" {
	names() { jq -r "$1[]" "$BATS_TEST_TMPDIR/f"; }
	cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/good.json"
	taken() { # FILTER [jq options]: without an error and without a warning
		cp "$BATS_TEST_TMPDIR/good.json" "$BUNDLE/config.json"
		config "$@"
		run "$OCIRT" check --bundle "$BUNDLE"
		[ "$status" = 0 ] && [ -z "$output" ] || { echo "$*: $output"; return 1; }
	}
	refused() { ! taken "$@" || { echo "taken: $*"; return 1; }; }
	for v in ociVersionMin ociVersionMax; do
		taken '.ociVersion = $v' --arg v "$(jq -r .$v "$BATS_TEST_TMPDIR/f")"
	done
	for n in $(names .linux.namespaces); do
		taken '.linux.namespaces |= (map(select(.type != $n)) + [{type: $n}]) | if $n == "user" then
			.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings else . end' --arg n "$n"
	done
	for h in $(names .hooks); do
		refused '.hooks[$h] = [{path: "relative"}]' --arg h "$h"
		taken '.hooks[$h] = [{path: "/bin/true"}]' --arg h "$h"
	done
	# A bind mount takes no word that is not known.
	refused '.mounts += [{destination: "/mnt", source: "/tmp", options: ["bind", "nosuchword"]}]'
	for o in $(names .mountOptions); do
		case $o in
		tmpcopyup) taken '.mounts += [{destination: "/mnt", type: "tmpfs", source: "x", options: [$o]}]' --arg o "$o" ;;
		*idmap) taken '.mounts += [{destination: "/mnt", source: "/tmp", options: ["bind", $o],
			uidMappings: [{containerID: 0, hostID: 1, size: 1}], gidMappings: [{containerID: 0, hostID: 1, size: 1}]}]' --arg o "$o" ;;
		*) taken '.mounts += [{destination: "/mnt", source: "/tmp", options: ["bind", $o]}]' --arg o "$o" ;;
		esac
	done
	refused '.process.capabilities.bounding = ["CAP_NOSUCH"]'
	for c in $(names .linux.capabilities); do
		cp "$BATS_TEST_TMPDIR/good.json" "$BUNDLE/config.json"
		config '.process.capabilities = {bounding: [$c]}' --arg c "$c"
		run "$OCIRT" check --bundle "$BUNDLE"
		[[ ! $output =~ unknown ]] || { echo "$c: $output"; false; }
	done
	for s in $(names .linux.seccomp.knownFlags); do
		taken '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/x", flags: [$s], syscalls: [{names: ["acct"], action: "SCMP_ACT_NOTIFY"}]}' --arg s "$s"
	done
	for m in $(names .linux.memoryPolicy.modes); do
		taken '.linux.memoryPolicy = {mode: $m} | if $m == "MPOL_DEFAULT" or $m == "MPOL_LOCAL" then . else .linux.memoryPolicy.nodes = "0" end' --arg m "$m"
	done
	for m in $(names .linux.memoryPolicy.flags); do
		taken '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0", flags: [$m]}' --arg m "$m"
	done
}

@test "features: each action of seccomp that is named is taken" {
	for a in $(jq -r '.linux.seccomp.actions[]' "$BATS_TEST_TMPDIR/f"); do
		[ "$a" != SCMP_ACT_NOTIFY ] || continue # needs a listener
		config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["acct"], "action": $a}]}' --arg a "$a"
		run_container
	done
	for a in $(jq -r '.linux.seccomp.archs[]' "$BATS_TEST_TMPDIR/f"); do
		config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": [$a]}' --arg a "$a"
		"$OCIRT" check --bundle "$BUNDLE"
	done
	for o in $(jq -r '.linux.seccomp.operators[]' "$BATS_TEST_TMPDIR/f"); do
		config '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["acct"], "action": "SCMP_ACT_ERRNO",
			"args": [{"index": 0, "value": 1, "valueTwo": 1, "op": $o}]}]}' --arg o "$o"
		run_container
	done
}
